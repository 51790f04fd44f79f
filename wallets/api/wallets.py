"""`wallets/`: exchange accounts, connected or fed by files or by hand. Each outlives its credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.frame import Call, api, require_unchanged
from accounts.api.waiting import Wait
from config.api.fields import Choice, Shape, Text, Texts, UtcTime
from config.api.problem import Problem, invalid
from wallets import catalogue, keeping, removal, trials
from wallets.api import steps
from wallets.api import trials as tests
from wallets.api.addresses import help_at, test_at, wallet_at
from wallets.api.exchanges import named_in_body, require_offered
from wallets.api.pasted import Credentials
from wallets.api.problems import NOT_NOW, refusals_told, treasure_told
from wallets.catalogue import Way
from wallets.free_text import TreasureError, refuse_treasure
from wallets.models import WAYS, Credential, CredentialTest, RightsReport, Wallet, WalletState
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

STATES = WalletState.choices
INSTEAD = ("pause", "archive", "detach")
PLACES = {"label": "the name of a wallet", "note": "the note of a wallet"}


# --- how a wallet looks --------------------------------------------------------------------------------------------


class ReportShape(Shape):
    at = UtcTime()
    can_tell = serializers.BooleanField()
    read = Texts()
    beyond = Texts()
    missing = Texts()
    ips = Texts(allow_null=True)


class ConnectionShape(Shape):
    method = Choice(WAYS, source="way")
    since = UtcTime(source="created_at")
    used_at = UtcTime(allow_null=True)
    expires_at = UtcTime(allow_null=True, help_text="When the exchange ends it; null: not told, or never.")
    confirmed_at = UtcTime(allow_null=True, help_text="When you gave your word that it only reads.")
    confirmed_words = serializers.CharField()
    rights = serializers.SerializerMethodField(help_text="As the exchange told them last; null: it tells nothing.")

    @extend_schema_field(ReportShape(allow_null=True))
    def get_rights(self, credential: Credential) -> Any:
        return next((ReportShape(report).data for report in credential.latest_reports), None)  # type: ignore[attr-defined] # the prefetch


class StagedShape(Shape):
    since = UtcTime(source="created_at")
    cause = serializers.SerializerMethodField(help_text="Why it was not taken; null: it waits for the next sync.")
    kept_until = UtcTime(source="ends_at", allow_null=True, help_text="One that was not taken is wiped then.")

    @extend_schema_field(Choice([cause.value for cause in Cause], allow_null=True))
    def get_cause(self, staged: Credential) -> str | None:
        return staged.cause or None


class WalletShape(Shape):
    id = serializers.CharField()
    exchange = serializers.CharField(help_text="An id of `exchanges/`; empty where there is none behind it.")
    exchange_name = serializers.SerializerMethodField()
    region = serializers.CharField()
    method = Choice(WAYS, source="way")
    label = serializers.CharField()  # type: ignore[assignment] # the stubs take it for the form's own
    note = serializers.CharField()
    state = Choice(STATES)
    cause = serializers.SerializerMethodField()
    whose_fault = Choice(steps.FAULTS)
    title = serializers.CharField(help_text="How it is doing, in a few words; `health/` explains.")
    next_action = steps.NextActionShape()
    last_success = UtcTime(source="last_success_at", allow_null=True)
    next_try = UtcTime(source="next_try_at", allow_null=True, help_text="Null: only after you did something.")
    rotate_months = serializers.IntegerField(allow_null=True, help_text="You are reminded of a new key; null: never.")
    created_at = UtcTime()
    kept_until = serializers.SerializerMethodField(help_text="In the bin: so long it can be restored.")
    connection = serializers.SerializerMethodField(help_text="The credential in force; null where there is none.")
    staged = serializers.SerializerMethodField(help_text="A second key in reserve; null where there is none.")

    example = {
        "id": "1f0c…",
        "exchange": "kraken",
        "exchange_name": "Kraken",
        "region": "",
        "method": "key",
        "label": "Kraken",
        "note": "",
        "state": "working",
        "cause": None,
        "whose_fault": "nobody",
        "title": "Working",
        "next_action": {"kind": "none", "url": None, "page": None},
        "last_success": "2026-03-01T12:30:00Z",
        "next_try": "2026-03-01T18:30:00Z",
        "rotate_months": 6,
        "created_at": "2026-01-01T12:00:00Z",
        "kept_until": None,
        "connection": {
            "method": "key",
            "since": "2026-01-01T12:00:00Z",
            "used_at": "2026-03-01T12:30:00Z",
            "expires_at": None,
            "confirmed_at": None,
            "confirmed_words": "",
            "rights": {
                "at": "2026-03-01T12:30:00Z",
                "can_tell": True,
                "read": ["Query funds"],
                "beyond": [],
                "missing": [],
                "ips": None,
            },
        },
        "staged": None,
    }

    def to_representation(self, instance: Wallet) -> Any:
        for name, value in steps.turn_of(instance).items():  # from its own columns: no query for each
            setattr(instance, name, value)
        return super().to_representation(instance)

    def get_exchange_name(self, wallet: Wallet) -> str:
        return catalogue.named(wallet.exchange)

    @extend_schema_field(Choice([cause.value for cause in Cause], allow_null=True))
    def get_cause(self, wallet: Wallet) -> str | None:
        return wallet.cause or None

    @extend_schema_field(UtcTime(allow_null=True))
    def get_kept_until(self, wallet: Wallet) -> Any:
        return UtcTime().to_representation(wallet.binned_at + keeping.BIN_DAYS) if wallet.binned_at else None

    @extend_schema_field(ConnectionShape(allow_null=True))
    def get_connection(self, wallet: Wallet) -> Any:
        return next((ConnectionShape(credential).data for credential in wallet.in_force), None)  # type: ignore[attr-defined] # the prefetch

    @extend_schema_field(StagedShape(allow_null=True))
    def get_staged(self, wallet: Wallet) -> Any:
        return next((StagedShape(credential).data for credential in wallet.in_reserve), None)  # type: ignore[attr-defined] # the prefetch


def mine(call: Call) -> QuerySet[Wallet]:
    """With what its shape shows: four queries, however many there are. Tombstones are nobody's any more."""
    latest = RightsReport.objects.order_by("credential_id", "-at").distinct("credential_id")
    current = Credential.objects.filter(standing=Credential.Standing.CURRENT)
    current = current.prefetch_related(Prefetch("rights_reports", latest, to_attr="latest_reports"))
    staged = Credential.objects.filter(standing=Credential.Standing.STAGED)
    wallets = Wallet.objects.for_user(call.owner).filter(purged_at=None)
    return wallets.prefetch_related(
        Prefetch("credentials", current, to_attr="in_force"), Prefetch("credentials", staged, to_attr="in_reserve")
    )


def one(call: Call) -> Wallet:
    wallet = mine(call).filter(pk=call.path["wallet_id"]).first()
    if wallet is None:
        raise Http404
    return wallet


def again(call: Call, wallet: Wallet) -> Wallet:
    """As it is now, after a verb."""
    return mine(call).get(pk=wallet.pk)


# --- looking -------------------------------------------------------------------------------------------------------


class WalletFilters(Shape):
    state = Choice(STATES, required=False, help_text="Left out: all but those in the bin.")
    exchange = serializers.CharField(max_length=32, required=False, help_text="An id of `exchanges/`.")


@api("GET", scope="read", query=WalletFilters, gives=WalletShape, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[Wallet]:
    """List your wallets, the newest first."""
    wallets: Any = mine(call)
    found = wallets.in_state(call.query["state"]) if "state" in call.query else wallets.kept()
    return found.filter(exchange=call.query["exchange"]) if "exchange" in call.query else found  # type: ignore[no-any-return] # in_state is ours


@api("GET", scope="read", gives=WalletShape)
def show(call: Call) -> Wallet:
    """Read one wallet; what is in the bin too, until its time there is over."""
    return one(call)


# --- connecting ----------------------------------------------------------------------------------------------------


TO_CONNECT = [(way, way) for way in ("key", "csv", "manual")]
NEEDED = {"key": ("exchange", "credentials"), "csv": (), "manual": ("label",)}
OF_KEYS = ("credentials", "region", "sub_account")
UNFIT = {"key": (), "csv": OF_KEYS, "manual": ("exchange", *OF_KEYS)}


class WalletWish(Shape):
    method = Choice(
        TO_CONNECT,
        required=False,
        help_text="Left out: key. A sign-in begins at `oauth/{exchange}/start/`.",
    )
    exchange = Text(max_length=32, required=False, help_text="Needed with key, not taken with manual.")
    label = Text(  # type: ignore[assignment] # as above
        max_length=80, required=False, help_text="Left out: named after its exchange. Needed where there is none."
    )
    credentials = Credentials(required=False)
    region = Text(max_length=32, required=False)
    sub_account = Text(max_length=80, required=False)

    example = {"exchange": "kraken", "label": "Kraken", "credentials": {"key": "…", "secret": "…"}}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        method = sent.setdefault("method", "key")
        wrong = {name: ErrorDetail("This is needed here.", "required") for name in NEEDED[method] if name not in sent}
        wrong |= {name: ErrorDetail("Not with this method.", "not_here") for name in UNFIT[method] if name in sent}
        if wrong:
            raise serializers.ValidationError(wrong)
        return sent


class Connecting(Shape):
    test = tests.Test(allow_null=True, help_text="Null where nothing is tested: with files and by hand.")
    wallet = WalletShape(allow_null=True, help_text="Once it is there.")

    example = {"test": {**tests.Test.example, "purpose": "connect"}, "wallet": None}


def test_in(answer: Mapping[str, Any]) -> str:
    return str(answer["test"]["id"]) if answer["test"] else ""


def status_of(answer: Mapping[str, Any]) -> int:
    return 201 if answer["wallet"] else tests.status_of(answer["test"])


def as_it_is(call: Call, test_id: str) -> dict[str, Any]:
    test = tests.as_it_is(call, test_id)
    there = test["state"] == CredentialTest.State.PASSED and test["wallet_id"]
    return {"test": test, "wallet": mine(call).filter(pk=test["wallet_id"]).first() if there else None}


@api(
    "POST",
    scope="connect",
    takes=WalletWish,
    gives=Connecting,
    limit="key_tests",
    problems=tests.ASKED,
    wait=Wait(begun=test_in, is_over=tests.is_over, outcome=as_it_is, address=test_at),
    status_of=status_of,
    statuses={
        200: "The test has ended, and there is no wallet: it failed, or asks something first.",
        201: "The wallet is there.",
        202: "The test goes on: read it again.",
    },
)
def create(call: Call) -> dict[str, Any] | Problem:
    """Connect an exchange account by key, or open a wallet for files or by hand.

    The key is tested first and saved only when it passes. The answer comes when the test has ended, or after 25
    seconds; a test in state `asking` becomes a wallet with its answer. An account that is connected already is refused
    with a pointer to its wallet (`test.identity.other_wallet`).
    """
    if call.data["method"] != Way.KEY:
        return by_hand(call)
    exchange = named_in_body(call.data["exchange"])
    require_offered(exchange, Way.KEY, field="method")
    test = tests.begun(call, exchange, purpose=CredentialTest.Purpose.CONNECT, label=call.data.get("label", ""))
    return test if isinstance(test, Problem) else {"test": test, "wallet": None}


def by_hand(call: Call) -> dict[str, Any] | Problem:
    exchange = named_in_body(call.data["exchange"]) if "exchange" in call.data else None
    if exchange:
        require_offered(exchange, Way.CSV, field="method")
    label = call.data.get("label") or (trials.free_label(call.owner, exchange) if exchange else "")
    if not label:
        raise invalid("label", "required", "Without an exchange it needs a name.")
    try:
        wallet = keeping.open_by_hand(
            by=call.by,
            owner=call.owner,
            exchange=exchange.id if exchange else "",
            way=call.data["method"],
            label=label,
            now=call.now,
        )
    except TreasureError:
        return treasure_told("label")
    return {"test": None, "wallet": again(call, wallet)}


# --- changing ------------------------------------------------------------------------------------------------------


class Months(Choice):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, int):
            self.fail("invalid_choice")
        return super().to_internal_value(data)


class WalletChange(Shape):
    label = Text(max_length=80)  # type: ignore[assignment] # as above
    note = Text(max_length=4000, allow_blank=True)
    rotate_months = Months(keeping.ROTATIONS, allow_null=True, help_text="Null: never.")

    example = {"label": "Savings", "rotate_months": 6}


@api("PATCH", scope="write", takes=WalletChange, gives=WalletShape, conditional=True, problems=(NOT_NOW,))
def change(call: Call) -> Wallet | Problem:
    """Rename a wallet, note something, be reminded of a new key.

    With `If-Match` a change is refused when the wallet is no longer as you read it; a sync changes it too.
    """
    wallet = one(call)
    for name, place in PLACES.items():  # both before anything is changed
        try:
            refuse_treasure(call.data.get(name, ""), by=call.by, owner=call.owner, now=call.now, place=place)
        except TreasureError:
            return treasure_told(name)
    with refusals_told():
        keeping.locked(wallet)
        require_unchanged(call, WalletShape, again(call, wallet))
        _change(call, wallet)
    return again(call, wallet)


def _change(call: Call, wallet: Wallet) -> None:
    facts: dict[str, Any] = {"by": call.by, "wallet": wallet, "now": call.now}
    if "label" in call.data:
        keeping.rename(**facts, label=call.data["label"])
    if "note" in call.data:
        keeping.annotate(**facts, note=call.data["note"])
    if "rotate_months" in call.data:
        keeping.remind_of_rotation(**facts, months=call.data["rotate_months"])


# --- removing ------------------------------------------------------------------------------------------------------


class DryRun(Shape):
    dry_run = serializers.BooleanField(required=False, help_text="Only say what would happen.")


class HangingShape(Shape):
    what = serializers.CharField()
    count = serializers.IntegerField()
    fate = serializers.CharField(help_text="What becomes of it.")


class InsteadShape(Shape):
    kind = Choice([(kind, kind) for kind in (*INSTEAD, "ask_help")])
    url = serializers.CharField()


class Removal(Shape):
    done = serializers.BooleanField(help_text="It is in the bin now.")
    hanging = HangingShape(many=True, help_text="All that hangs on it, what is nought included.")
    kept_until = UtcTime(help_text="So long it can be restored.")
    instead = InsteadShape(many=True, help_text="What does less.")

    example = {
        "done": False,
        "hanging": [{"what": "keys and sign-ins", "count": 1, "fate": "wiped at once"}],
        "kept_until": "2026-03-31T12:30:00Z",
        "instead": [{"kind": "pause", "url": "/api/v1/wallets/1f0c…/pause/"}],
    }


@api("DELETE", scope="connect", fresh=True, query=DryRun, gives=Removal, conditional=True, problems=(NOT_NOW,))
def remove(call: Call) -> dict[str, Any]:
    """Put a wallet in the bin.

    It answers what hangs on the wallet, and what becomes of it. For 30 days everything but the key comes back with
    `restore/`. With `?dry_run=1` nothing happens.
    """
    wallet = one(call)
    dry = call.query.get("dry_run", False)
    with refusals_told():
        keeping.locked(wallet)
        require_unchanged(call, WalletShape, again(call, wallet))
        found = removal.hangs_on(wallet)
        if not dry:
            keeping.put_in_bin(by=call.by, wallet=wallet, now=call.now)
    return {
        "done": not dry,
        "hanging": found,
        "kept_until": call.now + keeping.BIN_DAYS,
        "instead": [
            *({"kind": kind, "url": wallet_at(wallet.pk, kind)} for kind in INSTEAD),
            {"kind": "ask_help", "url": help_at()},
        ],
    }
