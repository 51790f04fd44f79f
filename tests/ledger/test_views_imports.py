"""The pages of imports: a file is brought, asked about, looked through, taken in and back. A stranger finds nothing."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import uploads
from ledger.importing import MOST_WAITING
from ledger.models import ImportFile, ImportRow, ImportTemplate, SourceRow, Transaction
from tests.ledger.bringing import BOUGHT, UNKNOWN, UNREADABLE, kraken_file, work
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
INDEX = "/imports/"


def bring(browser, body, name="ledgers.csv", wallet=None):
    sent = SimpleUploadedFile(name, body)
    answer = browser.post(INDEX, {"file": sent, "wallet": str(wallet.pk) if wallet else ""})
    assert answer.status_code == 302, answer.content.decode()
    work()
    return ImportFile.objects.latest("created_at")


def at(file, part=""):
    return f"{INDEX}{file.pk}/{part}"


def text(answer):
    assert answer.status_code == 200, answer
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


def press(browser, file, part, **data):
    answer = browser.post(at(file, part), data)
    work()
    file.refresh_from_db()
    return answer


def test_a_file_is_brought_looked_through_taken_in_and_taken_back(alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT, UNREADABLE), wallet=wallet)
    page = text(alices_browser.get(at(file)))
    assert "This is what it would bring" in page
    assert "+0.5" in page
    assert not Transaction.objects.exists()

    press(alices_browser, file, "commit/")
    assert (file.state, Transaction.objects.count()) == ("committed", 1)
    one = text(alices_browser.get(f"/transactions/{Transaction.objects.get().pk}/"))
    assert "A file: Kraken ledgers <code>" in one  # and not by a name of ours, kraken_ledgers
    assert f"/transactions/?wallet={wallet.pk}" in text(alices_browser.get(at(file)))
    assert "lines that only this file told" in text(alices_browser.get(at(file, "undo/")))

    press(alices_browser, file, "undo/")
    assert (file.state, Transaction.objects.count()) == ("undone", 0)
    assert "This import was taken back" in text(alices_browser.get(at(file)))


def test_each_line_is_found_under_what_becomes_of_it_with_its_reason(alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT, UNREADABLE), wallet=wallet)
    failed = text(alices_browser.get(at(file), {"lines": "failed"}))
    assert "<strong><bdi>time</bdi>:</strong>" in failed
    assert "soon" in failed
    assert "L1A" not in failed


def test_lines_say_by_whose_clock_their_times_are_shown(alices_browser, alice, wallet):
    """Beside each stands the time as the file has it, by another clock."""
    alice.time_zone = "Europe/Lisbon"
    alice.save()

    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)

    assert "Times in Europe/Lisbon.</p>" in text(alices_browser.get(at(file)))


def test_lines_that_cannot_be_read_are_said_before_the_rest_is_taken_in_and_after(alices_browser, wallet):
    """“Imported”, in green, above a history that lacks a line."""
    file = bring(alices_browser, kraken_file(*BOUGHT, UNREADABLE), wallet=wallet)
    page = text(alices_browser.get(at(file)))
    assert "1 of its lines cannot be read and would be left out" in page
    assert 'href="?lines=failed#lines"' in page

    press(alices_browser, file, "commit/")
    assert "1 of its lines cannot be read and is not among them" in text(alices_browser.get(at(file)))


def test_a_file_of_which_nothing_can_be_read_is_not_said_to_wait_for_being_taken_in(alices_browser, wallet):
    page = text(alices_browser.get(at(bring(alices_browser, kraken_file(UNREADABLE), wallet=wallet))))

    assert "Nothing of it can be taken in" in page
    assert "take them in" not in page.lower()
    assert "Ready to look at" not in text(alices_browser.get(INDEX))


def test_lines_go_on_by_their_number(alices_browser, wallet):
    lines = [f"L{n},T{n},2026-11-20 12:00:00,deposit,,currency,ZEUR,1,0,0" for n in range(60)]
    file = bring(alices_browser, kraken_file(*lines), wallet=wallet)
    first = text(alices_browser.get(at(file)))
    assert "lines=new&amp;after=51" in first
    further = text(alices_browser.get(at(file), {"lines": "new", "after": "51"}))
    assert "L59," in further
    assert "L49," not in further
    assert "L0," in text(alices_browser.get(at(file), {"after": "a lot"}))


def test_lines_that_failed_come_back_mended_under_the_same_header(alices_browser, wallet):
    risky = 'L3,=1+2,never,trade,,currency,XXBT,1,0,"@note"'
    file = bring(alices_browser, kraken_file(*BOUGHT, UNREADABLE, risky), wallet=wallet)
    press(alices_browser, file, "commit/")
    sent = text(alices_browser.get(at(file, "to-mend.csv")))
    rows = list(csv.reader(io.StringIO(sent)))
    assert rows[0][:3] == ["txid", "refid", "time"]
    assert (rows[1][0], rows[2][1], rows[2][-1]) == ("L2", "'=1+2", "'@note")
    again = bring(alices_browser, sent.replace("soon", "2026-11-21 10:00:00").encode(), wallet=wallet)
    assert (again.counts["new"], again.counts["failed"]) == (1, 1)


def test_what_is_asked_is_said_with_its_reason_and_an_answer_goes_on(alices_browser, alice):
    file = bring(alices_browser, kraken_file(*BOUGHT))
    page = text(alices_browser.get(at(file)))
    assert "Whose history is this?" in page
    assert "counted once, in the same wallet" in page

    missing = alices_browser.post(at(file, "answer/"), {})
    assert "Please answer this too." in text(missing)
    wrong = alices_browser.post(at(file, "answer/"), {"wallet": "somebody's"})
    assert wrong.status_code == 200
    press(alices_browser, file, "answer/", wallet="new")
    assert (file.state, file.wallet.exchange) == ("preview", "kraken")


def test_another_wallet_may_be_chosen_while_nothing_counts_yet(alices_browser, alice, bob, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    page = text(alices_browser.get(at(file)))
    assert "Another wallet?" in page
    assert f'value="{wallet.pk}"' not in page  # it goes there already
    assert "Choose a wallet first." in text(alices_browser.post(at(file, "answer/"), {"wallet": ""}))
    theirs = Wallet.objects.create(owner=bob, exchange="kraken", way="csv", label="B", created_at=wallet.created_at)
    assert alices_browser.post(at(file, "answer/"), {"wallet": str(theirs.pk)}).status_code == 200
    file.refresh_from_db()
    assert (file.state, file.wallet) == ("preview", wallet)

    other = Wallet.objects.create(owner=alice, exchange="", way="csv", label="Old", created_at=wallet.created_at)
    press(alices_browser, file, "answer/", wallet=str(other.pk))
    assert (file.state, file.wallet, file.counts["new"]) == ("preview", other, 2)
    press(alices_browser, file, "commit/")
    assert [each.wallet for each in Transaction.objects.all()] == [other]
    alices_browser.post(at(file, "answer/"), {"wallet": str(wallet.pk)})
    file.refresh_from_db()
    assert (file.state, file.wallet) == ("committed", other)


@pytest.mark.parametrize(
    ("state", "done", "whole", "words"),
    [
        ("reading", 0, None, "Finding out what it is"),
        ("reading", 2000, 52340, "2,000 of 52,340"),
        ("reading", 52340, 52340, "Comparing it with what is here"),
        ("committing", 1500, 52340, "1,500 of 52,340"),
        ("committing", 0, 52340, "Taking the lines in"),
        ("undoing", 1500, 52340, "Taking the lines back"),
    ],
)
def test_how_far_it_is_is_said(state, done, whole, words, alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    ImportFile.objects.filter(pk=file.pk).update(state=state, done_rows=done, all_rows=whole)
    piece = alices_browser.get(at(file), headers={"HX-Request": "true", "HX-Target": "under-way"})
    assert words in text(piece)
    assert words in text(alices_browser.get(at(file)))


def test_what_would_move_is_told_under_the_names_that_assets_have_here(alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    assert {leg["asset"] for line in ImportRow.objects.filter(file=file) for leg in line.told[0]["legs"]} == {
        "EUR",
        "BTC",
    }


def test_an_unknown_file_is_mapped_with_a_look_asked_about_kept_and_known_again(alices_browser, wallet):
    file = bring(alices_browser, UNKNOWN, "mine.csv", wallet)
    assert "Go through the columns" in text(alices_browser.get(at(file)))
    assert "how much" in text(alices_browser.get(at(file, "columns/")))

    roles = {"column-0": "date", "column-1": "type", "column-2": "amount", "column-3": "currency"}
    kinds = {"value-0": "buy", "kind-0": "reward:staking"}
    look = alices_browser.post(
        at(file, "columns/"), {**roles, **kinds}, headers={"HX-Request": "true", "HX-Target": "look"}
    )
    assert "<strong>Reward</strong>" in text(look)
    assert "<html" not in text(look)
    assert ImportFile.objects.get().state == "questions"

    press(alices_browser, file, "columns/", **roles, **kinds, step="do")
    assert {each["name"] for each in file.questions} >= {"order"}
    assert "The day comes first" in text(alices_browser.get(at(file)))
    answers = {"order": "dmy", "zone": "Europe/Vienna", "decimal": "."}
    press(alices_browser, file, "answer/", **{each["name"]: answers[each["name"]] for each in file.questions})
    assert (file.state, file.counts["new"]) == ("preview", 2)

    press(alices_browser, file, "columns/keep/", name="My list")
    again = bring(alices_browser, UNKNOWN, "again.csv", wallet)
    assert (again.state, again.mapping["kinds"]) == ("preview", [["buy", "reward:staking"]])
    alices_browser.post(at(again, "discard/"))
    assert "My list" in text(alices_browser.get("/imports/columns/"))
    template = ImportTemplate.objects.get()
    alices_browser.post(f"/imports/columns/{template.pk}/delete/")
    assert not ImportTemplate.objects.exists()


def test_a_mapping_that_cannot_be_names_the_column(alices_browser, wallet):
    file = bring(alices_browser, UNKNOWN, "mine.csv", wallet)
    answer = alices_browser.post(at(file, "columns/"), {"column-0": "date", "column-1": "date", "step": "do"})
    page = text(answer)
    assert "“when” and “what” cannot both be that" in page
    assert "Please say which column holds the amount" in page
    assert ImportFile.objects.get().mapping is None


def test_a_zone_that_is_none_is_said_to_be(alices_browser, wallet):
    file = bring(alices_browser, UNKNOWN, "mine.csv", wallet)
    roles = {"column-0": "date", "column-2": "amount", "column-3": "currency"}
    press(alices_browser, file, "columns/", **roles, step="do")
    names = [each["name"] for each in file.questions]
    if "zone" in names:
        answers = {"order": "dmy", "zone": "Middle/Earth", "decimal": "."}
        answer = alices_browser.post(at(file, "answer/"), {name: answers[name] for name in names})
        assert "no time zone that is known here" in text(answer)


def test_while_it_is_read_the_page_asks_again_and_then_shows_what_came(alices_browser, wallet):
    alices_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", kraken_file(*BOUGHT)), "wallet": str(wallet.pk)})
    file = ImportFile.objects.get()
    assert 'hx-trigger="every' in text(alices_browser.get(at(file)))
    asking = {"HX-Request": "true", "HX-Target": "under-way"}
    assert "under-way" in text(alices_browser.get(at(file), headers=asking))
    work()
    assert alices_browser.get(at(file), headers=asking)["HX-Refresh"] == "true"


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4", b"\0\0\0"])
def test_what_cannot_be_read_says_why_and_what_to_do(alices_browser, wallet, body):
    file = bring(alices_browser, body, "export.csv", wallet)
    page = text(alices_browser.get(at(file)))
    assert file.state == "refused"
    assert file.words.split(".")[0] in page
    assert "Bring another file" in page
    press_away = alices_browser.post(at(file, "discard/"))
    assert press_away.status_code == 302
    assert not ImportFile.objects.exists()


def test_what_is_too_large_is_refused_in_words(alices_browser, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 10)
    answer = alices_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"x" * 100)})
    assert "larger than 256 MB" in text(answer)
    assert not ImportFile.objects.exists()


def test_without_a_file_it_is_said(alices_browser):
    assert "Choose a file first." in text(alices_browser.post(INDEX, {}))


def test_many_files_at_once_are_put_off(alices_browser, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "files": (1, 600)}
    alices_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"a,b")})
    answer = alices_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"a,b")})
    assert "Please bring this one again in 10 minutes." in text(answer)
    assert ImportFile.objects.count() == 1


def test_who_lets_very_much_wait_takes_it_in_or_gives_it_up_first(alices_browser):
    """It lies in the database for two weeks: one account could have filled the disk."""
    alices_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"a,b")})
    ImportFile.objects.update(size=MOST_WAITING)
    answer = alices_browser.post(INDEX, {"file": SimpleUploadedFile("b.csv", b"a,b")})
    assert "Take them in, or give them up, and bring this one again." in text(answer)
    assert ImportFile.objects.count() == 1

    ImportFile.objects.update(state="committed")
    alices_browser.post(INDEX, {"file": SimpleUploadedFile("b.csv", b"a,b")})
    assert ImportFile.objects.count() == 2


def test_a_form_of_somebody_elses_page_brings_nothing(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"a,b")}).status_code == 403


def test_what_is_pressed_too_late_is_told_calmly(alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    press(alices_browser, file, "commit/")
    for part in ("commit/", "discard/", "columns/keep/", "answer/"):
        assert alices_browser.post(at(file, part), {"name": "x"}, follow=True).status_code == 200
    assert alices_browser.get(at(file, "columns/")).status_code == 302
    file.refresh_from_db()
    assert file.state == "committed"


def test_a_stranger_finds_nothing(bobs_browser, alices_browser, wallet):
    file = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    for part in ("", "columns/", "undo/", "to-mend.csv"):
        assert bobs_browser.get(at(file, part)).status_code == 404
    for part in ("answer/", "columns/", "columns/keep/", "commit/", "undo/", "discard/"):
        assert bobs_browser.post(at(file, part)).status_code == 404
    into_hers = bobs_browser.post(INDEX, {"file": SimpleUploadedFile("a.csv", b"a"), "wallet": str(wallet.pk)})
    assert into_hers.status_code == 200
    assert not ImportFile.objects.filter(owner__email="bob@example.test").exists()
    assert file.name not in text(bobs_browser.get(INDEX))
    assert not SourceRow.objects.exists()


def test_many_files_and_lines_cost_no_more_questions_than_few(alices_browser, wallet):
    file = bring(alices_browser, kraken_file(BOUGHT[0]), wallet=wallet)

    def asked(address):
        alices_browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert alices_browser.get(address).status_code == 200
        return len(queries)

    few = asked(INDEX), asked(at(file))
    more = bring(
        alices_browser, kraken_file(*BOUGHT, *(BOUGHT[0].replace("L1A", f"M{n}") for n in range(30))), wallet=wallet
    )
    for _ in range(5):
        bring(alices_browser, b"", wallet=wallet)
    assert (asked(INDEX), asked(at(more))) == few


def test_the_same_bytes_again_are_told(alices_browser, wallet):
    press(alices_browser, bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet), "commit/")
    again = bring(alices_browser, kraken_file(*BOUGHT), wallet=wallet)
    page = text(alices_browser.get(at(again)))
    assert "You have brought this very file before" in page
    assert "Nothing in it is new" in page
    assert ImportRow.objects.filter(file=again, state="duplicate").count() == 2


def test_a_wallets_pages_lead_here(alices_browser, wallet):
    assert f"{reverse('imports:index')}?wallet={wallet.pk}" in text(alices_browser.get(f"/wallets/{wallet.pk}/"))
    chosen = text(alices_browser.get(INDEX, {"wallet": str(wallet.pk)}))
    assert f'<option value="{wallet.pk}" selected>' in chosen
