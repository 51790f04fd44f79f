"""What a wallet wants done next, and where: for a program at the API or the exchange, for a person on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from config.api.fields import Choice, Shape
from wallets.api.addresses import help_at, wallet_at
from wallets.diagnosis import Fault, NextAction
from wallets.glances import glance

if TYPE_CHECKING:
    from wallets.glances import Glance
    from wallets.models import Wallet

FAULTS = [fault.value for fault in Fault]
# What a phone calls. What is mended at the exchange is looked at again by the checklist.
PARTS = {
    NextAction.UPDATE_KEY: "credential",
    NextAction.ENTER_PASSPHRASE: "credential",
    NextAction.FIX_RIGHTS: "checklist",
    NextAction.FIX_IP: "checklist",
    NextAction.ACTIVATE_KEY: "checklist",
    NextAction.UPLOAD_CSV: "method",
}


class NextActionShape(Shape):
    kind = Choice([action.value for action in NextAction])
    url = serializers.CharField(
        allow_null=True, help_text="Where it is done through the API, or at the exchange; null: there is nothing to do."
    )
    page = serializers.CharField(allow_null=True, help_text="The page of Holdfast where it is done in a browser.")


def turn_of(wallet: Wallet) -> dict[str, Any]:
    """The least that a list of wallets has to say of each."""
    return told(glance(wallet))


def told(seen: Glance) -> dict[str, Any]:
    return {
        "whose_fault": seen.said.fault if seen.said else Fault.NOBODY,
        "title": seen.said.title if seen.said else seen.words.label,
        "next_action": {"kind": seen.step.kind, "url": _address(seen), "page": _page(seen)},
    }


def _address(seen: Glance) -> str | None:
    kind, wallet = seen.step.kind, seen.wallet
    if kind in PARTS:
        return wallet_at(wallet.pk, PARTS[kind])
    if kind is NextAction.RECONNECT:
        return reverse("wallets_api:oauth-one-start", args=[wallet.exchange])
    if kind is NextAction.ASK_HELP:
        return help_at()
    return seen.address if kind is NextAction.CONTACT_EXCHANGE else None


def _page(seen: Glance) -> str | None:
    if seen.step.kind in {NextAction.NONE, NextAction.WAIT} or not seen.address:
        return None
    return seen.address if seen.step.away else f"{settings.PUBLIC_URL}{seen.address}"
