from ledger.models.assets import AssetAlias
from ledger.models.rows import Coverage, RawPage, ReportedBalance, SeenRow, Sighting, SourceRow
from ledger.models.transactions import Balance, DailyChange, Journal, Part, Transaction
from ledger.models.words import Decision, Edit, Rule, TransactionKey

__all__ = [
    "AssetAlias",
    "Balance",
    "Coverage",
    "DailyChange",
    "Decision",
    "Edit",
    "Journal",
    "Part",
    "RawPage",
    "ReportedBalance",
    "Rule",
    "SeenRow",
    "Sighting",
    "SourceRow",
    "Transaction",
    "TransactionKey",
]
