"""The proposal, decision, asset, alias or wallet a request is about. A stranger's and one that is not there are 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from ledger import acts, clocks, symbols
from ledger.models import AssetAlias, FormerBook, Proposal
from wallets import mine

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User
    from ledger.acts import Act
    from ledger.models import ClockQuestion, ClockWord, Decision
    from ledger.symbols import Holding
    from wallets.models import Wallet


def proposal_of(owner: User, proposal_id: UUID, about: Proposal.About) -> Proposal:
    found = Proposal.objects.for_user(owner).filter(pk=proposal_id, about=about).first()
    if found is None:
        raise Http404
    found.owner = owner
    return found


def act_of(owner: User, decided_id: UUID, *kinds: Decision.Kind) -> Act:
    found = acts.act_of(owner, decided_id, *kinds)
    if found is None:
        raise Http404
    return found


def question_of(owner: User, clock_id: UUID) -> ClockQuestion:
    found = clocks.asked_of(owner).filter(pk=clock_id).first()
    if found is None:
        raise Http404
    found.owner = owner
    return found


def clock_word_of(owner: User, said_id: UUID) -> ClockWord:
    """If it holds; a former one was taken back since."""
    found = clocks.words_of(owner).filter(act=said_id).first()
    if found is None:
        raise Http404
    return found


def holding_of(owner: User, code: str, *, now: datetime) -> Holding:
    found = symbols.holding_of(owner, code, now=now)
    if found is None:
        raise Http404
    return found


def alias_of(owner: User, alias_id: UUID, *, held: bool = False) -> AssetAlias:
    """Held: nobody else changes or deletes it until the transaction ends."""
    mine = AssetAlias.objects.for_user(owner).filter(pk=alias_id)
    found = (mine.select_for_update(no_key=True) if held else mine).first()
    if found is None:
        raise Http404
    found.owner = owner
    return found


def former_of(wallet: Wallet, former_id: UUID) -> FormerBook:
    found = FormerBook.objects.filter(owner=wallet.owner_id, book=wallet.book, pk=former_id).first()
    if found is None:
        raise Http404
    return found


def wallet_of(owner: User, wallet_id: UUID) -> Wallet:
    """One in the bin has no balances to bring together."""
    found = mine.wallet_of(owner, wallet_id)
    if found.binned_at:
        raise Http404
    return found
