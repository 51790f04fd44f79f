"""Asking for a history through the API, and watching it come in."""

from __future__ import annotations

import pytest

from ledger.models import Coverage
from sync.models import Run, StreamState
from tests.sync.test_views import NOW, connected, run_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet(alice):
    return connected(alice)


def test_asking_answers_with_the_one_unfinished_run(script, wallet):
    first = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {})
    wider = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {"full": True})

    assert (first.status_code, wider.status_code) == (202, 202)
    assert first.json()["id"] == wider.json()["id"] == str(Run.objects.get().pk)
    assert wider.json()["full"] is True


def test_progress_is_told_stream_by_stream(script, wallet):
    run = run_of(wallet, "running", started_at=NOW)
    StreamState.objects.create(
        owner=wallet.owner, wallet=wallet, way="key", stream="ledger", run=run.pk, state="running", rows=50,
        reached=NOW, updated_at=NOW,
    )  # fmt: skip

    told = script.get(f"/api/v1/runs/{run.pk}/").json()

    assert told["state"] == "running"
    assert told["streams"] == [
        {
            "name": "Ledger",
            "lists": 1,
            "read": 0,
            "rows": 50,
            "reached": "2026-11-20T12:00:00Z",
            "complete_to": None,
            "state": "running",
        }
    ]


@pytest.mark.parametrize(("wish", "field"), [({"full": 0}, "full"), ({"stream": "no such"}, "stream")])
def test_what_is_not_there_to_be_asked_for_is_refused_by_name(script, wallet, wish, field):
    answer = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", wish)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not Run.objects.exists()


def test_a_wallet_without_a_key_says_so(script, wallet):
    wallet.credentials.update(standing="former", sealed=None)

    answer = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_key")


def test_all_wallets_are_asked_at_once(script, wallet, alice):
    connected(alice, "Second")

    answer = script.post("/api/v1/wallets/sync/", {})

    assert len(answer.json()["results"]) == 2


def test_runs_and_coverage_are_listed(script, wallet):
    run_of(wallet)
    Coverage.objects.create(owner=wallet.owner, wallet=wallet, stream="ledger", until=NOW, updated_at=NOW)

    runs = script.get(f"/api/v1/wallets/{wallet.pk}/runs/").json()["results"]
    spans = script.get(f"/api/v1/wallets/{wallet.pk}/coverage/").json()["results"]

    assert [run["state"] for run in runs] == ["done"]
    assert [(span["name"], span["until"]) for span in spans] == [("Ledger", "2026-11-20T12:00:00Z")]


@pytest.mark.parametrize("part", ["runs/", "coverage/"])
def test_a_stranger_finds_nothing(strangers_script, wallet, part):
    assert strangers_script.get(f"/api/v1/wallets/{wallet.pk}/{part}").status_code == 404


def test_a_strangers_run_is_not_there(strangers_script, wallet):
    assert strangers_script.get(f"/api/v1/runs/{run_of(wallet).pk}/").status_code == 404
