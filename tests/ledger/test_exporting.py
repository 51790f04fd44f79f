"""Exports: safe to open in a spreadsheet, of what the list shows, and read back to the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import edits, exporting
from ledger.exporting import COLUMNS, RISKY, safe, unsafe
from ledger.imports import look
from ledger.imports.formats.base import Options, Read
from ledger.models import Transaction
from ledger.readings.base import Kind
from tests.ledger.bringing import work
from tests.ledger.stand import read, store, trade
from tests.ledger.test_views_imports import bring, press, text
from wallets.models import Wallet

AMOUNTS = st.none() | st.decimals("0.000000000001", "99999999999999", places=12, allow_nan=False)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=30)
ASSETS = st.text("ABCXYZ019", min_size=1, max_size=8)
UUIDS = st.uuids()


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_no_cell_is_a_formula_and_each_can_be_had_back(written):
    cell = safe(written)
    assert unsafe(cell) == written
    assert not cell.startswith(RISKY) or exporting.FIGURE.fullmatch(cell)


@pytest.mark.parametrize("risky", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "-A1(2)", "'=1"])
def test_what_a_spreadsheet_would_run_is_marked(risky):
    assert safe(risky) == f"'{risky}"


@pytest.mark.parametrize("figure", ["-100", "+0.5", "-0.00000001", "-1,234.50", "-0.5BTC", "2026-01-01", "plain", ""])
def test_figures_stay_figures(figure):
    assert safe(figure) == figure


@st.composite
def transactions(draw):
    legs = {}
    for name in ("sent", "received", "fee", "value"):
        amount = draw(AMOUNTS)
        legs |= {f"{name}_amount": amount, f"{name}_{'currency' if name == 'value' else 'asset'}": draw(ASSETS)}
    words = {name: draw(WORDS) for name in ("category", "note", "group", "order", "hash", "address", "network")}
    at = draw(st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as it asks
    facts = {"pk": draw(UUIDS), "kind": draw(st.sampled_from(Kind)).value, "occurred_at": at, "wallet_id": WALLET}
    return SimpleNamespace(
        **facts, **legs, **words, tags=draw(st.lists(ASSETS, max_size=3)), ignored=draw(st.booleans())
    )


WALLET = UUID(int=1)
WALLETS = SimpleNamespace(by_id={WALLET: SimpleNamespace(label="=Mine, and hers", exchange="kraken")})


@settings(max_examples=25)
@given(transactions())
def test_every_transaction_reads_back_to_the_same(each):
    sent = "".join(exporting.lines(exporting.with_header([each], WALLETS))).encode()
    [outcome] = look.outcomes(io.BytesIO(sent), Options(decimal=".", order="ymd"), file_name="x.csv")
    assert isinstance(outcome.result, Read), outcome.result
    [told] = outcome.result.readings
    moved = {(leg.asset, leg.amount, leg.fee) for leg in told.legs}
    expected = {
        (each.sent_asset, -(each.sent_amount or 0), False),
        (each.received_asset, each.received_amount or Decimal(0), False),
        (each.fee_asset, -(each.fee_amount or 0), True),
    }
    assert moved == {leg for leg in expected if leg[1]}
    assert (str(told.kind), told.at, outcome.external_id) == (each.kind, each.occurred_at, str(each.pk))
    said = {"category": each.category, "note": each.note, "tags": ", ".join(each.tags)}
    said["ignored"] = "yes" if each.ignored else ""
    assert outcome.result.edits == {name: value for name, value in said.items() if value}


@pytest.mark.django_db
def test_an_export_holds_what_the_filters_show_and_comes_back_with_the_owners_words(alices_browser, alice, wallet, bob):
    store(wallet, *trade(1), *trade(2, bought="0.25", paid="-50"))
    read(wallet)
    first = Transaction.objects.order_by("received_amount").first()
    words = {"note": "=for the house", "tags": ["house"], "category": "savings"}
    edits.edit(by=_owner(alice), owner=alice, ids=[first.pk], changes=words, now=first.occurred_at)
    sent = text(alices_browser.get("/transactions/export.csv", {"category": "savings"}))
    header, row = csv.reader(io.StringIO(sent))
    assert tuple(header) == COLUMNS
    told = dict(zip(header, row, strict=True))
    assert (told["id"], told["sent_amount"], told["note"]) == (str(first.pk), "50", "'=for the house")

    whole = text(alices_browser.get("/transactions/export.csv")).encode()
    other = Wallet.objects.create(owner=alice, exchange="", way="csv", label="Again", created_at=first.occurred_at)
    file = bring(alices_browser, whole, "holdfast.csv", other)
    assert (file.state, file.counts["new"]) == ("preview", 2), file.questions
    press(alices_browser, file, "commit/")
    work()
    [again] = Transaction.objects.filter(wallet=other, category="savings")
    assert (again.sent_amount, again.received_amount, again.fee_amount) == (
        first.sent_amount,
        first.received_amount,
        first.fee_amount,
    )
    assert (again.note, again.tags, again.occurred_at) == ("=for the house", ["house"], first.occurred_at)


def _owner(user):
    from accounts.audit import Actor, ActorKind  # noqa: PLC0415 - for one line

    return Actor(ActorKind.OWNER, user)


@pytest.mark.django_db
def test_filters_that_cannot_be_read_lead_back_to_the_list(alices_browser, bobs_browser, wallet):
    assert alices_browser.get("/transactions/export.csv", {"kind": "theft"}).status_code == 302
    store(wallet, *trade(1))
    read(wallet)
    assert len(text(bobs_browser.get("/transactions/export.csv")).splitlines()) == 1
