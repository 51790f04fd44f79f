"""The files of a demonstration account, as an exchange that is no more and a device at home would have written them.

They tell the other ends of what exchanges told: most of them so that they are found, one so that it is only proposed,
and some not at all.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BITSTAMP = (
    *("ID", "Account", "Type", "Subtype", "Datetime", "Amount", "Amount currency", "Value", "Value currency"),
    *("Rate", "Rate currency", "Fee", "Fee currency", "Order ID"),
)
LEDGER_LIVE = (
    *("Operation Date", "Status", "Currency Ticker", "Operation Type", "Operation Amount", "Operation Fees"),
    *("Operation Hash", "Account Name", "Account xpub"),
)
BOUGHT_AT = {"BTC": Decimal(37840), "ETH": Decimal("2064.5")}  # euros
PAID_IN = Decimal(16000)
CLOSED_BY = datetime(2024, 8, 1, tzinfo=UTC)
NETWORK_FEE = {"BTC": Decimal("0.0003"), "ETH": Decimal("0.004")}
FIRST_ID = 271004410
ON_ITS_WAY = timedelta(minutes=17)
OFTEN = 24  # of so many that left for the device, one is on no list, and one came late and short


@dataclass(frozen=True, slots=True)
class End:
    """Coins that an exchange sent away, or that came to it."""

    at: datetime
    asset: str
    amount: Decimal
    hash: str


# --- the account that was closed -------------------------------------------------------------------------------------


def closed_account(came: Sequence[End]) -> str:
    """Bought over a year, and sent away when the account was closed."""
    sent = [each for each in came if each.asset in BOUGHT_AT and each.at < CLOSED_BY]
    begins = min((each.at for each in sent), default=CLOSED_BY) - timedelta(days=420)
    lines = [line for each in sent for line in lines_of(each, begins)]
    spent = sum((Decimal(line[7]) + Decimal(line[11]) for line in lines if line[3] == "Buy"), Decimal(0))
    ends = max((each.at for each in sent), default=CLOSED_BY) + timedelta(days=2)
    lines += [money_line("Deposit", begins, PAID_IN), money_line("Withdrawal", ends, PAID_IN - spent)]
    lines.sort(key=lambda line: line[4])
    return written(BITSTAMP, ([str(FIRST_ID + place), *line[1:]] for place, line in enumerate(lines)))


def money_line(what: str, at: datetime, euros: Decimal) -> list[str]:
    return ["", "Main Account", what, "", told(at), f"{euros}", "EUR", "", "", "", "", "", "", ""]


def lines_of(sent: End, begins: datetime) -> list[list[str]]:
    """Bought in three parts; what it cost to send is bought with the last."""
    fee = NETWORK_FEE[sent.asset]
    part = (sent.amount / 3).quantize(Decimal("1e-8"))
    parts = (part, part, sent.amount - 2 * part + fee)
    days = (begins + timedelta(days=30 + 110 * place) for place in range(len(parts)))
    bought = [buy_line(sent.asset, amount, day) for amount, day in zip(parts, days, strict=True)]
    left = sent.at - timedelta(minutes=31)
    away = ["Withdrawal", "", told(left), f"{sent.amount:f}", sent.asset, "", "", "", "", f"{fee}", sent.asset, ""]
    return [*bought, ["", "Main Account", *away]]


def buy_line(asset: str, amount: Decimal, at: datetime) -> list[str]:
    rate = BOUGHT_AT[asset] * (100 + at.day % 7) / 100
    value = (amount * rate).quantize(Decimal("0.01"))
    fee = (value / 200).quantize(Decimal("0.01"))
    order = str(1_400_000_000_000_000 + int(at.timestamp()))
    traded = [f"{amount:f}", asset, f"{value}", "EUR", f"{rate}", "EUR", f"{fee}", "EUR", order]
    return ["", "Main Account", "Market", "Buy", told(at), *traded]


# --- the device at home ----------------------------------------------------------------------------------------------


def device(left: Sequence[End], until: datetime) -> str:
    """What exchanges sent there, what was staked there, and twice something that left for good."""
    arrived = [line for place, each in enumerate(left) for line in arrival(place, each)]
    staked = [reward_line(each) for each in left if each.asset in {"ETH", "SOL"}][1::2]
    spent = [spent_line(each) for each in left if each.asset == "ETH"][2:5:2]
    now = told(until)
    return written(LEDGER_LIVE, sorted(each for each in (*arrived, *staked, *spent) if each[0] < now))


def arrival(place: int, sent: End) -> Iterable[list[str]]:
    if place % OFTEN == OFTEN - 1:
        return
    late = place % OFTEN == OFTEN - 4
    at = sent.at + (timedelta(hours=3) if late else ON_ITS_WAY)
    amount = (sent.amount * Decimal("0.989")).quantize(Decimal("1e-6")) if late else sent.amount
    yield line(at, sent.asset, "IN", amount, "0", "" if late else sent.hash)


def reward_line(sent: End) -> list[str]:
    amount = (sent.amount / 90).quantize(Decimal("1e-8"))
    return line(sent.at + timedelta(days=26), sent.asset, "REWARD", amount)


def spent_line(sent: End) -> list[str]:
    """Less than what had come, with its fee."""
    amount = (sent.amount / 4).quantize(Decimal("1e-6"))
    return line(sent.at + timedelta(days=40), sent.asset, "OUT", amount, "0.00042")


def line(at: datetime, asset: str, what: str, amount: Decimal, *more: str) -> list[str]:
    """`more`: the fee, and the hash."""
    fee, chain_hash = (*more, *("0", "")[len(more) :])
    return [told(at), "Confirmed", asset, what, f"{amount:f}", fee, chain_hash, "Cold storage", ""]


# --- as text ---------------------------------------------------------------------------------------------------------


def told(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()
