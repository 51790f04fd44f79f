"""The one door out: how a wallet's rows are deleted. The database lets pass what is announced, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.append_only import purging
from ledger import proposals
from ledger.gains import stale
from ledger.models import (
    AssetAlias,
    Balance,
    BrokerLine,
    BulkEdit,
    ClockQuestion,
    ClockWord,
    Coverage,
    DailyChange,
    Decision,
    Edit,
    FormerBook,
    GainChoices,
    ImportFile,
    ImportTemplate,
    Journal,
    KnownCost,
    LotChoice,
    Part,
    Proposal,
    RawPage,
    Reckoning,
    Report,
    ReportedBalance,
    ReportedDay,
    Rule,
    SeenRow,
    Sighting,
    SourceRow,
    Stale,
    Transaction,
    TransactionKey,
    YearLock,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from wallets.models import Wallet


def purge(wallet: Wallet) -> int:
    """Inside a transaction. Only when its time in the bin is over, or its owner's account closes: the trigger looks.

    What the owner said stays, with the names it hangs on: the account may be added again.
    """
    Journal.objects.turn(wallet)  # what is being derived comes first, and goes too
    purging(wallet.pk)
    stale.gone(wallet.owner_id, wallet.pk)
    proposals.of_wallet(wallet).delete()
    SeenRow.objects.filter(row__wallet=wallet).delete()
    ImportFile.objects.filter(wallet=wallet).delete()  # with its lines, which name the rows
    BrokerLine.objects.filter(wallet=wallet).update(wallet=None)  # what a broker reported is of the year, too
    derived = (Part, Transaction, Balance, DailyChange, Journal)
    rows = (Sighting, SourceRow, RawPage, Coverage, ReportedBalance, ReportedDay, ClockQuestion)
    return sum(at_once(kept.objects.filter(wallet=wallet)) for kept in (*derived, *rows))


def at_once(rows: QuerySet[Any]) -> int:
    """In one statement. To ask what points at them, Django would fetch a million rows with all that they hold; the
    database looks for that by itself, where it has to.
    """
    return rows._raw_delete(rows.db)  # noqa: SLF001


def purge_words(owner: User) -> int:
    """With the account itself: every edit, decision and rule, and the names they hang on."""
    purging(owner.pk)
    gains = (Reckoning, Stale, Report, YearLock, BrokerLine, GainChoices, LotChoice, KnownCost)
    kept = (
        *gains,
        BulkEdit,
        Edit,
        Decision,
        ClockWord,
        ClockQuestion,
        Rule,
        AssetAlias,
        Proposal,
        ImportTemplate,
        ImportFile,
        FormerBook,
    )
    rows = sum(words.objects.filter(owner=owner).delete()[0] for words in kept)
    TransactionKey.objects.filter(owner=owner).update(alias_of=None)
    return rows + at_once(TransactionKey.objects.filter(owner=owner))
