"""The album: which pages there are to look at, and who looks at them.

Each app adds its own in `AppConfig.ready`. `manage.py shots` photographs them; tests/journeys/test_look.py holds
every one of them to the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Prepares what is to be seen in the database and returns the cookies of whoever looks.
Visitor = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class View:
    """One page in one state. `fills` and `press` say what the visitor types and presses before the picture is taken."""

    name: str
    path: str
    visitor: str = "stranger"
    fills: Mapping[str, str] = field(default_factory=dict)
    press: str = ""
    status: int = 200


ERRORS = {"400": 400, "403": 403, "403_csrf": 403, "404": 404, "429": 429, "500": 500}
VIEWS: dict[str, View] = {"components": View("components", "/_ui/")} | {
    f"error-{name}": View(f"error-{name}", f"/_ui/errors/{name}/", status=status) for name, status in ERRORS.items()
}
VISITORS: dict[str, Visitor] = {"stranger": dict}


def add_views(*views: View) -> None:
    VIEWS.update({view.name: view for view in views})


def add_visitor(name: str, visitor: Visitor) -> None:
    VISITORS[name] = visitor
