"""Nobody gets past enrolment, and everybody gets through it."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import enrolment
from accounts.door_forms import AddPasskeyForm
from accounts.headless import AddPasskeyInput
from accounts.middleware import OPEN
from accounts.models import AuditEvent, User
from tests.accounts.people import WRONG, app_code, mailed_code, secret_of, sign_in
from tests.conftest import as_request, signed_in
from tests.factories import PASSWORD

TOTP = reverse("accounts:enrol_totp")
MOVE = "/settings/security/app/"
CODES = reverse("accounts:enrol_codes")


def shown_key(page) -> str:
    return re.search(r"<code id=\"totp-key\"[^>]*>([A-Z2-7 ]+)</code>", page.text)[1].replace(" ", "")


def every_url() -> list[tuple[str, str]]:
    """Name and an example path of every URL of the site, whatever its arguments."""
    found = []

    def walk(resolver: URLResolver, prefix: str, spaces: list[str]) -> None:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry, route, [*spaces, *([entry.namespace] if entry.namespace else [])])
            elif isinstance(entry, URLPattern):
                path = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", route)
                path = re.sub(r"<int:\w+>", "1", re.sub(r"<(str:|slug:|path:)?\w+>", "x", path))
                found.append((":".join([*spaces, entry.name or ""]), path.replace("^", "").replace("$", "")))

    walk(get_resolver(), "/", [])
    return found


def test_signing_up_leads_through_code_and_second_factor_to_the_home_page(client, db):
    client.post(reverse("account_signup"), {"email": "New@Example.test", "password1": PASSWORD})
    code = mailed_code()
    after_code = client.post(reverse("account_email_verification_sent"), {"code": code})
    key = shown_key(client.get(TOTP))

    after_totp = client.post(TOTP, {"code": app_code(key)})
    after_codes = client.post(CODES, {"saved": "on"})

    assert User.objects.get().email == "new@example.test"
    assert after_code.url == reverse("accounts:home")
    assert after_totp.url == CODES
    assert after_codes.url == reverse("accounts:home")


def test_enrolment_is_asked_for_first_whatever_page_is_wanted(newcomers_browser, settings):
    settings.RATE_LIMITS_SCALE = 1000  # there are more doors than a stranger may knock at in a minute
    missed = []
    for name, path in every_url():
        if name in OPEN or name.startswith("headless:"):
            continue
        page = newcomers_browser.get(path)
        led = page.status_code == 302 and page.url == reverse("accounts:enrol")
        refused = page.status_code in {401, 405} and page["Content-Type"] == "application/problem+json"
        if not (led or refused):
            missed.append((name, path, page.status_code))

    assert not missed


def test_posting_is_led_back_as_well(newcomers_browser):
    page = newcomers_browser.post(reverse("account_change_password"), {"oldpassword": PASSWORD})

    assert page.url == reverse("accounts:enrol")


def test_htmx_is_told_to_load_the_whole_page(newcomers_browser):
    page = newcomers_browser.get(reverse("account_email"), headers={"HX-Request": "true"})

    assert page.status_code == 403
    assert page["HX-Redirect"] == reverse("accounts:enrol")


def test_recovery_codes_not_yet_saved_lead_back_to_them(newcomer, newcomers_browser):
    newcomers_browser.post(TOTP, {"code": app_code(shown_key(newcomers_browser.get(TOTP)))})

    page = newcomers_browser.get(reverse("account_change_password"))

    assert page.url == CODES


def test_codes_must_be_ticked_as_saved(newcomers_browser):
    newcomers_browser.post(TOTP, {"code": app_code(shown_key(newcomers_browser.get(TOTP)))})

    page = newcomers_browser.post(CODES, {})

    assert "Save the codes first" in page.text


def test_a_wrong_code_turns_nothing_on_and_keeps_the_picture(newcomer, newcomers_browser):
    before = shown_key(newcomers_browser.get(TOTP))

    page = newcomers_browser.post(TOTP, {"code": WRONG})

    assert "That code is not right" in page.text
    assert shown_key(page) == before
    assert not Authenticator.objects.filter(user=newcomer).exists()


def test_a_reload_keeps_the_picture_that_was_scanned(newcomers_browser):
    assert shown_key(newcomers_browser.get(TOTP)) == shown_key(newcomers_browser.get(TOTP))


def test_the_picture_is_drawn_here_and_the_key_can_be_typed(newcomers_browser):
    page = newcomers_browser.get(TOTP)

    assert 'src="data:image/svg+xml;base64,' in page.text
    assert "otpauth://totp/newcomer%40example.test" in page.text


def test_seeds_are_sealed_at_rest(newcomer, newcomers_browser):
    key = shown_key(newcomers_browser.get(TOTP))
    newcomers_browser.post(TOTP, {"code": app_code(key)})

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert key not in stored


def test_codes_come_as_a_file(newcomers_browser):
    newcomers_browser.post(TOTP, {"code": app_code(shown_key(newcomers_browser.get(TOTP)))})

    file = newcomers_browser.get(reverse("accounts:enrol_codes_file"))

    assert file["Content-Type"].startswith("text/plain")
    assert "attachment" in file["Content-Disposition"]
    assert len(re.findall(r"^\d{8}$", file.text, re.MULTILINE)) == 10


def test_without_codes_there_is_nothing_to_download(newcomers_browser):
    assert newcomers_browser.get(reverse("accounts:enrol_codes_file")).url == reverse("accounts:enrol")


def test_enrolling_is_recorded_and_told(newcomer, newcomers_browser, django_capture_on_commit_callbacks):
    key = shown_key(newcomers_browser.get(TOTP))
    with django_capture_on_commit_callbacks(execute=True):
        newcomers_browser.post(TOTP, {"code": app_code(key)})

    trail = list(AuditEvent.objects.filter(owner=newcomer).values_list("action", flat=True))

    assert {"totp_added", "recovery_codes_made"} <= set(trail)
    assert newcomer.notices.filter(kind="factor_added").exists()


def test_a_second_app_is_not_offered_once_there_is_one(alices_browser):
    assert alices_browser.get(TOTP).status_code == 302


def test_an_app_moves_to_another_phone_though_it_is_the_only_factor(
    alice, alices_browser, django_capture_on_commit_callbacks
):
    """The last factor cannot be removed, and there is one app at most: a new phone took a passkey, or 72 hours."""
    former = secret_of(alice)
    codes = Authenticator.objects.get(user=alice, type="recovery_codes")
    key = shown_key(alices_browser.get(MOVE))
    refused = alices_browser.post(MOVE, {"code": WRONG})
    assert "That code is not right" in refused.text
    assert secret_of(alice) == former

    for _ in range(2):  # pressed twice: both find the key in the session
        session = alices_browser.session
        session[SECRET_SESSION_KEY] = key
        session.save()
        with django_capture_on_commit_callbacks(execute=True):
            assert alices_browser.post(MOVE, {"code": app_code(key)}).url == reverse("accounts:settings_security")

    assert secret_of(alice) == key
    codes.refresh_from_db()
    trail = AuditEvent.objects.filter(owner=alice, action__startswith="totp").values_list("action", flat=True)
    assert sorted(trail) == ["totp_added", "totp_removed"]
    assert sorted(alice.notices.values_list("kind", flat=True)) == ["factor_added", "factor_removed"]
    other = Client()
    sign_in(other, alice, code=app_code(former))
    assert other.get("/home/").status_code == 302
    sign_in(other, alice, code=app_code(key, ahead=1))
    assert other.get("/home/").status_code == 200


def test_an_app_that_is_turned_on_twice_at_once_is_turned_on_once(newcomer, newcomers_browser):
    """The second of two presses was an error page."""
    key = shown_key(newcomers_browser.get(TOTP))
    form = SimpleNamespace(secret=key)
    with as_request(newcomers_browser, newcomer) as request, context.request_context(request):
        enrolment.add_totp(request, form)
        enrolment.add_totp(request, form)

    assert secret_of(newcomer) == key


def test_moving_the_app_asks_for_a_fresh_factor(stale_browser):
    assert stale_browser.get(MOVE).url.startswith(reverse("accounts:step_up"))
    assert stale_browser.post(MOVE, {"code": WRONG}).status_code == 403


def test_adding_a_passkey_later_asks_for_a_fresh_factor(stale_browser):
    page = stale_browser.get(reverse("accounts:enrol_passkey"))

    assert page.url.startswith(reverse("accounts:step_up"))


@pytest.mark.parametrize("form", [AddPasskeyForm, AddPasskeyInput])
def test_a_passkeys_name_is_cut_where_it_is_too_long(alice, form):
    asked = form({"name": "x" * 500, "credential": ""}, user=alice)

    asked.is_valid()

    assert asked.cleaned_data["name"] == "x" * 80


def test_a_passkey_that_the_browser_did_not_make_is_refused(alice, alices_browser):
    page = alices_browser.post(reverse("accounts:enrol_passkey"), {"name": "Laptop", "credential": '{"id": "x"}'})

    assert page.status_code == 200
    assert "That passkey was not accepted" in page.text
    assert not Authenticator.objects.filter(user=alice, type="webauthn").exists()


def test_where_there_are_no_codes_at_all_they_are_made_and_shown(alice, alices_browser):
    """It had led to enrolling, and that back here, round and round."""
    Authenticator.objects.filter(user=alice, type="recovery_codes").delete()
    assert alices_browser.get("/home/").url == CODES

    page = alices_browser.get(CODES)

    codes = Authenticator.objects.get(user=alice, type="recovery_codes").wrap()
    assert page.status_code == 200
    assert all(code in page.text for code in codes.get_unused_codes())


def test_making_new_codes_ends_the_former_and_leads_to_saving_them(alice, alices_browser):
    former = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()

    page = alices_browser.post(reverse("accounts:codes_new"))

    fresh = Authenticator.objects.get(user=alice, type="recovery_codes").wrap()
    assert page.url == CODES
    assert not set(former) & set(fresh.get_unused_codes())
    assert not fresh.did_view


def test_new_codes_want_a_fresh_factor(alice, stale_browser):
    page = stale_browser.post(reverse("accounts:codes_new"))

    assert page.status_code == 403
    assert Authenticator.objects.get(user=alice, type="recovery_codes").wrap().did_view


class TestRemoving:
    @pytest.fixture
    def passkey(self, alice):
        return Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop", "credential": {}})

    def url(self, factor):
        return reverse("accounts:factor_remove", args=[factor.pk])

    def test_the_last_factor_stays_and_the_page_says_why(self, alice, alices_browser):
        app = Authenticator.objects.get(user=alice, type="totp")

        page = alices_browser.get(self.url(app))
        alices_browser.post(self.url(app))

        assert "This is your only second factor" in page.text
        assert Authenticator.objects.filter(pk=app.pk).exists()

    def test_one_of_two_goes(self, alice, alices_browser, passkey):
        app = Authenticator.objects.get(user=alice, type="totp")

        page = alices_browser.post(self.url(app))

        assert page.status_code == 302
        assert not Authenticator.objects.filter(pk=app.pk).exists()
        assert AuditEvent.objects.filter(owner=alice, action="totp_removed").exists()
        assert alice.notices.filter(kind="factor_removed").exists()

    def test_a_strangers_factor_is_not_there(self, bobs_browser, passkey):
        assert bobs_browser.post(self.url(passkey)).status_code == 404
        assert Authenticator.objects.filter(pk=passkey.pk).exists()

    def test_recovery_codes_are_not_removed_here(self, alice, alices_browser):
        codes = Authenticator.objects.get(user=alice, type="recovery_codes")

        assert alices_browser.post(self.url(codes)).status_code == 404

    def test_it_wants_a_fresh_factor(self, stale_browser, passkey):
        assert stale_browser.post(self.url(passkey)).status_code == 403
        assert Authenticator.objects.filter(pk=passkey.pk).exists()

    def test_a_passkey_is_renamed(self, alices_browser, passkey):
        alices_browser.post(reverse("accounts:factor_rename", args=[passkey.pk]), {"name": "Blue key"})

        passkey.refresh_from_db()
        assert passkey.data["name"] == "Blue key"

    def test_a_strangers_passkey_is_not_renamed(self, bobs_browser, passkey):
        page = bobs_browser.post(reverse("accounts:factor_rename", args=[passkey.pk]), {"name": "Mine"})

        assert page.status_code == 404


def test_the_admin_is_not_there_for_owners(alices_browser):
    assert alices_browser.get("/admin/").status_code == 404
    assert alices_browser.get("/admin/login/").status_code == 404


def test_the_admin_sends_strangers_to_our_door(client, db):
    page = client.get("/admin/")

    assert page.url == f"{reverse('account_login')}?next=/admin/"


def test_the_admin_opens_for_staff_with_a_second_factor(staff_member):
    assert signed_in(staff_member).get("/admin/").status_code == 200


def test_staff_without_a_second_factor_enrol_first(newcomer, newcomers_browser):
    newcomer.is_staff = newcomer.is_superuser = True
    newcomer.save()

    assert newcomers_browser.get("/admin/").url == reverse("accounts:enrol")


def test_no_mail_is_sent_by_allauth_about_factors(newcomers_browser, django_capture_on_commit_callbacks):
    """Notices tell; two mails about one thing would be noise."""
    with django_capture_on_commit_callbacks(execute=True):
        newcomers_browser.post(TOTP, {"code": app_code(shown_key(newcomers_browser.get(TOTP)))})

    assert not [message for message in mail.outbox if "ctivated" in message.subject]
