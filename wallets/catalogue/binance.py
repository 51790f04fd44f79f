"""Binance, spot (binance.com)."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="binance",
    name="Binance",
    site="https://www.binance.com",
    key_page="https://www.binance.com/en/my/settings/api-management",
    connector="wallets.connectors.binance:Binance",
    # 6000 units of weight a minute (D), for an address: what may go at once and what follows stay below it together, by
    # 10. Flexible rewards cost most of it. Lists of money cost 3000 of what a key may spend, which is counted apart.
    for_a_key=Allowance(at_once=3000, each_second=96.5),
    for_an_address=Allowance(at_once=200, each_second=96.5, dearest=150),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "Trades in every market that Binance still lists",
                "Conversions, and small balances turned into BNB since December 2020",
                "Deposits and withdrawals, of coins and of money",
                "Purchases by card",
                "Distributions and rewards, as far as Binance lists them together",
                "Rewards of flexible Simple Earn that are paid out as they accrue",
                "Fees",
                "Balances of the spot and funding wallets",
            ),
            misses=(
                "Trades in markets that Binance has since taken off its list",
                "Binance Pay and trades between people",
                "Rewards of locked Simple Earn and of staking that are not in the list of distributions",
                "Futures, options and margin loans",
            ),
        ),
        Method(Way.CSV, fetches=("Everything in the transaction history export",), misses=("Balances",)),
    ),
    fields=(
        KeyField("key", "API Key", r"[A-Za-z0-9]{64}", where="Shown when the key is made: 64 letters and digits."),
        KeyField(
            "secret",
            "Secret Key",
            r"[A-Za-z0-9]{64}",
            pem=True,
            where="Shown once, under the API key: 64 letters and digits. With a key pair of your own: the private key.",
        ),
    ),
    steps=(
        "Sign in at Binance on the web and open your profile, then Account, then API Management.",
        "Choose Create API, then System generated, and give it a name you will know again, such as Holdfast.",
        "Confirm with your second factor, then choose Edit restrictions.",
        "Leave Enable Reading ticked, and no other box.",
        "Copy both values here. The secret is shown only this once.",
    ),
    tick=("Enable Reading",),
    leave=(
        "Enable Spot & Margin Trading",
        "Enable Margin Loan, Repay & Transfer",
        "Enable Futures",
        "Enable European Options",
        "Enable Withdrawals",
        "Permits Universal Transfer",
    ),
    activation="Works at once.",
    ip_advice="Binance can bind a key to addresses. A reading key needs none; the addresses to enter are shown here.",
    expiry="A key that only reads lasts until you delete it.",
    identities={
        Way.KEY: (IdentitySource(IdentityKind.USER, "the account's number", Sure.REMEMBERED),),
        Way.CSV: (IdentitySource(IdentityKind.USER, "the column User_ID", Sure.REMEMBERED),),
    },
    limits=(
        Limit(
            "trades",
            "Asked market by market, back to the beginning; later, where what you hold has not changed, once a day.",
            Sure.DOCUMENTED,
        ),
        Limit("deposits and withdrawals", "Reach back to 2017, 90 days at a time.", Sure.SEEN),
        Limit("fiat", "Answers one question in 30 seconds: the first reading takes about an hour.", Sure.SEEN),
        Limit("conversions", "Reach back to 2020, 30 days at a time.", Sure.REMEMBERED),
        Limit("flexible rewards", "Reach back to 2021, 30 days at a time.", Sure.REMEMBERED),
        Limit("dust", "Small balances turned into BNB are told since December 2020.", Sure.REMEMBERED),
        Limit("place", "Binance refuses calls from some countries, wherever you live.", Sure.REMEMBERED),
    ),
    notes=("Binance.US is a different exchange, with keys of its own, and has its own place in the list.",),
)
