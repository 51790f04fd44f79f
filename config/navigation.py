"""The signed-in navigation: each app adds its places in `AppConfig.ready`; the layout shows them by weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


@dataclass(frozen=True)
class Place:
    label: str
    url_name: str
    icon: str
    weight: int  # Home 0, Wallets 10, Transactions 20, Tax 30, Notices 80, Settings 90
    count: Callable[[HttpRequest], int] | None = None  # shown beside the label when not nought


PLACES: list[Place] = []


def add_place(place: Place) -> None:
    PLACES[:] = sorted([kept for kept in PLACES if kept.url_name != place.url_name] + [place], key=lambda p: p.weight)


@dataclass(frozen=True)
class Shown:
    label: str
    icon: str
    href: str
    current: bool
    count: int


def places_of(request: HttpRequest) -> tuple[Shown, ...]:
    return tuple(
        Shown(place.label, place.icon, href, request.path.startswith(href), place.count(request) if place.count else 0)
        for place in PLACES
        if (href := _address(place))
    )


@lru_cache(maxsize=512)
def _fixed(name: str, urlconf: object, _prefix: str) -> str:
    return reverse(name, urlconf)  # type: ignore[arg-type] # as Django gives it


def address_of(name: str) -> str:
    """Of a page whose address has no parts that differ. A page names dozens, and they stay."""
    return _fixed(name, get_urlconf(settings.ROOT_URLCONF), get_script_prefix())


def _address(place: Place) -> str:
    try:
        return address_of(place.url_name)
    except NoReverseMatch:  # the page is not built yet
        return ""
