"""Transactions as the list shows them: texts made beforehand, and one pattern that they are set into.

Formatting amounts and times one by one in a template is what such a page would take its time for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from ledger import kind_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from uuid import UUID

    from ledger.models import Transaction

NARROW = "\N{NO-BREAK SPACE}"
LONG = 18  # a figure of more letters may take two lines
MONTHS = ("", *(f"{date(2000, month, 1):%b}" for month in range(1, 13)))  # asked for on each line, they take longest
OUT, IN = "\N{MINUS SIGN}", "+"
PICK = (
    """<td class="move-pick"><input type="checkbox" name="id" value="{ids}" aria-label="Select: {what}, {when}"></td>"""
)
LINE = """<tr data-line{dim}>{pick}
<td class="move-when"><time datetime="{iso}">{when}</time></td>
<th scope="row" class="move-what"><a href="{href}" data-open>{what}</a>{marks}{fills}</th>
<td class="num move-out">{out}{fee}</td>
<td class="num move-in">{into}</td>
<td class="move-where">{wallet}</td>
</tr>
"""
FILLS = """<details class="move-fills"><summary>{count} fills of one order</summary><ul>{each}</ul></details>"""
FILL = """<li><a href="{href}" data-open>{when}</a> <span class="num">{moved}</span></li>"""
MARK = """ <span class="move-mark{tone}">{words}</span>"""


@dataclass(frozen=True, slots=True)
class Line:
    """One transaction, or neighbours that are fills of one order."""

    fills: Sequence[Transaction]

    @property
    def head(self) -> Transaction:
        return self.fills[0]


def folded(rows: Iterable[Transaction]) -> list[Line]:
    lines: list[list[Transaction]] = []
    for each in rows:
        if lines and _belong(lines[-1][-1], each):
            lines[-1].append(each)
        else:
            lines.append([each])
    return [Line(fills) for fills in lines]


def _belong(one: Transaction, other: Transaction) -> bool:
    return bool(one.order) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("order", "wallet_id", "kind", "category", "sent_asset", "received_asset", "fee_asset", "ignored")
    )


# --- figures and times ---------------------------------------------------------------------------------------------


def exact(amount: Decimal) -> str:
    """Every digit, in groups, and no zeros that say nothing. Below nought by the sign that every other figure has."""
    text = f"{amount:,f}".replace("-", OUT)
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def money(amount: Decimal | None, unit: str, sign: str = "") -> str:
    return "" if amount is None else f"{sign}{exact(amount)}{NARROW}{unit}"


def moment(at: datetime, zone: tzinfo | None = None) -> str:
    """On the owner's clock, which the page has set."""
    local = at.astimezone(zone or timezone.get_current_timezone())
    return f"{local.day} {MONTHS[local.month]} {local.year}, {local.hour:02}:{local.minute:02}"


def under(address: str, query: str) -> str:
    """The address with this query, where there is one."""
    return f"{address}?{query}" if query else address


# --- html ----------------------------------------------------------------------------------------------------------


def html(lines: Iterable[Line], wallets: Mapping[UUID, str], *, pick: bool = True) -> SafeString:
    """Everything that is not ours is escaped here. `pick`: each can be ticked."""
    zone, names = timezone.get_current_timezone(), {pk: escape(name) for pk, name in wallets.items()}
    return mark_safe("".join(_line(line, names, zone, pick) for line in lines))  # noqa: S308 - escaped, text by text


def _line(line: Line, names: Mapping[UUID, str], zone: tzinfo, pick: bool) -> str:  # noqa: FBT001 - within this module
    head = line.head
    when, what = moment(head.occurred_at, zone), kind_words.kind(head.kind)
    ids = ",".join([str(each.id) for each in line.fills]) if len(line.fills) > 1 else str(head.id)
    return LINE.format(
        dim=' class="move-ignored"' if head.ignored else "",
        pick=PICK.format(ids=ids, what=what, when=when) if pick else "",
        iso=head.occurred_at.isoformat(),
        when=when,
        href=_href(head),
        what=what,
        marks=_marks(line),
        fills=_fills(line) if len(line.fills) > 1 else "",
        out=_sum(line, "sent", OUT),
        fee=_fee(line),
        into=_sum(line, "received", IN),
        wallet=names.get(head.wallet_id, ""),
    )


def _href(each: Transaction) -> str:
    return f"/transactions/{each.id}/"


def _sum(line: Line, leg: str, sign: str) -> str:
    name = f"{leg}_amount"
    amounts = [amount for each in line.fills if (amount := getattr(each, name)) is not None]
    if not amounts:
        return ""
    total = sum(amounts, Decimal(0)) if len(amounts) > 1 else amounts[0]
    unit, figure = escape(getattr(line.head, f"{leg}_asset")), exact(total)
    long = " move-long" if len(figure) > LONG else ""
    return f'<span class="move-sum{long}">{sign}{figure}</span>{NARROW}<span class="move-unit">{unit}</span>'


def _fee(line: Line) -> str:
    amounts = [each.fee_amount for each in line.fills if each.fee_amount is not None]
    if not amounts:
        return ""
    return f'<span class="move-fee">Fee {exact(sum(amounts, Decimal(0)))}{NARROW}{escape(line.head.fee_asset)}</span>'


def _marks(line: Line) -> str:
    head = line.head
    if not (head.category or head.tags or head.note or head.ignored or any(map(_stands_out, line.fills))):
        return ""
    marks = [(kind_words.finer(head.category), "")] if head.category else []
    marks += [(f"#{tag}", "") for tag in head.tags]
    if any(each.conflicts for each in line.fills):
        marks.append(("To decide", " move-asks"))
    if any(each.unknown for each in line.fills):
        marks.append(("Unknown asset", " move-asks"))
    if any(each.mine for each in line.fills):
        marks.append(("Edited", ""))
    if head.ignored:
        marks.append(("Ignored", ""))
    note = f'<span class="move-note">{escape(head.note[:120])}</span>' if head.note else ""
    return "".join([MARK.format(tone=tone, words=escape(words)) for words, tone in marks]) + note


def _stands_out(each: Transaction) -> bool:
    return bool(each.conflicts or each.unknown or each.mine)


def _fills(line: Line) -> str:
    each = "".join(
        FILL.format(
            href=_href(fill),
            when=moment(fill.occurred_at),
            moved=escape(
                " ".join(
                    filter(
                        None,
                        (
                            money(fill.sent_amount, fill.sent_asset, OUT),
                            money(fill.received_amount, fill.received_asset, IN),
                        ),
                    )
                )
            ),
        )
        for fill in line.fills
    )
    return FILLS.format(count=len(line.fills), each=each)
