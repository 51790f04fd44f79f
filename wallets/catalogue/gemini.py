"""Gemini, spot."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="gemini",
    name="Gemini",
    site="https://www.gemini.com",
    key_page="https://exchange.gemini.com/settings/api",
    connector="wallets.connectors.gemini:Gemini",
    # 600 signed calls a minute, five a second recommended, and transfers once in five seconds (D). So that two of these
    # never come closer together, a call waits until those before it are paid for.
    for_a_key=Allowance(at_once=26, each_second=5, dearest=26),
    one_at_a_time=True,
    methods=(
        Method(
            Way.KEY,
            fetches=("Trades", "Deposits and withdrawals", "Fees of trades", "Staking rewards", "Balances"),
            misses=(
                "Network fees of withdrawals: Gemini does not report them",
                "Trades in markets that Gemini has since closed",
                "Wires and bank transfers that came back: Gemini does not list them",
                "Gemini Earn, Gemini credit card and derivatives",
            ),
        ),
        Method(Way.CSV, fetches=("Everything in the transaction history export",), misses=("Balances",)),
    ),
    fields=(
        KeyField(
            "key",
            "API key",
            r"account-[A-Za-z0-9]{20}",
            where="Shown when the key is made: the word account, a dash, and 20 letters and digits.",
        ),
        KeyField("secret", "API secret", r"[A-Za-z0-9]{24,32}", where="Shown once, under the API key."),
    ),
    steps=(
        "Sign in at Gemini on the web and open Settings, then API.",
        "Choose Create a new API key, and the scope of one account: the key begins with account, never with master.",
        "Give it the role Auditor and no other.",
        "Leave the box for a time-based nonce empty.",
        "Copy both values here, then confirm at Gemini that you have kept them. The secret is shown only this once.",
        "Use this key for Holdfast alone: two apps with one key upset each other.",
    ),
    tick=("Auditor",),
    leave=("Trader", "Fund Manager", "Administrator", "Uses a time based nonce"),
    activation="Works at once.",
    ip_advice="Gemini can limit a key to trusted addresses. It is optional; the addresses to enter are shown here.",
    expiry="A key lasts until you delete it.",
    identities={
        Way.KEY: (IdentitySource(IdentityKind.SUB_ACCOUNT, "the account's own reference for wires", Sure.REMEMBERED),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.REMEMBERED),),
    },
    limits=(
        Limit("trades", "Asked market by market, back to the beginning.", Sure.SEEN),
        Limit("transfers", "Reaches back to the beginning, without the network fee of withdrawals.", Sure.SEEN),
        Limit("staking", "Reaches back to the first staking.", Sure.DOCUMENTED),
        Limit("accounts", "A key sees one account of yours; each further account needs its own.", Sure.DOCUMENTED),
    ),
)
