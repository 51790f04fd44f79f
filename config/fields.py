"""SealedField: a column of secrets. Python gets a `Sealed`, which can be stored and passed on, but not looked at.

    class Credential(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
        owner = models.ForeignKey("accounts.User", models.PROTECT)
        secret = SealedField(purpose="exchange api secret")

    seal(credential, secret="…")          # then save, bulk_create, bulk_update as usual
    reveal(credential.secret, by=…, …)    # accounts.audit: the one way to read it, and it is recorded

Inside the ciphertext stand the owner, the row and the purpose beside the value, and they are compared when it is
opened: copied to another row, column or owner it is worth nothing. Reading a row never decrypts. A subclass of the
package's EncryptedTextField that does none of what makes that one dangerous (README, "Decisions").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self, overload
from uuid import UUID

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldError
from django.db.models import Case, Model, UUIDField, Value, When
from django.db.models.expressions import Col
from django.db.models.functions import Cast, Coalesce
from django.db.models.query_utils import DeferredAttribute

from config.keys import EncryptedTextField, WrongPlaceError, lock, renew, unlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Lookup


class NotSealedError(TypeError):
    """Something that is no `Sealed` was about to be put in a sealed column. The message never holds what."""


class Place(NamedTuple):
    """Where a secret belongs: whose it is, in which row, as what."""

    owner: str
    row: str
    purpose: str


class Sealed:
    """A secret, closed. It holds ciphertext only, and gives away not even that."""

    __slots__ = ("_home", "_place", "_token")

    def __init__(self, token: str, place: Place | None = None, home: tuple[Model, SealedField] | None = None) -> None:
        self._token = token
        self._place = place  # what it was sealed for, if that happened in this process
        self._home = home  # the row and column it was read from

    @classmethod
    def of(cls, value: str, *, owner: object, row: UUID, purpose: str) -> Self:
        """Closes `value` at once. `seal(row, column=value)` is the shorter way, and cannot name the wrong place."""
        if not isinstance(value, str) or not value:
            raise NotSealedError("Only a text that is not empty can be sealed.")
        if owner is None or not isinstance(row, UUID):
            raise NotSealedError("A secret is sealed for an owner and for a row (its UUID): both must be known.")
        place = Place(str(owner), str(row), purpose)
        return cls(lock({**place._asdict(), "value": value}), place)

    def __repr__(self) -> str:
        return "<Sealed>"

    def _refuse(self, *_args: object) -> NoReturn:
        raise TypeError("A sealed value cannot be shown, copied or sent. Open it with accounts.audit.reveal.")

    __str__ = __bytes__ = __format__ = __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = __getstate__ = _refuse


def seal(instance: Model, **values: str | None) -> None:
    """Puts secrets into an unsaved or changed row: sealed for exactly this row. None empties a column."""
    for name, value in values.items():
        field = instance._meta.get_field(name)
        if not isinstance(field, SealedField):
            raise NotSealedError(f"{name} is no sealed column.")
        closed = None if value is None else Sealed.of(value, **field.place_in(instance))
        setattr(instance, name, closed)


def unseal(sealed: Sealed) -> tuple[str, Place]:
    """Opens a secret as an attribute of its row. Called by `accounts.audit.reveal` and nobody else: a house rule."""
    if sealed._home is None:
        raise WrongPlaceError("A sealed value opens only as an attribute of the row it is stored in.")
    instance, field = sealed._home
    place = field.home_of(instance)
    inside = unlock(sealed._token)
    value = inside.pop("value", "")
    if inside != place._asdict():
        raise WrongPlaceError("A sealed value is not where it was sealed for: it was moved or copied.")
    return value, place


class SealedAttribute(DeferredAttribute):
    """Takes nothing but `Sealed` values, and hands them out with the row they were read from."""

    field: Any  # the SealedField it stands for

    def __get__(self, instance: Model | None, cls: type[Model] | None = None) -> Any:
        stored = super().__get__(instance, cls)
        if instance is None or not isinstance(stored, Sealed):
            return stored
        return Sealed(stored._token, stored._place, (instance, self.field))

    def __set__(self, instance: Model, value: object) -> None:
        if isinstance(value, Sealed):
            if value._home and not self._same(instance, *value._home):
                raise WrongPlaceError("A sealed value belongs to one row and column: open it and seal it again.")
            value = Sealed(value._token, value._place)
        elif value is not None and not hasattr(value, "resolve_expression"):
            raise NotSealedError(f"{self.field.name} takes sealed values only: use config.fields.seal.")
        instance.__dict__[self.field.attname] = value

    def _same(self, mine: Model, other: Model, field: SealedField) -> bool:
        return (
            field.attname == self.field.attname
            and mine._meta.concrete_model is other._meta.concrete_model
            and mine.pk == other.pk
        )


class SealedField(EncryptedTextField):
    """`purpose` is sealed in with every value: once there are values it stays, whatever the column is called."""

    empty_strings_allowed = False
    descriptor_class = SealedAttribute

    if TYPE_CHECKING:
        name: str
        attname: str
        model: type[Model]

        @overload
        def __get__(self, instance: None, owner: type[Model]) -> Self: ...
        @overload
        def __get__(self, instance: Model, owner: type[Model]) -> Sealed | None: ...
        def __get__(self, instance: Model | None, owner: type[Model]) -> Self | Sealed | None: ...
        def __set__(self, instance: Model, value: Sealed | None) -> None: ...

    def __init__(self, *args: Any, purpose: str, owner: str = "owner_id", row: str = "id", **kwargs: Any) -> None:
        self.purpose, self.owner, self.row = purpose, owner, row
        # Not in forms, not in the admin, not in serializers, not in dumpdata.
        super().__init__(*args, **{**kwargs, "editable": False, "serialize": False})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        ours = {"purpose": self.purpose, "owner": self.owner, "row": self.row}
        plain = {key: value for key, value in kwargs.items() if key not in {"editable", "serialize"}}
        return name, path, args, {**plain, **ours}

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._complaints()]

    def _complaints(self) -> Iterator[checks.Error]:
        columns = {field.attname: field for field in self.model._meta.concrete_fields}
        if self.owner not in columns:
            yield checks.Error(f"A sealed field needs a column {self.owner}.", obj=self, id="config.E001")
        if not isinstance(columns.get(self.row), UUIDField) or not columns[self.row].unique:
            yield checks.Error(f"A sealed field needs a unique UUID column {self.row}.", obj=self, id="config.E002")
        if [field.purpose for field in sealed_fields()].count(self.purpose) > 1:
            yield checks.Error(f"Two sealed fields have the purpose {self.purpose!r}.", obj=self, id="config.E003")
        if self.has_default() or self.unique or self.db_index:
            yield checks.Error("A sealed field has no default and no index.", obj=self, id="config.E004")

    # --- where it belongs ----------------------------------------------------------------------------------------

    def place_in(self, instance: Model) -> dict[str, Any]:
        return {"owner": getattr(instance, self.owner), "row": getattr(instance, self.row), "purpose": self.purpose}

    def home_of(self, instance: Model) -> Place:
        return Place(str(getattr(instance, self.owner)), str(getattr(instance, self.row)), self.purpose)

    # --- to and from the database --------------------------------------------------------------------------------

    def from_db_value(self, value: str | None, *_args: object) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: object) -> Sealed | None:
        """What people and files send is never decrypted, and never taken for a sealed value."""
        if value is None or isinstance(value, Sealed):
            return value
        raise NotSealedError(f"{self.name} takes sealed values only.")

    def get_prep_value(self, value: object) -> str | None:
        sealed = self.to_python(value)
        if sealed is None:
            return None
        place, home = sealed._place, sealed._home
        if place and home and home[1].home_of(home[0]) != place:
            raise WrongPlaceError(f"{self.name} was sealed for another row or owner than the one it is put in.")
        return renew(sealed._token)  # or a row read before a rotation and saved after it would bring the old key back

    def get_db_prep_value(self, value: object, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        return value if hasattr(value, "resolve_expression") else self.get_prep_value(value)

    def get_db_prep_save(self, value: object, connection: BaseDatabaseWrapper) -> Any:
        """bulk_update and update(F) come with expressions: the database gets them as they are, if all is sealed."""
        if hasattr(value, "resolve_expression") and not _all_sealed(value):
            raise FieldError(f"{self.name} can be set to sealed values and to sealed columns only.")
        return self.get_db_prep_value(value, connection)

    # --- and nowhere else ----------------------------------------------------------------------------------------

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:  # noqa: ARG002 - Django's signature
        return None

    def formfield(self, **_kwargs: object) -> None:
        return None

    def value_to_string(self, obj: Model) -> NoReturn:  # noqa: ARG002 - Django's signature
        raise NotSealedError(f"{self.name} is not to be written out.")


def sealed_fields() -> Iterator[SealedField]:
    """Every sealed column of every table."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and model._meta.managed:
            yield from (field for field in model._meta.local_concrete_fields if isinstance(field, SealedField))


def _all_sealed(expression: Any) -> bool:
    """Anything else would store a secret in clear, or a ciphertext that nothing opens."""
    if isinstance(expression, Value):
        known = isinstance(getattr(expression, "_output_field_or_none", None), SealedField)
        return expression.value is None or (isinstance(expression.value, Sealed) and known)
    if isinstance(expression, Col):
        return isinstance(expression.target, SealedField)
    if isinstance(expression, When):
        return _all_sealed(expression.result)
    if isinstance(expression, (Case, Cast, Coalesce)):
        return all(_all_sealed(part) for part in expression.get_source_expressions())
    return False
