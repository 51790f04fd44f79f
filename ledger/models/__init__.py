from ledger.models.assets import AssetAlias
from ledger.models.gains import (
    Checkpoint,
    DaySum,
    Earning,
    EarningSum,
    Finding,
    FindingSum,
    GainSum,
    Holding,
    Lot,
    Match,
    Reckoning,
    Stale,
)
from ledger.models.imports import ImportChunk, ImportFile, ImportRow, ImportTemplate
from ledger.models.prices import OfficialRates, OwnPrice, PriceRun, PriceSeries, PriceSource, PriceWant
from ledger.models.proposals import Proposal
from ledger.models.rows import Coverage, RawPage, ReportedBalance, SeenRow, Sighting, SourceRow
from ledger.models.tax import BrokerLine, GainChoices, KnownCost, LotChoice, Report, ReportChunk, YearLock
from ledger.models.transactions import Balance, DailyChange, Journal, Part, Transaction
from ledger.models.views import SavedView
from ledger.models.words import BulkEdit, Decision, Edit, Rule, TransactionKey

__all__ = [
    "AssetAlias",
    "Balance",
    "BrokerLine",
    "BulkEdit",
    "Checkpoint",
    "Coverage",
    "DailyChange",
    "DaySum",
    "Decision",
    "Earning",
    "EarningSum",
    "Edit",
    "Finding",
    "FindingSum",
    "GainChoices",
    "GainSum",
    "Holding",
    "ImportChunk",
    "ImportFile",
    "ImportRow",
    "ImportTemplate",
    "Journal",
    "KnownCost",
    "Lot",
    "LotChoice",
    "Match",
    "OfficialRates",
    "OwnPrice",
    "Part",
    "PriceRun",
    "PriceSeries",
    "PriceSource",
    "PriceWant",
    "Proposal",
    "RawPage",
    "Reckoning",
    "Report",
    "ReportChunk",
    "ReportedBalance",
    "Rule",
    "SavedView",
    "SeenRow",
    "Sighting",
    "SourceRow",
    "Stale",
    "Transaction",
    "TransactionKey",
    "YearLock",
]
