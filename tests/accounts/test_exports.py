"""Everything as one file: complete, without secrets, made once, in flat memory, gone after a day."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from accounts import closing, exports, notice_mail, tasks, tokens
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.belongings import Rows
from accounts.models import AuditEvent, Export, ExportChunk, Notice, User
from accounts.notices import Kind, tell
from tests.accounts.many import many_events
from tests.sealing.programs import start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.test import Client

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASK = "/settings/data/export/"


def make(owner: User) -> Export:
    exports.ask(by=SYSTEM, owner=owner, now=NOW)
    tasks.make_exports(timezone.now())
    return Export.objects.get(owner=owner, wiped_at=None)


def opened(content: bytes) -> dict[str, list[dict]]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return {
        name: [json.loads(line) for line in archive.read(name).decode().splitlines()]
        for name in archive.namelist()
        if name.endswith(".jsonl")
    }


def content_of(export: Export) -> bytes:
    return b"".join(bytes(chunk.data) for chunk in ExportChunk.objects.filter(export=export).order_by("number"))


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_an_export_holds_every_kind_of_row_and_no_other_owners(alice: User, bob: User) -> None:
    for owner in (alice, bob):
        record(
            by=Actor(ActorKind.OWNER, user=owner), action=Action.SIGNED_IN, owner=owner, now=NOW, subject=owner.email
        )
        tell(owner=owner, kind=Kind.NEW_SIGN_IN, now=NOW, ip="192.0.2.1", device=owner.email)

    content = content_of(make(alice))
    files = opened(content)

    expected = {f"{name}.jsonl" for belonging in closing.OWNED for name, _ in belonging.export(alice)}
    assert set(files) == expected
    assert files["profile.jsonl"][0]["email"] == "alice@example.test"
    assert sorted(event["action"] for event in files["trail.jsonl"]) == ["export_asked", "signed_in"]
    assert "bob@example.test" not in json.dumps(files)


def test_an_export_holds_no_secret(alice: User) -> None:
    _, presented = tokens.mint(
        by=SYSTEM, owner=alice, name="x", scopes=["read"], expires_at=timezone.now() + timedelta(days=9), now=NOW
    )
    secrets = [presented, alice.api_tokens.get().digest, alice.password]
    secrets += [factor.data.get("secret") or factor.data["seed"] for factor in alice.authenticator_set.all()]

    archive = zipfile.ZipFile(io.BytesIO(content_of(make(alice))))
    text = "".join(archive.read(name).decode() for name in archive.namelist())

    assert [secret for secret in secrets if secret in text] == []
    assert len(secrets) == 5


def test_the_readme_counts_the_rows_and_says_what_is_left_out(alice: User) -> None:
    archive = zipfile.ZipFile(io.BytesIO(content_of(make(alice))))

    readme = archive.read("README.txt").decode()

    assert "profile.jsonl: 1 row\n" in readme
    assert "second_factors.jsonl: 2 rows" in readme
    assert "passwords" in readme


# --- made once, by a worker ------------------------------------------------------------------------------------------


def test_asking_twice_is_one_export(alice: User) -> None:
    first = exports.ask(by=SYSTEM, owner=alice, now=NOW)
    again = exports.ask(by=SYSTEM, owner=alice, now=NOW)

    assert first == again
    assert AuditEvent.objects.filter(action=Action.EXPORT_ASKED).count() == 1


def test_an_export_is_told_and_takes_the_place_of_the_one_before(alice: User) -> None:
    former = make(alice)
    newer = make(alice)

    former.refresh_from_db()
    assert (former.state, newer.state) == ("gone", "ready")
    assert not ExportChunk.objects.filter(export=former).exists()
    assert newer.size == len(content_of(newer))
    assert Notice.objects.filter(owner=alice, kind=Kind.EXPORT_READY).count() == 2

    notice_mail.send_due(timezone.now())
    assert "ready" in mail.outbox[0].subject


def test_an_account_that_is_closing_exports_nothing(alice: User) -> None:
    closing.start_closing(by=SYSTEM, owner=alice, now=NOW)

    with pytest.raises(exports.AccountClosingError):
        exports.ask(by=SYSTEM, owner=alice, now=NOW)


class Broken(Rows):
    def export(self, owner: User) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
        raise OSError


def attempt(now: datetime, *belongings: closing.Belonging) -> None:
    with suppress(OSError):  # as the queue does: it logs and goes on
        exports.make_due(now, clock=lambda: now, belongings=belongings)


def test_what_fails_is_tried_again_later_and_then_given_up_and_told(alice: User) -> None:
    exports.ask(by=SYSTEM, owner=alice, now=NOW)

    for hour in range(5):
        attempt(NOW + timedelta(hours=hour), Broken(User))

    export = Export.objects.get()
    assert (export.state, export.attempts) == ("failed", Export.MAX_ATTEMPTS)
    assert Notice.objects.get().kind == Kind.EXPORT_FAILED


def test_what_failed_once_is_made_the_next_time_from_the_beginning(alice: User) -> None:
    exports.ask(by=SYSTEM, owner=alice, now=NOW)
    attempt(NOW, *closing.OWNED, Broken(User))

    attempt(NOW + timedelta(hours=1), *closing.OWNED)

    assert opened(content_of(Export.objects.get()))["profile.jsonl"]


def test_a_worker_that_died_leaves_nothing_behind(alice: User) -> None:
    exports.ask(by=SYSTEM, owner=alice, now=NOW)
    dead = Export.objects.claim(now=NOW)
    ExportChunk.objects.create(export=dead, number=0, data=b"half")

    for minute in (1, 5, 10):
        attempt(NOW + timedelta(minutes=minute), *closing.OWNED)

    export = Export.objects.get()
    assert (export.state, export.attempts) == ("ready", 2)
    assert opened(content_of(export))["profile.jsonl"]


def test_a_worker_that_lost_its_lease_writes_no_more(alice: User) -> None:
    exports.ask(by=SYSTEM, owner=alice, now=NOW)

    class Closes(Rows):
        """Meanwhile the owner closes the account."""

        def export(self, owner: User) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
            exports.wipe(owner=owner, now=NOW)
            yield from ()

    attempt(NOW, Closes(User), *closing.OWNED)

    assert Export.objects.get().state == "gone"
    assert not ExportChunk.objects.exists()


# --- handed out ------------------------------------------------------------------------------------------------------


def test_the_owner_asks_waits_and_downloads(alice: User, alices_browser: Client) -> None:
    assert "Make the export" in alices_browser.get(ASK).text
    alices_browser.post(ASK)
    page = alices_browser.get("/settings/data/").text
    assert "is being made" in page
    assert 'hx-trigger="every 3s"' in page
    tasks.make_exports(timezone.now())
    export = Export.objects.get()
    assert f"{ASK}{export.id}/" in alices_browser.get("/settings/data/").text

    answer = alices_browser.get(f"{ASK}{export.id}/")

    content = answer.getvalue()
    assert answer["Content-Type"] == "application/zip"
    assert len(content) == int(answer["Content-Length"])
    assert opened(content)["profile.jsonl"]
    assert AuditEvent.objects.filter(owner=alice, action=Action.EXPORT_DOWNLOADED).count() == 1


def test_a_download_needs_a_fresh_second_factor(alice: User, stale_browser: Client) -> None:
    answer = stale_browser.get(f"{ASK}{make(alice).id}/")

    assert answer["Location"].startswith("/step-up/")


def test_a_file_of_somebody_else_is_not_there(alice: User, bobs_browser: Client) -> None:
    assert bobs_browser.get(f"{ASK}{make(alice).id}/").status_code == 404


def test_a_file_past_its_day_is_not_handed_out_and_then_wiped(alice: User, alices_browser: Client) -> None:
    export = make(alice)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert alices_browser.get(f"{ASK}{export.id}/").status_code == 404

    tasks.make_exports(timezone.now())

    export.refresh_from_db()
    assert export.state == "gone"
    assert not ExportChunk.objects.exists()


# --- however much there is -------------------------------------------------------------------------------------------


# A process of its own, whose memory nothing else has grown before. The small export first loads what any export needs.
WORKER = """
import re
import django
django.setup()
from django.utils import timezone
from accounts import tasks
from accounts.models import Export

def most():
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024

assert tasks.make_exports(timezone.now())
assert Export.objects.get(owner__email="alice@example.test").state != "ready"
before = most()
assert tasks.make_exports(timezone.now())
print("grown by", most() - before)
"""


@pytest.mark.django_db(transaction=True)
def test_memory_stays_flat_for_a_hundred_thousand_rows(alice: User, bob: User) -> None:
    """Outside a transaction, as in a worker. The rows alone would be some 60 MB as Python objects."""
    many_events(alice, 100_000)
    for owner, asked in ((bob, NOW), (alice, NOW + timedelta(seconds=1))):
        exports.ask(by=SYSTEM, owner=owner, now=asked)

    worker = start("-W", "ignore", "-c", WORKER, keys=settings.FIELD_ENCRYPTION_KEY)
    said, _ = worker.communicate(timeout=120)

    assert worker.returncode == 0, said
    assert int(said.rpartition("grown by")[2]) < 12_000_000
    export = Export.objects.get(owner=alice)
    assert export.state == "ready"
    with zipfile.ZipFile(io.BytesIO(content_of(export))) as archive:
        assert archive.read("trail.jsonl").count(b"\n") == 100_001
