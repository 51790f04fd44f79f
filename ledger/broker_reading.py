"""A form 1099-DA as a table: which column is what, and what each line says. Nothing here touches the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ledger.imports import numbers, tables, times
from ledger.imports.delimited import rows_of
from ledger.imports.times import MONTH_FIRST, Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from decimal import Decimal

    from ledger.imports.tables import Line

HEAD = 65_536
MOST = 100_000  # lines
# What a column may hold, and how brokers call it: letters and digits of the heading, box numbers of the form left out.
ROLES = {
    "asset": ("asset", "symbol", "ticker", "currency", "currencyname", "digitalasset", "nameofdigitalasset",
              "digitalassetname", "digitalassetsymbol", "assetname", "assetsymbol", "coin", "codefordigitalasset"),
    "description": ("description", "descriptionofproperty", "propertydescription", "assetdescription"),
    "amount": ("amount", "quantity", "units", "numberofunits", "quantitysold", "unitssold", "assetamount", "qty"),
    "acquired": ("dateacquired", "acquired", "acquireddate", "acquisitiondate", "purchasedate", "datepurchased"),
    "sold": ("datesold", "datesoldordisposed", "datesoldordisposedof", "sold", "saledate", "solddate", "dateofsale",
             "dispositiondate", "datedisposed", "disposaldate", "dateofdisposition"),
    "proceeds": ("proceeds", "grossproceeds", "saleproceeds", "salesproceeds", "netproceeds", "totalproceeds",
                 "proceedsusd"),
    "cost": ("cost", "costbasis", "costorotherbasis", "basis", "costbasisusd", "adjustedcostbasis"),
    "withheld": ("federalincometaxwithheld", "federaltaxwithheld", "taxwithheld", "withheld"),
    "covered": ("basisreportedtoirs", "basisreported", "covered", "costbasisreportedtoirs", "checkifbasisreportedtoirs",
                "coveredstatus", "costorotherbasisreportedtoirs"),
    "term": ("term", "holdingperiod", "gainlosstype", "shorttermorlongterm", "longorshortterm", "gaintype"),
    "broker": ("broker", "payer", "payername", "brokername", "filer", "filersname"),
}  # fmt: skip
WORDS = {
    "asset": "Asset",
    "description": "Description, such as “0.5 BTC”",
    "amount": "How much",
    "acquired": "Date acquired",
    "sold": "Date sold",
    "proceeds": "Proceeds",
    "cost": "Cost or other basis",
    "withheld": "Federal tax withheld",
    "covered": "Basis reported to the IRS",
    "term": "Short or long term",
    "broker": "Broker",
}
BOX = re.compile(r"^(?:box\s*)?\d{1,2}[a-z]?[.:)\s]+", re.IGNORECASE)
IN_PARENTHESES = re.compile(r"\(([A-Za-z0-9.]{2,12})\)\s*$")
YES = frozenset({"yes", "y", "true", "x", "1", "covered", "checked", "reported"})
NO = frozenset({"no", "n", "false", "0", "noncovered", "uncovered", "notreported", "unchecked"})


class BadFormError(Exception):
    """It cannot be taken in. `columns`: what there is to choose from, where it is the columns that are not known."""

    def __init__(self, words: str, columns: tuple[str, ...] = ()) -> None:
        super().__init__(words)
        self.words, self.columns = words, columns


class Said(NamedTuple):
    """What a line says, in the form's own terms."""

    number: int
    symbol: str
    amount: Decimal | None
    acquired: date | None
    sold: date
    proceeds: Decimal
    cost: Decimal | None
    withheld: Decimal | None
    covered: bool | None
    term: str
    broker: str
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    columns: tuple[str, ...]
    mapping: dict[str, str]  # role -> column
    lines: list[Said]


def folded(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", BOX.sub("", title.strip()).casefold())


def guessed(columns: Iterable[str]) -> dict[str, str]:
    """Role -> column, as far as headings tell."""
    found: dict[str, str] = {}
    for column in columns:
        name = folded(column)
        role = next((role for role, names in ROLES.items() if name in names), None)
        if role:
            found.setdefault(role, column)
    return found


def is_enough(mapping: Mapping[str, str]) -> bool:
    return {"sold", "proceeds"} <= set(mapping) and bool({"asset", "description"} & set(mapping))


def read(stream: BinaryIO, mapping: Mapping[str, str] | None = None) -> Form:
    """Raises BadFormError, and `ledger.imports.base.Refused` for what is no table."""
    head = stream.read(HEAD)
    stream.seek(0)
    _, rows = rows_of(stream, head)
    columns: tuple[str, ...] = ()
    roles: dict[str, str] = {}
    said: list[Said] = []
    for part in tables.tables(rows, lambda names: is_enough(guessed(names))):
        if isinstance(part, tables.Header):
            columns = part.names
            roles = roles_for(columns, mapping)
        elif isinstance(part, tables.Line):
            said += line_of(part, roles)
        if len(said) > MOST:
            raise BadFormError(f"At most {MOST:,} lines are taken at once. Bring the file in parts.")
    if not said:
        raise BadFormError("There is no line of a sale in it.")
    return Form(columns, roles, said)


def roles_for(columns: tuple[str, ...], mapping: Mapping[str, str] | None) -> dict[str, str]:
    roles = dict(mapping) if mapping else guessed(columns)
    strange = [role for role in roles if role not in ROLES]
    if strange:
        raise BadFormError(f"There is no role called {strange[0][:40]}.", columns)
    unknown = [column for column in roles.values() if column not in columns]
    if unknown:
        raise BadFormError(f"There is no column called {unknown[0][:80]}.", columns)
    if not is_enough(roles):
        raise BadFormError("Say which columns hold the asset, the date of sale and the proceeds.", columns)
    return roles


def line_of(line: Line, roles: Mapping[str, str]) -> list[Said]:
    """Nothing, for what is no sale, such as a total."""
    cells = {role: line.cells.get(column, "").strip() for role, column in roles.items()}
    if not cells["sold"] or not cells["proceeds"]:
        return []
    try:
        return [said_by(line, cells)]
    except ValueError as error:
        raise BadFormError(f"Line {line.number} cannot be read: {error}") from None


def said_by(line: Line, cells: Mapping[str, str]) -> Said:
    symbol, amount = what(cells)
    proceeds = numbers.amount(cells["proceeds"])
    if proceeds is None:
        raise ValueError("it has no proceeds.")
    return Said(
        number=line.number,
        symbol=symbol,
        amount=amount,
        acquired=day(cells.get("acquired", "")),
        sold=times.moment(cells["sold"], CLOCK).date(),
        proceeds=proceeds,
        cost=figure(cells.get("cost", "")),
        withheld=figure(cells.get("withheld", "")),
        covered=yes_or_no(cells.get("covered", "")),
        term=term_of(cells.get("term", "")),
        broker=cells.get("broker", "")[:120],
        raw=dict(line.cells),
    )


CLOCK = Clock(order=MONTH_FIRST)


def what(cells: Mapping[str, str]) -> tuple[str, Decimal | None]:
    """The symbol, and how much. "0.5 BTC" says both, "Bitcoin (BTC)" the symbol."""
    amount = figure(cells.get("amount", ""))
    text = cells.get("asset") or cells.get("description", "")
    named = IN_PARENTHESES.search(text)
    if named:
        return named[1].upper(), amount
    if text[:1].isdigit():
        told = numbers.told(text)
        return told.asset.upper(), amount if amount is not None else told.amount
    if not text:
        raise ValueError("it names no asset.")
    return text.split()[0].upper()[:64], amount


def figure(text: str) -> Decimal | None:
    return abs(found) if text and (found := numbers.amount(text)) is not None else None


def day(text: str) -> date | None:
    """Brokers write “various” where a sale met several lots."""
    if not text[:1].isdigit():
        return None
    return times.moment(text, CLOCK).date()


def yes_or_no(text: str) -> bool | None:
    name = folded(text)
    return True if name in YES else False if name in NO else None


def term_of(text: str) -> str:
    name = folded(text)
    return "long" if "long" in name else "short" if "short" in name else ""
