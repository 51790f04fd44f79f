"""The sandbox's people: the same in every run, and at every provider."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wallets.sandbox.wire import World


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    username: str
    email: str


NAMES = ("Ada Moreno", "Ben Okafor", "Chiara Lind", "Dev Patel")


def people_of(world: World, provider: str) -> dict[str, Person]:
    """Each provider gives the same person an id of its own."""
    found = {}
    for name in NAMES:
        first = name.split()[0].lower()
        key = str(uuid.UUID(world.derive(f"{provider} {first}")[:32], version=5))
        found[key] = Person(key, name, first, f"{first}@people.example")
    return found
