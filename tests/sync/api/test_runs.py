"""Asking for a history through the API, and watching it come in."""

from __future__ import annotations

from operator import itemgetter

import pytest

from ledger.models import Coverage
from sync.models import Run, StreamState
from tests.sync.test_views import NOW, connected, run_of
from wallets.api.health import STREAM_STATES

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet(alice):
    return connected(alice)


def a_list(wallet, name="ledger", **facts):
    given = {"owner": wallet.owner, "wallet": wallet, "way": "key", "stream": name, "updated_at": NOW}
    return StreamState.objects.create(**given, **facts)


def test_asking_answers_with_the_one_unfinished_run(script, wallet):
    first = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {})
    wider = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {"full": True})

    assert (first.status_code, wider.status_code) == (202, 202)
    assert first.json()["id"] == wider.json()["id"] == str(Run.objects.get().pk)
    assert script.get(first["Location"]).json()["id"] == first.json()["id"]
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
            "why": "",
        }
    ]


def test_what_came_of_each_stream_is_told_when_it_is_over_too(script, wallet):
    said = {"complete_to": "2026-11-20T12:00:00+00:00", "cause": "", "right": "", "rows": 50, "state": "done"}
    failed = {**said, "complete_to": "", "cause": "right_missing", "right": "Trades", "rows": 3, "state": "failed"}
    summary = [{**said, "stream": "ledger"}, {**said, "stream": "trades:A"}, {**failed, "stream": "trades:B"}]
    run = run_of(wallet, "partly", summary=summary)

    told = script.get(f"/api/v1/runs/{run.pk}/").json()["streams"]

    assert [(line["name"], line["state"], line["lists"], line["read"], line["rows"]) for line in told] == [
        ("Ledger", "done", 1, 1, 50),
        ("Trades", "failed", 2, 2, 53),
    ]
    assert [line["complete_to"] for line in told] == ["2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"]
    assert [line["why"] for line in told] == ["", "The key may not read everything"]
    assert script.get(f"/api/v1/wallets/{wallet.pk}/runs/").json()["results"][0]["streams"] == []


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"full": 0}, "full", "invalid"),
        ({"stream": "no such"}, "stream", "unknown_stream"),
        ({"from": "2026-01-01T00:00:00Z"}, "stream", "required"),
        ({"stream": "ledger", "from": "2026-01-01T00:00:00"}, "from", "no_zone"),
        ({"stream": "ledger", "to": "yesterday"}, "to", "invalid"),
        ({"stream": "ledger", "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from", "after_to"),
        ({"stream": "ledger", "from": "2126-01-01T00:00:00Z"}, "from", "in_future"),
        ({"stream": "ledger", "to": "2126-01-01T00:00:00Z"}, "to", "in_future"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(script, wallet, wish, field, code):
    a_list(wallet)

    answer = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", wish)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert not Run.objects.exists()


def test_a_stretch_of_one_list_is_told_as_it_was_asked_for(script, wallet):
    a_list(wallet)
    wish = {"stream": "ledger", "from": "2026-01-01T01:00:00+01:00", "to": "2026-02-01T00:00:00Z"}

    told = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", wish).json()

    assert (told["full"], told["stream"]) == (True, "ledger")
    assert (told["from"], told["to"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")


def test_what_is_asked_for_beside_a_run_waits_behind_it(script, wallet):
    a_list(wallet)
    run = run_of(wallet, "running", plan=[{"name": "ledger"}])

    told = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {"stream": "ledger", "from": "2026-01-01T00:00:00Z"})

    assert (told.status_code, told.json()["id"], told.json()["waiting_behind"]) == (202, str(run.pk), 1)


def test_a_wallet_without_a_key_says_so(script, wallet):
    wallet.credentials.update(standing="former", sealed=None)

    answer = script.post(f"/api/v1/wallets/{wallet.pk}/sync/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_key")


def test_all_wallets_are_asked_at_once(script, wallet, alice):
    connected(alice, "Second")

    answer = script.post("/api/v1/wallets/sync/", {})

    begun, listed = (told.json()["results"] for told in (answer, script.get(answer["Location"])))
    assert (answer.status_code, len(begun)) == (202, 2)
    # They were asked for at one moment, so a list has them in any order.
    assert sorted(listed, key=itemgetter("id")) == sorted(begun, key=itemgetter("id"))


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


def test_a_wallet_tells_the_states_of_its_streams_by_the_same_names():
    """It knows nothing of what reads them, so it has the list once more."""
    assert StreamState.State.choices == STREAM_STATES


def test_runs_of_all_wallets_are_watched_in_one_call(
    script, strangers_script, wallet, alice, django_assert_max_num_queries
):
    wallets = [wallet, *(connected(alice, f"Wallet {number}") for number in range(6))]
    runs = [run_of(each, "running", started_at=NOW) for each in wallets]
    run_of(wallet, "done")
    for each in runs:
        a_list(each.wallet, run=each.pk, state="running", rows=50)

    with django_assert_max_num_queries(9):
        told = script.get("/api/v1/runs/?unfinished=true").json()["results"]

    assert {run["id"] for run in told} == {str(run.pk) for run in runs}
    assert all([line["rows"] for line in run["streams"]] == [50] for run in told)
    assert len(script.get("/api/v1/runs/").json()["results"]) == 8
    assert [run["state"] for run in script.get("/api/v1/runs/?unfinished=false").json()["results"]] == ["done"]
    assert strangers_script.get("/api/v1/runs/").json()["results"] == []
