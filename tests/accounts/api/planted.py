"""The service with one operation planted that breaks, for the positive control: what hammers it must find it out."""

from __future__ import annotations

from typing import Any

from config.wsgi import application  # isort: skip - sets Django up; what follows loads models

from accounts.api import me, urls
from accounts.api.frame import Call, api, resource
from config.api.problem import Problem, kind

__all__ = ["application"]

TEAPOT = kind("teapot", 418, "Not coffee", "Ask for tea.")


@api("PATCH", scope="write", takes=me.Me, gives=me.Me)
def planted(call: Call) -> dict[str, Any]:
    """Break."""
    if "time_zone" in call.data:
        raise RuntimeError
    raise Problem(TEAPOT)


urls.urlpatterns.append(resource("planted/", planted))
