"""Two sides of a doubt, field by field: what they have in common, and what differs."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import kind_words, lines, sums
from ledger.models import SourceRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from accounts.models import User
    from ledger.models import Transaction


@dataclass(frozen=True, slots=True)
class FieldLine:
    name: str
    label: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        return self.one != self.other


def compared(one: Sequence[Transaction], other: Sequence[Transaction]) -> list[FieldLine]:
    """Only fields that either side says something of."""
    found = [FieldLine(name, label, said(one), said(other)) for name, label, said in FIELDS]
    return [line for line in found if line.one or line.other]


def when(side: Sequence[Transaction]) -> str:
    times = list(dict.fromkeys(lines.moment(each.occurred_at) + f":{each.occurred_at:%S}" for each in side))
    return times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"


def total(leg: str) -> Callable[[Sequence[Transaction]], str]:
    """Of parts: their sum, for that is what the other side tells. Where two sides are narrow, the unit goes below its
    amount, rather than the line breaking within either.
    """

    def said(side: Sequence[Transaction]) -> str:
        found: dict[str, list[Decimal]] = defaultdict(list)
        for each in side:
            if (amount := getattr(each, f"{leg}_amount")) is not None:
                found[getattr(each, f"{leg}_{'currency' if leg == 'value' else 'asset'}")].append(amount)
        return ", ".join(f"{lines.exact(sums.total(amounts))} {unit}" for unit, amounts in found.items())

    return said


def words(name: str) -> Callable[[Sequence[Transaction]], str]:
    return lambda side: "; ".join(dict.fromkeys(text for each in side if (text := getattr(each, name))))


def told_by(side: Sequence[Transaction]) -> str:
    return ", ".join(dict.fromkeys(kind_words.ORIGINS[origin] for each in side for origin in each.origins))


def parts(side: Sequence[Transaction]) -> str:
    return f"{len(side)} parts" if len(side) > 1 else ""


def kinds(side: Sequence[Transaction]) -> str:
    return ", ".join(dict.fromkeys(kind_words.kind(each.kind) for each in side))


FIELDS: tuple[tuple[str, str, Callable[[Sequence[Transaction]], str]], ...] = (
    ("told_by", "Told by", told_by),
    ("parts", "Parts", parts),
    ("occurred_at", "When", when),
    ("kind", "Kind", kinds),
    ("category", "Category", words("category")),
    ("sent", "Out", total("sent")),
    ("received", "In", total("received")),
    ("fee", "Fee", total("fee")),
    ("value", "Value", total("value")),
    ("note", "Note", words("note")),
    ("order", "Order", words("order")),
    ("hash", "Hash", words("hash")),
    ("address", "Address", words("address")),
    ("network", "Network", words("network")),
)


# --- as it was sent ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    row: SourceRow

    @property
    def stood_in(self) -> str:
        return kind_words.stood_in(self.row.origin, self.row.family)

    @property
    def origin(self) -> str:
        return kind_words.ORIGINS[self.row.origin]

    @property
    def raw(self) -> str:
        return json.dumps(self.row.raw, indent=2, ensure_ascii=False, sort_keys=True)


def sources_of(owner: User, shown: Iterable[Transaction]) -> Mapping[UUID, list[Source]]:
    """The rows that each was made of."""
    found = list(shown)
    wanted = {row for each in found for row in each.rows}
    rows = {row.pk: Source(row) for row in SourceRow.objects.filter(owner=owner, pk__in=wanted)}
    return {each.pk: [rows[row] for row in each.rows if row in rows] for each in found}
