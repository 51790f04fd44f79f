"""What the contract says of every value, wherever it stands: times in UTC with Z, figures exact and as texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from accounts.audit import SYSTEM, Action, record
from ledger.models import ImportFile, ImportRow
from sync.models import Run
from tests.accounts.api.conftest import phone_of
from tests.estate import NOW, furnish, things_of
from tests.hunt import addresses
from wallets import help as asking
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

OF_ANOTHER_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:?\d\d)?")
EXPONENT = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d+")
AS_SENT = {"raw", "original"}  # an exchange's own words, and a file's
KEPT_AS_TEXT = NOW.isoformat()


def test_no_answer_holds_a_time_without_z_or_a_figure_that_is_not_exact(alice: User) -> None:
    furnish(alice, 1)
    tell_of_times(alice)
    phone = phone_of(alice)

    seen = {address: phone.get(address) for address in addresses(things_of(alice)) if address.startswith("/api/v1/")}

    told = {address: answer.json() for address, answer in seen.items() if answer["Content-Type"] == "application/json"}
    wrong = {f"{address} {path}": value for address, body in told.items() for path, value in odd(body, "")}
    assert not wrong
    for part in ("/health/", "/audit/", "/help/", "/rows/", "/runs/"):
        assert "2026-11-20T12:00:00Z" in str([body for address, body in told.items() if part in address]), part


def tell_of_times(owner: User) -> None:
    """Wherever a time is kept among other facts, as text."""
    read = {"stream": "ledger", "state": "done", "rows": 1, "cause": "", "right": "", "complete_to": KEPT_AS_TEXT}
    Wallet.objects.filter(owner=owner).update(streams=[read])
    Run.objects.filter(owner=owner).update(summary=[read])
    record(by=SYSTEM, action=Action.CLOSING_STARTED, owner=owner, now=NOW, purge_at=KEPT_AS_TEXT)
    wallet = Wallet.objects.filter(owner=owner, binned_at=None).latest("created_at")
    wallet.last_success_at = NOW
    wallet.save()
    asking.ask(by=SYSTEM, owner=owner, subject="When?", words="", wallet=wallet, now=NOW)
    leg = {"asset": "BTC", "amount": "0.00000001", "fee": False}
    told = [{"kind": "deposit", "at": KEPT_AS_TEXT, "legs": [leg]}]
    ImportRow.objects.create(file=ImportFile.objects.get(owner=owner), owner=owner, number=2, state="new", told=told)


def odd(value: Any, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name in value.keys() - AS_SENT:
            yield from odd(value[name], f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from odd(inner, f"{path}[]")
    elif isinstance(value, float) or (
        isinstance(value, str) and (OF_ANOTHER_ZONE.fullmatch(value) or EXPONENT.fullmatch(value))
    ):
        yield path, value
