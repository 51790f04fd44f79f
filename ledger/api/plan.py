"""`lots/plan/`: how lots are shared out among wallets that begin to count by themselves (Rev. Proc. 2024-28)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.api.frame import Call, api, require_unchanged
from config.api import pages
from config.api.fields import Choice, ExactDecimal, Id, Shape, Text, UtcTime
from config.api.problem import BAD_CURSOR, Problem, invalid, kind
from ledger import listing, plan_shares, plans, symbols
from ledger.api.lots import LOT, NOT_YET
from ledger.gains import asking, terms
from ledger.plan_shares import BadShareError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from accounts.models import User
    from ledger.engine.types import Allocation
    from ledger.models import Reckoning
    from ledger.plan_shares import Ground
    from ledger.plans import Lot, Share

NOT_NEEDED = kind(
    "no_plan_needed", 409, "No plan is needed", "By your tax settings wallets do not begin to count by themselves."
)
AGAIN = {"Retry-After": "2"}
STATUSES = {200: "As reckoned last.", 202: "Being reckoned: nothing is in it yet. Ask again after Retry-After seconds."}
ORDERS = [(str(each), str(each)) for each in plans.ORDERS]
WALLET = "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20"
MOST_WALLETS = 1000
SALT = "ledger.api.plan"


class PlanWish(Shape):
    method = Choice(ORDERS, help_text="Which lots go out first.")
    wallets = serializers.ListField(
        child=Id(),
        max_length=MOST_WALLETS,
        required=False,
        help_text="In which order they are filled up; those left out follow as they were added.",
    )

    example = {"method": "fifo", "wallets": [WALLET]}


class PlanShape(Shape):
    needed = serializers.BooleanField(
        help_text="No: by your tax settings wallets do not begin to count by themselves after they counted together."
    )
    at = UtcTime(allow_null=True, help_text="When they begin to.")
    saved = serializers.DateField(allow_null=True, help_text="Its day. Null: this is what is done without a plan.")
    method = Choice(ORDERS)
    wallets = serializers.ListField(child=serializers.CharField(), help_text="All of them, in their order.")
    by_hand = serializers.ListField(child=serializers.CharField(), help_text="Assets that were shared out lot by lot.")

    example = {
        "needed": True,
        "at": "2025-01-01T00:00:00Z",
        "saved": "2024-12-20",
        "method": "fifo",
        "wallets": [WALLET],
        "by_hand": ["BTC"],
    }


class PlanLotShape(Shape):
    lot = serializers.CharField(allow_null=True, help_text="The transaction that brought it. Null: a pool.")
    acquired_at = UtcTime(allow_null=True, help_text="Null: nobody says, only when it came.")
    amount = ExactDecimal()
    cost = ExactDecimal()
    known = serializers.BooleanField(help_text="No: nobody says what it, or a part of it, had cost.")

    example = {"lot": LOT, "acquired_at": "2024-01-10T12:00:00Z", "amount": "1", "cost": "100", "known": True}


class PlanShareShape(Shape):
    wallet = serializers.CharField(allow_null=True, help_text="Null: it was on its way, or in no wallet.")
    amount = ExactDecimal()
    cost = ExactDecimal()
    lots = PlanLotShape(many=True, help_text=f"Oldest first, {plans.SHOWN} at most.")
    lot_count = serializers.IntegerField()

    example = {"wallet": WALLET, "amount": "1", "cost": "100", "lots": [PlanLotShape.example], "lot_count": 1}


class PlanAssetShape(Shape):
    asset = serializers.CharField()
    by_hand = serializers.BooleanField()
    shares = PlanShareShape(many=True)

    example = {"asset": "BTC", "by_hand": False, "shares": [PlanShareShape.example]}


class PlanDraftFilters(Shape):
    method = Choice(ORDERS, required=False, help_text="How it would be in this order; nothing is saved.")
    wallets = Text(max_length=40 * MOST_WALLETS, required=False, help_text="Ids in another order, with commas between.")

    example = {"method": "hifo"}


class PlanHeldShape(Shape):
    wallet = serializers.CharField()
    amount = ExactDecimal()

    example = {"wallet": WALLET, "amount": "1"}


class PlanPlaceShape(Shape):
    lot = Id()
    wallet = Id()
    amount = ExactDecimal()

    example = {"lot": LOT, "wallet": WALLET, "amount": "1"}


class PlanSharesWish(Shape):
    shares = PlanPlaceShape(many=True, help_text=f"In place of those said before; {plan_shares.CELLS} at most.")

    example = {"shares": [PlanPlaceShape.example]}


class PlanGroundShape(Shape):
    asset = serializers.CharField()
    by_hand = serializers.BooleanField(help_text="Whether it was shared out lot by lot; no: by the plan's order.")
    decimals = serializers.IntegerField(help_text="So many an amount may have.")
    held = PlanHeldShape(many=True, help_text="What each wallet held then, and gets: exactly that.")
    lots = PlanLotShape(many=True, help_text="What there was to share out, oldest first.")
    shares = PlanPlaceShape(many=True, help_text="How it is shared out now.")

    example = {
        "asset": "BTC",
        "by_hand": True,
        "decimals": 18,
        "held": [PlanHeldShape.example],
        "lots": [PlanLotShape.example],
        "shares": [PlanPlaceShape.example],
    }


# --- the plan ------------------------------------------------------------------------------------------------------


@api("GET", scope="read", gives=PlanShape)
def show(call: Call) -> dict[str, Any]:
    """Read your plan, or what is done without one."""
    return told(call.owner)


@api("PUT", scope="write", takes=PlanWish, gives=PlanShape, conditional=True, problems=(NOT_NEEDED,))
def save(call: Call) -> dict[str, Any]:
    """Save a plan with today as its day. What was shared out lot by lot stays so."""
    owner, at = held(call)
    wallets = listing.wallets_of(owner)
    for place, each in enumerate(call.data.get("wallets", ())):
        if each not in wallets.by_id:
            raise invalid(f"wallets.{place}", "not_found", "There is no such wallet.")
    said = {"method": call.data["method"], "wallets": list(map(str, call.data.get("wallets", ())))}
    facts: dict[str, Any] = {"since": at, "today": today(call), "now": call.now}
    plans.save_order(by=call.by, owner=owner, said=said, wallets=wallets, **facts)
    return told(owner)


@api("DELETE", scope="write", conditional=True, problems=(NOT_NEEDED,))
def take_back(call: Call) -> None:
    """Take your plan back, and what was shared out lot by lot: the proposal holds until you save another."""
    owner, at = held(call)
    plans.take_back(by=call.by, owner=owner, since=at, now=call.now)


def held(call: Call) -> tuple[User, datetime]:
    """Nobody else changes the plan until we are through; with If-Match, it is as it was read."""
    owner = plans.alone(call.owner)
    require_unchanged(call, PlanShape, told(owner))
    return owner, needed(owner)


def needed(owner: User) -> datetime:
    at = turning(owner)
    if at is None:
        raise Problem(NOT_NEEDED)
    return at


def turning(owner: User) -> datetime | None:
    return plans.turning(terms.told(owner, terms.asked(owner)))


def today(call: Call) -> date:
    return call.now.astimezone(ZoneInfo(call.owner.time_zone)).date()


def told(owner: User) -> dict[str, Any]:
    at, plan = turning(owner), plans.saved(owner)
    return {
        "needed": at is not None,
        "at": at,
        "saved": plan.saved if plan else None,
        "method": str(plan.method) if plan else ORDERS[0][0],
        "wallets": plans.ordered(owner, plan, listing.wallets_of(owner).by_id),
        "by_hand": sorted({share.asset for share in plan.shares}) if plan else [],
    }


# --- what it comes to ----------------------------------------------------------------------------------------------


@api("GET", scope="read", query=PlanDraftFilters, gives=PlanAssetShape, order=("asset",), statuses=STATUSES)
def assets(call: Call) -> Response:
    """List what is shared out, asset by asset, and how: by your plan, or in another order to look at."""
    limit, after, draft = pages.limit_of(call.request), cursor_of(call), drafted(call)
    read, at = asking.standing(call.owner, now=call.now).reckoning, turning(call.owner)
    if read is None:
        return Response({"results": [], "next": None}, status=202, headers=AGAIN)
    if at is None:
        return Response({"results": [], "next": None})
    plan = draft or plans.saved(call.owner)
    found, more = plans.assets_of(read, at, after, min(limit, plans.SIZE))
    rows = [shared(asset, plan, parts) for asset, parts in plans.outcome(read, plan, found, at).items()]
    return Response({"results": PlanAssetShape(rows, many=True).data, "next": next_of(call, more)})


def drafted(call: Call) -> Allocation | None:
    if not call.query:
        return None
    wallets, saved = listing.wallets_of(call.owner), plans.saved(call.owner)
    order = [each.strip().lower() for each in call.query.get("wallets", "").split(",") if each.strip()]
    if not set(order) <= {str(pk) for pk in wallets.by_id}:
        raise invalid("wallets", "not_found", "Not all of these are wallets of yours.")
    kept = saved.method if saved else plans.ORDERS[0]
    return plans.drafted({"method": call.query.get("method", kept), "wallets": order}, wallets, saved)


def cursor_of(call: Call) -> str:
    cursor = call.request.query_params.get("cursor")
    if cursor is None:
        return ""
    try:
        return str(signing.loads(cursor, salt=SALT))
    except (signing.BadSignature, ValueError):
        raise Problem(BAD_CURSOR) from None


def next_of(call: Call, more: str) -> str | None:
    if not more:
        return None
    return replace_query_param(call.request.build_absolute_uri(), "cursor", signing.dumps(more, salt=SALT))


def shared(asset: str, plan: Allocation | None, parts: Iterable[Share]) -> dict[str, Any]:
    return {
        "asset": asset,
        "by_hand": plan_shares.named(plan, asset),
        "shares": [
            {
                "wallet": each.wallet or None,
                "amount": each.amount,
                "cost": each.cost,
                "lots": list(map(lot_told, each.shown)),
                "lot_count": len(each.lots),
            }
            for each in parts
        ],
    }


def lot_told(lot: Lot) -> dict[str, Any]:
    acquired = lot.acquired if lot.dated else None
    facts = {"amount": lot.amount, "cost": lot.cost, "known": lot.known}
    return {"lot": lot.origin or None, "acquired_at": acquired, **facts}


# --- one asset, lot by lot -----------------------------------------------------------------------------------------


@api("GET", scope="read", gives=PlanGroundShape, statuses=STATUSES)
def asset(call: Call) -> Any:
    """Read what there was of an asset when wallets began to count by themselves, and how it is shared out."""
    code, at = known(call), turning(call.owner)
    read = asking.standing(call.owner, now=call.now).reckoning
    if read is None or at is None:
        nothing = {"asset": code, "by_hand": False, "decimals": 0, "held": [], "lots": [], "shares": []}
        status, headers = (202, AGAIN) if read is None else (200, {})
        return Response(PlanGroundShape(nothing).data, status=status, headers=headers)
    return ground_told(call.owner, plan_shares.ground(read, plans.saved(call.owner), code, at))


@api(
    "PUT", scope="write", takes=PlanSharesWish, gives=PlanGroundShape, conditional=True, problems=(NOT_NEEDED, NOT_YET)
)
def share(call: Call) -> dict[str, Any]:
    """Share an asset's lots out one by one, with today as the plan's day.

    Each wallet gets exactly what it held; where there were fewer lots than that, all of each lot goes.
    """
    owner, at, read, there = there_now(call)
    said = said_of(call.data["shares"])
    facts: dict[str, Any] = {"by": call.by, "owner": owner, "since": at, "today": today(call), "now": call.now}
    try:
        plan_shares.save(there=there, said=said, **facts)
    except BadShareError as error:
        raise invalid(place_of(error, list(said)), "does_not_fit", words_of(owner, error)) from None
    return ground_told(owner, plan_shares.ground(read, plans.saved(owner), there.asset, at))


@api("DELETE", scope="write", conditional=True, problems=(NOT_NEEDED, NOT_YET))
def leave(call: Call) -> None:
    """Leave an asset's lots to the plan's order again."""
    owner, at, _, there = there_now(call)
    facts: dict[str, Any] = {"since": at, "today": today(call), "now": call.now}
    plan_shares.forget(by=call.by, owner=owner, asset=there.asset, **facts)


def known(call: Call) -> str:
    code: str = call.path["code"]
    if symbols.holding_of(call.owner, code, now=call.now) is None:
        raise Http404
    return code


def there_now(call: Call) -> tuple[User, datetime, Reckoning, Ground]:
    """Held as above."""
    code = known(call)
    owner = plans.alone(call.owner)
    at, read = needed(owner), asking.standing(owner, now=call.now).reckoning
    if read is None:
        raise Problem(NOT_YET, headers=AGAIN)
    there = plan_shares.ground(read, plans.saved(owner), code, at)
    require_unchanged(call, PlanGroundShape, ground_told(owner, there))
    return owner, at, read, there


def said_of(shares: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    if len(shares) > plan_shares.CELLS:
        raise invalid("shares", "max_length", f"At most {plan_shares.CELLS} at once.")
    said: dict[tuple[str, str], Decimal] = {}
    for place, each in enumerate(shares):
        name = str(each["lot"]), str(each["wallet"])
        if name in said:
            raise invalid(f"shares.{place}", "repeated", "Of this lot something was said for this wallet before.")
        said[name] = each["amount"]
    return said


def place_of(error: BadShareError, said: Sequence[tuple[str, str]]) -> str:
    """The first that it is about."""
    about = [
        place for place, (lot, wallet) in enumerate(said) if error.lot in {lot, ""} and error.wallet in {wallet, ""}
    ]
    return f"shares.{about[0]}" if about and (error.lot or error.wallet) else "shares"


def words_of(owner: User, error: BadShareError) -> str:
    """Of a wallet they say what it held, and begin with its name."""
    if not error.wallet or error.lot:
        return error.words
    wallet = listing.wallets_of(owner).by_id.get(UUID(error.wallet))
    return f"{wallet.label if wallet else 'One that is gone'} {error.words}"


def ground_told(owner: User, there: Ground) -> dict[str, Any]:
    shares = sorted(there.shared.items())
    return {
        "asset": there.asset,
        "by_hand": plan_shares.named(plans.saved(owner), there.asset),
        "decimals": there.scale,
        "held": [{"wallet": wallet, "amount": amount} for wallet, amount in there.held.items()],
        "lots": list(map(lot_told, there.lots)),
        "shares": [{"lot": lot, "wallet": wallet, "amount": amount} for (lot, wallet), amount in shares],
    }
