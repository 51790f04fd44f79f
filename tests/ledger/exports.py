"""The sandbox's books as exchanges' own export files: their header lines, their words, and what they round.

An export writes the lines of one event, and may look at the rows that the API has of it, for ids are the same where an
exchange writes them into its files. Times are cut to what the file tells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tests.ledger.readings.books import account_of, drafts_of
from wallets.sandbox.books import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.readings.base import Row
    from ledger.readings.events import Draft
    from tests.ledger.readings.books import Account
    from wallets.sandbox.books import Event

SIZE = 32  # events: two blocks, each with its twins
BUY, SELL, CONVERT = Kind.BUY, Kind.SELL, Kind.CONVERT
DEPOSIT, WITHDRAWAL, REWARD = Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.REWARD
TRADES = (BUY, SELL)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and all that the API says of it."""

    event: Event
    rows: Sequence[Row]
    drafts: Sequence[Draft]

    @property
    def kind(self) -> Kind:
        return self.event.kind

    @property
    def draft(self) -> Draft:
        return self.drafts[0]

    @property
    def buys(self) -> bool:
        return self.kind is BUY

    def of(self, family: str) -> list[Mapping[str, Any]]:
        """The API's rows of one list, oldest id first."""
        found = [row for row in self.rows if row.family.partition(":")[0] == family]
        return [row.raw for row in sorted(found, key=lambda row: row.external_id)]

    def at(self, form: str = "%Y-%m-%d %H:%M:%S", *, hours: int = 0) -> str:
        return f"{moment(self.draft.at, hours):{form}}"


def moment(at: datetime, hours: int) -> datetime:
    return at.astimezone(UTC) + timedelta(hours=hours)


Lines = Callable[[Happened], Iterable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Export:
    name: str  # of the file
    header: str
    lines: Lines
    preamble: str = ""

    def body(self, told: Iterable[Happened]) -> bytes:
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n")
        write.writerows(line for each in told for line in self.lines(each))
        return f"{self.preamble}{self.header}\n{text.getvalue()}".encode()


@dataclass(frozen=True, slots=True)
class Way:
    """How an owner may bring a history by file: what is downloaded, and what else is to be known about it."""

    exchange: str
    exports: Sequence[Export]
    answers: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[Kind] = frozenset(Kind)  # that the files tell of
    sums: bool = False  # all of one second is one whole there: twins, too
    same_rows: bool = False  # its lines are the API's own rows, by id and by event


def happened(exchange: str, size: int = SIZE) -> list[Happened]:
    account: Account = account_of(exchange, size)
    reader = import_module(f"ledger.readings.{exchange}")
    rows = {event.number: account.rows_of(event.number) for event in account.events}
    return [Happened(event, rows[event.number], drafts_of(reader, rows[event.number])) for event in account.events]


def when(kinds: Iterable[Kind], write: Lines) -> Lines:
    """Nothing for events of other kinds."""
    those = set(kinds)
    return lambda each: write(each) if each.kind in those else ()


def plain(number: Decimal) -> str:
    return f"{number:f}"


def less(number: Decimal) -> str:
    return plain(number.copy_negate())


def fee_of(draft: Draft) -> Decimal:
    return draft.fee.amount if draft.fee else Decimal(0)


# --- Kraken ----------------------------------------------------------------------------------------------------------


def kraken_ledgers(each: Happened) -> Iterable[Sequence[Any]]:
    for row in each.rows:
        if row.family == "ledger":
            told = (row.raw[name] for name in ("type", "subtype", "aclass", "asset", "amount", "fee", "balance"))
            yield row.external_id, row.raw["refid"], each.at(), *told


def kraken_trades(each: Happened) -> Iterable[Sequence[Any]]:
    for row in each.rows:
        if row.family == "trades":
            named = (row.raw[name] for name in ("ordertxid", "pair"))
            told = (row.raw[name] for name in ("type", "ordertype", "price", "cost", "fee", "vol", "margin", "misc"))
            yield row.external_id, *named, each.at(), *told, ""


KRAKEN_LEDGERS = Export("ledgers.csv", "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance", kraken_ledgers)
KRAKEN_TRADES = Export(
    "trades.csv", "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers", kraken_trades
)

# --- Coinbase --------------------------------------------------------------------------------------------------------


def coinbase(each: Happened) -> Iterable[Sequence[Any]]:
    """A trade stands once, under the id of the coin's own account; money is written with its sign, and rounded."""
    event, (first, *_) = each.event, each.of("transactions")
    coin = next(raw for raw in each.of("transactions") if raw["amount"]["currency"] == event.base)
    assert first["id"] == coin["id"]
    head = coin["id"], each.at("%Y-%m-%d %H:%M:%S UTC")
    if each.kind in TRADES:
        did, total = ("Bought", event.total + event.fee) if each.buys else ("Sold", event.total - event.fee)
        price = coin["advanced_trade_fill"]["fill_price"]
        note = f"{did} {event.amount} {event.base} for {total} EUR on {event.base}-EUR at {price} EUR/{event.base}"
        what = f"Advanced Trade {'Buy' if each.buys else 'Sell'}"
        money = (f"€{price}", f"€{event.total:.5f}", f"€{total:.5f}", f"€{event.fee:.5f}")
        yield *head, what, event.base, coin["amount"]["amount"], "EUR", *money, note
        return
    what = {DEPOSIT: "Deposit", WITHDRAWAL: "Send", REWARD: "Staking Income", CONVERT: "Convert"}[each.kind]
    got = each.draft.received
    note = f"Converted {event.amount} {event.base} to {got.amount} {got.asset}" if each.kind is CONVERT else ""
    yield *head, what, event.base, coin["amount"]["amount"], "EUR", "€1.00", "€0.00", "€0.00", "€0.00", note


COINBASE = Export(
    "coinbase.csv",
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes",
    coinbase,
    preamble="\nTransactions\nUser,Ada,ada\n",
)


# --- Binance ---------------------------------------------------------------------------------------------------------


def binance_statement(each: Happened) -> Iterable[Sequence[Any]]:
    """One line for each change of a balance, without an id. A withdrawal's fee is in its change."""
    event, (head, row) = each.event, (("37711", each.at(), "Spot"), each.draft)
    out, into = (row.sent, row.received)
    match each.kind:
        case Kind.BUY:
            lines = [("Buy", into.asset, plain(into.amount)), ("Transaction Spend", out.asset, less(out.amount))]
            lines += [("Fee", row.fee.asset, less(row.fee.amount))]
        case Kind.SELL:
            lines = [("Transaction Sold", out.asset, less(out.amount))]
            lines += [("Transaction Revenue", into.asset, plain(into.amount))]
            lines += [("Transaction Fee", row.fee.asset, less(row.fee.amount))]
        case Kind.CONVERT:
            lines = [
                ("Binance Convert", out.asset, less(out.amount)),
                ("Binance Convert", into.asset, plain(into.amount)),
            ]
        case Kind.WITHDRAWAL:
            lines = [("Withdraw", out.asset, less(event.amount + event.fee), "Withdraw fee is included")]
        case Kind.DEPOSIT:
            lines = [("Deposit", into.asset, plain(into.amount))]
        case _:
            lines = [("Staking Rewards", into.asset, plain(into.amount))]
    for operation, coin, change, *remark in lines:
        yield *head, operation, coin, change, *(remark or [""])


def binance_trades(each: Happened) -> Iterable[Sequence[Any]]:
    """Amounts with their coins glued on."""
    [raw], event = each.of("trades"), each.event
    glued = f"{raw['qty']}{event.base}", f"{raw['quoteQty']}{event.quote}", f"{raw['commission']}{event.quote}"
    yield each.at(), raw["symbol"], "BUY" if each.buys else "SELL", raw["price"], *glued


def binance_money(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("fiat deposits")
    told = raw["fiatCurrency"], raw["amount"], "Successful", "Bank Transfer", raw["indicatedAmount"], raw["totalFee"]
    yield each.at(), *told, raw["orderNo"]


def binance_withdrawals(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("withdrawals")
    told = (raw[name] for name in ("coin", "network", "amount", "transactionFee", "address", "txId"))
    yield each.at(), *told, "Completed"


def binance_conversions(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("conversions")
    pair, sold = f"{raw['fromAsset']}{raw['toAsset']}", f"{raw['fromAmount']} {raw['fromAsset']}"
    prices = "1 BTC = 42,000 EUR", "1 EUR = 0.0000238 BTC"
    yield (
        each.at(),
        "Spot",
        pair,
        "Market",
        sold,
        f"{raw['toAmount']} {raw['toAsset']}",
        *prices,
        each.at(),
        "Successful",
    )


def binance_distributions(each: Happened) -> Iterable[Sequence[Any]]:
    """Under the number of its transfer, which is another than the one the API's list is walked by."""
    [raw] = each.of("distributions")
    yield each.at(), raw["enInfo"], raw["amount"], raw["asset"], raw["asset"], raw["tranId"]


STATEMENT = Export("statement.csv", "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark", binance_statement)
BINANCE_FILES = (
    Export("trades.csv", "Date(UTC),Pair,Side,Price,Executed,Amount,Fee", when(TRADES, binance_trades)),
    Export(
        "deposit history.csv",
        "Date(UTC+0),Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID",
        when([DEPOSIT], binance_money),
    ),
    Export(
        "withdraw history.csv",
        "Date(UTC+0),Coin,Network,Amount,Fee,Address,TXID,Status",
        when([WITHDRAWAL], binance_withdrawals),
    ),
    Export(
        "convert.csv",
        "Date,Wallet,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status",
        when([CONVERT], binance_conversions),
    ),
    Export(
        "distributions.csv", "Date(UTC),type,Amount,Asset,Symbol,Transaction ID", when([REWARD], binance_distributions)
    ),
)

# --- Binance.US ------------------------------------------------------------------------------------------------------

BINANCEUS_WORDS = {
    DEPOSIT: ("Deposit", "Crypto Deposit"),
    WITHDRAWAL: ("Withdrawal", "Crypto Withdrawal"),
    REWARD: ("Distribution", "Staking Rewards"),
    BUY: ("Spot Trading", "Buy"),
    SELL: ("Spot Trading", "Sell"),
    CONVERT: ("Convert", "Convert Sell"),
}


def binanceus(each: Happened) -> Iterable[Sequence[Any]]:
    """A primary asset, or a base, a quote and a fee. Its numbers of transactions are none that the API tells."""
    draft, event = each.draft, each.event
    order = draft.order.partition(":")[2]
    head = "1234", each.at("%Y-%m-%d %H:%M:%S.%f")[:-3], *BINANCEUS_WORDS[each.kind], order, event.mark[:12]
    fee = (draft.fee.asset, plain(draft.fee.amount), "") if draft.fee else ("", "", "")
    if each.kind in {DEPOSIT, WITHDRAWAL, REWARD}:
        told = draft.received or draft.sent
        sides = [told.asset, plain(told.amount), "", *[""] * 6]
    else:
        coin, money = (draft.received, draft.sent) if each.buys else (draft.sent, draft.received)
        sides = ["", "", "", coin.asset, plain(coin.amount), "", money.asset, plain(money.amount), ""]
    yield *head, *sides, *fee, "Wallet", "", ""


BINANCEUS = Export(
    "binanceus.csv",
    "User ID,Time,Category,Operation,Order ID,Transaction ID,Primary Asset,Realized Amount For Primary Asset,"
    "Realized Amount for Primary Asset in USD,Base Asset,Realized Amount For Base Asset,"
    "Realized Amount For Base Asset In USD,Quote Asset,Realized Amount for Quote Asset,"
    "Realized Amount for Quote Asset in USD,Fee Asset,Realized Amount for Fee Asset,"
    "Realized Amount for Fee Asset in USD,Payment Method,Withdraw Method,Additional Note",
    binanceus,
)

# --- Gemini ----------------------------------------------------------------------------------------------------------

GEMINI_COINS = ("EUR", "BTC", "ETH")
GEMINI_WORDS = {
    DEPOSIT: ("Credit", "Deposit ({})"),
    WITHDRAWAL: ("Debit", "Withdrawal ({})"),
    REWARD: ("Interest Credit", "Staking Interest"),
}


def gemini(each: Happened) -> Iterable[Sequence[Any]]:
    """A block of columns for each asset ever held; money is rounded to cents. Only trades have an id of the API's."""
    event, draft = each.event, each.draft
    told = [each.of("trades")[0]["tid"], draft.order] if draft.order else ["", ""]
    what, words = (each.kind, "Limit") if draft.order else GEMINI_WORDS[each.kind]
    if draft.order:
        what = "Buy" if each.buys else "Sell"
    changes = {leg.asset: sign * leg.amount for leg, sign in ((draft.sent, -1), (draft.received, 1)) if leg}
    blocks = [cell for coin in GEMINI_COINS for cell in (block(coin, changes.get(coin)), fee_cell(coin, draft), "")]
    symbol = f"{event.base}{event.quote}"
    head = each.at("%Y-%m-%d"), each.at("%H:%M:%S.%f")[:-3], what, symbol, words.format(event.base), "Taker", "26"
    sent_to = (draft.hash, "", "", draft.address, "") if each.kind is WITHDRAWAL else ("",) * 5
    yield *head, *blocks, *told, "", "", "", "", *sent_to


def block(coin: str, change: Decimal | None) -> str:
    if change is None:
        return ""
    number = f"€{abs(change):,.2f}" if coin == "EUR" else f"{abs(change):f} {coin}"
    return f"({number})" if change < 0 else f"{number} "


def fee_cell(coin: str, draft: Draft) -> str:
    return f"(€{draft.fee.amount:f})" if draft.fee and draft.fee.asset == coin else ""


GEMINI = Export(
    "gemini.csv",
    "Date,Time (UTC),Type,Symbol,Specification,Liquidity Indicator,Trading Fee Rate (bps),"
    + ",".join(f"{coin} Amount {coin},Fee ({coin}) {coin},{coin} Balance {coin}" for coin in GEMINI_COINS)
    + ",Trade ID,Order ID,Order Date,Order Time,Client Order ID,API Session,Tx Hash,Deposit Destination,"
    "Deposit Tx Output,Withdrawal Destination,Withdrawal Tx Output",
    gemini,
)

# --- KuCoin ----------------------------------------------------------------------------------------------------------

EAST = 8  # hours: the offset stands in the column's name


def kucoin_fills(each: Happened) -> Iterable[Sequence[Any]]:
    """With their order, and without their own id."""
    [raw] = each.of("trades")
    head = "1", "mainAccount", raw["orderId"], raw["symbol"], raw["side"].upper(), "LIMIT", raw["price"]
    told = raw["size"], raw["funds"], raw["funds"], each.at(hours=EAST), raw["fee"], "", "TAKER", raw["feeCurrency"]
    yield *head, *told, "Classic"


def kucoin_orders(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("trades")
    head = "1", "mainAccount", raw["orderId"], each.at(hours=EAST), raw["symbol"], raw["side"].upper(), "LIMIT"
    told = raw["price"], raw["size"], raw["price"], raw["size"], raw["funds"], raw["funds"], each.at(hours=EAST)
    yield *head, *told, raw["fee"], raw["feeCurrency"], "", "deal", "Classic"


def kucoin_movements(family: str) -> Lines:
    def lines(each: Happened) -> Iterable[Sequence[Any]]:
        [raw] = each.of(family)
        told = raw["currency"], raw["amount"], raw["fee"], raw["walletTxId"], "address", "BTC", "SUCCESS"
        yield "1", "mainAccount", each.at(hours=EAST), *told, ""

    return lines


def kucoin_history(each: Happened) -> Iterable[Sequence[Any]]:
    """The ledger without its ids: what came and what went, the fee within."""
    for raw in each.of("ledger"):
        side = {"in": "Deposit", "out": "Withdrawal"}[raw["direction"]]
        told = raw["currency"], side, raw["amount"], raw["fee"], each.at(hours=EAST), raw["bizType"]
        yield "1", "mainAccount", *told, "Trading account"


KUCOIN_FILLS = Export(
    "fills.csv",
    "UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,"
    "Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Tax,Maker/Taker,Fee Currency,Account Mode",
    when(TRADES, kucoin_fills),
)
KUCOIN_ORDERS = Export(
    "orders.csv",
    "UID,Account Type,Order ID,Order Time(UTC+08:00),Symbol,Side,Order Type,Order Price,Order Amount,"
    "Avg. Filled Price,Filled Amount,Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Fee Currency,Tax,"
    "Status,Account Mode",
    when(TRADES, kucoin_orders),
)
KUCOIN_MOVED = (
    Export(
        "deposits.csv",
        "UID,Account Type,Time(UTC+08:00),Coin,Amount,Fee,Hash,Deposit Address,Transfer Network,Status,Remarks",
        when([DEPOSIT], kucoin_movements("deposits")),
    ),
    Export(
        "withdrawals.csv",
        "UID,Account Type,Time(UTC+08:00),Coin,Amount,Fee,Hash,Withdrawal Address/Account,Transfer Network,Status,"
        "Remarks",
        when([WITHDRAWAL], kucoin_movements("withdrawals")),
    ),
)
KUCOIN_HISTORY = Export(
    "history.csv", "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+08:00),Remark,Type", kucoin_history
)

# --- OKX -------------------------------------------------------------------------------------------------------------

OKX_NAMES = {
    "1": "Deposit", "2": "Withdrawal", "83": "Staking yield", "130": "Transfer in", "131": "Transfer out",
    "139": "ETH staking reward", "400": "Simple earn interest",
}  # fmt: skip


def okx_trading(each: Happened) -> Iterable[Sequence[Any]]:
    """Two lines of one id for a trade, and for a conversion two without an order."""
    bills = each.of("ledger")
    for raw in bills:
        what = {"1": "Transfer in" if raw["to"] == "18" else "Transfer out", "27": "Convert"}.get(raw["type"])
        what = what or ("Buy" if Decimal(raw["balChg"]) > 0 else "Sell")
        number = bills[0]["billId"] if raw["ordId"] else raw["billId"]
        head = number, raw["ordId"], each.at(), "Spot" if raw["ordId"] else "", raw["instId"], what
        yield *head, raw["sz"], raw["ccy"], "0", raw["fee"], "0", "0", raw["balChg"], "0", raw["ccy"]


def okx_funding(each: Happened) -> Iterable[Sequence[Any]]:
    """The API's own bills, under their own ids; a withdrawal's fee, a bill of its own there, has a column here."""
    for raw in each.of("funding"):
        if raw["type"] != "221":
            fee = plain(each.event.fee) if raw["type"] == "2" else "0"
            yield raw["billId"], each.at(), OKX_NAMES[raw["type"]], raw["balChg"], "0", "0", fee, raw["ccy"]


OKX = (
    Export(
        "trading.csv",
        "\ufeffid,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,Position Change,Position Balance,"
        "Balance Change,Balance,Unit",
        okx_trading,
    ),
    Export("funding.csv", "\ufeffid,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol", okx_funding),
)

# --- Bybit -----------------------------------------------------------------------------------------------------------


def bybit_unified(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("ledger"):
        head = each.at(), raw["currency"], raw["symbol"], raw["type"], raw["side"].upper(), "0", "0", "0", "0"
        money = raw["fee"], raw["cashFlow"], raw["change"]
        yield *head, *money, "0", "0.0026", raw["tradeId"], raw["orderId"]


def bybit_assets(each: Happened) -> Iterable[Sequence[Any]]:
    """The funding account: changes alone, and no id."""
    for raw in each.of("funding"):
        sign = "-" if raw["ioDirection"] == "O" else ""
        what = raw["showBusiTypeEn"]
        yield each.at(), raw["currency"], f"{sign}{raw['txnAmt']}", what, raw["afterAmt"], f"{what} {raw['currency']}"


BYBIT = (
    Export(
        "unified.csv",
        "Time(UTC),Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
        "Wallet Balance,Fee Rate,Trade ID,Order ID",
        bybit_unified,
    ),
    Export("assets.csv", "Date & Time(UTC),Coin,QTY,Type,Account Balance,Description", bybit_assets),
)

# --- Bitstamp --------------------------------------------------------------------------------------------------------

BITSTAMP_WORDS = {DEPOSIT: "Deposit", WITHDRAWAL: "Withdrawal", REWARD: "Staking reward"}


def bitstamp(each: Happened) -> Iterable[Sequence[Any]]:
    [raw], draft, event = each.of("transactions"), each.draft, each.event
    head = raw["id"], "Main Account", BITSTAMP_WORDS.get(each.kind, "Market")
    if draft.sent and draft.received:
        side, money = "Buy" if each.buys else "Sell", (draft.sent if each.buys else draft.received)
        value = plain(money.amount), money.asset, "41000", money.asset
    else:
        side, value = "", ("", "", "", "")
    fee = (plain(draft.fee.amount), draft.fee.asset) if draft.fee else ("", "")
    told = plain(event.amount), event.base, *value, *fee, raw.get("order_id", "")
    yield *head, side, each.at("%Y-%m-%dT%H:%M:%SZ"), *told


def bitstamp_old(each: Happened) -> Iterable[Sequence[Any]]:
    """To the minute, without ids, amounts and assets glued."""
    draft, event = each.draft, each.event
    trades = draft.sent and draft.received
    money = (draft.sent if each.buys else draft.received) if trades else None
    value, rate = (f"{money.amount:f} {money.asset}", f"41000 {money.asset}") if money else ("", "")
    fee = f"{draft.fee.amount:f} {draft.fee.asset}" if draft.fee else ""
    side = ("Buy" if each.buys else "Sell") if trades else ""
    told = f"{event.amount:f} {event.base}", value, rate, fee, side
    yield BITSTAMP_WORDS.get(each.kind, "Market"), each.at("%b. %d, %Y, %I:%M %p"), "Main Account", *told


BITSTAMP = Export(
    "bitstamp.csv",
    "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,Fee currency,"
    "Order ID",
    bitstamp,
)
BITSTAMP_OLD = Export("old.csv", "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type", bitstamp_old)

# --- Bitfinex --------------------------------------------------------------------------------------------------------

SHORT_YEAR = "%d-%m-%y %H:%M:%S"


def bitfinex_trades(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("trades"):
        market = f"{each.event.base}/{each.event.quote}"
        told = raw["amount"], raw["price"], raw["fee"], "0.2", raw["fee_currency"], each.at(SHORT_YEAR)
        yield raw["id"], market, *told, raw["order_id"]


def bitfinex_movements(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("movements"):
        told = raw["currency"], "COMPLETED", raw["amount"], raw["fees"], raw["destination_address"]
        yield raw["id"], each.at(SHORT_YEAR), *told, raw["transaction_id"], ""


def bitfinex_ledger(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("ledger"):
        yield raw["id"], raw["description"], raw["currency"], raw["amount"], "0", each.at(SHORT_YEAR), "exchange"


BITFINEX_LEDGER = Export("ledger.csv", "#,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET", bitfinex_ledger)
BITFINEX = (
    Export("trades.csv", "#,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID", bitfinex_trades),
    Export(
        "movements.csv",
        "#,DATE,CURRENCY,STATUS,AMOUNT,FEES,DESCRIPTION,TRANSACTION ID,NOTE",
        bitfinex_movements,
    ),
    BITFINEX_LEDGER,
)

# --- Uphold ----------------------------------------------------------------------------------------------------------

UPHOLD_WORDS = {DEPOSIT: "in", WITHDRAWAL: "out", REWARD: "in"}


def uphold(each: Happened) -> Iterable[Sequence[Any]]:
    """Where the fee is in what arrives, the destination's amount is without it."""
    [raw] = each.of("transactions")
    origin, destination = raw["origin"], raw["destination"]
    fee = (plain(each.draft.fee.amount), each.draft.fee.asset) if each.draft.fee else ("", "")
    places = ["uphold" if "CardId" in side else raw["network"] for side in (destination, origin)]
    time = each.at("%a %b %d %Y %H:%M:%S GMT+0000")
    yield (
        time, places[0], destination["amount"], destination["currency"], *fee, raw["id"],
        places[1], origin["amount"], origin["currency"], "completed", UPHOLD_WORDS.get(each.kind, "transfer"),
    )  # fmt: skip


UPHOLD = Export(
    "uphold.csv",
    "\ufeffDate,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,Origin,Origin Amount,"
    "Origin Currency,Status,Type",
    uphold,
)

# --- all of them -----------------------------------------------------------------------------------------------------

UTC_ZONE = {"zone": "UTC"}
DAY_FIRST = {"zone": "UTC", "order": "dmy"}
TRADED, REWARDED = frozenset(TRADES), frozenset({REWARD})
WAYS: dict[str, Way] = {
    "kraken": Way("kraken", [KRAKEN_LEDGERS], same_rows=True),
    "kraken, ledgers and trades": Way("kraken", [KRAKEN_LEDGERS, KRAKEN_TRADES], same_rows=True),
    "kraken, trades": Way("kraken", [KRAKEN_TRADES], kinds=TRADED, same_rows=True),
    "coinbase": Way("coinbase", [COINBASE]),
    "binance, statement": Way("binance", [STATEMENT], sums=True),
    "binance, a file for each list": Way("binance", BINANCE_FILES, UTC_ZONE),
    "binance, trades and statement": Way("binance", [BINANCE_FILES[0], STATEMENT], UTC_ZONE),
    "binanceus": Way("binanceus", [BINANCEUS]),
    "gemini": Way("gemini", [GEMINI]),
    "kucoin, fills and movements": Way("kucoin", [KUCOIN_FILLS, *KUCOIN_MOVED], kinds=TRADED | {DEPOSIT, WITHDRAWAL}),
    "kucoin, orders and fills": Way("kucoin", [KUCOIN_ORDERS, KUCOIN_FILLS], kinds=TRADED),
    "kucoin, history": Way("kucoin", [KUCOIN_HISTORY], sums=True),
    "okx": Way("okx", OKX, UTC_ZONE),
    "bybit": Way("bybit", BYBIT, UTC_ZONE),
    "bitstamp": Way("bitstamp", [BITSTAMP], same_rows=True),
    "bitstamp, old": Way("bitstamp", [BITSTAMP_OLD], UTC_ZONE),
    "bitfinex": Way("bitfinex", BITFINEX, DAY_FIRST, same_rows=True),
    # What trades and movements tell counts there, in the API's lists as in the files: alone it tells the rest.
    "bitfinex, ledger": Way("bitfinex", [BITFINEX_LEDGER], DAY_FIRST, kinds=REWARDED, same_rows=True),
    "uphold": Way("uphold", [UPHOLD], same_rows=True),
}
