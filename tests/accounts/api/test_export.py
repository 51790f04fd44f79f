"""`export/` and `account/`: everything as one archive; closing, and coming back."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts import tasks
from accounts.audit import Action
from accounts.models import ApiToken, AuditEvent, Export, User
from tests.accounts.api.conftest import script_of

EXPORT = "/api/v1/export/"
ACCOUNT = "/api/v1/account/"

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient


def test_an_export_is_asked_for_made_and_downloaded(phone: APIClient, alice: User) -> None:
    asked = phone.post(EXPORT)
    assert (asked.status_code, asked.json()["state"], asked.json()["file"]) == (202, "making", None)

    tasks.make_exports(timezone.now())

    ready = phone.get(f"{EXPORT}{asked.json()['id']}/").json()
    assert ready["state"] == "ready"
    file = phone.get(ready["file"], HTTP_ACCEPT="application/zip")
    content = b"".join(file.streaming_content)
    assert (file["Content-Type"], len(content)) == ("application/zip", ready["size"])
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert AuditEvent.objects.filter(owner=alice, action=Action.EXPORT_DOWNLOADED).count() == 1


def test_asking_again_while_one_is_made_answers_that_one(phone: APIClient) -> None:
    assert phone.post(EXPORT).json()["id"] == phone.post(EXPORT).json()["id"]
    assert len(phone.get(EXPORT).json()["results"]) == 1


def test_an_export_that_is_not_ready_has_no_file(phone: APIClient) -> None:
    export = phone.post(EXPORT).json()["id"]

    answer = phone.get(f"{EXPORT}{export}/file/", HTTP_ACCEPT="application/zip")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_an_export_is_gone_after_its_day(phone: APIClient) -> None:
    phone.post(EXPORT)
    tasks.make_exports(timezone.now())
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    (row,) = phone.get(EXPORT).json()["results"]

    assert (row["state"], row["file"]) == ("gone", None)


def test_a_strangers_export_is_not_there(phone: APIClient, bobs_phone: APIClient) -> None:
    export = phone.post(EXPORT).json()["id"]
    tasks.make_exports(timezone.now())

    answers = [bobs_phone.get(f"{EXPORT}{export}/"), bobs_phone.get(f"{EXPORT}{export}/file/")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_an_account_is_closed_and_kept_after_all(phone: APIClient, alices_browser: Client, alice: User) -> None:
    script_of(alice, "read")
    assert phone.get(ACCOUNT).json() == {"state": "open", "purge_at": None, "by_hand": []}

    closed = phone.delete(ACCOUNT)

    assert (closed.status_code, closed.json()["state"]) == (202, "closing")
    purge_at = datetime.fromisoformat(closed.json()["purge_at"])
    assert timedelta(days=29) < purge_at - timezone.now() <= timedelta(days=30)
    assert not ApiToken.objects.filter(owner=alice, revoked_at=None).exists()
    assert alice.sessions.count() == 1
    assert phone.post(EXPORT).json()["code"] == "account_closing"
    assert phone.post(ACCOUNT).json() == {"state": "open", "purge_at": None, "by_hand": []}
    assert phone.get("/api/v1/me/").status_code == 200


def test_closing_twice_moves_nothing(phone: APIClient) -> None:
    assert phone.delete(ACCOUNT).json()["purge_at"] == phone.delete(ACCOUNT).json()["purge_at"]
