"""The second factor is required: who has one, how fresh it is, how its secrets are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F
from django.db.models.functions import JSONObject

from config.keys import lock_text, unlock_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.sessions.backends.base import SessionBase
    from django.db.models import OuterRef, QuerySet
    from django.http import HttpRequest

FRESH = timedelta(minutes=5)
PURPOSE = "second factor"  # sealed in with each secret: it stays
# Recovery codes alone are no factor: they only stand in for one.
FACTORS = frozenset({Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN})


def enrolled(user: object) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user=user, type__in=FACTORS)  # type: ignore[no-any-return] # allauth tells no types


def has_factor(user: object) -> bool:
    """The API's rule: a phone that enrolled has been shown its recovery codes in the same journey."""
    return enrolled(user).exists()


def factors_of(owner: OuterRef) -> ArraySubquery:
    """For a question about somebody: their factors, as `missing_step` looks at them."""
    kept = Authenticator.objects.filter(user=owner)
    return ArraySubquery(kept.values(said=JSONObject(type="type", viewed_at="data__viewed_at")))


def missing_step(user: object, *, factors: Sequence[Mapping[str, Any]] | None = None) -> str | None:
    """The page to pass first, by name: what enrolment still wants, or what an account still has whose address is
    contested, or that is closing.
    """
    if factors is None:
        factors = Authenticator.objects.filter(user=user).values("type", viewed_at=F("data__viewed_at"))
    kept = {each["type"]: each["viewed_at"] for each in factors}
    if not FACTORS & kept.keys():
        return "accounts:enrol"
    # `viewed_at` is set when the owner says the codes are saved, or when a phone has fetched them.
    if not kept.get(Authenticator.Type.RECOVERY_CODES):
        return "accounts:enrol_codes"
    if getattr(user, "contested_at", None):
        return "accounts:email_decide"
    return "accounts:closing" if getattr(user, "purge_at", None) else None


def step_of(request: HttpRequest) -> str | None:
    """`missing_step` of who asks, once for all that must know it before the page is reached."""
    if not hasattr(request, "step_missing"):
        known = getattr(request.user, "factors", None)  # where they came with their session
        request.step_missing = missing_step(request.user, factors=known)  # type: ignore[attr-defined] # ours
    return request.step_missing  # type: ignore[attr-defined, no-any-return]


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """The last authentication by a second factor is under five minutes old."""
    return is_fresh_in(request.session, request.user, now=now)


def is_fresh_in(session: SessionBase, user: object, *, now: datetime) -> bool:
    """As `is_fresh`, for a phone, whose session comes with its token and not with the request."""
    records = get_authentication_records(SimpleNamespace(session=session), user)
    times = [record["at"] for record in records if record["method"] == "mfa"]
    return bool(times) and now - datetime.fromtimestamp(max(times), UTC) < FRESH


def is_last(factor: Authenticator) -> bool:
    """Without it nothing would stand beside the password."""
    others = enrolled(factor.user_id).exclude(pk=factor.pk)
    return factor.type in FACTORS and not others.exists()


@transaction.atomic
def spend(totp: Authenticator, code: str) -> bool:
    """Whether a right code is used for the first time.

    In its cache allauth remembers used codes for 30 seconds, but with a step of tolerance a code stays right for 90.
    The time step of the newest code used is kept with the factor: neither it nor an older one opens anything again.
    """
    kept = Authenticator.objects.select_for_update(no_key=True).get(pk=totp.pk)
    secret = get_adapter().decrypt(kept.data["secret"])
    right = (
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    )
    step = next(right, None)
    if step is None or step <= kept.data.get("spent_step", -1):
        return False
    kept.data["spent_step"] = step
    kept.save(update_fields=["data"])
    return True


class MfaAdapter(DefaultMFAAdapter):
    """How allauth keeps factors for us: seeds sealed, the last factor kept, names in our words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": "This is your only second factor. Add another one first, then remove this one.",
        "incorrect_code": "That code is not right, or was used already. Wait for the next one, then try again.",
        "unverified_email": "Confirm your e-mail address first.",
    }

    def encrypt(self, text: str) -> str:
        """Secrets of authenticator apps and seeds of recovery codes are sealed at rest."""
        return lock_text(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unlock_text(encrypted_text, purpose=PURPOSE)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_last(authenticator)

    def build_totp_svg(self, url: str) -> str:
        """With a white ground, so that a camera reads it on a dark page too."""
        import qrcode  # noqa: PLC0415 - it loads all of its image library, for the one page of enrolment
        from qrcode.image.svg import SvgPathFillImage  # noqa: PLC0415 - as above

        picture = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(picture)
        return picture.getvalue().decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"

    def _get_site_name(self) -> str:
        return "Holdfast"
