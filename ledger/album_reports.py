"""Reports, filed years and forms of brokers as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors_reports

FILER = "filer"


def register() -> None:
    add_visitor(FILER, visitors_reports.filer)
    add_views(*VIEWS)


VIEWS = (
    View("tax-filed", "tax:index", visitor=FILER),
    View("reports", "/tax/2025/reports/", visitor=FILER),
    View("reports-none", "/tax/2023/reports/", visitor=FILER),
    View("lock", "/tax/2023/lock/", visitor=FILER),
    View("lock-filed", "/tax/2025/lock/", visitor=FILER),
    View("lock-differs", "/tax/2024/lock/", visitor=FILER),
    View("lock-reckoning", "/tax/2025/lock/", visitor="expectant"),
    View("broker", "/tax/2025/1099-da/", visitor=FILER),
    View("broker-matched", "/tax/2025/1099-da/?show=matched", visitor=FILER),
    View("broker-none", "/tax/2023/1099-da/", visitor=FILER),
)
