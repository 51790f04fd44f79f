"""What the pages of prices ask for."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms

from ledger.fields import plainly
from ledger.forms_matching import QUIET
from ledger.price_words import REACHES

if TYPE_CHECKING:
    from accounts.models import User


class WhenForm(forms.Form):
    """Which moment, and in what money. A time is that of the owner's clock."""

    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date", **QUIET}))
    time = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time", **QUIET}, format="%H:%M")
    )
    quote = forms.CharField(label="In", max_length=16, widget=forms.TextInput(attrs=QUIET))

    def __init__(self, data: Any, *, owner: User) -> None:
        self.zone = ZoneInfo(owner.time_zone)
        super().__init__(data)
        self.fields["time"].help_text = f"On your clock, {owner.time_zone}. Empty: noon."

    def moment(self, now: datetime) -> datetime:
        """Of a form that is valid. Without a time: noon."""
        given = self.cleaned_data
        try:
            return datetime.combine(given["day"], given["time"] or time(12), self.zone)
        except OverflowError:
            return now


class OwnPriceForm(forms.Form):
    price = forms.CharField(
        label="Price of one", max_length=80, widget=forms.TextInput(attrs=QUIET | {"inputmode": "decimal"})
    )
    reach = forms.ChoiceField(label="It holds for", choices=[(each.value, words) for each, words in REACHES.items()])
    note = forms.CharField(
        label="Note", required=False, max_length=500, help_text="Where you know it from, for whoever asks."
    )

    def price_said(self) -> str:
        return plainly(self.cleaned_data["price"])
