"""OKX, with its sites for Europe and the United States."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Region, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="okx",
    name="OKX",
    site="https://www.okx.com",
    key_page="https://www.okx.com/account/my-api",
    connector="wallets.connectors.okx:Okx",
    # Each list has a limit of its own for each account, of 1 to 6 calls a second (D). A call costs the tenths of a
    # second it takes of its list's. We spend half of what time gives, and half a second's worth at once: then no list
    # is asked too often, whichever it is.
    for_a_key=Allowance(at_once=5, each_second=4.5),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "The ledger of the trading account and its trades, three months back",
                "The ledger of the funding account since February 2021: rewards, earnings, purchases with money",
                "Deposits and withdrawals",
                "Conversions",
                "Interest on savings, one month back, and staking orders",
                "Fees",
                "Balances of the trading and funding accounts",
            ),
            misses=(
                "Trades and the trading ledger older than three months: OKX gives those out as files, by quarter",
                "Coins that lie in Simple Earn or are staked, in the balances",
                "Sub-accounts: each has a key of its own",
                "Wallets outside the exchange (OKX Wallet)",
            ),
        ),
        Method(
            Way.CSV,
            fetches=("Everything in the account statements, also what is older than three months",),
            misses=("Balances",),
        ),
    ),
    fields=(
        KeyField(
            "key",
            "API Key",
            r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
            where="Shown when the key is made and in the list of keys: 36 signs in five groups.",
        ),
        KeyField(
            "secret",
            "Secret Key",
            r"[0-9A-F]{32}",
            where="Shown when the key is made: 32 digits and capital letters.",
        ),
        KeyField(
            "passphrase",
            "Passphrase",
            chosen=True,
            where="The one you chose while making this key, not the password you sign in with.",
        ),
    ),
    steps=(
        "Sign in on the web at the OKX site where your account is, and choose that site here as well.",
        "Open your profile, then API, and choose Create API key.",
        "If OKX asks for a purpose, choose API trading; it is the boxes below that decide what the key may do.",
        "Give it a name you will know again, such as Holdfast.",
        "Choose a passphrase for this key and note it: OKX cannot show it again.",
        "Leave Read ticked, and no other box.",
        "Confirm with your codes, then copy the API key and the secret key here.",
    ),
    tick=("Read",),
    leave=("Trade", "Withdraw"),
    activation="Works at once. A key made for demo trading does not work here.",
    ip_advice="OKX can bind a key to 20 addresses. With Read alone it is optional; the addresses are shown here.",
    # M in exchanges.md; a copy of the documents says the same.
    expiry="A key with Read alone lasts until you delete it. Those with Trade or Withdraw and without an address are "
    "said to lapse after 14 days without use.",
    # Hosts as ccxt has them. exchanges.md has my.okx.com and app.okx.com for the last two, which ccxt takes for the web
    # sites only, and so does OKX's support where people have asked; to be checked live (M).
    regions=(
        Region("global", "OKX (www.okx.com)", "www.okx.com", "okx"),
        Region("eea", "OKX Europe (my.okx.com)", "eea.okx.com", "myokx"),
        Region("us", "OKX United States (app.okx.com)", "us.okx.com", "okxus"),
    ),
    identities={
        Way.KEY: (
            IdentitySource(IdentityKind.USER, "the account's number, told with the key", Sure.SEEN),
            IdentitySource(IdentityKind.SUB_ACCOUNT, "a sub-account's own number, told with its key", Sure.SEEN),
        ),
        Way.CSV: (IdentitySource(IdentityKind.USER, "the column UID", Sure.REMEMBERED),),
    },
    limits=(
        Limit(
            "trades and trading ledger",
            "Reach back three months. Upload the account statements for what is older.",
            Sure.DOCUMENTED,
        ),
        Limit("funding ledger", "Reaches back to February 2021.", Sure.REMEMBERED),
        Limit("deposits", "May reach back one year only; the funding ledger has the amounts.", Sure.REMEMBERED),
        Limit("withdrawals and conversions", "How far back they reach is not known.", Sure.REMEMBERED),
        Limit(
            "savings",
            "Interest is told for one month. Before that, only the funding ledger can have it.",
            Sure.REMEMBERED,
        ),
        Limit("Europe", "Spot trades and perpetual swaps are asked for, as these are offered there.", Sure.REMEMBERED),
        Limit("United States", "Spot trades only; earning products are not asked for.", Sure.REMEMBERED),
    ),
    notes=(
        "A key works only at the site where it was made. At another, OKX says the same as of a key that was deleted.",
    ),
)
