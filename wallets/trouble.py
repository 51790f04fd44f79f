"""An exchange in trouble: what it says of keys just then is not believed, and nobody is told to change one.

Who finds out that an exchange is in trouble stands above, registers here, and is asked.
"""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    def __call__(self, exchange: str) -> bool: ...


WATCHES: list[Watch] = []


def is_at(exchange: str) -> bool:
    return any(watch(exchange) for watch in WATCHES)
