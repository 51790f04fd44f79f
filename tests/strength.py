"""How hard a run tries. The usual one leaves no test out; a thorough one gives some of them more of the same.

`manage.py test --thorough` sets the variable, so that every process of the run knows.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import pytest

THOROUGH = os.environ.get("HOLDFAST_THOROUGH") == "1"


def examples(many: int) -> int:
    """How many a property is tried with: a thorough run takes all, the usual one a quarter."""
    return many if THOROUGH else max(10, many // 4)


def out_of_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """What a usual run leaves to a thorough one of the tests that it repeats at a price: for each exchange, each width.

    `@pytest.mark.turns(3)` has it try each such test with one in three of what there is to try it with. Names decide
    which, so that every process of a run leaves out the same.
    """
    repeated: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if turns := item.get_closest_marker("turns"):
            repeated[item.nodeid.partition("[")[0], *turns.args].append(item)
    return [item for (name, of), those in repeated.items() for item in waiting(those, of=of, turn=crc32(name.encode()))]


def waiting(those: list[pytest.Item], *, of: int, turn: int) -> list[pytest.Item]:
    """One of them is tried at least, however few there are."""
    of = min(of, len(those))
    return [item for place, item in enumerate(those) if place % of != turn % of]
