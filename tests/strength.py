"""How hard a run tries. The usual one leaves no test out; a thorough one gives some of them more of the same.

`manage.py test --thorough` sets the variable, so that every process of the run knows.
"""

from __future__ import annotations

import os

THOROUGH = os.environ.get("HOLDFAST_THOROUGH") == "1"


def examples(many: int) -> int:
    """How many a property is tried with: a thorough run takes all, the usual one a quarter."""
    return many if THOROUGH else max(10, many // 4)
