"""What the ledger's operations refuse, beside what the frame refuses by itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404

from config.api.problem import INVALID, FieldError, Problem, invalid, kind
from ledger.bulk import MOST, TooManyError
from ledger.edits import NothingToDoError
from ledger.fields import BadFieldError
from ledger.listing import BadFiltersError
from ledger.models import Transaction
from wallets.api.problems import treasure_told
from wallets.free_text import TreasureError
from wallets.mine import wallet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from accounts.models import User
    from wallets.models import Wallet

NOTHING_TO_DO = kind(
    "nothing_to_do", 409, "There is nothing to take back or decide here", "Read the transaction again; see its edits."
)
TOO_MANY = kind(
    "too_many",
    409,
    "More than are changed at once",
    f"Name at most {MOST}, or a filter; undo it by `transactions/bulk/`.",
)


@contextmanager
def refusals_told(place: str = "") -> Iterator[None]:
    """What verbs raise, as problems: all is undone. `place`: where the fields stand in a body."""
    try:
        yield
    except BadFieldError as error:
        raise Problem(INVALID, errors=[_named(place, error)]) from None
    except BadFiltersError as error:
        raise Problem(INVALID, errors=[_named(place, each) for each in error.errors]) from None
    except NothingToDoError:
        raise Problem(NOTHING_TO_DO) from None
    except TooManyError:
        raise Problem(TOO_MANY) from None
    except Transaction.DoesNotExist:
        raise invalid("ids", "not_found", "Not all of these are transactions of yours.") from None


def wallet_named(owner: User, text: str) -> Wallet:
    """A wallet that a body names. A stranger's is none."""
    try:
        return wallet_of(owner, UUID(text))
    except (ValueError, Http404):
        raise invalid("wallet", "not_found", "There is no such wallet.") from None


def _named(place: str, error: BadFieldError) -> FieldError:
    return FieldError(".".join(filter(None, (place, error.field))), error.code, error.words)


def unless_treasure(run: Callable[[], Any], *, field: str) -> Any:
    """Returned, not raised: that a seed phrase was turned away stays in the trail."""
    try:
        return run()
    except TreasureError:
        return treasure_told(field)
