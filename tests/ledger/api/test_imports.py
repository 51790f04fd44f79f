"""`imports/` and `import-templates/`: sent with words beside it, answered, read line by line, kept, taken back."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from config import uploads
from config.turns import TurnTakenError
from ledger import handmade, importing
from ledger.models import ImportFile, ImportTemplate, Transaction
from tests.ledger.api.conftest import errors_of
from tests.ledger.bringing import BOUGHT, OWNER, UNKNOWN, UNREADABLE, exported, kraken_file, work
from tests.ledger.conftest import NOW
from tests.ledger.matched import another
from tests.ledger.stand import read as read_rows
from tests.ledger.stand import store, trade
from wallets.models import Wallet

IMPORTS = "/api/v1/imports/"
TEMPLATES = "/api/v1/import-templates/"
WHEN, GIVEN = "2026-03-01T12:30:00Z", {"amount": "2", "asset": "ETH"}
SEED = f"{'abandon ' * 11}about"
MAPPED = {
    "date": "when",
    "amount": "how much",
    "currency": "of what",
    "type": "what",
    "kinds": {"buy": "reward:staking"},
}


def send(script, body, name="ledgers.csv", headers=None, **words):
    words = {key: value if isinstance(value, str) else json.dumps(value) for key, value in words.items()}
    return post(script, {"file": SimpleUploadedFile(name, body), **words}, headers)


def post(script, words, headers=None):
    return script.post(
        IMPORTS, encode_multipart(BOUNDARY, words), content_type=MULTIPART_CONTENT, headers=headers or {}
    )


def brought(script, body, **words):
    answer = send(script, body, **words)
    assert answer.status_code == 202, answer.content
    work()
    return read(script, answer.json()["id"])


def read(script, name):
    return script.get(f"{IMPORTS}{name}/").json()


def test_a_file_is_sent_read_line_by_line_kept_and_taken_back(script, wallet):
    sent = send(script, kraken_file(*BOUGHT, UNREADABLE), wallet=str(wallet.pk))
    assert (sent.status_code, sent["Location"]) == (202, f"{IMPORTS}{sent.json()['id']}/")
    work()
    file = script.get(sent["Location"]).json()
    assert (file["state"], file["format"]) == ("preview", "kraken_ledgers")
    assert file["counts"] == {"new": 2, "duplicate": 0, "skipped": 0, "failed": 1}
    first, second = script.get(f"{IMPORTS}{file['id']}/rows/?state=new").json()["results"]
    assert first["row_number"] == 2
    assert first["would_become"] == [
        {
            "kind": "trade",
            "occurred_at": "2026-11-20T12:00:00Z",
            "sent": {"amount": "100", "asset": "EUR"},
            "received": None,
            "fee": {"amount": "0.26", "asset": "EUR"},
        }
    ]
    assert [each["received"] for each in second["would_become"]] == [{"amount": "0.5", "asset": "BTC"}]
    [failed] = script.get(f"{IMPORTS}{file['id']}/rows/?state=failed").json()["results"]
    assert (failed["row_number"], failed["column"]) == (4, "time")

    assert script.post(f"{IMPORTS}{file['id']}/commit/").status_code == 202
    work()
    assert Transaction.objects.count() == 1
    assert script.post(f"{IMPORTS}{file['id']}/commit/").json()["code"] == "import_not_now"
    assert script.post(f"{IMPORTS}{file['id']}/undo/").status_code == 202
    work()
    assert (read(script, file["id"])["state"], Transaction.objects.count()) == ("undone", 0)
    assert script.delete(f"{IMPORTS}{file['id']}/").status_code == 409


def test_who_lets_very_much_wait_is_told_what_to_do_first(script, wallet):
    brought(script, kraken_file(*BOUGHT), wallet=str(wallet.pk))
    ImportFile.objects.update(size=importing.MOST_WAITING)
    answer = send(script, kraken_file(*BOUGHT))
    assert (answer.status_code, answer.json()["code"]) == (409, "files_waiting")
    assert ImportFile.objects.count() == 1


def test_rows_come_in_pages(script, wallet):
    file = brought(script, kraken_file(*BOUGHT, UNREADABLE), wallet=str(wallet.pk))
    page = script.get(f"{IMPORTS}{file['id']}/rows/?limit=2").json()
    assert [row["row_number"] for row in page["results"]] == [2, 3]
    assert [row["row_number"] for row in script.get(page["next"]).json()["results"]] == [4]


def test_what_is_asked_is_answered_and_what_is_no_answer_names_its_field(script, wallet):
    file = brought(script, UNKNOWN, name="mine.csv", wallet=str(wallet.pk))
    assert [each["name"] for each in file["questions"]] == ["mapping"]
    address = f"{IMPORTS}{file['id']}/"

    def answer(**body):
        return script.patch(address, body, format="json")

    assert errors_of(answer(mapping={"date": "whenever", "amount": "how much"})) == [("mapping", "invalid")]
    assert errors_of(answer(mapping={"kinds": {"buy": 1}})) == [("mapping", "invalid")]
    assert errors_of(answer(options={"zone": "Middle/Earth"})) == [("options.zone", "invalid")]
    assert errors_of(answer(options={"colour": "red"})) == [("options.colour", "invalid")]
    assert errors_of(answer(wallet="nobody's")) == [("wallet", "invalid")]
    assert answer(mapping=MAPPED, options={"order": "dmy", "zone": "UTC", "decimal": "."}).status_code == 202
    work()
    told = read(script, file["id"])
    assert (told["state"], told["mapping"], told["counts"]["new"]) == ("preview", MAPPED, 2)

    kept = script.post(TEMPLATES, {"file": file["id"], "name": "Mine"}, format="json")
    assert (kept.status_code, kept.json()["mapping"]) == (201, MAPPED)
    assert script.get(TEMPLATES).json()["results"][0]["name"] == "Mine"
    assert script.delete(f"{TEMPLATES}{kept.json()['id']}/").status_code == 204
    assert not ImportTemplate.objects.exists()


@pytest.fixture
def template(alice):
    """Of a file whose columns these are."""
    columns = [value for value in MAPPED.values() if isinstance(value, str)]
    mapping = {**MAPPED, "kinds": [["buy", "reward:staking"]]}
    facts = {"columns": columns, "mapping": mapping, "options": {"order": "dmy", "zone": "UTC"}}
    return ImportTemplate.objects.create(owner=alice, name="Mine", created_at=NOW, **facts)


def test_how_such_files_are_read_is_changed(script, wallet, template):
    """Without it a slip was mended only by deleting what was kept and mapping a file once more."""
    address = f"{TEMPLATES}{template.pk}/"
    fewer = {name: value for name, value in MAPPED.items() if name not in {"type", "kinds"}}

    told = script.patch(address, {"mapping": fewer, "options": {"order": "mdy"}}, format="json").json()

    assert (told["name"], told["mapping"], told["options"]) == ("Mine", fewer, {"order": "mdy"})
    assert script.get(address).json() == told
    assert script.patch(address, {"name": "Ours"}, format="json").json() == {**told, "name": "Ours"}


def test_what_no_file_of_these_columns_could_be_read_by_is_refused(script, template):
    address = f"{TEMPLATES}{template.pk}/"

    def refused(**body):
        return errors_of(script.patch(address, body, format="json"))

    assert refused(mapping={"date": "whenever", "amount": "how much"}) == [("mapping", "invalid")]
    assert refused(mapping=None) == [("mapping", "null")]
    assert refused(options={"zone": "Middle/Earth"}) == [("options.zone", "invalid")]
    assert refused(options={"place": "here"}) == [("options.place", "invalid")]
    assert refused(options={"wallet": "new"}) == [("options.wallet", "invalid")]
    assert refused(name="Mine", columns=["a"]) == [("columns", "unknown_field")]
    kept = ImportTemplate.objects.get()
    assert (kept.name, kept.mapping, kept.options) == ("Mine", template.mapping, template.options)


def test_a_template_that_was_changed_meanwhile_is_neither_overwritten_nor_deleted(script, bobs_script, template):
    address = f"{TEMPLATES}{template.pk}/"
    old = {"If-Match": script.get(address)["ETag"]}
    assert script.patch(address, {"name": "Ours"}, format="json", headers=old).status_code == 200
    assert script.patch(address, {"name": "Theirs"}, format="json", headers=old).status_code == 412
    assert script.delete(address, headers=old).status_code == 412
    for ask in (bobs_script.get, bobs_script.delete, bobs_script.patch):
        assert ask(address).status_code == 404
    assert ImportTemplate.objects.get().name == "Ours"


def test_answers_may_come_with_the_file(script, wallet):
    options = {"order": "mdy", "zone": "UTC", "decimal": "."}
    file = brought(script, UNKNOWN, name="mine.csv", wallet=str(wallet.pk), mapping=MAPPED, options=options)
    assert (file["state"], file["counts"]["new"]) == ("preview", 2)


def test_a_mapping_for_other_columns_is_asked_anew(script, wallet):
    mapping = {"date": "Time", "amount": "Sum", "currency": "Coin"}
    file = brought(script, UNKNOWN, name="mine.csv", wallet=str(wallet.pk), mapping=mapping)
    assert (file["state"], file["mapping"]) == ("questions", None)
    assert "mapping" in {each["name"] for each in file["questions"]}


def test_what_cannot_be_sent_is_named(script, wallet, monkeypatch):
    assert errors_of(post(script, {"wallet": "x"})) == [("file", "required")]
    assert errors_of(send(script, b"a", wallet="x")) == [("wallet", "not_found")]
    assert errors_of(send(script, b"a", options="[1")) == [("options", "invalid")]
    assert errors_of(send(script, b"a", options={"order": "random"})) == [("options.order", "invalid")]
    assert errors_of(send(script, b"a", colour="red")) == [("colour", "unknown_field")]
    assert script.post(IMPORTS, {"file": "a"}, format="json").status_code == 415
    monkeypatch.setattr(uploads, "LARGEST", 3)
    large = send(script, b"a" * 10)
    assert (large.status_code, large.json()["code"]) == (413, "file_too_large")
    assert not ImportFile.objects.exists()


def test_a_repeat_sends_once_and_another_file_of_the_same_name_is_none(script, wallet):
    key = {"Idempotency-Key": "one"}
    first = send(script, kraken_file(*BOUGHT), headers=key)
    assert send(script, kraken_file(*BOUGHT), headers=key).json()["id"] == first.json()["id"]
    assert send(script, kraken_file(BOUGHT[0]), headers=key).status_code == 409
    assert ImportFile.objects.count() == 1


def test_a_stranger_finds_nothing(script, bobs_script, wallet):
    file = brought(script, kraken_file(*BOUGHT), wallet=str(wallet.pk))
    assert bobs_script.get(IMPORTS).json()["results"] == []
    assert bobs_script.get(f"{IMPORTS}{file['id']}/rows/").status_code == 404
    assert bobs_script.post(f"{IMPORTS}{file['id']}/commit/").status_code == 404
    assert errors_of(send(bobs_script, b"a", wallet=str(wallet.pk))) == [("wallet", "not_found")]
    named = bobs_script.post(TEMPLATES, {"file": file["id"], "name": "x"}, format="json")
    assert errors_of(named) == [("file", "no_such_import")]


def test_another_wallet_may_be_said_until_it_is_kept(script, alice, wallet):
    file = brought(script, kraken_file(*BOUGHT), wallet=str(wallet.pk))
    assert script.patch(f"{IMPORTS}{file['id']}/", {"wallet": "new"}, format="json").status_code == 202
    work()
    told = read(script, file["id"])
    assert told["state"] == "preview"
    assert told["wallet"] not in {None, str(wallet.pk)}
    script.post(f"{IMPORTS}{file['id']}/commit/")
    work()
    again = script.patch(f"{IMPORTS}{file['id']}/", {"wallet": str(wallet.pk)}, format="json")
    assert again.json()["code"] == "import_not_now"


def test_while_a_large_file_is_taken_in_a_write_there_is_asked_to_come_back(script, wallet, monkeypatch):
    file = brought(script, kraken_file(*BOUGHT), wallet=str(wallet.pk))

    def taken(*_args, **_kwargs):
        raise TurnTakenError

    monkeypatch.setattr(importing, "commit", taken)
    answer = script.post(f"{IMPORTS}{file['id']}/commit/")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "busy", "10")


def test_a_file_that_has_gone_on_is_not_answered_as_it_was(script, wallet):
    file = brought(script, kraken_file(*BOUGHT), wallet=str(wallet.pk))
    address = f"{IMPORTS}{file['id']}/"
    then = {"headers": {"If-Match": script.get(address)["ETag"]}}

    assert script.patch(address, {"wallet": "new"}, format="json", **then).status_code == 202
    assert script.patch(address, {"wallet": str(wallet.pk)}, format="json", **then).status_code == 412
    work()
    assert script.delete(address, **then).status_code == 412
    assert read(script, file["id"])["wallet"] != str(wallet.pk)
    assert script.delete(address, headers={"If-Match": script.get(address)["ETag"]}).status_code == 204


# --- our own export, which tells of several wallets -------------------------------------------------------------------


@pytest.fixture
def two_told(alice, wallet):
    """Of a wallet called Kraken at Kraken, and of one by hand."""
    cold = another(alice, "Under the bed", exchange="")
    store(wallet, *trade(1))
    handmade.add(by=OWNER, wallet=cold, fields={"kind": "gift", "occurred_at": WHEN, "received": GIVEN}, now=NOW)
    read_rows(wallet)
    return exported(alice)


def test_the_wallet_of_a_file_is_told_by_the_name_by_which_it_is_asked_for(bobs_script, two_told):
    file = brought(bobs_script, two_told, name="holdfast.csv", options={"place": "Under the bed"})
    assert file["options"] == {"place": "Under the bed"}
    address = f"{IMPORTS}{file['id']}/"
    assert errors_of(bobs_script.patch(address, {"options": {"wallet": "new"}}, format="json")) == [
        ("options.wallet", "invalid")
    ]
    assert bobs_script.patch(address, {"options": file["options"]}, format="json").status_code == 202


def test_a_new_wallet_of_our_own_export_is_called_as_it_was_and_at_its_exchange(bobs_script, wallet, two_told):
    made = {}
    for place in (wallet.label, "Under the bed"):
        file = brought(bobs_script, two_told, name="holdfast.csv")
        address = f"{IMPORTS}{file['id']}/"
        bobs_script.patch(address, {"options": {"place": place}, "wallet": "new"}, format="json")
        work()
        told = read(bobs_script, file["id"])
        assert (told["state"], told["counts"]["new"]) == ("preview", 1)
        made[place] = Wallet.objects.get(pk=told["wallet"])
    assert [(each.label, each.exchange) for each in made.values()] == [(wallet.label, "kraken"), ("Under the bed", "")]


def test_all_of_an_export_in_one_new_wallet_is_called_after_the_file(bobs_script, two_told):
    file = brought(bobs_script, two_told, name="everything.csv", options={"place": "*"})
    assert bobs_script.patch(f"{IMPORTS}{file['id']}/", {"wallet": "new"}, format="json").status_code == 202
    made = Wallet.objects.get(pk=read(bobs_script, file["id"])["wallet"])
    assert (made.label, made.exchange) == ("everything", "")


def test_a_new_wallet_is_never_called_by_what_looks_like_a_seed_phrase(script, wallet):
    file = brought(script, UNKNOWN, name=f"{SEED}.csv")
    assert script.patch(f"{IMPORTS}{file['id']}/", {"wallet": "new"}, format="json").status_code == 202
    assert Wallet.objects.get(pk=read(script, file["id"])["wallet"]).label == "From a file"
