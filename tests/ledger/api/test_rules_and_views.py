"""`rules/` and `views/`: kept, looked at first, changed, deleted; what makes no sense is named."""

from __future__ import annotations

from ledger.models import Journal, Rule, SavedView, Transaction
from tests.ledger.api.conftest import RULES, VIEWS, errors_of
from tests.ledger.stand import read

SAVINGS = {"name": "Bitcoin is savings", "kind": "trade", "asset": "btc", "then_category": "savings"}
REWARDS = {"name": "Rewards", "filters": {"kind": "reward", "from": "2026-01-01"}}


def send(client, method, address, body=None, **headers):
    return getattr(client, method)(address, body or {}, format="json", headers=headers)


def test_a_rule_is_looked_at_first_then_read_into_what_is_there(script, bought, wallet):
    seen = send(script, "post", f"{RULES}?dry_run=1", SAVINGS).json()
    assert seen["touches"] == {
        "count": 1,
        "more": False,
        "first": [{"id": str(bought.pk), "before": {"category": ""}, "after": {"category": "savings"}}],
    }
    assert not Rule.objects.exists()

    made = send(script, "post", RULES, SAVINGS)
    assert (made.status_code, made.json()["asset"], made.json()["touches"]) == (201, "BTC", None)
    assert Journal.objects.get().behind
    read(wallet)
    assert (Transaction.objects.get().category, Transaction.objects.get().ruled) == ("savings", ["category"])

    address = f"{RULES}{made.json()['id']}/"
    other = send(script, "patch", f"{address}?dry_run=1", {"then_category": "plan"}).json()["touches"]
    assert [each["after"] for each in other["first"]] == [{"category": "plan"}]
    tag = script.get(address)["ETag"]
    assert send(script, "patch", address, {"then_category": "plan"}, **{"If-Match": tag}).status_code == 200
    assert send(script, "patch", address, {"then_category": "x"}, **{"If-Match": tag}).status_code == 412
    read(wallet)
    assert Transaction.objects.get().category == "plan"
    assert script.delete(address).status_code == 204
    read(wallet)
    assert Transaction.objects.get().category == ""


def test_an_owners_word_is_stronger_and_is_not_counted(script, bought):
    script.patch(f"/api/v1/transactions/{bought.pk}/", {"category": "mine"}, format="json")
    assert send(script, "post", f"{RULES}?dry_run=1", SAVINGS).json()["touches"]["count"] == 0


UNFIT_RULES = [
    ({"name": " "}, "name"),
    ({"kind": "theft"}, "kind"),
    ({"kind": "", "asset": ""}, "kind"),
    ({"then_category": ""}, "then_kind"),
    ({"then_tags": ["a,b"]}, "then_tags"),
    ({"place": 3}, "place"),
]


def test_a_rule_that_makes_no_sense_is_named(script, alice):
    for change, field in UNFIT_RULES:
        assert [name for name, _ in errors_of(send(script, "post", RULES, {**SAVINGS, **change}))] == [field]
    assert not Rule.objects.exists()


def test_a_rule_about_somebody_elses_wallet_is_not_there(bobs_script, wallet):
    for wrong in (str(wallet.pk), "x"):
        wished = {**SAVINGS, "wallet": wrong}
        assert errors_of(send(bobs_script, "post", RULES, wished)) == [("wallet", "not_found")]


def test_a_view_is_kept_renamed_and_deleted(script, alice):
    made = send(script, "post", VIEWS, REWARDS).json()
    assert made["filters"] == REWARDS["filters"]
    address = f"{VIEWS}{made['id']}/"
    assert send(script, "patch", address, {"name": "Staking"}).json()["filters"] == REWARDS["filters"]
    assert [view["name"] for view in script.get(VIEWS).json()["results"]] == ["Staking"]
    assert script.delete(address).status_code == 204
    assert not SavedView.objects.exists()


UNFIT_VIEWS = [
    ({**REWARDS, "filters": {}}, "filters"),
    ({**REWARDS, "filters": {"from": "x"}}, "filters.from"),
    ({**REWARDS, "filters": {"colour": "red"}}, "filters.colour"),
    ({**REWARDS, "name": ""}, "name"),
    ({**REWARDS, "name": "taken"}, "name"),
]


def test_a_view_that_makes_no_sense_is_named(script, alice):
    send(script, "post", VIEWS, {**REWARDS, "name": "taken"})
    for body, field in UNFIT_VIEWS:
        assert [name for name, _ in errors_of(send(script, "post", VIEWS, body))] == [field]
    assert SavedView.objects.count() == 1


def test_a_cursor_leads_on_in_its_own_list_only(script):
    """Lists of one order, such as views and files: a page of the wrong one would look like the end of it."""
    for name in ("one", "two"):
        send(script, "post", VIEWS, {"name": name, "filters": {"kind": "reward"}})
    following = script.get(f"{VIEWS}?limit=1").json()["next"]
    assert len(script.get(following).json()["results"]) == 1
    for other in ("imports", "lots/costs", "prices/own"):
        answer = script.get(following.replace("/views/", f"/{other}/"))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), other
