"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from wallets import visitors, visitors_trials


def register() -> None:
    add_visitor("beginner", visitors.beginner)
    add_visitor("holder", visitors.holder)
    add_visitor("keeper", visitors.keeper)
    add_visitor("mender", visitors.mender)
    add_visitor("seeker", visitors_trials.seeker)
    add_visitor("tester", visitors_trials.tester)
    add_views(*CONNECTING, *TRIALS)
    add_views(*WALLETS)


def page_of(name: str, part: str = "", owner: str = visitors.HOLDER) -> str:
    return f"/wallets/{visitors.wallet_id(name, owner)}/{part}"


# The pages of one wallet that differ; every cause reads alike.
STATES = (
    "working",
    "own-word",
    "expired",
    "right-missing",
    "rights-wide",
    "address",
    "sign-in",
    "frozen",
    "down",
    "leaked",
    "paused",
    "in-bin",
    "by-hand",
)
# One visitor for each handful: whoever looks at all pages of one has only so much time.
WALLETS = (
    *(View(f"wallet-{name}", page_of(name), visitor="holder") for name in STATES),
    View("wallets", "wallets:index", visitor="keeper"),
    View("wallets-waiting", "/wallets/?show=needs_you", visitor="keeper"),
    View("home-wallets", "accounts:home", visitor="keeper"),
    View("wallet-checklist", page_of("address", "checklist/", visitors.KEEPER), visitor="keeper"),
    View("wallet-checklist-good", page_of("working", "checklist/", visitors.KEEPER), visitor="keeper"),
    View("wallet-checklist-none", page_of("expired", "checklist/", visitors.KEEPER), visitor="keeper"),
    View("wallet-help", page_of("unclear", "help/", visitors.KEEPER), visitor="keeper"),
    View(
        "wallet-help-wrong",
        page_of("unclear", "help/", visitors.KEEPER),
        visitor="keeper",
        fills={"#id_subject": " "},
        press=("main form button[type=submit]",),
    ),
    View("wallets-bin", "wallets:bin", visitor="keeper"),
    View("wallets-connections", "wallets:connections", visitor="keeper"),
    View("wallets-help", "wallets:help_index", visitor="keeper"),
    View("wallets-empty", "wallets:index", visitor="beginner"),
    View("wallets-bin-empty", "wallets:bin", visitor="beginner"),
    View("wallets-connections-empty", "wallets:connections", visitor="beginner"),
    View("wallets-help-empty", "wallets:help_index", visitor="beginner"),
    View("wallet-remove", page_of("expired", "remove/", visitors.MENDER), visitor="mender"),
    View("wallet-remove-files", page_of("files", "remove/", visitors.MENDER), visitor="mender"),
    View("wallet-detach", page_of("working", "detach/", visitors.MENDER), visitor="mender"),
    View("wallet-leaked-ask", page_of("working", "leaked/", visitors.MENDER), visitor="mender"),
    View("wallet-leaked-none", page_of("files", "leaked/", visitors.MENDER), visitor="mender"),
)
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"  # of BIP-39's own examples
TEST = ("main form button[type=submit]",)
CONNECTING = (
    View("add", "wallets:add", visitor="seeker"),
    View("add-sought", "/wallets/add/?q=kr", visitor="seeker"),
    View("add-nothing", "/wallets/add/?q=unheard+of", visitor="seeker"),
    View("by-hand", "wallets:by_hand", visitor="seeker"),
    View("exchange", "/wallets/add/kraken/", visitor="tester"),
    View("exchange-signs-in", "/wallets/add/coinbase/", visitor="seeker"),
    View("exchange-cannot-tell", "/wallets/add/bitstamp/", visitor="seeker"),
    View("connect-key", "/wallets/add/kraken/key/", visitor="seeker"),
    View("connect-key-file", "/wallets/add/coinbase/key/", visitor="seeker"),
    View("connect-key-regions", "/wallets/add/okx/key/", visitor="seeker"),
    View(
        "connect-key-wrong",
        "/wallets/add/kucoin/key/",
        visitor="seeker",
        fills={"#id_key": "me@example.com", "#id_secret": "****************"},
        press=TEST,
    ),
    View(
        "connect-key-treasure",
        "/wallets/add/kraken/key/",
        visitor="seeker",
        fills={"#id_key": "anything", "#id_secret": PHRASE},
        press=TEST,
    ),
    View("connect-files", "/wallets/add/kraken/files/", visitor="seeker"),
    View("sign-in-trouble", "/wallets/sign-in/coinbase/trouble/too-late/", visitor="seeker"),
    View("sign-in-trouble-elsewhere", "/wallets/sign-in/coinbase/trouble/somebody-else-now/"),
    *(
        View(f"wallet-{name}", page_of(name, owner=visitors.MENDER), visitor="mender")
        for name in ("reserve", "not-taken", "taken-over")
    ),
    View("update-key", page_of("passphrase", "key/", visitors.MENDER), visitor="mender"),
    View("method", page_of("working", "method/", visitors.MENDER), visitor="mender"),
    View("method-files", page_of("working", "method/files/", visitors.MENDER), visitor="mender"),
)
TRIALS = tuple(
    View(f"test-{name}", f"/wallets/tests/{visitors_trials.test_id(name)}/", visitor="tester")
    for name in visitors_trials.TESTS
)
