"""`tax-settings/transfer-fee/`: the option beside a country's method, as on its page."""

from __future__ import annotations

from accounts.models import AuditEvent
from tests.accounts.api.conftest import script_of
from tests.ledger.api.conftest import errors_of
from tests.ledger.gains.books import buys, day, moved, reckon, tell

FEE = "/api/v1/tax-settings/transfer-fee/"


def put(script, value, **headers):
    return script.patch(FEE, {"transfer_fee": value}, format="json", headers=headers)


def test_what_becomes_of_fees_of_transfers_is_read_and_said(script, bobs_script, alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("T2", "-1", day(3)))
    former = reckon(alice)
    assert script.get(FEE).json() == {"transfer_fee": "disposal"}

    answer = put(script, "cost")

    assert (answer.status_code, answer.json()) == (200, {"transfer_fee": "cost"})
    assert script.get(FEE).json() == {"transfer_fee": "cost"}
    assert bobs_script.get(FEE).json() == {"transfer_fee": "disposal"}
    assert (former.settings["transfer_fee"], reckon(alice).settings["transfer_fee"]) == ("disposal", "cost")
    [said] = AuditEvent.objects.filter(owner=alice, action="transfer_fee_chosen")
    assert said.details["transfer_fee"] == "cost"


def test_the_same_word_again_changes_nothing(script, alice):
    assert put(script, "disposal").status_code == 200
    assert script.patch(FEE, {}, format="json").json() == {"transfer_fee": "disposal"}
    assert not AuditEvent.objects.filter(owner=alice, action="transfer_fee_chosen").exists()


def test_what_was_changed_meanwhile_is_not_overwritten(script):
    tag = script.get(FEE)["ETag"]
    assert put(script, "nothing", **{"If-Match": tag}).status_code == 200
    assert put(script, "cost", **{"If-Match": tag}).status_code == 412
    assert script.get(FEE).json() == {"transfer_fee": "nothing"}


def test_what_makes_no_sense_or_may_not_be_said_is_refused(script, alice):
    assert errors_of(put(script, "free")) == [("transfer_fee", "invalid_choice")]
    answer = put(script_of(alice, "read"), "cost")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
