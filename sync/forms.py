"""What staff may ask for on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from wallets import catalogue
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator


def exchanges() -> Iterator[tuple[str, str]]:
    return ((row.id, row.name) for row in catalogue.load().values())


class ExchangeForm(forms.Form):
    exchange = forms.ChoiceField(choices=exchanges)


class HoldForm(ExchangeForm):
    why = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="For colleagues and the audit trail. Owners read only that reading is paused for now.",
    )


class GroupForm(ExchangeForm):
    """All wallets that fail at one exchange for one cause."""

    cause = forms.ChoiceField(choices=[(cause, cause) for cause in Cause])
