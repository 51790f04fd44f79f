from ledger.models.assets import AssetAlias
from ledger.models.imports import ImportChunk, ImportFile, ImportRow, ImportTemplate
from ledger.models.proposals import Proposal
from ledger.models.rows import Coverage, RawPage, ReportedBalance, SeenRow, Sighting, SourceRow
from ledger.models.transactions import Balance, DailyChange, Journal, Part, Transaction
from ledger.models.views import SavedView
from ledger.models.words import Decision, Edit, Rule, TransactionKey

__all__ = [
    "AssetAlias",
    "Balance",
    "Coverage",
    "DailyChange",
    "Decision",
    "Edit",
    "ImportChunk",
    "ImportFile",
    "ImportRow",
    "ImportTemplate",
    "Journal",
    "Part",
    "Proposal",
    "RawPage",
    "ReportedBalance",
    "Rule",
    "SavedView",
    "SeenRow",
    "Sighting",
    "SourceRow",
    "Transaction",
    "TransactionKey",
]
