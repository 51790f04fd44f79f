"""`assets/`: what the owner holds or held, and what their symbols stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from ledger import symbols
from ledger.api.problems import refusals_told
from ledger.api.shapes import ID
from ledger.mine_matching import alias_of, holding_of
from ledger.models import AssetAlias  # noqa: TC001 - the API's document asks what methods are given
from ledger.naming.base import AssetKind

if TYPE_CHECKING:
    from ledger.symbols import Holding


class SeenShape(Shape):
    wallet = serializers.CharField(help_text="Its name.")
    amount = ExactDecimal()

    example = {"wallet": "Kraken", "amount": "0.5"}


class AssetShape(Shape):
    id = serializers.CharField(help_text="Its code.")
    name = serializers.CharField(help_text="Empty: none is known.")
    kind = Choice([(each, each) for each in AssetKind])
    known = serializers.BooleanField(help_text="False: no asset of this code is known. Say what it is with an alias.")
    asks = serializers.BooleanField(help_text="Transactions tell of it, and nobody knows what it is.")
    spam = serializers.CharField(help_text="Why it looks like bait; empty: it does not.")
    also = serializers.ListField(child=serializers.CharField(), help_text="Other assets of the same ticker.")
    amount = ExactDecimal(help_text="Over all wallets.")
    wallets = SeenShape(many=True)

    example = {
        "id": "BTC",
        "name": "Bitcoin",
        "kind": "coin",
        "known": True,
        "asks": False,
        "spam": "",
        "also": [],
        "amount": "0.5",
        "wallets": [SeenShape.example],
    }

    def to_representation(self, instance: Holding) -> Any:
        about = instance.about
        facts = {"name": about.name, "kind": about.kind, "spam": about.spam, "also": list(about.also)}
        seen = [{"wallet": label, "amount": amount} for label, amount in instance.wallets.items()]
        more = {"id": instance.code, "known": instance.known, "asks": instance.asks, "amount": instance.amount}
        return super().to_representation({**facts, **more, "wallets": seen})


class AliasShape(Shape):
    id = serializers.CharField(read_only=True)
    symbol = Text(max_length=64, required=False, help_text="As the exchange or file writes it. Left out: the asset's.")
    code = Text(max_length=64, help_text="The asset it stands for.")
    exchange = Text(max_length=32, allow_blank=True, required=False, help_text="Empty: everywhere.")
    since = UtcTime(allow_null=True, required=False, help_text="Null: from the beginning.")
    until = UtcTime(allow_null=True, required=False, help_text="From then on it no longer is. Null: for good.")
    wallets = serializers.SerializerMethodField(
        help_text="After a change: how many wallets are read anew for it, in the background. Edits are kept."
    )

    example = {
        "id": ID,
        "symbol": "LUNA",
        "code": "LUNC",
        "exchange": "kraken",
        "since": None,
        "until": "2022-05-28T00:00:00Z",
        "wallets": 1,
    }
    example_request = {"symbol": "LUNA", "code": "LUNC", "exchange": "", "until": "2022-05-28T00:00:00Z"}

    def get_wallets(self, alias: AssetAlias) -> int:
        return int(getattr(alias, "concerned", 0))


@api("GET", scope="read", gives=AssetShape, whole=True)
def index(call: Call) -> list[Holding]:
    """List the assets you hold or held, over all wallets; those nobody knows come first."""
    return symbols.holdings_of(call.owner, now=call.now)


def asset(call: Call) -> Holding:
    return holding_of(call.owner, call.path["code"], now=call.now)


@api("GET", scope="read", gives=AliasShape, whole=True)
def aliases(call: Call) -> list[AssetAlias]:
    """List what you said of this asset: symbols that stand for it, and what its own symbol stands for."""
    return list(asset(call).aliases)


@api("POST", scope="write", takes=AliasShape, gives=AliasShape, status=201)
def create(call: Call) -> AssetAlias:
    """Say what a symbol stands for.

    Your word goes before what Holdfast knows. What its wallets' rows mean is read anew, in the background.
    """
    holding = asset(call)
    with refusals_told():
        said = {"symbol": holding.code, **call.data}
        alias, concerned = symbols.say(by=call.by, owner=call.owner, said=said, now=call.now)
    return carrying(alias, concerned)


@api("PATCH", scope="write", takes=AliasShape, gives=AliasShape)
def change(call: Call) -> AssetAlias:
    """Change a word about a symbol."""
    with refusals_told():
        alias, concerned = symbols.change(by=call.by, alias=one(call), said=call.data, now=call.now)
    return carrying(alias, concerned)


@api("DELETE", scope="write")
def remove(call: Call) -> None:
    """Take a word about a symbol back: it means again what it meant before."""
    symbols.unsay(by=call.by, alias=one(call), now=call.now)


def one(call: Call) -> AssetAlias:
    return alias_of(call.owner, call.path["alias_id"])


def carrying(alias: AssetAlias, concerned: int) -> AssetAlias:
    alias.concerned = concerned  # type: ignore[attr-defined] # told with the answer, kept nowhere
    return alias
