"""Blocks of few lots: no history has so many that they would fill the usual ones."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from ledger.engine import frozen


@contextmanager
def of_few_lots():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frozen, "BLOCK", 2)
        patch.setattr(frozen, "LONGEST", 3)
        yield
