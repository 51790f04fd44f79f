"""The people who look at the pages of wallets when pictures are taken. Development and tests only; all invented."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from accounts import notices, visitors
from accounts.audit import Action, Actor, ActorKind, record
from accounts.models import User
from config.fields import seal
from wallets import help as asking
from wallets.models import Credential, CredentialTest, RightsReport, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOLDER = "holder@example.test"  # has wallets in every state
KEEPER = "keeper@example.test"  # the same, and looks at them all together
MENDER = "mender@example.test"  # gave the second factor just now, for what is grave
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

# name: exchange, way, label, health, cause, right
WALLETS = {
    "working": ("kraken", "key", "Kraken", "working", "", ""),
    "by-consent": ("coinbase", "oauth", "Coinbase", "working", "", ""),
    "own-word": ("bitstamp", "key", "Bitstamp, savings", "working", "", ""),
    "expired": ("binance", "key", "Binance", "needs_you", "key_expired", ""),
    "unknown": ("gemini", "key", "Gemini", "needs_you", "key_unknown", ""),
    "passphrase": ("kucoin", "key", "KuCoin", "needs_you", "passphrase_wrong", ""),
    "right-missing": ("kraken", "key", "Kraken, second account", "needs_you", "right_missing", "Query ledger entries"),
    "rights-wide": ("bitfinex", "key", "Bitfinex", "needs_you", "rights_too_wide", "Withdraw"),
    "address": ("okx", "key", "OKX", "needs_you", "ip_refused", ""),
    "inactive": ("gemini", "key", "Gemini of the company", "needs_you", "key_inactive", ""),
    "sign-in": ("uphold", "oauth", "Uphold", "needs_you", "sign_in_again", ""),
    "frozen": ("bitstamp", "key", "Bitstamp", "needs_you", "account_frozen", ""),
    "region": ("bybit", "key", "Bybit", "needs_you", "region_blocked", ""),
    "partly": ("binance", "key", "Binance, trading", "partly", "", ""),
    "down": ("kraken", "key", "Kraken, joint account", "exchange_down", "maintenance", ""),
    "unclear": ("kucoin", "key", "KuCoin, old", "exchange_down", "unexpected_reply", ""),
    "waiting": (
        "kraken",
        "key",
        "Kraken of the association, whose name is rather long",
        "waiting",
        "rate_limited",
        "",
    ),
    "leaked": ("kraken", "key", "Kraken, leaked", "needs_you", "key_leaked", ""),
    "paused": ("bitfinex", "key", "Bitfinex, paused", "working", "", ""),
    "archived": ("bitstamp", "key", "Bitstamp of 2019", "working", "", ""),
    "detached": ("kraken", "key", "Kraken, detached", "needs_you", "no_key", ""),
    "in-bin": ("gemini", "key", "Gemini, in the bin", "needs_you", "no_key", ""),
    "retired": ("bitfinex", "key", "Bitfinex, closed", "retired", "exchange_retired", ""),
    "reserve": ("kraken", "key", "Kraken, with a key in reserve", "working", "", ""),
    "not-taken": ("kraken", "key", "Kraken, whose new key was not taken", "working", "", ""),
    "taken-over": ("kraken", "key", "Kraken, with a new key", "working", "", ""),
    "files": ("coinjar", "csv", "CoinJar", "working", "", ""),
    "by-hand": ("", "manual", "Paper wallet", "working", "", ""),
}
STOPPED = {"paused": "paused_at", "archived": "archived_at", "detached": "detached_at", "in-bin": "binned_at"}
WITHOUT_KEY = {"leaked", "detached", "in-bin", "files", "by-hand"}
RESERVE = {"reserve": ("", ""), "not-taken": ("right_missing", "Query closed orders & trades")}
LINES = {
    "address": [
        ("reachable", "ticked", "", ""),
        ("clock", "ticked", "", ""),
        ("key", "ticked", "", ""),
        ("signature", "ticked", "", ""),
        ("address", "crossed", "", "ip_refused"),
    ],
    "working": [
        *((check, "ticked", "", "") for check in ("reachable", "clock", "key", "signature", "address")),
        ("rights", "ticked", "Query funds, Query ledger entries", ""),
        ("read", "ticked", "Balances", ""),
        ("read", "ticked", "Ledger", ""),
        ("identity", "unknown", "", ""),
        ("activity", "ticked", "6", ""),
    ],
}


def wallet_id(name: str, owner: str = HOLDER) -> UUID:
    """Known beforehand, so that the album can name their pages."""
    return uuid5(NAMESPACE_URL, f"https://holdfast.example/{owner}/{name}")


def beginner(now: datetime) -> Mapping[str, str]:
    """Has nothing yet."""
    return visitors.owner(now, "beginner@example.test")


def keeper(now: datetime) -> Mapping[str, str]:
    return holder(now, KEEPER)


def holder(now: datetime, email: str = HOLDER) -> Mapping[str, str]:
    cookies = visitors.owner(now, email)
    owner = User.objects.get(email=email)
    for number, name in enumerate(WALLETS):
        _wallet(owner, name, now, age=90 * DAY + number * HOUR)
    _ask(owner, now)
    return cookies


def mender(now: datetime) -> Mapping[str, str]:
    """The same with fewer, for pages that ask for a second factor given just now."""
    cookies = visitors.owner(now, MENDER)
    owner = User.objects.get(email=MENDER)
    names = ("working", "by-consent", "expired", "passphrase", "files", "detached", *RESERVE, "taken-over")
    for name in names:
        _wallet(owner, name, now)
    return cookies


def _wallet(owner: User, name: str, now: datetime, *, age: timedelta = 90 * DAY) -> None:
    exchange, way, label, health, cause, right = WALLETS[name]
    wallet = Wallet.objects.create(
        id=wallet_id(name, owner.email),
        owner=owner,
        exchange=exchange,
        way=way,
        label=label,
        created_at=now - age,
        rotate_months=6 if name == "working" else None,
        note="The account of the early years." if name == "working" else "",
        **({STOPPED[name]: now - 3 * DAY} if name in STOPPED else {}),
        **_health_of(way, health, cause, right, now, stopped=name in STOPPED),
    )
    by = Actor(ActorKind.OWNER, owner, ip="203.0.113.24", agent=LAPTOP)
    record(by=by, action=Action.WALLET_CONNECTED, owner=owner, now=wallet.created_at, subject=label, about=wallet.pk)
    if way in {"key", "oauth"}:
        _credentials(wallet, name, now)


def one_list_read(now: datetime) -> list[dict[str, Any]]:
    """As a run leaves a wallet that has one list."""
    read = {"rows": 40, "complete_to": now.isoformat(), "cause": "", "right": ""}
    return [{"stream": "ledger", "state": "done", **read}]


def _health_of(way: str, health: str, cause: str, right: str, now: datetime, *, stopped: bool) -> dict[str, Any]:
    if way not in {"key", "oauth"}:
        return {"health": health}
    healthy = health == "working"
    return {
        "health": health,
        "cause": cause,
        "cause_right": right,
        "failures": 0 if healthy else 2,
        "streams": one_list_read(now),
        "failing_since": None if healthy else now - 2 * DAY,
        "last_success_at": now - (2 * HOUR if healthy else 2 * DAY),
        "next_try_at": None if stopped or (health == "needs_you" and not right) else now + 4 * HOUR + MINUTE,
    }


def _credentials(wallet: Wallet, name: str, now: datetime) -> None:
    former = _credential(wallet, 1, "former", now - 90 * DAY, wiped_at=now - 40 * DAY)
    _report(former, now - 90 * DAY, read=["Query funds"])
    if name in WITHOUT_KEY:
        if name == "leaked":
            _leaked(wallet, now)
        return
    word = "I made this key so that it can only read." if name == "own-word" else ""
    current = _credential(
        wallet,
        2,
        "current",
        now - 40 * DAY,
        used_at=now - 2 * HOUR,
        expires_at=now + 20 * DAY if name == "expired" else None,
        confirmed_words=word,
        confirmed_at=now - 40 * DAY if word else None,
    )
    if name != "own-word":
        beyond = [wallet.cause_right] if name == "rights-wide" else []
        reads = ["Query funds", "Query ledger entries"]
        _report(current, now - 2 * HOUR, read=reads, ips=["203.0.113.10"], beyond=beyond)
    if name in RESERVE:
        cause, right = RESERVE[name]
        ends_at = now + 14 * DAY if cause else None
        _credential(wallet, 3, "staged", now - HOUR, cause=cause, cause_right=right, ends_at=ends_at)
    if name == "taken-over":
        notices.tell(
            owner=wallet.owner,
            kind=Kind.OLD_KEY,
            topic=str(wallet.pk),
            now=now,
            label=wallet.label,
            exchange="Kraken",
        )
    if name in LINES:
        _check(wallet, current, LINES[name], now - 2 * HOUR)


def _leaked(wallet: Wallet, now: datetime) -> None:
    """Reported an hour ago, and still alive at the exchange."""
    ending = _credential(wallet, 2, "ending", now - 40 * DAY, leaked_at=now - HOUR, ends_at=now + 7 * DAY)
    test = _test(wallet, ending, "end", now - HOUR)
    test.outcome, test.not_before = {"ended": False, "looked_at": (now - HOUR / 4).isoformat()}, now + HOUR
    test.save()


def _credential(wallet: Wallet, version: int, standing: str, at: datetime, **more: Any) -> Credential:
    made = Credential(
        owner=wallet.owner, wallet=wallet, version=version, way=wallet.way, standing=standing, created_at=at, **more
    )
    if standing != "former":
        seal(made, sealed="{}")
    made.save(force_insert=True)
    return made


def _report(credential: Credential, at: datetime, **told: list[str]) -> None:
    told = {"ips": [], **told}
    RightsReport.objects.create(credential=credential, owner=credential.owner, at=at, can_tell=True, **told)


def _check(wallet: Wallet, credential: Credential, lines: list[tuple[str, str, str, str]], at: datetime) -> None:
    test = _test(wallet, credential, "check", at)
    test.lines = [dict(zip(("check", "mark", "detail", "cause"), line, strict=True)) for line in lines]
    test.state = "failed" if wallet.cause else "passed"
    test.cause, test.cause_right, test.finished_at = wallet.cause, wallet.cause_right, at
    test.save()


def _test(wallet: Wallet, credential: Credential, purpose: str, at: datetime) -> CredentialTest:
    return CredentialTest(
        owner=wallet.owner,
        wallet=wallet,
        credential=credential,
        purpose=purpose,
        way=wallet.way,
        exchange=wallet.exchange,
        label=wallet.label,
        not_before=at,
        created_at=at,
        expires_at=at + timedelta(minutes=15),
    )


def _ask(owner: User, now: datetime) -> None:
    """One question that staff answered, one that waits, one whose consent was taken back."""
    by, staff = Actor(ActorKind.OWNER, owner), Actor(ActorKind.STAFF, owner)
    wallet = Wallet.objects.get(pk=wallet_id("unclear", owner.email))
    asked = asking.ask(
        by=by,
        owner=owner,
        subject="KuCoin answers something odd",
        words="It began on Monday, and I changed nothing there.",
        wallet=wallet,
        now=now - 5 * DAY,
    )
    words = "KuCoin changed its answer on Monday. From tomorrow Holdfast reads it again; you need do nothing."
    asking.answer(by=staff, request=asked, words=words, now=now - 4 * DAY)
    asking.ask(by=by, owner=owner, subject="Which file for CoinJar?", words="", wallet=None, now=now - 2 * DAY)
    taken_back = asking.ask(by=by, owner=owner, subject="Solved by myself", words="", wallet=None, now=now - DAY)
    asking.withdraw(by=by, request=taken_back, now=now - HOUR)
