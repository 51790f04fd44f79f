"""Texts that PostgreSQL keeps in no column: a zero sign, and half of a pair of signs. Exchanges pass on whatever
somebody typed into a note; no row is lost by it and no list is stuck.
"""

from __future__ import annotations

import json
import zlib

import pytest

from ledger.models import Journal, RawPage, ReportedBalance, SourceRow
from sync.models import StreamState
from tests.sync.test_runner import clock, kraken, slice_of, synced  # noqa: F401 # fixtures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.turns(3)]
ZERO, HALF, SPELT = r"\u0000", r"\ud800", r"\\u0000"  # as JSON writes them; the last is a backslash and five letters
NOTES = {
    "zero": (ZERO, "ab"),
    "half": (HALF, "a\ufffdb"),
    "other half": (r"\uDFFF", "a\ufffdb"),
    "pair": (r"\ud83d\ude00", "a\U0001f600b"),
    "halves the wrong way round": (r"\ude00\ud83d", "a\ufffd\ufffdb"),
    "spelt out": (SPELT, r"a\u0000b"),
    "spelt half": (r"\\ud800", r"a\ud800b"),
    "backslash and zero": (r"\\\u0000", "a\\b"),
    "zero at the end": (r"c\\u0000\"", 'ac\\u0000"b'),
}


def reply_with(note, *, key="L1"):
    """A page of Kraken's ledger, written as text, since no decent writer would."""
    row = {"refid": "A1", "time": 1700000000.5, "type": "deposit", "subtype": "", "aclass": "currency"}
    row |= {"asset": "ZEUR", "amount": "5.0000", "fee": "0.0000", "balance": "5.0000", "note": "NOTE"}
    text = json.dumps({"error": [], "result": {"ledger": {"KEY": row}, "count": 1}})
    return text.replace("NOTE", f"a{note}b").replace("KEY", key)


@pytest.fixture
def served(street, kraken, synced):  # noqa: F811
    """What a sync makes of such a page: the account holds nothing else."""
    street.tell("kraken", size=0)

    def go(body, path="*Ledgers"):
        street.fault("kraken", kind="status", path=path, status=200, body=body, times=1)
        return synced()

    return go


@pytest.mark.parametrize(("written", "kept"), NOTES.values(), ids=NOTES)
def test_a_row_with_such_a_text_comes_in_and_is_the_same_the_next_time(served, kraken, written, kept):  # noqa: F811
    body = reply_with(written)

    run = served(body)

    assert (run.state, run.new, run.cause, run.code) == ("done", 1, "", "")
    assert SourceRow.objects.get().raw["note"] == kept
    assert zlib.decompress(bytes(RawPage.objects.get().body)).decode("utf-8", "surrogatepass") == body
    assert not StreamState.objects.exclude(state="done").exists()
    assert not Journal.objects.get(wallet=kraken).behind

    again = served(body)
    assert (again.state, again.new, again.changed) == ("done", 0, 0)


@pytest.mark.parametrize("written", [ZERO, HALF])
def test_a_name_with_such_a_text_does_not_stop_it_either(served, written):
    run = served(reply_with("").replace("ZEUR", f"ZE{written}UR"))

    assert (run.state, run.new) == ("done", 1)


def test_nor_does_an_id(served):
    assert served(reply_with("", key=f"L{ZERO}1")).state == "done"
    assert SourceRow.objects.get().external_id == "L1"


@pytest.mark.parametrize("written", [ZERO, HALF])
def test_nor_does_what_is_held(served, written):
    run = served(f'{{"error": [], "result": {{"ZE{written}UR": {{"balance": "5", "hold_trade": "0"}}}}}}', "*BalanceEx")

    assert run.state == "done"
    assert ReportedBalance.objects.count() == 1
