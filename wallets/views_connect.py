"""Ways into a wallet: choose an exchange, see what each method gives, paste a key, or do without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import recovery
from accounts.audit import actor_of
from accounts.guards import second_factor, stepped_up
from accounts.requests import posted
from config import limits
from wallets import catalogue, credentials, keeping, staging, treasure, trials
from wallets.catalogue import Sure, Way
from wallets.forms import ByHandForm, KeyForm, NameForm, SearchForm
from wallets.free_text import TreasureError
from wallets.mine import wallet_of
from wallets.models import CredentialTest, Wallet
from wallets.offers import is_offered
from wallets.paste import Cleaned, Oddity
from wallets.paste_words import EXPOSED, Exposed, exposed_by
from wallets.workshop import origin_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from wallets.catalogue import Exchange, Method
    from wallets.treasure import Treasure

Purpose = CredentialTest.Purpose
ASKED_TOO_OFTEN = 429


# --- choosing --------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def add(request: OwnerRequest) -> HttpResponse:
    """The grid. As htmx asks, only what was found."""
    sought = request.GET.get("q", "")
    kind = treasure.find(sought)
    form = SearchForm(None if kind else request.GET)
    context = {
        "form": form,
        "sought": "" if kind else sought,
        "exchanges": [] if kind else [Offer(exchange) for exchange in found(sought)],
        "exposed": exposed_of(kind),
    }
    template = "wallets/_exchanges.html" if request.htmx else "wallets/add.html"
    return render(request, template, context)


def found(sought: str) -> list[Exchange]:
    """By name, however it is written: “okx”, “O K X”, “coin” for all that begin or go on with it."""
    plain = sought.casefold().replace(" ", "")
    return [
        row for row in catalogue.load().values() if plain in row.name.casefold().replace(" ", "") or plain in row.id
    ]


@dataclass(frozen=True, slots=True)
class WayIn:
    """One method, and whether it can be taken here."""

    method: Method
    title: str
    offered: bool


WAY_TITLES = {Way.OAUTH: "Sign in at {exchange}", Way.KEY: "A read-only key", Way.CSV: "Files"}
WAY_NAMES = {Way.OAUTH: "sign-in", Way.KEY: "key", Way.CSV: "files"}


@dataclass(frozen=True, slots=True)
class Offer:
    """An exchange as it can be connected at this Holdfast."""

    exchange: Exchange

    @property
    def ways(self) -> list[WayIn]:
        """What can be taken comes first; else in the order of the catalogue, which is the order of advice."""
        ways = [
            WayIn(method, title_of(method, self.exchange), is_offered(self.exchange, method.way))
            for method in self.exchange.methods
        ]
        return sorted(ways, key=lambda way: not way.offered)

    @property
    def unsure(self) -> bool:
        """Something about it is from memory."""
        return any(limit.sure is Sure.REMEMBERED for limit in self.exchange.limits)

    @property
    def names(self) -> str:
        """Sign-in, key, files."""
        return ", ".join(WAY_NAMES[way.method.way] for way in self.ways if way.offered).capitalize()


def title_of(method: Method, exchange: Exchange) -> str:
    """A key is called read-only only where somebody can tell."""
    return "A key" if method.owner_must_confirm else WAY_TITLES[method.way].format(exchange=exchange.name)


@require_safe
@never_cache
@second_factor
def exchange(request: OwnerRequest, exchange_id: str) -> HttpResponse:
    offer = Offer(named(exchange_id))
    mine = Wallet.objects.for_user(request.user).kept().filter(exchange=exchange_id).order_by("created_at")[:5]
    context = {"offer": offer, "exchange": offer.exchange, "mine": mine, **beside(offer.exchange)}
    return render(request, "wallets/exchange.html", context)


def named(exchange_id: str, way: Way | None = None) -> Exchange:
    """404 where there is no such exchange, or it cannot be connected this way."""
    row = catalogue.load().get(exchange_id)
    if row is None or (way and not is_offered(row, way)):
        raise Http404
    return row


# --- a key -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@second_factor
def connect_key(request: OwnerRequest, exchange_id: str) -> HttpResponse:
    return key_page(request, named(exchange_id, Way.KEY))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@stepped_up
def update_key(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """The same form. The present key stays in force until the new one has passed."""
    wallet = kept_wallet(request.user, wallet_id)
    return key_page(request, named(wallet.exchange, Way.KEY), wallet=wallet)


def kept_wallet(owner: User, wallet_id: UUID) -> Wallet:
    """What lies in the bin is brought back first."""
    wallet = wallet_of(owner, wallet_id)
    if wallet.binned_at:
        raise Http404
    return wallet


def key_page(request: OwnerRequest, exchange: Exchange, *, wallet: Wallet | None = None) -> HttpResponse:
    form = key_form(request, exchange, wallet)
    exposed, status = None, 200
    if request.method == "POST" and (form.is_valid() or form.stopped):
        answer = ask(request, form, wallet)
        if isinstance(answer, CredentialTest):
            return redirect("wallets:test", test_id=answer.pk)
        if isinstance(answer, Cleaned):
            # Nothing of it is shown again, the name and the site neither.
            exposed = exposed_by(answer.findings)
            form = KeyForm(exchange, wallet=wallet, label=label_for(request.user, exchange, wallet))
        else:
            form.add_error(None, answer.sentence)
            status = answer.status
    in_force = credentials.current_of(wallet) if wallet else None
    context = {"form": form, "exchange": exchange, "wallet": wallet, "in_force": in_force, "exposed": exposed}
    context |= {"reserve": wallet and staging.staged_of(wallet), "recovering": recovery.under_way(request.user)}
    context |= beside(exchange)
    return render(request, "wallets/key.html", context, status=status)


def key_form(request: OwnerRequest, exchange: Exchange, wallet: Wallet | None) -> KeyForm:
    label = "" if request.method == "POST" else label_for(request.user, exchange, wallet)
    return KeyForm(exchange, posted(request), wallet=wallet, label=label)


def label_for(owner: User, exchange: Exchange, wallet: Wallet | None) -> str:
    return "" if wallet else trials.free_label(owner, exchange)


def beside(exchange: Exchange) -> dict[str, object]:
    """What stands beside the form."""
    return {
        "addresses": settings.EGRESS_IPS,
        "all_addresses": ", ".join(settings.EGRESS_IPS),
        "demo": demo_of(exchange),
    }


def demo_of(exchange: Exchange) -> list[tuple[str, str]]:
    """With the sandbox in place of the exchange: its key, to try the way in."""
    port = settings.SANDBOX_PORT
    if settings.PRODUCTION or not port or origin_of(exchange.id) != f"http://localhost:{port}/{exchange.id}":
        return []
    from wallets.sandbox.demo import demo_key  # noqa: PLC0415 - production never loads the sandbox

    key = demo_key(exchange.id)
    return [(each.label, key[each.name]) for each in exchange.fields if each.name in key]


@dataclass(frozen=True, slots=True)
class Refused:
    sentence: str
    status: int = 200


FROZEN = Refused(
    "Your second factor is being recovered. Until a new one is on, nothing is connected and no key is changed.", 409
)


def ask(request: OwnerRequest, form: KeyForm, wallet: Wallet | None) -> CredentialTest | Cleaned | Refused:
    now = timezone.now()
    if not form.stopped and (refused := too_often(request.user)):
        return refused
    purpose = purpose_of(request, wallet)
    if wallet and purpose is Purpose.STAGE and (refused := cannot_stand_beside(form, wallet)):
        return refused
    try:
        return trials.ask(
            by=actor_of(request),
            owner=request.user,
            exchange=form.exchange,
            pasted=form.pasted,
            purpose=purpose,
            now=now,
            wallet=wallet,
            region=form.cleaned_data.get("region", ""),
            label=form.label,
        )
    except trials.FrozenError:
        return FROZEN


def purpose_of(request: OwnerRequest, wallet: Wallet | None) -> Purpose:
    """By the button that was pressed."""
    if "look" in request.POST:
        return Purpose.LOOK
    if wallet is None:
        return Purpose.CONNECT
    return Purpose.STAGE if "stage" in request.POST else Purpose.REPLACE


def cannot_stand_beside(form: KeyForm, wallet: Wallet) -> Refused | None:
    if credentials.current_of(wallet) is None:
        return Refused(
            "There is no key in force any more that this one could be tried beside. Put it in place instead."
        )
    if form.cleaned_data.get("region", wallet.region) != wallet.region:
        return Refused("A key of another site cannot be tried beside the present one. Replace that one instead.")
    return None


def too_often(owner: User) -> Refused | None:
    """Exchanges lock accounts whose keys keep failing, so tests are counted before they reach one."""
    answer = limits.allow("key_tests", str(owner.pk), now=timezone.now())
    if isinstance(answer, limits.Allowed):
        return None
    wait = in_words(answer.retry_after)
    return Refused(
        f"Many keys were tested here in the last minutes. Exchanges lock accounts whose keys keep failing, so Holdfast "
        f"waits: please try again in {wait}. Nothing was tested.",
        ASKED_TOO_OFTEN,
    )


def in_words(seconds: int) -> str:
    if seconds <= 90:  # noqa: PLR2004 # beyond, minutes are easier to wait for
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"


# --- without a key ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@second_factor
def connect_files(request: OwnerRequest, exchange_id: str) -> HttpResponse:
    row = named(exchange_id, Way.CSV)
    form = NameForm(posted(request), initial={"label": trials.free_label(request.user, row)})
    return opened(request, form, "wallets/files.html", exchange=row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@second_factor
def by_hand(request: OwnerRequest) -> HttpResponse:
    """Of no exchange: fed by files of anything, or by hand."""
    return opened(request, ByHandForm(posted(request)), "wallets/by_hand.html")


def opened(request: OwnerRequest, form: NameForm, template: str, *, exchange: Exchange | None = None) -> HttpResponse:
    kind = treasure.find(form.data.get("label", ""))
    if request.method == "POST" and (form.is_valid() or kind):
        try:
            wallet = keeping.open_by_hand(
                by=actor_of(request),
                owner=request.user,
                exchange=exchange.id if exchange else "",
                way=form.cleaned_data.get("way", Way.CSV),
                label=form.cleaned_data.get("label") or form.data["label"],
                now=timezone.now(),
                once=form.cleaned_data.get("once"),
            )
        except TreasureError:
            form = type(form)()
        else:
            messages.success(request, f"“{wallet.label}” was added.")
            return redirect("wallets:wallet", wallet_id=wallet.pk)
    return render(request, template, {"form": form, "exchange": exchange, "exposed": exposed_of(kind)})


def exposed_of(kind: Treasure | None) -> Exposed | None:
    return EXPOSED[Oddity(kind)] if kind else None


# --- another method for the same wallet ------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def method(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = kept_wallet(request.user, wallet_id)
    offer = Offer(named(wallet.exchange))
    return render(request, "wallets/method.html", {"wallet": wallet, "exchange": offer.exchange, "ways": offer.ways})


TO_FILES = (
    "The key is wiped here at once; a sign-in is withdrawn at the exchange as well.",
    "Nothing is read from the exchange any more. What comes later, you bring as files.",
    "The history that is here and your edits stay as they are.",
    "You can go back to a key or sign-in at any time: the wallet goes on with the same history.",
)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@stepped_up
def method_files(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """What becomes of the key is said first."""
    wallet = kept_wallet(request.user, wallet_id)
    row = named(wallet.exchange, Way.CSV)
    if request.method == "POST":
        try:
            keeping.to_files(by=actor_of(request), wallet=wallet, now=timezone.now())
        except keeping.NotNowError:
            messages.info(request, "The wallet changed meanwhile. Look at it again.")
        else:
            messages.success(request, f"“{wallet.label}” is fed by files from now on.")
        return redirect("wallets:wallet", wallet_id=wallet.pk)
    context = {"wallet": wallet, "exchange": row, "what_happens": TO_FILES}
    return render(request, "wallets/method_files.html", context)
