"""Lines of holdings are put together by hand: nothing in them may be read as HTML, and each leads to its asset."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from uuid import UUID

from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import holding_lines, portfolio_rows
from ledger.naming.base import Code
from ledger.portfolio import Held

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)


@given(WORDS)
@example("A&B")
@example("A/B?C#D")
@example("X'Y\"Z %20")
def test_each_leads_to_its_asset(code: str) -> None:
    assert unescape(holding_lines.address(code)) == reverse("portfolio:asset", args=[code])


@given(WORDS, WORDS)
@example("<script>", '"><img src=x>')
def test_codes_and_names_are_text(code: str, name: str) -> None:
    held = Held(Code(code, known=True, name=name), {UUID(int=1): Decimal("-1.5")}, None, None, False, None, NOW)  # noqa: FBT003

    html = holding_lines.html([portfolio_rows.row(held, "USD")], "USD", waiting=False)
    plain = Held(Code("X", known=True, name="Y"), held.wallets, None, None, False, None, NOW)  # noqa: FBT003
    tags = holding_lines.html([portfolio_rows.row(plain, "USD")], "USD", waiting=False).count("<")
    assert html.count("<") == tags - (2 if name == code else 0)
    assert code in unescape(html)
