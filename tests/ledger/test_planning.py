"""However the database was deceived about the size of its tables: rows are found by the index that names them."""

from __future__ import annotations

import pytest
from django.db import connection

from ledger import parts
from ledger.planning import rows_by_index
from tests.ledger.stand import store, trade

pytestmark = pytest.mark.django_db
# As the planner sees a table whose rows were all gone when it was vacuumed.
FORGET = """
    UPDATE pg_class SET reltuples = 0, relpages = CASE relkind WHEN 'r' THEN 500 ELSE 100 END
    WHERE oid = ANY(SELECT i.indexrelid FROM pg_index i WHERE i.indrelid::regclass::text LIKE 'ledger_s%')
        OR relname IN ('ledger_sourcerow', 'ledger_sighting')
"""


def plan(question, *facts):
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
    return "\n".join(line for (line,) in rows_by_index(f"EXPLAIN {question}", facts))


def test_later_and_former_rows_of_a_name_are_found_by_that_name(wallet):
    store(wallet, *(row for number in range(50) for row in trade(number)))
    shown = [
        plan(parts.NEXT, wallet.pk, 0, wallet.pk, 20),
        plan(parts.THESE, [1, 2, 3]),
        plan(parts.FORMER, [1, 2, 3]),
    ]
    assert all("using source_row_once" in each for each in shown), shown
    assert "using rows_in_turn" in shown[0]
    assert not [line for each in shown for line in each.splitlines() if "rows_in_turn" in line and '"row"' not in line]


def test_rows_and_what_was_seen_of_them_are_gone_through_in_the_turn_of_their_wallet(wallet):
    """Not in that of the table's own key, which looks as cheap as long as the table looks empty."""
    store(wallet, *trade(1))
    assert "using rows_in_turn" in (shown := plan(parts.UNREAD, wallet.pk, 0, wallet.pk, 20)), shown
    assert "using sightings_in_turn" in (shown := plan(parts.SEEN, wallet.pk, 0, wallet.pk, 20)), shown


def test_what_the_planner_is_told_holds_for_that_question_only(wallet):
    store(wallet, *trade(1))
    assert rows_by_index("SELECT current_setting('enable_sort')", []) == [("off",)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_sort')")
        assert cursor.fetchone() == ("on",)
