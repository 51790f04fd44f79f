"""rotate_keys: nothing lost, nothing left to an old key, whatever happens meanwhile."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import beats, canaries, rotation
from config.exits import Code, Refusal
from config.fields import seal, unseal
from config.keys import fingerprint, renew, state
from config.models import KeyCanary, ProcessBeat
from config.stores import Store, stores
from tests.factories import OwnerFactory
from tests.sealing.models import Vault
from tests.sealing.programs import first_line, new_key, start, until
from tests.strength import examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = timezone.now()
OLD, NEW = new_key(), new_key()
SECRETS = Store(Vault, "secret")


def vaults(number: int, *, phrases: bool = True) -> list[Vault]:
    rows = [Vault(owner_id=1, label=str(n)) for n in range(number)]
    for n, row in enumerate(rows):
        seal(row, secret=f"secret {n}", phrase=f"phrase {n}" if phrases and n % 2 else None)
    return Vault.objects.bulk_create(rows)


def opened() -> list[tuple[str, str | None]]:
    rows = sorted(Vault.objects.all(), key=lambda row: int(row.label))
    return [(unseal(row.secret)[0], row.phrase and unseal(row.phrase)[0]) for row in rows]


def tokens() -> list[str]:
    return [
        token for store in stores() for batch in store.batches() for _, text in batch for token in store.tokens(text)
    ]


def opens(key: str, token: str) -> bool:
    try:
        Fernet(key).decrypt(token)
    except InvalidToken:
        return False
    return True


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def old_and_new(db: None, use_keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Data sealed with the old key; the process restarted with the new one in front of it."""
    monkeypatch.setattr(rotation, "PAUSE", 0)
    old, new = new_key(), new_key()
    use_keys(old)
    canaries.plant(now=NOW)
    vaults(7)
    use_keys(new, old)
    until(nobody_else_writes)
    return old, new


def nobody_else_writes() -> bool:
    """Whom tests before this one killed is gone only once PostgreSQL has noticed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
    return not beats.writers_with_other_keys()


def rotate(said: list[str] | None = None) -> None:
    rotation.rotate(say=(said if said is not None else []).append, patience=0, now=NOW)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.code is Code.ROTATION_REFUSED
    return str(caught.value)


# --- in one process ----------------------------------------------------------------------------------------------


def test_after_a_rotation_the_new_key_alone_opens_everything(
    old_and_new: tuple[str, str], said: list[str], use_keys: Callable[..., None]
) -> None:
    old, new = old_and_new
    before = opened()

    rotate(said)

    use_keys(new)
    canaries.refuse_wrong_keys()
    assert opened() == before
    assert not [token for token in tokens() if opens(old, token)]
    assert f"Finished: every value opens with the key {fingerprint(new)} alone. Retired: 1 older key." in said
    assert KeyCanary.objects.get(fingerprint=fingerprint(old)).retired_at == NOW


def test_what_is_done_is_counted_and_a_second_rotation_finds_nothing_to_do(
    old_and_new: tuple[str, str], said: list[str]
) -> None:
    rotate(said)
    assert any("sealing.Vault.secret: 7 rows sealed anew" in line for line in said)
    assert any("sealing.Vault.phrase: 3 values open with the newest key, 0 with older ones" in line for line in said)

    said.clear()
    before = tokens()
    rotate(said)

    assert any("sealing.Vault.secret: 0 rows sealed anew" in line for line in said)
    assert tokens() == before


def test_the_seeds_that_allauth_keeps_are_rotated_too(db: None, use_keys: Callable[..., None], said: list[str]) -> None:
    old, new = new_key(), new_key()
    use_keys(old)
    owner = OwnerFactory()
    factors = Authenticator.objects.filter(user=owner)
    before = [(row.pk, codes(row)) for row in factors.order_by("pk")]
    assert len(before) == 2
    use_keys(new, old)

    rotate(said)

    use_keys(new)
    assert [(row.pk, codes(row)) for row in factors.order_by("pk")] == before
    assert any("mfa.Authenticator.data: 2 rows sealed anew" in line for line in said)


def codes(factor: Authenticator) -> object:
    wrapped = factor.wrap()
    if factor.type == Authenticator.Type.TOTP:
        return get_adapter().decrypt(factor.data["secret"])
    return wrapped.generate_codes()


def test_a_passkey_named_like_a_token_stops_nothing(old_and_new: tuple[str, str]) -> None:
    named = Authenticator.objects.create(
        user=OwnerFactory(), type=Authenticator.Type.WEBAUTHN, data={"name": "gAAAAAB-not-a-token"}
    )

    rotate()

    named.refresh_from_db()
    assert named.data == {"name": "gAAAAAB-not-a-token"}


def test_codes_moved_over_from_elsewhere_are_sealed_texts_in_a_list(old_and_new: tuple[str, str]) -> None:
    old, _ = old_and_new
    listed = [Fernet(old).encrypt(text).decode() for text in (b"one", b"two")]
    row = Authenticator(user=OwnerFactory(), type="webauthn", data={"migrated_codes": listed, "used_mask": 3})
    Authenticator.objects.bulk_create([row])  # past the signal that renews what is saved

    rotate()

    row.refresh_from_db()
    assert [state(token) for token in row.data["migrated_codes"]] == ["newest", "newest"]
    assert row.data["used_mask"] == 3


def test_one_key_alone_is_nothing_to_rotate(old_and_new: tuple[str, str], use_keys: Callable[..., None]) -> None:
    use_keys(old_and_new[0])

    assert "holds one key" in refused(rotate)


def test_it_is_not_finished_while_a_live_process_writes_with_the_old_key(old_and_new: tuple[str, str]) -> None:
    old, _ = old_and_new
    canaries.plant(now=NOW)  # by one that was restarted
    beat = ProcessBeat.objects.create(
        kind="web", host="box-1", pid=7, started=NOW, seen=timezone.now(), write_key=fingerprint(old)
    )

    sentence = refused(rotate)

    assert f"web process 7 on box-1 (key {fingerprint(old)})" in sentence
    assert not KeyCanary.objects.exclude(retired_at=None, closed_at=None).exists()
    assert {state(token) for token in tokens()} == {"newest"}

    ProcessBeat.objects.filter(pk=beat.pk).update(seen=timezone.now() - beats.ALIVE - timedelta(seconds=1))
    rotate()


def test_where_nobody_was_restarted_nothing_is_touched(old_and_new: tuple[str, str]) -> None:
    """They know the old key alone: what the new one seals would end them all."""
    old, _ = old_and_new
    ProcessBeat.objects.create(
        kind="web", host="box-1", pid=7, started=NOW, seen=timezone.now(), write_key=fingerprint(old)
    )

    assert "Restart every process" in refused(rotate)
    assert [canary.fingerprint for canary in KeyCanary.objects.all()] == [fingerprint(old)]
    assert {state(token) for token in tokens()} == {"older"}


def test_a_value_that_opens_with_no_key_keeps_it_from_finishing_and_is_named(
    old_and_new: tuple[str, str], said: list[str]
) -> None:
    row = Vault.objects.all()[0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sealing_vault SET secret = 'gAAAAA-broken' WHERE id = %s", [row.pk])

    sentence = refused(lambda: rotate(said))

    assert f"sealing.Vault.secret {row.pk}" in sentence
    assert "gAAAAA-broken" not in sentence
    assert [state(token) for token in tokens()].count("newest") == 9
    assert not KeyCanary.objects.exclude(retired_at=None).exists()


def test_check_changes_nothing_and_says_how_much_is_left(old_and_new: tuple[str, str], said: list[str]) -> None:
    before = tokens()

    assert "10 values open with an older key only" in refused(lambda: rotation.prove(say=said.append))

    assert tokens() == before


def test_what_changed_since_it_was_read_is_not_exchanged(old_and_new: tuple[str, str]) -> None:
    ((key, text), (other, other_text), *_) = next(SECRETS.batches())
    row = Vault.objects.get(pk=key)
    seal(row, secret="written meanwhile")
    row.save()

    done = SECRETS.exchange([(key, text, renew(text)), (other, other_text, renew(other_text))])

    assert done == 1
    assert unseal(Vault.objects.get(pk=key).secret)[0] == "written meanwhile"


def test_a_row_read_before_and_saved_after_does_not_bring_the_old_key_back(old_and_new: tuple[str, str]) -> None:
    stale, *more = Vault.objects.all()
    moved = Vault.objects.get(pk=more[0].pk)
    rotate()

    stale.save()
    Vault.objects.bulk_update(more, ["secret"])
    Vault.objects.filter(pk=moved.pk).update(secret=moved.secret)

    assert {state(token) for token in tokens()} == {"newest"}


def test_a_factor_read_before_and_saved_after_does_not_either(db: None, use_keys: Callable[..., None]) -> None:
    old, new = new_key(), new_key()
    use_keys(old)
    OwnerFactory()
    stale = list(Authenticator.objects.all())
    use_keys(new, old)
    rotate()

    for factor in stale:
        factor.save()

    assert {state(token) for token in tokens()} == {"newest"}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_not_waited_for(old_and_new: tuple[str, str]) -> None:
    ((key, text), *_) = next(SECRETS.batches())
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM sealing_vault WHERE id = %s FOR UPDATE", [key])

            assert SECRETS.exchange([(key, text, renew(text))]) == 0
            assert "that others keep busy" in refused(lambda: rotation.reseal(say=str))
    finally:
        holder.close()

    rotate()


@pytest.mark.django_db(transaction=True)
def test_two_rotations_do_not_run_at_once(old_and_new: tuple[str, str]) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [rotation.LOCK])

            assert "Another rotate_keys is running" in refused(rotate)
    finally:
        other.close()


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(st.sampled_from(["older", "newest", "none"]), max_size=12))
def test_however_old_and_new_lie_mixed_every_value_is_kept(
    db: None, use_keys: Callable[..., None], states: list[str]
) -> None:
    with transaction.atomic():
        for keys in ([OLD], [NEW, OLD]):
            use_keys(*keys)
            for n, when in enumerate(states):
                row = Vault(owner_id=1, label=str(n))
                seal(row, secret=f"secret {n}" if when != "none" else None)
                if (when == "older") == (keys == [OLD]):
                    row.save(force_insert=True)
        rotate()
        use_keys(NEW)

        kept = {row.label: row.secret and unseal(row.secret)[0] for row in Vault.objects.all()}
        transaction.set_rollback(True)

    assert kept == {str(n): f"secret {n}" if when != "none" else None for n, when in enumerate(states)}


# --- while the service works -------------------------------------------------------------------------------------


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_rows_while_other_processes_write(use_keys: Callable[..., None], tmp_path: Path) -> None:
    use_keys(OLD)
    before = {row.pk: row.label for row in vaults(10_000, phrases=False)}
    canaries.plant(now=NOW)
    use_keys(NEW, OLD)
    connection.close()
    logs = [tmp_path / "0", tmp_path / "1"]
    writers = [start("-m", "tests.sealing.writer", str(log), log.name, keys=[NEW, OLD]) for log in logs]
    assert [first_line(writer) for writer in writers] == ["ready\n", "ready\n"]

    command = start("manage.py", "rotate_keys", keys=[NEW, OLD])
    said, _ = command.communicate(timeout=60)
    for writer in writers:
        writer.terminate()
        writer.communicate(timeout=60)
    written = dict(line.split(" ", 1) for log in logs for line in log.read_text().splitlines())

    assert command.returncode == 0, said
    assert "Finished" in said
    assert len(written) > 100
    use_keys(NEW)
    found = {str(row.pk): unseal(row.secret)[0] for row in Vault.objects.all()}
    assert found == {str(pk): f"secret {n}" for pk, n in before.items()} | written
    assert not [token for token in tokens() if opens(OLD, token)]


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_in_the_middle_is_taken_up_again(use_keys: Callable[..., None]) -> None:
    use_keys(OLD)
    vaults(6_000, phrases=False)
    canaries.plant(now=NOW)
    before = opened()
    use_keys(NEW, OLD)
    canaries.plant(now=NOW)
    connection.close()

    command = start("manage.py", "rotate_keys", keys=[NEW, OLD])
    until(lambda: state(next(SECRETS.batches())[0][1]) == "newest")
    command.kill()
    command.communicate()
    half = Counter(state(token) for token in tokens())
    connection.close()
    again = start("manage.py", "rotate_keys", keys=[NEW, OLD])
    said, _ = again.communicate(timeout=60)

    assert half["newest"] > 0
    assert half["older"] > 0
    assert again.returncode == 0, said
    use_keys(NEW)
    assert opened() == before
    assert not [token for token in tokens() if opens(OLD, token)]


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_process_with_the_old_key_keeps_it_from_finishing_until_it_ends(
    use_keys: Callable[..., None], tmp_path: Path
) -> None:
    use_keys(OLD)
    vaults(50)
    connection.close()
    writer = ("-m", "tests.sealing.writer", str(tmp_path / "log"), "0", "0.02")  # it writes on, without flooding
    late = start(*writer, keys=[OLD])
    assert first_line(late) == "ready\n"

    early = start("manage.py", "rotate_keys", "--wait", "0", keys=[NEW, OLD])
    refused, _ = early.communicate(timeout=60)
    late.terminate()
    late.communicate(timeout=60)
    again = start("manage.py", "rotate_keys", "--wait", "0", keys=[NEW, OLD])
    said, _ = again.communicate(timeout=60)
    use_keys(NEW, OLD)
    too_late = start(*writer, keys=[OLD, NEW])
    sentence, _ = too_late.communicate(timeout=60)

    assert early.returncode == Code.ROTATION_REFUSED
    assert "Not finished: an older key is still written with, by writer process" in refused
    assert again.returncode == 0, said
    assert too_late.returncode != 0
    assert "begins with the key" in sentence
    assert {state(token) for token in tokens()} == {"newest"}
