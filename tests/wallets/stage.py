"""An owner, the sandbox, and a worker who does what waits: what wallets do, without a page.

The worker is `tasks.examine_credentials` with two things in its hands that a test may turn: the clock, which runs with
the sandbox's, and the pace, which lets every call go.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from accounts.audit import Actor, ActorKind, reveal
from accounts.models import AuditEvent
from config.oauth import Secret, begin
from tests.playground import CLIENT_ID, CLIENT_SECRET, Playground
from wallets import catalogue, endings, oauth, tasks, trials
from wallets.models import Credential, CredentialTest, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User
    from tests.wallets.conftest import Street
    from wallets.connectors.base import Connector

Purpose = CredentialTest.Purpose
RETURN = "http://testserver/wallets/sign-in/{}/return/"
SIGN_INS = ("coinbase", "uphold", "coinjar")
LOOKING = Actor(ActorKind.SYSTEM, label="test")


class Stage:
    """`settings` are the test's own: exchanges are the sandbox, and Holdfast is registered there."""

    def __init__(self, street: Street, owner: User, settings: Any) -> None:
        self.street, self.owner, self.settings = street, owner, settings
        self.by = Actor(ActorKind.OWNER, owner)
        self.ahead = timedelta(0)
        self.people = Playground(street.port)
        settings.EXCHANGE_ORIGINS = {name: street.origin(name) for name in catalogue.load()}
        settings.OAUTH_CLIENTS = dict.fromkeys(SIGN_INS, (CLIENT_ID, CLIENT_SECRET))
        for name in SIGN_INS:
            self.people.register(RETURN.format(name), provider=name)

    # --- time ------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **passed: float) -> datetime:
        """For us and for the exchange, in whole seconds."""
        seconds = math.ceil(timedelta(**passed).total_seconds())
        self.street.pass_time(seconds)
        self.ahead += timedelta(seconds=seconds)
        return self.now()

    # --- the owner -------------------------------------------------------------------------------------------------

    def key(self, exchange: str = "kraken") -> dict[str, str]:
        """The key that the sandbox knows from the start."""
        told = self.street.look(exchange)["keys"][0]
        names = {each.name for each in catalogue.load()[exchange].fields}
        return {"key": told["id"], **{name: told[name] for name in names & {"secret", "passphrase"}}}

    def paste(
        self, pasted: Mapping[str, str], exchange: str = "kraken", *, wallet: Wallet | None = None, **more: Any
    ) -> Any:
        purpose = more.pop("purpose", Purpose.REPLACE if wallet else Purpose.CONNECT)
        return trials.ask(
            by=self.by,
            owner=self.owner,
            exchange=catalogue.load()[exchange],
            pasted=pasted,
            purpose=purpose,
            wallet=wallet,
            now=self.now(),
            **more,
        )

    def consent(self, exchange: str = "coinbase", *, wallet: Wallet | None = None, **allowing: Any) -> CredentialTest:
        """Away to the exchange, a yes there, and back with a code."""
        row = catalogue.load()[exchange]
        departure = begin(
            oauth.provider_of(row),
            purpose="connect",
            redirect_uri=RETURN.format(exchange),
            scopes=row.sign_in.scopes,
            now=self.now(),
            subject=str(self.owner.pk),
        )
        location = self.people.allow(departure.url, **allowing)
        code = Secret(parse_qs(urlsplit(location).query)["code"][0])
        candidate = oauth.candidate_of(departure.start, code)
        return trials.ask_after_consent(
            by=self.by, owner=self.owner, exchange=row, candidate=candidate, wallet=wallet, now=self.now()
        )

    def answer(self, test: CredentialTest) -> CredentialTest:
        """Yes to every question, and the worker saves."""
        words = dict.fromkeys(test.outcome["questions"], "Yes, that is so.")
        trials.answer(by=self.by, test=test, words=words, now=self.now())
        return self.work()

    def connected(self, exchange: str = "kraken") -> Wallet:
        """A wallet with a credential in force: by sign-in at Coinbase and Uphold, by key elsewhere."""
        by_consent = exchange in {"coinbase", "uphold"}
        self.consent(exchange) if by_consent else self.paste(self.key(exchange), exchange)
        done = self.work()
        if done.state == CredentialTest.State.ASKING:
            done = self.answer(done)
        assert done.state == CredentialTest.State.PASSED, (done.cause, done.lines)
        return done.wallet

    # --- the worker ------------------------------------------------------------------------------------------------

    def work(self) -> CredentialTest:
        """The test that waits longest; what becomes of it."""
        tasks.sweep(self.now())
        test = CredentialTest.objects.claim(now=self.now())
        assert test is not None, "nothing waits"
        if test.purpose == Purpose.END:
            endings.settle(test, connect=self.connect, clock=self.now)
        else:
            trials.examine(test, connect=self.connect, our_addresses=(), clock=self.now)
        test.refresh_from_db()
        return test

    def check(self, wallet: Wallet) -> CredentialTest:
        trials.check(by=self.by, wallet=wallet, now=self.now())
        return self.work()

    def connect(self, test: CredentialTest, values: Mapping[str, str]) -> Connector:
        exchange = catalogue.load()[test.exchange]
        module, name = exchange.connector.split(":")
        region = {"region": test.region} if exchange.regions else {}
        return getattr(import_module(module), name)(
            values, pace=Unhurried(self, test.exchange), origin=self.street.origin(test.exchange), **region
        )

    # --- looking ---------------------------------------------------------------------------------------------------

    def values(self, wallet: Wallet) -> dict[str, str]:
        """What the credential in force is, in clear."""
        credential = Credential.objects.get(wallet=wallet, standing=Credential.Standing.CURRENT)
        return json.loads(reveal(credential.sealed, by=LOOKING, purpose="look", now=self.now()))

    def actions(self) -> list[str]:
        """What the owner's trail says, without the looking of tests and workers."""
        events = AuditEvent.objects.filter(owner=self.owner).exclude(action="secret_opened")
        return list(events.order_by("at", "pk").values_list("action", flat=True))


class Unhurried:
    """A pace that lets every call go. Kraken counts them over time, and Gemini those for transfers, so time passes
    there; where requests carry the time, it must not.
    """

    SECONDS: ClassVar[Mapping[str, float]] = {"kraken": 2, "gemini": 0.2}

    def __init__(self, stage: Stage, exchange: str) -> None:
        self.stage, self.seconds = stage, self.SECONDS.get(exchange, 0)

    def before(self, cost: float) -> None:
        if self.seconds:
            self.stage.later(seconds=self.seconds * cost)

    def slow_down(self, wait: timedelta | None, whose: object) -> None:
        pass
