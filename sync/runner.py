"""One slice of a run: page after page, each kept in one transaction with its bookmark, until the time is up.

What is committed stays; what is not is asked for again. So a worker may be killed at any instant: nothing is lost and
nothing is doubled. Before each commit the run proves that it is still this worker's and that the credential is still
the one it began with.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DataError, transaction

from accounts.audit import Action, Actor, ActorKind, record
from ledger import intake, journal
from ledger.models import Coverage, SourceRow
from sync import aside, asks, pulls, schedule, telling
from sync.models import Run, StreamState
from sync.quiet import held_of, note_held, quiet
from sync.sight import Sight, begin_anew_where_more_is_shown
from wallets import claims, credentials, health, oauth, rights_reports, staging
from wallets.budget import SPENT, UNSAID
from wallets.connectors.attempts import attempt
from wallets.connectors.base import Stream
from wallets.models import Credential, Wallet
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import QuerySet

    from ledger.intake import Counts
    from wallets.connectors.base import Connector
    from wallets.records import Page, Record, Rights

log = structlog.get_logger(__name__)

State = Run.State
SYNC = Actor(ActorKind.SYSTEM, label="Sync")
# What one stream may suffer without stopping the others.
ONE_STREAM_ONLY = {Cause.RIGHT_MISSING, Cause.UNEXPECTED_REPLY}
IN_PART = "held_in_part"  # in a plan: why the exchange did not say of one of its products what it holds
SPREAD = 1.5  # so many times as long as asked, at most
LONGEST_SPREAD = timedelta(hours=1)  # a ban of three days need not last four and a half
LISTED_WITHIN = timedelta(minutes=5)  # a row needs a moment to be listed, and our clock may be ahead of the exchange's


class StoppedError(Exception):
    """Time is up, or the exchange wants us to wait: the run goes on later."""


@dataclass(slots=True)
class Slice:
    """One worker's go at one run."""

    run: Run
    wallet: Wallet
    credential: Credential
    connector: Connector
    clock: Callable[[], datetime]
    until: datetime
    unread: int = 0  # rows kept since the journal was derived from them

    def fence(self) -> datetime:
        """Inside the transaction, before anything else."""
        now = self.clock()
        self.run.fence(
            now=now,
            wallet__credentials__id=self.credential.pk,
            wallet__credentials__standing=self.credential.standing,
        )
        return now

    @property
    def on_trial(self) -> bool:
        """It reads with the key in reserve: whatever that key fails in, the one in force does."""
        return self.credential.standing == Credential.Standing.STAGED

    # --- the way through ----------------------------------------------------------------------------------------

    def work(self) -> None:
        if not self.run.plan or self.began_by_another_way():
            self.begin()
        self.read_lists()
        self.read()
        self.finish()

    def read(self) -> None:
        """What the rows mean, in transactions of its own: whatever becomes of them, the rows are kept. Where a wallet's
        rows all have to be read anew, time may be up first; the ledger's own work goes on then.
        """
        while journal.catch_up(self.wallet, now=self.clock()):
            if self.clock() >= self.until:
                break
        self.unread = 0

    def began_by_another_way(self) -> bool:
        """A key was replaced by a sign-in meanwhile, say. Lists and places are others there."""
        if self.run.credential in {None, self.credential.pk}:
            return False
        return Credential.objects.filter(pk=self.run.credential).exclude(way=self.credential.way).exists()

    def begin(self) -> None:
        """What the key may do is asked anew each time; then what is held, and which streams there are."""
        sight = Sight.of(self.recheck_rights())
        balances = told(self.connector.balances)
        streams = told(self.connector.streams)
        with transaction.atomic():
            now = self.fence()
            if self.began_by_another_way():
                pulls.forget(self.run)
            intake.report_balances(self.wallet, balances, now=now)
            told_of_all = sight.as_kept() | {IN_PART: next((each.unread for each in balances if each.unread), "")}
            self.run.plan = [
                as_plan(stream) | told_of_all for stream in streams if self.run.stream in {"", stream.name}
            ]
            self.run.state, self.run.started_at = State.RUNNING, self.run.started_at or now
            self.run.credential = self.credential.pk
            broken = pulls.begin(self.run, way=self.credential.way, sight=sight, now=now) if self.run.full else None
            self.run.save(update_fields=["plan", "state", "started_at", "credential", *pulls.KEPT])
            if not self.run.stream:
                begin_anew_where_more_is_shown(self.wallet, self.states(), sight, now=now)
            self.mark_streams(held_of(streams, balances), now, broken=broken)

    def recheck_rights(self) -> Rights:
        """A key that gained rights is no longer used; one that lost some says which."""
        rights = self.rights_now()
        if rights.can_tell:
            self.keep_rights(rights)
        if rights.beyond:
            raise ConnectorError(Cause.RIGHTS_TOO_WIDE, right=", ".join(rights.beyond))
        identities = told(self.connector.identities)
        if claims.compare(self.wallet.book, self.wallet.owner, self.wallet.exchange, identities) is claims.Same.NO:
            raise ConnectorError(Cause.KEY_UNKNOWN, code="another account")
        return rights

    @transaction.atomic
    def keep_rights(self, rights: Rights) -> None:
        """The page of the wallet says what its key may do: that is what was told last, not when it was connected."""
        rights_reports.keep(self.credential, rights_reports.as_told(rights), now=self.fence())

    def rights_now(self) -> Rights:
        """Where the exchange does not say, what a test tries is tried again. What comes of it may not be understood one
        day; the key was in order when it was taken, so that keeps no row from coming in.
        """
        rights: Rights = told(self.connector.rights)
        if rights.can_tell:
            return rights
        probed, failure = attempt(self.connector.probe_rights)
        if failure and failure.cause is not Cause.UNEXPECTED_REPLY:
            raise failure
        return probed or rights

    @property
    def sight(self) -> Sight:
        """As the key told at the beginning of the run."""
        return Sight.kept(self.run.plan[0] if self.run.plan else {})

    def mark_streams(self, held: Mapping[str, list[str]], now: datetime, *, broken: Run | None = None) -> None:
        """All of them are seen from the beginning, the ones that wait too. Those are done that can have nothing new, or
        that a pull was through with before it broke off.
        """
        known = set(self.states().values_list("stream", flat=True))
        fresh = [
            StreamState(
                owner_id=self.wallet.owner_id,
                wallet=self.wallet,
                way=self.credential.way,
                stream=each["name"],
                sides_held=held[each["name"]],
                updated_at=now,
            )
            for each in self.run.plan
            if each["name"] not in known
        ]
        StreamState.objects.bulk_create(fresh)
        planned = [each["name"] for each in self.run.plan]
        former = self.states().filter(stream__in=planned).exclude(run=self.run.pk)
        if not (self.run.full or self.run.stream or self.on_trial):
            traded = set(
                Coverage.objects.filter(wallet=self.wallet, first_row_at__isnull=False).values_list("stream", flat=True)
            )
            left = quiet(former, held, traded=traded, now=now)
            former.filter(pk__in=[state.pk for state in left]).update(run=self.run.pk, pages=0)
        through = former.filter(stream__in=pulls.lists_through(broken), state=StreamState.State.DONE)
        former.filter(pk__in=list(through.values_list("pk", flat=True))).update(run=self.run.pk, pages=0)
        if not self.run.is_stretch:
            note_held(former, held)
        away = aside.names_of(former)
        former.update(
            run=self.run.pk, state=StreamState.State.WAITING, rows=0, pages=0, reached=None, cause="", cause_right=""
        )
        self.states().filter(run=self.run.pk, stream__in=away).update(cause=Cause.PART_DOWN)
        self.count_on(pulls.rows_before(broken))

    def count_on(self, rows_before: Mapping[str, int]) -> None:
        states = list(self.states().filter(run=self.run.pk, stream__in=rows_before))
        for state in states:
            state.rows = rows_before[state.stream]
        StreamState.objects.bulk_update(states, ["rows"], batch_size=500)

    def states(self) -> QuerySet[StreamState]:
        return StreamState.objects.filter(wallet=self.wallet, way=self.credential.way)

    def planned(self) -> list[Stream]:
        over = self.states().filter(run=self.run.pk, state__in=[StreamState.State.DONE, StreamState.State.FAILED])
        done = set(over.values_list("stream", flat=True))
        return [from_plan(each) for each in self.run.plan if each["name"] not in done]

    # --- one stream after the other -----------------------------------------------------------------------------

    def read_lists(self) -> None:
        """What is put aside is asked again only when the exchange has told something else since: else it is down, and
        no list is to blame.
        """
        turns = aside.Turns(self.planned(), aside.names_of(self.states().filter(run=self.run.pk)))
        heard, missed = False, False
        while turns:
            if turns.are_late and not heard:
                told(self.connector.balances)
                heard = True
            late, stream = turns.are_late, turns.next()
            failure = self.pull(stream)
            if failure is None:
                turns.answered()
                heard, missed = True, False
            elif late:
                self.part_down(turns.give_up_with(stream))
            else:
                self.put_off(stream)
                if missed:
                    raise failure
                turns.put_off(stream)
                heard, missed = False, True

    @transaction.atomic
    def put_off(self, stream: Stream) -> None:
        now = self.fence()
        self.states().filter(stream=stream.name).update(cause=Cause.PART_DOWN, updated_at=now)

    @transaction.atomic
    def part_down(self, streams: list[Stream]) -> None:
        """Not answered, while the exchange answers for others."""
        now, names = self.fence(), [stream.name for stream in streams]
        failed = {"state": StreamState.State.FAILED, "cause": Cause.PART_DOWN, "cause_right": "", "updated_at": now}
        self.states().filter(stream__in=names).update(**failed)

    # --- one stream ---------------------------------------------------------------------------------------------

    def pull(self, stream: Stream) -> ConnectorError | None:
        """The failure is one that may be this list's alone, or the exchange's."""
        state, been = self.states().get(stream=stream.name), set[str]()
        while state.state != StreamState.State.DONE:
            if self.clock() >= self.until:
                raise StoppedError
            try:
                page = self.next_page(stream, state, been)
                self.kept(stream, state, page)
            except ConnectorError as failure:
                if aside.may_be_its_own(failure):
                    return failure
                if failure.cause not in ONE_STREAM_ONLY or (self.on_trial and stream.name not in self.lacking()):
                    raise
                self.give_up(state, failure)
                return None
            been = been if page.more else set()
            self.unread += len(page.records)
            if self.unread >= journal.STEP:
                self.read()
        return None

    def lacking(self) -> set[str]:
        """Lists that the key in force could not read either, the last time."""
        return {each["stream"] for each in self.wallet.streams if each.get("cause")}

    def next_page(self, stream: Stream, state: StreamState, been: set[str]) -> Page:
        """`been`: where this walk has asked in this slice. Who is sent there again would go round for ever."""
        cursor = self.bookmark(stream, state)
        been.add(cursor)
        if not self.run.full:
            state.walk_began_at = state.walk_began_at or self.clock()
        elif state.pull != self.run.pull:  # a pull walks beside the bookmark
            state.pull_began_at, state.pulled_from = self.clock(), None
        page, failure = attempt(lambda: self.connector.page(stream, cursor or None))
        if failure:
            raise failure
        assert page  # noqa: S101 # an attempt has one or the other
        if page.more and page.cursor in been:
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no way on")
        beyond = self.run.until and page.passed and page.passed > self.run.until
        return replace(page, more=False) if beyond else page

    def bookmark(self, stream: Stream, state: StreamState) -> str:
        if not self.run.full:
            return state.cursor
        if state.pull == self.run.pull:
            return state.pull_cursor
        return self.beginning(stream) if self.run.is_stretch else ""

    def beginning(self, stream: Stream) -> str:
        """Of a stretch: with the last row before it that we have. That it comes shows that the exchange still tells so
        far back; so a row of the stretch that does not come is gone, even if it was the first.
        """
        since = self.run.since or asks.EARLIEST
        held = SourceRow.objects.filter(wallet=self.wallet, stream=stream.name, origin=SourceRow.Origin.API)
        before = held.filter(occurred_at__lt=since).order_by("-occurred_at").values_list("occurred_at", flat=True)
        begins = before.first() or since
        return told(lambda: self.connector.stretch(stream, begins, self.run.until or self.clock())) or ""

    def kept(self, stream: Stream, state: StreamState, page: Page) -> None:
        """A row that fits no column would be asked for again and again, and the other lists never be come to."""
        try:
            self.keep(stream, state, page)
        except DataError:
            failure = ConnectorError(Cause.UNEXPECTED_REPLY, code="does not fit")
        else:
            return
        log.error("sync.page_not_kept", run=str(self.run.pk), exchange=self.run.exchange)
        raise failure

    @transaction.atomic
    def keep(self, stream: Stream, state: StreamState, page: Page) -> None:
        """The page, how far it reaches, and the bookmark: all of it or nothing."""
        now = self.fence()
        records = self.asked_for(page.records)
        counts = intake.store(
            self.wallet,
            records,
            stream=stream.name,
            now=now,
            run=self.run.pk,
            pull=self.run.pull if self.run.full else state.pull,
            body=page.body,
        )
        intake.cover(
            self.wallet,
            stream=stream.name,
            since=self.sight.reaches_back_to(stream, now=now),
            until=self.complete_to(state, page),
            records=records,
            limited=stream.reaches_back is not None,
            certain=stream.certain,
            now=now,
            read_at=self.read_at(state, page),
        )
        self.move(state, page, now, rows=len(records))
        if self.run.full and not page.more:
            counts += self.close_pull(stream, state, page, now)
        self.count(counts)

    def asked_for(self, records: Sequence[Record]) -> Sequence[Record]:
        """Of a stretch: what happened in it, and what we hold as happened in it, though it is dated elsewhere now."""
        outside = [record for record in records if not self.run.asks_for(record.occurred_at)]
        if not outside:
            return records
        ours = SourceRow.objects.filter(
            wallet=self.wallet,
            family__in={record.family for record in outside},
            external_id__in=[record.external_id for record in outside],
            occurred_at__gte=self.run.since or asks.EARLIEST,
            occurred_at__lte=self.run.until or self.clock(),
        )
        moved = set(ours.values_list("family", "external_id"))
        return [
            record
            for record in records
            if self.run.asks_for(record.occurred_at) or (record.family, record.external_id) in moved
        ]

    def read_at(self, state: StreamState, page: Page) -> datetime | None:
        """Of a walk's last page: since when the walk was under way. Nothing that was there by then is missing."""
        if page.more or self.run.is_stretch:
            return None
        return state.pull_began_at if self.run.full else state.walk_began_at

    def complete_to(self, state: StreamState, page: Page) -> datetime | None:
        """An account where nothing happens is complete until it was read, not until its last row."""
        if self.run.is_stretch:
            return None
        read_at = self.read_at(state, page)
        reached = max(filter(None, (page.complete_to, read_at and read_at - LISTED_WITHIN)), default=None)
        return self.sight.complete_to(reached)

    def goes_on(self, state: StreamState, page: Page) -> bool:
        """A walk that an earlier run began brings what there was by then; what came since has a walk of its own."""
        began, run_began = state.walk_began_at, self.run.started_at
        return page.more or bool(not self.run.full and began and run_began and began < run_began)

    def move(self, state: StreamState, page: Page, now: datetime, *, rows: int) -> None:
        """A pull keeps its place apart."""
        goes_on = self.goes_on(state, page)
        oldest = min((record.occurred_at for record in page.records), default=None)
        if self.run.full:
            state.pulled_from = min(filter(None, (state.pulled_from, oldest)), default=None)
            state.pull, state.pull_cursor = self.run.pull, page.cursor
        if self.leaves_bookmark(state, page):
            state.cursor = page.cursor
            state.complete_to = self.complete_to(state, page) or state.complete_to
            if not page.more:
                state.walk_began_at = None
        state.reached, state.rows, state.pages = page.reached, state.rows + rows, state.pages + 1
        state.cause = state.cause_right = ""  # it may have been put aside
        state.state = StreamState.State.RUNNING if goes_on else StreamState.State.DONE
        state.updated_at = now
        state.save()

    def leaves_bookmark(self, state: StreamState, page: Page) -> bool:
        """Of pulls only one of the whole list, at its end. Where an earlier run began that walk, what read news since
        has left one that is further.
        """
        if not self.run.full:
            return True
        before = self.run.started_at and state.pull_began_at and state.pull_began_at < self.run.started_at
        return not (self.run.is_stretch or page.more or (before and state.cursor))

    def close_pull(self, stream: Stream, state: StreamState, page: Page, now: datetime) -> Counts:
        """Rows of the stretch that was pulled and did not come have vanished. Nothing is said beyond what was asked
        for, nor of what came after the walk began, nor beyond what the exchange still hands out: the oldest row that
        came is where its memory begins.
        """
        gone = 0
        reached = min(filter(None, (state.complete_to, state.pull_began_at)), default=now)
        if state.pull and state.pulled_from:
            gone = intake.note_vanished(
                self.wallet,
                stream=stream.name,
                pull=state.pull,
                since=max(state.pulled_from, self.run.since or state.pulled_from),
                until=min(self.complete_to(state, page) or reached, self.run.until or now, self.sight.until or now),
                run=self.run.pk,
                now=now,
            )
        state.pull, state.pull_cursor = None, ""
        state.save(update_fields=["pull", "pull_cursor"])
        return intake.Counts(vanished=gone)

    def count(self, counts: Counts) -> None:
        self.run.new += counts.new
        self.run.same += counts.same
        self.run.changed += counts.changed
        self.run.vanished += counts.vanished
        self.run.pages += 1
        self.run.attempts = 0  # a page is progress: deaths are counted from here
        self.run.save(update_fields=["new", "same", "changed", "vanished", "pages", "attempts"])

    @transaction.atomic
    def give_up(self, state: StreamState, failure: ConnectorError) -> None:
        """Only this stream, only for now. The others go on."""
        now = self.fence()
        state.state, state.cause = StreamState.State.FAILED, failure.cause
        state.cause_right, state.updated_at = self.right_of(failure), now
        state.save(update_fields=["state", "cause", "cause_right", "updated_at"])

    def right_of(self, failure: ConnectorError) -> str:
        """Few exchanges name it when they refuse; those that tell what a key may do told it at the beginning."""
        if failure.cause is Cause.RIGHT_MISSING and not failure.right:
            return rights_reports.lacking(self.credential, at_most=80)
        return failure.right[:80]

    # --- how it ends --------------------------------------------------------------------------------------------

    @transaction.atomic
    def finish(self) -> None:
        held = Wallet.objects.held(self.wallet.pk)
        now = self.fence()
        run = Run.objects.select_for_update(no_key=True).get(pk=self.run.pk)
        due, tries, lacking = held.next_try_at, held.failures, self.lacking()
        # A run of one list says nothing of the others: they are as they last were, and due when they were.
        every = self.states() if self.run.stream else self.states().filter(run=self.run.pk)
        failed = [state for state in every.order_by("stream") if state.cause]
        self.show(held, failed, now=now)
        if self.run.stream and due:
            held.next_try_at, held.failures = due, tries
        held.streams = summary(every)
        held.save(update_fields=["streams", "next_try_at", "failures"])
        if self.on_trial and all(state.cause != Cause.PART_DOWN or state.stream in lacking for state in failed):
            staging.promote(held, self.credential, now=now)
        ours = [state for state in failed if state.run == self.run.pk]
        self.end(State.PARTLY if ours else State.DONE, now=now)
        telling.first_history(held, self.run, now=now)
        schedule.follow(run, now=now)

    def show(self, held: Wallet, failed: list[StreamState], *, now: datetime) -> None:
        """Of several causes the one that only the owner can mend is said, whatever the others are."""
        lively = self.run.new > 0 and not self.run.full
        first = min(failed, key=lambda state: state.cause not in health.ASK_THE_OWNER, default=None)
        unread = next((each[IN_PART] for each in self.run.plan if each.get(IN_PART)), "")
        if first:
            health.partly(held, Cause(first.cause), right=first.cause_right, now=now, lively=lively)
        elif unread:
            cause = Cause.UNEXPECTED_REPLY if unread is True else Cause(unread)  # plans said no more once
            health.partly(held, cause, right="", now=now, lively=lively)
        else:
            health.well(held, now=now, lively=lively)

    @transaction.atomic
    def fail(self, failure: ConnectorError) -> None:
        """All of it stops: the wallet says why, and its rhythm says when it is tried again."""
        now = self.clock()
        held = Wallet.objects.held(self.wallet.pk)
        self.run.fence(now=now)
        if self.credential not in {credentials.current_of(held), staging.in_turn(held)}:
            self.run.again(at=now, fresh=True)  # replaced meanwhile: what the old one suffered says nothing
            return
        if self.on_trial and not self.may_be_the_exchange(failure):
            staging.failed(held, self.credential, failure, now=now)
            self.begin_again(held, now)
            return
        if failure.cause in staging.DOUBTFUL:
            staging.doubt_no_more(held)
        if failure.cause is Cause.RIGHTS_TOO_WIDE and held.cause != failure.cause:
            record(
                by=SYNC,
                action=Action.RIGHTS_WIDENED,
                owner=held.owner,
                now=now,
                subject=held.label,
                about=held.pk,
                rights=failure.right,
            )
        failure.right = self.right_of(failure)
        health.failing(held, failure, now=now)
        self.run.cause, self.run.cause_right = failure.cause, failure.right
        self.run.code = failure.code[:40]
        self.end(State.FAILED, now=now)

    def may_be_the_exchange(self, failure: ConnectorError) -> bool:
        """Then it says nothing of the key in reserve."""
        return failure.cause in staging.NOT_THE_KEYS or health.is_excused(self.wallet.exchange, failure.cause)

    def begin_again(self, held: Wallet, now: datetime) -> None:
        """With the key in force. What was read stays read."""
        current = credentials.current_of(held)
        if current and current.way != self.credential.way:
            pulls.forget(self.run)
        self.run.plan, self.run.state = [], State.QUEUED
        self.run.credential = current.pk if current else None
        self.run.save(update_fields=["plan", "state", "credential"])
        self.run.again(at=now, fresh=True)

    @transaction.atomic
    def wait(self, failure: ConnectorError) -> None:
        """Its turn comes later; that is no failure."""
        now = self.clock()
        self.run.fence(now=now)
        self.run.state, self.run.cause = State.WAITING, failure.cause
        self.run.save(update_fields=["state", "cause"])
        self.run.again(at=now + apart(failure), fresh=True)

    @transaction.atomic
    def go_on_later(self) -> None:
        self.run.fence(now=self.clock())
        self.run.state, self.run.cause = State.RUNNING, ""
        self.run.save(update_fields=["state", "cause"])
        self.run.again(at=self.clock(), fresh=True)

    def end(self, state: Run.State, *, now: datetime) -> None:
        self.run.state, self.run.summary = state, summary(self.states().filter(run=self.run.pk))
        if state is not State.FAILED:
            self.run.cause = self.run.cause_right = ""
        self.run.save(update_fields=["state", "summary", "cause", "cause_right", "code"])
        if self.run.full and not asks.is_taken_up_again(self.run):
            pulls.over(self.run)
        self.run.done(now=now)


# --- a slice, from outside ----------------------------------------------------------------------------------------


def work(
    run: Run,
    *,
    connect: Callable[[Wallet, Mapping[str, str]], Connector],
    clock: Callable[[], datetime],
    until: datetime,
) -> None:
    """One slice, whatever comes of it. Raises only what means that the run is not ours any more, or that somebody else
    is using the key.
    """
    wallet = Wallet.objects.select_related("owner").get(pk=run.wallet_id)
    credential = chosen(run, wallet)
    if credential is None or wallet.state in {"paused", "archived", "detached", "in_bin"}:
        cancel(run, now=clock())
        return
    part = Slice(run, wallet, credential, None, clock, until)  # type: ignore[arg-type] # the next line's
    try:
        part.connector = connect(wallet, values_of(credential, clock=clock))
        part.work()
    except StoppedError:
        part.read()
        part.go_on_later()
    except ConnectorError as failure:
        if failure.cause is Cause.RATE_LIMITED:
            part.wait(failure)
        else:
            part.fail(failure)


def chosen(run: Run, wallet: Wallet) -> Credential | None:
    """The key in reserve, if there is one, from the beginning of a whole run to its end; else the one in force. A run
    that it failed goes on with that, too.
    """
    staged = None if run.stream else staging.in_turn(wallet)
    if staged and run.credential in {None, staged.pk}:
        return staged
    return credentials.current_of(wallet)


def values_of(credential: Credential, *, clock: Callable[[], datetime]) -> dict[str, str]:
    Credential.objects.filter(pk=credential.pk).update(used_at=clock())
    if credential.way == "oauth":
        return oauth.renewed(credential, by=SYNC, clock=clock)
    return oauth.opened(credential, by=SYNC, now=clock())


@transaction.atomic
def cancel(run: Run, *, now: datetime) -> None:
    """The owner stopped the wallet, or there is no key: nothing to do, and nothing wrong."""
    run.fence(now=now)
    run.state = State.CANCELLED
    run.save(update_fields=["state"])
    pulls.stopped(run)
    run.done(now=now)


@transaction.atomic
def retire(run: Run, *, now: datetime) -> None:
    """Its exchange is no longer among those that are read here."""
    held = Wallet.objects.held(run.wallet_id)
    run.fence(now=now)
    health.failing(held, ConnectorError(Cause.EXCHANGE_RETIRED), now=now)
    run.state, run.cause = State.FAILED, Cause.EXCHANGE_RETIRED
    run.save(update_fields=["state", "cause"])
    if run.full:
        pulls.over(run)
    run.done(now=now)


def told(ask: Callable[[], Any]) -> Any:
    """An answer, or the failure; an answer of another shape is a failure too."""
    answer, failure = attempt(ask)
    if failure:
        raise failure
    return answer


def apart(failure: ConnectorError) -> timedelta:
    """Those whom an exchange sent away together come back one after the other, or it would only send them away again.
    For what we held back ourselves everybody has a turn; but who waits longer than any count takes waits for the end of
    a ban, with everybody at this address.
    """
    wait = failure.wait or UNSAID
    more = min(wait * (SPREAD - 1), LONGEST_SPREAD) * random.random()  # noqa: S311 # no secret hangs on it
    return wait if failure.code == SPENT and wait <= UNSAID else wait + more


def summary(states: QuerySet[StreamState]) -> list[dict[str, object]]:
    return [
        {
            "stream": state.stream,
            "state": state.state,
            "rows": state.rows,
            "complete_to": state.complete_to.isoformat() if state.complete_to else "",
            "cause": state.cause,
            "right": state.cause_right,
        }
        for state in states.order_by("stream")
    ]


def as_plan(stream: Stream) -> dict[str, object]:
    back = stream.reaches_back
    return {
        "name": stream.name,
        "family": stream.family,
        "reaches_back": int(back.total_seconds()) if back else None,
        "certain": stream.certain,
    }


def from_plan(each: Mapping[str, Any]) -> Stream:
    back = each["reaches_back"]
    return Stream(each["name"], each["family"], timedelta(seconds=back) if back else None, certain=each["certain"])
