"""A wallet at a glance, as list, strip and page show it: from its own columns, without a further query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from wallets import catalogue, oauth
from wallets.checklist_words import OPEN_TO_ALL
from wallets.diagnosis import SAFE, NextAction, diagnose
from wallets.models import WAYS, WalletState
from wallets.next_steps import BACK, next_step
from wallets.records import Cause
from wallets.state_words import whose_turn, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wallets.catalogue import Exchange
    from wallets.diagnosis import Diagnosis
    from wallets.models import Wallet
    from wallets.next_steps import NextStep
    from wallets.state_words import StateWords

WAY_WORDS = dict(WAYS)
NO_SIGN_IN = (
    "Signing in there is not offered here any more. The wallet goes on where it stopped when you go on another way."
)
# What waits for its owner comes first, what the owner put away comes last.
URGENCY = [
    WalletState.NEEDS_YOU,
    WalletState.PARTLY,
    WalletState.EXCHANGE_DOWN,
    WalletState.WAITING,
    WalletState.WORKING,
    WalletState.RETIRED,
    WalletState.DETACHED,
    WalletState.PAUSED,
    WalletState.ARCHIVED,
    WalletState.IN_BIN,
]


@dataclass(frozen=True, slots=True)
class Glance:
    wallet: Wallet
    exchange: Exchange | None  # none: fed by hand, or of an exchange that is no longer in the catalogue
    place: str  # the exchange as people call it, its site where it has several, and the way
    words: StateWords
    said: Diagnosis | None
    turn: str
    signs_in: bool  # at this exchange, here
    step: NextStep
    address: str  # where its button leads, or sends its form

    @property
    def sentence(self) -> str:
        return f"{self.said.title}." if self.said else self.words.meaning

    @property
    def explanation(self) -> str:
        """Without the reassurance, which the page says apart, once and always."""
        return self.said.explanation.removesuffix(SAFE).strip() if self.said else ""

    @property
    def remedy(self) -> str:
        if self.said is None:
            return ""
        if self.said.action is NextAction.FIX_IP and not settings.EGRESS_IPS:
            return OPEN_TO_ALL
        instead = self.said.action is NextAction.RECONNECT and self.step.kind is not NextAction.RECONNECT
        return NO_SIGN_IN if instead else self.said.remedy

    @property
    def away(self) -> str:
        """The exchange's page where a key is mended."""
        return (self.exchange.key_page or self.exchange.site) if self.exchange else ""


def glance(wallet: Wallet) -> Glance:
    exchange = catalogue.load().get(wallet.exchange)
    name = catalogue.named(wallet.exchange)
    signs_in = exchange is not None and oauth.provider_of(exchange) is not None
    step = next_step(wallet, exchange, signs_in=signs_in)
    said = _said(wallet, name)
    return Glance(
        wallet=wallet,
        exchange=exchange,
        place=" · ".join(filter(None, [_site(wallet, exchange) or name, WAY_WORDS[wallet.way]])),
        words=words_of(wallet),
        said=said,
        turn=whose_turn(said, exchange=name) if said else "",
        signs_in=signs_in,
        step=step,
        address=address_of(step, wallet, exchange),
    )


def by_urgency(wallets: Iterable[Wallet]) -> list[Glance]:
    """Within a page: what needs its owner on top, else as they came."""
    return sorted((glance(wallet) for wallet in wallets), key=lambda seen: URGENCY.index(seen.wallet.state))


def address_of(step: NextStep, wallet: Wallet, exchange: Exchange | None) -> str:
    if step.away:
        return exchange.site if exchange else ""
    if not step.url_name:
        return ""
    address = reverse(step.url_name, args=[wallet.pk])
    return f"{address}#{step.part}" if step.part else address


def _site(wallet: Wallet, exchange: Exchange | None) -> str:
    """Of an exchange that runs several: its name says the exchange's as well."""
    region = exchange.region(wallet.region) if exchange else None
    return region.name if region else ""


def _said(wallet: Wallet, name: str) -> Diagnosis | None:
    """What a cause means; the owner's own word (paused, in the bin) leaves nothing to say about it."""
    speaks = wallet.cause and wallet.is_connected and wallet.state not in BACK
    return diagnose(Cause(wallet.cause), exchange=name, right=wallet.cause_right, way=wallet.way) if speaks else None
