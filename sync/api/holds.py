"""Exchanges that are not asked just now, and why."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, UtcTime
from sync import holds


class HoldShape(Shape):
    exchange = serializers.CharField()
    by = Choice([(by.value, by.value) for by in holds.By], help_text="An incident at the exchange, or our staff.")
    since = UtcTime()
    title = serializers.CharField()
    text = serializers.CharField(help_text="What the owner reads. There is nothing to do, and no key to change.")

    example = {
        "exchange": "kraken",
        "by": "incident",
        "since": "2026-03-01T12:30:00Z",
        "title": holds.TITLES[holds.By.INCIDENT].format(exchange="Kraken"),
        "text": holds.TEXTS[holds.By.INCIDENT],
    }


@api("GET", scope="read", gives=HoldShape, whole=True)
def index(call: Call) -> list[holds.Hold]:  # noqa: ARG001 - the same for everybody
    """List the exchanges that are not read just now, and why. Wallets there go on by themselves afterwards."""
    return holds.every_hold()
