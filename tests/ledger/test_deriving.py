"""The short way from sources to columns, which nearly all transactions go, ends where the long one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.deriving import Legs, as_merged, as_told, told_by_sources
from ledger.readings.base import Kind, Worth
from ledger.readings.events import Amount, Draft

NUMBERS = st.builds(
    lambda digits, place: Decimal(digits).scaleb(place), st.integers(0, 10**27), st.integers(-40, 40)
) | st.sampled_from([Decimal(100), Decimal("1E+3"), Decimal("0.10"), Decimal("0E-8"), Decimal("10.000")])
SENT, RECEIVED, FEE = (st.none() | st.builds(Amount, NUMBERS, st.just(code)) for code in ("EUR", "BTC", "BNB"))
TIMES = st.builds(
    datetime.fromtimestamp, st.integers(0, 4 * 10**9), st.sampled_from([UTC, timezone(timedelta(hours=-7))])
)


@given(SENT, RECEIVED, FEE, st.none() | st.builds(Worth, NUMBERS, st.just("EUR")), TIMES, st.sampled_from(Kind))
def test_what_sources_tell_is_the_same_with_texts_and_without(sent, received, fee, worth, at, kind):
    draft = Draft("a", ("a",), (1,), at, kind, sent, received, fee, category="staking", note="as it was", worth=worth)
    legs = Legs(sent, received, fee)
    assert written(as_told(draft, legs)) == written(as_merged(told_by_sources(draft, legs)))


def written(held):
    """With every digit that would be stored."""
    sides = (held.sent, held.received, held.fee, held.value)
    amounts = [(None if amount is None else f"{amount:f}", asset) for amount, asset in sides]
    return (*held[:3], amounts, held.note, list(held.tags), held.ignored)
