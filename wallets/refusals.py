"""What verbs refuse, as a page says it. Nothing was changed, and the wallet's page shows how it stands now."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib import messages

from accounts.audit import actor_of
from wallets import credentials, keeping, trials
from wallets.free_text import record_treasure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.requests import OwnerRequest
    from wallets.forms_keeping import OwnWords

SAID = {
    keeping.NotNowError: "Nothing was changed: the wallet is in another state by now. This is how it stands.",
    credentials.NoKeyError: "There is no key to check. Put one here first.",
    trials.FrozenError: "Keys rest while a lost second factor is being replaced: until a new one is on, or until you "
    "stop the recovery.",
}

TREASURE = (
    "This looks like a seed phrase or the private key of a wallet. It was not kept. Treat it as exposed, and move what "
    "it holds. Holdfast never needs one."
)


@contextmanager
def told(request: OwnerRequest, success: str = "") -> Iterator[None]:
    """Around one verb, in a view that leads on to a page afterwards."""
    try:
        yield
    except tuple(SAID) as refusal:
        messages.warning(request, SAID[type(refusal)])
    else:
        if success:
            messages.success(request, success)


def turned_away(request: OwnerRequest, form: OwnWords, *, now: datetime) -> bool:
    """A treasure was typed: that it happened is written down, and nothing of it."""
    if form.holds_treasure:
        record_treasure(by=actor_of(request), owner=request.user, now=now, place=form.place)
        messages.error(request, TREASURE)
    return form.holds_treasure
