"""The pages of tax years as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors_tax
from ledger.visitors import known

PAYER = "taxpayer"


def register() -> None:
    add_visitor(PAYER, visitors_tax.taxpayer)
    add_visitor("briton", visitors_tax.briton)
    add_visitor("newly", visitors_tax.newly)
    add_views(*TAX)


TAX = (
    View("tax", "tax:index", visitor=PAYER),
    View("tax-no-wallet", "tax:index", visitor="beginner"),
    View("tax-first", "tax:index", visitor="newly"),
    View("tax-first-year", "/tax/2024/", visitor="newly"),
    View("tax-briton", "tax:index", visitor="briton"),
    View("tax-year", "/tax/2024/", visitor=PAYER),
    View("tax-year-briton", "/tax/2024/", visitor="briton"),
    View("tax-year-nothing", "/tax/2019/", visitor=PAYER),
    View("tax-disposals", "/tax/2024/disposals/", visitor=PAYER),
    View("tax-disposals-none", "/tax/2024/disposals/?term=long&asset=SOL", visitor=PAYER),
    View("tax-income", "/tax/2024/income/", visitor=PAYER),
    View("tax-findings", "/tax/2024/findings/", visitor=PAYER),
    View("tax-findings-of-a-kind", "/tax/2024/findings/?problem=missing_basis", visitor=PAYER),
    View("tax-methods", "/tax/2024/methods/", visitor=PAYER),
    View("tax-method", "/tax/2024/methods/hifo/", visitor=PAYER),
    View("tax-methods-briton", "/tax/2024/methods/", visitor="briton"),
    View("tax-disposal", f"/tax/disposals/{known('tax-sale')}/", visitor=PAYER),
    View("tax-disposal-chosen", f"/tax/disposals/{known('tax-chosen')}/", visitor=PAYER),
    View("tax-lots", f"/tax/disposals/{known('tax-sale')}/lots/", visitor=PAYER),
    View(
        "tax-lots-wrong",
        f"/tax/disposals/{known('tax-sale')}/lots/",
        visitor=PAYER,
        fills={"main table input >> nth=0": "7"},
        press=("main button[value=look]",),
    ),
    View("tax-lots-chosen", f"/tax/disposals/{known('tax-chosen')}/lots/", visitor=PAYER),
    View("tax-cost", f"/tax/costs/{known('tax-gift')}/", visitor=PAYER),
    View("tax-cost-none", f"/tax/costs/{known('tax-sale')}/", visitor=PAYER),
    View("tax-said", "tax:said", visitor=PAYER),
    View("tax-said-nothing", "tax:said", visitor="expectant"),
    View("tax-options", "tax:options", visitor=PAYER),
    View("tax-plan", "tax:plan", visitor=PAYER),
    View("transaction-sold", f"/transactions/{known('tax-sale')}/", visitor=PAYER),
    View("tax-plan-shares", "/tax/plan/of/BTC/", visitor=PAYER),
    View("tax-plan-briton", "tax:plan", visitor="briton"),
)
