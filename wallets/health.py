"""How a wallet is doing, written onto its own columns by whoever last talked to the exchange: a test, the checklist,
a sync. Pages, API and notices read nothing else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from accounts import notices
from wallets import catalogue, trouble
from wallets.diagnosis import diagnose
from wallets.models import WalletState
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wallets.models import Wallet, WalletQuerySet

REGULAR = timedelta(hours=6)  # between two looks at a wallet that works
LIVELY = timedelta(hours=2)  # where the last look brought something new
JITTER = 0.2  # of it, so that the wallets of one evening do not come back together
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a wallet shows while a cause lasts, and when it is tried again: after the first failure, the second ...

    `for_good`: when these are used up nothing is asked any more until the owner acts. An exchange locks accounts whose
    keys keep failing. Otherwise the last wait repeats.
    """

    state: WalletState
    waits: tuple[timedelta, ...]
    for_good: bool = False


OWNERS_TURN = Rhythm(WalletState.NEEDS_YOU, (HOUR, DAY), for_good=True)  # exchanges have bad hours: look twice more
AT_ONCE = Rhythm(WalletState.NEEDS_YOU, (), for_good=True)
# What the owner mends at the exchange, without telling us: found out within the day.
MENDED_THERE = Rhythm(WalletState.NEEDS_YOU, (HOUR, *(6 * HOUR,) * 4, *(DAY,) * 6), for_good=True)
SOON = Rhythm(WalletState.EXCHANGE_DOWN, (MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR))

RHYTHMS = {
    Cause.KEY_UNKNOWN: OWNERS_TURN,
    Cause.SIGNATURE_WRONG: OWNERS_TURN,
    Cause.PASSPHRASE_WRONG: AT_ONCE,
    Cause.KEY_EXPIRED: AT_ONCE,
    Cause.KEY_REVOKED: AT_ONCE,
    Cause.KEY_LEAKED: AT_ONCE,
    Cause.KEY_INACTIVE: MENDED_THERE,
    Cause.KEY_TYPE_RETIRED: AT_ONCE,
    Cause.NO_KEY: AT_ONCE,
    Cause.SIGN_IN_AGAIN: AT_ONCE,
    Cause.IP_REFUSED: MENDED_THERE,
    Cause.RIGHT_MISSING: MENDED_THERE,
    Cause.RIGHTS_TOO_WIDE: AT_ONCE,  # such a key is not used, not even to look
    Cause.WRONG_HOST: AT_ONCE,
    Cause.CLOCK_SKEW: Rhythm(WalletState.WAITING, (5 * MINUTE, 15 * MINUTE, HOUR)),
    Cause.NONCE_CLASH: Rhythm(WalletState.WAITING, (5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR)),
    Cause.RATE_LIMITED: Rhythm(WalletState.WAITING, (5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR)),
    Cause.ACCOUNT_KIND: MENDED_THERE,
    Cause.ACCOUNT_FROZEN: Rhythm(WalletState.NEEDS_YOU, (DAY,) * 7, for_good=True),
    Cause.ACCOUNT_EMPTY: Rhythm(WalletState.WORKING, (REGULAR,)),
    Cause.REGION_BLOCKED: Rhythm(WalletState.NEEDS_YOU, (6 * HOUR, DAY)),
    Cause.MAINTENANCE: SOON,
    Cause.PART_DOWN: Rhythm(WalletState.PARTLY, (5 * MINUTE, 15 * MINUTE, HOUR, REGULAR)),
    Cause.EXCHANGE_RETIRED: Rhythm(WalletState.RETIRED, (), for_good=True),
    Cause.NETWORK: SOON,
    Cause.UNEXPECTED_REPLY: Rhythm(WalletState.EXCHANGE_DOWN, (15 * MINUTE, HOUR, 6 * HOUR)),
}
# Nobody but the owner, or the exchange for good, can end these. A key that may do more than read is not used, not even
# to look, whatever is said of others.
OWNERS_ALONE = frozenset({Cause.RIGHTS_TOO_WIDE, Cause.KEY_LEAKED, Cause.NO_KEY, Cause.EXCHANGE_RETIRED})
# What blames an owner, and is put down to the exchange while that is in trouble.
ASK_THE_OWNER = frozenset(cause for cause, each in RHYTHMS.items() if each.state is WalletState.NEEDS_YOU)
EXCUSABLE = ASK_THE_OWNER - OWNERS_ALONE
COLUMNS = (
    *("health", "cause", "cause_right", "excused", "failing_since", "failures", "refusals"),
    *("last_success_at", "next_try_at"),
)  # fmt: skip


def is_excused(exchange: str, cause: Cause) -> bool:
    return cause in EXCUSABLE and trouble.is_at(exchange)


def that_ask_their_owner(wallets: WalletQuerySet) -> WalletQuerySet:
    """Those that do not go on without, and those of which a part does not."""
    partly = wallets.in_state(WalletState.PARTLY).filter(cause__in=ASK_THE_OWNER)
    return wallets.in_state(WalletState.NEEDS_YOU) | partly


def well(wallet: Wallet, *, now: datetime, lively: bool = False) -> None:
    """It answered. The wallet is locked by the caller, as below."""
    wallet.health, wallet.cause, wallet.cause_right, wallet.excused = WalletState.WORKING, "", "", ""
    _has_answered(wallet, lively=lively, now=now)
    nothing_needed(wallet, now=now)
    notices.close(owner=wallet.owner, kind=Kind.NOT_READ, topic=str(wallet.pk), now=now)


def checked(wallet: Wallet, *, now: datetime, in_part: Cause | None = None) -> None:
    """It answered a check, which reads no row: that puts nothing off. What was not read as it should be is due at once,
    for its owner may have mended it at the exchange. `in_part`: why some of it was not told.
    """
    due = now if wallet.cause else wallet.next_try_at
    if in_part:
        partly(wallet, in_part, right="", now=now)
    else:
        well(wallet, now=now)
    stopped = wallet.paused_at or wallet.archived_at
    wallet.next_try_at = None if stopped else min(filter(None, (due, wallet.next_try_at)))
    wallet.save(update_fields=["next_try_at"])


def partly(wallet: Wallet, cause: Cause, *, right: str, now: datetime, lively: bool = False) -> None:
    """It answered, and something was not read. What only the owner can mend is told as any other need is. What the
    exchange did not answer for is asked for again sooner than all is due, and less and less.
    """
    tries, since = (wallet.failures, wallet.failing_since) if wallet.cause == Cause.PART_DOWN == cause else (0, None)
    _show(wallet, ConnectorError(cause, right=right))
    wallet.health = WalletState.PARTLY
    _has_answered(wallet, lively=lively, now=now)
    if cause is Cause.PART_DOWN:
        _ask_soon(wallet, tries + 1, since=since or now, now=now)
    if RHYTHMS[Cause(wallet.cause)].state == WalletState.NEEDS_YOU:
        tell_owner(wallet, now=now)
    else:
        nothing_needed(wallet, now=now)


def _has_answered(wallet: Wallet, *, lively: bool, now: datetime) -> None:
    wallet.failing_since, wallet.failures, wallet.refusals, wallet.last_success_at = None, 0, 0, now
    wallet.next_try_at = now + (LIVELY if lively else REGULAR) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 # no secret hangs on it
    wallet.save(update_fields=COLUMNS)


def _ask_soon(wallet: Wallet, tries: int, *, since: datetime, now: datetime) -> None:
    wait = wait_after(RHYTHMS[Cause.PART_DOWN], tries) or REGULAR
    wallet.failing_since, wallet.failures = since, tries
    wallet.next_try_at = min(wallet.next_try_at or now + wait, now + wait)
    wallet.save(update_fields=COLUMNS)


def nothing_needed(wallet: Wallet, *, now: datetime) -> None:
    for kind in (Kind.WALLET_NEEDS_YOU, Kind.RIGHTS_GAINED):
        notices.close(owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now)


def failing(wallet: Wallet, failure: ConnectorError, *, now: datetime) -> None:
    """Who is excused shows like one whose exchange is down. The key is tried no sooner for it: exchanges lock accounts
    whose keys keep failing, in their own bad hours too, and whatever they say of them from one time to the next.
    """
    before, refused = (wallet.cause, wallet.excused), RHYTHMS[failure.cause].for_good
    _show(wallet, failure)
    wallet.failures = wallet.failures + 1 if before == (wallet.cause, wallet.excused) else 1
    wallet.refusals += refused
    wallet.failing_since = wallet.failing_since or now
    wait = wait_after(RHYTHMS[failure.cause], wallet.refusals if refused else wallet.failures)
    asked = failure.wait or timedelta(0)
    wallet.next_try_at = None if wait is None else now + max(wait, asked)
    wallet.save(update_fields=COLUMNS)
    rhythm = RHYTHMS[Cause(wallet.cause)]
    if wallet.excused:
        nothing_needed(wallet, now=now)
    elif rhythm.state == WalletState.NEEDS_YOU or rhythm.for_good:
        tell_owner(wallet, now=now)


def _show(wallet: Wallet, failure: ConnectorError) -> None:
    """What was put down to the owner before the trouble began is nothing that came with it."""
    before = wallet.cause
    wallet.cause, wallet.cause_right, wallet.excused = failure.cause, failure.right[:80], ""
    if wallet.cause != before and is_excused(wallet.exchange, failure.cause):
        _put_down_to_exchange(wallet)
    wallet.health = RHYTHMS[Cause(wallet.cause)].state


def _put_down_to_exchange(wallet: Wallet) -> None:
    wallet.excused, wallet.cause, wallet.cause_right = wallet.cause, Cause.MAINTENANCE, ""


def excuse(wallet: Wallet, *, now: datetime) -> None:
    """It failed before its exchange was known to be in trouble. What asked for another key is taken back; the key is
    tried when it would have been.
    """
    _put_down_to_exchange(wallet)
    wallet.health = RHYTHMS[Cause.MAINTENANCE].state
    wallet.save(update_fields=COLUMNS)
    nothing_needed(wallet, now=now)


def wait_after(rhythm: Rhythm, failures: int) -> timedelta | None:
    waits: Sequence[timedelta] = rhythm.waits
    if failures <= len(waits):
        return waits[failures - 1]
    return None if rhythm.for_good else waits[-1]


def tell_owner(wallet: Wallet, *, now: datetime) -> None:
    """Once, then less and less; the notice closes by itself when the wallet works again, or needs something else."""
    cause, exchange = Cause(wallet.cause), catalogue.named(wallet.exchange)
    said = diagnose(cause, exchange=exchange, right=wallet.cause_right, way=wallet.way)
    kind, other = Kind.WALLET_NEEDS_YOU, Kind.RIGHTS_GAINED
    if wallet.cause == Cause.RIGHTS_TOO_WIDE:
        kind, other = other, kind
    for past in (other, Kind.NOT_READ):
        notices.close(owner=wallet.owner, kind=past, topic=str(wallet.pk), now=now)
    notices.tell(
        owner=wallet.owner,
        kind=kind,
        topic=str(wallet.pk),
        now=now,
        label=wallet.label,
        title=said.title,
        right=wallet.cause_right,
    )
