"""Every row once: new, the same, changed, vanished and back, whatever order and however often pages come."""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from config.append_only import purging
from ledger import intake, purge
from ledger.intake import Counts
from ledger.models import Coverage, RawPage, ReportedBalance, ReportedDay, SeenRow, Sighting, SourceRow
from tests.ledger.conftest import NOW, hours, record_of
from tests.strength import examples
from wallets.models import Wallet
from wallets.records import Balance, Cause

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(wallet):
    def run(*records, pull=None, body=b"", now=NOW):
        with transaction.atomic():
            return intake.store(wallet, records, stream="ledger", pull=pull, body=body, now=now)

    return run


def latest(wallet):
    rows = SourceRow.objects.filter(wallet=wallet).order_by("family", "external_id", "-revision")
    return {(row.family, row.external_id): row.raw for row in rows.distinct("family", "external_id")}


# --- new, same, changed ------------------------------------------------------------------------------------------


def test_a_page_is_kept_once_however_often_it_comes(store, wallet):
    page = [record_of(f"L{number}", amount="1.5") for number in range(50)]

    assert store(*page) == Counts(new=50)
    assert store(*page) == Counts(same=50)
    assert store(*page[:20], record_of("L50")) == Counts(new=1, same=20)
    assert SourceRow.objects.filter(wallet=wallet).count() == 51


def test_a_row_that_comes_back_different_is_a_new_revision_and_the_old_one_stays(store):
    store(record_of("L1", status="pending"))

    assert store(record_of("L1", status="done")) == Counts(changed=1)

    assert list(SourceRow.objects.order_by("revision").values_list("revision", "raw__status")) == [
        (1, "pending"),
        (2, "done"),
    ]


def test_other_order_of_fields_is_no_change(store, wallet):
    store(record_of("L1", a="1", b={"x": "1", "y": "2"}))

    assert store(record_of("L1", b={"y": "2", "x": "1"}, a="1")) == Counts(same=1)


def test_a_page_that_names_a_row_twice_means_the_later_one(store, wallet):
    assert store(record_of("L1", n="1"), record_of("L1", n="2")) == Counts(new=1)
    assert latest(wallet) == {("ledger", "L1"): {"id": "L1", "n": "2"}}


def test_the_same_id_in_another_family_or_wallet_is_another_row(store, wallet, alice):
    other = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Second", created_at=NOW)
    store(record_of("1"), record_of("1", family="trades"))

    with transaction.atomic():
        assert intake.store(other, [record_of("1")], stream="ledger", now=NOW) == Counts(new=1)

    assert SourceRow.objects.count() == 3


def test_twin_fills_with_ids_of_their_own_stay_two(store):
    assert store(record_of("T1", amount="0.1"), record_of("T2", amount="0.1")) == Counts(new=2)


def test_every_digit_and_every_sign_of_a_row_stays(store, wallet):
    raw = {
        "amount": "0.123456789012345678901234567890",
        "nonce": 12345678901234567890123,
        "text": "naïve “x” \\ \t é 💰",
    }

    store(record_of("L1", **raw))

    assert latest(wallet)["ledger", "L1"] == {"id": "L1", **raw}


def test_what_cannot_be_stored_does_not_stop_the_page(store, wallet):
    store(record_of("L1", memo="a\x00b"))

    assert latest(wallet)["ledger", "L1"]["memo"] == "ab"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (r"a\u0000b", r"a\u0000b"),
        (r"\u0000", r"\u0000"),
        ("a\x00\\u0000", r"a\u0000"),
        ("a\ud800b", "a\ufffdb"),
        ("é💰", "é💰"),
    ],
)
def test_what_only_looks_like_it_stays_and_half_a_sign_is_marked(store, wallet, told, kept):
    store(record_of("L1", memo=told, lines=[{told: told}]))

    raw = latest(wallet)["ledger", "L1"]
    assert (raw["memo"], raw["lines"]) == (kept, [{kept: kept}])


def test_a_failed_page_leaves_nothing(store, wallet):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        intake.store(wallet, [record_of("L1")], stream="ledger", now=NOW, body=b"{}")
        raise ZeroDivisionError

    assert not SourceRow.objects.exists()
    assert not RawPage.objects.exists()
    assert store(record_of("L1")) == Counts(new=1)


def test_the_reply_is_kept_packed_beside_its_rows(store):
    body = b'{"ledger": {"L1": {}}}' * 100

    store(record_of("L1"), body=body)

    kept = RawPage.objects.get()
    assert zlib.decompress(kept.body) == body
    assert len(kept.body) < len(body) / 5
    assert SourceRow.objects.get().page == kept


def test_a_reply_that_told_nothing_new_is_not_kept_once_more(store):
    """Each sync reads some hours again: these replies would grow without end, and say what is here already."""
    store(record_of("L1"), record_of("L2"), body=b"first")
    for _ in range(3):
        store(record_of("L2"), record_of("L1"), body=b"the same again")
    changed = record_of("L1", amount="2")
    store(record_of("L2"), changed, body=b"one changed")

    assert [zlib.decompress(page.body) for page in RawPage.objects.order_by("id")] == [b"first", b"one changed"]
    assert [row.page.records for row in SourceRow.objects.order_by("id")] == [2, 2, 2]


def test_the_database_does_not_look_for_rows_of_each_reply_that_goes(store):
    """Without an index it went through all rows of everybody for each: 300 replies beside 200,000 rows took 37 s."""
    checks = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confrelid = 'ledger_rawpage'::regclass"
    with connection.cursor() as cursor:
        cursor.execute(checks)
        assert cursor.fetchone() == (0,)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=some.lists(
        some.lists(some.tuples(some.sampled_from("abcdef"), some.sampled_from("xyz")), max_size=8), max_size=8
    )
)
def test_whatever_comes_in_whatever_order_the_latest_word_of_each_row_is_kept(wallet, pages):
    """Against a dictionary, which is what the table should amount to."""
    with transaction.atomic():
        truth, revisions, counted = {}, defaultdict(int), Counts()
        for page in pages:
            records = [record_of(name, n=value) for name, value in page]
            counted += intake.store(wallet, records, stream="ledger", now=NOW)
            for name, value in dict(page).items():
                revisions[name] += truth.get(name) != value
                truth[name] = value

        assert {name: raw["n"] for (_, name), raw in latest(wallet).items()} == truth
        assert counted.new == len(truth)
        assert (
            counted.new + counted.changed == SourceRow.objects.filter(wallet=wallet).count() == sum(revisions.values())
        )
        transaction.set_rollback(True)


# --- vanished and back -------------------------------------------------------------------------------------------


def vanish(wallet, pull):
    since, until = NOW - hours(5), NOW + hours(5)
    with transaction.atomic():
        found = intake.note_vanished(wallet, stream="ledger", pull=pull, since=since, until=until, run=None, now=NOW)
        intake.forget_pull(pull)
    return found


def test_what_a_whole_pull_no_longer_brings_has_vanished_and_stays_in_the_table(store, wallet):
    pull = uuid.uuid4()
    store(record_of("L1"), record_of("L2"), record_of("L3"))

    store(record_of("L1"), record_of("L3", changed="yes"), pull=pull)

    assert vanish(wallet, pull) == 1
    assert Sighting.objects.get().row.external_id == "L2"
    assert SourceRow.objects.filter(external_id="L2").exists()
    assert not SeenRow.objects.exists()


def test_outside_the_span_that_was_pulled_nothing_vanishes(store, wallet):
    pull = uuid.uuid4()
    store(record_of("old", at=NOW - hours(9)), record_of("new"))

    store(record_of("new"), pull=pull)

    assert vanish(wallet, pull) == 0


def test_a_row_vanishes_once_and_is_back_once(store, wallet):
    store(record_of("L1"), record_of("L2"))
    for _ in range(2):
        pull = uuid.uuid4()
        store(record_of("L1"), pull=pull)
        vanish(wallet, pull)

    assert store(record_of("L2")).back == 1
    assert store(record_of("L2")).back == 0
    assert list(Sighting.objects.order_by("id").values_list("kind", flat=True)) == ["vanished", "back"]


def test_each_row_is_looked_up_though_all_that_was_counted_was_of_another_pull(store, wallet):
    """Statistics expect nothing of a pull they do not know; each row was held against all that came."""
    store(*(record_of(f"L{number}") for number in range(400)), record_of("gone"))
    former, pull = uuid.uuid4(), uuid.uuid4()
    SeenRow.objects.bulk_create(SeenRow(pull=former, row=row) for row in SourceRow.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_seenrow, ledger_sourcerow")
    store(*(record_of(f"L{number}") for number in range(400)), pull=pull)

    with CaptureQueriesContext(connection) as asked:
        assert vanish(wallet, pull) == 1

    [sql] = [each["sql"] for each in asked if "'vanished'" in each["sql"]]
    SeenRow.objects.bulk_create(SeenRow(pull=pull, row=row) for row in SourceRow.objects.exclude(external_id="gone"))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE) {sql}")
        in_vain = [line for (line,) in cursor.fetchall() if "Rows Removed by" in line]
    assert sum(int(line.rpartition(" ")[2]) for line in in_vain) < 2 * 400, in_vain


# --- what the database refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"raw": {}}, {"external_id": "other"}, {"wallet": None}])
def test_no_row_is_ever_changed(store, change):
    store(record_of("L1"))

    with pytest.raises(IntegrityError), transaction.atomic():
        SourceRow.objects.update(**change)


def test_no_row_is_deleted_while_its_wallet_is_kept(store, wallet):
    store(record_of("L1"))

    for announced in (None, wallet.pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            if announced:
                purging(announced)
            SourceRow.objects.all().delete()


def test_after_its_time_in_the_bin_a_wallets_rows_go_and_no_others(store, wallet, alice):
    kept = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Kept", created_at=NOW)
    store(record_of("L1"), body=b"{}")
    with transaction.atomic():
        intake.store(kept, [record_of("L1")], stream="ledger", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        Wallet.objects.filter(pk=wallet.pk).update(binned_at=cursor.fetchone()[0] - timedelta(days=31))

    with transaction.atomic():
        purge.purge(Wallet.objects.get(pk=wallet.pk))

    assert list(SourceRow.objects.values_list("wallet", flat=True)) == [kept.pk]
    assert not RawPage.objects.exists()


# --- coverage and balances ---------------------------------------------------------------------------------------


def test_coverage_only_grows(wallet):
    def cover(*records, until=None):
        intake.cover(
            wallet, stream="ledger", since=None, until=until, records=records, limited=False, certain=True, now=NOW
        )

    cover(record_of("L1", at=NOW - hours(3)), until=NOW - hours(2))
    cover(record_of("L2", at=NOW - hours(9)))
    cover(until=NOW - hours(4))

    known = Coverage.objects.get()
    assert (known.first_row_at, known.last_row_at) == (NOW - hours(9), NOW - hours(3))
    assert known.until == NOW - hours(2)


def test_what_nobody_asked_for_until_it_was_no_longer_told_is_a_hole(wallet):
    def walk(at, *, over=True):
        since = at - timedelta(days=90)
        facts = {"limited": True, "certain": True, "records": (), "until": at, "now": at}
        intake.cover(wallet, stream="ledger", since=since, read_at=at if over else None, **facts)

    walk(NOW)
    walk(NOW + timedelta(days=80))
    walk(NOW + timedelta(days=200), over=False)
    assert Coverage.objects.get().holes == []

    walk(NOW + timedelta(days=200))
    walk(NOW + timedelta(days=201))

    told = [(NOW + timedelta(days=80)).isoformat(), (NOW + timedelta(days=110)).isoformat()]
    assert Coverage.objects.get().holes == [told]


def test_balances_are_what_the_exchange_says_now(wallet):
    intake.report_balances(wallet, [Balance("BTC", Decimal("1.5")), Balance("EUR", Decimal(3))], now=NOW)
    small = Decimal("0.000000000000000000000000000000000001")

    intake.report_balances(
        wallet, [Balance("BTC", Decimal(1)), Balance("BTC", small), Balance("ETH", Decimal(0))], now=NOW
    )

    assert [(row.asset, row.amount) for row in ReportedBalance.objects.all()] == [("BTC", Decimal(1) + small)]


def test_a_place_that_could_not_be_read_is_as_it_was_told_last_and_not_empty(wallet):
    told = [Balance("BTC", Decimal(1), "unified"), Balance("USDT", Decimal(500), "earn")]
    intake.report_balances(wallet, told, now=NOW)
    later = NOW + timedelta(days=1)

    intake.report_balances(
        wallet,
        [Balance("BTC", Decimal(2), "unified"), Balance("", Decimal(0), "earn", unread=Cause.UNEXPECTED_REPLY)],
        now=later,
    )

    rows = ReportedBalance.objects.order_by("asset")
    assert [(row.asset, row.amount, row.reported_at) for row in rows] == [
        ("BTC", Decimal(2), later),
        ("USDT", Decimal(500), NOW),
    ]
    kept = ReportedDay.objects.order_by("-day").first()
    assert {asset: Decimal(amount) for asset, amount in kept.amounts.items()} == {"BTC": 2, "USDT": 500}


def test_of_a_place_that_was_never_read_nothing_is_reported(wallet):
    intake.report_balances(wallet, [Balance("", Decimal(0), "earn", unread=Cause.UNEXPECTED_REPLY)], now=NOW)

    assert not ReportedBalance.objects.exists()
    assert ReportedDay.objects.get().amounts == {}
