"""What an owner sets about themselves: the currency values are shown in, and the time zone days and years run in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.audit import Action, Actor, record
from accounts.models import User

if TYPE_CHECKING:
    from datetime import datetime


# Those whose daily reference rate the European Central Bank publishes, and the euro.
CURRENCIES = (
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY"),
    *("KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR"),
)
# Names such as Europe/Berlin; the old short ones (EST, GB-Eire) only confuse.
TIME_ZONES = (
    "UTC",
    *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")),
)


@transaction.atomic
def change(
    *, by: Actor, owner: User, now: datetime, base_currency: str | None = None, time_zone: str | None = None
) -> User:
    """What is not named stays. The row is read again under a lock, so that two changes at once both hold."""
    _require_known(base_currency, time_zone)
    fresh = User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    wanted = {"base_currency": base_currency, "time_zone": time_zone}
    changed = {name: value for name, value in wanted.items() if value not in {None, getattr(fresh, name)}}
    if changed:
        former = {name: getattr(fresh, name) for name in changed}
        for name, value in changed.items():
            setattr(fresh, name, value)
        fresh.save(update_fields=[*changed])
        record(by=by, action=Action.PROFILE_CHANGED, owner=owner, now=now, former=former, changed=changed)
    return fresh


def _require_known(base_currency: str | None, time_zone: str | None) -> None:
    errors = {}
    if base_currency is not None and base_currency not in CURRENCIES:
        errors["base_currency"] = ValidationError("We have no rates for this currency.", "invalid_choice")
    if time_zone is not None and time_zone not in TIME_ZONES:
        errors["time_zone"] = ValidationError("There is no such time zone.", "invalid_choice")
    if errors:
        raise ValidationError(errors)
