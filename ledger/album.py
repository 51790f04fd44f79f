"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors
from ledger.visitors import MANY, known

BOOKS = "bookkeeper"


def register() -> None:
    add_visitor(BOOKS, visitors.bookkeeper)
    add_visitor("expectant", visitors.expectant)
    add_views(*TRANSACTIONS)


def page_of(name: str) -> str:
    return f"/transactions/{known(name)}/"


TRANSACTIONS = (
    View("transactions", "ledger:index", visitor=BOOKS),
    View("transactions-narrowed", "/transactions/?asset=BTC&from=2026-01-01&ignored=shown", visitor=BOOKS),
    View("transactions-wrong", "/transactions/?kind=theft&from=yesterday", visitor=BOOKS),
    View("transactions-no-wallet", "ledger:index", visitor="beginner"),
    View("transactions-reading", "ledger:index", visitor="expectant"),
    View("transaction", page_of("bought"), visitor=BOOKS),
    View("transaction-add", "ledger:add", visitor=BOOKS),
    View("transactions-bin", "ledger:bin", visitor=BOOKS),
    View("transactions-bin-empty", "ledger:bin", visitor="expectant"),
    View(
        "transactions-many",
        "ledger:index",
        visitor=BOOKS,
        press=("#many button[name=all]",),
    ),
    View("transactions-act", f"/transactions/acts/{known('act')}/", visitor=BOOKS),
    *(View(f"transactions-act-{name}", f"/transactions/acts/{known(name)}/", visitor=BOOKS) for name in MANY),
    View("transactions-saved", "/transactions/saved/?filters=kind%3Dreward", visitor=BOOKS),
    View("transactions-saved-empty", "ledger:saved", visitor="expectant"),
    View("rules", "ledger:rules", visitor=BOOKS),
    View("rules-empty", "ledger:rules", visitor="expectant"),
    View("rule-add", "ledger:rule_add", visitor=BOOKS),
    View("rule", f"/transactions/rules/{known('rule')}/", visitor=BOOKS, press=("main form button[type=submit]",)),
    View("rule-delete", f"/transactions/rules/{known('rule')}/delete/", visitor=BOOKS),
)
