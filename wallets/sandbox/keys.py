"""Accounts that are reached by keys: how a resident is told of keys and of the size of its books, and tells of them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wallets.sandbox.books import Books
    from wallets.sandbox.wire import World


class AnyKey(Protocol):
    id: str
    secret: str


K = TypeVar("K", bound=AnyKey)


class Keyed(Generic[K]):
    """A resident with keys and books. Subclasses name the dataclass of their keys and which of its fields are told."""

    name: str
    makes: ClassVar[Callable[..., AnyKey]]  # a dataclass that begins with `id` and `secret`
    told: ClassVar[tuple[str, ...]] = ("id", "secret")
    keys: dict[str, K]
    books: Books
    world: World

    def configure(self, change: Mapping[str, object]) -> None:
        """Takes what the books take (books.Books), and these.

        {"key": {"id", "secret", ...}}            a key, new or changed (the fields of `makes`)
        {"no_key": "id"}                          a key is deleted
        """
        for name, value in change.items():
            match name, value:
                case "key", {"id": str(key), **rest}:
                    self._change_key(key, rest)
                case "no_key", str(key):
                    self.keys.pop(key, None)
                case _ if not self.books.configure(name, value, now=self.world.now()):
                    raise ValueError(f"{self.name} knows no {name} like that.")

    def _change_key(self, key_id: str, rest: Mapping[object, object]) -> None:
        known = {each.name for each in fields(type(self).makes)}  # type: ignore[arg-type]  # a dataclass, see above
        if unknown := {str(name) for name in rest} - known:
            raise ValueError(f"A key of {self.name} has no {', '.join(sorted(unknown))}.")
        if key_id not in self.keys:
            self.keys[key_id] = type(self).makes(key_id, str(rest.get("secret", "")))  # type: ignore[assignment]  # a K
        for name, given in rest.items():
            setattr(self.keys[key_id], str(name), given)

    def state(self) -> dict[str, object]:
        keys = [{name: getattr(key, name) for name in self.told} for key in self.keys.values()]
        return {"keys": keys, "size": self.books.size, "scripted": len(self.books.scripted)}
