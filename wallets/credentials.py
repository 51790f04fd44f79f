"""The journey of a credential: pasted, cleaned, examined by a worker, and only then put in force.

Test first, swap after. The candidate is sealed, lives 15 minutes at most and is wiped at its end; the former credential
stays in force until the very transaction in which the new one passes. Edits and rows are never touched here.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from accounts.audit import SYSTEM, Action, Actor, record, reveal
from config.fields import seal
from config.queue import wake
from wallets import catalogue, claims
from wallets.checklist import Check, Examination, Line, Mark
from wallets.models import Credential, CredentialTest, RightsReport, Wallet, WalletState
from wallets.paste import Cleaned, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from accounts.models import User
    from wallets.connectors.base import Connector
    from wallets.records import ConnectorError, Identity

Purpose, State = CredentialTest.Purpose, CredentialTest.State
WORK = "credential_tests"
BUSY_FOR = timedelta(seconds=5)  # somebody else is using the key: look again then
ONLY_READS, SAME_ACCOUNT = "only_reads", "same_account"  # questions that only the owner can answer


# --- asking for a test (web) ---------------------------------------------------------------------------------------


def ask(
    *,
    by: Actor,
    owner: User,
    exchange: catalogue.Exchange,
    pasted: Mapping[str, str],
    purpose: CredentialTest.Purpose,
    now: datetime,
    wallet: Wallet | None = None,
    region: str = "",
    label: str = "",
) -> CredentialTest | Cleaned:
    """A test on its way, or what is wrong with the paste. Of a seed phrase nothing is kept but that it happened."""
    cleaned = clean(exchange.fields, pasted)
    if not cleaned.usable:
        if cleaned.stopped:
            record(by=by, action=Action.TREASURE_REFUSED, owner=owner, now=now, subject=exchange.name)
        return cleaned
    test = CredentialTest(
        owner=owner,
        wallet=wallet,
        purpose=purpose,
        exchange=exchange.id,
        region=region,
        label=label or exchange.name,
        lines=[Line(Check.FORMAT, Mark.TICKED).as_dict()],
        outcome={"version": latest_version(wallet)} if wallet else {},
        not_before=now,
        created_at=now,
        expires_at=now + CredentialTest.LIFE,
    )
    seal(test, sealed=json.dumps(dict(cleaned.values)))
    with transaction.atomic():
        test.save(force_insert=True)
        record(by=by, action=Action.CREDENTIAL_TESTED, owner=owner, now=now, subject=test.label)
        wake(WORK)
    return test


# --- examining (worker) --------------------------------------------------------------------------------------------


def examine(
    test: CredentialTest,
    *,
    connect: Callable[[CredentialTest, Mapping[str, str]], Connector],
    our_addresses: Collection[str],
    clock: Callable[[], datetime],
) -> None:
    """The whole list, each line written down as it happens; then the verdict, in one transaction with its effect."""
    worker = Actor(SYSTEM.kind, label="Key test")
    values = open_candidate(test, by=worker, purpose="test a key", now=clock())
    examination = Examination(connect(test, values), our_addresses, clock)
    test.state = State.RUNNING
    test.lines = [line for line in test.lines if line["check"] == Check.FORMAT]  # after a crash: from the beginning
    for line in examination.lines():
        test.lines = [*test.lines, line.as_dict()]
        with transaction.atomic():
            test.fence(now=clock(), finished_at=None)
            test.save(update_fields=["state", "lines"])
    conclude(test, examination, values, now=clock())


class WipedError(Exception):
    """The candidate is gone: its quarter of an hour was over."""


def open_candidate(test: CredentialTest, *, by: Actor, purpose: str, now: datetime) -> dict[str, str]:
    if test.sealed is None:
        raise WipedError
    values: dict[str, str] = json.loads(reveal(test.sealed, by=by, purpose=purpose, now=now))
    return values


@transaction.atomic
def conclude(test: CredentialTest, examination: Examination, values: Mapping[str, str], *, now: datetime) -> None:
    test.fence(now=now)
    hold_wallet(test)
    rights = examination.rights
    test.outcome |= {"rights": rights_told(examination), "identified": bool(examination.identities)}
    if examination.failure:
        refuse(test, examination.failure, now=now)
        return
    questions = questions_about(test, examination)
    if test.outcome.get("other_wallet") or test.outcome.get("other_account") or test.outcome.get("overtaken"):
        finish(test, State.FAILED, now=now)
    elif questions:
        test.outcome["questions"] = questions
        test.state = State.ASKING
        test.save(update_fields=["state", "outcome"])
        test.done(now=now)
    else:
        put_in_force(test, examination.identities, values, now=now)
        finish(test, State.PASSED, now=now)
    if rights and test.outcome.get("credential"):
        keep_rights(test, examination, now=now)


def hold_wallet(test: CredentialTest) -> None:
    """Until this transaction ends nobody else changes the wallet: of two replacements one sees that it came second."""
    if test.wallet_id:
        Wallet.objects.select_for_update().get(pk=test.wallet_id)


def questions_about(test: CredentialTest, examination: Examination) -> list[str]:
    """What no probe can settle. Also finds that the account is another one, or already has a wallet."""
    questions = []
    method = catalogue.load()[test.exchange].method(catalogue.Way.KEY)
    if method and method.owner_must_confirm and not (examination.rights and examination.rights.can_tell):
        questions.append(ONLY_READS)
    if test.purpose in {Purpose.REPLACE, Purpose.STAGE} and test.wallet:
        same = claims.compare(test.wallet.book, test.owner, test.exchange, examination.identities)
        if latest_version(test.wallet) != test.outcome.get("version"):
            test.outcome["overtaken"] = True
        if same is claims.Same.NO:
            test.outcome["other_account"] = True
        if same is claims.Same.UNKNOWN:
            questions.append(SAME_ACCOUNT)
    if test.purpose == Purpose.CONNECT and (known := known_wallet(test, examination.identities)):
        test.outcome["other_wallet"] = str(known.id)
    return questions


def known_wallet(test: CredentialTest, identities: Collection[Identity]) -> Wallet | None:
    book = claims.book_of(test.owner, test.exchange, identities)
    return Wallet.objects.for_user(test.owner).filter(book=book).order_by("binned_at").first() if book else None


def refuse(test: CredentialTest, failure: ConnectorError, *, now: datetime) -> None:
    test.cause, test.cause_right = failure.cause, failure.right[:80]
    record(
        by=SYSTEM,
        action=Action.CREDENTIAL_REFUSED,
        owner=test.owner,
        now=now,
        subject=test.label,
        cause=failure.cause,
    )
    finish(test, State.FAILED, now=now)


def finish(test: CredentialTest, state: CredentialTest.State, *, now: datetime) -> None:
    """Whatever came of it: the candidate is wiped."""
    test.state, test.sealed = state, None
    test.save(update_fields=["state", "sealed", "outcome", "cause", "cause_right", "wallet"])
    test.done(now=now)


# --- putting in force ----------------------------------------------------------------------------------------------


def put_in_force(
    test: CredentialTest, identities: Collection[Identity], values: Mapping[str, str], *, now: datetime
) -> None:
    if test.purpose == Purpose.CONNECT:
        test.wallet = new_wallet(test, identities, now=now)
        record(by=SYSTEM, action=Action.WALLET_CONNECTED, owner=test.owner, now=now, subject=test.label)
    elif test.purpose == Purpose.REPLACE and test.wallet:
        record(by=SYSTEM, action=Action.CREDENTIAL_REPLACED, owner=test.owner, now=now, subject=test.wallet.label)
    else:
        return
    swap(test.wallet, test, values, now=now)
    claims.claim(test.wallet.book, test.owner, test.exchange, identities, now=now)


def new_wallet(test: CredentialTest, identities: Collection[Identity], *, now: datetime) -> Wallet:
    """An account whose wallet was purged finds its book, and with it the owner's edits, again."""
    book = claims.book_of(test.owner, test.exchange, identities)
    return Wallet.objects.create(
        owner=test.owner,
        exchange=test.exchange,
        region=test.region,
        way=catalogue.Way.KEY,
        label=test.label,
        created_at=now,
        **({"book": book} if book else {}),
    )


def swap(wallet: Wallet, test: CredentialTest, values: Mapping[str, str], *, now: datetime) -> None:
    """The former goes and the new one comes in one transaction; the wallet is due at once."""
    locked = Wallet.objects.select_for_update().get(pk=wallet.pk)
    former = Credential.objects.filter(wallet=locked, standing=Credential.Standing.CURRENT)
    former.update(standing=Credential.Standing.FORMER, sealed=None, wiped_at=now)
    credential = Credential(
        owner=locked.owner,
        wallet=locked,
        version=(latest_version(locked) or 0) + 1,
        way=catalogue.Way.KEY,
        standing=Credential.Standing.CURRENT,
        created_at=now,
        confirmed_at=now if test.outcome.get("confirmed") else None,
        confirmed_words=test.outcome.get("confirmed", ""),
    )
    seal(credential, sealed=json.dumps(dict(values)))
    credential.save(force_insert=True)
    test.outcome["credential"] = str(credential.id)
    heal(locked, now=now)


def heal(wallet: Wallet, *, now: datetime) -> None:
    wallet.health, wallet.cause, wallet.cause_right, wallet.failing_since = WalletState.WORKING, "", "", None
    wallet.last_success_at = wallet.next_try_at = now
    wallet.save(update_fields=["health", "cause", "cause_right", "failing_since", "last_success_at", "next_try_at"])


def latest_version(wallet: Wallet | None) -> int | None:
    found: int | None = Credential.objects.filter(wallet=wallet).aggregate(latest=Max("version"))["latest"]
    return found


def rights_told(examination: Examination) -> dict[str, Any] | None:
    rights = examination.rights
    if rights is None:
        return None
    return {
        "can_tell": rights.can_tell,
        "read_only": rights.read_only,
        "read": list(rights.read),
        "beyond": list(rights.beyond),
        "missing": list(rights.missing),
        "ips": None if rights.ips is None else list(rights.ips),
        "expires_at": rights.expires_at and rights.expires_at.isoformat(),
    }


def keep_rights(test: CredentialTest, examination: Examination, *, now: datetime) -> None:
    rights = examination.rights
    if rights is None:
        return
    RightsReport.objects.create(
        credential_id=test.outcome["credential"],
        owner=test.owner,
        at=now,
        can_tell=rights.can_tell,
        read=list(rights.read),
        beyond=list(rights.beyond),
        missing=list(rights.missing),
        ips=None if rights.ips is None else list(rights.ips),
        expires_at=rights.expires_at,
    )


# --- the owner answers (web) ---------------------------------------------------------------------------------------


class NotAskingError(Exception):
    """There is no such question any more: answered, expired, or never asked."""


def answer(*, by: Actor, test: CredentialTest, words: Mapping[str, str], now: datetime) -> CredentialTest:
    """The owner's own word, kept with its date; then the swap, without asking the exchange a second time."""
    if test.state != State.ASKING or now >= test.expires_at or set(test.outcome["questions"]) - set(words):
        raise NotAskingError
    values = open_candidate(test, by=by, purpose="put a tested key in force", now=now)
    with transaction.atomic():
        hold_wallet(test)
        locked = CredentialTest.objects.select_for_update().get(pk=test.pk)
        if locked.state != State.ASKING:
            raise NotAskingError
        if locked.wallet and latest_version(locked.wallet) != locked.outcome.get("version"):
            locked.outcome["overtaken"] = True
            locked.state = State.FAILED
        else:
            locked.outcome["confirmed"] = " ".join(words.values())
            put_in_force(locked, (), values, now=now)
            locked.state = State.PASSED
        locked.sealed = None
        locked.save(update_fields=["state", "sealed", "outcome", "wallet"])
    return locked


# --- the sweep (worker) --------------------------------------------------------------------------------------------


def sweep(*, now: datetime) -> int:
    """No candidate outlives its quarter of an hour, whoever died with it in hand."""
    stale = CredentialTest.objects.filter(expires_at__lte=now, sealed__isnull=False)
    return stale.update(sealed=None, state=State.EXPIRED, finished_at=now, lease_token=None, lease_until=None)
