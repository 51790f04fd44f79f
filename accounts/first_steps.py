"""What a new owner does first, and what of it is done. Apps above add their steps in `AppConfig.ready`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.models import AuditEvent, TaxSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.factors import Factors
    from accounts.models import User

ENOUGH_CODES = 4


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    why: str
    button: str
    target: str  # URL name
    done: bool
    begins: bool = False  # before it is done there is nothing to see


# Called with the owner; each gives one further step.
FURTHER: list[Callable[[User], Step]] = []


def steps_of(owner: User, factors: Factors) -> list[Step]:
    return [
        Step(
            title="Protect the account with a second factor",
            why="Nobody gets in with your password alone.",
            button="See your second factors",
            target="accounts:settings_security",
            done=factors.count > 0,
        ),
        Step(
            title="Keep recovery codes in a safe place",
            why=f"You have {factors.codes_left}. They let you in when your phone is lost.",
            button="Make new recovery codes",
            target="accounts:settings_security",
            done=factors.codes_left >= ENOUGH_CODES,
        ),
        Step(
            title="Choose your base currency and time zone",
            why=f"Values are shown in {owner.base_currency}, days begin at midnight in {owner.time_zone}.",
            button="Open your profile",
            target="accounts:settings_profile",
            done=AuditEvent.objects.for_user(owner).filter(action="profile_changed").exists(),
        ),
        Step(
            title="Say where you pay tax",
            why="It decides how gains are reckoned. You can change it at any time.",
            button="Open tax settings",
            target="accounts:settings_taxes",
            done=TaxSettings.objects.for_user(owner).exists(),
        ),
        *(further(owner) for further in FURTHER),
    ]
