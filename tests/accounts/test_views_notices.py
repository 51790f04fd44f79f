"""The notices page, the mute link of a mail, and the choice of what is mailed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, MutedNotice, Notice
from accounts.notice_kinds import CATALOGUE
from accounts.notice_mail import send_due
from accounts.notices import Kind, mute_path, tell, unread_count

if TYPE_CHECKING:
    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = "/notices/"
CHOICE = "/settings/notifications/"


def tell_of_export(owner: User, now: datetime = NOW) -> Notice:
    return tell(owner=owner, kind=Kind.EXPORT_READY, now=now, until="tomorrow")


# --- the page --------------------------------------------------------------------------------------------------------


def test_an_empty_page_says_what_will_be_here(alices_browser: Client) -> None:
    assert "Nothing to tell you" in alices_browser.get(PAGE).text


def test_notices_are_shown_with_their_words_and_button(alice: User, bob: User, alices_browser: Client) -> None:
    tell(owner=alice, kind=Kind.TOKEN_MINTED, now=NOW, name="<backup>")
    tell(owner=bob, kind=Kind.TOKEN_MINTED, now=NOW, name="of bob")

    page = alices_browser.get(PAGE).text

    assert "access token “&lt;backup&gt;”" in page
    assert reverse("accounts:settings_security") in page
    assert "of bob" not in page


def test_one_that_a_former_release_told_without_a_fact_hides_no_other(alice: User, alices_browser: Client) -> None:
    tell(owner=alice, kind=Kind.TOKEN_MINTED, now=NOW, name="backup")
    Notice.objects.create(owner=alice, kind=Kind.TOKEN_MINTED, facts={}, created_at=NOW, closed_at=NOW)

    page = alices_browser.get(PAGE).text

    assert "access token “backup”" in page
    assert f"{CATALOGUE[Kind.TOKEN_MINTED].title}." in page


def test_all_are_marked_as_read(alice: User, alices_browser: Client) -> None:
    tell_of_export(alice)

    answer = alices_browser.post("/notices/read/")

    assert (answer.status_code, unread_count(alice)) == (302, 0)


def test_one_is_marked_as_read_by_its_owner_only(alice: User, alices_browser: Client, bobs_browser: Client) -> None:
    path = f"/notices/{tell_of_export(alice).id}/read/"

    assert bobs_browser.post(path).status_code == 404
    assert unread_count(alice) == 1
    assert alices_browser.post(path).status_code == 302
    assert unread_count(alice) == 0


def test_reading_needs_a_post(alices_browser: Client) -> None:
    assert alices_browser.get("/notices/read/").status_code == 405


def test_older_notices_follow_without_gap_or_repeat(alice: User, alices_browser: Client) -> None:
    for minute in range(120):
        tell(owner=alice, kind=Kind.TOKEN_MINTED, now=NOW + timedelta(minutes=minute // 3), name=f"token-{minute}.")
    seen, path = [], PAGE

    while path:
        answer = alices_browser.get(path)
        seen += [notice.facts["name"] for notice, *_ in answer.context["shown"]]
        path = answer.context["older_address"] and PAGE + answer.context["older_address"]

    assert len(seen) == 120
    assert set(seen) == {f"token-{minute}." for minute in range(120)}


@pytest.mark.parametrize("after", ["nonsense", "2026-11-20_x", "2026-11-20T12:00:00+00:00_", "\x00"])
def test_a_place_that_makes_no_sense_is_the_first_page(alice: User, alices_browser: Client, after: str) -> None:
    tell_of_export(alice)

    assert "Your export is ready" in alices_browser.get(PAGE, {"after": after}).text


def test_a_stranger_is_led_to_the_door(client: Client) -> None:
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("path", [PAGE, CHOICE])
def test_a_full_page_asks_no_more_questions_than_an_empty_one(
    alice: User, alices_browser: Client, django_assert_max_num_queries, path: str
) -> None:
    tell_of_export(alice)
    alices_browser.get(path)
    with django_assert_max_num_queries(20) as few:
        alices_browser.get(path)
    for minute in range(30):
        tell_of_export(alice, now=NOW + timedelta(minutes=minute))

    with django_assert_max_num_queries(len(few)):
        alices_browser.get(path)


# --- the link in a mail ----------------------------------------------------------------------------------------------


@pytest.fixture
def mailed(alice: User) -> str:
    """The path of the link in a mail to alice."""
    tell_of_export(alice)
    send_due(NOW)
    address = mail.outbox[0].extra_headers["List-Unsubscribe"]
    return "/" + address.strip("<>").split("/", 3)[3]


def test_looking_at_the_link_mutes_nothing(client: Client, mailed: str) -> None:
    """Mail scanners open every link."""
    page = client.get(mailed)

    assert "Stop these mails" in page.text
    assert not MutedNotice.objects.exists()


def test_one_click_mutes_without_cookie_or_sign_in(alice: User, mailed: str) -> None:
    mail_program = Client(enforce_csrf_checks=True)

    for _ in range(2):
        answer = mail_program.post(mailed, {"List-Unsubscribe": "One-Click"})

    assert "No more mails of this kind" in answer.text
    assert list(MutedNotice.objects.values_list("owner", "kind")) == [(alice.pk, Kind.EXPORT_READY)]
    assert AuditEvent.objects.get().details == {"by": "the link in a mail"}


def test_a_link_that_was_changed_is_not_there(client: Client, mailed: str) -> None:
    assert client.post(mailed[:-2] + "x/").status_code == 404


def test_a_link_for_what_guards_the_account_does_not_work_even_when_signed(alice: User, client: Client) -> None:
    notice = tell(owner=alice, kind=Kind.PASSWORD_CHANGED, now=NOW)

    assert client.post(mute_path(notice)).status_code == 404


# --- the choice ------------------------------------------------------------------------------------------------------


def test_what_is_unticked_is_muted_and_what_is_ticked_is_not(alice: User, alices_browser: Client) -> None:
    mutable = {kind for kind, entry in CATALOGUE.items() if entry.mutable}
    alices_browser.post(CHOICE, {"mail": sorted(mutable - {Kind.EXPORT_READY})})
    assert set(MutedNotice.objects.values_list("kind", flat=True)) == {Kind.EXPORT_READY}

    alices_browser.post(CHOICE, {"mail": sorted(mutable)})
    assert not MutedNotice.objects.exists()


def test_a_kind_that_is_not_there_is_refused(alices_browser: Client) -> None:
    answer = alices_browser.post(CHOICE, {"mail": [Kind.NEW_SIGN_IN]})

    assert answer.status_code == 200
    assert "is none of the choices for “Mail me about”. Tick those in the list." in answer.text
