"""ETag, If-Match, If-None-Match: a lost race is 412, and what a client already has is 304."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.utils.http import parse_etags

from config.api.problem import PRECONDITION_FAILED, Problem
from config.api.writing import quickly

if TYPE_CHECKING:
    from rest_framework.request import Request


def etag_of(data: Any) -> str:
    """Drawn from the answer itself, so it changes exactly when the answer does."""
    text = quickly(data, str, ordered=True)
    if text is None:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str).encode()
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def require_unchanged(request: Request, data: Any) -> None:
    """Call it with what the client would read now, under a lock. Without If-Match the last writer wins."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    # A weak tag never matches here: it does not promise that every byte is the same.
    if etag_of(data) not in parse_etags(wanted):
        raise Problem(PRECONDITION_FAILED)


def is_known(request: Request, etag: str) -> bool:
    """The client has this very answer already. Here weak and strong compare alike."""
    held = request.headers.get("If-None-Match")
    if held is None:
        return False
    return held.strip() == "*" or etag in {tag.removeprefix("W/") for tag in parse_etags(held)}
