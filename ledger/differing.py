"""Which wallets do not add up to what is reported of them, and in what: for whoever looks at what all of them hold."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.assets import Namer, names_of
from ledger.discrepancies import by_names, compared_each
from ledger.models import ReportedBalance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from accounts.models import User
    from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Differing:
    wallet: Wallet
    assets: Sequence[str]


def differing(owner: User, wallets: Iterable[Wallet]) -> list[Differing]:
    """Of those of which anything is told. What is still to come is no difference. So many queries, however many wallets
    there are.
    """
    rows: dict[UUID, list[ReportedBalance]] = defaultdict(list)
    for row in ReportedBalance.objects.filter(owner=owner):
        rows[row.wallet_id].append(row)
    names = names_of(owner.pk)
    read = [each for each in wallets if not each.awaits_history and (rows[each.pk] or each.is_connected)]
    lines = compared_each({each: by_names(rows[each.pk], Namer(each.exchange, names)) for each in read})
    found = (Differing(each, [line.asset for line in lines[each] if line.differs]) for each in read)
    return [each for each in found if each.assets]
