"""What of a source's change under the owner's word is asked about: not that it is told more exactly, or less."""

from __future__ import annotations

import pytest

from ledger.overlay import Word, merge


def asked(field, seen, said, now):
    return bool(merge({field: now}, {}, [{field: Word(said, seen)}]).conflicts)


@pytest.mark.parametrize(
    ("seen", "said", "now", "expected"),
    [
        # To the minute, then to the second or better, and the other way round.
        ("12:00:00", "15:30:00", "12:00:17", False),
        ("12:00:17", "15:30:00", "12:00:00", False),
        ("12:00:17", "15:30:00", "12:00:17.412000", False),
        ("12:00:17.412000", "15:30:00", "12:00:00", False),
        # Another time.
        ("12:00:00", "15:30:00", "12:01:17", True),
        ("12:00:05", "15:30:00", "12:00:17", True),
        ("12:00:17.100000", "15:30:00", "12:00:17.412000", True),
        # The word was about the seconds that were left open.
        ("12:00:00", "12:00:20", "12:00:17", True),
        ("12:00:00", "12:00:17", "12:00:17", False),
        ("12:00:00", "12:00:17", "12:00:17.412000", False),
    ],
)
def test_of_times(seen, said, now, expected):
    assert asked("occurred_at", *(f"2026-11-20T{each}Z" for each in (seen, said, now))) is expected


@pytest.mark.parametrize(
    ("seen", "said", "now", "expected"),
    [
        ("1.51237", "1.6", "1.51237004", False),
        ("1.51237004", "1.6", "1.51237", False),
        ("100", "90", "100.5", True),
        ("1234", "1200", "1234.4", True),
        ("1.51237", "1.512379", "1.51237004", True),  # it was about those digits
        ("1.51237", "1.51237004", "1.51237004", False),
        ("0", "90", "100", True),
    ],
)
@pytest.mark.parametrize(("field", "unit"), [("sent", "asset"), ("value", "currency")])
def test_of_amounts(field, unit, seen, said, now, expected):
    assert asked(field, *({"amount": each, unit: "EUR"} for each in (seen, said, now))) is expected


@pytest.mark.parametrize(
    ("field", "seen", "said", "now"),
    [
        ("sent", {"amount": "1", "asset": "BTC"}, None, {"amount": "1", "asset": "ETH"}),
        ("fee", None, {"amount": "1", "asset": "BTC"}, {"amount": "2", "asset": "BTC"}),
        ("fee", {"amount": "2", "asset": "BTC"}, {"amount": "1", "asset": "BTC"}, None),
        ("note", "12:00", "mine", "12:00:17"),
        ("kind", "deposit", "gift", "income"),
        ("ignored", False, True, None),
    ],
)
def test_what_else_changes_is_asked_about(field, seen, said, now):
    assert asked(field, seen, said, now)
