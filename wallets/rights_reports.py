"""What an exchange says that a credential may do, kept as it was told: by a test, by a checklist and by every sync."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from wallets.models import Credential, RightsReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.records import Rights

KEPT = ("can_tell", "read", "beyond", "missing", "ips")


def as_told(rights: Rights) -> dict[str, Any]:
    """As it is written down beside a test, whose owner may answer later."""
    return {
        "can_tell": rights.can_tell,
        "read_only": rights.read_only,
        "read": list(rights.read),
        "beyond": list(rights.beyond),
        "missing": list(rights.missing),
        "ips": None if rights.ips is None else list(rights.ips),
        "expires_at": rights.expires_at and rights.expires_at.isoformat(),
    }


def latest_of(credential: Credential) -> RightsReport | None:
    return RightsReport.objects.filter(credential=credential).order_by("-at").first()


def lacking(credential: Credential, *, at_most: int) -> str:
    """The boxes that are not ticked, as far as the exchange told; as many whole names as there is room for."""
    report = latest_of(credential)
    said = ""
    for name in report.missing if report and report.can_tell else ():
        longer = f"{said}, {name}" if said else name
        if len(longer) > at_most:
            break
        said = longer
    return said


def keep(credential: Credential, told: Mapping[str, Any] | None, *, now: datetime) -> None:
    """One report for each change, seen last at `at`: a key is asked several times a day, for years."""
    if told is None:
        return
    expires_at = datetime.fromisoformat(told["expires_at"]) if told["expires_at"] else None
    facts = {name: told[name] for name in KEPT} | {"expires_at": expires_at}
    known = latest_of(credential)
    if known and {name: getattr(known, name) for name in facts} == facts:
        RightsReport.objects.filter(pk=known.pk).update(at=now)
    else:
        RightsReport.objects.create(credential=credential, owner_id=credential.owner_id, at=now, **facts)
    Credential.objects.filter(pk=credential.pk).update(expires_at=expires_at)
