"""Speaks to the control address of a sandbox that is running, for whoever sets a scene there."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 30  # seconds


class NotThereError(Exception):
    """Nobody answers there, or not as a sandbox does."""


def look(port: int, path: str) -> dict[str, Any]:
    return _asked(port, "GET", path, {})


def tell(port: int, path: str, change: Mapping[str, object]) -> None:
    _asked(port, "POST", path, change)


def _asked(port: int, method: str, path: str, change: Mapping[str, object]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        body = json.dumps(change) if method == "POST" else None
        connection.request(method, f"/_control/{path}", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        told = json.loads(reply.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotThereError(str(error)) from error
    finally:
        connection.close()
    if reply.status != http.HTTPStatus.OK or not isinstance(told, dict):
        raise NotThereError(f"{path}: {told}")
    return told
