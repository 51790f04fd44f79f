"""An owner with so many of everything, by the names that parameters of addresses have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import exports, notices, tokens
from accounts.audit import Action, Actor, ActorKind, record
from accounts.models import ApiToken, Export, Notice, Session
from accounts.notices import Kind
from accounts.tasks import make_exports
from ledger import edits, intake, journal, ruling, saving
from ledger.models import (
    AssetAlias,
    BrokerLine,
    BulkEdit,
    ClockQuestion,
    ClockWord,
    Decision,
    Edit,
    FormerBook,
    ImportFile,
    ImportTemplate,
    KnownCost,
    LotChoice,
    OwnPrice,
    Proposal,
    Report,
    ReportChunk,
    Rule,
    SavedView,
    SourceRow,
    Transaction,
    TransactionKey,
)
from sync.models import Run
from tests.conftest import signed_in
from tests.wallets.holdings import a_check, a_report, a_wallet
from wallets import help as asking
from wallets.models import CredentialTest, HelpRequest, Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSKEY = Authenticator.Type.WEBAUTHN


def furnish(owner: User, count: int) -> None:
    by = Actor(ActorKind.OWNER, owner)
    exports.ask(by=by, owner=owner, now=NOW)
    make_exports(NOW + timedelta(seconds=1))
    keep_books(owner, by, count)
    for number in range(count):
        at = NOW + timedelta(minutes=number)
        wallet = a_wallet(owner, exchange="coinbase", label=f"{number}", cause="key_expired" if number % 2 else "")
        a_report(wallet.credentials.get())
        a_check(wallet, ("reachable", "ticked", "", ""))
        a_wallet(owner, label=f"Gone {number}", key=False, binned_at=at)
        asking.ask(by=by, owner=owner, subject=f"It fails {number}", words="Why?", wallet=wallet, now=at)
        Run.objects.create(
            owner=owner,
            wallet=wallet,
            exchange="coinbase",
            state="done",
            asked_by="owner",
            not_before=at,
            created_at=at,
            finished_at=at,
        )
        notices.tell(owner=owner, kind=Kind.EXPORT_READY, topic=str(number), now=at, until="later")
        tokens.mint(by=by, owner=owner, name=f"{number}", scopes=["read"], expires_at=at + timedelta(days=9), now=at)
        record(by=by, action=Action.SIGNED_IN, owner=owner, now=at, about=wallet.pk)
        signed_in(owner)
        keep_papers(owner, number, at)
    ask_about_former_accounts(owner, count)


def keep_books(owner: User, by: Actor, count: int) -> None:
    """Rows that an exchange told, what follows from them, and the owner's words about them."""
    wallet = a_wallet(owner, label="Books", key=False, created_at=NOW - timedelta(days=1))
    records = [ledger_line(number) for number in range(count)]
    with transaction.atomic():
        intake.store(wallet, records, stream="ledger", now=NOW, origin=SourceRow.Origin.API)
    journal.catch_up_all(wallet, now=NOW)
    ids = list(Transaction.objects.filter(wallet=wallet).values_list("pk", flat=True))
    edits.edit(by=by, owner=owner, ids=ids, changes={"note": "kept"}, now=NOW)
    for number in range(count):
        rule = {"name": f"Rule {number}", "kind": "reward", "then_category": "staking"}
        ruling.add(by=by, draft=ruling.drafted(owner, rule, now=NOW), now=NOW)
        saving.keep(owner, name=f"View {number}", filters={"kind": "reward"}, now=NOW + timedelta(minutes=number))
        say_to_many(owner, number)
    journal.catch_up_all(wallet, now=NOW)
    leave_doubts(owner, wallet, count)
    for number in range(count):
        bring_a_file(owner, wallet, number)


def ask_about_former_accounts(owner: User, count: int) -> None:
    """Of the wallet that came last."""
    wallet = Wallet.objects.filter(owner=owner, binned_at=None).order_by("-created_at", "-id")[0]
    for number in range(count):
        at = NOW + timedelta(minutes=number)
        facts = {"removed_at": at, "found_at": at, "agreeing": 1, "said": 1 + number, "rules": 0}
        FormerBook.objects.create(owner=owner, wallet=wallet, book=wallet.book, former=uuid4(), **facts)


def say_to_many(owner: User, number: int) -> None:
    """A word about more transactions than are changed at once: done, under way, or given up."""
    at = NOW + timedelta(minutes=number)
    whole = {"filters": {"kind": "deposit"}, "changes": {"note": "many"}, "whole": 2001, "changed": 500 * (number % 5)}
    state = ({"finished_at": at}, {}, {"finished_at": at, "failed": True})[number % 3]
    BulkEdit.objects.create(owner=owner, actor_kind="owner", asked_at=at, not_before=at, **whole, **state)


def bring_a_file(owner: User, wallet: Wallet, number: int) -> None:
    """One that is looked through, and how its columns were mapped."""
    at, mapping = NOW + timedelta(minutes=number), {"date": "When", "amount": "How much"}
    ImportFile.objects.create(
        owner=owner,
        wallet=wallet,
        state="preview",
        name=f"{number}.csv",
        size=1,
        digest="",
        columns=["When", "How much"],
        mapping=mapping,
        created_at=at,
        not_before=at,
        finished_at=at,
    )
    columns = ["When", "How much"]
    ImportTemplate.objects.create(owner=owner, name=f"{number}", columns=columns, mapping=mapping, created_at=at)


def leave_doubts(owner: User, wallet: Wallet, count: int) -> None:
    """What matchers propose, what was decided, and what a symbol stands for."""
    named = list(TransactionKey.objects.filter(book=wallet.book).values_list("pk", flat=True))
    for number, one in enumerate(named[:count]):
        at = NOW + timedelta(minutes=number)
        other = TransactionKey.objects.create(owner=owner, book=wallet.book, anchor=f"estate:{number}", created_at=at)
        for about in Proposal.About:
            Proposal.objects.create(owner=owner, about=about, ones=[one], others=[other.pk], score=50, at=at)
        clock = {"origin": "file:koinly", "against": "api", "seconds": 900 * number, "since": at, "until": at}
        ClockQuestion.objects.create(owner=owner, wallet=wallet, ones=[one], others=[other.pk], **clock)
        ClockWord.objects.create(
            owner=owner,
            book=wallet.book,
            same=True,
            pairs=5,
            actor_kind="owner",
            at=at,
            **{**clock, "origin": "file:x"},
        )
        for kind in ("same", "linked"):
            Decision.objects.create(
                owner=owner,
                kind=kind,
                one_id=one,
                other=other,
                act=uuid4(),
                batch=uuid4(),
                by_itself=False,
                actor_kind="owner",
                at=at,
            )
        AssetAlias.objects.create(owner=owner, symbol=f"QQ{number}", code="BTC", created_at=at)
        LotChoice.objects.create(owner=owner, disposal_id=one, lot=other, place=0, created_at=at)
        KnownCost.objects.create(owner=owner, key_id=one, cost=1, currency="EUR", created_at=at)
        OwnPrice.objects.create(
            owner=owner, asset=f"QQ{number}", quote="EUR", at=at, reach="hour", price=number, created_at=at
        )


def ledger_line(number: int) -> Record:
    at, name = NOW + timedelta(minutes=number), f"L{number}"
    raw = {"id": name, "refid": name, "type": "deposit", "subtype": "", "asset": "ZEUR", "amount": "5", "fee": "0"}
    return Record("ledger", name, at, raw)


def keep_papers(owner: User, number: int, at: datetime) -> None:
    """A report that is ready, and a line of a broker's form."""
    facts = {"kind": "gains_csv", "year": 2025, "asked_at": at, "not_before": at, "finished_at": at, "made_at": at}
    report = Report.objects.create(owner=owner, name=f"{number}.csv", size=1, **facts)
    ReportChunk.objects.create(report=report, owner=owner, place=0, body=b"x")
    sale = {"year": 2025, "asset": "EUR", "amount": number + 1, "sold": at.date(), "proceeds": 1, "created_at": at}
    BrokerLine.objects.create(owner=owner, file=uuid4(), file_name=f"{number}.csv", number=1, **sale)


def add_passkey(owner: User) -> None:
    """By name only: it opens nothing."""
    Authenticator.objects.create(user=owner, type=PASSKEY, data={"name": "Laptop", "credential": {}})


def things_of(owner: User) -> dict[str, list[str]]:
    """Newest first. A parameter of a new name has to be said here: then every rule looks at its addresses too."""
    rows = {
        "wallet_id": Wallet.objects.filter(owner=owner, binned_at=None).order_by("-created_at", "-id"),
        "test_id": CredentialTest.objects.filter(owner=owner).order_by("-created_at", "-id"),
        "help_id": HelpRequest.objects.filter(owner=owner).order_by("-created_at"),
        "run_id": Run.objects.filter(owner=owner).order_by("-created_at"),
        "notice_id": Notice.objects.filter(owner=owner).order_by("-created_at"),
        "export_id": Export.objects.filter(owner=owner),
        "token_id": ApiToken.objects.filter(owner=owner).order_by("-created_at"),
        "transaction_id": Transaction.objects.filter(owner=owner).order_by("-occurred_at", "-id"),
        "rule_id": Rule.objects.filter(owner=owner).order_by("place"),
        "report_id": Report.objects.filter(owner=owner).order_by("-asked_at", "-id"),
        "file_id": ImportFile.objects.filter(owner=owner).order_by("-created_at", "-id"),
        "template_id": ImportTemplate.objects.filter(owner=owner).order_by("-created_at", "-id"),
        "view_id": SavedView.objects.filter(owner=owner).order_by("-created_at"),
        "pair_id": Proposal.objects.filter(owner=owner, about="duplicates").order_by("-at"),
        "proposal_id": Proposal.objects.filter(owner=owner, about="transfers").order_by("-at"),
        "former_id": FormerBook.objects.filter(owner=owner, verdict="asked").order_by("-found_at", "-id"),
        "clock_id": ClockQuestion.objects.filter(owner=owner).order_by("-until"),
        "alias_id": AssetAlias.objects.filter(owner=owner).order_by("-created_at"),
        "pk": Authenticator.objects.filter(user=owner, type=PASSKEY),
    }
    found = {name: [str(pk) for pk in each.values_list("pk", flat=True)] for name, each in rows.items()}
    devices = [str(public) for public in Session.objects.filter(owner=owner).values_list("public_id", flat=True)]
    acts = [str(act) for act in Edit.objects.filter(owner=owner).order_by("-id").values_list("act", flat=True)]
    acts += [str(pk) for pk in BulkEdit.objects.filter(owner=owner).order_by("asked_at").values_list("pk", flat=True)]
    forms = [str(file) for file in BrokerLine.objects.filter(owner=owner).values_list("file", flat=True)]
    decided = Decision.objects.filter(owner=owner).order_by("-id")
    joined, links = ([str(each.act) for each in decided if each.kind == kind] for kind in ("same", "linked"))
    found |= {
        "form_id": forms,
        "joined_id": joined,
        "batch_id": [str(each.batch) for each in decided if each.kind == "linked"],
        "pairs_id": [str(each.batch) for each in decided if each.kind == "same"],
        "said_id": [
            str(act) for act in ClockWord.objects.filter(owner=owner).order_by("-id").values_list("act", flat=True)
        ],
        "link_id": links,
        "code": ["EUR"] if found["transaction_id"] else [],
    }
    return {**found, "act_id": acts, "request_id": found["help_id"], "public_id": devices, "session_id": devices}
