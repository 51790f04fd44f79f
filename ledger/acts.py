"""What was decided, act by act, and the transactions that decisions and proposals name, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from ledger.models import Decision, Transaction, TransactionKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from accounts.models import User

Kind = Decision.Kind
DIGITS = 18  # of a bigint, with room
FAMILY = {kind: family for family in Decision.ABOUT.values() for kind in family}
OPPOSITE = {
    Kind.SAME: Kind.DIFFERENT,
    Kind.DIFFERENT: Kind.SAME,
    Kind.LINKED: Kind.APART,
    Kind.APART: Kind.LINKED,
}


@dataclass(frozen=True, slots=True)
class Act:
    """Each of `ones` with each of `others`, decided at once."""

    head: Decision
    ones: tuple[UUID, ...]
    others: tuple[UUID, ...]

    @property
    def id(self) -> UUID:
        return self.head.act

    @property
    def kind(self) -> Decision.Kind:
        return Kind(self.head.kind)

    @property
    def named(self) -> tuple[UUID, ...]:
        return (*self.ones, *self.others)


def heads(owner: User, *kinds: Decision.Kind) -> QuerySet[Decision]:
    """One row for each act that still holds, for keyset pages by id. The first pair of an act speaks for all of it.
    What came apart with a clock is no act of its own: the word about the clock is.

    Each condition is one look into an index, so that a page costs the same however many there are.
    """
    earlier = Decision.objects.filter(act=OuterRef("act"), id__lt=OuterRef("id"))
    later = Decision.objects.filter(kind__in=FAMILY[kinds[0]], id__gt=OuterRef("id"))
    return Decision.objects.filter(~Q(kind=Kind.DIFFERENT, clock__isnull=False), owner=owner, kind__in=kinds).filter(
        ~Exists(earlier.filter(one=OuterRef("one"))),
        ~Exists(earlier.filter(other=OuterRef("other"))),
        ~Exists(later.filter(one=OuterRef("one"), other=OuterRef("other"))),
        ~Exists(later.filter(one=OuterRef("other"), other=OuterRef("one"))),
    )


def paged(rows: QuerySet[Decision], *, after: str, size: int) -> tuple[list[Act], str]:
    """A page, newest first, and where the next begins. An `after` that makes no sense is the first page."""
    if after.isascii() and after.isdigit() and len(after) <= DIGITS:
        rows = rows.filter(id__lt=int(after))
    found = list(rows.order_by("-id")[: size + 1])
    return whole(found[:size]), str(found[size - 1].pk) if len(found) > size else ""


def whole(found: Sequence[Decision]) -> list[Act]:
    """The acts of these heads."""
    acts: dict[UUID, tuple[dict[UUID, None], dict[UUID, None]]] = {each.act: ({}, {}) for each in found}
    for each in rows_of(found):
        ones, others = acts[each.act]
        ones[each.one_id], others[each.other_id] = None, None
    return [Act(each, tuple(acts[each.act][0]), tuple(acts[each.act][1])) for each in found]


def rows_of(found: Sequence[Decision]) -> QuerySet[Decision]:
    """All ends are met by the first one or the first other: both are indexed, the act is not."""
    ends = Q(one__in=[each.one_id for each in found]) | Q(other__in=[each.other_id for each in found])
    return Decision.objects.filter(ends, act__in=[each.act for each in found]).order_by("id")


def act_of(owner: User, act_id: UUID, *kinds: Decision.Kind) -> Act | None:
    """If it holds; a former one was decided anew since."""
    found = list(heads(owner, *kinds).filter(act=act_id)[:1])
    return whole(found)[0] if found else None


def present(owner: User, named: Iterable[UUID]) -> dict[UUID, Transaction]:
    """By the names they are asked for: one that joined another answers with that other. Not those in the bin."""
    wanted = set(named)
    mine = Transaction.objects.for_user(owner).kept().select_related("wallet")
    found = {each.pk: each for each in mine.filter(pk__in=wanted)}
    keys = TransactionKey.objects.for_user(owner).filter(pk__in=wanted - set(found), alias_of__isnull=False)
    now = dict(keys.values_list("pk", "alias_of"))
    joined = {each.pk: each for each in mine.filter(pk__in=set(now.values()))}
    return found | {former: joined[name] for former, name in now.items() if name in joined}


def chosen(found: Mapping[UUID, Transaction], named: Iterable[UUID]) -> list[Transaction]:
    """Those of these names, each once, in the order in which they happened."""
    once = {each.pk: each for name in named if (each := found.get(name))}
    return sorted(once.values(), key=lambda each: (each.occurred_at, each.pk))


# --- which are linked ----------------------------------------------------------------------------------------------


def unlinked() -> tuple[Combinable, ...]:
    """Conditions on a list of transactions: no word that holds links them, by whatever name, with anything that is told
    of by now. What they were linked with may have gone, with its file or with its wallet.
    """
    later = Decision.objects.filter(
        one=OuterRef("one"), other=OuterRef("other"), kind__in=Decision.ABOUT["transfers"], id__gt=OuterRef("id")
    )
    linked = Decision.objects.filter(~Exists(later), kind=Kind.LINKED)
    with_one, with_other = linked.filter(is_told_of("one")), linked.filter(is_told_of("other"))
    former = TransactionKey.objects.filter(alias_of=OuterRef("pk"))
    return (
        ~Exists(with_other.filter(one=OuterRef("pk"))),
        ~Exists(with_one.filter(other=OuterRef("pk"))),
        ~Exists(former.filter(Exists(with_other.filter(one=OuterRef("pk"))))),
        ~Exists(former.filter(Exists(with_one.filter(other=OuterRef("pk"))))),
    )


def parted(owner: User) -> set[UUID]:
    """Both ends of links of which one is not here by the name that was linked: it is gone, or joined another.

    Two walks along indexes that hold links alone: of those that are whole, which nearly all are, it costs next to
    nothing to see that.
    """
    links = Decision.objects.filter(owner=owner, kind=Kind.LINKED)
    lost = [links.filter(~Exists(Transaction.objects.filter(pk=OuterRef(end)))) for end in ("one", "other")]
    return {name for each in lost for ends in each.values_list("one", "other") for name in ends}


def told_of(named: Iterable[UUID]) -> set[UUID]:
    """Those of these names of which anything tells by now."""
    here = TransactionKey.objects.filter(is_told_of("pk"), pk__in=set(named))
    return set(here.values_list("pk", flat=True)) if named else set()


def is_told_of(end: str) -> Q:
    """By this name, which most bear still, or by one that it joined; also where its wallet lies in the bin."""
    joined = TransactionKey.objects.filter(Exists(Transaction.objects.filter(pk=OuterRef("alias_of"))))
    return Exists(Transaction.objects.filter(pk=OuterRef(end))) | Exists(joined.filter(pk=OuterRef(end)))
