"""Every page under /accounts/ is ours, or it is not there."""

import pytest
from django.urls import reverse


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("account_login", "Sign in"),
        ("account_signup", "Open an account"),
        ("account_reset_password", "Set a new password"),
        ("account_inactive", "This account is closed"),
        ("account_password_reset_completed", "Your password is changed"),
        ("accounts:recovery_start", "Recover your account"),
        ("accounts:recovery_sent", "Check your e-mail"),
    ],
)
def test_a_door_is_open_to_strangers_and_looks_like_ours(client, db, name, words):
    page = client.get(reverse(name))

    assert page.status_code == 200
    assert f"<h1>{words}" in page.text
    assert 'class="door"' in page.text


@pytest.mark.parametrize(
    "path",
    [
        "2fa/",
        "2fa/reauthenticate/",
        "2fa/totp/activate/",
        "2fa/recovery-codes/",
        "sessions/",
        "3rdparty/",
        "login/code/",
    ],
)
def test_pages_of_allauth_that_we_do_not_open_are_not_there(alices_browser, path):
    assert alices_browser.get(f"/accounts/{path}").status_code == 404
