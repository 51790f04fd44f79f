"""What an owner does with rules: adds, changes, orders and deletes them, each after a look at what it would touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from accounts.audit import Action, record
from accounts.models import User
from config import queue
from ledger import filed_years, journal
from ledger.fields import BadFieldError, clean
from ledger.models import Rule, Transaction
from ledger.overlay import FIELDS
from ledger.rules import ruled_by
from ledger.shown import fields_of
from wallets.free_text import refuse_treasure
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from ledger.filed_years import Touch

MOST = 200  # rules of one owner
LOOKED_AT, TOLD = 5_000, 10  # transactions that a preview goes through, the newest, and those it shows
READ = "ledger.journal"  # the kind of work that reads rows
CONDITIONS = ("exchange", "wallet", "kind", "category", "asset", "words")
SAYS = ("then_kind", "then_category", "then_tags", "then_ignored")
RULE = ("name", *CONDITIONS, *SAYS)
AS_FIELDS = {
    "kind": "kind",
    "category": "category",
    "then_kind": "kind",
    "then_category": "category",
    "then_tags": "tags",
}
LONGEST = {"name": 80, "words": 80, "asset": 64}


@dataclass(frozen=True, slots=True)
class Touched:
    """One transaction that would change: what of it, before and after."""

    transaction: Transaction
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """`more`: the older ones were not looked at, and may all change; `filed`: which filed years that would touch."""

    count: int
    first: Sequence[Touched]
    more: bool
    filed: Touch


# --- changing ------------------------------------------------------------------------------------------------------


def drafted(owner: User, facts: Mapping[str, Any], *, now: datetime, rule: Rule | None = None) -> Rule:
    """The rule as it would be, not saved. `facts`: wallet as a Wallet. Raises BadFieldError."""
    before = {name: getattr(rule, name) for name in RULE} if rule else {}
    facts = {**before, **checked(facts)}
    draft = Rule(owner=owner, place=rule.place if rule else 0, created_at=rule.created_at if rule else now, **facts)
    if rule:
        draft.pk = rule.pk
    if not draft.name:
        raise BadFieldError("name", "required", "Give the rule a name.")
    if not any(getattr(draft, name) for name in CONDITIONS):
        raise BadFieldError("kind", "required", "Say which transactions it is about: at least one condition is needed.")
    if not any(getattr(draft, name) for name in SAYS[:3]) and draft.then_ignored is None:
        raise BadFieldError("then_kind", "required", "Say what it makes of them.")
    return draft


def checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """In the form in which rules are compared and say."""
    told = dict(facts)
    for name, field in AS_FIELDS.items():
        if told.get(name):
            told[name] = _cleaned(name, field, told[name])
    for name, longest in LONGEST.items():
        if name in told:
            told[name] = told[name].strip().upper() if name == "asset" else told[name].strip()
            if len(told[name]) > longest:
                raise BadFieldError(name, "invalid", f"This takes at most {longest} characters.")
    return told


def _cleaned(name: str, field: str, value: Any) -> Any:
    try:
        return clean(field, value)
    except BadFieldError as refused:
        raise BadFieldError(name, refused.code, refused.words) from None


def add(*, by: Actor, draft: Rule, now: datetime) -> Rule:
    """After all others: what stands first decides."""
    refuse_words(draft, by=by, now=now)
    return _added(by=by, draft=draft, now=now)


@transaction.atomic
def _added(*, by: Actor, draft: Rule, now: datetime) -> Rule:
    mine = _locked(draft.owner)
    if len(mine) >= MOST:
        raise BadFieldError("name", "too_many", f"There are {MOST} rules already. Delete one that is no longer needed.")
    draft.place = mine[-1].place + 1 if mine else 0
    draft.save(force_insert=True)
    _told(by=by, rule=draft, action=Action.RULE_ADDED, now=now)
    _read_again(draft)
    return draft


def change(*, by: Actor, rule: Rule, draft: Rule, now: datetime) -> Rule:
    refuse_words(draft, by=by, now=now)
    with transaction.atomic():
        if not Rule.objects.select_for_update(no_key=True).filter(pk=rule.pk):
            raise BadFieldError("name", "gone", "This rule was deleted meanwhile.")
        draft.save(force_update=True)
        _told(by=by, rule=draft, action=Action.RULE_CHANGED, now=now)
        _read_again(rule, draft)
    return draft


@transaction.atomic
def move(*, by: Actor, rule: Rule, up: bool, now: datetime) -> None:
    """One place up or down; at the end it stays, and one that was deleted meanwhile has none."""
    mine = _locked(rule.owner)
    at = next((number for number, each in enumerate(mine) if each.pk == rule.pk), None)
    if at is None:
        return
    to = max(0, at - 1) if up else min(len(mine) - 1, at + 1)
    if at == to:
        return
    mine[at], mine[to] = mine[to], mine[at]
    for place, each in enumerate(mine):
        each.place = place
    Rule.objects.bulk_update(mine, ["place"])
    _told(by=by, rule=rule, action=Action.RULE_MOVED, now=now)
    _read_again(mine[at], mine[to])


@transaction.atomic
def delete(*, by: Actor, rule: Rule, now: datetime) -> None:
    """Twice is once."""
    number, _ = Rule.objects.filter(pk=rule.pk).delete()
    if not number:
        return
    _told(by=by, rule=rule, action=Action.RULE_DELETED, now=now)
    _read_again(rule)  # after the rule, as in `change`: the other way round each might wait for the other


def _locked(owner: User) -> list[Rule]:
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # so that no two take the same place
    return list(Rule.objects.for_user(owner).in_order())


def refuse_words(draft: Rule, *, by: Actor, now: datetime) -> None:
    text = "\n".join([draft.name, draft.words, draft.category, draft.then_category, *draft.then_tags])
    refuse_treasure(text, by=by, owner=draft.owner, now=now, place="a rule")


def _told(*, by: Actor, rule: Rule, action: Action, now: datetime) -> None:
    record(by=by, action=action, owner=rule.owner, now=now, subject=rule.name, about=rule.pk)


def _read_again(*rules: Rule) -> None:
    """Workers read anew what these rules may be about."""
    for wallet in concerned(rules):
        journal.from_the_beginning(wallet)
    queue.wake(READ)


def concerned(rules: Sequence[Rule]) -> list[Wallet]:
    wallets = Wallet.objects.for_user(rules[0].owner).filter(purged_at=None, journal__isnull=False).order_by("id")
    return [wallet for wallet in wallets if any(_may_be_about(rule, wallet) for rule in rules)]


def _may_be_about(rule: Rule, wallet: Wallet) -> bool:
    return rule.wallet_id in {None, wallet.pk} and rule.exchange in {"", wallet.exchange}


# --- looking first -------------------------------------------------------------------------------------------------


def preview(owner: User, *, before: Rule | None = None, after: Rule | None = None) -> Preview:
    """What adding `after`, putting it in place of `before`, or deleting `before` would touch. Nothing is changed."""
    rules = [rule for rule in Rule.objects.for_user(owner).in_order() if before is None or rule.pk != before.pk]
    if after:
        place = (after.place, after.pk) if before else None
        at = len(rules) if place is None else sum((rule.place, rule.pk) < place for rule in rules)
        rules.insert(at, after)
    rows = list(_candidates(owner, [rule for rule in (before, after) if rule])[: LOOKED_AT + 1])
    touched = list(_touched(rows[:LOOKED_AT], rules))
    more = len(rows) > LOOKED_AT
    moments = [each.transaction.occurred_at for each in touched] + [each.occurred_at for each in rows[LOOKED_AT:]]
    return Preview(len(touched), touched[:TOLD], more=more, filed=filed_years.touched(owner, moments))


def _candidates(owner: User, about: Sequence[Rule]) -> QuerySet[Transaction]:
    fitting = Q()
    for rule in about:
        fitting |= _fitting(rule)
    mine = Transaction.objects.for_user(owner).kept().filter(fitting).select_related("wallet")
    return mine.order_by("-occurred_at", "-id")


def _fitting(rule: Rule) -> Q:
    """Roughly, for the database: `rules.fits` looks closer."""
    facts = {"wallet": rule.wallet_id, "wallet__exchange": rule.exchange}
    told = Q(**{name: value for name, value in facts.items() if value})
    if rule.kind:
        told &= Q(source__isnull=True, kind=rule.kind) | Q(source__kind=rule.kind)
    if rule.asset:
        here = Q(sent_asset=rule.asset) | Q(received_asset=rule.asset) | Q(fee_asset=rule.asset)
        told &= here | Q(source__isnull=False)
    return told


def _touched(rows: Sequence[Transaction], rules: Sequence[Rule]) -> Iterator[Touched]:
    for each in rows:
        fields = fields_of(each)
        ruled = ruled_by(rules, each.wallet, fields.source)
        open_to_rules = [name for name in FIELDS if name not in each.mine and not _linked(each, name)]
        after = {name: ruled.get(name, fields.source[name]) for name in open_to_rules}
        changed = [name for name, value in after.items() if value != fields.effective[name]]
        if changed:
            yield Touched(
                each, {name: fields.effective[name] for name in changed}, {name: after[name] for name in changed}
            )


def _linked(each: Transaction, name: str) -> bool:
    """Two that are joined are a transfer, whatever rules say."""
    return name == "kind" and each.kind == "transfer" and "kind" in each.ruled
