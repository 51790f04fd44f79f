"""What the page asks for when a part of a history is to be pulled again: which list, and days of the owner's own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from ledger.models import Coverage
from sync.list_names import titles_of
from sync.models import StreamState

if TYPE_CHECKING:
    from django.http import QueryDict

    from wallets.models import Wallet

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AgainForm(forms.Form):
    stream = forms.ChoiceField(label="List")
    since = forms.DateField(label="From", required=False, widget=DAY, help_text="Empty: from the beginning.")
    until = forms.DateField(label="To", required=False, widget=DAY, help_text="That day is included. Empty: until now.")

    def __init__(self, data: QueryDict | None = None, *, wallet: Wallet) -> None:
        super().__init__(data)
        field = self.fields["stream"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = lists_of(wallet)

    def asked(self) -> dict[str, Any]:
        """The same in moments. A day that is not over ends now."""
        told = self.cleaned_data
        until = _begins(told["until"] + timedelta(days=1)) - timedelta.resolution if told["until"] else None
        if told["until"] == timezone.localdate():
            until = None
        since = _begins(told["since"]) if told["since"] else None
        return {"full": True, "stream": told["stream"], "since": since, "until": until}


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def lists_of(wallet: Wallet) -> list[tuple[str, str]]:
    """An exchange may have thousands of markets: of these only the ones that ever had a row."""
    known = StreamState.objects.filter(wallet=wallet, way=wallet.way).values_list("stream", flat=True)
    filled = set(Coverage.objects.filter(wallet=wallet, first_row_at__isnull=False).values_list("stream", flat=True))
    chosen = [stream for stream in known if stream in filled or ":" not in stream]
    return sorted(titles_of(wallet, chosen).items(), key=itemgetter(1))
