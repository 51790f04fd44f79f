"""What joining these would come to: in which wallets, and which of the owner's words go along."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ledger import acts
from ledger.shown import effective_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User
    from ledger.models import Proposal, Transaction
    from wallets.models import Wallet


class Carried(NamedTuple):
    wallets: Sequence[tuple[Wallet, int]]  # those of most pairs first
    worded: int  # transactions of which the owner said something
    differing: int  # pairs of which the owner said two things that differ: those are asked about


def carried(owner: User, pairs: Sequence[Proposal]) -> Carried:
    """Of the present, looked up once."""
    here = acts.present(owner, [name for each in pairs for name in (*each.ones, *each.others)])
    sides = [acts.chosen(here, (*each.ones, *each.others)) for each in pairs]
    wallets = {each.wallet_id: each.wallet for side in sides for each in side}
    counts = Counter(pk for side in sides for pk in {each.wallet_id for each in side})
    worded = {each.pk for side in sides for each in side if each.mine}
    return Carried(
        [(wallets[pk], count) for pk, count in counts.most_common()], len(worded), sum(map(says_two_things, sides))
    )


def says_two_things(side: Sequence[Transaction]) -> bool:
    said = [(each, effective_of(each)) for each in side if each.mine]
    if len(said) < 2:  # noqa: PLR2004 - one of each side
        return False
    names = {name for each, _ in said for name in each.mine}
    values = [[effective[name] for each, effective in said if name in each.mine] for name in names]
    return any(value != several[0] for several in values for value in several)
