"""Credentials as they are sent: named texts, nothing else. What is wrong with them is said without repeating them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.problem import INVALID, FieldError, Problem, invalid
from wallets.paste_words import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.catalogue import Exchange
    from wallets.paste import Cleaned, Finding

NAME = re.compile(r"[a-z_]{1,20}")
SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "By the names in the exchange's `credential_fields`. Never shown again.",
}


@extend_schema_field(SCHEMA)
class Credentials(serializers.Field[Any, Any, Any, Any]):
    """Names are checked before anything is said about them: somebody may have pasted a phrase in place of a name."""

    default_error_messages = {
        "not_an_object": "Send an object of texts, by the names in the exchange's credential_fields.",
        "unknown_field": "There is a name in it that is not among the exchange's credential_fields.",
    }

    def to_internal_value(self, data: object) -> dict[str, str]:
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            self.fail("not_an_object")
        if not all(NAME.fullmatch(name) for name in data):
            self.fail("unknown_field")
        return data


def fitting(exchange: Exchange, data: Mapping[str, Any]) -> dict[str, str]:
    """What was sent for this exchange's form: its fields and no others; a sub-account only where one is asked for."""
    names = {each.name for each in exchange.fields}
    sent = dict(data["credentials"])
    if set(sent) - names:
        words = f"{exchange.name} asks for these: {', '.join(sorted(names))}."
        raise invalid("credentials", "unknown_field", words)
    if "sub_account" in data:
        if "sub_account" not in names:
            words = f"{exchange.name} needs none: make the key in the account or sub-account that it should read."
            raise invalid("sub_account", "not_here", words)
        sent["sub_account"] = data["sub_account"]
    return sent


def region_of(exchange: Exchange, data: Mapping[str, Any], *, otherwise: str = "") -> str:
    region: str = data.get("region", otherwise)
    if region and not exchange.region(region):
        words = f"{exchange.name} has no such site." if exchange.regions else f"{exchange.name} has one site for all."
        raise invalid("region", "not_here", words)
    if exchange.regions and not region:
        ids = ", ".join(each.id for each in exchange.regions)
        raise invalid("region", "required", f"{exchange.name} has several sites, each with keys of its own: {ids}.")
    return region


def refused(exchange: Exchange, cleaned: Cleaned) -> Problem:
    """To be returned, not raised: that a seed phrase was turned away stays in the trail."""
    errors = [
        FieldError(_place(exchange, finding), str(finding.oddity), sentence_of(finding, exchange))
        for finding in cleaned.findings
        if finding.blocks
    ]
    return Problem(INVALID, errors=errors)


def _place(exchange: Exchange, finding: Finding) -> str:
    """The wallet's name is looked through as well."""
    is_credential = any(each.name == finding.field for each in exchange.fields)
    return f"credentials.{finding.field}" if is_credential else finding.field
