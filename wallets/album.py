"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from wallets import visitors, visitors_trials


def register() -> None:
    add_visitor("holder", visitors.holder)
    add_visitor("mender", visitors.mender)
    add_visitor("tester", visitors_trials.tester)
    add_views(*CONNECTING, *TRIALS)
    add_views(*WALLETS)


def page_of(name: str, part: str = "", owner: str = visitors.HOLDER) -> str:
    return f"/wallets/{visitors.wallet_id(name, owner)}/{part}"


STATES = tuple(name for name in visitors.WALLETS if name != "by-consent")
WALLETS = (
    View("wallets", "wallets:index", visitor="holder"),
    View("wallets-empty", "wallets:index", visitor="owner"),
    View("wallets-waiting", "/wallets/?show=needs_you", visitor="holder"),
    View("home-wallets", "accounts:home", visitor="holder"),
    *(View(f"wallet-{name}", page_of(name), visitor="holder") for name in STATES),
    View("wallet-checklist", page_of("address", "checklist/"), visitor="holder"),
    View("wallet-checklist-good", page_of("working", "checklist/"), visitor="holder"),
    View("wallet-checklist-none", page_of("expired", "checklist/"), visitor="holder"),
    View("wallet-help", page_of("unclear", "help/"), visitor="holder"),
    View(
        "wallet-help-wrong",
        page_of("unclear", "help/"),
        visitor="holder",
        fills={"#id_subject": " "},
        press=("main form button[type=submit]",),
    ),
    View("wallets-bin", "wallets:bin", visitor="holder"),
    View("wallets-bin-empty", "wallets:bin", visitor="owner"),
    View("wallets-connections", "wallets:connections", visitor="holder"),
    View("wallets-connections-empty", "wallets:connections", visitor="owner"),
    View("wallets-help", "wallets:help_index", visitor="holder"),
    View("wallets-help-empty", "wallets:help_index", visitor="owner"),
    View("wallet-remove", page_of("expired", "remove/", visitors.MENDER), visitor="mender"),
    View("wallet-remove-files", page_of("files", "remove/", visitors.MENDER), visitor="mender"),
    View("wallet-detach", page_of("working", "detach/", visitors.MENDER), visitor="mender"),
    View("wallet-leaked-ask", page_of("working", "leaked/", visitors.MENDER), visitor="mender"),
    View("wallet-leaked-none", page_of("files", "leaked/", visitors.MENDER), visitor="mender"),
)
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"  # of BIP-39's own examples
TEST = ("main form button[type=submit]",)
CONNECTING = (
    View("add", "wallets:add", visitor="owner"),
    View("add-sought", "/wallets/add/?q=kr", visitor="owner"),
    View("add-nothing", "/wallets/add/?q=unheard+of", visitor="owner"),
    View("by-hand", "wallets:by_hand", visitor="owner"),
    View("exchange", "/wallets/add/kraken/", visitor="tester"),
    View("exchange-signs-in", "/wallets/add/coinbase/", visitor="owner"),
    View("exchange-cannot-tell", "/wallets/add/bitstamp/", visitor="owner"),
    View("connect-key", "/wallets/add/kraken/key/", visitor="owner"),
    View("connect-key-file", "/wallets/add/coinbase/key/", visitor="owner"),
    View("connect-key-regions", "/wallets/add/okx/key/", visitor="owner"),
    View(
        "connect-key-wrong",
        "/wallets/add/kucoin/key/",
        visitor="owner",
        fills={"#id_key": "me@example.com", "#id_secret": "****************"},
        press=TEST,
    ),
    View(
        "connect-key-treasure",
        "/wallets/add/kraken/key/",
        visitor="owner",
        fills={"#id_key": "anything", "#id_secret": PHRASE},
        press=TEST,
    ),
    View("connect-files", "/wallets/add/kraken/files/", visitor="owner"),
    View("sign-in-trouble", "/wallets/sign-in/coinbase/trouble/too-late/", visitor="owner"),
    View("sign-in-trouble-elsewhere", "/wallets/sign-in/coinbase/trouble/somebody-else-now/"),
    View("update-key", page_of("passphrase", "key/", visitors.MENDER), visitor="mender"),
    View("method", page_of("working", "method/", visitors.MENDER), visitor="mender"),
    View("method-files", page_of("working", "method/files/", visitors.MENDER), visitor="mender"),
)
TRIALS = tuple(
    View(f"test-{name}", f"/wallets/tests/{visitors_trials.test_id(name)}/", visitor="tester")
    for name in visitors_trials.TESTS
)
