"""Coinbase, the app with Advanced Trade."""

from wallets.catalogue import EVERYTHING, Allowance, Exchange, IdentitySource, Limit, Method, SignIn, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

ROW = Exchange(
    id="coinbase",
    name="Coinbase",
    site="https://www.coinbase.com",
    key_page="https://portal.cdp.coinbase.com/projects/api-keys",
    connector="wallets.connectors.coinbase:Coinbase",
    # 10,000 calls of the app's interface an hour (D); calls of Advanced Trade take a tenth.
    for_a_key=Allowance(at_once=10, each_second=2.7),
    methods=(
        Method(
            Way.OAUTH,
            fetches=EVERYTHING,
            misses=("Fees of Advanced Trade in the coin they were paid in", "Wallets you do not share on the way"),
        ),
        Method(
            Way.KEY,
            fetches=EVERYTHING,
            misses=("Fills of other portfolios: each needs a key of its own", "Coinbase Exchange: other keys"),
        ),
        Method(Way.CSV, fetches=("Everything in the transaction history report",), misses=("Balances",)),
    ),
    sign_in=SignIn(
        authorize_url="https://login.coinbase.com/oauth2/auth",
        token_url="https://login.coinbase.com/oauth2/token",  # noqa: S106 # an address
        revoke_url="https://login.coinbase.com/oauth2/revoke",
        api_url="https://api.coinbase.com",
        scopes=("wallet:user:read", "wallet:accounts:read", "wallet:transactions:read", "offline_access"),
        sure=Sure.DOCUMENTED,
        extra=(("account", "all"),),  # D in part: people may share one wallet only, all the same
        access_revokes=True,
    ),
    fields=(
        KeyField(
            "key",
            "API key name or id",
            rf"organizations/[\w-]+/apiKeys/[\w-]+|{UUID}",
            where='In the key file, after "name" or "id": either organizations/…/apiKeys/… or five groups with dashes.',
        ),
        KeyField(
            "secret",
            "Private key",
            r"[A-Za-z0-9+/]{42,86}={1,2}",
            pem=True,
            where='In the key file, after "privateKey": all of it. You can also paste the whole file.',
        ),
    ),
    steps=(
        "Sign in at the Coinbase Developer Platform with your Coinbase account and open API keys.",
        "Choose Create API key, under Secret API keys, and give it a name such as Holdfast.",
        "Choose the portfolio whose history you want.",
        "Open the restrictions, tick View and no other box.",
        "Either signature, Ed25519 or ECDSA, works here.",
        "Choose Create, then Download. Paste the whole file here, or its two values.",
    ),
    tick=("View",),
    leave=("Trade", "Transfer", "Receive"),
    activation="Works at once, with a confirmation by two-factor sign-in.",
    ip_advice="Coinbase can bind a key to addresses. It is safe and optional; the addresses to enter are shown here.",
    expiry="A key lasts until you delete it. A sign-in is renewed by itself and lasts until you withdraw it.",
    identities={
        Way.OAUTH: (IdentitySource(IdentityKind.USER, "your user id", Sure.DOCUMENTED),),
        Way.KEY: (
            IdentitySource(IdentityKind.PORTFOLIO, "the portfolio of the key", Sure.DOCUMENTED),
            IdentitySource(IdentityKind.USER, "your user id", Sure.REMEMBERED),
        ),
        Way.CSV: (IdentitySource(None, "the file names no account that a key would tell", Sure.REMEMBERED),),
    },
    limits=(
        Limit("transactions", "Asked account by account, back to the beginning.", Sure.SEEN),
        Limit("fills", "Of the key's own portfolio, back to the beginning.", Sure.SEEN),
    ),
)
