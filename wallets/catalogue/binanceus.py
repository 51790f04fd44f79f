"""Binance.US, spot. A row of its own and no region of Binance: it tells no rights, and has other lists."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="binanceus",
    name="Binance.US",
    site="https://www.binance.us",
    key_page="https://www.binance.us/settings/api-management",
    connector="wallets.connectors.binanceus:Binanceus",
    # 1200 units of weight a minute (S), for an address: what may go at once and what follows stay below it together.
    for_a_key=Allowance(at_once=50, each_second=19),
    for_an_address=Allowance(at_once=50, each_second=19),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "Trades in every market that Binance.US still lists",
                "Instant buys and conversions",
                "Deposits and withdrawals, of coins and of dollars",
                "Distributions and staking rewards",
                "Fees",
                "Balances of the spot wallet",
            ),
            misses=(
                "Trades in markets that Binance.US has since taken off its list",
                "Small balances turned into another coin",
                "Coins that are staked, in the balances",
                "What a custodian holds",
            ),
            label="cannot be proven read-only",
            owner_must_confirm=True,
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
        "Sign in at Binance.US on the web and open your profile, then API Management.",
        "Choose Create API and Exchange API Keys, and give it a name you will know again, such as Holdfast.",
        "Confirm with your second factor and the link in the mail, then choose Edit restrictions.",
        "Leave Enable Reading ticked, and no other box.",
        "Copy both values here. The secret is shown only this once.",
    ),
    tick=("Enable Reading",),
    leave=("Enable Spot Trading", "Enable Withdrawals"),
    activation="Works at once, or after you confirm it by mail.",
    ip_advice="Binance.US can bind a key to addresses. It is safe and optional; the addresses to enter are shown here.",
    expiry="A key lasts until you delete it, as far as is known.",
    tells_rights=False,
    probe=(
        "Holdfast asks Binance.US to check an order without placing it. A key that may not trade is refused at once; "
        "nothing can happen either way. Whether a key may withdraw cannot be found out: please look at its boxes."
    ),
    identities={
        Way.KEY: (IdentitySource(IdentityKind.USER, "the account's number, where it is told", Sure.REMEMBERED),),
        Way.CSV: (IdentitySource(IdentityKind.USER, "the column User_ID", Sure.REMEMBERED),),
    },
    limits=(
        Limit(
            "trades",
            "Asked market by market, back to the beginning; later, where what you hold has not changed, once a day.",
            Sure.SEEN,
        ),
        Limit("deposits and withdrawals", "Asked 90 days at a time, back to September 2019.", Sure.SEEN),
        Limit("dollars", "Asked 90 days at a time; how far back they reach is not known.", Sure.REMEMBERED),
        Limit(
            "instant buys, conversions, distributions and staking",
            "How far back they reach is not known; Holdfast asks from September 2019 on.",
            Sure.REMEMBERED,
        ),
        Limit("place", "Binance.US refuses calls from some places, wherever you live.", Sure.REMEMBERED),
    ),
    notes=("Binance (binance.com) is a different exchange, with keys of its own, and has its own place in the list.",),
)
