"""A table that only grows: the database itself refuses to change or delete a row, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.constraints import BaseConstraint

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.models import Model

TRIGGER = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $trigger$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.{key}::text = current_setting('holdfast.purging', true) AND ({may_purge}) THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND {forgets} THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{name} refuses ' || TG_OP;
END
$trigger$;
CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""
FORGETS = """(
    NEW.{column} IS NULL AND OLD.{column}::text = current_setting('holdfast.purging', true)
    AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}'
  )"""


class AppendOnly(BaseConstraint):
    """Stands in `Meta.constraints`, so that a migration that makes the table makes the trigger too.

    The one way out is a purge: the transaction announces with `purging` whose rows go (`key`: an owner, or a wallet),
    and `may_purge` (SQL over OLD) agrees. `forget` names a column that points at another person; it may be emptied when
    that person is purged.
    """

    def __init__(self, *, name: str, may_purge: str, forget: str = "", key: str = "owner_id") -> None:
        super().__init__(name=name)
        self.may_purge = may_purge
        self.forget = forget
        self.key = key

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__name__}",
            (),
            {
                "name": self.name,
                "may_purge": self.may_purge,
                "forget": self.forget,
                **({"key": self.key} if self.key != "owner_id" else {}),
            },
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    # Django declares that both may be missing, and never calls with either missing.
    def constraint_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        # A trigger cannot stand inside CREATE TABLE; it follows at the end of the migration.
        assert schema_editor  # noqa: S101 - see above
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def create_sql(
        self,
        model: type[Model] | None,
        schema_editor: BaseDatabaseSchemaEditor | None,  # noqa: ARG002 - Django's signature
    ) -> str:
        return TRIGGER.format(
            name=self.name,
            table=_table(model),
            may_purge=self.may_purge,
            key=self.key,
            forgets=FORGETS.format(column=self.forget) if self.forget else "false",
        )

    def remove_sql(
        self,
        model: type[Model] | None,
        schema_editor: BaseDatabaseSchemaEditor | None,  # noqa: ARG002 - Django's signature
    ) -> str:
        return f"DROP TRIGGER {self.name} ON {_table(model)}; DROP FUNCTION {self.name}()"

    def validate(self, *_args: object, **_kwargs: object) -> None:
        """Nothing a form could say about it."""


def _table(model: type[Model] | None) -> str:
    assert model  # noqa: S101 - see above
    return f'"{model._meta.db_table}"'  # noqa: SLF001 - Django's documented way to ask a model


def purging(whose: object) -> None:
    """Announces, for the rest of this transaction, whose rows are about to go: the id of an owner, or of a wallet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('holdfast.purging', %s, true)", [str(whose)])
