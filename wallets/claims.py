"""Whose account is it? What an exchange tells about itself, compared with what an owner's books are known by."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from wallets.models import AccountClaim
from wallets.records import IdentityKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User
    from wallets.records import Identity


class Same(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # nothing both sides tell: records decide, or the owner


def digest(owner: User, exchange: str, identity: Identity) -> str:
    """Keyed, and different for every owner: two owners of one account cannot be found out from the table."""
    return salted_hmac(
        "wallets.claims", f"{owner.pk}\n{exchange}\n{identity.kind}\n{identity.value}", algorithm="sha256"
    ).hexdigest()


def compare(book: UUID, owner: User, exchange: str, identities: Collection[Identity]) -> Same:
    """Only like is compared with like: a user id says nothing about a portfolio id."""
    identities = [identity for identity in identities if identity.kind is not IdentityKind.KEY]
    claims = AccountClaim.objects.filter(owner=owner, exchange=exchange, book=book)
    known: dict[str, set[str]] = {}
    for kind, value in claims.values_list("kind", "digest"):
        known.setdefault(kind, set()).add(value)
    comparable = [identity for identity in identities if identity.kind in known]
    if not comparable:
        return Same.UNKNOWN
    same = all(digest(owner, exchange, identity) in known[identity.kind] for identity in comparable)
    return Same.YES if same else Same.NO


def digests_of(owner: User, exchange: str, identities: Collection[Identity]) -> list[tuple[str, str]]:
    """What may be written down of identities: kinds and keyed hashes."""
    return [(str(identity.kind), digest(owner, exchange, identity)) for identity in identities]


def book_of(owner: User, exchange: str, digests: Iterable[tuple[str, str]]) -> UUID | None:
    """The book this account already has, whatever became of its wallet."""
    known = AccountClaim.objects.filter(owner=owner, exchange=exchange, digest__in=[value for _, value in digests])
    return known.order_by("claimed_at").values_list("book", flat=True).first()


def claim(book: UUID, owner: User, exchange: str, digests: Iterable[tuple[str, str]], *, now: datetime) -> None:
    rows = [
        AccountClaim(owner=owner, book=book, exchange=exchange, kind=kind, digest=value, claimed_at=now)
        for kind, value in digests
    ]
    AccountClaim.objects.bulk_create(rows, ignore_conflicts=True)


def is_another(book: UUID, owner: User, exchange: str, digests: Iterable[tuple[str, str]]) -> bool:
    """The exchange told an id of a kind by which the book is known, and it is not the book's."""
    claims = AccountClaim.objects.filter(owner=owner, exchange=exchange, book=book).exclude(kind=IdentityKind.KEY)
    known: dict[str, set[str]] = {}
    for kind, value in claims.values_list("kind", "digest"):
        known.setdefault(kind, set()).add(value)
    return any(value not in known[kind] for kind, value in digests if kind in known)


def differ(one: UUID, other: UUID, owner: User, exchange: str) -> bool:
    """The exchange itself told different ids of one kind for these books: they are two accounts. Of one account there
    may be many keys.
    """
    told: dict[UUID, dict[str, set[str]]] = {one: {}, other: {}}
    claims = AccountClaim.objects.filter(owner=owner, exchange=exchange, book__in=[one, other])
    claims = claims.exclude(kind=IdentityKind.KEY)
    for book, kind, value in claims.values_list("book", "kind", "digest"):
        told[book].setdefault(kind, set()).add(value)
    return any(not told[one][kind] & told[other][kind] for kind in told[one].keys() & told[other].keys())


def pass_on(former: Collection[UUID], book: UUID, owner: User) -> None:
    """Books turned out to be of one account: what it is known by leads to the one that goes on."""
    AccountClaim.objects.filter(owner=owner, book__in=former).update(book=book)
