"""Links that our own export tells of (`ledger.exporting`): what left here and arrived there, once both are here again.
And what is none, as its owner had said: before anybody looks for transfers.

They are told by the ids of that export, by which its lines are known here. An owner's word about two of them is
stronger.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from accounts.audit import SYSTEM
from ledger import acts, decisions
from ledger.decisions import TRANSFERS, Kind, Verdict
from ledger.imports.look import of_wallet
from ledger.models import ImportFile, TransactionKey
from ledger.parts import fetched_by_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User
    from ledger.decisions import Standing
    from ledger.models import Transaction
    from wallets.models import Wallet

FORMAT = "holdfast_transactions"
MOST = 30  # ends of one transfer
TOLD = """
    SELECT DISTINCT row.external_id,
        coalesce(row.raw #>> '{cells,linked}', ''), coalesce(row.raw #>> '{cells,apart}', '')
    FROM ledger_transaction AS t CROSS JOIN LATERAL unnest(t.rows) AS told (row_id)
    JOIN ledger_sourcerow AS row ON row.id = told.row_id
    WHERE t.wallet_id = %s AND t.occurred_at BETWEEN %s AND %s
    AND row.family = %s AND (row.raw #>> '{cells,linked}' <> '' OR row.raw #>> '{cells,apart}' <> '')
"""


def carry_out(wallet: Wallet, *, since: datetime, until: datetime, now: datetime) -> None:
    """Of lines in this stretch of time. In the turns of all the owner's wallets."""
    told = fetched_by_index(TOLD, [wallet.pk, since, until, FORMAT])
    groups = dict.fromkeys(group for line in told for group in groups_of(*line))
    here = present(wallet.owner, {name for _, group in groups for name in group})
    ends = [(kind, *found) for kind, group in groups if (found := ends_of(here, group))]
    held = standing([each.pk for _, outs, ins in ends for each in (*outs, *ins)])
    verdicts = [
        Verdict(kind, [each.pk for each in outs], [each.pk for each in ins])
        for kind, outs, ins in ends
        if (is_free([*outs, *ins], held) if kind is Kind.LINKED else is_unsaid([*outs, *ins], held))
    ]
    if named := {name for each in verdicts for name in (*each.ones, *each.others)}:
        wallets = decisions.hold(wallet.owner, named)
        decisions.write(by=SYSTEM, owner=wallet.owner, verdicts=verdicts, now=now)
        decisions.derive_again(wallets, named, now=now)


def groups_of(name: str, linked: str, apart: str) -> Iterator[tuple[Kind, frozenset[str]]]:
    """Ends of one transfer, and of what is none; each end's line tells of it."""
    told = [(Kind.LINKED, linked), *((Kind.APART, group) for group in apart.split(";")[:MOST])]
    for kind, others in told:
        if names := others.split()[:MOST]:
            yield kind, frozenset([name.partition("@")[0], *names])


def present(owner: User, names: Iterable[str]) -> dict[str, Transaction]:
    """By the id that the export gave it. One that was brought into two wallets is meant by nobody."""
    anchors = {f"{FORMAT}:{name}{mark}": name for name in names for mark in marks(owner)}
    keys = TransactionKey.objects.for_user(owner).filter(anchor__in=list(anchors)).values_list("pk", "anchor")
    found = acts.present(owner, [pk for pk, _ in keys])
    here: dict[str, dict[UUID, Transaction]] = defaultdict(dict)
    for pk, anchor in keys:
        if pk in found:
            here[anchors[anchor]][found[pk].pk] = found[pk]
    return {name: each for name, several in here.items() if len(several) == 1 for each in several.values()}


def marks(owner: User) -> set[str]:
    """What lines have behind their ids, where a file tells of several wallets and was brought for one of them."""
    brought = ImportFile.objects.filter(owner=owner, state=ImportFile.State.COMMITTED).values_list("options", flat=True)
    return {"", *(of_wallet(each.get("wallet", "")) for each in brought)}


Sides = tuple[list["Transaction"], list["Transaction"]]


def ends_of(here: Mapping[str, Transaction], group: Iterable[str]) -> Sides | None:
    """What left and what arrived, of those that are here. None where they are no transfer, or not yet."""
    found = {each.pk: each for name in group if (each := here.get(name)) and not each.ignored}
    ends = sorted(found.values(), key=lambda each: (each.occurred_at, each.pk))
    outs = [each for each in ends if each.sent_amount is not None and each.received_amount is None]
    ins = [each for each in ends if each.received_amount is not None and each.sent_amount is None]
    assets = {each.sent_asset or each.received_asset for each in ends}
    fits = len(outs) + len(ins) == len(ends) and min(len(outs), len(ins)) == 1 and len(assets) == 1
    return (outs, ins) if fits else None


def standing(named: Sequence[UUID]) -> dict[UUID, list[Standing]]:
    held: dict[UUID, list[Standing]] = defaultdict(list)
    for each in decisions.of(named):
        if decisions.about(each.kind) is TRANSFERS:
            held[each.one].append(each)
            held[each.other].append(each)
    return held


def is_unsaid(ends: Sequence[Transaction], held: Mapping[UUID, Sequence[Standing]]) -> bool:
    """Whether any two of them belong together: that is known otherwise, or better, by now."""
    names = {each.pk for each in ends}
    return not any(names >= {each.one, each.other} for name in names for each in held.get(name, ()))


def is_free(ends: Sequence[Transaction], held: Mapping[UUID, Sequence[Standing]]) -> bool:
    """None of them was told apart from another, or is linked elsewhere; and they are not linked yet."""
    names = {each.pk for each in ends}
    said = [each for name in names for each in held.get(name, ())]
    among = {frozenset({each.one, each.other}) for each in said if names >= {each.one, each.other}}
    wrong = any((each.kind == Kind.APART) == (names >= {each.one, each.other}) for each in said)
    return not wrong and len(among) < len(ends) - 1
