"""The service's settings, plus an app whose one table exists only to be tested, and one that empties the database."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.sealing", "tests.emptying"]

# Hashing a password is slow on purpose. Thousands of tests make somebody with one; what they prove does not hang on it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Each browser of a test is a server of its own, and each would walk through all files that lie in static/ at its start.
WHITENOISE_AUTOREFRESH = True
