"""`reports/`, `tax/{year}/lock/` and `tax/{year}/1099da/`: the same verbs as on pages."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from ledger.models import BrokerLine, Report
from tests.ledger.api.conftest import errors_of
from tests.ledger.gains.books import buys, day, reckon, sells, tell
from tests.ledger.test_broker_lines import LINES, form
from tests.ledger.test_locking import moves
from tests.ledger.test_reporting import ask, work

REPORTS = "/api/v1/reports/"
YEAR = "/api/v1/tax/2025/"
LOCK = f"{YEAR}lock/"
FORM = "/api/v1/tax/2025/1099da/"


@pytest.fixture
def traded(alice, wallet):
    tell(
        wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", day(400)), *sells("T3", "0.5", "90", day(401))
    )
    return reckon(alice)


def test_a_report_is_asked_for_polled_and_downloaded(script, traded):
    answer = script.post(REPORTS, {"kind": "gains_csv", "year": 2025}, content_type="application/json")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["file"]) == ("making", None)
    work()
    report = script.get(f"{REPORTS}{answer.json()['id']}/").json()
    assert report["state"] == "ready"
    assert report["figures"]["long.gain"] == "315"
    file = script.get(report["file"])
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert b"".join(file).startswith(b"asset,amount,acquired_at")
    assert [each["id"] for each in script.get(REPORTS).json()["results"]] == [report["id"]]


def test_a_report_that_makes_no_sense_is_refused_by_its_field(script, alice):
    answer = script.post(REPORTS, {"kind": "sa108_pdf", "year": 2025}, content_type="application/json")
    assert errors_of(answer) == [("kind", "not_in_this_country")]
    answer = script.post(REPORTS, {"kind": "gains_csv", "year": 1999}, content_type="application/json")
    assert answer.status_code == 400


def test_what_is_not_ready_or_a_strangers_has_no_file(script, bob, alice, traded):
    mine, other = ask(alice), ask(bob)
    assert script.get(f"{REPORTS}{mine.pk}/file/").status_code == 404
    assert script.get(f"{REPORTS}{other.pk}/").status_code == 404
    assert script.get(f"{REPORTS}{other.pk}/file/").status_code == 404
    assert Report.objects.count() == 2


def seen(script, address=YEAR):
    return script.get(address).json()["inputs"]


def file(script, address=YEAR, **said):
    return script.post(f"{address}lock/", {"seen": seen(script, address), **said}, format="json")


def test_other_figures_than_were_looked_at_are_not_filed(script, alice, wallet, traded):
    """A sync between the look and the word of a phone would have frozen what nobody saw."""
    looked = seen(script)
    tell(wallet, *sells("T4", "0.1", "10", day(402)))
    reckon(alice)

    answer = script.post(LOCK, {"seen": looked, "note": "Sent"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "figures_moved")
    assert script.get(LOCK).status_code == 404
    assert not Report.objects.exists()
    told = file(script, note="Sent").json()
    assert told["figures"]["long.proceeds"] == "400"
    assert told["inputs"] == seen(script) != looked


def test_figures_that_cannot_be_filed_have_no_name_to_file_them_by(script, traded):
    assert errors_of(script.post(LOCK, {"seen": ""}, format="json")) == [("seen", "blank")]
    by_other_terms = script.get(YEAR, {"method": "hifo"}).json()
    assert by_other_terms["inputs"] is None
    assert script.get(LOCK).status_code == 404


def test_a_phone_that_knows_nothing_of_it_files_what_stands(script, traded):
    answer = script.post(LOCK, {}, format="json")
    assert (answer.status_code, answer.json()["inputs"]) == (201, seen(script))


def test_a_repeated_word_that_a_year_is_filed_is_one(script, traded):
    said, key = {"seen": seen(script)}, {"Idempotency-Key": "filed-2025"}
    first, again = (script.post(LOCK, said, format="json", headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_a_year_is_filed_compared_and_opened(script, wallet, alice, traded):
    assert script.get(LOCK).status_code == 404
    answer = file(script, note="sent")
    assert answer.status_code == 201, answer.content
    assert answer.json()["would_now"]["differs"] is False
    assert file(script).json()["code"] == "already_filed"
    assert script.post(LOCK, {"seen": "of long ago"}, format="json").json()["code"] == "already_filed"
    tell(wallet, *sells("T4", "0.1", "10", day(402)))
    reckon(alice)
    told = script.get(LOCK).json()["would_now"]
    assert told["differs"] is True
    assert {"name": "long.proceeds", "filed": "390", "now": "400", "by": "10"} in told["figures"]
    assert script.delete(LOCK).status_code == 204
    assert script.delete(LOCK).status_code == 404


def test_a_year_filed_by_another_countrys_rules_is_not_compared(script, alice, traded):
    file(script)
    assert script.get(LOCK).json()["would_now"]["incomparable"] == ""
    moves(alice, "DE")
    reckon(alice)

    told = script.get(LOCK).json()

    assert told["figures"]["long.gain"] == "315"
    assert told["would_now"] == {
        "differs": False,
        "comparable": False,
        "incomparable": "country",
        "settings": ["tax settings"],
        "otherwise": False,
        "figures": [],
        "assets": [],
    }
    [line] = [each for each in script.get("/api/v1/tax/").json()["results"] if each["year"] == 2025]
    assert (line["would_differ"], line["filed_at"] is None) == (None, False)


def test_a_year_that_is_not_over_is_filed_only_if_that_is_said(script, traded):
    year = timezone.now().year
    address = f"/api/v1/tax/{year}/"
    assert (script.get(address).json()["over"], script.get("/api/v1/tax/2025/").json()["over"]) == (False, True)
    answer = file(script, address)
    assert (answer.status_code, answer.json()["code"]) == (409, "year_not_over")
    answer = file(script, address, unfinished=True)
    assert (answer.status_code, answer.json()["year"]) == (201, year)


def test_nothing_is_filed_while_gains_are_being_reckoned(script, wallet, traded):
    tell(wallet, *sells("T4", "0.1", "10", day(402)))
    answer = file(script)
    assert (answer.status_code, answer.json()["code"]) == (409, "being_reckoned")


def send(script, **words):
    body = {"file": SimpleUploadedFile("1099.csv", form(*LINES)), **words}
    return script.post(FORM, encode_multipart(BOUNDARY, body), content_type=MULTIPART_CONTENT)


def test_a_form_is_brought_reconciled_settled_and_deleted(script, wallet, traded):
    answer = send(script, wallet=str(wallet.pk))
    assert answer.status_code == 201, answer.content
    assert answer.json()["lines"] == 3
    pairs = script.get(FORM).json()["results"]
    assert [pair["state"] for pair in pairs] == ["matched", "differs", "only_theirs"]
    [pair] = script.get(FORM, {"state": "differs"}).json()["results"]
    assert pair["differences"] == ["proceeds"]
    line = pair["theirs"][0]["id"]
    answer = script.patch(FORM, {"lines": [line], "verdict": "theirs"}, content_type="application/json")
    assert answer.json() == {"lines": 1}
    assert script.get(FORM, {"state": "differs"}).json()["results"][0]["verdict"] == "theirs"
    assert script.delete(FORM).status_code == 204
    assert script.get(FORM).json()["results"] == []


def test_strangers_lines_and_wallets_are_named_by_their_fields(script, bob, traded):
    assert errors_of(send(script, wallet=str(uuid.uuid4()))) == [("wallet", "not_found")]
    assert errors_of(send(script, mapping='{"sold": "x"}'))[0][0] == "mapping"
    send(script)
    BrokerLine.objects.update(owner=bob)
    line = str(BrokerLine.objects.first().pk)
    answer = script.patch(FORM, {"lines": [line], "verdict": "mine"}, content_type="application/json")
    assert errors_of(answer) == [("lines", "not_found")]
    many = {"lines": [line] * 1001, "verdict": "mine"}
    assert errors_of(script.patch(FORM, many, content_type="application/json")) == [("lines", "max_length")]
