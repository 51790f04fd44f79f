"""Every failure that the facts know, played by the sandbox over the real wire: the trial ends with the right cause, and
the test's page and the API say so in diagnosis' words. `-s` shows "right / all" for each exchange. And what is not only
reading is refused, by name, wherever it can be asked.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.accounts.api.conftest import script_of
from tests.wallets.conftest import known_errors
from tests.wallets.holdings import words
from wallets import catalogue
from wallets.catalogue import Way
from wallets.diagnosis import diagnose
from wallets.models import CredentialTest, Wallet
from wallets.records import Cause
from wallets.sandbox.faults import Fault, Kind

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = [row for row in catalogue.load().values() if not row.retired]
TOKEN_PATHS = {"coinbase": "/oauth2/token", "uphold": "/oauth2/token", "coinjar": "/oauth/token"}
# What no answer of an exchange stands for but our own mistake, or somebody else answering in its place. The facts list
# none of these as a failure of the owner's, the exchange's or the way between.
NOT_UNDERSTOOD = {
    "beyond the last row",
    "captive portal",
    "malformed range",
    "no such address",
    "no such path",
    "not found",
    "parameter",
    "validation failed",
    "wrong parameters",
}


def by_sign_in(row, error):
    return row.method(Way.KEY) is None or "oauth" in error["meaning"]


class Play:
    """One body after another, each to a fresh trial that saves nothing."""

    def __init__(self, stage, house, row):
        self.stage, self.faults, self.row = stage, house.faults[row.id].faults, row

    def end_of(self, error):
        """The exchange tells its time, or gives its tokens, and answers like this from then on."""
        answer = {"status": error["status"], "body": error["body"]}
        at_tokens = "token endpoint" in error["meaning"]
        if by_sign_in(self.row, error):
            self.stage.consent(self.row.id)
        else:
            self.stage.paste(self.stage.key(self.row.id), self.row.id, purpose=CredentialTest.Purpose.LOOK)
        path = TOKEN_PATHS[self.row.id] if at_tokens else "*"
        first = [] if at_tokens else [Fault(Kind.NONE, times=1)]
        self.faults[:] = [*first, Fault(Kind.STATUS, path=path, **answer)]
        done = self.stage.work()
        self.faults.clear()
        if CredentialTest.objects.due(now=self.stage.now()).exists():  # what a refused consent brought is taken back
            self.stage.work()
        return done


@pytest.fixture
def see(alice, alices_browser):
    """What is said about a test: on its page, and in the API's answer."""
    script = script_of(alice, "read")

    def run(test):
        page = words(alices_browser.get(f"/wallets/tests/{test.pk}/").text)
        return page, script.get(f"/api/v1/credential-tests/{test.pk}/").json()

    return run


@pytest.mark.turns(3)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_known_failure_is_told_as_what_it_is(stage, house, see, row):
    play, errors, wrong = Play(stage, house, row), known_errors(row.id), []
    for error in errors:
        done = play.end_of(error)
        if (done.state, done.cause) != ("failed", error["cause"]):
            wrong.append(f"{error['meaning']}: {done.state}, {done.cause} and not {error['cause']}")
            continue
        told = diagnose(Cause(done.cause), exchange=row.name, right=done.cause_right, way=done.way)
        page, answer = see(done)
        assert told.title in page, error["meaning"]
        assert told.explanation in page, error["meaning"]
        assert (answer["state"], answer["cause"], answer["title"]) == ("failed", done.cause, told.title)
        assert told.explanation in answer["explanation"]
        crossed = [line for line in answer["checklist"] if line["state"] == "crossed"]
        assert done.cause in {line["cause"] for line in crossed}

    print(f"{row.id}: {len(errors) - len(wrong)} / {len(errors)}")  # noqa: T201 - the figure that is asked for
    assert not wrong
    assert not Wallet.objects.exists()
    assert not CredentialTest.objects.filter(sealed__isnull=False).exists()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_nothing_that_the_facts_list_is_called_an_unexpected_reply(row):
    errors = known_errors(row.id)

    unexpected = {error["meaning"] for error in errors if error["cause"] == Cause.UNEXPECTED_REPLY}

    assert unexpected <= NOT_UNDERSTOOD
    assert len(errors) > len(unexpected)


@pytest.mark.parametrize("name", ["uphold", "coinjar"])
def test_where_bodies_are_not_documented_they_are_said_to_be_made_up(name):
    """Coinjar documents none that a sign-in would meet; Uphold few."""
    sources = {error["source"] for error in known_errors(name)}

    assert "invented" in sources
    assert sources <= {"invented", "docs", "third-party notes"}


# --- what a key may do ---------------------------------------------------------------------------------------------

# By the exchanges' own names: what the facts list beyond reading. Each connector's test refuses them one by one.
BEYOND_READING = {
    "binance": {
        "enableSpotAndMarginTrading",
        "enableMargin",
        "enableFutures",
        "enableVanillaOptions",
        "enablePortfolioMarginTrading",
        "enableFixApiTrade",
        "enableWithdrawals",
        "enableInternalTransfer",
        "permitsUniversalTransfer",
    },
    "bitfinex": {
        "orders",
        "positions",
        "funding",
        "withdraw",
        "ui_withdraw",
        "wallets",
        "account",
        "settings",
        "bfxpay",
    },
    "bybit": {
        "Spot.SpotTrade",
        "ContractTrade.Order",
        "ContractTrade.Position",
        "Options.OptionsTrade",
        "Derivatives.DerivativesTrade",
        "CopyTrading.CopyTrading",
        "BlockTrade.BlockTrade",
        "Earn.Earn",
        "Wallet.Withdraw",
        "Wallet.AccountTransfer",
        "Wallet.SubMemberTransfer",
    },
    "coinbase": {"can_trade", "can_transfer"},
    "gemini": {"isTrader", "isFundManager", "isAccountAdmin"},
    "kraken": {"modify-trades", "close-trades", "withdraw-funds", "add-funds"},
    "kucoin": {"Spot", "Margin", "Futures", "Unified", "Earn", "Transfer", "Withdrawal", "InnerTransfer"},
    "okx": {"trade", "withdraw"},
    "uphold": {"cards:write", "transactions:deposit", "transactions:withdraw", "transactions:write"},
}


def refused_by_name(row):
    """The rights that the connector's own test goes through."""
    module = import_module(f"tests.wallets.connectors.test_{row.id}")
    tests = [test for name, test in vars(module).items() if name.endswith("_refused_by_name")]
    tables = [mark.args[1] for test in tests for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return {given[0] if isinstance(given, tuple) else given for table in tables for given in table}


@pytest.mark.parametrize("row", [row for row in ROWS if row.tells_rights], ids=lambda row: row.id)
def test_every_exchange_that_can_be_asked_has_its_table_of_rights_and_an_invented_one(row):
    refused = refused_by_name(row)

    assert BEYOND_READING[row.id] <= refused
    assert any("invented" in right.lower() for right in refused)


@pytest.mark.turns(3)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_credential_that_only_reads_is_accepted(stage, row):
    """Where rights can be asked, without a question; elsewhere the owner's word is kept with its date."""
    wallet = stage.connected(row.id)

    credential = wallet.credentials.get(standing="current")
    report = credential.rights_reports.get()
    assert (report.can_tell, report.beyond, report.missing) == (row.tells_rights, [], [])
    assert bool(credential.confirmed_words and credential.confirmed_at) is not row.tells_rights
