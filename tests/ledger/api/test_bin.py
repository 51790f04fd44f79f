"""`transactions/bin/` and `restore/`: what a program put away that was written by hand, it can find and bring back."""

from __future__ import annotations

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Sighting
from tests.ledger.api.conftest import TRANSACTIONS, at
from tests.ledger.api.test_transactions import GIFT, send

BIN = f"{TRANSACTIONS}bin/"


def written(script, wallet, **facts):
    return send(script, "post", TRANSACTIONS, {"wallet": str(wallet.pk), **GIFT, **facts}).json()


def put_away(script, wallet, **facts):
    made = written(script, wallet, **facts)
    assert script.delete(f"{TRANSACTIONS}{made['id']}/").status_code == 204
    return made


def test_what_was_put_away_is_listed_and_comes_back_with_its_words(script, wallet):
    made = put_away(script, wallet)

    [lying] = script.get(BIN).json()["results"]
    assert (lying["id"], lying["wallet"]) == (made["id"], str(wallet.pk))
    assert (lying["kind"], lying["occurred_at"]) == ("gift", "2026-03-01T12:30:00Z")
    assert (lying["sent"], lying["received"], lying["fee"]) == (None, {"amount": "0.5", "asset": "BTC"}, None)
    assert lying["binned_at"].endswith("Z")

    back = send(script, "post", f"{TRANSACTIONS}{made['id']}/restore/", {})
    assert (back.status_code, back.json()["effective"]) == (200, made["effective"])
    assert script.get(BIN).json()["results"] == []
    assert script.get(f"{TRANSACTIONS}{made['id']}/").json()["effective"]["note"] == "from an aunt"


def test_a_repeat_of_bringing_back_changes_nothing(script, wallet):
    made = put_away(script, wallet)
    first, again = (script.post(f"{TRANSACTIONS}{made['id']}/restore/") for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert Sighting.objects.filter(kind="back").count() == 1


def test_what_never_lay_there_stays_as_it_is(script, bobs_script, wallet, bought):
    made = put_away(script, wallet)
    assert send(script, "post", at(bought, "restore/"), {}).json()["id"] == str(bought.pk)
    assert bobs_script.get(BIN).json()["results"] == []
    for name in (made["id"], str(uuid.uuid4())):
        assert bobs_script.post(f"{TRANSACTIONS}{name}/restore/").status_code == 404
    assert len(script.get(BIN).json()["results"]) == 1


def test_the_bin_pages_and_asks_the_same_for_many_as_for_one(script, wallet):
    counts = []
    for many in (1, 4):
        for day in range(many):
            put_away(script, wallet, occurred_at=f"2026-03-{day + 1:02}T12:30:00Z")
        with CaptureQueriesContext(connection) as queries:
            script.get(BIN)
        counts.append(len(queries))
    assert counts[0] == counts[1]

    found, address = [], f"{BIN}?limit=2"
    while address:
        page = script.get(address).json()
        found += [row["occurred_at"] for row in page["results"]]
        address = page["next"]
    assert (len(found), found) == (5, sorted(found, reverse=True))


def test_what_lies_in_a_wallet_in_the_bin_is_not_listed(script, wallet):
    made = put_away(script, wallet)
    wallet.binned_at = wallet.created_at
    wallet.save(update_fields=["binned_at"])

    assert script.get(BIN).json()["results"] == []
    assert script.post(f"{TRANSACTIONS}{made['id']}/restore/").status_code == 404
