"""The service's settings for the bare site of `tests/bare.py`, which asks PostgreSQL by Django's own engine."""

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
DATABASES = {name: {**facts, "ENGINE": "django.db.backends.postgresql"} for name, facts in DATABASES.items()}  # noqa: F405 - as above
