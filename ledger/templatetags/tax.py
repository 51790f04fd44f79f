"""Money, terms and rules on tax pages. Money is rounded where it is shown, and nowhere else."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.html import format_html

from ledger import kind_words, lines, tax_years
from ledger.engine.days import was_cut_off
from ledger.engine.movements import Act
from ledger.engine.types import Country, Rule
from ledger.remedies import WORDS

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from accounts.requests import OwnerRequest
    from ledger.listing import Wallets

register = template.Library()
CENT = Decimal("0.01")
NARROW = "\N{NO-BREAK SPACE}"
TERMS = {"short": "Short", "long": "Long", "mixed": "Short and long", "": ""}
ACTS = {
    Act.SOLD: "Sold",
    Act.SPENT: "Spent",
    Act.FEE: "Fee",
    Act.TRANSFER_FEE: "Transfer fee",
    Act.GIFT: "Gift",
    Act.LOST: "Lost",
    Act.RESULT: "Result of a position",
    Act.WITHDRAWN: "Withdrawn",
    Act.ADJUSTED: "Adjusted",
}
RULES = {
    Rule.FIFO: "First in, first out",
    Rule.LIFO: "Last in, first out",
    Rule.HIFO: "Highest cost first",
    Rule.LOFO: "Lowest cost first",
    Rule.CHOSEN: "Chosen by you",
    Rule.AVERAGE: "Average cost",
    Rule.SAME_DAY: "Same day",
    Rule.THIRTY_DAYS: "Within 30 days",
    Rule.POOL: "Section 104 pool",
    Rule.MISSING: "No lot was there",
    Rule.RESULT: "Result",
    "mixed": "Several",
}


@register.filter
def cents(amount: Decimal | None) -> str:
    """To the cent; below nought with a true minus."""
    if amount is None:
        return ""
    rounded = amount.quantize(CENT, ROUND_HALF_UP)
    return f"{'−' if rounded < 0 else ''}{abs(rounded):,f}"  # noqa: RUF001 - a minus, not a hyphen


@register.filter
def change(amount: Decimal) -> str:
    """With its sign, whichever it is."""
    text = cents(amount)
    return f"+{text}" if amount.quantize(CENT, ROUND_HALF_UP) > 0 else text


@register.simple_tag
def cash(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{cents(amount)}{NARROW}{currency}"


@register.simple_tag
def told_cost(cost: Decimal, known: bool) -> str | SafeString:  # noqa: FBT001 - a tag has no keywords that are needed
    """What is known of it stands there, so that proceeds less cost is the gain beside it."""
    if known:
        return cents(cost)
    if not cost:
        return format_html('<span class="tax-mark">{}</span>', "not known")
    return format_html('{} <span class="tax-mark">{}</span>', cents(cost), "in part not known")


@register.simple_tag
def form_figure(name: str, value: Decimal) -> str:
    """A figure of a form, by its name: money to the cent, or how often something happened."""
    return f"{int(value):,}" if name == "disposals" else cents(value)


@register.filter
def tone(amount: Decimal | None) -> str:
    """Beside the sign, never in its place."""
    return "" if not amount else "gain" if amount > 0 else "loss"


@register.filter
def term(value: str) -> str:
    return TERMS[value]


@register.filter
def act(value: str) -> str:
    return ACTS.get(Act(value), "Moved")


@register.filter
def rule(value: str) -> str:
    return RULES[value]


@register.filter
def problem(value: str) -> str:
    return WORDS[value].title  # type: ignore[index] # the words of a closed list


@register.filter
def income(category: str) -> str:
    return kind_words.finer(category).capitalize() if category else "Income"


@register.simple_tag
def brokers_report(request: OwnerRequest, year: int) -> bool:
    """Whether its owner's country is the one whose brokers send Form 1099-DA: nobody else is asked about it."""
    return tax_years.asked(request.user, year).country is Country.US


@register.filter
def is_cut_off(year: int) -> bool:
    """Another method cannot begin with it: from that number on the rules of another country hold."""
    return was_cut_off(year)


@register.filter
def named(wallets: Wallets, pk: UUID | str | None) -> str:
    """A wallet by its id, also as text."""
    found = wallets.by_id.get(UUID(pk) if isinstance(pk, str) else pk) if pk else None
    return found.label if found else ""


@register.filter
def moment(at: datetime) -> SafeString:
    """As `when` has it, without a template of its own for each of many rows."""
    return format_html('<time class="when" datetime="{}">{}</time>', at.isoformat(), lines.moment(at))


@register.filter
def on_day(at: datetime) -> SafeString:
    local = timezone.localtime(at)
    return format_html('<time class="when" datetime="{}">{} {}</time>', at.isoformat(), local.day, f"{local:%b %Y}")
