"""The databases of a parallel run: one is migrated, and each process of the run has a copy of it."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

# Set by `manage.py test` where it has a server of its own, with which the template goes too.
TEMPLATE = "HOLDFAST_TEST_TEMPLATE"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """pytest-django asks for this just before it makes a process's database."""
    template = os.environ.get(TEMPLATE)
    if template and hasattr(request.config, "workerinput"):
        with django_db_blocker.unblock():
            make_once(template)
        connection.settings_dict["TEST"] |= {"TEMPLATE": template, "MIGRATE": False}


def make_once(name: str) -> None:
    """The first process that needs a database makes it, while others that do so wait."""
    with (settings.DATA_DIR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                make(f"{name}_in_the_making")
                server.execute(f'ALTER DATABASE "{name}_in_the_making" RENAME TO "{name}"')


def make(name: str) -> None:
    facts = connection.settings_dict
    kept, kept_for_tests = facts["NAME"], facts["TEST"]["NAME"]
    facts["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    facts["NAME"], facts["TEST"]["NAME"] = kept, kept_for_tests
