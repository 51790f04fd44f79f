"""Closing an account: what belongs to an owner, and how all of it is exported, taken out of use and purged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import Model

    from accounts.audit import Actor
    from accounts.models import User


class Belonging(Protocol):
    """What one kind of owned row must be able to do. Apps above register theirs in `AppConfig.ready`."""

    model: type[Model]

    def export(self, owner: User) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
        """Files of the export: a name without its ending, and its rows. No secrets."""

    def close(self, owner: User, *, by: Actor, now: datetime) -> Iterable[str]:
        """At once, when closing starts: wipe, revoke, stop. Returns what the owner still has to do by hand."""

    def by_hand(self, owner: User) -> Iterable[str]:
        """Said before closing: what the owner will have to do by hand, such as deleting a key at an exchange."""

    def purge(self, owner: User) -> int:
        """All rows, for good. Called in the reverse order of registration. Returns how many."""


OWNED: list[Belonging] = []


def register(*belongings: Belonging) -> None:
    OWNED.extend(belongings)
