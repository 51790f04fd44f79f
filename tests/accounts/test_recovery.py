"""A lost second factor: 72 hours that nobody shortens and anybody with the mails, or the factor, can stop."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import notice_mail, recovery, tokens
from accounts.audit import SYSTEM, Actor, ActorKind
from accounts.models import AuditEvent, FactorRecovery, Session
from tests.accounts.people import code_of, mailed_code, mailed_link, recovery_code_of, sign_in
from tests.accounts.test_doors import words
from tests.factories import PASSWORD

START = reverse("accounts:recovery_start")
SENT = reverse("accounts:recovery_sent")
NOW = timezone.now()


def ask(client: Client, email: str, password: str = PASSWORD):
    return client.post(START, {"email": email, "password": password}, follow=True)


def waiting_for(alice, *, since: timedelta) -> FactorRecovery:
    """A recovery whose wait began so long ago."""
    recovery.start(by=SYSTEM, owner=alice, now=NOW - since)
    found = recovery.open_of(alice)
    return recovery.confirm(by=SYSTEM, recovery=found, now=NOW - since)


def path_of(step: str, found: FactorRecovery) -> str:
    return re.sub(r"https?://[^/]+", "", recovery.link(step, found.id))


def trail(owner) -> list[str]:
    return list(AuditEvent.objects.filter(owner=owner).order_by("at").values_list("action", flat=True))


class TestAsking:
    def test_the_right_password_sends_a_link_and_the_page_says_nothing(self, client, alice):
        page = ask(client, alice.email)

        assert page.redirect_chain == [(SENT, 302)]
        assert mail.outbox[-1].to == [alice.email]
        assert mailed_link("recovery/confirm")

    @pytest.mark.parametrize("email", ["alice@example.test", "nobody@example.test"])
    def test_a_wrong_password_or_address_is_answered_the_same(self, alice, email):
        right, wrong = ask(Client(), alice.email), ask(Client(), email, "not it at all")

        assert (right.status_code, right.redirect_chain, words(right)) == (
            wrong.status_code,
            wrong.redirect_chain,
            words(wrong),
        )
        assert len(mail.outbox) == 1

    def test_the_limit_is_the_same_for_right_and_wrong(self, alice):
        right = [ask(Client(), alice.email).status_code for _ in range(5)]
        wrong = [ask(Client(), "nobody@example.test", "x").status_code for _ in range(5)]

        assert right == wrong == [200, 200, 200, 429, 429]

    def test_whoever_has_no_password_is_told_to_set_one_and_can(self, client, alice):
        alice.set_unusable_password()
        alice.save()

        start = client.get(START)
        client.post(reverse("account_reset_password"), {"email": alice.email})
        client.post(reverse("account_confirm_password_reset_code"), {"code": mailed_code()})
        client.post(reverse("account_complete_password_reset"), {"password1": "a first calm passphrase"})
        ask(client, alice.email, "a first calm passphrase")

        assert "never had one" in start.text
        assert reverse("account_reset_password") in start.text
        assert mailed_link("recovery/confirm")

    def test_somebody_without_a_factor_needs_no_recovery(self, client, newcomer):
        ask(client, newcomer.email)

        assert not mail.outbox
        assert not FactorRecovery.objects.exists()

    def test_asking_again_sends_the_link_again_and_starts_no_second_one(self, client, alice):
        ask(client, alice.email)
        ask(client, alice.email)

        assert FactorRecovery.objects.count() == 1
        assert len(mail.outbox) == 2

    def test_asking_while_it_waits_says_how_long(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=5))

        ask(client, alice.email)

        assert recovery.in_words(found.due_at, alice) in mail.outbox[-1].body
        assert "/recovery/finish/" not in mail.outbox[-1].body


class TestWaiting:
    def test_the_wait_begins_with_a_button_not_with_the_link(self, client, alice):
        ask(client, alice.email)
        link = mailed_link("recovery/confirm")

        client.get(link)
        assert FactorRecovery.objects.get().confirmed_at is None
        client.post(link)

        found = FactorRecovery.objects.get()
        assert found.due_at - found.confirmed_at == timedelta(hours=72)
        assert alice.notices.filter(kind="recovery_started", closed_at=None).exists()
        assert trail(alice)[-2:] == ["recovery_started", "recovery_confirmed"]

    def test_confirming_again_does_not_move_the_end(self, alice):
        found = waiting_for(alice, since=timedelta(hours=5))

        again = recovery.confirm(by=SYSTEM, recovery=found, now=NOW)

        assert again.due_at == found.due_at

    def test_credentials_are_frozen_from_here_until_a_new_factor_is_on(self, alice):
        assert not recovery.frozen(alice)
        recovery.start(by=SYSTEM, owner=alice, now=NOW)
        assert not recovery.frozen(alice)  # whoever has only the password cannot freeze anything

        found = waiting_for(alice, since=timedelta(hours=73))
        assert recovery.frozen(alice)
        recovery.finish(by=SYSTEM, recovery=found, now=NOW)
        assert recovery.frozen(alice)
        Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
        assert not recovery.frozen(alice)

    def test_a_link_of_one_step_opens_no_other(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        token = path_of("cancel", found).split("/")[-2]

        assert client.post(reverse("accounts:recovery_finish", args=[token])).status_code == 404
        assert client.post(reverse("accounts:recovery_confirm", args=[token])).status_code == 404

    def test_a_link_made_up_is_not_there(self, client, db):
        for step in ["confirm", "cancel", "finish"]:
            assert client.get(reverse(f"accounts:recovery_{step}", args=["made:up"])).status_code == 404

    def test_a_link_to_confirm_is_good_for_a_day(self, client, alice, monkeypatch):
        ask(client, alice.email)
        link = mailed_link("recovery/confirm")
        monkeypatch.setattr("django.core.signing.time.time", (NOW + timedelta(hours=25)).timestamp)

        assert client.get(link).status_code == 404


class TestStopping:
    def test_the_link_in_the_mail_stops_it_with_a_button_and_without_signing_in(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=5))
        link = path_of("cancel", found)

        asked = client.get(link)
        found.refresh_from_db()
        assert found.is_open
        stopped = client.post(link)

        found.refresh_from_db()
        assert "Stop the recovery" in asked.text
        assert "The recovery is stopped" in stopped.text
        assert found.cancelled_at
        assert alice.notices.filter(kind="recovery_cancelled").exists()
        assert not alice.notices.filter(kind="recovery_started", closed_at=None).exists()
        assert Authenticator.objects.filter(user=alice).count() == 2

    def test_every_mail_about_it_carries_that_link(self, alice):
        recovery.start(by=SYSTEM, owner=alice, now=NOW)
        found = waiting_for(alice, since=timedelta(hours=73))
        recovery.announce_due(NOW)

        assert len(mail.outbox) == 3
        for letter in mail.outbox:
            assert path_of("cancel", found).split(":")[0] in letter.body
            assert "/recovery/cancel/" in letter.alternatives[0].content

    def test_the_notice_is_mailed_three_times_with_that_link(self, alice):
        found = waiting_for(alice, since=timedelta(hours=0))
        mail.outbox.clear()

        for hours in [1, 25, 49, 71]:
            while notice_mail.send_due(NOW + timedelta(hours=hours)):
                pass

        assert [letter.to for letter in mail.outbox] == [[alice.email]] * 3
        assert all("/recovery/cancel/" in letter.body for letter in mail.outbox)
        assert recovery.in_words(found.due_at, alice) in mail.outbox[0].body

    @pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
    def test_signing_in_with_a_second_factor_stops_it(self, alice, kind):
        found = waiting_for(alice, since=timedelta(hours=5))

        sign_in(Client(), alice, code_of(alice) if kind == "totp" else recovery_code_of(alice))

        found.refresh_from_db()
        assert found.cancelled_at

    def test_the_password_alone_does_not_stop_it(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=5))

        client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})

        found.refresh_from_db()
        assert found.is_open

    def test_what_is_stopped_is_over(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        recovery.cancel(by=SYSTEM, recovery=found, now=NOW)

        assert client.get(path_of("finish", found)).status_code == 404
        with pytest.raises(recovery.NotDueError):
            recovery.finish(by=SYSTEM, recovery=found, now=NOW)

    def test_who_is_signed_in_meanwhile_reads_of_it_and_may_stop_it(self, alice, alices_browser):
        pages = (reverse("accounts:home"), reverse("wallets:index"), reverse("wallets:connect_key", args=["kraken"]))
        assert not [page for page in pages if "being recovered" in alices_browser.get(page).text]

        found = waiting_for(alice, since=timedelta(hours=5))

        for page in map(alices_browser.get, pages):
            assert "Your second factor is being recovered" in page.text
            assert recovery.in_words(found.due_at, alice) in page.text
            assert path_of("cancel", found).split(":")[0] in page.text

    def test_who_comes_too_late_to_stop_it_is_told_what_to_do(self, client, alice):
        """They hold the link of the owner's own mail: “this link no longer works” left them with nothing."""
        found = waiting_for(alice, since=timedelta(hours=73))
        recovery.finish(by=SYSTEM, recovery=found, now=NOW)
        link = path_of("cancel", found)

        for page in (client.get(link), client.post(link)):
            assert "It is too late to stop it" in page.text
            assert reverse("account_reset_password") in page.text
            assert START in page.text


class TestFinishing:
    def test_an_hour_early_is_too_early(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=71))

        assert client.post(path_of("finish", found), {"password": PASSWORD}).status_code == 404
        with pytest.raises(recovery.NotDueError):
            recovery.finish(by=SYSTEM, recovery=found, now=NOW)

    def test_the_link_that_ends_it_is_mailed_once_when_it_is_over(self, alice):
        waiting_for(alice, since=timedelta(hours=71))
        mail.outbox.clear()

        recovery.announce_due(NOW)
        assert not mail.outbox
        recovery.announce_due(NOW + timedelta(hours=2))
        recovery.announce_due(NOW + timedelta(hours=3))

        assert len(mail.outbox) == 1
        assert mailed_link("recovery/finish")

    def test_password_and_link_sign_in_to_enrolment_without_the_former_factors(self, client, alice, alices_browser):
        found = waiting_for(alice, since=timedelta(hours=73))

        page = client.post(path_of("finish", found), {"password": PASSWORD}, follow=True)

        assert page.redirect_chain[-1][0] == reverse("accounts:enrol")
        assert not Authenticator.objects.filter(user=alice).exists()
        assert alices_browser.get(reverse("account_email")).url.startswith(reverse("account_login"))
        assert Session.objects.filter(owner=alice).count() == 1
        assert {"recovery_used", "sessions_ended"} <= set(trail(alice))

    def test_access_tokens_end_and_page_and_mail_say_so(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        end = NOW + timedelta(days=30)
        tokens.mint(by=SYSTEM, owner=alice, name="Backup", scopes=["connect"], expires_at=end, now=NOW)

        page = client.get(path_of("finish", found))
        client.post(path_of("finish", found), {"password": PASSWORD})
        notice_mail.send_due(timezone.now())

        assert "all access tokens of programs end" in page.text
        assert not tokens.live(alice, NOW).exists()
        assert "“Backup”" in mail.outbox[-1].body
        assert "former second factors were removed" in mail.outbox[-1].body

    def test_it_works_from_a_browser_that_is_still_signed_in(self, alice, alices_browser):
        found = waiting_for(alice, since=timedelta(hours=73))

        page = alices_browser.post(path_of("finish", found), {"password": PASSWORD}, follow=True)

        assert page.redirect_chain[-1][0] == reverse("accounts:enrol")

    def test_the_link_alone_changes_nothing(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))

        page = client.post(path_of("finish", found), {"password": "a guess"})

        assert "That password is not right" in page.text
        assert Authenticator.objects.filter(user=alice).count() == 2

    def test_after_too_many_wrong_ones_the_right_one_is_not_called_wrong(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        for _ in range(5):
            client.post(path_of("finish", found), {"password": "a guess"})

        page = client.post(path_of("finish", found), {"password": PASSWORD})

        assert page.status_code == 429
        assert "Too many tries" in page.text
        assert "not right" not in page.text
        assert Authenticator.objects.filter(user=alice).count() == 2

    def test_it_works_until_a_new_factor_is_on(self, client, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        client.post(path_of("finish", found), {"password": PASSWORD})

        again = Client().post(path_of("finish", found), {"password": PASSWORD}, follow=True)
        assert again.redirect_chain[-1][0] == reverse("accounts:enrol")
        assert trail(alice).count("recovery_used") == 1

        Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
        assert Client().get(path_of("finish", found)).status_code == 404
        Client().post(path_of("cancel", found))
        found.refresh_from_db()
        assert (bool(found.used_at), found.cancelled_at) == (True, None)

    def test_stopped_at_the_very_moment_it_is_over_and_says_so(self, client, alice, monkeypatch):
        found = waiting_for(alice, since=timedelta(hours=73))
        look = recovery.may_finish

        def stopped_after(*args):
            seen = look(*args)
            FactorRecovery.objects.update(cancelled_at=NOW)
            return seen

        monkeypatch.setattr(recovery, "may_finish", stopped_after)

        assert client.post(path_of("finish", found), {"password": PASSWORD}).status_code == 404
        assert Authenticator.objects.filter(user=alice).count() == 2

    def test_the_password_of_another_does_not_do(self, client, alice, bob):
        bob.set_password("the password of bob")
        bob.save()
        found = waiting_for(alice, since=timedelta(hours=73))

        client.post(path_of("finish", found), {"password": "the password of bob"})

        assert Authenticator.objects.filter(user=alice).count() == 2


class TestBetweenTheFactors:
    """The former ones are gone and no new one is on: who knows the password alone was let in, to put on their own."""

    @pytest.fixture(autouse=True)
    def recovered(self, alice):
        found = waiting_for(alice, since=timedelta(hours=73))
        Client().post(path_of("finish", found), {"password": PASSWORD})
        mail.outbox.clear()

    def test_the_password_alone_opens_nothing(self, client, alice):
        page = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD}, follow=True)

        assert page.redirect_chain == [(START, 302)]
        assert "the link in our mail leads in" in page.text
        assert client.get(reverse("accounts:enrol")).url.startswith(reverse("account_login"))

    def test_nor_does_it_from_a_phone(self, client, alice):
        given = {"email": alice.email, "password": PASSWORD}
        answer = client.post("/_allauth/app/v1/auth/login", given, "application/json")

        assert answer.status_code == 401
        assert not answer.json()["meta"]["is_authenticated"]
        assert Session.objects.filter(owner=alice).count() == 1

    def test_a_sign_in_that_waited_at_the_former_factor_gets_no_further(self, alice):
        Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
        early = Client()
        early.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
        Authenticator.objects.filter(user=alice).delete()

        for name in ["mfa_authenticate", "account_login", "accounts:enrol"]:
            early.get(reverse(name), follow=True)
            early.post(reverse(name), {"code": "000000"}, follow=True)

        assert early.get(reverse("accounts:enrol")).url.startswith(reverse("account_login"))

    def test_the_link_is_sent_again_for_the_password(self, client, alice):
        ask(client, alice.email)
        page = client.post(mailed_link("recovery/finish"), {"password": PASSWORD}, follow=True)

        assert page.redirect_chain[-1][0] == reverse("accounts:enrol")
        assert "no new one is on yet" in mail.outbox[0].body

    def test_once_a_new_factor_is_on_all_is_as_before(self, client, alice):
        Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})

        page = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})

        assert page.url == reverse("mfa_authenticate")


class TestStaff:
    def test_staff_start_it_and_the_owner_still_confirms_and_waits(self, alice, staff_member):
        by = Actor(ActorKind.STAFF, user=staff_member)

        recovery.start(by=by, owner=alice, now=NOW)

        found = recovery.open_of(alice)
        assert found.started_by == staff_member
        assert found.due_at is None
        assert mail.outbox[-1].to == [alice.email]
        assert AuditEvent.objects.get(owner=alice, action="recovery_started").actor_kind == "staff"
