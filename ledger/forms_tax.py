"""What tax pages ask for."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.profile import CURRENCIES
from ledger.engine.types import Method
from ledger.fields import BROKEN, PLAIN, plainly
from ledger.forms_matching import QUIET, day
from ledger.models import GainChoices
from ledger.remedies import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from accounts.models import User
    from ledger.listing import Wallets
    from ledger.models import KnownCost

ORDERS = [
    (str(Method.FIFO), "Oldest lots first"),
    (str(Method.LIFO), "Newest lots first"),
    (str(Method.HIFO), "Highest cost first"),
    (str(Method.LOFO), "Lowest cost first"),
]
LISTED = 40  # of more assets one is named instead of found in a list
NO_FIGURE = "Write a plain figure such as 1250.5, without a sign."


def figure(text: str) -> Decimal | None:
    """As owners write it: 1,250.5 is 1250.5. None: it is none."""
    plain = plainly(text)
    return Decimal(plain) if PLAIN.fullmatch(plain) else None


class DisposalsForm(forms.Form):
    """Which disposals to show; `disposals.filters_of` reads the texts."""

    asset = forms.CharField(label="Asset", required=False, widget=forms.TextInput(attrs=QUIET))
    wallet = forms.CharField(label="Wallet", required=False)
    term = forms.CharField(label="Held", required=False)
    problem = forms.CharField(label="To look at", required=False)

    def __init__(self, said: Mapping[str, str], wallets: Wallets, assets: Sequence[str], *, how_long: bool) -> None:
        super().__init__(data=dict(said))
        offered: dict[str, list[tuple[str, str]]] = {
            "asset": [("", "All assets"), *((each, each) for each in assets)],
            "wallet": [("", "All wallets"), *((str(each.pk), each.label) for each in wallets.kept)],
            "term": [("", "Any length"), ("short", "Short-term"), ("long", "Long-term")],
            "problem": [("", "Everything"), *((str(each), words.title) for each, words in WORDS.items())],
        }
        if len(assets) > LISTED:
            del offered["asset"]
        for name, choices in offered.items():
            self.fields[name].widget = forms.Select(choices=choices)
        if not how_long:
            del self.fields["term"]

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field if field in self.fields else None, error)


class FilingForm(forms.Form):
    """`runs_until`: the last day of the year, while it is not over."""

    unfinished = forms.BooleanField(
        error_messages={"required": "Tick this if a return for it was sent all the same. Else wait until it is over."}
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, widget=forms.TextInput(attrs=QUIET),
        help_text="For yourself, such as how and when you sent it.",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, runs_until: date | None) -> None:
        super().__init__(data)
        if runs_until:
            last = f"{runs_until:%d %b %Y}".lstrip("0")
            self.fields["unfinished"].label = f"This year runs until {last}. My return was sent before."
        else:
            del self.fields["unfinished"]


class CostForm(forms.Form):
    """What something had cost, when it was acquired, and how its owner knows."""

    cost = forms.CharField(label="It cost, with fees", max_length=60, widget=forms.TextInput(attrs=QUIET))
    currency = forms.ChoiceField(label="In", choices=[(code, code) for code in CURRENCIES])
    acquired = day("Acquired on", help_text="Empty: when it came in. Decides whether it was held long enough.")
    note = forms.CharField(
        label="How you know",
        required=False,
        max_length=200,
        help_text="For yourself and for whoever asks, such as “receipt of the broker, 3 May 2019”.",
        widget=forms.TextInput(attrs=QUIET),
    )

    def __init__(self, data: Any = None, *, owner: User, came: datetime, said: KnownCost | None = None) -> None:
        self.zone, self.came = ZoneInfo(owner.time_zone), came
        super().__init__(data, initial=self._initial(said) if said else {"currency": owner.base_currency})

    def _initial(self, said: KnownCost) -> dict[str, Any]:
        acquired = said.acquired_at and said.acquired_at.astimezone(self.zone).date()
        cost = f"{said.cost.normalize():f}"
        return {"cost": cost, "currency": said.currency, "acquired": acquired, "note": said.note}

    def clean_cost(self) -> Decimal:
        found = figure(self.cleaned_data["cost"])
        if found is None:
            raise forms.ValidationError(NO_FIGURE)
        return found

    def clean_acquired(self) -> datetime | None:
        written: date | None = self.cleaned_data["acquired"]
        if written is None:
            return None
        if written.year < 2009:  # noqa: PLR2004 - there was nothing to acquire before
            raise forms.ValidationError("Nothing can have been acquired before 2009: look at the year.")
        noon = datetime.combine(written, time(12), self.zone)
        if written > self.came.astimezone(self.zone).date():
            raise forms.ValidationError("It was acquired when it came in, or before: look at the day.")
        return min(noon, self.came)

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if BROKEN.search(note):
            raise forms.ValidationError("These words hold a character that cannot be kept.")
        return note.strip()


class FeeForm(forms.Form):
    transfer_fee = forms.ChoiceField(
        label="The fee of a transfer between your own wallets",
        choices=GainChoices.TransferFee.choices,
        widget=forms.RadioSelect,
        help_text="What is sent and does not arrive. Ask your adviser which of these your tax office accepts.",
    )


class PlanForm(forms.Form):
    method = forms.ChoiceField(label="Which lots are shared out first", choices=ORDERS)
