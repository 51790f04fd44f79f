"""What is proposed: which proposals name these, which are asked about, and which rest on the same reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, Func, JSONField, OuterRef, Value

from ledger.models import Proposal, Transaction
from ledger.parts import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from accounts.models import User
    from ledger.models.proposals import ProposalQuerySet
    from wallets.models import Wallet

COUNTED = 10_000
Named = tuple["UUID", str, list["UUID"]]  # a proposal, what it is about, and what that is called by now
FORMER = "SELECT id FROM ledger_transactionkey WHERE alias_of_id = ANY(%s)"
NAMING = """
    SELECT id, about, ARRAY(
        SELECT coalesce(key.alias_of_id, key.id) FROM ledger_transactionkey AS key WHERE key.id = ANY(ones || others)
    ) FROM ledger_proposal WHERE owner_id = %s AND """
ONE_OF_FEW = NAMING + "(ones || others) && %s"
# `&&` compares each with each; names of a long list are looked up in a table of them.
ONE_OF_MANY = NAMING + "EXISTS (SELECT FROM unnest(ones || others) AS name WHERE name = ANY(%s))"
FEW = 50
NOW = "SELECT id, coalesce(alias_of_id, id) FROM ledger_transactionkey WHERE id = ANY(%s)"
OF_WALLET = """
    SELECT id FROM ledger_proposal
    WHERE owner_id = %s
    AND EXISTS (SELECT FROM ledger_transaction WHERE id = ANY(ones || others) AND wallet_id = %s)
"""


def naming(owner: User, names: Iterable[UUID]) -> list[Named]:
    """Also by a name that joined one of these since."""
    wanted = set(names)
    if not wanted or not Proposal.objects.for_user(owner).exists():
        return []
    wanted |= {name for (name,) in fetched(FORMER, [list(wanted)])}
    return fetched(ONE_OF_FEW if len(wanted) <= FEW else ONE_OF_MANY, [owner.pk, list(wanted)])


def now_called(names: Iterable[UUID]) -> dict[UUID, UUID]:
    return dict(fetched(NOW, [list(set(names))]))


def asked(owner: User, about: Proposal.About) -> ProposalQuerySet:
    """Not about a wallet in the bin: nobody decides about what is not shown."""
    binned = Transaction.objects.filter(wallet__binned_at__isnull=False)
    ends = [~Exists(binned.filter(pk=OuterRef(f"{side}__0"))) for side in ("ones", "others")]
    return Proposal.objects.for_user(owner).filter(*ends, about=about)


def one_of(owner: User, proposal_id: UUID, about: Proposal.About) -> Proposal | None:
    found = asked(owner, about).filter(pk=proposal_id).first()
    if found:
        found.owner = owner
    return found


def of_wallet(wallet: Wallet) -> ProposalQuerySet:
    found = fetched(OF_WALLET, [wallet.owner_id, wallet.pk])
    return Proposal.objects.filter(pk__in=[pk for (pk,) in found])


# --- by their reasons ------------------------------------------------------------------------------------------------


class Alike(NamedTuple):
    ids: Sequence[UUID]  # newest first, as many as are decided at once
    all: int  # as far as they are counted


def alike(one: Proposal, *, most: int) -> Alike:
    """All that are proposed for the same reasons as this one, whatever the figures in them."""
    codes = Func("reasons", Value("$[*].code"), function="jsonb_path_query_array", output_field=JSONField())
    rows = asked(one.owner, Proposal.About(one.about)).annotate(codes=codes)
    same = rows.filter(codes=[reason["code"] for reason in one.reasons])
    ids = list(same.order_by("-at", "-id").values_list("pk", flat=True)[: most + 1])
    return Alike(ids[:most], same[:COUNTED].count() if len(ids) > most else len(ids))
