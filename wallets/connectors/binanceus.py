"""Binance.US, spot: the wire of Binance, other lists, and no word about what a key may do.

Binance.US documents no call that tells a key's rights. The one of Binance is tried all the same: an answer of its shape
counts, and anything else says nothing. Then one call that can do nothing shows whether the key may trade: an order that
is only tested and never reaches the market. Whether it may withdraw cannot be found out (exchanges.md 2).

Sources are named as in exchanges.md: D documents, S ccxt's source, R other people's working code, M memory. Two lists
are not read: small balances turned into other coins, and what a custodian holds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from config import http
from wallets.connectors.base import Pace, Stream
from wallets.connectors.binance import (
    READING,
    SETTLING,
    Binance,
    Source,
    applied_at,
    moved,
    of_milliseconds,
)
from wallets.connectors.client import origins_of
from wallets.records import Balance, Cause, ConnectorError, Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRADING = "Enable Spot Trading"  # M for the label
# Far below any price, and only tested. A key without the right is refused before the order is looked at.
TEST_ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "10000",
}
ORDER_REFUSED = {"-1013", "-2010"}  # by the market's own rules: then the key may trade (M)

OPENED = datetime(2019, 9, 1, tzinfo=UTC)
THREE_MONTHS = timedelta(days=90) - timedelta(milliseconds=1)  # D: less than 90 days apart


def listed(
    method: str,
    rows: Callable[[Any], Any],
    id_name: str,
    at: str,
    *,
    limit: int,
    paged: str = "page",
    limited: str = "limit",
    flagged: bool = False,
) -> Source:
    return Source(
        method,
        rows,
        id_name,
        of_milliseconds(at),
        THREE_MONTHS,
        limit,
        1,
        paged=paged,
        limited=limited,
        flagged=flagged,
        overlap=SETTLING,
        begins=OPENED,
    )


def fiat(method: str) -> Source:
    return listed(
        method, lambda data: data["assetLogRecordList"], "orderId", "createTime", limit=0, paged="offset", limited=""
    )


def from_opening(source: Source, **changes: Any) -> Source:
    return replace(source, begins=OPENED, **changes)


# Costs are weights: 1200 a minute (S). That movements can be asked for without naming a coin is S and R; Binance.US'
# own documents are said to want one (M).
SOURCES = {
    "deposits": from_opening(
        moved("sapiGetCapitalDepositHisrec", of_milliseconds("insertTime"), cost=1),
        made_of=("txId", "coin", "insertTime", "amount", "address"),  # R: not every row has an id
    ),
    "withdrawals": from_opening(moved("sapiGetCapitalWithdrawHistory", applied_at, cost=1)),
    "fiat deposits": fiat("sapiGetFiatpaymentQueryDepositHistory"),
    "fiat withdrawals": fiat("sapiGetFiatpaymentQueryWithdrawHistory"),
    "instant buys": listed("sapiGetOcbsOrders", lambda data: data["dataList"], "orderId", "createTime", limit=100),
    "conversions": listed("sapiGetOtcOrders", lambda data: data["rows"], "orderId", "createTime", limit=100),
    "distributions": listed(
        "sapiGetAssetAssetDistributionHistory", lambda data: data["rows"], "tranId", "divTime", limit=500, paged=""
    ),
    # M whether these stand among the distributions as well: numbers of the same series tell.
    "staking rewards": listed(
        "sapiGetStakingStakingRewardsHistory", lambda data: data["data"], "tranId", "time", limit=500, flagged=True
    ),
}
CERTAIN = {"deposits", "withdrawals"}
SPOKEN_TO = ("public", "private", "sapi")


class Binanceus(Binance):
    signer = "binanceus"
    sources = SOURCES
    stream_of = {name: Stream(name, name, certain=name in CERTAIN) for name in SOURCES}
    needed = ("balances", "trades", "deposits", "withdrawals", "fiat deposits", "distributions")
    heavy = 10

    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        """A key of this exchange has no business at binance.com, of which ccxt leaves addresses among these."""
        super().__init__(credentials, pace=pace, origin=origin)
        urls = self.client.ccxt.urls
        urls["api"] = {name: urls["api"][name] for name in SPOKEN_TO}
        self.client.session = http.session(origins=origins_of(urls["api"]))

    def rights(self) -> Rights:
        """One answer is known and says everything. Any other says nothing, unless nobody answered at all."""
        try:
            return super().rights()
        except ConnectorError as failure:
            if failure.cause in {Cause.NETWORK, Cause.RATE_LIMITED}:
                raise
        return Rights(can_tell=False)

    def probe_rights(self) -> Rights:
        """With a key that is known to work, a refusal can only be about the right."""
        self._prove_key()
        try:
            self.client.call("privatePostOrderTest", TEST_ORDER)
        except ConnectorError as failure:
            if Cause.RIGHT_MISSING in {failure.cause, *failure.among}:
                return Rights(can_tell=False, read=(READING,))
            if failure.code not in ORDER_REFUSED:
                raise
        return Rights(can_tell=False, read=(READING,), beyond=(TRADING,))

    def balances(self) -> tuple[Balance, ...]:
        """Without what is staked."""
        return self._spot()

    def _prove_key(self) -> None:
        """Asked anew: an answer of before proves nothing now."""
        self._account_told = self._ask_account()

    def _ask_account(self) -> dict[str, Any]:
        """Whether it knows how to leave coins out that are not held is unknown: a parameter too many is refused."""
        return self.client.call("privateGetAccount", cost=self.heavy).shaped(dict)
