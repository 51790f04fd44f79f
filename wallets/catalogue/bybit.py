"""Bybit, unified account, with its sites for Europe and Indonesia."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Region, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="bybit",
    name="Bybit",
    site="https://www.bybit.com",
    key_page="https://www.bybit.com/app/user/api-management",
    connector="wallets.connectors.bybit:Bybit",
    # Each list has a limit of its own for each account, of 1 to 50 calls a second. A call costs the fiftieths of a
    # second that it takes of its list's (S); we keep a little below. An address may call 600 times in five seconds (D),
    # and no call costs less than one.
    for_a_key=Allowance(at_once=50, each_second=40),
    for_an_address=Allowance(at_once=50, each_second=109),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "The ledger of the unified account and its trades, two years back",
                "The ledger of the funding account",
                "Deposits and withdrawals, also those within Bybit",
                "Transfers between your accounts",
                "Conversions and small balances turned into other coins",
                "Orders of flexible savings, and yields of three months",
                "Fees",
                "Balances of the unified and funding accounts and in Earn",
            ),
            misses=(
                "Trades and the unified ledger older than two years",
                "Conversions made on the web before 10 September 2025, apart from what the ledgers tell of them",
                "Accounts that were never changed into unified ones, and copy trading",
                "Sub-accounts: each has a key of its own, which cannot read withdrawals",
            ),
        ),
        Method(
            Way.CSV,
            fetches=("Everything in the transaction log and asset history exports",),
            misses=("Balances",),
        ),
    ),
    fields=(
        KeyField(
            "key",
            "API Key",
            r"[A-Za-z0-9]{18,20}",
            where="Shown when the key is made and in the list of keys: 18 letters and digits, older ones up to 20.",
        ),
        KeyField(
            "secret",
            "API Secret",
            r"[A-Za-z0-9]{36}",
            pem=True,
            where="Shown once, under the API key: 36 letters and digits. With a key pair of your own: the private key.",
        ),
    ),
    steps=(
        "Sign in on the web at the Bybit site where your account is, and choose that site here as well.",
        "Open your profile, then API, and choose Create New Key, then System-generated API Keys and API Transaction.",
        "Give it a name you will know again, such as Holdfast.",
        "Choose Read-Only. This is what keeps your money safe: with it, the boxes only say what may be read.",
        "Tick the boxes named below, as far as your site shows them.",
        "Confirm with your codes, then copy both values here. The secret is shown only this once.",
    ),
    tick=(
        "Read-Only",
        "Contract: Orders",
        "Contract: Positions",
        "USDC Contracts: Trade",
        "SPOT: Trade",
        "Account Transfer",
        "Subaccount Transfer",
        "Exchange History",
        "Earn",
    ),
    leave=("Read-Write", "Withdrawal", "Copy Trading", "Block Trade", "P2P", "Bybit Pay", "Fiat Convert"),
    activation="Works at once. A key of the testnet or of demo trading does not work here.",
    ip_advice=(
        "Bybit can bind a key to addresses, and a key that is bound does not end after three months. The addresses to "
        "enter are shown here; without them, choose No IP restriction."
    ),
    expiry="A key without addresses ends 90 days after it was made or after your password was changed.",
    # Hosts as ccxt has them (S). Sites that it does not know are not offered.
    regions=(
        Region("global", "Bybit (www.bybit.com)", "api.bybit.com", "bybit"),
        Region("eu", "Bybit EU (www.bybit.eu)", "api.bybit.eu", "bybiteu"),
        Region("id", "Bybit Indonesia (www.bybit.id)", "api.bybit.id", "bybitid"),
    ),
    identities={
        Way.KEY: (
            IdentitySource(IdentityKind.USER, "the account's number, told with the key", Sure.DOCUMENTED),
            IdentitySource(IdentityKind.SUB_ACCOUNT, "a sub-account's own number, told with its key", Sure.DOCUMENTED),
        ),
        Way.CSV: (IdentitySource(IdentityKind.USER, "the column UID", Sure.REMEMBERED),),
    },
    limits=(
        Limit("trades and unified ledger", "Reach back two years, a week at a time.", Sure.DOCUMENTED),
        Limit("yields", "Reach back three months. The ledgers have what was paid before.", Sure.DOCUMENTED),
        Limit("conversions", "Those made on the web are told since 10 September 2025.", Sure.DOCUMENTED),
        Limit(
            "funding ledger, deposits, withdrawals, transfers, Earn orders",
            "How far back they reach is not known; Holdfast asks from March 2018 on.",
            Sure.REMEMBERED,
        ),
        Limit(
            "Dual Asset",
            "What is put in and paid out are adjustments; a payout in another coin is not told as a trade.",
            Sure.REMEMBERED,
        ),
        Limit("transfers", "Answer one question a second: the first reading takes some minutes.", Sure.SEEN),
        Limit("Europe", "Spot trades only, as contracts are not offered there.", Sure.SEEN),
        Limit("place", "Bybit refuses calls from some countries, wherever you live.", Sure.REMEMBERED),
    ),
    notes=(
        "A key works only at its own site. At another Bybit calls it invalid, as it does a key that was deleted.",
        "The sites of other countries, such as bybit.kz and bybit.nl, cannot be connected here yet.",
    ),
)
