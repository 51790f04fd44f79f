"""The seven dangers of django-encrypted-model-fields (stack.md 1a), each shown not to be there, on real PostgreSQL."""

from __future__ import annotations

import copy
import json
import pickle
import uuid
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, F, Max, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Upper
from django.forms import modelform_factory
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.serializers import ModelSerializer

from config.fields import NotSealedError, Sealed, SealedField, seal, unseal
from config.keys import WrongKeyError, WrongPlaceError, lock, lock_text, unlock_text
from tests.sealing.models import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

META = Vault._meta  # noqa: SLF001 - Django's documented way to ask a model
VALUE = "s3cr3t-of-alice"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def vault(*, owner: int = 1, **values: str | None) -> Vault:
    row = Vault(owner_id=owner, label="plain")
    seal(row, **(values or {"secret": VALUE}))
    row.save(force_insert=True)
    return row


def opened(row: Vault, name: str = "secret") -> str:
    return unseal(getattr(Vault.objects.get(pk=row.pk), name))[0]


def in_the_table(row: Vault, column: str = "secret") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM sealing_vault WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


# --- it works ----------------------------------------------------------------------------------------------------


class Sealing(TestCase):
    @given(value=TEXTS)
    def test_any_text_comes_back_as_it_was_and_is_not_seen_in_the_table(self, value: str) -> None:
        row = vault(secret=value)

        assert opened(row) == value
        assert in_the_table(row).startswith("gAAAA")

    @given(value=TEXTS, purpose=TEXTS, other=TEXTS)
    def test_a_text_locked_for_one_purpose_opens_for_that_one_only(self, value: str, purpose: str, other: str) -> None:
        token = lock_text(value, purpose=purpose)

        assert unlock_text(token, purpose=purpose) == value
        if other != purpose:
            with pytest.raises(WrongPlaceError):
                unlock_text(token, purpose=other)

    @given(owner=st.integers(0, 2**63), row=st.uuids(), purpose=TEXTS)
    def test_a_value_opens_in_no_place_but_its_own(self, owner: int, row: uuid.UUID, purpose: str) -> None:
        foreign = Sealed.of(VALUE, owner=owner, row=row, purpose=purpose)
        mine = vault()
        Vault.objects.filter(pk=mine.pk).update(secret=foreign)

        with pytest.raises(WrongPlaceError):
            opened(mine)


def test_null_stays_null_and_can_be_asked_for() -> None:
    full, empty = vault(), vault(secret=None)

    assert Vault.objects.get(pk=empty.pk).secret is None
    assert list(Vault.objects.filter(secret__isnull=True)) == [empty]
    assert list(Vault.objects.filter(secret__isnull=False)) == [full]


def test_reading_a_row_decrypts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = vault()
    monkeypatch.setattr("config.fields.unlock", pytest.fail)

    again = Vault.objects.get(pk=row.pk)
    again.full_clean()
    again.save()

    assert repr(again.secret) == "<Sealed>"


def test_a_deferred_column_is_loaded_when_asked_for() -> None:
    row = vault()

    assert unseal(Vault.objects.defer("secret").get(pk=row.pk).secret)[0] == VALUE
    assert unseal(Vault.objects.only("label").get(pk=row.pk).secret)[0] == VALUE
    row.refresh_from_db()
    assert unseal(row.secret)[0] == VALUE


def test_each_way_of_writing_keeps_the_secret() -> None:
    made = [Vault(owner_id=1), Vault(owner_id=1)]
    for row in made:
        seal(row, secret=VALUE)

    Vault.objects.bulk_create(made)
    Vault.objects.bulk_create(made, update_conflicts=True, unique_fields=["id"], update_fields=["secret"])
    made[0].save(update_fields=["secret"])
    Vault.objects.filter(pk=made[1].pk).update(label="x", secret=made[1].secret)

    assert [opened(row) for row in made] == [VALUE, VALUE]


# --- 1. bulk_update and update(F) destroyed the data -------------------------------------------------------------


def test_bulk_update_stores_each_rows_own_secret() -> None:
    rows = [vault(), vault(), vault(secret=None)]
    for number, row in enumerate(rows):
        seal(row, secret=f"new {number}")

    Vault.objects.bulk_update(rows, ["secret", "label"])

    assert [opened(row) for row in rows] == ["new 0", "new 1", "new 2"]


def test_bulk_update_of_rows_as_read_changes_nothing() -> None:
    before = in_the_table(vault())

    Vault.objects.bulk_update(Vault.objects.all(), ["secret"])

    assert in_the_table(Vault.objects.get()) == before


def test_update_from_another_column_moves_the_ciphertext_which_then_opens_nowhere() -> None:
    row = vault(secret=VALUE, phrase="other")

    Vault.objects.update(secret=F("phrase"))

    assert in_the_table(row) == in_the_table(row, "phrase")
    with pytest.raises(WrongPlaceError):
        opened(row)


def test_case_keeps_what_it_keeps() -> None:
    row, other = vault(), vault()
    seal(row, secret="new")
    new = Value(row.secret, output_field=META.get_field("secret"))

    Vault.objects.update(secret=Case(When(pk=row.pk, then=new), default=F("secret")))

    assert (opened(row), opened(other)) == ("new", VALUE)


@pytest.mark.parametrize(
    "clear",
    [
        Value("in clear"),
        Value("in clear", output_field=models.TextField()),
        F("label"),
        Upper(F("secret")),
        Concat(F("secret"), F("phrase")),
        Coalesce(F("secret"), Value("in clear")),
        Case(When(pk__isnull=False, then=Value("in clear"))),
        Cast(F("label"), SealedField(purpose="x")),
    ],
    ids=repr,
)
def test_no_expression_puts_anything_else_in_the_column(clear: object) -> None:
    row = vault()
    row.secret = clear

    for put in (
        lambda: Vault.objects.update(secret=clear),
        row.save,
        lambda: Vault.objects.bulk_update([row], ["secret"]),
    ):
        with pytest.raises(FieldError), transaction.atomic():
            put()

    assert opened(row) == VALUE


@pytest.mark.parametrize("clear", [Value("in clear"), Value("in clear", output_field=models.TextField())], ids=repr)
def test_no_expression_puts_anything_else_in_a_new_row(clear: Value) -> None:
    row = Vault(owner_id=1, secret=clear)

    for put in (row.save, lambda: Vault.objects.bulk_create([row])):
        with pytest.raises(FieldError), transaction.atomic():
            put()

    assert not Vault.objects.exists()


# --- 2. a wrong key failed open ----------------------------------------------------------------------------------


def test_a_wrong_key_raises_and_the_exception_carries_nothing(use_keys: Callable[..., None]) -> None:
    row = vault()
    token = in_the_table(row)
    use_keys(Fernet.generate_key().decode())

    with pytest.raises(WrongKeyError) as caught:
        opened(row)

    error = caught.value
    assert token not in f"{error!r}{error.__dict__}{error.__context__!r}{error.__cause__!r}"
    assert error.__context__ is None


def test_saving_under_a_wrong_key_does_not_seal_twice(use_keys: Callable[..., None]) -> None:
    row = vault()
    token = in_the_table(row)
    use_keys(Fernet.generate_key().decode())

    again = Vault.objects.get(pk=row.pk)
    again.label = "changed"
    again.save()

    assert in_the_table(row) == token


def test_two_keys_read_both_and_write_the_first(use_keys: Callable[..., None]) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    use_keys(old)
    before = vault()
    use_keys(new, old)

    after = vault()

    assert (opened(before), opened(after)) == (VALUE, VALUE)
    Fernet(new).decrypt(in_the_table(after))


@pytest.mark.parametrize("damage", ["", "x", "gAAAAA", "not a token at all"])
def test_a_damaged_value_is_a_wrong_key_not_a_value(damage: str) -> None:
    row = vault()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sealing_vault SET secret = left(secret, -1) || %s", [damage])

    with pytest.raises(WrongKeyError):
        opened(row)


# --- 3. it decrypted whatever it was given -----------------------------------------------------------------------


def test_a_ciphertext_sent_as_input_is_refused_and_not_opened() -> None:
    row = vault()
    token = in_the_table(row)
    field = META.get_field("secret")

    for take in (
        lambda: Vault(owner_id=1, secret=token),
        lambda: setattr(row, "secret", token),
        lambda: field.to_python(token),
        lambda: field.clean(token, row),
        lambda: field.get_prep_value(token),
        lambda: Vault.objects.update(secret=token),
        lambda: Vault.objects.update_or_create(pk=row.pk, defaults={"secret": token}),
    ):
        with pytest.raises(NotSealedError) as caught, transaction.atomic():
            take()
        assert token not in str(caught.value)


def test_a_ciphertext_sealed_as_a_value_stays_that_text() -> None:
    token = in_the_table(vault())

    assert opened(vault(secret=token)) == token


@pytest.mark.parametrize("value", ["", None, b"bytes", 7, ["list"]])
def test_only_a_text_can_be_sealed(value: object) -> None:
    with pytest.raises(NotSealedError):
        Sealed.of(value, owner=1, row=uuid.uuid4(), purpose="test secret")


def test_sealing_needs_an_owner_a_row_and_a_sealed_column() -> None:
    with pytest.raises(NotSealedError):
        seal(Vault(), secret=VALUE)
    with pytest.raises(NotSealedError):
        seal(Vault(owner_id=1, id=None), secret=VALUE)
    with pytest.raises(NotSealedError):
        seal(Vault(owner_id=1), label=VALUE)


# --- 4. a ciphertext could be moved ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE sealing_vault SET secret = alice.secret FROM sealing_vault alice WHERE alice.owner_id = 1",
        "UPDATE sealing_vault SET secret = phrase",
        "UPDATE sealing_vault SET owner_id = 3 WHERE owner_id = 2",
    ],
    ids=["row", "column", "owner"],
)
def test_a_ciphertext_moved_in_the_database_opens_nowhere(move: str) -> None:
    vault(owner=1, secret=VALUE, phrase="a")
    bob = vault(owner=2, secret="bob's", phrase="b")
    with connection.cursor() as cursor:
        cursor.execute(move)

    with pytest.raises(WrongPlaceError) as caught:
        opened(bob)

    assert not {VALUE, "bob's", "b"} & set(str(caught.value).split())


def test_a_secret_locked_for_something_else_does_not_open_as_a_column() -> None:
    row = vault()
    for foreign in (lock_text(VALUE, purpose="test secret"), lock({"value": VALUE})):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE sealing_vault SET secret = %s", [foreign])

        with pytest.raises(WrongPlaceError):
            opened(row)


def test_a_secret_taken_from_another_row_or_column_is_refused_where_it_is_put() -> None:
    alice, bob = vault(owner=1, secret=VALUE, phrase="a"), vault(owner=2)

    for put in (
        lambda: setattr(bob, "secret", alice.secret),
        lambda: setattr(alice, "secret", alice.phrase),
        lambda: Vault(owner_id=2, secret=alice.secret),
    ):
        with pytest.raises(WrongPlaceError):
            put()


def test_a_secret_sealed_for_another_row_is_refused_when_it_is_written() -> None:
    row = vault()
    row.secret = Sealed.of("for elsewhere", owner=1, row=uuid.uuid4(), purpose="test secret")

    for put in (row.save, lambda: Vault.objects.bulk_update([row], ["secret"])):
        with pytest.raises(WrongPlaceError), transaction.atomic():
            put()

    assert opened(row) == VALUE


def test_a_value_that_hangs_on_no_row_does_not_open() -> None:
    vault()

    with pytest.raises(WrongPlaceError):
        unseal(Vault.objects.values_list("secret", flat=True).get())
    with pytest.raises(WrongPlaceError):
        unseal(Sealed.of(VALUE, owner=1, row=uuid.uuid4(), purpose="test secret"))


# --- 5. look-ups failed silently ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        {"secret": "x"},
        {"secret": None},
        {"secret__in": ["x"]},
        {"secret__icontains": "x"},
        {"secret__gt": "x"},
        {"secret__lower": "x"},
    ],
    ids=repr,
)
def test_a_question_about_the_content_is_refused(question: dict[str, object]) -> None:
    with pytest.raises(FieldError):
        Vault.objects.filter(**question)
    with pytest.raises(FieldError):
        Vault.objects.exclude(Q(**question))


def test_a_sealed_value_is_no_question_either() -> None:
    with pytest.raises(FieldError):
        Vault.objects.filter(secret=vault().secret)


# --- 6. forms, serializers, dumpdata and the rest emitted the plaintext ------------------------------------------


def test_no_form_shows_it() -> None:
    form = modelform_factory(Vault, fields="__all__")(instance=vault())

    assert set(form.fields) == {"owner_id", "label", "turns"}
    with pytest.raises(FieldError):
        modelform_factory(Vault, fields=["secret"])


def test_no_serializer_shows_it() -> None:
    class VaultSerializer(ModelSerializer):
        class Meta:
            model = Vault
            fields = "__all__"

    assert set(VaultSerializer(vault()).data) == {"id", "owner_id", "label", "turns"}


def test_a_dump_leaves_it_out() -> None:
    row = vault()
    out = StringIO()

    call_command("dumpdata", "sealing", stdout=out)

    (dumped,) = json.loads(out.getvalue())
    assert set(dumped["fields"]) == {"owner_id", "label", "turns"}
    assert in_the_table(row) not in out.getvalue()


@pytest.mark.parametrize(
    "show",
    [
        str,
        bytes,
        "{}".format,
        lambda sealed: f"{sealed}",
        lambda sealed: "%s" % sealed,  # noqa: UP031 - this very way
        lambda sealed: Template("{{ it }}").render(Context({"it": sealed})),
        json.dumps,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        len,
        list,
        vars,
        lambda sealed: sealed.__getstate__(),
        lambda sealed: sealed.encode(),
        lambda sealed: sealed < sealed,  # noqa: PLR0124 - this very way
    ],
)
def test_a_sealed_value_cannot_be_shown_copied_or_sent(show: Callable[[Sealed], object]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        show(vault().secret)


def test_a_sealed_value_shows_as_nothing_where_programmers_look() -> None:
    row = vault()

    assert f"{row.secret!r} {[row.secret]} {row.__dict__['secret']!r}" == "<Sealed> [<Sealed>] <Sealed>"


def test_two_sealed_values_are_never_found_equal() -> None:
    row = vault()

    assert row.secret != row.secret
    assert row.secret != VALUE


def test_a_row_with_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(vault())


def test_aggregates_give_nothing_away() -> None:
    vault()

    assert repr(Vault.objects.aggregate(Max("secret"))) == "{'secret__max': <Sealed>}"


# --- the column itself -------------------------------------------------------------------------------------------


def test_it_goes_into_migrations_and_comes_out_the_same() -> None:
    field = META.get_field("secret")
    _, path, args, kwargs = field.deconstruct()

    assert (path, kwargs) == (
        "config.fields.SealedField",
        {"null": True, "purpose": "test secret", "owner": "owner_id", "row": "id"},
    )
    assert SealedField(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)
    assert field.db_type(connection) == "text"
    assert "config.fields.SealedField(" in MigrationWriter.serialize(field)[0]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"id": models.UUIDField(primary_key=True), "secret": SealedField(purpose="a")}, "config.E001"),
        ({"owner_id": models.IntegerField(), "secret": SealedField(purpose="a")}, "config.E002"),
        ({"secret": SealedField(purpose="test secret")}, "config.E003"),
        ({"secret": SealedField(purpose="a", default="x")}, "config.E004"),
        ({"secret": SealedField(purpose="a", unique=True)}, "config.E004"),
    ],
)
def test_a_sealed_column_that_cannot_be_bound_is_refused_at_start(columns: dict, error: str) -> None:
    try:
        type("Odd", (models.Model,), {**columns, "__module__": "tests.sealing.models"})

        assert error in [complaint.id for complaint in columns["secret"].check()]
    finally:
        apps.all_models["sealing"].pop("odd")
        apps.clear_cache()
