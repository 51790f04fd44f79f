"""What will happen, said before it does: one sentence for each thing, in the order in which they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.dateformat import format as say_date
from django.utils.timezone import localtime

from wallets import credentials, keeping, staging
from wallets.catalogue import Way

if TYPE_CHECKING:
    from datetime import datetime

    from wallets.glances import Glance
    from wallets.models import Credential

GOES_ON = "It can be connected again at any time, and goes on where it stopped."
# By its claims, or by what its transactions are called: the ledger looks.
KEPT = (
    "What you said about its other transactions stays kept, and comes back when the same source tells of them again: "
    "connect the same account, or bring the same files. It does so by itself where Holdfast is sure that it is the "
    "same, else it asks you on the new wallet's page."
)


def of_detaching(seen: Glance, credential: Credential | None) -> list[str]:
    return [
        *_end_of(seen, credential),
        *_end_of_reserve(seen),
        "Nothing new is read. Its history, your edits and its name stay, and count as before.",
        GOES_ON,
    ]


def of_leaking(seen: Glance, credential: Credential | None) -> list[str]:
    if credential and credential.way == Way.OAUTH:
        return [
            "Holdfast stops using the sign-in at this moment.",
            f"It is taken back at {_name(seen)}, and then wiped here.",
            "When you are ready, you sign in again. The wallet goes on where it stopped.",
        ]
    return [
        "Holdfast stops using the key at this moment.",
        *_end_of_reserve(seen),
        f"You delete it at {_name(seen)}: only you can.",
        f"We look whether it is dead there, {credentials.WATCH_LEAKED_FOR.days} days at most. Then it is wiped here.",
        "You make a new key and put it here. The wallet goes on where it stopped.",
    ]


def of_binning(seen: Glance, credential: Credential | None, *, now: datetime) -> list[str]:
    until = say_date(localtime(now + keeping.BIN_DAYS), "j F Y")
    return [
        *_end_of(seen, credential),
        *_end_of_reserve(seen),
        f"Until {until} everything else lies in the bin and can be restored as it was.",
        "After that it is deleted for good, with what you wrote down by hand.",
        KEPT,
    ]


def _end_of(seen: Glance, credential: Credential | None) -> list[str]:
    if credential is None:
        return []
    if credential.way == Way.OAUTH:
        return [f"The sign-in is taken back at {_name(seen)} within minutes, and wiped here."]
    return [
        "The key is wiped here, at once and for good.",
        f"At {_name(seen)} the key itself stays until you delete it there: only you can.",
    ]


def _end_of_reserve(seen: Glance) -> list[str]:
    if staging.staged_of(seen.wallet) is None:
        return []
    return [f"The key in reserve is wiped here too. Delete it at {_name(seen)} as well."]


def _name(seen: Glance) -> str:
    return seen.exchange.name if seen.exchange else "the exchange"
