"""The pages of duplicates, transfers, balances and assets as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors_matching

MAKER = "matchmaker"
AT = visitors_matching.addresses()


def register() -> None:
    add_visitor(MAKER, visitors_matching.matchmaker)
    add_views(*MATCHING)


MATCHING = (
    View("duplicates", "ledger:duplicates", visitor=MAKER),
    View("duplicates-several", "ledger:duplicates", visitor=MAKER, press=("[data-all]", "#several [value=same]")),
    View("duplicates-empty", "ledger:duplicates", visitor="expectant"),
    View("duplicates-decided", "/transactions/duplicates/?show=decided", visitor=MAKER),
    View("transfers", "ledger:transfers", visitor=MAKER),
    View("transfers-empty", "ledger:transfers", visitor="expectant"),
    View(
        "transfers-several",
        "ledger:transfers",
        visitor=MAKER,
        press=("[data-all]", "#several [value=apart]"),
    ),
    View(
        "transfers-several-left",
        "ledger:transfers",
        visitor=MAKER,
        press=("[data-all]", "#several [value=linked]"),
    ),
    View("transfers-batch", AT["batch"], visitor=MAKER),
    View("transfers-unmatched", "/transactions/transfers/?show=unmatched", visitor=MAKER),
    View("transfers-linked", "/transactions/transfers/?show=linked", visitor=MAKER),
    View("transfers-rejected", "/transactions/transfers/?show=rejected", visitor=MAKER),
    View("transfers-link", AT["link"], visitor=MAKER),
    View(
        "transfers-look",
        AT["link"],
        visitor=MAKER,
        press=("main input[type=checkbox]", "main form .actions button"),
    ),
    View("balances", AT["balances"], visitor=MAKER),
    View("balances-of-files", AT["files"], visitor=MAKER),
    View("wallet-former", AT["former"], visitor=MAKER),
    View("wallet-former-none", AT["no former"], visitor=MAKER),
    View("wallet-removed-before", AT["former wallet"], visitor=MAKER),
    View("assets", "ledger:assets", visitor=MAKER),
    View("assets-empty", "ledger:assets", visitor="expectant"),
    View("asset", "/transactions/assets/of/QQFOO/", visitor=MAKER),
    View("asset-bait", "/transactions/assets/of/CLAIM-AIRDROP.COM/", visitor=MAKER),
    View("asset-said", "/transactions/assets/of/LUNA/", visitor=MAKER),
)
