"""Uphold, by a sign-in there. Tokens that owners make themselves may do everything, so none is taken."""

from wallets.catalogue import Allowance, Exchange, IdentitySource, Limit, Method, SignIn, Sure, Way
from wallets.records import IdentityKind

ROW = Exchange(
    id="uphold",
    name="Uphold",
    site="https://uphold.com",
    connector="wallets.connectors.uphold:Uphold",
    # 500 calls in five minutes from one address, whoever they are for (D).
    for_an_address=Allowance(at_once=50, each_second=1.4),
    methods=(
        Method(
            Way.OAUTH,
            fetches=("Trades and conversions", "Deposits and withdrawals", "Transfers", "Fees", "Rewards", "Balances"),
            misses=("Transactions you began and never confirmed",),
        ),
        Method(Way.CSV, fetches=("Everything in the transaction history report",), misses=("Balances",)),
    ),
    sign_in=SignIn(
        # This address keeps the challenge of PKCE and leads on to the consent page at wallet.uphold.com. Sent there
        # directly, the challenge has no documented effect.
        authorize_url="https://api.uphold.com/oauth2/authorize/start",
        token_url="https://api.uphold.com/oauth2/token",  # noqa: S106 # an address
        revoke_url="https://api.uphold.com/oauth2/revoke",
        api_url="https://api.uphold.com",
        scopes=("cards:read", "transactions:read", "user:read"),
        sure=Sure.DOCUMENTED,
        client_auth="client_secret_basic",
        access_revokes=True,  # as Uphold's own library does it; the documents do not mention the call
    ),
    activation="Works at once, when you have said yes at Uphold.",
    expiry="A sign-in lasts until you withdraw it at Uphold, or change your password there.",
    identities={
        Way.OAUTH: (IdentitySource(IdentityKind.USER, "your user id", Sure.DOCUMENTED),),
        Way.CSV: (IdentitySource(None, "the file names no account", Sure.REMEMBERED),),
    },
    limits=(
        Limit("transactions", "One list of all cards, back to the beginning.", Sure.DOCUMENTED),
        Limit("balances", "Cards of one currency are told as one.", Sure.DOCUMENTED),
    ),
    notes=(
        "Uphold's personal access tokens can move money. Holdfast does not take them.",
        "When you change your password at Uphold, every sign-in ends: sign in once more and it goes on.",
    ),
)
