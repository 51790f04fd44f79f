"""What an owner does with a file: brings it, answers what only they know, has it committed, takes it back.

Nothing is read here: workers do that (`ledger.import_steps`), and the file waits for its owner in between.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.audit import SYSTEM, Action, record
from config.queue import wake
from config.uploads import LARGEST
from ledger.imports import mapping, times
from ledger.models import ImportChunk, ImportFile, ImportRow, ImportTemplate
from ledger.told_links import FORMAT
from wallets import catalogue, keeping, treasure, trials
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from accounts.audit import Actor
    from accounts.models import User

WORK, HEAVY = "ledger.imports", "ledger.heavy_imports"
PIECE = 1 << 20
# Bytes that a worker reads in one task, also on a slow machine; of an archive, as it comes.
LIGHT = 4 << 20
LIGHT_PACKED = 64 << 10
KEPT = timedelta(days=14)  # one that nobody commits
MOST_WAITING = 1 << 30  # bytes of one owner that are not taken in yet: they lie in the database
State = ImportFile.State
WAITING = {State.READING, State.QUESTIONS, State.PREVIEW, State.REFUSED, State.FAILED}
SPANNED = {State.PREVIEW, State.COMMITTING, State.COMMITTED, State.UNDOING}
OPTIONS = ("zone", "order", "decimal", "base", "direction")
CLOSED = {"order": ("dmy", "mdy", "ymd"), "decimal": (".", ","), "direction": ("deposit", "withdrawal")}
MOST_TEMPLATES = 100


class NotNowError(Exception):
    """It is in another state by now."""


class TooLargeError(Exception):
    """More than is taken in one piece."""


class ManyWaitingError(Exception):
    """What was brought before is to be taken in, or given up, first."""


class BadAnswerError(ValueError):
    """An answer that is none, by the name of the question."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name, self.words = name, words


@transaction.atomic
def receive(
    *,
    by: Actor,
    owner: User,
    stream: BinaryIO,
    name: str,
    wallet: Wallet | None = None,
    answers: Mapping[str, Any] | None = None,
    now: datetime,
) -> ImportFile:
    """Kept in pieces as it comes; what it is, a worker finds out. `answers`: to what would be asked. Raises
    ManyWaitingError.
    """
    if bytes_waiting(owner) >= MOST_WAITING:
        raise ManyWaitingError
    file = ImportFile(owner=owner, wallet=wallet, name=clean(name), size=0, digest="", created_at=now, not_before=now)
    for question, value in (answers or {}).items():
        take(file, owner, question, value, now=now)
    file.save(force_insert=True)
    keep_pieces(file, stream)
    record(by=by, action=Action.FILE_RECEIVED, owner=owner, now=now, subject=file.name, about=file.pk)
    wake(WORK)
    return file


def bytes_waiting(owner: User) -> int:
    """Bytes of files that were brought and not taken in yet."""
    return ImportFile.objects.filter(owner=owner, state__in=WAITING).aggregate(all=Sum("size"))["all"] or 0


def keep_pieces(file: ImportFile, stream: BinaryIO) -> None:
    """Raises TooLargeError."""
    digest, packed = hashlib.sha256(), False
    for place, piece in enumerate(iter(lambda: stream.read(PIECE), b"")):
        digest.update(piece)
        file.size += len(piece)
        if file.size > LARGEST:
            raise TooLargeError
        ImportChunk.objects.create(file=file, owner_id=file.owner_id, place=place, body=zlib.compress(piece, 1))
        if not place:
            packed = piece.startswith(b"PK")
    file.digest = digest.hexdigest()
    file.heavy = file.size > (LIGHT_PACKED if packed else LIGHT)
    file.save(update_fields=["size", "digest", "heavy"])


def clean(name: str) -> str:
    """A file's own name, without the folders of somebody's computer."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[-200:] or "file"


@transaction.atomic
def answer(*, owner: User, file: ImportFile, answers: Mapping[str, Any], now: datetime) -> ImportFile:
    """Read again with what the owner says. Raises BadAnswerError before anything is changed."""
    held = locked(file, State.QUESTIONS, State.PREVIEW)
    for name, value in answers.items():
        take(held, owner, name, value, now=now)
    return begin(held, State.READING, now=now)


def take(file: ImportFile, owner: User, name: str, value: Any, *, now: datetime) -> None:
    if name == "wallet":
        file.wallet = wallet_for(file, owner, str(value), now=now)
    elif name == "mapping":
        file.mapping = mapping_for(file, value)
    elif name == "place":
        file.options = {**file.options, "wallet": str(value)[:200]}
    elif name in OPTIONS:
        require_choice(file, name, value)
        file.options = {**file.options, name: str(value)}
    else:
        raise BadAnswerError(name, "There is no such question.")


def mapping_for(file: ImportFile, value: Any) -> dict[str, Any] | None:
    """None: as the file is recognised. Columns that are not known yet cannot be missed."""
    if value is None:
        return None
    try:
        found = mapping.Mapping.of(json.dumps(value))
    except (ValueError, TypeError):
        raise BadAnswerError("mapping", "This says of no column what it is.") from None
    wrong = mapping.problems(found, file.columns or list(found.columns().values()))
    if wrong:
        raise BadAnswerError("mapping", " ".join(dict.fromkeys(each.words for each in wrong)))
    told: dict[str, Any] = json.loads(found.text())
    return told


def require_choice(file: ImportFile, name: str, value: Any) -> None:
    asked = next((each for each in file.questions if each["name"] == name), None)
    choices = [choice["value"] for choice in asked["choices"]] if asked else CLOSED.get(name, ())
    if choices and value not in choices:
        raise BadAnswerError(name, "This is not one of the choices.")
    if name == "zone" and not times.is_zone(str(value)[:64]):
        raise BadAnswerError(name, "This is no time zone that is known here. Europe/Vienna or UTC+02:00 would be one.")
    if name == "base" and not re.fullmatch(r"[A-Za-z0-9]{2,12}", str(value)):
        raise BadAnswerError(name, "Write a currency by its letters, such as EUR.")


def wallet_for(file: ImportFile, owner: User, value: str, *, now: datetime) -> Wallet:
    if value == "new":
        return new_wallet(file, owner, now=now)
    try:
        found = Wallet.objects.for_user(owner).kept().filter(pk=UUID(value)).first()
    except ValueError:
        found = None
    if found is None:
        raise BadAnswerError("wallet", "Choose one of your wallets, or a new one.")
    return found


def new_wallet(file: ImportFile, owner: User, *, now: datetime) -> Wallet:
    """Fed by files; named after its exchange, or as the file calls it, or after the file."""
    called, said = as_the_file_says(file)
    exchange = next((each["exchange"] for each in file.formats if each["exchange"] in catalogue.load()), said)
    known = catalogue.load().get(exchange)
    label = called or (trials.free_label(owner, known) if known else file.name.rpartition(".")[0] or file.name)
    return keeping.open_by_hand(
        by=SYSTEM,
        owner=owner,
        exchange=exchange if known else "",
        way=catalogue.Way.CSV,
        label="From a file" if treasure.find(label) else label[:80],
        now=now,
    )


def as_the_file_says(file: ImportFile) -> tuple[str, str]:
    """What the wallet was called, and its exchange, where all lines that are meant tell one, as our own export does."""
    if all(each["name"] != FORMAT for each in file.formats):
        return "", ""
    place = file.options.get("wallet", "")
    lines = file.lines.exclude(state=ImportRow.State.FAILED)
    told = lines.filter(raw__cells__wallet=place) if place else lines
    found = list(told.values_list("raw__cells__wallet", "raw__cells__exchange").distinct()[:2])
    if len(found) != 1:
        return "", ""
    return tuple(each if isinstance(each, str) else "" for each in found[0])  # type: ignore[return-value] # two of them


@transaction.atomic
def commit(*, by: Actor, file: ImportFile, now: datetime) -> ImportFile:
    """All of it or nothing, by a worker."""
    held = locked(file, State.PREVIEW)
    if held.wallet is None or held.wallet.binned_at:
        raise NotNowError
    record(by=by, action=Action.FILE_IMPORTED, owner=held.owner, now=now, subject=held.name, about=held.pk)
    return begin(held, State.COMMITTING, now=now)


@transaction.atomic
def undo(*, by: Actor, file: ImportFile, now: datetime) -> ImportFile:
    """What it brought counts no longer; what another import brought as well stays."""
    held = locked(file, State.COMMITTED)
    record(by=by, action=Action.IMPORT_UNDONE, owner=held.owner, now=now, subject=held.name, about=held.pk)
    return begin(held, State.UNDOING, now=now)


def span(file: ImportFile) -> tuple[datetime, datetime] | tuple[None, None]:
    """When the first and the last of its new lines happened, once they were looked at."""
    told = file.options.get("span") if file.state in SPANNED else None
    return (datetime.fromisoformat(told[0]), datetime.fromisoformat(told[1])) if told else (None, None)


def brought_before(file: ImportFile) -> ImportFile | None:
    """The very same bytes, taken in already."""
    mine = ImportFile.objects.filter(owner=file.owner_id, digest=file.digest, state=State.COMMITTED)
    return mine.exclude(pk=file.pk).order_by("-committed_at").first()


@transaction.atomic
def discard(*, file: ImportFile) -> None:
    """One that was not committed, or not for long: the file and what was found in it go."""
    held = locked(file, State.QUESTIONS, State.PREVIEW, State.REFUSED, State.FAILED)
    held.delete()


@transaction.atomic
def save_template(*, owner: User, file: ImportFile, name: str, now: datetime) -> ImportTemplate:
    """The same columns again are then read the same way."""
    if not file.mapping or ImportTemplate.objects.filter(owner=owner)[:MOST_TEMPLATES].count() >= MOST_TEMPLATES:
        raise NotNowError
    options = {each: value for each, value in file.options.items() if each in OPTIONS}
    return ImportTemplate.objects.create(
        owner=owner, name=name[:80], columns=file.columns, mapping=file.mapping, options=options, created_at=now
    )


def change_template(template: ImportTemplate, said: Mapping[str, Any]) -> ImportTemplate:
    """Files that come are read so; those that were read stay as they are. Raises BadAnswerError before anything is
    changed.
    """
    read = ImportFile(columns=template.columns, mapping=template.mapping, options=template.options)
    if "mapping" in said:
        read.mapping = mapping_for(read, said["mapping"])
    if "options" in said:
        read.options = options_for(read, said["options"])
    template.name, template.mapping, template.options = said.get("name", template.name), read.mapping, read.options
    template.save(update_fields=["name", "mapping", "options"])
    return template


def options_for(file: ImportFile, said: Mapping[str, Any]) -> dict[str, str]:
    """What holds for many files says nothing of a wallet."""
    for name, value in said.items():
        if name not in OPTIONS:
            raise BadAnswerError(name, "There is no such question.")
        require_choice(file, name, value)
    return {name: str(value) for name, value in said.items()}


def begin(file: ImportFile, state: ImportFile.State, *, now: datetime) -> ImportFile:
    file.state, file.finished_at, file.failed = state, None, False
    file.not_before, file.attempts, file.done_rows, file.code, file.words = now, 0, 0, "", ""
    file.all_rows = None if state == State.READING else file.all_rows
    file.save()
    wake(WORK)
    return file


def locked(file: ImportFile, *states: ImportFile.State) -> ImportFile:
    mine = ImportFile.objects.select_for_update(of=("self",), no_key=True)
    held = mine.select_related("owner", "wallet").get(pk=file.pk)
    if held.state not in states:
        raise NotNowError
    return held


def prune(now: datetime) -> None:
    """Files that nobody committed in two weeks, and the bytes of those that are committed."""
    waiting = ImportFile.objects.filter(created_at__lt=now - KEPT, finished_at__isnull=False)
    waiting.filter(state__in=[State.QUESTIONS, State.PREVIEW, State.REFUSED, State.FAILED]).delete()
