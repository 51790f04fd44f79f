"""A town of two hundred wallets over all exchanges, and what can happen to it: `bench chaos --minutes 30 --seed 7`.

Workers, their cluster and PostgreSQL are killed, the network and the exchanges fail, new rows arrive meanwhile. Works
on a service of its own. What it prints is measured; what must hold is asserted, and ends it with a failure.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.chaos.town import assert_limits_held, assert_nothing_lost, lived_through, shared_out, standing

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds, for the calm afterwards. Binance's lists of money, asked 90 days at a time since 2017, take 40 minutes for
# one account by Binance's own limit, and who settles last begins at the beginning.
PATIENCE = 4500.0


def run(report: Callable[[str], object], *, minutes: float, seed: int, wallets: int, machines: int) -> None:
    began = time.monotonic()
    with standing(shared_out(wallets), events=320, machines=machines) as town:
        report(f"{sum(town.wallets.values())} wallets, seed {seed}, {minutes:g} minutes of noise")
        took = lived_through(town, seconds=minutes * 60, seed=seed, patience=PATIENCE)
        assert_nothing_lost(town)
        assert_limits_held(town)
        for phase, seconds in took.items():
            report(f"{phase:44} {seconds:10.1f} s")
        for deed, times in town.deeds.most_common():
            report(f"{deed.replace('_', ' '):44} {times:10}")
        rows = sum(row[0] for held in town.contents().values() for row in held.values())
        report(f"{'rows, each there once':44} {rows:10,}")
        report(f"{'calls':44} {sum(town.held_limits()['calls'].values()):10,}")
        assert town.close() == {}
        report(f"{'processes left':44} {0:10}")
    report(f"{'whole':44} {time.monotonic() - began:10.1f} s")
