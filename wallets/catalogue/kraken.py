"""Kraken, spot."""

from wallets.catalogue import EVERYTHING, Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField

ROW = Exchange(
    id="kraken",
    name="Kraken",
    site="https://www.kraken.com",
    key_page="https://pro.kraken.com/app/settings/api",
    connector="wallets.connectors.kraken:Kraken",
    # The lowest tier: a counter of 15 that falls by one every three seconds (D). Higher tiers allow more. One less
    # is spent, for calls that are held up on their way arrive closer together than they went.
    for_a_key=Allowance(at_once=14, each_second=1 / 3),
    one_at_a_time=True,
    methods=(
        Method(Way.KEY, fetches=EVERYTHING, misses=("Kraken Futures: a product of its own, with keys of its own",)),
        Method(Way.CSV, fetches=("Everything in the ledgers and trades exports",), misses=("Balances",)),
    ),
    fields=(
        KeyField(
            "key", "API key", r"[A-Za-z0-9+/]{56}", where="Shown when the key is made: 56 letters, digits and signs."
        ),
        KeyField(
            "secret",
            "Private key",
            r"[A-Za-z0-9+/]{86}==",
            where="Shown once, under the API key: 88 letters, digits and signs, ending in ==.",
        ),
    ),
    steps=(
        "Sign in at Kraken and open Settings, then API.",
        "Choose Create API key and give it a name you will know again, such as Holdfast.",
        "Tick the boxes named below and no others.",
        "Leave the custom nonce window and the start and end dates for queries empty: dates would hide history.",
        "Choose Generate key, then copy both values here. Do not add two-factor sign-in to the key itself.",
    ),
    tick=("Query funds", "Query open orders & trades", "Query closed orders & trades", "Query ledger entries"),
    leave=(
        *("Deposit funds", "Withdraw funds", "Earn", "Add withdrawal addresses", "Update withdrawal addresses"),
        *("Create & modify orders", "Cancel & close orders"),
    ),
    ip_advice="Kraken can bind a key to addresses. It is safe and optional; the addresses to enter are shown here.",
    expiry="A key lasts until the date you give it, or for ever.",
    identities={
        Way.KEY: (IdentitySource(None, "Kraken tells a key nothing about whose it is", Sure.DOCUMENTED),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.SEEN),),
    },
    limits=(
        Limit("ledger", "Reaches back to the beginning.", Sure.DOCUMENTED),
        Limit(
            "pace",
            "Answers about 8 to 25 rows a second, by your Kraken tier: a long history takes hours.",
            Sure.DOCUMENTED,
        ),
    ),
    # D: Kraken's help says so.
    notes=(
        "A key with two-factor sign-in of its own cannot be used here: make one without.",
        "Of such a key Kraken says that the signature is wrong, though the secret is right.",
    ),
)
