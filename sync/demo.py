"""The story of a demonstration account, from its keys to its taxes: workers fetch, and in between its owner acts.

Development only. It may be told again at any time: what was done is not done twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.ready_made import NotYetError, Step
from ledger import demo as ledger
from ledger.models import SourceRow
from sync import schedule
from sync.models import Run
from wallets import demo, keeping
from wallets.models import CredentialTest, Wallet, WalletState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from accounts.models import User

TRADES_UNREAD = ["query-funds", "query-open-trades", "query-ledger"]
NO_SANDBOX = (
    "The sandbox is not running, so there is no exchange to fetch from. Start `python3 manage.py up`, wait until it "
    "says that it is ready, and run this again."
)
BEFALLS: dict[str, dict[str, object]] = {  # each key its own, so that nobody else's wallet suffers
    "kraken": {"permissions": TRADES_UNREAD},
    "okx": {"trouble": "50119"},
    "bitfinex": {"trouble": "maintenance"},
}


def story(owner: User, clock: Callable[[], datetime]) -> Iterator[Step]:
    if not demo.bring_keys(owner, clock()):
        raise NotYetError(NO_SANDBOX)
    yield Step("Keys of five exchanges are being tried ...", lambda: are_tried(owner))
    yield Step("Their histories of three years are being fetched ...", lambda: is_fetched(owner))
    yield Step("Rows become transactions, and transfers find their ends ...", lambda: ledger.is_read(owner))
    ledger.bring_files(owner, clock())
    yield Step("Two files are being looked through ...", lambda: ledger.are_looked_through(owner))
    ledger.take_files_in(owner, clock())
    yield Step("They are taken in, and joined with the rest ...", lambda: is_settled(owner))
    act(owner, clock)
    yield Step("Exchanges are asked again ...", lambda: is_fetched(owner))
    yield Step("Prices are being looked up ...", lambda: not demo.sandbox_port() or ledger.are_priced())
    yield Step("Gains are reckoned ...", lambda: is_reckoned(owner, clock()))
    decide(owner, clock())
    yield Step("Gains are reckoned with the owner's choices ...", lambda: is_reckoned(owner, clock()))
    ledger.file_a_year(owner, clock())
    ledger.ask_for_papers(owner, clock())
    yield Step("Papers are being made ...", lambda: ledger.are_papers_made(owner))
    ledger.find_a_mistake(owner, clock())
    yield Step("Gains are reckoned once more ...", lambda: is_reckoned(owner, clock()))


def act(owner: User, clock: Callable[[], datetime]) -> None:
    ledger.say_words(owner, clock())
    ledger.write_twice(owner, clock())
    ledger.keep_order(owner, clock())
    contradict(owner, clock())
    befall(owner, clock())
    ledger.want_prices()


def decide(owner: User, now: datetime) -> None:
    ledger.say_costs(owner, now)
    ledger.save_plan(owner, now)
    ledger.choose_lots(owner, now)


# --- whether workers have done their part ----------------------------------------------------------------------------


def are_tried(owner: User) -> bool:
    waiting = CredentialTest.objects.filter(owner=owner, finished_at=None)
    return not waiting.filter(state__in=["queued", "running"]).exists()


def is_fetched(owner: User) -> bool:
    mine = Wallet.objects.for_user(owner).watched()
    return not Run.objects.unfinished().filter(owner=owner).exists() and not mine.filter(runs=None).exists()


def is_settled(owner: User) -> bool:
    return ledger.are_looked_through(owner) and ledger.is_read(owner)


def is_reckoned(owner: User, now: datetime) -> bool:
    return is_settled(owner) and ledger.is_reckoned(owner, now)


# --- what befalls it -------------------------------------------------------------------------------------------------


def contradict(owner: User, now: datetime) -> None:
    """The owner says that a fee was lower, and then the exchange says that it was higher: somebody has to decide."""
    from wallets.sandbox import control  # noqa: PLC0415 - production never loads the sandbox

    port, each = demo.sandbox_port(), ledger.doubt_a_fee(owner, now)
    if each is None or not port:
        return
    row = SourceRow.objects.filter(pk__in=each.rows).exclude(external_id="").order_by("pk").first()
    if row:
        control.tell(port, "coinbase", {"correct": [int(row.external_id[:8], 16)]})
        schedule.request(by=ledger.by(owner), wallet=each.wallet, now=now, full=True)


def befall(owner: User, now: datetime) -> None:
    """One key loses a right, one is deleted, one exchange is down, and one wallet rests."""
    port, by = demo.sandbox_port(), ledger.by(owner)
    for name, change in BEFALLS.items():
        wallet = demo.wallet_at(owner, name)
        if port and wallet and wallet.health == WalletState.WORKING:
            demo.change_key(owner, name, change, port=port)
            schedule.request(by=by, wallet=wallet, now=now)
    resting = demo.wallet_at(owner, "gemini")
    if resting and not resting.paused_at:
        keeping.pause(by=by, wallet=resting, now=now)
