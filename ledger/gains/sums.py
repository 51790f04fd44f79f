"""What years came to, in the database: taken off before something is forgotten, put on once it is there anew.

So a hundred trades more cost what a hundred trades cost, however many the year has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from ledger.engine.types import Country

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ledger.models import Reckoning


class Sum(NamedTuple):
    table: str
    of: str  # rows
    at: str  # when what is added up happened
    per: tuple[str, ...]
    figures: Mapping[str, str]
    size: str  # of its figures: at nought there is no sum
    country: Country | None = None  # the one that asks for it

    @property
    def words(self) -> dict[str, str]:
        return {
            **self._asdict(),
            "per": ", ".join(self.per),
            "names": ", ".join(self.figures),
            "figures": ", ".join(f"{how} AS {name}" for name, how in self.figures.items()),
            "less": ", ".join(f"{name} = kept.{name} - gone.{name}" for name in self.figures),
            "same": " AND ".join(f"kept.{name} = gone.{name}" for name in self.per),
            "all": ", ".join(f"sum({name})" for name in self.figures),
        }


MATCHES = "ledger_match WHERE reckoning_id = %(reckoning)s AND counts {part}"
# Reckoning goes on from the beginning of a day, so a day lies before that or after it, never on both sides.
DAYS = f"""(
    SELECT year, asset, sum(proceeds - cost + adjustment) AS gain FROM {MATCHES} GROUP BY year, asset, day
) AS days"""  # noqa: S608 - only names of our own
SUMS = (
    Sum(
        "ledger_gainsum",
        MATCHES,
        "disposed",
        ("year", "asset", "wallet", "term", "act"),
        {
            "proceeds": "sum(proceeds)",
            "cost": "sum(cost)",
            "adjustment": "sum(adjustment)",
            "gains": "sum(greatest(proceeds - cost + adjustment, 0))",
            "losses": "sum(greatest(cost - proceeds - adjustment, 0))",
            "matches": "count(*)",
        },
        "matches",
    ),
    Sum(
        "ledger_daysum",
        DAYS,
        "disposed",
        ("year", "asset"),
        {"days": "count(*)", "gains": "sum(greatest(gain, 0))", "losses": "sum(greatest(-gain, 0))"},
        "days",
        Country.GB,
    ),
    Sum(
        "ledger_earningsum",
        "ledger_earning WHERE reckoning_id = %(reckoning)s {part}",
        "at",
        ("year", "asset", "category"),
        {"value": "sum(value)", "count": "count(*)"},
        "count",
    ),
    Sum(
        "ledger_findingsum",
        "ledger_finding WHERE reckoning_id = %(reckoning)s {part}",
        "at",
        ("year", "asset", "problem"),
        {"money": "sum(money)", "count": "count(*)"},
        "count",
    ),
)
# The database does this: only names of our own are put in.
PART = "AND asset = ANY(%(assets)s) AND {at} >= %(since)s"
ADDED_UP = "SELECT {per}, {figures} FROM {rows} GROUP BY {per}"
# Added up once: else the planner, who knows little of what has just come, does it again for each sum there is.
TAKE_OFF = """
    WITH gone AS MATERIALIZED ({made})
    UPDATE {table} AS kept SET {less} FROM gone WHERE kept.reckoning_id = %(reckoning)s AND {same}
"""
PUT_ON = """
    INSERT INTO {table} (reckoning_id, {per}, {names}) SELECT %(reckoning)s, {per}, {names} FROM ({made}) AS new
"""
ONE_OF_EACH = """
    WITH loose AS (
        DELETE FROM {table} WHERE reckoning_id = %(reckoning)s AND asset = ANY(%(assets)s) RETURNING *
    )
    INSERT INTO {table} (reckoning_id, {per}, {names})
    SELECT reckoning_id, {per}, {all} FROM loose GROUP BY reckoning_id, {per} HAVING sum({size}) > 0
"""


def put_on_all(reckoning: Reckoning) -> None:
    """Where there are none yet."""
    ask(PUT_ON, "", reckoning)


def take_off(reckoning: Reckoning, assets: list[str], since: datetime) -> None:
    """What these came to from a moment on, which is about to be forgotten."""
    ask(TAKE_OFF, PART, reckoning, assets=assets, since=since)


def put_on(reckoning: Reckoning, assets: list[str], since: datetime) -> None:
    ask(PUT_ON, PART, reckoning, assets=assets, since=since)
    ask(ONE_OF_EACH, "", reckoning, assets=assets)


def ask(question: str, part: str, reckoning: Reckoning, **which: Any) -> None:
    countries = {country for _, country, *_ in reckoning.settings["regimes"]}
    with connection.cursor() as cursor:
        for each in SUMS:
            if each.country is None or each.country in countries:
                words = each.words
                made = ADDED_UP.format(**words, rows=each.of.format(part=part.format(**words)))
                cursor.execute(question.format(**words, made=made), {"reckoning": reckoning.pk, **which})
