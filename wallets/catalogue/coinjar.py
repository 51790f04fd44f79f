"""CoinJar: files first. What can be read directly is little documented, and nothing of it has been tried live."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, SignIn, Sure, Way
from wallets.paste import KeyField
from wallets.records import IdentityKind

ROW = Exchange(
    id="coinjar",
    name="CoinJar",
    site="https://www.coinjar.com",
    key_page="https://exchange.coinjar.com",
    connector="wallets.connectors.coinjar:Coinjar",
    # 600 calls in ten minutes for one user, those of other programs and of the web pages included (D).
    for_a_key=Allowance(at_once=20, each_second=0.8),
    methods=(
        Method(
            Way.CSV,
            fetches=("Everything in the transaction report",),
            misses=("Balances",),
            label="the safest way: a file can do nothing",
        ),
        Method(
            Way.OAUTH,
            fetches=("Trades", "Deposits and withdrawals", "Balances"),
            misses=("What happened in the CoinJar app, as far as is known",),
            label="not verified",
        ),
        Method(
            Way.KEY,
            fetches=("Trades on CoinJar Exchange", "Deposits and withdrawals there", "Balances there"),
            misses=("Everything in the CoinJar app: its accounts have no keys", "Fees as billed: they are estimates"),
            label="cannot be proven read-only",
            owner_must_confirm=True,
        ),
    ),
    sign_in=SignIn(
        # The first address and the scope are what another service sends people to; the others follow the custom of the
        # software that such addresses are made with. None has been tried.
        authorize_url="https://secure.coinjar.com/oauth/authorize",
        token_url="https://secure.coinjar.com/oauth/token",  # noqa: S106 # an address
        revoke_url="https://secure.coinjar.com/oauth/revoke",
        api_url="https://api.exchange.coinjar.com",
        scopes=("reports",),
        sure=Sure.REMEMBERED,
    ),
    fields=(
        KeyField(
            "key",
            "API key",
            r"[A-Za-z0-9_-]{43}",
            where="Shown once, when the key is made: one text of letters, digits, dashes and underscores.",
        ),
    ),
    steps=(
        "Consider the file first: by CoinJar's own documents a key has full control of your Exchange account.",
        "Sign in at CoinJar Exchange and open Settings, then API Keys.",
        "Make a new key of the plain kind, not an Advanced API key, for Holdfast alone.",
        "Copy the key here. It is sealed, and Holdfast asks CoinJar for nothing but your history and balances.",
    ),
    leave=("Advanced API key", "Withdraw"),
    activation="Works at once, as far as is known.",
    ip_advice="As far as is known, CoinJar does not bind keys to addresses.",
    expiry="A key lasts until you revoke it, under Settings, API Keys.",
    tells_rights=False,
    probe=(
        "Nothing is tried: CoinJar does not tell what a key may do, and no call is known that would show it without "
        "doing it. By CoinJar's own documents a key may trade and move funds to your CoinJar account."
    ),
    identities={
        Way.OAUTH: (IdentitySource(IdentityKind.USER, "your user id", Sure.REMEMBERED),),
        Way.KEY: (IdentitySource(IdentityKind.USER, "your user id", Sure.REMEMBERED),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.REMEMBERED),),
    },
    limits=(
        Limit("fills", "Believed to reach back to the beginning.", Sure.REMEMBERED),
        Limit(
            "transfers", "Between CoinJar Exchange and your CoinJar account, back to the beginning.", Sure.REMEMBERED
        ),
    ),
    notes=(
        "The sign-in needs a client id of the operator's. Its addresses, and what it opens, are not verified.",
        "If reading directly does not work, a file does.",
    ),
)
