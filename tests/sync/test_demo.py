"""The demonstration account, whole: from keys to papers, through the real sandbox, with workers' part done at once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import ready_made
from config.models import RateBucket
from ledger import price_rates
from ledger.models import (
    Decision,
    Edit,
    ImportFile,
    LotChoice,
    OfficialRates,
    Proposal,
    Report,
    Rule,
    SavedView,
    Transaction,
    YearLock,
)
from ledger.tasks import gains, imports, look, read, reports
from sync import lanes, schedule
from sync.models import Run
from wallets import demo, tasks
from wallets.models import CredentialTest, Wallet
from wallets.sandbox import control, life
from wallets.sandbox import demo as played
from wallets.tasks import connect, examine_credentials

pytestmark = pytest.mark.django_db(transaction=True)
BLOCKS = 2


@pytest.fixture
def port(street, settings, monkeypatch):
    """A sandbox whose past is short, and three of the accounts, so that all of it is fetched in no time."""
    settings.SANDBOX_PORT = street.port
    monkeypatch.setattr(demo, "CONNECTED", ("coinbase", "kraken", "gemini"))
    monkeypatch.setattr(tasks, "connect", lambda made, *more: connect(partial(made, sleep=hurry), *more))
    control.tell(street.port, "market", {"tides": True})
    for name, script in life.scripts(timezone.now(), BLOCKS):
        control.tell(street.port, name, script)
    return street.port


def hurry(_seconds):
    """Who waits for a turn has it now."""
    RateBucket.objects.all().delete()


def work():
    """What workers would do by now."""
    now = timezone.now()
    while examine_credentials(now):
        pass
    schedule.plan_due(now)
    while run := Run.objects.claim(now=timezone.now()):
        lanes.work(run, until=timezone.now() + timedelta(seconds=45), clock=timezone.now, sleep=hurry)
    if not OfficialRates.objects.exists():
        price_rates.update(now)
    for each in (imports, read, look, gains, reports):
        while each(timezone.now()):
            pass


def tell(owner):
    said = []
    assert ready_made.see_through(owner, clock=timezone.now, say=said.append, rest=work)
    return said


def test_an_account_becomes_whole_and_telling_its_story_again_changes_nothing(port):
    now = timezone.now()
    owner = ready_made.make(email="dana@example.test", now=now).owner
    demo.furnish(owner, now)
    demo.change_key(owner, "kraken", {"uncounted": True}, port=port)  # our own counts are done away with, see `hurry`
    control.tell(port, "gemini", {"key": {"id": played.demo_key("gemini")["key"], "uncounted": True}})

    said = tell(owner)

    assert len(said) == len(set(said)) > 5
    health = {each.label: each.state for each in Wallet.objects.for_user(owner)}
    assert health == {
        "Coinbase": "working",
        "Kraken": "partly",
        "Gemini": "paused",
        demo.CLOSED: "working",
        demo.COLD: "working",
    }
    mine = Transaction.objects.for_user(owner)
    assert {"trade", "deposit", "transfer", "reward"} <= set(mine.values_list("kind", flat=True))
    assert mine.filter(conflicts=["fee"]).count() == 1
    assert Decision.objects.filter(owner=owner, kind="linked", by_itself=True).exists()
    assert Proposal.objects.for_user(owner).filter(about="duplicates").exists()
    assert set(ImportFile.objects.for_user(owner).values_list("state", flat=True)) == {"committed"}
    assert YearLock.objects.for_user(owner).count() == 1
    assert Rule.objects.for_user(owner).count() == 1
    assert SavedView.objects.for_user(owner).count() == 2
    before = counted(owner)

    tell(owner)

    assert counted(owner) == before


def counted(owner):
    owned = (Edit, Transaction, ImportFile, Wallet, Rule, SavedView, LotChoice, Report)
    return {each.__name__: each.objects.filter(owner=owner).count() for each in owned}


def test_without_a_sandbox_it_is_said_what_to_start_and_nothing_is_made_up(alice, settings, tmp_path):
    settings.DATA_DIR, settings.SANDBOX_PORT = tmp_path, 0

    demo.furnish(alice, timezone.now())
    with pytest.raises(ready_made.NotYetError, match=r"manage\.py up"):
        tell(alice)

    assert {each.label for each in Wallet.objects.for_user(alice)} == {demo.CLOSED, demo.COLD}
    assert not YearLock.objects.exists()


def test_keys_that_nobody_could_try_are_brought_when_the_story_is_told_again(port, alice, settings):
    listening, settings.SANDBOX_PORT = settings.SANDBOX_PORT, 1  # where nobody is
    demo.furnish(alice, timezone.now())
    assert not CredentialTest.objects.exists()
    settings.SANDBOX_PORT = listening

    demo.bring_keys(alice, timezone.now())
    demo.bring_keys(alice, timezone.now())

    assert sorted(CredentialTest.objects.values_list("exchange", flat=True)) == sorted(demo.CONNECTED)


def test_the_past_is_told_once_and_kept_for_whoever_comes_later(port, alice):
    before = control.look(port, "coinbase")

    demo.furnish(alice, timezone.now())

    assert control.look(port, "coinbase")["size"] == before["size"]


def test_where_the_sandbox_listens_is_read_beside_it(street, settings, tmp_path):
    settings.DATA_DIR, settings.SANDBOX_PORT = tmp_path, 0
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "port").write_text(f"{street.port}\n")

    assert demo.sandbox_port() == street.port

    (tmp_path / "sandbox" / "port").write_text("1\n")
    assert demo.sandbox_port() == 0
