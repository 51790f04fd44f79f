"""Holdings as their table shows them: texts made beforehand, and one pattern that they are set into, as `ledger.lines`.

By a template, a hundred assets took two fifths of what their page does.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from ledger.portfolio_shown import direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.portfolio_rows import Row

LINE = """<tr>
<th scope="row" class="held-asset"><a href="{href}">{code}</a>
{name}{marks}</th>
<td class="num held-amount">{amount}</td>
<td class="num held-price">{price}</td>
<td class="num held-value">{value}</td>
<td class="num held-cost{cost_class}">{cost}</td>
<td class="num held-gain {gain_class}"><span class="held-said">Gain </span>{gain}</td>
<td class="num held-day {day_class}"><span class="held-said">Day </span>{day}</td>
</tr>
"""
NONE = " held-none"
SAFE = "!$&'()*+,;=/~:@"  # in the path of an address, as Django has it


def html(rows: Iterable[Row], currency: str, *, waiting: bool) -> SafeString:
    """Everything that is not ours is escaped here. `waiting`: costs are still to be reckoned."""
    return mark_safe("".join([_line(row, currency, waiting) for row in rows]))  # noqa: S308 - escaped, text by text


def _line(row: Row, currency: str, waiting: bool) -> str:  # noqa: FBT001 - within this module
    held, href = row.held, address(row.held.code)
    is_dated = held.change is not None and row.change_share
    return LINE.format(
        href=href,
        code=escape(held.code),
        name=_name(row),
        marks=_marks(row),
        amount=row.amount,
        price=_price(row),
        value=row.value + (f'<span class="held-said"> {currency}</span>' if held.price else ""),
        cost_class=NONE if held.is_money else "",
        cost=_cost(row, href, waiting),
        gain_class=direction(held.gain) + (NONE if held.gain is None else ""),
        gain=row.gain + _of(row.gain_share),
        day_class=direction(held.change) + ("" if is_dated else NONE),
        day=row.change + _of(row.change_share),
    )


def address(code: str) -> str:
    return escape(f"/portfolio/assets/{quote(code, safe=SAFE)}/")


def _name(row: Row) -> str:
    name = row.held.about.name
    return f'<span class="note held-name">{escape(name)}</span>\n' if name and name != row.held.code else ""


def _marks(row: Row) -> str:
    marks = ("Looks like bait" if row.held.about.spam else "", "Below nought" if row.below else "")
    return "\n".join([f'<span class="held-mark">{words}</span>' for words in marks if words])


def _price(row: Row) -> str:
    if row.held.price is None:
        return '<span class="note">No price</span>'
    of = f' <span class="note held-of">of {row.priced}</span>' if row.priced else ""
    return f'<span class="held-said">at </span>{row.price}{of}'


def _cost(row: Row, href: str, waiting: bool) -> str:  # noqa: FBT001 - within this module
    if waiting and not row.held.is_money:
        return '<span class="note">To come</span>'
    lots = f' <a class="held-of" href="{href}#lots">{_lots(row)}</a>' if row.lots else ""
    of = f' <a class="held-of" href="{href}#findings">Cost of {row.unknown} not known</a>' if row.unknown else ""
    return f'<span class="held-said">Cost </span>{row.cost}{lots}{of}'


def _lots(row: Row) -> str:
    """Where they are not of what is held: a cost that is taken for that of all would make the gain a wrong one."""
    words = "Cost known of {} of {}" if row.lots_are_fewer else "Lots add up to {}, {} held"
    return words.format(row.lots, row.amount)


def _of(share: str) -> str:
    return f' <span class="held-of">{share}</span>' if share else ""
