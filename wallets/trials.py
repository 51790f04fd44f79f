"""The trial of a credential: pasted or handed over, examined by a worker, and only then put in force.

Test first, swap after. The candidate is sealed, lives 15 minutes at most and is wiped at its end; the former credential
stays in force until the very transaction in which the new one passes. Web processes ask, and answer; only workers open
what was sealed and talk to an exchange.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import notices, recovery
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record, reveal
from accounts.models import User
from config.fields import seal
from config.queue import wake
from wallets import catalogue, claims, credentials, health, oauth, refused_consents, rights_reports, staging, treasure
from wallets.budget import SPENT
from wallets.checklist import CROSSES, Check, Examination, Line, Mark
from wallets.models import Credential, CredentialTest, Wallet
from wallets.notice_kinds import Kind
from wallets.paste import Cleaned, Finding, Oddity, clean
from wallets.records import Cause, ConnectorError, Identity, IdentityKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from wallets.connectors.base import Connector

Purpose, State = CredentialTest.Purpose, CredentialTest.State
PUTS_IN_FORCE = {Purpose.CONNECT, Purpose.REPLACE}
SAVES = PUTS_IN_FORCE | {Purpose.STAGE}
LOOK_AGAIN = timedelta(seconds=5)  # somebody else is using the key, or renewing it
FROZEN_FOR = timedelta(hours=1)  # until we look whether the owner has a second factor again
# Questions that only the owner can answer.
ONLY_READS, SAME_ACCOUNT, OUT_OF_BIN = "only_reads", "same_account", "out_of_bin"
WORKER = Actor(ActorKind.SYSTEM, label="Key test")


# --- asking for a test (web) ---------------------------------------------------------------------------------------


class FrozenError(Exception):
    """The owner's second factor is being recovered: until a new one is on, nothing is connected, replaced or used."""


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
    cleaned = looked_through(exchange, pasted, label)
    if not cleaned.usable:
        if cleaned.stopped:
            record(by=by, action=Action.TREASURE_REFUSED, owner=owner, now=now, subject=exchange.name)
        return cleaned
    test = drafted(owner, exchange, purpose, now=now, wallet=wallet, region=region, label=label)
    unusual = [finding.field for finding in cleaned.findings]
    test.lines = [Line(Check.FORMAT, Mark.UNKNOWN if unusual else Mark.TICKED, ", ".join(unusual)).as_dict()]
    return _sent_off(test, cleaned.values, by=by, now=now)


def looked_through(exchange: catalogue.Exchange, pasted: Mapping[str, str], label: str = "") -> Cleaned:
    """What stands in the fields, cleaned. The wallet's name is shown and logged, so no part of a phrase must stand
    there, not even with the rest of it in the other fields.
    """
    cleaned = clean(exchange.fields, pasted)
    if not label or cleaned.stopped:  # what stops everything is told of at its own field
        return cleaned
    together = "\n".join([label, *(pasted.get(each.name) or "" for each in exchange.fields)])
    kind = treasure.find(label) or (treasure.holds_seed_phrase(together) and treasure.Treasure.SEED_PHRASE)
    return Cleaned(findings=(Finding("label", Oddity(kind)),)) if kind else cleaned


def ask_after_consent(
    *,
    by: Actor,
    owner: User,
    exchange: catalogue.Exchange,
    candidate: Mapping[str, str],
    now: datetime,
    wallet: Wallet | None = None,
    label: str = "",
    held_until: datetime | None = None,
) -> CredentialTest:
    """The owner said yes at the exchange; a worker spends the code.

    `held_until`: a phone has yet to claim it. Unclaimed, it is never taken up but expires: else somebody could begin,
    have another person say yes, and get that person's account without ever coming back.
    """
    purpose = Purpose.REPLACE if wallet else Purpose.CONNECT
    test = drafted(owner, exchange, purpose, now=now, wallet=wallet, label=label)
    test.way, test.not_before = catalogue.Way.OAUTH, max(held_until, test.expires_at) if held_until else now
    return _sent_off(test, candidate, by=by, now=now)


def let_go(test: CredentialTest, *, now: datetime) -> bool:
    """A phone claimed what was held for it. False: its time was over."""
    held = CredentialTest.objects.filter(pk=test.pk, state=State.QUEUED, finished_at=None, expires_at__gt=now)
    if not held.update(not_before=now):
        return False
    wake(credentials.WORK)
    return True


def check(*, by: Actor, wallet: Wallet, now: datetime) -> CredentialTest:
    """The wallet's own credential goes through the checklist. One at a time: who asks meanwhile gets the same."""
    credential = credentials.current_of(wallet)
    if credential is None:
        raise credentials.NoKeyError
    with transaction.atomic():
        Wallet.objects.held(wallet.pk)
        under_way = CredentialTest.objects.filter(credential=credential, purpose=Purpose.CHECK, finished_at=None)
        if found := under_way.first():
            return found
        exchange = catalogue.of(wallet.exchange)
        test = drafted(wallet.owner, exchange, Purpose.CHECK, now=now, wallet=wallet, region=wallet.region)
        test.credential, test.way = credential, credential.way
        test.save(force_insert=True)
        if by.kind is not ActorKind.SYSTEM:
            record(
                by=by,
                action=Action.CONNECTION_CHECKED,
                owner=wallet.owner,
                now=now,
                subject=wallet.label,
                about=wallet.pk,
            )
        wake(credentials.WORK)
    return test


def drafted(
    owner: User,
    exchange: catalogue.Exchange,
    purpose: CredentialTest.Purpose,
    *,
    now: datetime,
    wallet: Wallet | None = None,
    region: str = "",
    label: str = "",
) -> CredentialTest:
    if recovery.frozen(owner):
        raise FrozenError
    return CredentialTest(
        owner=owner,
        wallet=wallet,
        purpose=purpose,
        exchange=exchange.id,
        region=region,
        label=wallet.label if wallet else label or free_label(owner, exchange),
        outcome={"version": credentials.latest_version(wallet)} if wallet else {},
        not_before=now,
        created_at=now,
        expires_at=now + CredentialTest.LIFE,
    )


def free_label(owner: User, exchange: catalogue.Exchange) -> str:
    """Kraken, Kraken 2, Kraken 3 ..."""
    taken = set(Wallet.objects.for_user(owner).filter(exchange=exchange.id).values_list("label", flat=True))
    number = 1
    while (label := exchange.name if number == 1 else f"{exchange.name} {number}") in taken:
        number += 1
    return label


def _sent_off(test: CredentialTest, candidate: Mapping[str, str], *, by: Actor, now: datetime) -> CredentialTest:
    seal(test, sealed=json.dumps(dict(candidate)))
    with transaction.atomic():
        test.save(force_insert=True)
        record(
            by=by, action=Action.CREDENTIAL_TESTED, owner=test.owner, now=now, subject=test.label, about=test.wallet_id
        )
        wake(credentials.WORK)
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
    if test.outcome.get("answered"):
        settle_answered(test, open_candidate(test, now=clock()), now=clock())
        return
    try:
        values = values_of(test, clock=clock)
    except ConnectorError as failure:
        stop_before_beginning(test, failure, now=clock())
        return
    test.state = State.RUNNING
    test.lines = [line for line in test.lines if line["check"] == Check.FORMAT]  # after a crash: from the beginning
    examination = Examination(connect(test, values), our_addresses, clock)
    for line in examination.lines():
        test.lines = [*test.lines, line.as_dict()]
        with transaction.atomic():
            test.fence(now=clock(), finished_at=None)
            test.save(update_fields=["state", "lines"])
    conclude(test, examination, values, now=clock())


class WipedError(Exception):
    """The candidate is gone: its quarter of an hour was over."""


def values_of(test: CredentialTest, *, clock: Callable[[], datetime]) -> dict[str, str]:
    """What the connector gets. A code is spent here, and what it brought is kept before anything is asked with it."""
    if catalogue.of(test.exchange).retired:
        raise ConnectorError(Cause.EXCHANGE_RETIRED)
    if test.purpose == Purpose.CHECK:
        credential = test.credential
        if credential is None or credential.standing != Credential.Standing.CURRENT:
            raise ConnectorError(Cause.NO_KEY)
        Credential.objects.filter(pk=credential.pk).update(used_at=clock())
        if credential.way == catalogue.Way.OAUTH:
            return oauth.renewed(credential, by=WORKER, clock=clock)
        return oauth.opened(credential, by=WORKER, now=clock())
    values = open_candidate(test, now=clock())
    if "code" not in values:
        return values
    values = oauth.redeem(catalogue.of(test.exchange), values, clock=clock)
    with transaction.atomic():
        test.fence(now=clock(), finished_at=None)
        seal(test, sealed=json.dumps(values))
        test.outcome["redeemed"] = True
        test.save(update_fields=["sealed", "outcome"])
    return values


def open_candidate(test: CredentialTest, *, now: datetime) -> dict[str, str]:
    if test.sealed is None:
        raise WipedError
    name = test.wallet.label if test.wallet else test.label or catalogue.named(test.exchange)
    values: dict[str, str] = json.loads(reveal(test.sealed, by=WORKER, purpose="test a key", now=now, subject=name))
    return values


@transaction.atomic
def stop_before_beginning(test: CredentialTest, failure: ConnectorError, *, now: datetime) -> None:
    """The credential could not even be made ready: a code that was spent, a sign-in that ended. A code that has yet to
    be shown waits for its turn.
    """
    hold(test)
    test.fence(now=now)
    if turn := next_turn(test, failure, now=now):
        keep_place(test, turn)
        return
    crossed = Line(CROSSES[failure.cause], Mark.CROSSED, failure.right, failure.cause)
    test.lines = [*test.lines, crossed.as_dict()]
    refuse(test, failure, now=now)


@transaction.atomic
def conclude(test: CredentialTest, examination: Examination, values: Mapping[str, str], *, now: datetime) -> None:
    hold(test)
    test.fence(now=now)
    rights = rights_reports.as_told(examination.rights) if examination.rights else None
    test.outcome |= {"rights": rights, "identified": bool(examination.identities)}
    if test.holds_tokens:  # whose they are decides whether they may be taken back
        test.claims = claims.digests_of(test.owner, test.exchange, examination.identities)
    if turn := next_turn(test, examination.failure, now=now):
        keep_place(test, turn)
    elif examination.failure:
        refuse(test, examination.failure, now=now, values=values)
    elif test.purpose == Purpose.CHECK:
        pass_check(test, examination, now=now)
    elif stands_against(test, examination, values):
        finish(test, State.FAILED, now=now, values=values)
    elif questions := questions_about(test, examination):
        test.outcome["questions"] = questions
        test.state = State.ASKING
        test.save(update_fields=["state", "outcome", "claims"])
        test.done(now=now)
    else:
        save(test, values, now=now)
        finish(test, State.PASSED, now=now)


def next_turn(test: CredentialTest, failure: ConnectorError | None, *, now: datetime) -> datetime | None:
    """Our own budget for this exchange was spent, perhaps by other people's calls: nothing was found wrong with the
    candidate, so it waits for its turn, as long as there is time for it.
    """
    if failure is None or failure.code != SPENT or failure.wait is None or test.purpose == Purpose.CHECK:
        return None
    turn = now + max(failure.wait, LOOK_AGAIN)
    return turn if turn + CredentialTest.LASTING < test.expires_at else None


def keep_place(test: CredentialTest, turn: datetime) -> None:
    test.state, test.lines = State.QUEUED, [line for line in test.lines if line["check"] == Check.FORMAT]
    test.outcome = {name: test.outcome[name] for name in ("version", "redeemed") if name in test.outcome}
    test.save(update_fields=["state", "lines", "outcome"])
    test.again(at=turn, fresh=True)


def hold(test: CredentialTest) -> None:
    """Until this transaction ends nobody else changes the wallet, or, for a new one, connects for this owner: of two
    at once one sees that it came second. Before the test itself is taken, as whoever closes the account does: else the
    two would wait for each other.
    """
    if test.wallet_id:
        test.wallet = Wallet.objects.held(test.wallet_id)
    else:
        User.objects.select_for_update(no_key=True).get(pk=test.owner_id)


def pass_check(test: CredentialTest, examination: Examination, *, now: datetime) -> None:
    """The wallet is well, unless its key was replaced meanwhile: then this says nothing about it."""
    if test.wallet and test.credential and is_still_current(test):
        health.checked(test.wallet, now=now, in_part=examination.partly)
        rights_reports.keep(test.credential, test.outcome["rights"], now=now)
        digests = claims.digests_of(test.owner, test.exchange, examination.identities)
        claims.claim(test.wallet.book, test.owner, test.exchange, digests, now=now)
    finish(test, State.PASSED, now=now)


def is_still_current(test: CredentialTest) -> bool:
    current = credentials.current_of(test.wallet) if test.wallet else None
    return current is not None and current.pk == test.credential_id


def stands_against(test: CredentialTest, examination: Examination, values: Mapping[str, str]) -> bool:
    """A working key that must not be saved all the same, and why."""
    identities = [*examination.identities, *own_name(values)]
    test.claims = claims.digests_of(test.owner, test.exchange, identities)
    if test.wallet:
        same = claims.compare(test.wallet.book, test.owner, test.exchange, identities)
        test.outcome["same_account"] = str(same)
        test.outcome["overtaken"] = was_overtaken(test)
        test.outcome["other_account"] = same is claims.Same.NO
    known = known_wallet(test)
    if known and test.purpose != Purpose.CHECK and known.pk != test.wallet_id and not known.binned_at:
        test.outcome["other_wallet"] = str(known.pk)
        return test.purpose in SAVES
    return test.purpose in SAVES and bool(test.outcome.get("overtaken") or test.outcome.get("other_account"))


def was_overtaken(test: CredentialTest) -> bool:
    """Another key came first, or the wallet was put in the bin meanwhile: what is there now stays."""
    wallet = test.wallet
    if wallet is None or test.purpose not in SAVES:
        return False
    if test.purpose == Purpose.STAGE and credentials.current_of(wallet) is None:
        return True  # nothing is in force any more that it could be tried beside
    return bool(wallet.binned_at) or credentials.latest_version(wallet) != test.outcome.get("version")


def own_name(values: Mapping[str, str]) -> tuple[Identity, ...]:
    """The same key pasted twice is the same account, also where an exchange tells nothing about whose it is."""
    return (Identity(IdentityKind.KEY, values["key"]),) if values.get("key") else ()


def questions_about(test: CredentialTest, examination: Examination) -> list[str]:
    """What no probe can settle."""
    if test.purpose not in SAVES:
        return []
    questions = []
    method = catalogue.of(test.exchange).method(catalogue.Way(test.way))
    if method and method.owner_must_confirm and not (examination.rights and examination.rights.can_tell):
        questions.append(ONLY_READS)
    if test.outcome.get("same_account") == claims.Same.UNKNOWN:
        questions.append(SAME_ACCOUNT)
    if test.purpose == Purpose.CONNECT and known_wallet(test):
        questions.append(OUT_OF_BIN)
    return questions


def known_wallet(test: CredentialTest) -> Wallet | None:
    """The wallet this account has already, one in the bin only when there is no other."""
    book = claims.book_of(test.owner, test.exchange, test.claims)
    if book is None:
        return None
    mine = Wallet.objects.for_user(test.owner).filter(book=book, purged_at=None)
    return mine.order_by(F("binned_at").desc(nulls_first=True)).first()


def refuse(
    test: CredentialTest, failure: ConnectorError, *, now: datetime, values: Mapping[str, str] | None = None
) -> None:
    test.cause, test.cause_right = failure.cause, failure.right[:80]
    if health.is_excused(test.exchange, failure.cause):
        test.outcome["in_trouble"] = True
    if test.purpose != Purpose.CHECK:
        record(
            by=SYSTEM,
            action=Action.CREDENTIAL_REFUSED,
            owner=test.owner,
            now=now,
            subject=test.label,
            about=test.wallet_id,
            cause=failure.cause,
        )
    elif test.wallet and is_still_current(test):
        if failure.cause is Cause.RIGHTS_TOO_WIDE and test.wallet.cause != failure.cause:
            record(
                by=SYSTEM,
                action=Action.RIGHTS_WIDENED,
                owner=test.owner,
                now=now,
                subject=test.label,
                about=test.wallet_id,
                rights=failure.right,
            )
        health.failing(test.wallet, failure, now=now)
        if test.credential:
            rights_reports.keep(test.credential, test.outcome.get("rights"), now=now)
    finish(test, State.FAILED, now=now, values=values)


def finish(
    test: CredentialTest,
    state: CredentialTest.State,
    *,
    now: datetime,
    values: Mapping[str, str] | None = None,
) -> None:
    """Whatever came of it: the candidate is wiped. `values` of a consent that is refused are taken back first."""
    if values and test.holds_tokens:
        refused_consents.begin(test, values, now=now)
    test.state, test.sealed = state, None
    test.save(update_fields=["state", "sealed", "lines", "outcome", "claims", "cause", "cause_right", "wallet"])
    test.done(now=now)


# --- saving --------------------------------------------------------------------------------------------------------


def save(test: CredentialTest, values: Mapping[str, str], *, now: datetime) -> None:
    """Inside the transaction that holds the wallet, or the owner."""
    if test.purpose not in SAVES:
        return
    if test.purpose == Purpose.STAGE and test.wallet:
        keep_in_reserve(test, test.wallet, values, now=now)
        return
    wallet = test.wallet = test.wallet or wallet_for(test, now=now)
    action = Action.WALLET_CONNECTED if test.purpose == Purpose.CONNECT else Action.CREDENTIAL_REPLACED
    record(by=SYSTEM, action=action, owner=test.owner, now=now, subject=wallet.label, about=wallet.pk, way=test.way)
    by_consent = test.way == catalogue.Way.OAUTH
    credential = credentials.put_in_force(
        wallet,
        way=catalogue.Way(test.way),
        values=values,
        now=now,
        granted=oauth.granted_of(values) if by_consent else None,
        confirmed=test.outcome.get("confirmed", ""),
    )
    if test.region != wallet.region:
        wallet.region = test.region
    wallet.detached_at = None
    wallet.save(update_fields=["region", "detached_at"])
    rights_reports.keep(credential, test.outcome.get("rights"), now=now)
    claims.claim(wallet.book, test.owner, test.exchange, test.claims, now=now)
    health.well(wallet, now=now)
    wallet.next_try_at = None if wallet.paused_at or wallet.archived_at else now  # its history is wanted at once
    wallet.save(update_fields=["next_try_at"])
    test.outcome["credential"] = str(credential.id)
    tell_of_first_use(wallet, credential, now=now)
    for kind in (Kind.KEY_DUE, Kind.KEY_ENDS_SOON, Kind.STAGED_REFUSED):
        notices.close(owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now)


def keep_in_reserve(test: CredentialTest, wallet: Wallet, values: Mapping[str, str], *, now: datetime) -> None:
    """Beside the one in force, of which nothing changes. The next sync reads with the new one."""
    record(by=SYSTEM, action=Action.CREDENTIAL_STAGED, owner=test.owner, now=now, subject=wallet.label, about=wallet.pk)
    staged = staging.stage(wallet, values=values, now=now, confirmed=test.outcome.get("confirmed", ""))
    rights_reports.keep(staged, test.outcome.get("rights"), now=now)
    claims.claim(wallet.book, test.owner, test.exchange, test.claims, now=now)
    staging.due_at_once(wallet, now=now)
    test.outcome["credential"] = str(staged.id)
    tell_of_first_use(wallet, staged, now=now)


def wallet_for(test: CredentialTest, *, now: datetime) -> Wallet:
    """Out of the bin, if the owner said so; else a new one. An account whose wallet was purged finds its book, and
    with it the owner's edits, again.
    """
    known = known_wallet(test)
    if known and known.binned_at:
        known.binned_at = None
        known.save(update_fields=["binned_at"])
        record(by=SYSTEM, action=Action.WALLET_RESTORED, owner=test.owner, now=now, subject=known.label, about=known.pk)
        return known
    book = claims.book_of(test.owner, test.exchange, test.claims)
    return Wallet.objects.create(
        owner=test.owner,
        exchange=test.exchange,
        region=test.region,
        way=test.way,
        label=test.label,
        created_at=now,
        **({"book": book} if book else {}),
    )


def tell_of_first_use(wallet: Wallet, credential: Credential, *, now: datetime) -> None:
    notices.tell(
        owner=wallet.owner,
        kind=Kind.KEY_FIRST_USED,
        topic=str(credential.pk),
        now=now,
        label=wallet.label,
        exchange=catalogue.named(wallet.exchange),
        when=notices.say_when(now, wallet.owner),
        addresses=", ".join(settings.EGRESS_IPS) or "an address of ours that changes",
    )


# --- the owner answers ---------------------------------------------------------------------------------------------


class NotAskingError(Exception):
    """There is no such question any more: answered, expired, or never asked."""


@transaction.atomic
def answer(*, by: Actor, test: CredentialTest, words: Mapping[str, str], now: datetime) -> CredentialTest:
    """The owner's own word, kept with its date. A worker saves the tested key without asking the exchange again."""
    held = CredentialTest.objects.select_for_update(no_key=True).get(pk=test.pk)
    if held.state != State.ASKING or now >= held.expires_at or set(held.outcome["questions"]) - set(words):
        raise NotAskingError
    held.outcome["answered"] = {question: words[question] for question in held.outcome["questions"]}
    if ONLY_READS in held.outcome["questions"]:
        held.outcome["confirmed"] = words[ONLY_READS]
    held.state, held.finished_at, held.not_before, held.attempts = State.QUEUED, None, now, 0
    held.save(update_fields=["state", "outcome", "finished_at", "not_before", "attempts"])
    record(
        by=by, action=Action.CREDENTIAL_CONFIRMED, owner=held.owner, now=now, subject=held.label, about=held.wallet_id
    )
    wake(credentials.WORK)
    return held


@transaction.atomic
def settle_answered(test: CredentialTest, values: Mapping[str, str], *, now: datetime) -> None:
    hold(test)
    test.fence(now=now)
    known = known_wallet(test)
    if was_overtaken(test):
        test.outcome["overtaken"] = True
    elif known and known.pk != test.wallet_id and not known.binned_at:
        test.outcome["other_wallet"] = str(known.pk)
    else:
        save(test, values, now=now)
        finish(test, State.PASSED, now=now)
        return
    finish(test, State.FAILED, now=now, values=values)


@transaction.atomic
def cancel(*, test: CredentialTest, now: datetime) -> None:
    """The owner thought better of it: the candidate is wiped at once."""
    held = CredentialTest.objects.select_for_update(no_key=True).get(pk=test.pk)
    if held.state in {State.QUEUED, State.ASKING} and held.lease_token is None:
        held.part(now=now)
        wake(credentials.WORK)


# --- the sweep (worker) --------------------------------------------------------------------------------------------


def sweep(*, now: datetime) -> int:
    """No candidate outlives its quarter of an hour, whoever died with it in hand. What an exchange gave for a consent
    goes on to be taken back.
    """
    for left in CredentialTest.objects.filter(refused_consents.left(now=now)).select_related("owner", "wallet"):
        refused_consents.hand_on(left, open_candidate(left, now=now), now=now)
    stale = CredentialTest.objects.filter(expires_at__lte=now, sealed__isnull=False).exclude(purpose=Purpose.END)
    return stale.update(sealed=None, state=State.EXPIRED, finished_at=now, lease_token=None, lease_until=None)
