"""The album: which pages there are to look at, and who looks at them.

Each app names its chapters in `AppConfig.ready`; they are read when somebody opens the album. `manage.py shots`
photographs every page; tests/journeys/test_look.py holds each of them to the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from datetime import datetime

# Prepares what is to be seen in the database and returns the cookies of whoever looks.
Visitor = Callable[["datetime"], Mapping[str, str]]


@dataclass(frozen=True)
class View:
    """One page in one state. `fills` and `press` say what the visitor types and presses before the picture is taken."""

    name: str
    where: str  # a path, or the name of a URL without arguments
    visitor: str = "stranger"
    fills: Mapping[str, str] = field(default_factory=dict)
    press: tuple[str, ...] = ()
    status: int = 200

    @property
    def path(self) -> str:
        return self.where if self.where.startswith("/") else reverse(self.where)


PAGES = ("400", "403", "403_csrf", "404", "405", "429", "500", "503", "503_away", "503_cut")
ERRORS = {name: int(name[:3]) for name in PAGES}
VIEWS: dict[str, View] = {"components": View("components", "/_ui/"), "mailbox": View("mailbox", "/_mail/")} | {
    f"error-{name}": View(f"error-{name}", f"/_ui/errors/{name}/", status=status) for name, status in ERRORS.items()
}
VISITORS: dict[str, Visitor] = {"stranger": lambda now: {}}  # noqa: ARG005  # a stranger brings nothing


CHAPTERS: list[str] = []  # modules that are still to be read


def add_chapters(*modules: str) -> None:
    """By name: they load whoever looks, passkeys and test clients, which no process needs that takes no pictures."""
    CHAPTERS.extend(modules)


def opened() -> tuple[Mapping[str, View], Mapping[str, Visitor]]:
    """All pages, and all who look at them. Not before apps are loaded."""
    while CHAPTERS:
        import_module(CHAPTERS.pop(0)).register()
    return VIEWS, VISITORS


def add_views(*views: View) -> None:
    VIEWS.update({view.name: view for view in views})


def add_visitor(name: str, visitor: Visitor) -> None:
    VISITORS[name] = visitor
