"""If-Match compares strongly, If-None-Match weakly, and both read lists and stars."""

from __future__ import annotations

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from config.api.etags import etag_of, is_known, require_unchanged
from config.api.problem import PRECONDITION_FAILED, Problem

DATA = {"name": "x", "size": 1}
ETAG = etag_of(DATA)


def request(**headers: str) -> Request:
    return Request(
        APIRequestFactory().get("/", headers={name.replace("_", "-"): text for name, text in headers.items()})
    )


def test_an_etag_changes_exactly_when_the_data_does() -> None:
    assert etag_of(dict(reversed(DATA.items()))) == ETAG
    assert etag_of({**DATA, "size": 2}) != ETAG


@pytest.mark.parametrize("held", [ETAG, f'"other", {ETAG}', "*", " * "])
def test_a_change_passes_when_nothing_changed_meanwhile(held: str) -> None:
    require_unchanged(request(If_Match=held), DATA)


def test_without_a_condition_the_last_writer_wins() -> None:
    require_unchanged(request(), DATA)


@pytest.mark.parametrize("held", ['"other"', f"W/{ETAG}", ETAG.strip('"'), "", "nonsense", '"', ETAG[:-2] + '"'])
def test_anything_else_is_a_lost_race(held: str) -> None:
    with pytest.raises(Problem) as refused:
        require_unchanged(request(If_Match=held), DATA)

    assert refused.value.what is PRECONDITION_FAILED


@pytest.mark.parametrize(
    ("held", "known"),
    [(ETAG, True), (f"W/{ETAG}", True), (f'"a", {ETAG}', True), ("*", True), ('"a"', False), ("", False)],
)
def test_what_the_client_holds_is_recognised(held: str, known: bool) -> None:  # noqa: FBT001 - a parameter of a test
    assert is_known(request(If_None_Match=held), ETAG) is known
