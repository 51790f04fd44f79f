"""Files: looked at, asked about, kept whole or not at all, taken back exactly; and one with what the API tells."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.audit import Actor, ActorKind
from config.turns import TurnTakenError
from ledger import edits, import_brought, import_steps, importing, journal
from ledger.imports import formats
from ledger.models import ImportFile, ImportRow, Journal, SourceRow, Transaction
from ledger.tasks import give_up_fallen, heavy_imports, learn
from ledger.tasks import imports as step
from tests.ledger.conftest import NOW
from tests.ledger.stand import SOON, assert_sound, held, ledger_row, read, store
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
DAY = timedelta(days=1)
SAMPLES = Path(__file__).parent / "imports" / "samples"
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance"


def kraken_line(name, refid, asset, amount, fee="0", *, kind="trade", at="2026-11-20 12:00:00"):
    return f"{name},{refid},{at},{kind},,currency,{asset},{amount},{fee},0"


def kraken_file(*lines):
    return "\n".join([HEADER, *lines]).encode()


BOUGHT = (
    kraken_line("L1A", "T1", "ZEUR", "-100", "0.26"),
    kraken_line("L1B", "T1", "XXBT", "0.5"),
)


@pytest.fixture
def bring(alice, wallet):
    def run(body, name="ledgers.csv", into=wallet, **answers):
        file = importing.receive(by=OWNER, owner=alice, stream=io.BytesIO(body), name=name, wallet=into, now=NOW)
        work(file)
        if answers:
            importing.answer(owner=alice, file=file, answers=answers, now=NOW)
            work(file)
        file.refresh_from_db()
        return file

    return run


def work(file):
    ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
    while step(SOON):
        pass
    file.refresh_from_db()


def commit(file):
    importing.commit(by=OWNER, file=file, now=NOW)
    work(file)
    assert file.state == "committed", file.words


def undo(file):
    importing.undo(by=OWNER, file=file, now=NOW)
    work(file)
    assert file.state == "undone", file.words


def test_a_file_is_looked_at_before_anything_of_it_counts(bring, wallet):
    file = bring(kraken_file(*BOUGHT, "L2,T2,soon,trade,,currency,XXBT,1,0,0"))
    assert (file.state, file.counts) == ("preview", {"new": 2, "duplicate": 0, "skipped": 0, "failed": 1})
    assert file.formats[0]["exchange"] == "kraken"
    [failed] = ImportRow.objects.filter(file=file, state="failed")
    assert (failed.number, failed.column) == (4, "time")
    assert not Transaction.objects.exists()
    assert not SourceRow.objects.exists()

    commit(file)
    [bought] = Transaction.objects.all()
    assert (bought.kind, bought.sent_amount, bought.received_amount) == ("trade", Decimal(100), Decimal("0.5"))
    assert bought.origins == ["file"]
    assert_sound(wallet)


def test_undo_takes_back_exactly_what_came_and_again_brings_it_back_under_its_name(bring, wallet):
    file = bring(kraken_file(*BOUGHT))
    commit(file)
    before = list(Transaction.objects.values_list("pk", flat=True))
    undo(file)
    assert (held(wallet), Transaction.objects.exists()) == ({}, False)
    again = bring(kraken_file(*BOUGHT))
    assert again.counts["new"] == 2
    commit(again)
    assert list(Transaction.objects.values_list("pk", flat=True)) == before
    assert_sound(wallet)


def test_files_that_overlap_tell_each_line_once_and_undo_leaves_what_the_other_brought(bring, wallet):
    more = (kraken_line("L2A", "T2", "ZEUR", "-50"), kraken_line("L2B", "T2", "XXBT", "0.25"))
    first = bring(kraken_file(*BOUGHT))
    commit(first)
    second = bring(kraken_file(*BOUGHT, *more))
    assert second.counts == {"new": 2, "duplicate": 2, "skipped": 0, "failed": 0}
    [told] = Transaction.objects.values_list("pk", flat=True)
    assert set(ImportRow.objects.filter(file=second, state="duplicate").values_list("same_as", flat=True)) == {told}
    commit(second)
    assert held(wallet)["BTC"] == Decimal("0.75")
    undo(first)
    assert held(wallet)["BTC"] == Decimal("0.75")  # the second file tells all of it
    undo(second)
    assert held(wallet) == {}
    assert_sound(wallet)


def test_what_each_file_brought_is_kept_with_it_whatever_comes_and_goes_beside_it(bring, django_assert_num_queries):
    lines = [
        (kraken_line(f"L{n}A", f"T{n}", "ZEUR", "-50"), kraken_line(f"L{n}B", f"T{n}", "XXBT", "1")) for n in "123"
    ]
    files = [bring(kraken_file(*lines[0], *lines[1])), bring(kraken_file(*lines[1], *lines[2]))]
    files += [bring(kraken_file(*lines[1])), bring(kraken_file(*lines[0]))]
    for file, brought in zip(files, ([(4, 0)], [(2, 2), (2, 2)], [(2, 2), (2, 2), (0, 2)]), strict=False):
        commit(file)
        assert [kept(each) for each in files[: len(brought)]] == brought
    importing.undo(by=OWNER, file=files[0], now=SOON + DAY)  # asked for: until it is done its rows are here
    commit(files[3])
    assert [kept(each) for each in files] == [(0, 4), (2, 2), (0, 2), (0, 2)]
    work(files[0])
    assert [kept(each) for each in files[1:]] == [(2, 2), (0, 2), (2, 0)]
    undo(files[1])
    assert [kept(each) for each in files[2:]] == [(2, 0), (2, 0)]
    with django_assert_num_queries(0):
        import_brought.of(files[3])


def kept(file):
    """As it is kept, which is as it is counted anew."""
    file.refresh_from_db()
    found = import_brought.of(file)
    file.counts = {name: count for name, count in file.counts.items() if name != "brought"}
    assert found == import_brought.of(file)
    file.refresh_from_db()
    return found.rows, found.shared


@pytest.mark.parametrize("api_first", [True, False])
def test_the_same_history_by_api_and_by_file_is_one_in_either_order(api_first, bring, wallet, alice):
    def by_api():
        store(
            wallet,
            ledger_row("L1A", "T1", "ZEUR", "-100", "0.26", at=AT),
            ledger_row("L1B", "T1", "XXBT", "0.5000000001", at=AT),
        )
        read(wallet)

    def by_file():
        file = bring(kraken_file(*BOUGHT))
        assert file.counts["duplicate" if api_first else "new"] == 2
        commit(file)
        return file

    first, second = (by_api, by_file) if api_first else (by_file, by_api)
    first()
    [before] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[before.pk], changes={"note": "mine"}, now=SOON)
    second()
    [after] = Transaction.objects.all()
    assert (after.pk, after.note, sorted(after.origins), len(after.rows)) == (before.pk, "mine", ["api", "file"], 4)
    assert held(wallet)["BTC"] == Decimal("0.5000000001")  # the file rounds
    assert_sound(wallet)


def test_a_changed_line_of_a_second_file_replaces_and_its_undo_brings_the_first_back(bring, wallet):
    commit(bring(kraken_file(*BOUGHT)))
    second = bring(kraken_file(BOUGHT[0].replace("-100", "-101"), BOUGHT[1]))
    commit(second)
    assert held(wallet)["EUR"] == Decimal("-101.26")
    undo(second)
    assert held(wallet)["EUR"] == Decimal("-100.26")
    assert_sound(wallet)


def test_twins_within_a_file_stay_two(bring, alice):
    wallet = Wallet.objects.create(owner=alice, exchange="binance", way="csv", label="B", created_at=NOW)
    line = "2026-01-02 03:04:05,BTCUSDT,BUY,40000,0.5BTC,20000USDT,0.0005BTC"
    body = f"Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n{line}\n{line}".encode()
    file = bring(body, into=wallet)
    commit(file)
    assert Transaction.objects.filter(wallet=wallet).count() == 2
    again = bring(body + b"\n" + line.encode(), into=wallet)
    assert again.counts["duplicate"] == 2
    commit(again)
    assert Transaction.objects.filter(wallet=wallet).count() == 3
    assert_sound(wallet)


def test_whose_it_is_is_asked_and_a_new_wallet_is_named_after_its_exchange(bring, alice):
    file = bring(kraken_file(*BOUGHT), into=None)
    assert file.state == "questions"
    [asked] = [question for question in file.questions if question["name"] == "wallet"]
    assert asked["choices"][-1]["value"] == "new"
    importing.answer(owner=alice, file=file, answers={"wallet": "new"}, now=NOW)
    work(file)
    assert (file.state, file.wallet.exchange, file.wallet.way) == ("preview", "kraken", "csv")


def test_dates_that_could_be_read_two_ways_are_asked(bring):
    body = b"when,what,how much,of what\n03/04/2026 10:00:00,buy,1.5,BTC\n05/06/2026 11:00:00,buy,2.5,BTC\n"
    mapping = {"date": "when", "amount": "how much", "currency": "of what"}
    file = bring(body, name="mine.csv")
    assert (file.state, file.columns) == ("questions", ["when", "what", "how much", "of what"])
    file = bring(body, name="mine.csv", mapping=mapping)
    names = {question["name"] for question in file.questions}
    assert "order" in names
    answers = {name: {"order": "dmy", "zone": "UTC", "decimal": "."}[name] for name in names}
    importing.answer(owner=file.owner, file=file, answers=answers, now=NOW)
    work(file)
    assert (file.state, file.counts["new"]) == ("preview", 2)
    commit(file)
    first = Transaction.objects.order_by("occurred_at").first()
    assert (first.occurred_at, first.received_amount) == (datetime(2026, 4, 3, 10, tzinfo=UTC), Decimal("1.5"))
    journal.from_the_beginning(file.wallet)
    read(file.wallet)
    assert_sound(file.wallet)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"%PDF-1.4 something", "pdf"),
        (b"<html><body><table></table></body></html>", "web_page"),
        (b"\0\0\0\0\0\0\0\0", ""),
        (b"", ""),
        (b"x" * 3_000_000, ""),
    ],
)
def test_what_is_no_export_is_refused_in_words(body, code, bring):
    file = bring(body, name="export.csv")
    assert file.state in {"refused", "questions"}
    if file.state == "refused":
        assert file.words
        assert not code or file.code in {code, "markup", "html"}
    assert not SourceRow.objects.exists()


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half(bring, monkeypatch):
    file = bring(kraken_file(*BOUGHT))
    importing.commit(by=OWNER, file=file, now=NOW)
    monkeypatch.setattr(journal, "catch_up", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        step(SOON)
    assert not SourceRow.objects.exists()
    monkeypatch.undo()
    ImportFile.objects.filter(pk=file.pk).update(lease_until=NOW)
    work(file)
    ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
    work(file)
    assert (file.state, Transaction.objects.count()) == ("committed", 1)


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.stem)
def test_real_exports_come_in_and_go_out_again_whole(sample, bring, alice):
    file = bring(sample.read_bytes(), name=sample.name, into=None, wallet="new")
    assert (file.state, file.counts["failed"]) == ("preview", 0), file.questions
    commit(file)
    assert Transaction.objects.filter(wallet=file.wallet).exists()
    assert_sound(file.wallet)
    undo(file)
    assert held(file.wallet) == {}


def test_rows_are_read_again_when_their_format_has_learned_something_and_words_stay(bring, wallet, alice, monkeypatch):
    commit(bring(kraken_file(*BOUGHT)))
    [before] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[before.pk], changes={"note": "mine"}, now=SOON)
    learn(SOON)
    assert not Journal.objects.get(wallet=wallet).behind

    reader = formats.reader("kraken_ledgers")
    says = reader.form.read_cells
    learned = replace(reader.form, read_cells=lambda cells: [each._replace(category="more") for each in says(cells)])
    monkeypatch.setattr(reader, "form", learned)
    monkeypatch.setattr(reader, "VERSION", reader.VERSION + 1)
    learn(SOON)
    assert Journal.objects.get(wallet=wallet).behind
    read(wallet)
    [after] = Transaction.objects.all()
    assert (after.pk, after.note, after.category) == (before.pk, "mine", "more")


@pytest.mark.parametrize(("asked", "ends"), [(importing.commit, "failed"), (importing.undo, "committed")])
def test_what_kills_its_worker_each_time_is_given_up_and_all_is_as_it_was(asked, ends, bring):
    file = bring(kraken_file(*BOUGHT))
    if asked is importing.undo:
        commit(file)
    asked(by=OWNER, file=file, now=NOW)
    for _ in range(ImportFile.MAX_ATTEMPTS):
        assert ImportFile.objects.filter(finished_at=None).claim(now=SOON)
        ImportFile.objects.update(lease_until=NOW)
        give_up_fallen(SOON)
        ImportFile.objects.update(not_before=NOW)
    file.refresh_from_db()
    assert (file.state, file.finished_at is not None, bool(file.words)) == (ends, True, True)
    assert Transaction.objects.exists() is (ends == "committed")


@pytest.mark.parametrize("limit", ["LIGHT_LINES", "LIGHT_WALLET"])
def test_what_takes_long_is_handed_to_the_long_lane(limit, bring, wallet, monkeypatch):
    commit(bring(kraken_file(*BOUGHT)))
    monkeypatch.setattr(import_steps, limit, 1)
    file = bring(kraken_file(*BOUGHT))
    assert (file.state, file.heavy, file.attempts, file.lease_token) == ("reading", True, 0, None)
    ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
    assert not step(SOON)
    assert heavy_imports(SOON)
    file.refresh_from_db()
    assert (file.state, file.counts["duplicate"]) == ("preview", 2)


@pytest.mark.parametrize(
    ("body", "heavy"),
    [(b"a,b\n", False), (b"PK" + b"x" * importing.LIGHT_PACKED, True), (b"a,b\n" * importing.LIGHT, True)],
)
def test_a_file_is_known_by_its_size_to_take_long(body, heavy, alice, wallet):
    file = importing.receive(by=OWNER, owner=alice, stream=io.BytesIO(body), name="f", wallet=wallet, now=NOW)
    assert ImportFile.objects.get(pk=file.pk).heavy is heavy


def test_a_file_waits_for_another_that_is_being_taken_in_and_that_is_no_attempt(bring, monkeypatch):
    file = bring(kraken_file(*BOUGHT))
    importing.commit(by=OWNER, file=file, now=NOW)

    def taken(*_args, **_kwargs):
        raise TurnTakenError

    monkeypatch.setattr(Journal.objects, "turn", taken)
    step(SOON)
    file.refresh_from_db()
    assert (file.state, file.attempts, file.lease_token) == ("committing", 0, None)
    monkeypatch.undo()
    work(file)
    assert file.state == "committed"


def test_lines_dated_in_the_future_are_taken_and_pointed_out(bring):
    late = kraken_line("L2", "T2", "XXBT", "1", kind="deposit", at="2062-11-19 12:00:00")
    soon = kraken_line("L3", "T3", "XXBT", "1", kind="deposit", at=f"{NOW:%Y-%m-%d} 23:00:00")
    file = bring(kraken_file(*BOUGHT, late, soon))
    reasons = dict(ImportRow.objects.filter(file=file).values_list("original", "reason"))
    assert (file.counts["new"], reasons[late]) == (4, "Dated in the future: check the year.")
    assert not any(reasons[line] for line in (*BOUGHT, soon))
    [note] = file.notes
    assert note["code"] == "future"
    assert note["words"].startswith("One line is dated in the future.")
