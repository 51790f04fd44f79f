"""A new database is made in one step for each app; what the chain of former migrations made is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations import CreateModel, Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from config.append_only import AppendOnly
from config.create_models import CreateModels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.migrations.state import ModelState

LOADER = MigrationLoader(None)
CHAINS = MigrationLoader(None, replace_migrations=False)
SQUASHES = sorted(LOADER.replacements)
OURS = {"accounts", "config", "ledger", "sync", "wallets"}


def described(state: ModelState) -> dict[str, Any]:
    """Columns stand in a table in the order of the fields, and COPY depends on it."""
    return {
        "fields": [(name, MigrationWriter.serialize(field)[0]) for name, field in state.fields.items()],
        "options": {name: value for name, value in state.options.items() if value},
        "bases": state.bases,
        "managers": state.managers,
    }


@pytest.mark.parametrize("squash", SQUASHES, ids=".".join)
def test_a_new_database_gets_what_the_chain_makes(squash: tuple[str, str]) -> None:
    app, last = squash[0], LOADER.replacements[squash].replaces[-1]
    whole, chain = LOADER.graph.make_state([squash]), CHAINS.graph.make_state([last])

    made, made_before = (
        {key[1]: described(model) for key, model in state.models.items() if key[0] == app} for state in (whole, chain)
    )

    assert made.keys() == made_before.keys()
    for name, model in made.items():
        assert model == made_before[name], name


@pytest.mark.parametrize("squash", SQUASHES, ids=".".join)
def test_a_squash_waits_for_what_its_chain_waited_for(squash: tuple[str, str]) -> None:
    """And for no more: a database in the midst of another app's chain would be told that its history is wrong."""
    replaced = LOADER.replacements[squash].replaces

    waited = {each for key in replaced for each in CHAINS.disk_migrations[key].dependencies} - {*replaced}

    assert {*LOADER.replacements[squash].dependencies} <= waited
    for app, name in waited:
        assert any(name <= named for other, named in LOADER.replacements[squash].dependencies if other == app)


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# --- databases that began with the chain -----------------------------------------------------------------------------


def chain() -> list[tuple[str, str]]:
    """All our migrations without a squash, in an order in which they can be applied."""
    leaves = [key for key in CHAINS.graph.leaf_nodes() if key not in SQUASHES]
    plan: list[tuple[str, str]] = []
    for leaf in leaves:
        plan += [key for key in CHAINS.graph.forwards_plan(leaf) if key not in plan]
    return plan


def left_of(applied: Iterable[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What `migrate` would do in a database that has had these."""
    known = {key: CHAINS.disk_migrations[key] for key in applied}
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _: dict(known))
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    return {(each.app_label, each.name) for each, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())}


@pytest.mark.parametrize("squash", SQUASHES, ids=".".join)
def test_who_stands_within_a_chain_goes_on_with_it(squash: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = LOADER.replacements[squash].replaces
    applied = CHAINS.graph.forwards_plan(replaced[len(replaced) // 2])

    left = left_of(applied, monkeypatch)

    assert {key for key in left if key[0] == squash[0]} == {
        key for key in chain() if key[0] == squash[0] and key not in applied
    }


def test_who_has_the_whole_chain_has_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left_of(chain(), monkeypatch) == set()


def test_who_has_nothing_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {key for key in left_of([], monkeypatch) if key[0] in OURS}

    assert {*SQUASHES} <= ours
    assert not ours & {key for squash in SQUASHES for key in LOADER.replacements[squash].replaces}


# --- the step itself --------------------------------------------------------------------------------------------------


class Shelves(Migration):
    operations = [
        CreateModels(
            [
                CreateModel(
                    "Book",
                    [
                        ("id", models.BigAutoField(primary_key=True)),
                        ("shelf", models.ForeignKey("Shelf", models.PROTECT)),
                    ],
                    {"constraints": [AppendOnly(name="book_append_only", may_purge="SELECT false", key="id")]},
                ),
                CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
            ]
        )
    ]


def constraints_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contype FROM pg_constraint WHERE conrelid = to_regclass(%s) UNION ALL "
            "SELECT 't' FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
            [table, table],
        )
        return {kind if isinstance(kind, str) else kind.decode() for (kind,) in cursor.fetchall()}


@pytest.mark.django_db
def test_all_is_done_before_the_transaction_ends() -> None:
    """For then Django notes the migration within it: what is stopped in between has all of it, or nothing."""
    shelves = Shelves("shelves", "config")
    with connection.schema_editor() as editor:
        before = ProjectState()
        after = shelves.apply(before.clone(), editor)
        outstanding = list(editor.deferred_sql)
        made = constraints_of("config_book")
    with connection.schema_editor() as editor:
        shelves.unapply(before, editor)

    assert (outstanding, made) == ([], {"p", "f", "t"})
    assert {name for _, name in after.models} == {"book", "shelf"}
    assert constraints_of("config_book") == set()


def test_models_are_drawn_once_for_all() -> None:
    drawn = ProjectState()
    assert drawn.apps  # as Django has them while it migrates

    after = Shelves("shelves", "config").mutate_state(drawn, preserve=False)

    assert "apps" not in after.__dict__
    assert after.apps.get_model("config", "book")
