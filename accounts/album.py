"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from accounts import visitors
from accounts.visitors import PASSWORD, REGISTERED
from config.album import View, add_views, add_visitor

SUBMIT = ("main form button[type=submit]",)


def register() -> None:
    add_visitor("registered", visitors.registered)
    add_visitor("newcomer", visitors.newcomer)
    add_visitor("enrolling", visitors.enrolling)
    add_visitor("owner", visitors.owner)
    add_visitor("owner-full", visitors.owner_full)
    add_visitor("owner-stale", visitors.owner_stale)
    add_visitor("owner-closing", visitors.owner_closing)
    add_visitor("owner-contested", visitors.owner_contested)
    add_visitor("from-coinbase", visitors.from_coinbase)
    add_visitor("owner-linked", visitors.owner_linked)
    add_views(*STRANGERS, *ENROLMENT, *OWNERS, *COINBASE)


STRANGERS = (
    View("landing", "accounts:landing"),
    View("sign-in", "account_login"),
    View(
        "sign-in-wrong",
        "account_login",
        fills={"#id_login": "nobody@example.test", "#id_password": "not this one"},
        press=SUBMIT,
    ),
    View("sign-up", "account_signup"),
    View(
        "sign-up-wrong",
        "account_signup",
        fills={"#id_email": "new@example.test", "#id_password1": "password"},
        press=SUBMIT,
    ),
    View(
        "sign-up-code",
        "account_signup",
        fills={"#id_email": "new@example.test", "#id_password1": PASSWORD},
        press=SUBMIT,
    ),
    View(
        "second-factor",
        "account_login",
        visitor="registered",
        fills={"#id_login": REGISTERED, "#id_password": PASSWORD},
        press=SUBMIT,
    ),
    View("password-reset", "account_reset_password"),
    View("password-changed", "account_password_reset_completed"),
    View(
        "password-reset-code",
        "account_reset_password",
        fills={"#id_email": "nobody@example.test"},
        press=SUBMIT,
    ),
    View("account-closed", "account_inactive"),
    View("recovery", "accounts:recovery_start"),
    View("recovery-gone", "/recovery/finish/old/", status=404),
    View("not-me-gone", "/not-me/old/", status=404),
    View("recovery-sent", "accounts:recovery_sent"),
)
ENROLMENT = (
    View("enrol", "accounts:enrol", visitor="newcomer"),
    View("enrol-app", "accounts:enrol_totp", visitor="newcomer"),
    View(
        "enrol-app-wrong",
        "accounts:enrol_totp",
        visitor="newcomer",
        fills={"#id_code": "000000"},
        press=SUBMIT,
    ),
    View("enrol-passkey", "accounts:enrol_passkey", visitor="newcomer"),
    View("enrol-codes", "accounts:enrol_codes", visitor="enrolling"),
)
OWNERS = (
    View("home", "accounts:home", visitor="owner"),
    View("home-full", "accounts:home", visitor="owner-full"),
    View("notices", "accounts:notices", visitor="owner"),
    View("notices-full", "accounts:notices", visitor="owner-full"),
    View("profile", "accounts:settings_profile", visitor="owner"),
    View(
        "profile-wrong", "accounts:settings_profile", visitor="owner", fills={"#id_time_zone": "Atlantis"}, press=SUBMIT
    ),
    View("taxes", "accounts:settings_taxes", visitor="owner"),
    View("taxes-full", "accounts:settings_taxes", visitor="owner-full"),
    View("security", "accounts:settings_security", visitor="owner"),
    View("security-full", "accounts:settings_security", visitor="owner-full"),
    View(
        "factor-remove",
        "accounts:settings_security",
        "owner-full",
        press=("[aria-label='Remove the authenticator app']",),
    ),
    View("trail", "accounts:audit", visitor="owner"),
    View("trail-full", "accounts:audit", visitor="owner-full"),
    View("token-new", "accounts:token_new", visitor="owner"),
    View("token-made", "accounts:token_new", visitor="owner", fills={"#id_name": "Spreadsheet"}, press=SUBMIT),
    View("notifications", "accounts:settings_notifications", visitor="owner"),
    View("data", "accounts:settings_data", visitor="owner"),
    View("export", "accounts:export_ask", visitor="owner"),
    View("close-account", "accounts:close_account", visitor="owner"),
    View("closing", "accounts:closing", visitor="owner-closing"),
    View("address-decide", "accounts:email_decide", visitor="owner-contested"),
    View("codes", "accounts:enrol_codes", visitor="owner"),
    View("app-move", "accounts:app_move", visitor="owner"),
    View("enrol-passkey-more", "accounts:enrol_passkey", visitor="owner"),
    View("step-up", "accounts:step_up", visitor="owner-stale"),
    View("sign-out", "account_logout", visitor="owner"),
    View("password-change", "account_change_password", visitor="owner"),
    View("email-change", "account_email", visitor="owner"),
    View("api-docs", "api-docs"),
    View("api-docs-group", "/api/docs/wallets/"),
)
COINBASE = (
    View("coinbase-new", "accounts:coinbase_new", visitor="from-coinbase"),
    View("coinbase-trouble", "/sign-in/coinbase/trouble/not-answering/"),
    View("coinbase-on", "accounts:coinbase_settings", visitor="owner-linked"),
)
