"""What names of columns and first lines suggest about a file of unknown form: a beginning for whoever maps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ledger.imports import numbers, times
from ledger.imports.mapping import SOLD, Mapping

if TYPE_CHECKING:
    from collections import abc

OUT = r"(sent|sell|sold|out(going)?|from|debit|spend|paid)[ _-]*"
IN = r"(received?|buy|bought|in(coming)?|to|credit)[ _-]*"
AMOUNT = r"(amount|quantity|qty|volume)"
ASSET = r"(currency|asset|coin|cur\.?|symbol)"
WORDS: tuple[tuple[str, str], ...] = (
    ("sent_amount", f"{OUT}{AMOUNT}?|amount (sent|out|sold)"),
    ("sent_currency", f"{OUT}{ASSET}|(asset|currency) (sent|out|sold)"),
    ("received_amount", f"{IN}{AMOUNT}?|amount (received|in|bought)"),
    ("received_currency", f"{IN}{ASSET}|(asset|currency) (received|in|bought)"),
    ("fee_currency", f"(fees?|commission)[ _-]*{ASSET}"),
    ("fee_amount", r"((trading|network|transaction|tx) )?(fees?|commission)([ _-]*(amount|quantity|paid))?"),
    ("date", r"(.*[ _])?(date|timestamp|date ?(&|and|/) ?time|datetime|created( at)?|time|when)([ _(].*)?"),
    ("currency", r"currency|asset|coin|symbol|ticker|token|cur\.?"),
    ("amount", r"amount|quantity|qty|change|volume|net amount|units"),
    ("type", r"(transaction |operation |record )?(type|kind|operation|side|action|category|label)"),
    ("wallet", r"wallet( name)?|account( name)?|exchange|platform|location"),
    ("hash", r"(tx|trx|transaction|blockchain)?[ _-]*(hash|txid|tx[ _-]?id)"),
    ("id", r"(transaction|trade|order|reference|unique|internal)?[ _-]*(id|uuid|number|ref\.?)"),
    ("note", r"notes?|description|comments?|memo|remarks?|details"),
)  # fmt: skip


def guess(names: abc.Sequence[str], samples: abc.Sequence[abc.Mapping[str, str]]) -> Mapping:
    """What names and first lines suggest; never more than a suggestion."""
    found: dict[str, str] = {}
    for role, pattern in WORDS:
        free = [name for name in names if name not in found.values()]
        name = next((name for name in free if fits(role, pattern, name, samples)), "")
        if name:
            found[role] = name
    if "sent_amount" in found or "received_amount" in found:
        found.pop("amount", None)
        found.pop("currency", None)
    values = {line.get(found["type"], "") for line in samples} if "type" in found else set()
    kinds = guessed_kinds(values)
    if "amount" in found and not any(is_below_nought(line.get(found["amount"], "")) for line in samples):
        kinds = {value: SOLD if is_sale(value, kind) else kind for value, kind in kinds.items()}
    return Mapping(**found, kinds=tuple(sorted(kinds.items())))


def fits(role: str, pattern: str, name: str, samples: abc.Sequence[abc.Mapping[str, str]]) -> bool:
    if not re.fullmatch(pattern, name.strip(), re.IGNORECASE):
        return False
    texts = [text for line in samples if (text := line.get(name, ""))]
    if role == "date":
        return not texts or any(is_date(text) for text in texts)
    if role.endswith("amount"):
        return all(is_amount(text) for text in texts)
    return True


def is_date(text: str) -> bool:
    return any(reads(times.moment, text, times.Clock("UTC", order)) for order in times.ANY_ORDER)


def is_amount(text: str) -> bool:
    return any(reads(numbers.told, text, mark) for mark in (numbers.POINT, numbers.COMMA))


def is_below_nought(text: str) -> bool:
    return text.strip().startswith(("-", "\N{MINUS SIGN}", "("))


def reads(reader: abc.Callable[..., Any], *told: Any) -> bool:
    try:
        reader(*told)
    except ValueError:
        return False
    return True


SALE = r"sell|sold|sale|verkauf|vente|venta"
KIND_WORDS: tuple[tuple[str, str], ...] = (
    (r"stak", "reward:staking"),
    (r"interest", "income:interest"),
    (r"airdrop", "income:airdrop"),
    (r"reward|bonus|referral|cashback", "reward"),
    (r"min(ed|ing)", "income:mining"),
    (r"gift", "gift"),
    (r"deposit|receive|incoming|credit", "deposit"),
    (r"withdraw|send|sent|outgoing|debit", "withdrawal"),
    (r"fee|commission", "fee"),
    (rf"buy|{SALE}|trade|swap|convert|exchange", "trade"),
    (r"spend|spent|payment|purchase", "spend"),
    (r"lost|stolen|hack", "lost"),
)


def guessed_kinds(values: abc.Iterable[str]) -> dict[str, str]:
    found = {}
    for value in sorted(filter(None, values)):
        kind = next((kind for pattern, kind in KIND_WORDS if re.search(pattern, value, re.IGNORECASE)), "")
        if kind:
            found[value] = kind
    return found


def is_sale(value: str, kind: str) -> bool:
    return kind == "trade" and bool(re.search(SALE, value, re.IGNORECASE))
