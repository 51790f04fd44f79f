"""Bitstamp, spot."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField

ROW = Exchange(
    id="bitstamp",
    name="Bitstamp",
    site="https://www.bitstamp.net",
    key_page="https://www.bitstamp.net/settings/api-access/",
    connector="wallets.connectors.bitstamp:Bitstamp",
    # 10,000 calls in ten minutes (M).
    for_a_key=Allowance(at_once=20, each_second=10),
    methods=(
        Method(
            Way.KEY,
            fetches=(
                "Trades",
                "Conversions and instant buys",
                "Deposits and withdrawals",
                "Fees",
                "Staking",
                "Balances",
            ),
            misses=("Lending and Earn subscriptions that move nothing",),
            label="cannot be proven read-only",
            owner_must_confirm=True,
        ),
        Method(Way.CSV, fetches=("Everything in the transactions export",), misses=("Balances",)),
    ),
    fields=(
        KeyField("key", "API key", r"[A-Za-z0-9]{32}", where="Shown once the key is active: 32 letters and digits."),
        KeyField(
            "secret",
            "API secret",
            r"[A-Za-z0-9]{32}",
            where="Shown once, beside the key: 32 letters and digits too, so take care which is which.",
        ),
    ),
    steps=(
        "Sign in at Bitstamp on the web and open Settings, then API access.",
        "Choose New API key and tick the two boxes named below and no others.",
        "Choose Activate. Bitstamp sends an e-mail: open the link in it, or the key stays without effect.",
        "Copy both values here.",
    ),
    tick=("Account balance", "User transactions"),
    leave=("Every box for orders, trading, transfers and withdrawals",),
    activation="Only after you open the link in Bitstamp's e-mail.",
    ip_advice="Bitstamp can bind a key to addresses. It is safe and optional; the addresses to enter are shown here.",
    expiry="A key lasts until you delete it.",
    tells_rights=False,
    probe=(
        "Holdfast asks Bitstamp to cancel an order that closed in 2011. A key that may not trade is refused at once; "
        "nothing can happen either way. Whether a key may withdraw cannot be found out: please look at its boxes."
    ),
    identities={
        Way.KEY: (IdentitySource(None, "Bitstamp tells a key nothing about whose it is", Sure.SEEN),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.REMEMBERED),),
    },
    limits=(
        Limit("transactions", "Reaches back to the beginning.", Sure.SEEN),
        Limit("crypto", "Addresses and transaction ids, without fees.", Sure.SEEN),
    ),
)
