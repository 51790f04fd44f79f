"""Exports: safe to open in a spreadsheet, of what the list shows, and read back to the same."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import acts, decisions, edits, exporting, importing, journal, linking, particulars
from ledger.decisions import Verdict
from ledger.exporting import COLUMNS, RISKY, Beside, safe, unsafe
from ledger.imports import look
from ledger.imports.formats.base import Failure, Options, Read
from ledger.models import Balance, Decision, ImportRow, Proposal, Transaction, TransactionKey
from ledger.readings.base import Kind
from ledger.shown import fields_of
from tests.ledger.bringing import at_work, exported, taken_from_export, work
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another, arrived, doubled, left
from tests.ledger.matched import look as looked_at
from tests.ledger.stand import SOON, assert_sound, ledger_row, read, store, trade
from tests.ledger.test_views_imports import bring, press, text
from tests.strength import examples
from wallets.models import Wallet

AMOUNTS = st.none() | st.decimals("0.000000000001", "99999999999999", places=12, allow_nan=False)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=30)
ASSETS = st.text("ABCXYZ019", min_size=1, max_size=8)
UUIDS = st.uuids()
DAY = timedelta(days=1)


@settings(max_examples=examples(50))
@given(st.text(max_size=20))
def test_no_cell_is_a_formula_and_each_can_be_had_back(written):
    cell = safe(written)
    assert unsafe(cell) == written
    assert not cell.startswith(RISKY) or exporting.FIGURE.fullmatch(cell)


@pytest.mark.parametrize(
    "risky",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "-A1(2)",
        "'=1",
        "\uff1d1+1",
        "\uff20SUM(A1)",
    ],
)
def test_what_a_spreadsheet_would_run_is_marked(risky):
    assert safe(risky) == f"'{risky}"


@pytest.mark.parametrize("figure", ["-100", "+0.5", "-0.00000001", "-1,234.50", "-0.5BTC", "2026-01-01", "plain", ""])
def test_figures_stay_figures(figure):
    assert safe(figure) == figure


@st.composite
def transactions(draw):
    legs = {}
    for name in ("sent", "received", "fee", "value"):
        amount = draw(AMOUNTS)
        legs |= {f"{name}_amount": amount, f"{name}_{'currency' if name == 'value' else 'asset'}": draw(ASSETS)}
    words = {name: draw(WORDS) for name in ("category", "note", "group", "order", "hash", "address", "network")}
    at = draw(st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as it asks
    facts = {"pk": draw(UUIDS), "kind": draw(st.sampled_from(Kind)).value, "occurred_at": at, "wallet_id": WALLET}
    owner = {"tags": draw(st.lists(ASSETS, max_size=3)), "ignored": draw(st.booleans())}
    return SimpleNamespace(**facts, **legs, **words, **owner, source=None, mine=[], ruled=[])


WALLET, BESIDE = UUID(int=1), Beside((UUID(int=2), UUID(int=3)), [[UUID(int=4)], [UUID(int=5), UUID(int=6)]])
WALLETS = SimpleNamespace(by_id={WALLET: SimpleNamespace(label="=Mine, and hers", exchange="kraken")})


@settings(max_examples=examples(25))
@given(transactions())
def test_every_transaction_reads_back_to_the_same(each):
    sent = "".join(exporting.lines(exporting.with_header([(each, BESIDE)], WALLETS))).encode()
    [outcome] = look.outcomes(io.BytesIO(sent), Options(decimal=".", order="ymd"), file_name="x.csv")
    assert isinstance(outcome.result, Read), outcome.result
    [told] = outcome.result.readings
    moved = {(leg.asset, leg.amount, leg.fee) for leg in told.legs}
    expected = {
        (each.sent_asset, -(each.sent_amount or 0), False),
        (each.received_asset, each.received_amount or Decimal(0), False),
        (each.fee_asset, -(each.fee_amount or 0), True),
    }
    assert moved == {leg for leg in expected if leg[1]}
    assert (str(told.kind), told.at, outcome.external_id) == (each.kind, each.occurred_at, str(each.pk))
    assert (told.category, told.note) == (each.category, each.note)  # nothing was said of them
    said = {"tags": ", ".join(each.tags)}
    said["ignored"] = "yes" if each.ignored else ""
    said["kind"] = each.kind if each.sent_amount and each.received_amount and each.kind != Kind.TRADE else ""
    said["kind"] = (
        each.kind if not (each.sent_amount or each.received_amount) and each.kind != Kind.FEE else said["kind"]
    )
    assert outcome.result.edits == {name: value for name, value in said.items() if value}


@pytest.mark.django_db
def test_an_export_holds_what_the_filters_show_and_comes_back_with_the_owners_words(alices_browser, alice, wallet, bob):
    store(wallet, *trade(1), *trade(2, bought="0.25", paid="-50"))
    read(wallet)
    first = Transaction.objects.order_by("received_amount").first()
    words = {"note": "=for the house", "tags": ["house"], "category": "savings"}
    edits.edit(by=OWNER, owner=alice, ids=[first.pk], changes=words, now=first.occurred_at)
    sent = text(alices_browser.get("/transactions/export.csv", {"category": "savings"}))
    header, row = csv.reader(io.StringIO(sent))
    assert tuple(header) == COLUMNS
    told = dict(zip(header, row, strict=True))
    assert (told["id"], told["sent_amount"], told["note"]) == (str(first.pk), "50", "'=for the house")

    whole = text(alices_browser.get("/transactions/export.csv")).encode()
    other = Wallet.objects.create(owner=alice, exchange="", way="csv", label="Again", created_at=first.occurred_at)
    file = bring(alices_browser, whole, "holdfast.csv", other)
    assert (file.state, file.counts["new"]) == ("preview", 2), file.questions
    press(alices_browser, file, "commit/")
    work()
    [again] = Transaction.objects.filter(wallet=other, category="savings")
    assert (again.sent_amount, again.received_amount, again.fee_amount) == (
        first.sent_amount,
        first.received_amount,
        first.fee_amount,
    )
    assert (again.note, again.tags, again.occurred_at) == ("=for the house", ["house"], first.occurred_at)


@pytest.mark.django_db
def test_an_export_brought_into_an_empty_account_makes_the_same_of_it(alices_browser, alice, bob, wallet):
    """Its owner's words, what is left out, and what left here and arrived there, however far apart."""
    there, elsewhere = another(alice, "There"), another(alice, "Elsewhere")
    store(wallet, *(row for number in range(len(SAID)) for row in trade(number, at=NOW - number * DAY)))
    store(wallet, left(1, "3.1", fee="0.001"), left(2, "0.73519264"), left(3, "5"), left(6, "0.31519264"))
    store(there, arrived(1, "1.1", at=NOW + 40 * DAY), arrived(2, "0.73519264"), arrived(4, "7"))
    store(there, arrived(6, "0.31519264"))
    store(elsewhere, arrived(5, "2", at=NOW + 50 * DAY))
    looked_at(wallet, there, elsewhere)
    refused = [Transaction.objects.get(**{name: "0.31519264"}).pk for name in ("sent_amount", "received_amount")]
    verdict = Verdict(Decision.Kind.APART, refused[:1], refused[1:])
    decisions.decide(by=OWNER, owner=alice, verdict=verdict, now=SOON)
    names = list(Transaction.objects.filter(wallet=wallet, kind="trade").order_by("pk").values_list("pk", flat=True))
    for name, (field, value) in zip(names, SAID.items(), strict=True):
        edits.edit(by=OWNER, owner=alice, ids=[name], changes={field: value}, now=SOON)
    far = [Transaction.objects.get(sent_amount="3.1"), *Transaction.objects.filter(occurred_at__gt=NOW + 30 * DAY)]
    linking.link(by=OWNER, owner=alice, named=[each.pk for each in far], now=SOON)

    whole = text(alices_browser.get("/transactions/export.csv")).encode()
    told = seen_by(alice)
    assert sum(each["kind"] == "transfer" for each, *_ in told.values()) == 5
    assert sum(each["ignored"] for each, *_ in told.values()) == 1

    for label in ("Elsewhere", wallet.label, "There"):
        again = another(bob, label, way="csv")
        file = importing.receive(
            by=OWNER, owner=bob, stream=io.BytesIO(whole), name="h.csv", wallet=again, answers={"place": label}, now=NOW
        )
        at_work(file)
        importing.commit(by=OWNER, file=file, now=NOW)
        at_work(file)
        looked_at(again)
    assert seen_by(bob) == told
    assert held_by(bob) == held_by(alice)
    assert not Proposal.objects.for_user(bob).exists()
    [apart] = acts.whole(list(acts.heads(bob, Decision.Kind.APART)))
    assert [each.sent_amount or each.received_amount for each in acts.present(bob, apart.named).values()] == [
        Decimal("0.31519264")
    ] * 2
    for each in Wallet.objects.for_user(bob):
        assert_sound(each)

    # What he takes apart stays so, whatever is looked at again.
    joined = acts.whole(list(acts.heads(bob, Decision.Kind.LINKED)))
    for each in joined:
        linking.turn(by=OWNER, owner=bob, act=each, now=SOON)
    journal.look_again(again)
    looked_at(again)
    assert not acts.heads(bob, Decision.Kind.LINKED).exists()


@pytest.mark.django_db
def test_what_its_owner_has_not_decided_yet_comes_back_undecided(alice, bob, wallet):
    """A source that changed under a word; and two words about what turned out to be one."""
    doubled(wallet)
    at = NOW - DAY
    store(wallet, left("X", "5", fee="0.1", at=at))
    read(wallet)
    moved = Transaction.objects.get(sent_amount=5)
    named = Proposal.objects.get()
    for one, other in (("one", "other"), (["a"], ["b", "c"])):
        field = "tags" if isinstance(one, list) else "category"
        edits.edit(by=OWNER, owner=alice, ids=named.ones, changes={field: one}, now=SOON)
        edits.edit(by=OWNER, owner=alice, ids=named.others, changes={field: other}, now=SOON)
    fee = {"amount": "0.3", "asset": "BTC"}
    edits.edit(by=OWNER, owner=alice, ids=[moved.pk], changes={"fee": fee, "note": "mine"}, now=SOON)
    store(wallet, left("X", "5", fee="0.2", at=at))
    looked_at(wallet)
    linking.say(by=OWNER, proposal=named, kind=Decision.Kind.SAME, now=SOON)
    assert in_doubt(alice) == [["category", "tags"], ["fee"]]
    told, whole = seen_by(alice), exported(alice)

    again = another(bob, wallet.label, way="csv")
    taken_from_export(bob, again, whole)
    assert (seen_by(bob), in_doubt(bob)) == (told, in_doubt(alice))
    assert columns(exported(bob), "conflicts") == columns(whole, "conflicts")
    journal.from_the_beginning(again)
    looked_at(again)
    assert in_doubt(bob) == in_doubt(alice)

    there = Transaction.objects.get(owner=bob, sent_amount=5)
    edits.resolve(by=OWNER, owner=bob, transaction_id=there.pk, field="fee", keep="source", now=SOON)
    there.refresh_from_db()
    assert (there.fee_amount, there.conflicts, there.note) == (Decimal("0.2"), [], "mine")


def in_doubt(owner):
    found = Transaction.objects.filter(owner=owner).exclude(conflicts=[])
    return sorted(found.values_list("conflicts", flat=True))


def columns(sent, name):
    """What stands in a column, but for where nothing does."""
    text = sent if isinstance(sent, str) else sent.decode()
    return sorted(filter(None, (line[name] for line in csv.DictReader(io.StringIO(text)))))


@pytest.mark.django_db
def test_what_was_decided_here_is_not_asked_again_by_an_older_export(alice, wallet):
    store(wallet, *trade(1))
    read(wallet)
    [each] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes={"fee": {"amount": "1", "asset": "EUR"}}, now=SOON)
    store(wallet, ledger_row("L1A", "T1", "ZEUR", "-100", "0.30"))
    read(wallet)
    whole = exported(alice)
    edits.resolve(by=OWNER, owner=alice, transaction_id=each.pk, field="fee", keep="mine", now=SOON)

    taken_from_export(alice, wallet, whole)

    each.refresh_from_db()
    assert (each.fee_amount, each.conflicts) == (1, [])


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ('{"fee": {"amount": "1.50", "asset": "BTC", "x": "\\u0000"}}', {"fee": {"amount": "1.50", "asset": "BTC"}}),
        ('{"occurred_at": "2026-01-01\\u000010:00:00+00:00"}', {"occurred_at": "2026-01-01T10:00:00Z"}),
        ('{"tags": ["a"], "ignored": false, "fee": null}', {"tags": ["a"], "ignored": False, "fee": None}),
        ('{"kind": "gift", "strange": "\\u0000"}', {"kind": "gift"}),
    ],
)
def test_of_what_is_in_conflict_no_more_is_kept_than_our_fields_have(told, kept):
    facts = dict.fromkeys(COLUMNS, "") | {"id": "1", "time": "2026-01-01T00:00:00Z", "kind": "deposit"}
    facts |= {"received_amount": "1", "received_asset": "BTC", "conflicts": told}
    body = "".join(exporting.lines([COLUMNS, list(facts.values())]))
    [outcome] = look.outcomes(io.BytesIO(body.encode()), Options(decimal=".", order="ymd"), file_name="x.csv")
    assert json.loads(outcome.result.edits["conflicts"]) == kept


SAID = {
    "kind": "gift",  # of what moved both ways
    "occurred_at": "2026-11-19T08:00:00.123456Z",
    "category": "for a friend",
    "sent": {"amount": "90.000000001", "asset": "USDC"},
    "received": {"amount": "0.4", "asset": "BTC"},
    "fee": None,
    "value": {"amount": "99.5", "currency": "USD"},
    "note": '=a present, "of" sorts',
    "tags": ["family", "two words"],
    "ignored": True,
}


def seen_by(owner):
    """By the names that the export gave them."""
    names = dict(TransactionKey.objects.for_user(owner).values_list("pk", "anchor"))
    name = {
        pk: anchor.partition(":")[2].partition("@")[0] if "holdfast" in anchor else f"{pk}"
        for pk, anchor in names.items()
    }
    found = Transaction.objects.for_user(owner).select_related("wallet")
    linked = {each.pk: {name[other.pk] for other in particulars.partners_of(owner, each.pk)} for each in found}
    return {
        name[each.pk]: (
            fields_of(each).effective,
            each.wallet.label,
            linked[each.pk],
            fields_of(each).source,
            each.mine,
        )
        for each in found
    }


def held_by(owner):
    return sorted(Balance.objects.filter(owner=owner).values_list("wallet__label", "asset", "amount"))


@pytest.mark.django_db
def test_filters_that_cannot_be_read_lead_back_to_the_list(alices_browser, bobs_browser, wallet):
    assert alices_browser.get("/transactions/export.csv", {"kind": "theft"}).status_code == 302
    store(wallet, *trade(1))
    read(wallet)
    assert len(text(bobs_browser.get("/transactions/export.csv")).splitlines()) == 1


@pytest.mark.django_db
def test_the_preview_of_our_own_export_knows_again_what_its_owner_put_elsewhere_in_time(alice, wallet):
    """Weeks before anything that sources tell of."""
    store(wallet, *trade(1), *trade(2, at=NOW - DAY))
    read(wallet)
    [moved, _] = Transaction.objects.order_by("-occurred_at")
    edits.edit(by=OWNER, owner=alice, ids=[moved.pk], changes={"occurred_at": "2026-10-01T08:00:00Z"}, now=SOON)
    file = taken_from_export(alice, wallet, exported(alice))
    assert (file.counts["new"], file.counts["duplicate"]) == (0, 2)
    assert Transaction.objects.count() == 2


@pytest.mark.django_db
def test_the_preview_of_our_own_export_shows_what_its_owner_had_said(alice, bob, wallet):
    store(wallet, *trade(1))
    read(wallet)
    [each] = Transaction.objects.all()
    said = {"sent": SAID["sent"], "fee": None, "occurred_at": SAID["occurred_at"], "kind": "gift"}
    edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes=said, now=SOON)
    file = taken_from_export(bob, another(bob, wallet.label, way="csv"), exported(alice))
    [told] = ImportRow.objects.get(file=file).told
    assert told == {
        "kind": "gift",
        "at": SAID["occurred_at"],
        "legs": [
            {"asset": "BTC", "amount": "0.5", "fee": False},
            {"asset": "USDC", "amount": "-90.000000001", "fee": False},
        ],
    }


BROKEN = ["{", "[]", "5", '{"sent": 5}', '{"sent": {"amount": "NaN", "asset": "BTC"}}', "[" * 5000]
BROKEN += [
    '{"sent": {"amount": "1e5", "asset": "BTC"}}',
    '{"fee": {"amount": "1"}}',
    '{"note": 5}',
    '{"kind": "theft"}',
]
BROKEN += [
    '{"occurred_at": "soon"}',
    '{"occurred_at": "2026-01-01T00:00:00"}',
    '{"sent": {"amount": 5, "asset": "BTC"}}',
]


@pytest.mark.parametrize("column", ["before", "conflicts"])
@pytest.mark.parametrize("broken", [*BROKEN, '{"note": "\\u0000"}'])
def test_what_was_there_before_is_read_or_its_line_says_that_it_cannot_be(broken, column):
    facts = dict.fromkeys(COLUMNS, "") | {"id": "1", "time": "2026-01-01T00:00:00Z", "kind": "deposit"}
    facts |= {"received_amount": "1", "received_asset": "BTC", column: broken}
    body = "".join(exporting.lines([COLUMNS, list(facts.values())]))
    [outcome] = look.outcomes(io.BytesIO(body.encode()), Options(decimal=".", order="ymd"), file_name="x.csv")
    assert isinstance(outcome.result, Failure)
    assert outcome.result.column == column
