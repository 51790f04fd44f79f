"""The album is complete: a page that nobody looks at is a page that nobody keeps right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from config import album

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

NOT_OURS = ("/admin/", "/api/v1/", "/_allauth/")


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Callable[..., object]]]:
    """Every address that can be opened as it stands, with what answers there."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        elif isinstance(entry, URLPattern) and not set(route) & set("<^("):
            yield route, entry.callback


def not_in_the_album(browser: Client) -> set[str]:
    views, _ = album.opened()
    seen = {resolve(view.path.partition("?")[0]).func for view in views.values()}
    return {
        address
        for address, view in addresses(get_resolver())
        if view not in seen and not address.startswith(NOT_OURS) and is_page(browser, address)
    }


def is_page(browser: Client, address: str) -> bool:
    answer = browser.get(address)
    return answer.status_code == 200 and not answer.streaming and "css/tokens.css" in answer.text


def test_every_page_of_a_stranger_is_in_the_album(client: Client, db) -> None:
    assert not_in_the_album(client) == set()


def test_every_page_of_an_owner_is_in_the_album(alices_browser: Client) -> None:
    assert not_in_the_album(alices_browser) == set()


def test_every_page_of_a_newcomer_is_in_the_album(newcomers_browser: Client) -> None:
    assert not_in_the_album(newcomers_browser) == set()
