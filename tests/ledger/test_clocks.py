"""A file whose clock is hours off is asked about once; what is said holds for what comes, and can be taken back."""

from __future__ import annotations

import html
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from ledger import clocks, clocks_shown, decisions, discrepancies, edits, importing, journal, looking
from ledger.belongings import BELONGINGS
from ledger.decisions import CannotBeError, Kind, Verdict
from ledger.models import ClockQuestion, ClockWord, Decision, ImportRow, Journal, Proposal, Transaction
from tests.accounts.api.conftest import script_of
from tests.ledger.bringing import OWNER, at_work, taken, taken_back
from tests.ledger.conftest import NOW
from tests.ledger.imports.tracker_files import HEADER, line
from tests.ledger.matched import arrived
from tests.ledger.stand import SOON, assert_sound, held, read, removed_and_added_again, store
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AHEAD = 2 * HOUR
DUPLICATES, CLOCKS = "/transactions/duplicates/", "/api/v1/duplicates/clocks/"


def amount(number):
    return f"{number + 1}.51237"


def told_by_the_exchange(wallet, numbers, **facts):
    store(wallet, *(arrived(number, amount(number), NOW - 2 * number * DAY) for number in numbers), **facts)
    look(wallet)


def told_by_a_file(owner, wallet, numbers, ahead=AHEAD):
    """To the minute, by another clock."""
    lines = [f"{NOW - 2 * number * DAY + ahead:%Y-%m-%d %H:%M},{amount(number)},BTC,," for number in numbers]
    body = io.BytesIO("\n".join(["Koinly Date,Amount,Currency,Label,TxHash", *lines]).encode())
    file = importing.receive(by=OWNER, owner=owner, stream=body, name="koinly.csv", wallet=wallet, now=NOW)
    at_work(file)
    importing.commit(by=OWNER, file=file, now=NOW)
    at_work(file)
    assert file.state == "committed", file.words
    look(wallet)
    return file


def told_by_a_third(owner, wallet, numbers, ahead=AHEAD):
    """In another format."""
    told = [(NOW - 2 * number * DAY + ahead, amount(number)) for number in numbers]
    lines = [
        line("koinly_template", date=f"{at:%Y-%m-%d %H:%M}", received_amount=came, received_currency="BTC")
        for at, came in told
    ]
    return taken(owner, wallet, "\n".join([HEADER["koinly_template"], *lines]).encode(), "template.csv")


def look(wallet):
    read(wallet)
    looking.look(wallet, now=SOON)


@pytest.fixture
def asked(wallet, alice):
    told_by_the_exchange(wallet, range(8))
    told_by_a_file(alice, wallet, range(7))
    return ClockQuestion.objects.get()


def say(asked, *, same):
    word = clocks.say(by=OWNER, asked=asked, same=same, now=SOON)
    looking.look(asked.wallet, now=SOON)
    return word


def turn(owner, word, wallet):
    word = clocks.turn(by=OWNER, owner=owner, word=word, now=SOON)
    looking.look(wallet, now=SOON)
    return word


def test_hours_off_are_one_question_and_no_doubts(asked, wallet):
    assert (asked.origin, asked.against, asked.seconds, asked.pairs) == ("file:koinly_simple", "api", 7200, 7)
    assert (asked.since, asked.until) == (NOW - 12 * DAY, NOW + AHEAD)
    assert {reason["code"] for reason in asked.reasons} >= {"amount_equal", "time_shifted"}
    assert not Proposal.objects.exists()
    assert Transaction.objects.count() == 15


def test_a_look_at_a_part_leaves_the_others_in_the_question(asked, wallet):
    told_by_the_exchange(wallet, range(20, 21))
    store(wallet, arrived("z", "9.9", NOW))
    look(wallet)
    assert ClockQuestion.objects.get().pairs == 7


def test_a_yes_joins_all_of_them(asked, wallet):
    say(asked, same=True)
    assert Transaction.objects.count() == 8
    assert held(wallet) == {"BTC": sum(Decimal(amount(number)) for number in range(8))}
    assert Transaction.objects.get(received_amount=amount(0)).occurred_at == NOW  # the exchange is believed
    assert set(Decision.objects.values_list("kind", "by_itself", "clock__same")) == {("same", True, True)}
    assert not ClockQuestion.objects.exists()
    assert not Proposal.objects.exists()
    assert Journal.objects.get().look_from is None
    assert_sound(wallet)


def test_a_yes_holds_for_what_comes_later_and_the_preview_says_so(asked, wallet, alice):
    say(asked, same=True)
    told_by_the_exchange(wallet, range(8, 10))
    file = told_by_a_file(alice, wallet, range(7, 11))
    assert set(ImportRow.objects.filter(file=file, state="duplicate").values_list("number", flat=True)) == {2, 3, 4}
    told_by_the_exchange(wallet, range(10, 11))
    assert Transaction.objects.count() == 11
    assert not ClockQuestion.objects.exists()
    assert_sound(wallet)


def test_a_no_is_remembered(asked, wallet, alice):
    say(asked, same=False)
    assert (ClockQuestion.objects.count(), Transaction.objects.count()) == (0, 15)
    journal.from_the_beginning(wallet)
    look(wallet)
    told_by_the_exchange(wallet, range(8, 14))
    told_by_a_file(alice, wallet, range(8, 14))
    assert not ClockQuestion.objects.exists()
    assert not Proposal.objects.exists()
    assert not Decision.objects.exists()
    assert_sound(wallet)


def test_a_yes_is_taken_back_and_said_again(asked, wallet, alice):
    word = turn(alice, say(asked, same=True), wallet)
    assert (word.same, Transaction.objects.count()) == (False, 15)
    assert (ClockQuestion.objects.count(), Proposal.objects.count()) == (0, 0)
    assert_sound(wallet)
    word = turn(alice, word, wallet)
    assert (word.same, Transaction.objects.count()) == (True, 8)
    assert_sound(wallet)
    turn(alice, word, wallet)
    assert Transaction.objects.count() == 15
    assert_sound(wallet)


def test_only_the_latest_word_is_turned_and_a_question_is_answered_once(asked, wallet, alice):
    word = say(asked, same=True)
    with pytest.raises(CannotBeError):
        clocks.say(by=OWNER, asked=asked, same=False, now=SOON)
    turn(alice, word, wallet)
    with pytest.raises(CannotBeError):
        clocks.turn(by=OWNER, owner=alice, word=word, now=SOON)
    assert ClockWord.objects.count() == 2


def test_what_its_owner_said_of_two_alone_is_stronger(asked, wallet, alice):
    word = say(asked, same=True)
    mine, hers = Decision.objects.order_by("id")[:2]
    for kind, each in ((Kind.DIFFERENT, mine), (Kind.SAME, hers)):
        verdict = Verdict(kind, [each.one_id], [each.other_id])
        decisions.decide(by=OWNER, owner=alice, verdict=verdict, now=SOON)
    look(wallet)
    assert Transaction.objects.count() == 9
    word = turn(alice, word, wallet)
    assert Transaction.objects.count() == 14  # one pair is one by its owner's own word
    turn(alice, word, wallet)
    assert Transaction.objects.count() == 9
    assert_sound(wallet)


def test_a_pair_that_was_told_apart_is_in_no_question(wallet, alice, asked):
    for one, other in zip(asked.ones[:2], asked.others[:2], strict=True):
        decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Kind.DIFFERENT, [one], [other]), now=SOON)
    ClockQuestion.objects.all().delete()
    journal.look_again(wallet)
    looking.look(wallet, now=SOON)
    assert ClockQuestion.objects.get().pairs == 5


def test_a_file_that_is_taken_back_takes_its_question_along(wallet, alice):
    told_by_the_exchange(wallet, range(8))
    file = told_by_a_file(alice, wallet, range(7))
    taken_back(file)
    look(wallet)
    assert not ClockQuestion.objects.exists()


def test_what_is_left_out_is_not_asked_about(asked, wallet, alice):
    edits.edit(by=OWNER, owner=alice, ids=asked.others[:1], changes={"ignored": True}, now=SOON)
    look(wallet)
    assert ClockQuestion.objects.get().pairs == 6


def test_words_and_what_they_joined_are_back_with_the_account(asked, wallet, alice):
    say(asked, same=True)
    again = removed_and_added_again(wallet, now=SOON)
    told_by_the_exchange(again, range(8))
    told_by_a_file(alice, again, range(7))
    assert Transaction.objects.filter(wallet=again).count() == 8
    assert not ClockQuestion.objects.exists()
    turn(alice, ClockWord.objects.get(), again)
    assert Transaction.objects.filter(wallet=again).count() == 15
    assert_sound(again)


def test_words_hold_where_the_account_is_found_again_under_another_book(asked, wallet, alice):
    """The exchange does not tell whose account it is: what it tells of it does."""
    gone = say(asked, same=True)
    again = removed_and_added_again(wallet, now=SOON, known=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.former.LONG", 2)  # the ids of these rows are short
        told_by_the_exchange(again, range(11))
    told_by_a_file(alice, again, range(11))
    assert again.book != wallet.book
    assert Transaction.objects.filter(wallet=again).count() == 11
    assert not ClockQuestion.objects.exists()
    [said] = clocks_shown.said(alice, clocks.words_of(alice), now=SOON)
    assert (said.clock, said.wallet) == (gone, again)

    word = turn(alice, gone, again)
    assert (Transaction.objects.filter(wallet=again).count(), list(clocks.words_of(alice))) == (22, [word])
    assert_sound(again)
    turn(alice, word, again)
    assert Transaction.objects.filter(wallet=again).count() == 11
    assert_sound(again)


def test_a_question_goes_with_its_wallet(asked, wallet):
    removed_and_added_again(wallet, now=SOON)
    assert not ClockQuestion.objects.exists()
    assert Wallet.objects.get(pk=wallet.pk).purged_at


def test_summer_and_winter_are_two_questions(wallet, alice):
    told_by_the_exchange(wallet, range(20))
    told_by_a_file(alice, wallet, range(6), HOUR)
    told_by_a_file(alice, wallet, range(6, 12), AHEAD)
    told_by_a_file(alice, wallet, range(12, 20), timedelta())
    winter, summer = ClockQuestion.objects.order_by("seconds")
    assert (winter.pairs, summer.pairs, Transaction.objects.count()) == (6, 6, 32)
    say(winter, same=True)
    assert Transaction.objects.count() == 26
    word = say(summer, same=True)
    assert Transaction.objects.count() == 20
    turn(alice, word, wallet)
    assert Transaction.objects.count() == 26  # those of winter stay
    assert_sound(wallet)


def test_a_third_file_is_asked_about_where_the_exchange_and_another_file_are_one_already(wallet, alice):
    told_by_the_exchange(wallet, range(8))
    told_by_a_file(alice, wallet, range(8), ahead=0 * HOUR)
    assert Transaction.objects.count() == 8
    file = told_by_a_third(alice, wallet, range(7))
    look(wallet)
    asked = ClockQuestion.objects.get()
    assert (asked.origin, asked.against, asked.seconds, asked.pairs) == ("file:koinly_template", "api", 7200, 7)
    assert (Transaction.objects.count(), Proposal.objects.count()) == (15, 0)
    word = say(asked, same=True)
    assert (Transaction.objects.count(), ClockQuestion.objects.count()) == (8, 0)
    assert_sound(wallet)
    word = turn(alice, word, wallet)
    assert Transaction.objects.count() == 15
    turn(alice, word, wallet)
    taken_back(file)
    look(wallet)
    assert (Transaction.objects.count(), ClockQuestion.objects.count()) == (8, 0)
    assert_sound(wallet)


def test_a_third_file_is_asked_about_where_the_other_two_become_one_at_the_same_look(wallet, alice):
    """What the right file tells keeps its name, for it was here first."""
    told_by_a_file(alice, wallet, range(8), ahead=0 * HOUR)
    told_by_a_third(alice, wallet, range(7))
    ClockQuestion.objects.all().delete()
    told_by_the_exchange(wallet, range(8))
    asked = ClockQuestion.objects.get()
    assert (asked.origin, asked.against, asked.seconds, asked.pairs) == ("file:koinly_template", "api", 7200, 7)
    say(asked, same=True)
    assert Transaction.objects.count() == 8
    assert_sound(wallet)


def test_of_two_files_that_are_one_a_third_is_asked_about_once_and_no_is_remembered(wallet, alice):
    told_by_the_exchange(wallet, range(8))
    told_by_a_file(alice, wallet, range(8), ahead=0 * HOUR)
    told_by_a_third(alice, wallet, range(7))
    look(wallet)
    say(ClockQuestion.objects.get(), same=False)
    journal.look_again(wallet)
    look(wallet)
    assert (ClockQuestion.objects.count(), Proposal.objects.count(), Transaction.objects.count()) == (0, 0, 15)


def test_a_difference_may_come_of_it(asked, wallet):
    named = discrepancies.in_doubt(wallet)
    assert {each["name"] for each in named} == {*asked.ones, *asked.others}
    assert Transaction.objects.filter(pk__in=named).count() == 14


# --- pages -----------------------------------------------------------------------------------------------------------


def page_of(browser, address=DUPLICATES):
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.content.decode()).split())


def pressed(browser, name, of):
    answer = browser.post(reverse(f"ledger:{name}", args=[of]), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_is_asked_once_with_reasons_and_examples(asked, alices_browser):
    page = page_of(alices_browser)
    assert "Everything in the Koinly" in page
    assert "file is 2 hours later than the same from the exchange: 7 pairs." in page
    assert "The amounts are the same." in page
    assert page.count(">Side by side<") == clocks_shown.EXAMPLES
    assert "Nothing to decide" not in page


def test_it_is_answered_listed_and_turned(asked, wallet, alices_browser):
    assert "They become one within minutes" in pressed(alices_browser, "clock_same", asked.pk)
    looking.look(wallet, now=SOON)
    assert "Nothing to decide" in page_of(alices_browser)
    decided = page_of(alices_browser, f"{DUPLICATES}?show=decided")
    assert "It is one, and so is what comes later." in decided
    assert "One side's clock is 2 hours off, as you said." in decided
    word = ClockWord.objects.get()
    assert "comes apart within minutes" in pressed(alices_browser, "clock_turn", word.act)
    looking.look(wallet, now=SOON)
    assert Transaction.objects.count() == 15
    decided = page_of(alices_browser, f"{DUPLICATES}?show=decided")
    assert decided.count("They are the same after all") == 1  # none for each pair
    assert alices_browser.post(reverse("ledger:clock_turn", args=[word.act])).status_code == 404
    trail = AuditEvent.objects.filter(action__startswith="clock_").order_by("at")
    assert [each.action for each in trail] == ["clock_confirmed", "clock_refused"]
    assert [each.details for each in trail] == [{"pairs": 7}] * 2


def test_a_no_is_answered_on_the_page(asked, alices_browser):
    assert "this is not asked again" in pressed(alices_browser, "clock_differs", asked.pk)
    assert "Nothing to decide" in page_of(alices_browser)
    assert "it is not the same" in page_of(alices_browser, f"{DUPLICATES}?show=decided")


def test_of_a_wallet_in_the_bin_nothing_is_asked(asked, alices_browser):
    Wallet.objects.update(binned_at=NOW)
    assert "Nothing to decide" in page_of(alices_browser)
    assert alices_browser.post(reverse("ledger:clock_same", args=[asked.pk])).status_code == 404


# --- by programs -----------------------------------------------------------------------------------------------------


def test_programs_ask_answer_and_turn(asked, wallet, alice):
    script = script_of(alice, "write")
    [listed] = script.get(CLOCKS).json()["results"]
    assert (listed["id"], listed["state"], listed["same"]) == (str(asked.pk), "open", None)
    assert (listed["seconds"], listed["pairs"], len(listed["examples"])) == (7200, 7, clocks_shown.EXAMPLES)
    assert listed["wallet"] == str(wallet.pk)
    said = script.post(f"{CLOCKS}{asked.pk}/same/").json()
    assert (said["state"], said["same"], said["pairs"]) == ("decided", True, 7)
    assert script.post(f"{CLOCKS}{asked.pk}/same/").status_code == 404
    assert script.get(CLOCKS).json()["results"] == []
    assert script.get(CLOCKS, {"state": "decided"}).json()["results"] == [said]
    looking.look(wallet, now=SOON)
    turned = script.post(f"{CLOCKS}{said['id']}/turn/").json()
    assert (turned["state"], turned["same"]) == ("decided", False)
    looking.look(wallet, now=SOON)
    assert Transaction.objects.count() == 15


def test_strangers_and_who_may_only_read_say_nothing(asked, alice, bob):
    assert script_of(bob, "write").get(CLOCKS).json()["results"] == []
    assert script_of(bob, "write").post(f"{CLOCKS}{asked.pk}/different/").status_code == 404
    assert script_of(alice, "read").post(f"{CLOCKS}{asked.pk}/different/").status_code == 403
    assert script_of(alice, "write").post(f"{CLOCKS}{asked.pk}/different/").json()["same"] is False
    assert ClockWord.objects.count() == 1


def test_words_about_clocks_go_with_the_account_itself(asked, wallet, alice):
    turn(alice, say(asked, same=True), wallet)
    alice.purge_at = NOW
    alice.save(update_fields=["purge_at"])
    for each in BELONGINGS:
        each.purge(alice)
    assert not ClockWord.objects.exists()
    assert not Decision.objects.exists()
