"""`assets/`: what the owner holds or held, and what their symbols stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api, require_unchanged
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from ledger import symbols
from ledger.api.problems import refusals_told
from ledger.api.shapes import ID
from ledger.mine_matching import alias_of, holding_of
from ledger.models import AssetAlias  # noqa: TC001 - the API's document asks what methods are given
from ledger.naming.base import AssetKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.symbols import Holding


class SeenShape(Shape):
    wallet = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # the stubs take it for the form's own
    amount = ExactDecimal()

    example = {"wallet": ID, "label": "Kraken", "amount": "0.5"}


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
        seen = [each._asdict() for each in instance.wallets]
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
        help_text="So many are read anew, in the background, when it is said or changed. Edits are kept."
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
        return int(alias.concerned)  # type: ignore[attr-defined] # `counted` says it


@api("GET", scope="read", gives=AssetShape, whole=True)
def index(call: Call) -> list[Holding]:
    """List the assets you hold or held, over all wallets; those nobody knows come first."""
    return symbols.holdings_of(call.owner, now=call.now)


def asset(call: Call) -> Holding:
    return holding_of(call.owner, call.path["code"], now=call.now)


@api("GET", scope="read", gives=AliasShape, whole=True)
def aliases(call: Call) -> list[AssetAlias]:
    """List what you said of this asset: symbols that stand for it, and what its own symbol stands for."""
    return counted(call, asset(call).aliases)


@api("POST", scope="write", takes=AliasShape, gives=AliasShape, status=201)
def create(call: Call) -> AssetAlias:
    """Say what a symbol stands for.

    Your word goes before what Holdfast knows. What its wallets' rows mean is read anew, in the background.
    """
    holding = asset(call)
    with refusals_told():
        said = {"symbol": holding.code, **call.data}
        alias, _ = symbols.say(by=call.by, owner=call.owner, said=said, now=call.now)
    return counted(call, [alias])[0]


@api("GET", scope="read", gives=AliasShape)
def show(call: Call) -> AssetAlias:
    """Read one word about a symbol."""
    return counted(call, [alias_of(call.owner, call.path["alias_id"])])[0]


@api("PATCH", scope="write", takes=AliasShape, gives=AliasShape, conditional=True)
def change(call: Call) -> AssetAlias:
    """Change a word about a symbol."""
    with refusals_told():
        alias, _ = symbols.change(by=call.by, alias=_held(call), said=call.data, now=call.now)
    return counted(call, [alias])[0]


@api("DELETE", scope="write", conditional=True)
def remove(call: Call) -> None:
    """Take a word about a symbol back: it means again what it meant before."""
    symbols.unsay(by=call.by, alias=_held(call), now=call.now)


def _held(call: Call) -> AssetAlias:
    """As it is now that it is our turn; with If-Match, as it was read."""
    alias = alias_of(call.owner, call.path["alias_id"], held=True)
    require_unchanged(call, AliasShape, counted(call, [alias])[0])
    return alias


def counted(call: Call, aliases: Sequence[AssetAlias]) -> list[AssetAlias]:
    """Each with how many wallets it concerns: one query, however many there are."""
    for alias, wallets in zip(aliases, symbols.concerned(call.owner, aliases), strict=True):
        alias.concerned = wallets  # type: ignore[attr-defined] # told with the answer, kept nowhere
    return list(aliases)
