"""A write that is repeated happens once and answers the same, also when both arrive at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.api import idempotency
from accounts.models import ApiToken, IdempotencyRecord, TaxSettings
from tests.accounts.api.conftest import phone_of, script_of

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

TAX = "/api/v1/tax-settings/"
TOKENS = "/api/v1/tokens/"
SETTING = {"from_year": 2025, "country": "US", "method": "hifo", "scope": "per_wallet"}


def write(client: APIClient, key: str, body: dict[str, Any], path: str = TAX) -> Any:
    return client.post(path, body, HTTP_IDEMPOTENCY_KEY=key)


def test_the_repeat_answers_the_same_and_does_nothing(writer: APIClient, alice: User) -> None:
    first = write(writer, "k", SETTING)
    TaxSettings.objects.filter(owner=alice).delete()

    second = write(writer, "k", SETTING)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert not TaxSettings.objects.filter(owner=alice).exists()


def test_the_order_of_names_in_the_body_does_not_matter(writer: APIClient) -> None:
    write(writer, "k", SETTING)

    assert write(writer, "k", dict(reversed(SETTING.items()))).status_code == 201


def test_the_etag_is_answered_again(writer: APIClient) -> None:
    first, second = (writer.patch("/api/v1/me/", {"base_currency": "EUR"}, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))

    assert second["ETag"] == first["ETag"]
    assert second["Content-Type"] == first["Content-Type"] == "application/json"


def test_another_body_with_the_same_key_is_refused(writer: APIClient, alice: User) -> None:
    write(writer, "k", SETTING)

    answer = write(writer, "k", {**SETTING, "method": "fifo"})

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert TaxSettings.objects.get(owner=alice, from_year=2025).method == "hifo"


def test_another_path_with_the_same_key_is_refused(writer: APIClient) -> None:
    write(writer, "k", SETTING)

    answer = writer.patch("/api/v1/me/", {}, HTTP_IDEMPOTENCY_KEY="k")

    assert answer.json()["code"] == "idempotency_key_reused"


def test_what_was_refused_may_be_mended_under_the_same_key(writer: APIClient) -> None:
    assert write(writer, "k", {**SETTING, "method": "uk_pool"}).status_code == 400

    assert write(writer, "k", SETTING).status_code == 201


def test_a_write_without_an_answer_is_repeated_without_one(phone: APIClient) -> None:
    first, second = (phone.post("/api/v1/notices/read/", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))

    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")


def test_a_secret_is_not_kept_and_not_said_twice(phone: APIClient, alice: User) -> None:
    wish = {"name": "sheet", "scopes": ["read"]}
    secret = write(phone, "k", wish, TOKENS).json()["token"]

    answer = write(phone, "k", wish, TOKENS)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_created")
    assert ApiToken.objects.filter(owner=alice).count() == 1
    assert secret not in json.dumps(list(IdempotencyRecord.objects.values()), default=str)


def test_neither_body_nor_key_is_kept(writer: APIClient) -> None:
    write(writer, "canary-4711", SETTING)

    kept = json.dumps(list(IdempotencyRecord.objects.values("key", "request")))
    assert "canary-4711" not in kept
    assert "hifo" not in kept


def test_each_script_and_each_owner_has_keys_of_its_own(alice: User, bob: User) -> None:
    clients = [script_of(alice, "write"), script_of(alice, "write"), phone_of(alice), phone_of(bob)]

    answers = [write(client, "k", {**SETTING, "from_year": 2020 + n}) for n, client in enumerate(clients)]

    assert [answer.status_code for answer in answers] == [201] * 4


def test_a_phone_keeps_its_keys_across_a_new_sign_in(alice: User) -> None:
    write(phone_of(alice), "k", SETTING)

    assert write(phone_of(alice), "k", SETTING)["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é"])
def test_keys_have_a_shape(writer: APIClient, key: str) -> None:
    answer = write(writer, key, SETTING)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_after_a_day_a_key_is_forgotten(writer: APIClient) -> None:
    write(writer, "k", SETTING)
    IdempotencyRecord.objects.update(created_at=timezone.now() - idempotency.KEPT_FOR - timedelta(seconds=1))

    assert write(writer, "k", {**SETTING, "method": "fifo"}).status_code == 201


def test_pruning_takes_what_is_older_than_a_day(writer: APIClient) -> None:
    now = timezone.now()
    write(writer, "old", SETTING)
    IdempotencyRecord.objects.update(created_at=now - idempotency.KEPT_FOR)
    write(writer, "new", SETTING)

    assert idempotency.prune(now=now) == 1
    assert IdempotencyRecord.objects.count() == 1


# --- races, each request on a connection of its own --------------------------------------------------------------


def at_once(requests: list[Any]) -> list[Any]:
    def one(request: Any) -> Any:
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(one, requests))


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_token(alice: User) -> None:
    phone = phone_of(alice)
    wish = {"name": "sheet", "scopes": ["read"]}

    answers = at_once([lambda: write(phone, "k", wish, TOKENS)] * 6)

    outcomes = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
    assert outcomes[0] == (201, "")
    assert set(outcomes[1:]) <= {(409, "already_created"), (409, "idempotency_in_progress")}
    assert ApiToken.objects.filter(owner=alice).count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_at_work_the_second_is_told_to_wait(alice: User) -> None:
    script = script_of(alice, "write")
    write(script, "probe", SETTING)
    (key,) = IdempotencyRecord.objects.values_list("key", flat=True)
    IdempotencyRecord.objects.all().delete()

    with transaction.atomic():
        idempotency._take_turn(key)  # noqa: SLF001 - the first request, still at work
        (answer,) = at_once([lambda: write(script, "probe", SETTING)])

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "1"
    assert write(script, "probe", SETTING).status_code == 201
