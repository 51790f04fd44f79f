"""The list of transactions and one of them, as their owner sees and changes them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger.models import Edit, SavedView, SourceRow, Transaction, TransactionKey
from tests.ledger.conftest import NOW
from tests.ledger.stand import ledger_row, read, store, trade
from tests.threads import in_threads
from wallets.models import Wallet
from wallets.records import Record

LIST, ADD, BIN, SAVED = "/transactions/", "/transactions/add/", "/transactions/bin/", "/transactions/saved/"
MINUS = "\N{MINUS SIGN}"
HTMX = {"HX-Request": "true"}


def page_of(each, part=""):
    return f"{LIST}{each.pk}/{part}"


def words(answer):
    return unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def bought(wallet):
    store(wallet, *trade(1))
    read(wallet)
    return Transaction.objects.get()


def fill(number, order="ORDER"):
    """Of one order, with the two lines of the ledger that belong to it."""
    at = NOW + timedelta(minutes=number)
    raw = {"ordertxid": order, "pair": "XXBTZEUR", "type": "buy", "cost": "100", "vol": "0.5", "fee": "0.26"}
    [*lines] = trade(number, at)
    return [
        *lines,
        type(lines[0])("trades", f"T{number}", at, {"id": f"T{number}", **raw, "time": str(at.timestamp())}),
    ]


# --- the list --------------------------------------------------------------------------------------------------------


def test_without_a_wallet_it_leads_to_one(alices_browser):
    assert "No wallet yet" in alices_browser.get(LIST).text


def test_before_anything_came_it_says_that_it_comes(alices_browser, wallet):
    assert "Your history is being read" in alices_browser.get(LIST).text

    wallet.streams = [{"stream": "ledger", "state": "done"}]  # a run has come to its end, and brought nothing
    wallet.save()
    assert "Your history is being read" not in alices_browser.get(LIST).text


def test_a_line_says_when_what_how_much_and_where(alice, alices_browser, bought):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    Wallet.objects.update(label="<Savings>")
    page = alices_browser.get(LIST)

    assert "20 Nov 2026, 21:00" in page.text
    assert "Asia/Tokyo" in page.text
    assert "&lt;Savings&gt;" in page.text
    assert "<Savings>" not in page.text
    assert f"{MINUS}100</span> " in words(page)
    assert "+0.5</span> " in words(page)
    assert "Fee 0.26 EUR" in words(page)


def test_thirty_ask_no_more_than_one_and_older_ones_follow_without_a_gap(alices_browser, wallet):
    counts = []
    for many in (1, 60):
        store(wallet, *(row for number in range(many) for row in trade(number, NOW + timedelta(hours=number))))
        read(wallet)
        alices_browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            page = alices_browser.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    about = [each["sql"] for each in queries if '"ledger_transaction"' in each["sql"]]
    assert not [sql for sql in about if "COUNT(" in sql or "OFFSET" in sql]
    older = alices_browser.get(LIST + page.context["older"])
    assert [len(page.context["lines"]), len(older.context["lines"])] == [50, 10]


def test_the_list_that_nothing_narrows_is_the_one_that_a_filter_leaves_whole(alice, bob, alices_browser, wallet):
    facts = {"exchange": "kraken", "way": "key", "created_at": NOW}
    wallets = [wallet, *(Wallet.objects.create(owner=owner, label="Other", **facts) for owner in (alice, bob))]
    for number, each in enumerate(wallets):
        times = [NOW + timedelta(minutes=60 * hour + number) for hour in range(30)]
        store(each, *(row for hour, at in enumerate(times) for row in trade(hour, at)))
        read(each)
    hidden = Transaction.objects.filter(owner=alice).order_by("occurred_at")[55]
    Transaction.objects.filter(pk=hidden.pk).update(ignored=True)

    def ids(address: str) -> list[str]:
        return [str(each.id) for line in alices_browser.get(address).context["lines"] for each in line.fills]

    for after in ("", alices_browser.get(LIST).context["older"].removeprefix("?")):
        assert ids(f"{LIST}?{after}") == ids(f"{LIST}?from=2000-01-01&{after}") != []
    mine = Transaction.objects.filter(owner=alice, ignored=False).order_by("-occurred_at", "-id")
    assert ids(LIST) == [str(each.pk) for each in mine[:50]]
    assert str(hidden.pk) not in ids(LIST)

    Wallet.objects.filter(pk=wallets[1].pk).update(binned_at=NOW)
    assert set(ids(LIST)) == {str(each.pk) for each in mine.filter(wallet=wallet)}


def test_fills_of_one_order_are_one_line_that_opens(alices_browser, wallet):
    store(wallet, *fill(1), *fill(2), *fill(3), *fill(4, "OTHER"))
    read(wallet)
    page = alices_browser.get(LIST)

    assert [len(line.fills) for line in page.context["lines"]] == [1, 3]
    assert "3 fills of one order" in page.text
    assert f"{MINUS}300</span>" in page.text
    assert all(str(each.pk) in page.text for each in Transaction.objects.all())


def test_filters_narrow_and_are_kept_in_the_form(alices_browser, bought, wallet):
    store(wallet, ledger_row("D1", "D1", "ZEUR", "5", kind="deposit"))
    read(wallet)
    page = alices_browser.get(f"{LIST}?kind=deposit&asset=eur&from=2026-11-20&wallet={wallet.pk}")

    assert [line.head.kind for line in page.context["lines"]] == ["deposit"]
    assert '<option value="deposit" selected>' in page.text
    assert "Nothing matches" in alices_browser.get(f"{LIST}?kind=gift").text


def test_a_filter_that_cannot_be_read_shows_nothing_and_says_why(alices_browser, bought):
    for query, said in (
        ("kind=theft", "“theft” is none of the choices for “Kind”. Choose one from the list."),
        ("from=2026-99-99", "Write a day"),
        (f"wallet={uuid.uuid4()}", "There is no such wallet."),
        (f"q={'x' * 9999}", "at most 100"),
        ("asset=%00", "Null characters"),
    ):
        page = alices_browser.get(f"{LIST}?{query}")
        assert page.context["lines"] == []
        assert "This filter cannot be read" in page.text
        assert said in page.text, query


def test_htmx_is_given_the_list_alone(alices_browser, bought):
    piece = alices_browser.get(LIST, headers={**HTMX, "HX-Target": "list"}).text
    assert piece.lstrip().startswith('<section id="list"')
    assert '<p id="list-said" hx-swap-oob="innerHTML">1 transaction</p>' in piece  # for who cannot see it change
    assert "Nothing matches</p>" in alices_browser.get(f"{LIST}?q=nought", headers={**HTMX, "HX-Target": "list"}).text
    assert alices_browser.get(LIST).text.count('id="list-said"') == 1


def test_ignored_ones_are_hidden_until_they_are_asked_for(alices_browser, bought):
    alices_browser.post(page_of(bought, "remove/"))
    assert alices_browser.get(LIST).context["lines"] == []
    assert len(alices_browser.get(f"{LIST}?ignored=only").context["lines"]) == 1


# --- one of them -----------------------------------------------------------------------------------------------------


def test_it_tells_its_sources_raw_and_escaped(alices_browser, wallet):
    raw = {"id": "L1", "refid": "R1", "type": "deposit", "asset": "ZEUR", "amount": "5", "fee": "0"}
    store(wallet, Record("ledger", "L1", NOW, {**raw, "odd": "<script>"}))
    read(wallet)
    page = alices_browser.get(page_of(Transaction.objects.get()))

    assert "&quot;odd&quot;: &quot;&lt;script&gt;&quot;" in page.text
    assert "<script>&quot;" not in page.text
    assert "+5 EUR" in words(page)


def test_a_former_name_leads_to_the_present_one(alice, alices_browser, bought):
    book, former = TransactionKey.objects.get().book, uuid.uuid4()
    TransactionKey.objects.create(id=former, owner=alice, book=book, anchor="x", alias_of_id=bought.pk, created_at=NOW)
    assert alices_browser.get(f"{LIST}{former}/").headers["Location"] == page_of(bought)


FORMS = {
    "kind": ({"kind": "gift"}, "gift"),
    "category": ({"category": "savings"}, "savings"),
    "occurred_at": ({"occurred_at": "2026-11-19T08:00:01"}, "2026-11-18T23:00:01Z"),
    "sent": ({"sent_amount": "1 250.50", "sent_unit": "usd"}, {"amount": "1250.5", "asset": "USD"}),
    "received": ({"received_amount": "", "received_unit": ""}, None),
    "value": ({"value_amount": "99", "value_unit": "eur"}, {"amount": "99", "currency": "EUR"}),
    "note": ({"note": "mine"}, "mine"),
    "tags": ({"tags": "a, b , a"}, ["a", "b"]),
    "ignored": ({"ignored": "on"}, True),
}


def test_each_field_is_changed_by_its_form_and_reset(alice, alices_browser, bought):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    for field, (sent, kept) in FORMS.items():
        answer = alices_browser.post(page_of(bought, "edit/"), {"field": field, **sent})
        assert (answer.status_code, answer.headers["Location"]) == (302, page_of(bought))
        assert Edit.objects.latest("id").value == kept, field
        assert "Your word." in alices_browser.get(page_of(bought)).text
        alices_browser.post(page_of(bought, "reset/"), {"field": field})
        assert Transaction.objects.get().mine == []


def test_a_worth_beside_the_owners_own_money_is_said_to_go_before_it(alice, alices_browser, bought):
    said = "Gains go by what you say here, not by the EUR that changed hands"
    assert said not in alices_browser.get(page_of(bought)).text  # paid in other money than the owner's own
    alice.base_currency = "EUR"
    alice.save()
    assert said in alices_browser.get(page_of(bought)).text


def test_what_cannot_be_taken_is_said_beside_its_field(alices_browser, bought):
    for field, sent, said in (
        ("sent", {"sent_amount": "1e5", "sent_unit": "BTC"}, "plain figure"),
        ("sent", {"sent_amount": "9" * 100_000, "sent_unit": "BTC"}, "plain figure"),
        ("sent", {"sent_amount": "1", "sent_unit": ""}, "Name the asset"),
        ("occurred_at", {"occurred_at": "tomorrow"}, "Write a time"),
        ("kind", {"kind": "theft"}, "none of the choices for “Kind”"),
        ("note", {"note": "a\0b"}, "Null characters"),
        ("tags", {"tags": "x" * 41}, "At most 20 tags"),
    ):
        page = alices_browser.post(page_of(bought, "edit/"), {"field": field, **sent})
        assert page.status_code == 200
        assert said in page.text, (field, sent)
    alices_browser.post(page_of(bought, "edit/"), {"field": "owner", "owner": "x"})
    assert not Edit.objects.exists()


def test_a_seed_phrase_is_turned_away(alices_browser, bought):
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    page = alices_browser.post(page_of(bought, "edit/"), {"field": "note", "note": phrase}, follow=True)
    assert "It was not kept" in page.text
    assert phrase not in page.text
    assert AuditEvent.objects.filter(action=Action.TREASURE_REFUSED).exists()


def test_undo_and_redo_say_what_they_would_do(alices_browser, bought):
    alices_browser.post(page_of(bought, "edit/"), {"field": "note", "note": "one"})
    assert "Back to: Note: what the source says" in alices_browser.get(page_of(bought)).text
    alices_browser.post(page_of(bought, "undo/"))
    assert "Again: Note: one" in alices_browser.get(page_of(bought)).text
    alices_browser.post(page_of(bought, "redo/"))
    assert Transaction.objects.get().note == "one"
    page = alices_browser.post(page_of(bought, "redo/"), follow=True)
    assert "Nothing was changed" in page.text


@pytest.mark.parametrize(("keep", "amount"), [("mine", 90), ("source", 101)])
def test_a_conflict_shows_both_and_is_decided(alices_browser, bought, wallet, keep, amount):
    alices_browser.post(page_of(bought, "edit/"), {"field": "sent", "sent_amount": "90", "sent_unit": "EUR"})
    store(wallet, *trade(1, paid="-101"))
    read(wallet)
    page = alices_browser.get(page_of(bought))
    assert "you said <strong>90 EUR</strong>. The source now says <strong>101 EUR</strong>" in words(page)
    assert "To decide" in alices_browser.get(f"{LIST}?needs_attention=1").text
    assert "One transaction needs a decision of yours" in alices_browser.get(LIST).text

    alices_browser.post(page_of(bought, "resolve/"), {"field": "sent", "keep": keep})
    assert (Transaction.objects.get().conflicts, Transaction.objects.get().sent_amount) == ([], amount)
    assert "a decision of yours" not in alices_browser.get(LIST).text


def test_the_drawer_is_given_the_piece_as_it_is_after_a_change(alices_browser, bought):
    piece = alices_browser.post(page_of(bought, "edit/"), {"field": "note", "note": "one"}, headers=HTMX)
    assert piece.status_code == 200
    assert piece.text.lstrip().startswith("<article")
    assert "Kept." in piece.text


# --- written by hand -------------------------------------------------------------------------------------------------


def test_one_is_written_down_put_in_the_bin_and_brought_back(alice, alices_browser):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {"wallet": wallet.pk, "kind": "gift", "occurred_at": "2026-03-01T12:30", "received_amount": "0.5"}
    wrong = alices_browser.post(ADD, sent)
    assert "Name the asset" in wrong.text
    assert not SourceRow.objects.exists()

    alices_browser.post(ADD, {**sent, "received_unit": "btc", "note": "from an aunt"})
    made = Transaction.objects.get()
    assert (made.received_asset, made.note, made.origins) == ("BTC", "from an aunt", ["hand"])
    assert alices_browser.post(page_of(made, "remove/")).headers["Location"] == BIN
    assert not Transaction.objects.exists()
    assert "+0.5 BTC" in words(alices_browser.get(BIN))
    alices_browser.post(page_of(made, "restore/"))
    assert Transaction.objects.get().note == "from an aunt"
    assert "The bin is empty" in alices_browser.get(BIN).text


AUNT = {"kind": "gift", "occurred_at": "2026-03-01T12:30", "received_amount": "0.5", "received_unit": "BTC"}


def form_of(browser):
    """What tells this page from the next one of its kind."""
    return {"once": re.search(r'name="once" value="([^"]+)"', browser.get(ADD).text)[1]}


def test_a_page_that_is_sent_twice_writes_one_down_and_what_is_changed_on_it_another(alice, alices_browser):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {**AUNT, "wallet": wallet.pk, **form_of(alices_browser)}

    answers = [alices_browser.post(ADD, sent) for _ in range(2)]

    made = Transaction.objects.get()
    assert {each.headers["Location"] for each in answers} == {page_of(made)}
    assert "That is written down already." in alices_browser.get(page_of(made)).text
    assert AuditEvent.objects.filter(action=Action.TRANSACTION_ADDED).count() == 1
    alices_browser.post(ADD, {**sent, "received_amount": "0.6"})
    alices_browser.post(ADD, {**sent, **form_of(alices_browser)})
    assert sorted(Transaction.objects.values_list("received_amount", flat=True)) == [Decimal("0.5")] * 2 + [
        Decimal("0.6")
    ]


def test_one_that_was_taken_away_comes_from_the_same_page_again(alice, alices_browser):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {**AUNT, "wallet": wallet.pk, **form_of(alices_browser)}
    sent["note"] = "from an aunt"
    alices_browser.post(ADD, sent)
    alices_browser.post(page_of(Transaction.objects.get(), "remove/"))

    answer = alices_browser.post(ADD, sent)

    assert Transaction.objects.get().note == "from an aunt"
    assert answer.headers["Location"] == page_of(Transaction.objects.get())


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_sent_several_times_at_once_writes_one_down(alice, alices_browser):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {**AUNT, "wallet": wallet.pk, **form_of(alices_browser)}
    answers = []

    def press():
        browser = Client()
        browser.cookies = alices_browser.cookies
        try:
            answers.append(browser.post(ADD, sent).headers["Location"])
        finally:
            connections.close_all()

    in_threads(press, 4)

    assert answers == [page_of(Transaction.objects.get())] * 4


FUTURE, HALF = "It lies in the future", "The other side of this trade is missing"


@pytest.mark.parametrize(
    ("said", "doubted"),
    [
        ({}, []),
        ({"occurred_at": "2036-03-01T12:30"}, [FUTURE]),  # a slip of the year: it counts as held from today
        ({"kind": "trade"}, [HALF]),  # the first of the list, and what it was worth is taken for its cost
        ({"kind": "trade", "value_amount": "100", "value_unit": "EUR"}, []),
        ({"kind": "trade", "sent_amount": "100", "sent_unit": "EUR"}, []),
        ({"kind": "trade", "received_amount": "", "received_unit": "", "sent_amount": "1", "sent_unit": "ETH"}, [HALF]),
        ({"kind": "trade", "received_unit": "EUR"}, []),
    ],
)
def test_what_looks_like_a_slip_is_said_beside_it(alice, alices_browser, said, doubted):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {"wallet": wallet.pk, "kind": "gift", "occurred_at": "2026-03-01T12:30", "received_amount": "0.5"}
    alices_browser.post(ADD, {**sent, "received_unit": "BTC", **said})

    page = words(alices_browser.get(page_of(Transaction.objects.get())))

    assert [each for each in (FUTURE, HALF) if each in page] == doubted


def test_a_trade_with_one_side_whose_cost_is_said_is_in_no_doubt_nor_is_one_that_is_ignored(alice, alices_browser):
    wallet = Wallet.objects.create(owner=alice, way="manual", label="Paper", created_at=NOW)
    sent = {"wallet": wallet.pk, "kind": "trade", "occurred_at": "2026-03-01T12:30", "received_amount": "0.5"}
    for _ in range(2):
        alices_browser.post(ADD, {**sent, "received_unit": "BTC"})
    priced, ignored = Transaction.objects.all()
    cost = {"cost": "100", "currency": "EUR"}
    assert alices_browser.post(f"/tax/costs/{priced.pk}/", cost).status_code == 302
    alices_browser.post(page_of(ignored, "edit/"), {"field": "ignored", "ignored": "on"})

    assert HALF not in words(alices_browser.get(page_of(priced)))
    assert HALF not in words(alices_browser.get(page_of(ignored)))


def test_nothing_is_written_into_somebody_elses_wallet(bobs_browser, wallet):
    sent = {"wallet": wallet.pk, "kind": "gift", "occurred_at": "2026-03-01T12:30"}
    assert bobs_browser.post(ADD, {**sent, "received_amount": "1", "received_unit": "BTC"}).status_code == 200
    assert not SourceRow.objects.exists()


# --- saved views -----------------------------------------------------------------------------------------------------


def test_a_list_is_kept_under_a_name_and_found_again(alices_browser, bought):
    kept = alices_browser.post(SAVED, {"filters": "kind=trade&asset=BTC&page=3", "name": "Bitcoin"})
    assert kept.headers["Location"] == f"{LIST}?asset=BTC&kind=trade"
    view = SavedView.objects.get()
    assert view.filters == {"kind": "trade", "asset": "BTC"}
    assert ">Bitcoin</a>" in alices_browser.get(LIST).text
    assert "There is one of this name" in alices_browser.post(SAVED, {"filters": "q=x", "name": "Bitcoin"}).text
    assert "Narrow the list first" in alices_browser.post(SAVED, {"filters": "", "name": "All"}).text
    alices_browser.post(f"{SAVED}{view.pk}/delete/")
    assert not SavedView.objects.exists()
