"""The pages of imports as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors_imports
from ledger.visitors_imports import known

BRINGER = "bringer"


def register() -> None:
    add_visitor(BRINGER, visitors_imports.bringer)
    add_views(*VIEWS)


def page_of(name: str, part: str = "") -> str:
    return f"/imports/{known(name)}/{part}"


VIEWS = (
    View("imports", "imports:index", visitor=BRINGER),
    View("imports-empty", "imports:index", visitor="expectant"),
    View("import-reading", page_of("reading"), visitor=BRINGER),
    View("import-questions", page_of("asked"), visitor=BRINGER),
    View("import-columns-asked", page_of("unknown"), visitor=BRINGER),
    View("import-columns", page_of("unknown", "columns/"), visitor=BRINGER),
    View("import-preview", page_of("preview"), visitor=BRINGER),
    View("import-failed-lines", f"{page_of('preview')}?lines=failed", visitor=BRINGER),
    View("import-refused", page_of("refused"), visitor=BRINGER),
    View("import-taking", page_of("taking"), visitor=BRINGER),
    View("import-committed", page_of("committed"), visitor=BRINGER),
    View("import-undo", page_of("committed", "undo/"), visitor=BRINGER),
    View("import-taking-back", page_of("taking-back"), visitor=BRINGER),
    View("import-undone", page_of("undone"), visitor=BRINGER),
    View("import-failed", page_of("failed"), visitor=BRINGER),
    View("imports-own-columns", "imports:templates", visitor=BRINGER),
    View("imports-own-columns-none", "imports:templates", visitor="expectant"),
)
