"""Reports are asked for, made by a worker, kept as they were, and handed out to their owner alone."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import Actor, ActorKind
from ledger import locking, reporting, tasks
from ledger.models import Reckoning, Report, ReportChunk
from ledger.reporting import State, state_of
from ledger.reports.kinds import KINDS
from tests.ledger.gains.books import buys, day, reckon, sells, tell

pytestmark = pytest.mark.django_db
INDEX = "/tax/2025/reports/"


@pytest.fixture
def traded(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", day(400)))
    return reckon(alice)


def ask(owner, kind="8949_csv", year=2025):
    return reporting.ask(by=Actor(ActorKind.OWNER, owner), owner=owner, kind=kind, year=year, now=timezone.now())


def work():
    while tasks.reports(timezone.now()):
        pass


def body(answer):
    assert answer.status_code == 200, answer
    return b"".join(answer)


def text(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_a_report_is_asked_for_on_its_page_made_and_downloaded(alices_browser, alice, traded):
    assert "No report of this year yet" in text(alices_browser.get(INDEX))
    answer = alices_browser.post(INDEX, {"kind": "8949_csv"})
    assert answer.status_code == 302
    page = text(alices_browser.get(INDEX))
    assert "Being made" in page
    assert "every 2s" in page
    work()
    page = text(alices_browser.get(INDEX))
    assert "Ready" in page
    assert "every 2s" not in page
    report = Report.objects.get(owner=alice)
    answer = alices_browser.get(f"/tax/reports/{report.pk}/file/")
    file = body(answer)
    assert answer["Content-Disposition"] == 'attachment; filename="holdfast-8949-2025.csv"'
    assert hashlib.sha256(file).hexdigest() == report.digest
    assert len(file) == report.size
    [line] = csv.DictReader(io.StringIO(file.decode()))
    assert (line["Proceeds"], line["Gain or loss"], line["Wallet"]) == ("300.00", "250.00", "Kraken")
    assert report.figures["long.gain"] == "250"
    assert report.version == traded.version
    assert len(report.inputs) == 64


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if "US" in kind.countries])
def test_every_kind_is_made_of_a_real_history(alice, traded, kind):
    report = ask(alice, kind)
    work()
    report.refresh_from_db()
    assert state_of(report) == State.READY
    assert report.size == sum(len(chunk.body) for chunk in ReportChunk.objects.filter(report=report))
    assert report.name.endswith(KINDS[kind].suffix)


def test_a_large_file_is_kept_in_pieces_and_handed_out_whole(alice, traded, monkeypatch):
    monkeypatch.setattr(reporting, "PIECE", 40)
    report = ask(alice, "gains_csv")
    work()
    report.refresh_from_db()
    pieces = list(reporting.pieces(report))
    assert len(pieces) > 5
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == report.digest


def test_what_is_being_made_is_not_made_twice_and_only_so_much_at_once(alice, traded):
    assert ask(alice).pk == ask(alice).pk
    for year in range(2015, 2015 + reporting.MOST_AT_ONCE - 1):
        ask(alice, year=year)
    with pytest.raises(reporting.TooManyError):
        ask(alice, year=2024)


def test_a_report_waits_until_gains_are_up_to_date(alice, wallet, traded):
    tell(wallet, *sells("T3", "0.5", "200", day(401)))
    report = ask(alice)
    work()
    report.refresh_from_db()
    assert state_of(report) == State.MAKING
    reckon(alice)
    Report.objects.update(not_before=timezone.now())
    work()
    report.refresh_from_db()
    assert report.figures["long.proceeds"] == "500"


def test_a_frozen_report_stays_as_it_was(alice, wallet, traded):
    report = ask(alice)
    work()
    report.refresh_from_db()
    before = b"".join(reporting.pieces(report))
    tell(wallet, *sells("T3", "0.5", "200", day(401)))
    reckon(alice)
    report.refresh_from_db()
    assert b"".join(reporting.pieces(report)) == before
    assert report.figures["long.proceeds"] == "300"


def test_a_form_of_another_country_is_refused(alices_browser, alice, traded):
    with pytest.raises(reporting.NotHereError):
        ask(alice, "sa108_pdf")
    alices_browser.post(INDEX, {"kind": "sa108_pdf"})
    assert not Report.objects.exists()
    assert "SA108" not in text(alices_browser.get(INDEX))


def test_whoever_moved_meanwhile_is_told_so(alice, traded):
    report = ask(alice)
    by = Actor(ActorKind.OWNER, alice)
    tax_settings.set_for_all_years(by=by, owner=alice, now=timezone.now(), country="DE")
    reckon(alice)
    work()
    report.refresh_from_db()
    assert state_of(report) == State.FAILED
    assert "another country" in report.words


def test_files_are_deleted_after_a_while_but_not_those_of_filed_years(alice, traded):
    report = ask(alice)
    by = Actor(ActorKind.OWNER, alice)
    held = locking.lock(by=by, owner=alice, year=2025, note="", now=timezone.now())
    work()
    reporting.prune(timezone.now() + reporting.KEPT + timedelta(days=1))
    report.refresh_from_db()
    assert state_of(report) == State.GONE
    assert not ReportChunk.objects.filter(report=report).exists()
    assert state_of(Report.objects.get(pk=held.settings["report"])) == State.READY


def test_a_report_whose_workers_died_is_given_up_in_words(alice, traded):
    report = ask(alice)
    for _ in range(Report.MAX_ATTEMPTS):
        now = timezone.now()
        Report.objects.filter(pk=report.pk).update(not_before=now)
        assert reporting.due(now, large=False)
        reporting.due(now + timedelta(minutes=5), large=False)
        Report.objects.filter(pk=report.pk, finished_at=None).update(lease_token=None, not_before=now)
    report.refresh_from_db()
    assert state_of(report) == State.FAILED
    assert report.words == reporting.FAILED


def test_many_transactions_go_to_the_long_lane(alice, traded):
    Reckoning.objects.filter(pk=traded.pk).update(transactions=1_000_000)
    ask(alice)
    assert not tasks.reports(timezone.now())
    assert tasks.large_reports(timezone.now())


def test_a_stranger_finds_no_file(alices_browser, bob, traded):
    report = ask(bob)
    assert alices_browser.get(f"/tax/reports/{report.pk}/file/").status_code == 404
    assert alices_browser.get("/tax/1999/reports/").status_code == 404
