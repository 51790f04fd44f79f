"""KuCoin, classic account."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="kucoin",
    name="KuCoin",
    site="https://www.kucoin.com",
    key_page="https://www.kucoin.com/account/api",
    connector="wallets.connectors.kucoin:Kucoin",
    # 2000 units in 30 seconds for the lowest tier (M): what may go at once and what follows stay below it together.
    for_a_key=Allowance(at_once=450, each_second=50),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "Trades",
                "The ledger of the last year",
                "The ledger of a Pro (high-frequency) account, from three days before you connect it on",
                "Deposits and withdrawals",
                "Fees",
                "Balances",
            ),
            misses=(
                "Ledger entries older than a year: rewards and bonuses come from the file export",
                "Trades older than about a year, and those of a Pro account from before: from the file export",
                "What was before 18 February 2019",
                "Unified accounts, futures",
            ),
        ),
        Method(Way.CSV, fetches=("Everything in the account statements",), misses=("Balances",)),
    ),
    fields=(
        KeyField("key", "API Key", r"[0-9a-f]{24}", where="Shown when the key is made: 24 digits and small letters."),
        KeyField(
            "secret",
            "API Secret",
            r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
            where="Shown once, under the API key: 36 signs in five groups.",
        ),
        KeyField(
            "passphrase",
            "API Passphrase",
            chosen=True,
            where="The one you chose while making this key: neither your sign-in password nor your trading password.",
        ),
    ),
    steps=(
        "Sign in at KuCoin on the web and open your profile, then API Management.",
        "Choose Create API and API-based trading, and give it a name you will know again, such as Holdfast.",
        "Choose a passphrase for this key and note it: KuCoin cannot show it again.",
        "Leave General ticked, and no other box.",
        "Confirm with your trading password and codes, then copy both values here. The secret is shown only this once.",
    ),
    tick=("General",),
    leave=("Spot Trading", "Margin Trading", "Futures Trading", "Unified", "Earn", "Transfer", "Withdrawal"),
    activation="Confirm the link that KuCoin sends by mail, if it sends one.",
    ip_advice="KuCoin can bind a key to addresses. With General alone it is optional; the addresses are shown here.",
    expiry="A key with General alone lasts until you delete it.",
    identities={
        Way.KEY: (IdentitySource(IdentityKind.USER, "the account's number, told with the key", Sure.SEEN),),
        Way.CSV: (IdentitySource(IdentityKind.USER, "the column UID", Sure.REMEMBERED),),
    },
    limits=(
        Limit("ledger", "Reaches back one year, a day at a time.", Sure.REMEMBERED),
        Limit(
            "trades",
            "Asked a week at a time, back to February 2019. KuCoin is said to hand out a year of them at most.",
            Sure.REMEMBERED,
        ),
        Limit("deposits and withdrawals", "Asked a week at a time, back to February 2019.", Sure.SEEN),
        Limit(
            "Pro account",
            "Reaches back three days. Upload the account statements for what is older.",
            Sure.DOCUMENTED,
        ),
    ),
)
