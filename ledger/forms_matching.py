"""What the pages of transfers, balances and assets ask for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms

from ledger import kind_words
from ledger.fields import BadFieldError, amount, plainly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from accounts.models import User
    from ledger.listing import Wallets
    from ledger.models import AssetAlias

QUIET = {"autocomplete": "off", "spellcheck": "false"}


def day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date", **QUIET}), **more)


class CandidatesForm(forms.Form):
    """Which transactions to choose from; `listing.filters_of` reads the texts."""

    wallet = forms.CharField(label="Wallet", required=False)
    since = forms.CharField(label="From", required=False, widget=forms.TextInput(attrs={"type": "date", **QUIET}))
    until = forms.CharField(label="To", required=False, widget=forms.TextInput(attrs={"type": "date", **QUIET}))

    def __init__(self, said: Mapping[str, str], wallets: Wallets) -> None:
        super().__init__(data=dict(said))
        choices = [("", "All wallets"), *((str(each.pk), each.label) for each in wallets.kept)]
        self.fields["wallet"].widget = forms.Select(choices=choices)
        self.fields["from"], self.fields["to"] = self.fields.pop("since"), self.fields.pop("until")


class TypedForm(forms.Form):
    """What the exchange shows now, for a wallet that no key reads."""

    asset = forms.CharField(label="Asset", max_length=64, widget=forms.TextInput(attrs=QUIET))
    amount = forms.CharField(label="It shows", max_length=80, widget=forms.TextInput(attrs=QUIET))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if {"asset", "amount"} <= set(given):
            try:
                given["said"] = self._said(plainly(given["amount"]), given["asset"].strip())
            except BadFieldError as error:
                self.add_error("asset" if error.code == "no_asset" else "amount", error.words)
        return given

    def _said(self, figure: str, asset: str) -> dict[str, str]:
        """Nought is an answer here."""
        if figure.strip("0.") == "" and figure.strip("."):
            found = amount("amount", {"amount": "1", "asset": asset})
            return {"asset": found["asset"] if found else asset, "amount": "0"}
        found = amount("amount", {"amount": figure, "asset": asset})
        return found or {}


class AliasForm(forms.Form):
    """On this exchange, from then until then, this symbol is that asset. Days are those of the owner's clock."""

    symbol = forms.CharField(
        label="Symbol",
        max_length=64,
        help_text="As the exchange or file writes it.",
        widget=forms.TextInput(attrs=QUIET),
    )
    code = forms.CharField(label="Is the asset", max_length=64, widget=forms.TextInput(attrs=QUIET))
    exchange = forms.ChoiceField(label="Where", required=False)
    since = day("From", help_text="Empty: from the beginning.")
    until = day("Until", help_text="The first day on which it no longer is. Empty: for good.")

    def __init__(
        self, data: Any = None, *, owner: User, exchanges: Sequence[str], shown: AssetAlias | str = ""
    ) -> None:
        self.zone = ZoneInfo(owner.time_zone)
        super().__init__(data, initial=self._initial(shown))
        named = sorted({*exchanges, "" if isinstance(shown, str) else shown.exchange} - {""})
        self.fields["exchange"].choices = [  # type: ignore[attr-defined] # a ChoiceField
            ("", "Everywhere"),
            *((name, f"At {kind_words.exchange(name)}") for name in named),
        ]

    def _initial(self, shown: AssetAlias | str) -> dict[str, Any]:
        if isinstance(shown, str):
            return {"symbol": shown}
        days = {name: at and at.astimezone(self.zone).date() for name, at in self._times(shown)}
        return {"symbol": shown.symbol, "code": shown.code, "exchange": shown.exchange, **days}

    @staticmethod
    def _times(shown: AssetAlias) -> list[tuple[str, datetime | None]]:
        return [("since", shown.since), ("until", shown.until)]

    def said(self) -> dict[str, Any]:
        """Of a form that is valid."""
        given = self.cleaned_data
        return {**given, "since": self._moment(given["since"]), "until": self._moment(given["until"])}

    def _moment(self, written: date | None) -> datetime | None:
        try:
            return datetime.combine(written, time(), self.zone).astimezone(UTC) if written else None
        except OverflowError:
            return datetime.combine(written, time(), UTC) + timedelta(days=1) if written else None
