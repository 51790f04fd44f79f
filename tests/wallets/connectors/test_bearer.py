"""What every exchange that is spoken to with a bearer gets: one host, no redirects, no trace of the token in errors."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta

import pytest

from wallets.connectors.bearer import Bearer, blame_by_rfc, rights_of
from wallets.connectors.client import Reply
from wallets.connectors.newest import NewestFirst
from wallets.records import Cause, ConnectorError, Record

TOKEN = "token-of-ada"
EXCHANGE = "uphold"


@pytest.fixture
def make(street, pace):
    street.tell("uphold", granted={"token": TOKEN, "scopes": ["user:read"]})

    def made(token=TOKEN, origin=None):
        return Bearer(
            origin or street.origin("uphold"),
            token,
            pace=pace,
            blame=lambda reply: blame_by_rfc(reply, Cause.SIGN_IN_AGAIN),
            refused=Cause.SIGN_IN_AGAIN,
        )

    return made


def failure_of(call, *args, **kwargs):
    with pytest.raises(ConnectorError) as caught:
        call(*args, **kwargs)
    return caught.value


def test_the_token_is_shown_only_where_it_is_asked_for(make):
    bearer = make()

    assert bearer.get("/v0/me").data["name"] == "Ada Moreno"
    assert failure_of(bearer.get, "/v0/me", signed=False).cause is Cause.SIGN_IN_AGAIN


@pytest.mark.parametrize("token", ["", "two parts", "line\nend", "t\u00f6ken", "nul\x00"], ids=repr)
def test_a_token_that_cannot_stand_in_a_header_is_never_sent(make, pace, token):
    failure = failure_of(make(token).get, "/v0/me")

    assert (failure.cause, failure.code) == (Cause.SIGN_IN_AGAIN, "format")
    assert pace.spent == 0


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "redirect", "location": "http://127.0.0.1:1/"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
        ({"kind": "cut"}, Cause.NETWORK),
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 503}, Cause.MAINTENANCE),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_a_failure_has_a_cause_and_carries_nothing_of_what_was_sent(street, make, fault, cause):
    street.fault("uphold", **fault)

    failure = failure_of(make().get, "/v0/me", {"cursor": "of-ada"})

    assert failure.cause is cause
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert TOKEN not in "".join(traceback.format_exception(failure))
    assert "of-ada" not in str(failure)


def test_a_redirect_is_not_followed_with_the_token(street, make):
    street.fault("uphold", kind="redirect", location=f"{street.origin('uphold')}/v0/me", times=1)

    assert failure_of(make().get, "/v0/me").code == "redirect"


def test_nobody_is_spoken_to_but_the_exchange(make):
    detour = "@127.0.0.1:1/v0/me"  # what stands before the @ is a user name

    assert failure_of(make(origin="http://localhost:1").get, detour).cause is Cause.NETWORK


def test_every_call_asks_first_and_being_told_to_slow_down_reaches_the_budget(street, make, pace):
    bearer = make()
    street.fault("uphold", kind="status", status=429)

    failures = [failure_of(bearer.get, "/v0/me", cost=2) for _ in range(2)]

    assert {failure.cause for failure in failures} == {Cause.RATE_LIMITED}
    assert (pace.spent, len(pace.told)) == (4, 2)


def test_bare_numbers_keep_their_digits(street, make):
    digits = "0.123456789012345678901234567890"
    street.fault("uphold", kind="status", status=200, body=f'{{"balance": {digits}}}')

    assert make().get("/v0/me").data == {"balance": digits}


def test_the_right_a_call_takes_is_named_when_it_is_missing(make):
    assert failure_of(make().get, "/v0/me/cards", right="cards:read").right == "cards:read"


def test_a_firewalls_page_is_no_word_about_the_token():
    assert blame_by_rfc(Reply(403, {}, b"<html>"), Cause.SIGN_IN_AGAIN) is None


def test_rights_that_are_not_reading_count_as_more_known_or_not():
    rights = rights_of(
        ("a:read", "a:write", "invented"),
        wanted=("a:read", "b:read"),
        reading=lambda s: s.endswith("read"),
        can_tell=True,
    )

    assert (rights.read, rights.beyond, rights.missing) == (("a:read",), ("a:write", "invented"), ("b:read",))
    assert rights.read_only is False


# --- newest first -------------------------------------------------------------------------------------------------

BEGUN = datetime(2024, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def rows(*days):
    return [Record("x", str(day), BEGUN + day * DAY, {}) for day in days]


def walked(cursor, days, after):
    return NewestFirst.of(cursor).page(rows(*days), after=after, overlap=3 * DAY, body=b"")


def test_a_walk_goes_on_until_there_is_no_mark_and_is_then_complete():
    first = walked(None, [9, 8], "mark")
    last = walked(first.cursor, [7, 6], "")

    assert (first.more, first.complete_to) == (True, None)
    assert (last.more, last.complete_to) == (False, BEGUN + 9 * DAY)


def test_the_next_walk_ends_where_rows_may_no_longer_change():
    _, over = walked(None, [9, 8], "mark"), walked(None, [9, 8], "")

    within, beyond = walked(over.cursor, [9, 7], "mark"), walked(over.cursor, [9, 5], "mark")

    assert (within.more, beyond.more) == (True, False)


def test_nothing_new_takes_nothing_away():
    over = walked(None, [9], "")

    again = walked(over.cursor, [], "")

    assert again.cursor == over.cursor
    assert again.complete_to is None


def test_rows_in_the_other_order_are_refused():
    assert failure_of(walked, None, [8, 9], "mark").code == "order"
