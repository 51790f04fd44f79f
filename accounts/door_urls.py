"""The pages of allauth that we open, each behind one of our guards.

What is not listed is not there: its stock pages would look like somebody else's, and its own guard for grave changes
accepts a password and keeps what was posted. The names stay allauth's, because it looks them up.
"""

from allauth.account import views as account
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from accounts import views_doors, views_step_up
from accounts.guards import anonymous, stepped_up

urlpatterns = [
    path("login/", anonymous(account.login), name="account_login"),
    path("login/second-factor/", views_doors.second_factor, name="mfa_authenticate"),
    path("login/passkey/", anonymous(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("logout/", views_doors.sign_out, name="account_logout"),
    path("inactive/", anonymous(account.account_inactive), name="account_inactive"),
    path("signup/", views_doors.sign_up, name="account_signup"),
    path("confirm-email/", anonymous(account.email_verification_sent), name="account_email_verification_sent"),
    path("password/reset/", views_doors.password_reset, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        anonymous(account.confirm_password_reset_code),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/", anonymous(account.complete_password_reset), name="account_complete_password_reset"
    ),
    path(
        "password/reset/done/", anonymous(account.password_reset_from_key_done), name="account_password_reset_completed"
    ),
    path("email/", stepped_up(account.email), name="account_email"),
    path("password/change/", stepped_up(account.password_change), name="account_change_password"),
    path("password/set/", stepped_up(account.password_set), name="account_set_password"),
    # allauth sends people here when it wants them to prove themselves again.
    path("reauthenticate/", views_step_up.step_up, name="account_reauthenticate"),
]
