"""Bitfinex."""

from wallets.catalogue import EVERYTHING, Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="bitfinex",
    name="Bitfinex",
    site="https://www.bitfinex.com",
    key_page="https://setting.bitfinex.com/api",
    connector="wallets.connectors.bitfinex:Bitfinex",
    # 90 calls a minute to one path; the address is shut out for a minute when it asks more (D).
    for_a_key=Allowance(at_once=10, each_second=1),
    for_an_address=Allowance(at_once=10, each_second=1),
    one_at_a_time=True,
    methods=(
        Method(Way.KEY, fetches=EVERYTHING, misses=("Sub-accounts: each needs a key of its own",)),
        Method(Way.CSV, fetches=("Everything in the ledgers export",), misses=("Balances",)),
    ),
    fields=(
        KeyField("key", "API key", r"[A-Za-z0-9_-]{30,64}", where="Shown when the key is made, above the secret."),
        KeyField(
            "secret",
            "API key secret",
            r"[A-Za-z0-9_-]{30,64}",
            where="Shown once, under the key. Both look alike, so take care which is which.",
        ),
    ),
    steps=(
        "Sign in at Bitfinex and open Settings, then API keys.",
        "Choose Create new key. Leave every switch for editing, trading and withdrawing off.",
        "Switch on the reading parts of Account History, Wallets and Account Info; the last tells whose key it is.",
        "Give it a name you will know again, such as Holdfast, and choose Generate API key.",
        "Confirm it with the link in the e-mail that Bitfinex sends.",
        "Copy both values here. Use this key for Holdfast alone: two apps with one key upset each other.",
    ),
    tick=("Account History: read", "Wallets: read", "Account Info: read"),
    leave=("Every write switch", "Withdrawals"),
    activation="Only after you confirm it with the link in Bitfinex's e-mail.",
    ip_advice="Bitfinex can bind a key to addresses. It is safe and optional; the addresses to enter are shown here.",
    expiry="A key lasts until you delete it.",
    identities={
        Way.KEY: (IdentitySource(IdentityKind.USER, "your user number, with Account Info", Sure.REMEMBERED),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.REMEMBERED),),
    },
    limits=(
        Limit("ledger", "Reaches back to the beginning.", Sure.SEEN),
        Limit("symbols", "Bitfinex writes some coins its own way: UST is Tether, DSH is Dash.", Sure.SEEN),
    ),
)
