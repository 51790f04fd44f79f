"""An exchange in trouble: what it says of keys just then is not believed, and nobody is told to change one.

Who finds out that an exchange is in trouble, or holds it, stands above, registers here, and is asked.
"""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    def __call__(self, exchange: str) -> bool: ...


class Holding(Protocol):
    def __call__(self) -> set[str]: ...


WATCHES: list[Watch] = []
HOLDING: list[Holding] = []  # which exchanges nobody is read from just now, for that or for another reason


def is_at(exchange: str) -> bool:
    return any(watch(exchange) for watch in WATCHES)


def held() -> set[str]:
    return {exchange for holding in HOLDING for exchange in holding()}
