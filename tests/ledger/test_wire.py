"""Arrays arrive as they were sent, whatever is in them."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from ledger import wire

pytestmark = pytest.mark.django_db
TEXTS = [
    [],
    ["one"],
    ["", "NULL", "null", " spaced ", "{}", "a,b"],
    ['"', '""', '","', "\\", '\\"', "it's", "%s", "line\nbreak"],
    ["Ω", "漢字", "🙂", "\u2028"],
]
NUMBERS = [[], [0], [1, -1, 2**63 - 1, -(2**63)]]


def answered(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


@pytest.mark.parametrize("items", TEXTS)
def test_texts_that_are_asked_for(items):
    assert answered("SELECT %s::text[]", wire.asked(items)) == items
    for each in items:
        assert answered("SELECT %s = ANY(%s)", each, wire.asked(items))


def test_numbers_and_names_that_are_asked_for():
    names = [uuid.uuid4(), uuid.uuid4()]
    assert answered("SELECT %s::uuid[]", wire.asked(names)) == names
    for items in NUMBERS:
        assert answered("SELECT %s::bigint[]", wire.asked(items)) == items


def test_arrays_that_are_copied():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (texts varchar(40)[], numbers bigint[]) ON COMMIT DROP")
        with cursor.copy("COPY copied (texts, numbers) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(("bytea", "bytea"))
            for texts in TEXTS:
                for numbers in NUMBERS:
                    copy.write_row((wire.texts(tuple(texts)), wire.numbers(numbers)))
        cursor.execute("SELECT texts, numbers FROM copied")
        assert cursor.fetchall() == [(texts, numbers) for texts in TEXTS for numbers in NUMBERS]
