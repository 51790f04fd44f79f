"""The service's settings for the bare site of `tests/bare.py`."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "tests.bare"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # its app does not start without
]
