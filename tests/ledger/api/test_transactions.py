"""`transactions/`: what a program reads and changes is what the pages show, and bad input is named."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Edit, SourceRow, Transaction
from tests.ledger.api.conftest import TRANSACTIONS, at, errors_of
from tests.ledger.conftest import NOW
from tests.ledger.stand import ledger_row, read, store, trade
from wallets.models import Wallet

BTC = {"amount": "0.5", "asset": "BTC"}
GIFT = {"kind": "gift", "occurred_at": "2026-03-01T12:30:00Z", "received": BTC, "note": "from an aunt"}


def send(client, method, address, body, **headers):
    """Escaped to the last letter, so that it may hold what no text holds."""
    return getattr(client, method)(address, json.dumps(body), content_type="application/json", headers=headers)


def test_one_is_told_with_its_sources_and_its_edits(script, bought):
    send(script, "patch", at(bought), {"note": "mine", "tags": ["a"]})
    told = script.get(at(bought)).json()

    assert told["effective"] | {"note": "", "tags": []} == told["source"]
    assert told["source"]["sent"] == {"amount": "100", "asset": "EUR"}
    assert told["source"]["occurred_at"] == "2026-11-20T12:00:00Z"
    assert (told["mine"], told["conflicts"], told["linked"]) == (["note", "tags"], [], [])
    assert [(edit["field"], edit["value"], edit["by"]) for edit in told["edits"]] == [
        ("note", "mine", "token"),
        ("tags", ["a"], "token"),
    ]
    assert [(row["origin"], row["external_id"]) for row in told["sources"]] == [("api", "L1A"), ("api", "L1B")]
    assert told["sources"][0]["raw"]["asset"] == "ZEUR"


def test_the_list_pages_newest_first_and_asks_the_same_for_many_as_for_one(script, wallet):
    counts = []
    for many in (1, 30):
        store(wallet, *(row for number in range(many) for row in trade(number, NOW + timedelta(hours=number))))
        read(wallet)
        script.get(TRANSACTIONS)
        with CaptureQueriesContext(connection) as queries:
            assert len(script.get(TRANSACTIONS).json()["results"]) == many
        counts.append(len(queries))
    assert counts[0] == counts[1]

    found, address = [], f"{TRANSACTIONS}?limit=7&asset=BTC"
    while address:
        page = script.get(address).json()
        found += [row["effective"]["occurred_at"] for row in page["results"]]
        address = page["next"]
    assert len(found) == 30
    assert found == sorted(found, reverse=True)


FILTERS = [
    ("kind=trade", 1),
    ("kind=deposit", 1),
    ("asset=BTC", 1),
    ("asset=eur", 2),
    ("asset=BNB", 1),
    ("asset=ETH", 0),
    ("q=sav", 1),
    ("q=sav%20nowhere", 0),
    ("q=%27%29%20%7C%20%28", 0),
    ("category=gift", 0),
    ("from=2026-11-21", 1),
    ("to=2026-11-20", 1),
    ("from=2026-11-20T12:00:00Z&to=2026-11-20T12:00:01Z", 1),
    ("needs_attention=true", 0),
    ("ignored=shown", 2),
    ("ignored=only", 0),
]


def test_what_is_in_the_bin_is_not_listed_and_is_not_asked_for_before(script, bought, wallet):
    assert len(script.get(TRANSACTIONS).json()["results"]) == 1
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=NOW)

    with CaptureQueriesContext(connection) as queries:
        assert script.get(TRANSACTIONS).json()["results"] == []
    assert not [each["sql"] for each in queries if each["sql"].startswith('SELECT "wallets_wallet"')]


def test_filters(script, bought, wallet):
    store(wallet, ledger_row("D1", "D1", "ZEUR", "5", kind="deposit", at=NOW + timedelta(days=1)))
    read(wallet)
    send(script, "patch", at(bought), {"note": "savings plan", "fee": {"amount": "0.1", "asset": "BNB"}})

    for prefix in ("", f"wallet={wallet.pk}&"):
        found = [(query, len(script.get(f"{TRANSACTIONS}?{prefix}{query}").json()["results"])) for query, _ in FILTERS]
        assert found == FILTERS


SENSELESS = [
    ("kind=theft", "kind"),
    ("wallet=1", "wallet"),
    ("wallet=7b1f0c7e-2d0f-4a7e-9d53-0d8f6c5d6a11", "wallet"),
    ("from=yesterday", "from"),
    ("from=2026-02-30", "from"),
    ("to=2026-03-01T12:00:00", "to"),
    ("to=9999-12-31", "to"),
    (f"q={'x' * 101}", "q"),
    ("q=%00", "q"),
    ("ignored=never", "ignored"),
    ("color=red", "color"),
]


def test_a_filter_that_makes_no_sense_is_named(script, alice):
    found = [(query, errors_of(script.get(f"{TRANSACTIONS}?{query}"))[0][0]) for query, _ in SENSELESS]
    assert found == SENSELESS


def test_one_is_written_down_and_goes_to_the_bin(script, wallet):
    made = send(script, "post", TRANSACTIONS, {"wallet": str(wallet.pk), **GIFT})

    assert made.status_code == 201
    assert made.json()["effective"]["received"] == BTC
    assert made.json()["origins"] == ["hand"]
    assert script.delete(f"{TRANSACTIONS}{made.json()['id']}/").status_code == 204
    assert not Transaction.objects.exists()
    assert script.get(f"{TRANSACTIONS}{made.json()['id']}/").status_code == 404


def test_what_an_exchange_told_is_hidden_by_deleting(script, bought):
    assert script.delete(at(bought)).status_code == 204
    assert script.get(TRANSACTIONS).json()["results"] == []
    assert script.get(at(bought)).json()["effective"]["ignored"] is True
    assert send(script, "post", at(bought, "undo/"), {}).json()["effective"]["ignored"] is False


UNFIT = [
    ({"kind": None}, ["kind"]),
    ({"kind": ["trade"]}, ["kind"]),
    ({"occurred_at": "2026-03-01"}, ["occurred_at"]),
    ({"occurred_at": "1999-01-01T00:00:00Z"}, ["occurred_at"]),
    ({"sent": {"amount": "1" * 79, "asset": "BTC"}}, ["sent"]),
    ({"sent": {"amount": "9" * 100_000, "asset": "BTC"}}, ["sent.amount"]),
    ({"sent": {"amount": "-1", "asset": "BTC"}}, ["sent"]),
    ({"sent": {"amount": "1"}}, ["sent.asset"]),
    ({"sent": {}}, ["sent.amount", "sent.asset"]),
    ({"value": {"currency": "EUR"}}, ["value.amount"]),
    ({"sent": {"amount": 1, "asset": "BTC"}}, ["sent.amount"]),
    ({"tags": ["a,b"]}, ["tags"]),
    ({"tags": ["x"] * 21}, ["tags"]),
    ({"ignored": "yes"}, ["ignored"]),
    ({"price": "1"}, ["price"]),
]


def test_what_cannot_be_taken_is_named_and_nothing_is_kept(script, bought):
    for change, fields in UNFIT:
        answer = send(script, "patch", at(bought), {"category": "kept?", **change})
        assert [name for name, _ in errors_of(answer)] == fields, change
    assert not Edit.objects.exists()


def test_half_an_amount_is_refused_also_where_the_race_is_lost(script, bought):
    answer = send(script, "patch", at(bought), {"sent": {"amount": "1"}}, **{"If-Match": '"of before"'})
    assert errors_of(answer) == [("sent.asset", "required")]


def test_what_no_database_keeps_is_refused(script, bought):
    for note in ("a\0b", "\ud800"):
        assert send(script, "patch", at(bought), {"note": note}).status_code == 400
    assert script.get(f"{TRANSACTIONS}?category=%00").status_code == 400


def test_a_seed_phrase_in_a_note_is_turned_away(script, bought):
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    assert errors_of(send(script, "patch", at(bought), {"note": phrase})) == [("note", "treasure")]
    assert not Edit.objects.exists()


def test_a_lost_race_changes_nothing(script, bought):
    tag = script.get(at(bought))["ETag"]
    first = send(script, "patch", at(bought), {"note": "one"}, **{"If-Match": tag})
    late = send(script, "patch", at(bought), {"note": "two"}, **{"If-Match": tag})

    assert (first.status_code, late.status_code) == (200, 412)
    assert first["ETag"] == script.get(at(bought))["ETag"]
    assert Transaction.objects.get().note == "one"


def test_resetting_undoing_and_redoing(script, bought):
    send(script, "patch", at(bought), {"note": "one", "category": "plan"})
    assert send(script, "post", at(bought, "reset/"), {"field": "note"}).json()["mine"] == ["category"]
    assert send(script, "post", at(bought, "undo/"), {}).json()["effective"]["note"] == "one"
    assert send(script, "post", at(bought, "redo/"), {}).json()["effective"]["note"] == ""
    assert send(script, "post", at(bought, "reset/"), {}).json()["mine"] == []
    nothing = send(script, "post", at(bought, "redo/"), {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_do")


def test_a_conflict_is_told_and_decided(script, bought, wallet):
    send(script, "patch", at(bought), {"sent": {"amount": "90", "asset": "EUR"}})
    store(wallet, *trade(1, paid="-101"))
    read(wallet)
    [asking] = script.get(f"{TRANSACTIONS}?needs_attention=true").json()["results"]
    assert asking["conflicts"] == ["sent"]

    decided = send(script, "post", at(bought, "resolve/"), {"field": "sent", "keep": "source"}).json()
    assert (decided["conflicts"], decided["effective"]["sent"]["amount"]) == ([], "101")
    again = send(script, "post", at(bought, "resolve/"), {"field": "sent", "keep": "mine"})
    assert again.status_code == 409


def test_a_former_id_answers_with_what_it_became(script, alice, bought):
    former = uuid.uuid4()
    key = bought.pk
    from ledger.models import TransactionKey  # noqa: PLC0415 - one place needs it

    book = TransactionKey.objects.get(pk=key).book
    TransactionKey.objects.create(id=former, owner=alice, book=book, anchor="x", alias_of_id=key, created_at=NOW)

    assert script.get(f"{TRANSACTIONS}{former}/").json()["id"] == str(key)


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(wallet):
    store(wallet, *trade(1), *trade(2), *trade(3))
    read(wallet)
    return list(Transaction.objects.order_by("pk"))


def bulk(client, **body):
    return send(client, "post", f"{TRANSACTIONS}bulk/", body)


def test_many_are_looked_at_first_then_changed_and_taken_back_as_one(script, three):
    send(script, "patch", at(three[0]), {"category": "plan"})
    ask = {"filter": {"kind": "trade"}, "changes": {"category": "plan"}}

    seen = bulk(script, **ask, dry_run=True).json()
    assert (seen["done"], seen["count"], seen["already"], len(seen["first"]), seen["act"]) == (False, 2, 1, 2, None)
    assert Transaction.objects.filter(category="plan").count() == 1

    done = bulk(script, **ask).json()
    assert (done["done"], done["count"]) == (True, 2)
    assert Transaction.objects.filter(category="plan").count() == 3
    undone = send(script, "post", at(three[1], "undo/"), {"everywhere": True})
    assert undone.status_code == 200
    assert [each.category for each in Transaction.objects.order_by("pk")] == ["plan", "", ""]
    send(script, "post", at(three[2], "redo/"), {"everywhere": True})
    assert Transaction.objects.filter(category="plan").count() == 3


def test_one_act_says_whether_it_holds_or_was_taken_back(script, three):
    act = bulk(script, filter={"kind": "trade"}, changes={"category": "plan"}).json()["act"]
    address = f"{TRANSACTIONS}bulk/{act}/"

    def told(answer):
        return tuple(answer.json()[name] for name in ("state", "move", "whole", "changed"))

    assert told(script.get(address)) == ("done", "say", 3, 3)
    send(script, "patch", at(three[0]), {"category": "mine"})
    undone = send(script, "post", f"{address}undo/", {})
    assert (undone.status_code, undone["Location"]) == (202, address)
    assert told(undone) == told(script.get(address)) == ("done", "undo", 3, 2)
    assert told(send(script, "post", f"{address}redo/", {})) == told(script.get(address)) == ("done", "redo", 3, 2)
    send(script, "post", f"{address}undo/", {})
    for each in three[1:]:
        send(script, "patch", at(each), {"category": "other"})  # after that nothing of it can be said again
    send(script, "post", at(three[0], "undo/"), {})
    send(script, "post", at(three[0], "undo/"), {})
    assert told(script.get(address)) == ("done", "undo", 3, 1)


def test_tags_are_added_to_those_that_are_there(script, three):
    send(script, "patch", at(three[0]), {"tags": ["a"]})
    bulk(script, ids=[str(each.pk) for each in three], changes={"more_tags": ["b"]})
    assert [each.tags for each in Transaction.objects.order_by("pk")] == [["a", "b"], ["b"], ["b"]]


UNFIT_FOR_MANY = [
    ({"changes": {"kind": "gift"}}, ["ids"]),
    ({"ids": [], "filter": {}, "changes": {"kind": "gift"}}, ["ids"]),
    ({"filter": {}, "changes": {}}, ["changes.kind"]),
    ({"filter": {}, "changes": {"note": "x"}}, ["changes.note"]),
    ({"filter": {"from": "x"}, "changes": {"kind": "gift"}}, ["filter.from"]),
    ({"filter": {}, "changes": {"tags": ["a,b"]}}, ["changes.tags"]),
    ({"ids": ["x"] * 2001, "changes": {"kind": "gift"}}, ["ids"]),
]


def test_what_makes_no_sense_for_many_is_named(script, three):
    for body, fields in UNFIT_FOR_MANY:
        assert [name for name, _ in errors_of(bulk(script, **body))] == fields, body
    assert not Edit.objects.exists()


def test_an_id_that_is_not_ours_changes_none(script, bobs_script, three):
    ids = [str(each.pk) for each in three]
    assert bulk(script, ids=[*ids, str(uuid.uuid4())], changes={"kind": "gift"}).status_code == 400
    assert bulk(script, ids=[*ids, "x"], changes={"kind": "gift"}).status_code == 400
    assert bulk(bobs_script, ids=ids, changes={"kind": "gift"}).status_code == 400
    assert not Edit.objects.exists()


def test_somebody_elses_wallet_takes_nothing(bobs_script, wallet):
    assert send(bobs_script, "post", TRANSACTIONS, {"wallet": str(wallet.pk), **GIFT}).status_code == 400
    assert send(bobs_script, "post", TRANSACTIONS, {"wallet": "x", **GIFT}).status_code == 400
    assert not SourceRow.objects.exists()
