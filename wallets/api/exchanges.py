"""`exchanges/`: what can be connected and how, in the words that pages show; and how sure we are where we are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404
from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, Texts
from config.api.problem import NOT_FOUND, invalid
from wallets import catalogue
from wallets.catalogue import Sure, Way
from wallets.offers import why_not_offered
from wallets.records import IdentityKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wallets.catalogue import Exchange, Method
    from wallets.paste import KeyField

SURE = [(sure.value, sure.value) for sure in Sure]
METHODS = [(way.value, way.value) for way in Way]


class MethodShape(Shape):
    method = Choice(METHODS)
    offered = serializers.BooleanField(help_text="Whether it can be chosen here.")
    why_not = serializers.CharField(help_text="Where it is not offered: why. Else empty.")
    label = serializers.CharField(  # type: ignore[assignment] # the stubs take it for the form's own
        help_text="To be shown beside it, such as “cannot be proven read-only”."
    )
    fetches = Texts()
    misses = Texts()
    owner_must_confirm = serializers.BooleanField(
        help_text="Nobody can find out whether such a key only reads: the test will ask for your own word."
    )


class CredentialField(Shape):
    name = serializers.CharField(help_text="Its name in `credentials`.")
    label = serializers.CharField(help_text="As the exchange calls it.")  # type: ignore[assignment] # as above
    where = serializers.CharField(help_text="Where it is found.")
    shape = serializers.CharField(help_text="A regular expression most values fit: a hint, nothing is refused by it.")
    chosen = serializers.BooleanField(help_text="The owner chose this text; it is not tidied inside.")
    secret = serializers.BooleanField(help_text="To be hidden while it is typed.")
    several_lines = serializers.BooleanField(help_text="A key file may stand here.")


class RegionShape(Shape):
    id = serializers.CharField()
    name = serializers.CharField()


class IdentityFact(Shape):
    method = Choice(METHODS)
    kind = Choice(
        [kind.value for kind in IdentityKind], allow_null=True, help_text="Null: nothing tells whose account it is."
    )
    told_by = serializers.CharField()
    sure = Choice(SURE)


class LimitShape(Shape):
    stream = serializers.CharField()
    text = serializers.CharField()
    sure = Choice(SURE)


class ExchangeShape(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    site = serializers.CharField()
    key_page = serializers.CharField(help_text="Where keys are made and deleted; empty where there are none.")
    retired = serializers.BooleanField(help_text="It can no longer be connected.")
    methods = MethodShape(many=True)
    credential_fields = CredentialField(many=True, help_text="What `credentials` holds when it is connected by key.")
    regions = RegionShape(
        many=True, help_text="Sites with keys of their own; where there are some, `region` is needed."
    )
    steps = Texts(help_text="How a key that only reads is made.")
    tick = Texts(help_text="Boxes to tick, by the exchange's own labels.")
    leave = Texts(help_text="Boxes to leave alone.")
    activation = serializers.CharField(help_text="What a new key waits for.")
    ip_advice = serializers.CharField()
    our_addresses = Texts(help_text="Where our calls come from. Empty: they change, so leave address restrictions off.")
    expiry = serializers.CharField()
    tells_rights = serializers.BooleanField(help_text="The exchange says what a key may do.")
    probe = serializers.CharField(help_text="What is found out instead, where it does not.")
    identities = IdentityFact(many=True, help_text="How we know whose account it is, by method.")
    limits = LimitShape(many=True, help_text="What the exchange itself cannot give.")
    notes = Texts()

    example = {
        "id": "kraken",
        "name": "Kraken",
        "site": "https://www.kraken.com",
        "key_page": "https://pro.kraken.com/app/settings/api",
        "retired": False,
        "methods": [
            {
                "method": "key",
                "offered": True,
                "why_not": "",
                "label": "",
                "fetches": ["Trades", "Balances"],
                "misses": [],
                "owner_must_confirm": False,
            }
        ],
        "credential_fields": [
            {
                "name": "key",
                "label": "API key",
                "where": "Shown when the key is made: 56 letters, digits and signs.",
                "shape": "[A-Za-z0-9+/]{56}",
                "chosen": False,
                "secret": False,
                "several_lines": False,
            }
        ],
        "regions": [],
        "steps": ["Sign in at Kraken and open Settings, then API."],
        "tick": ["Query funds"],
        "leave": ["Withdraw funds"],
        "activation": "",
        "ip_advice": "Kraken can bind a key to addresses.",
        "our_addresses": ["192.0.2.10"],
        "expiry": "A key lasts until the date you give it, or for ever.",
        "tells_rights": True,
        "probe": "",
        "identities": [
            {"method": "key", "kind": None, "told_by": "Kraken tells nothing of whose it is", "sure": "documented"}
        ],
        "limits": [{"stream": "ledger", "text": "Reaches back to the beginning.", "sure": "documented"}],
        "notes": [],
    }


@api("GET", scope="read", gives=ExchangeShape, whole=True)
def index(_call: Call) -> list[dict[str, Any]]:
    """List the exchanges, by name."""
    return [told(exchange) for exchange in catalogue.load().values()]


@api("GET", scope="read", gives=ExchangeShape)
def show(call: Call) -> dict[str, Any]:
    """Read how one exchange is connected."""
    return told(named(call.path["exchange_id"]))


def named(exchange_id: str) -> Exchange:
    exchange = catalogue.load().get(exchange_id)
    if exchange is None:
        raise Http404
    return exchange


def named_in_body(exchange_id: str) -> Exchange:
    exchange = catalogue.load().get(exchange_id)
    if exchange is None:
        raise invalid("exchange", NOT_FOUND.code, "There is no such exchange in the catalogue.")
    return exchange


def require_offered(exchange: Exchange, way: Way, *, field: str) -> None:
    if why_not := why_not_offered(exchange, way):
        raise invalid(field, "not_offered", why_not)


def told(exchange: Exchange) -> dict[str, Any]:
    plain = ("id", "name", "site", "key_page", "retired", "regions", "steps", "tick", "leave", "activation")
    more = ("ip_advice", "expiry", "tells_rights", "probe", "limits", "notes")
    return {
        **{name: getattr(exchange, name) for name in (*plain, *more)},
        "methods": [_method(exchange, method) for method in exchange.methods],
        "credential_fields": [_field(each, alone=len(exchange.fields) == 1) for each in exchange.fields],
        "our_addresses": settings.EGRESS_IPS,
        "identities": list(_identities(exchange)),
    }


def _method(exchange: Exchange, method: Method) -> dict[str, Any]:
    why_not = why_not_offered(exchange, method.way)
    return {
        "method": method.way,
        "offered": not why_not,
        "why_not": why_not,
        "label": method.label,
        "fetches": method.fetches,
        "misses": method.misses,
        "owner_must_confirm": method.owner_must_confirm,
    }


def _field(each: KeyField, *, alone: bool) -> dict[str, Any]:
    """Which key it is, is no secret, unless the key is all there is."""
    return {
        "name": each.name,
        "label": each.label,
        "where": each.where,
        "shape": each.shape,
        "chosen": each.chosen,
        "secret": alone or each.name != "key",
        "several_lines": each.pem,
    }


def _identities(exchange: Exchange) -> Iterable[dict[str, Any]]:
    for way, sources in exchange.identities.items():
        for source in sources:
            yield {"method": way, "kind": source.kind, "told_by": source.told_by, "sure": source.sure}
