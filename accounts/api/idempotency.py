"""Idempotency-Key: a write that is repeated happens once and answers the same.

The operation and the record of its answer are one transaction, and an advisory lock on the key lasts exactly as long.
So there is no half state: a process that dies in between has done nothing, and the client's repeat does it.
Only answers of writes that happened are kept; a refused write changed nothing and may be sent again. Where an operation
waits for workers (accounts.api.waiting), what is kept is how it began: the repeat begins nothing and answers how it
stands by then.
"""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from accounts.api.doors import Script
from accounts.models import IdempotencyRecord
from config.api.problem import Problem, invalid, kind
from config.api.writing import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rest_framework.request import Request
    from rest_framework.response import Response

    from accounts.models import User

KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("ETag", "Location")
LONGEST = 255

IN_PROGRESS = kind(
    "idempotency_in_progress", 409, "The first request with this key is still at work", "Repeat it in a moment."
)
KEY_REUSED = kind(
    "idempotency_key_reused", 409, "This key was used for another request", "Use a new key for every new request."
)
ALREADY_CREATED = kind(
    "already_created", 409, "It was created, and its secret is shown only once", "List it; revoke it if it got lost."
)


def once(request: Request, owner: User, perform: Callable[[], Any], *, secret: bool, now: datetime) -> Any:
    """Call it inside a transaction; `perform` is the operation."""
    presented = request.headers.get("Idempotency-Key")
    if presented is None:
        return perform()
    key, fingerprint = _key(request, presented), _fingerprint(request)
    _take_turn(key)
    kept = IdempotencyRecord.objects.filter(owner=owner, key=key, created_at__gt=now - KEPT_FOR).first()
    if kept:
        return _again(kept, fingerprint)
    response = perform()
    if response.status_code < HTTPStatus.BAD_REQUEST:
        _keep(owner, key, fingerprint, response, secret=secret, now=now)
    return response


def prune(*, now: datetime) -> int:
    return IdempotencyRecord.objects.filter(created_at__lte=now - KEPT_FOR).delete()[0]


def _key(request: Request, presented: str) -> str:
    if not (1 <= len(presented) <= LONGEST and presented.isascii() and presented.isprintable()):
        raise invalid("Idempotency-Key", "invalid", f"Use 1 to {LONGEST} printable ASCII characters.")
    # Scripts have their own keys each; a phone keeps its own across a new sign-in.
    door = f"script:{request.auth.token.pk}" if isinstance(request.auth, Script) else "phone"
    return _hashed("key", request.user.pk, door, presented)


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=lambda sent: getattr(sent, "digest", "") or str(sent))
    return _hashed("request", request.method, request.get_full_path(), body)


def _hashed(*parts: object) -> str:
    text = json.dumps([str(part) for part in parts])
    return salted_hmac("accounts.api.idempotency", text, algorithm="sha256").hexdigest()


def _take_turn(key: str) -> None:
    """The lock ends with the transaction, however that ends; nobody waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int(key[:15], 16)])
        (mine,) = cursor.fetchone() or (False,)
    if not mine:
        raise Problem(IN_PROGRESS, headers={"Retry-After": "1"})


def _again(kept: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if kept.request != fingerprint:
        raise Problem(KEY_REUSED)
    if kept.answer is None:
        raise Problem(ALREADY_CREATED)
    return HttpResponse(
        kept.answer,
        status=kept.status,
        headers={**kept.headers, "Idempotent-Replayed": "true"},
        content_type="application/json" if kept.answer else None,
    )


def _keep(owner: User, key: str, fingerprint: str, response: Response, *, secret: bool, now: datetime) -> None:
    body = "" if response.data is None else Renderer().render(response.data).decode()
    IdempotencyRecord.objects.update_or_create(
        owner=owner,
        key=key,
        defaults={
            "request": fingerprint,
            "status": response.status_code,
            "answer": None if secret else body,
            "headers": {name: response[name] for name in KEPT_HEADERS if name in response},
            "created_at": now,
        },
    )
