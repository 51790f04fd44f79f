"""What the page of forms 1099-DA asks for. A file whose columns are not known goes along with the question."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Any

from django import forms

from ledger.broker_reading import ROLES, WORDS, guessed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, QueryDict

    from wallets.models import Wallet

LARGEST = 8 << 20
KEPT = 1 << 20  # bytes of a packed file
TOO_LARGE = f"This file is larger than {LARGEST >> 20} MB. Bring it in parts."
NEEDED = ("asset", "sold", "proceeds")


def packed(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body, 9)).decode()


def unpacked(text: str) -> bytes:
    """Never more than could have been sent as a file."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), LARGEST)
    except (binascii.Error, zlib.error, ValueError):
        return b""


class BroughtForm(forms.Form):
    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file first."},
        help_text="The CSV that goes with your Form 1099-DA, as the broker gave it.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt", "data-largest": LARGEST}),
    )
    wallet = forms.ChoiceField(
        label="Wallet", required=False, help_text="Whose sales it tells of. Only this wallet's are held against it."
    )

    def __init__(self, request: HttpRequest, wallets: Sequence[Wallet]) -> None:
        bound = request.method == "POST"
        super().__init__(request.POST if bound else None, request.FILES if bound else None)
        known: Any = self.fields["wallet"]
        known.choices = [("", "All of them"), *((str(each.pk), each.label) for each in wallets)]

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent.size > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return sent


class ColumnsForm(forms.Form):
    """Which column is what. The file itself comes along, so that nobody has to choose it twice."""

    body = forms.CharField(widget=forms.HiddenInput, max_length=4 * KEPT)
    name = forms.CharField(widget=forms.HiddenInput, max_length=200)
    wallet = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, columns: Sequence[str], data: QueryDict | None = None, **initial: str) -> None:
        super().__init__(data, initial={**initial, **{f"is_{role}": name for role, name in guessed(columns).items()}})
        choices = [("", "Not in this file"), *((column, column) for column in columns)]
        for role in ROLES:
            self.fields[f"is_{role}"] = forms.ChoiceField(label=WORDS[role], choices=choices, required=False)

    def roles(self) -> list[Any]:
        return [self[f"is_{role}"] for role in ROLES]


def mapping_said(data: QueryDict) -> dict[str, str]:
    return {role: str(data[f"is_{role}"]) for role in ROLES if data.get(f"is_{role}")}
