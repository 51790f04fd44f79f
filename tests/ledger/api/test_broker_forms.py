"""`tax/{year}/1099da/forms/` and `…/lines/`: what was brought is listed, and one form deleted by itself."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import AuditEvent
from ledger.models import BrokerLine
from tests.accounts.api.conftest import script_of
from tests.ledger.api.conftest import errors_of
from tests.ledger.test_broker_lines import LINES, form

YEAR = "/api/v1/tax/2025/1099da/"
FORMS, ALL = f"{YEAR}forms/", f"{YEAR}lines/"


def brings(script, *lines, name="1099.csv", **words):
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, form(*lines)), **words})
    return script.post(YEAR, body, content_type=MULTIPART_CONTENT).json()["file"]


@pytest.fixture
def forms(script, wallet):
    """Two of one year: one of a wallet, and one of all."""
    return brings(script, *LINES, wallet=str(wallet.pk)), brings(script, LINES[0], name="other.csv")


def results(script, address=ALL, **query):
    answer = script.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_forms_are_listed_and_read(script, wallet, forms):
    first, second = forms

    newest, oldest = results(script, FORMS)

    assert newest == {
        "id": second,
        "year": 2025,
        "name": "other.csv",
        "wallet": None,
        "lines": 1,
        "created_at": newest["created_at"],
    }
    assert (oldest["id"], oldest["wallet"], oldest["lines"]) == (first, str(wallet.pk), 3)
    assert script.get(f"/api/v1/tax/1099da/{first}/").json() == oldest
    assert results(script, "/api/v1/tax/2024/1099da/forms/") == []


def test_their_lines_are_listed_page_by_page_also_before_gains_are_reckoned(script, forms):
    first, second = forms
    told = results(script)
    assert (len(told), {each["file"] for each in told}) == (4, {first, second})
    assert [each["sold"] for each in told] == sorted(each["sold"] for each in told)
    found, address = [], f"{ALL}?limit=3"
    while address:
        page = script.get(address).json()
        found, address = found + page["results"], page["next"]
    assert found == told


def test_lines_are_asked_for_by_form_asset_and_verdict(script, forms):
    first, second = forms
    assert [each["number"] for each in results(script, form=first)] == [2, 3, 4]
    [line] = results(script, form=second)
    assert results(script, form=str(uuid.uuid4())) == []
    assert {each["asset"] for each in results(script, asset=line["asset"])} == {line["asset"]}
    script.patch(YEAR, {"lines": [line["id"]], "verdict": "theirs"}, format="json")
    [settled] = results(script, verdict="theirs")
    assert (settled["id"], settled["verdict"]) == (line["id"], "theirs")
    assert len(results(script, verdict="")) == 3
    assert errors_of(script.get(ALL, {"form": "1099.csv"})) == [("form", "invalid")]


def test_one_form_is_deleted_and_the_other_stays(script, alice, forms):
    first, second = forms
    address = f"/api/v1/tax/1099da/{first}/"

    assert script.delete(address).status_code == 204

    assert [str(each) for each in BrokerLine.objects.values_list("file", flat=True)] == [second]
    assert (script.delete(address).status_code, script.get(address).status_code) == (404, 404)
    [said] = AuditEvent.objects.filter(owner=alice, action="broker_form_deleted")
    assert said.details["lines"] == 3


def test_a_form_is_its_owners_alone_and_deleted_by_who_may_write(bobs_script, alice, forms):
    address = f"/api/v1/tax/1099da/{forms[0]}/"
    assert (bobs_script.get(address).status_code, bobs_script.delete(address).status_code) == (404, 404)
    assert (results(bobs_script), results(bobs_script, FORMS)) == ([], [])
    assert script_of(alice, "read").delete(address).json()["code"] == "insufficient_scope"
    assert BrokerLine.objects.count() == 4
