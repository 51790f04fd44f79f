"""What the pages about a wallet ask for. Of a treasure that was typed nothing is put back into a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from wallets import treasure
from wallets.keeping import ROTATIONS

if TYPE_CHECKING:
    from django.http import QueryDict

    from wallets.glances import Glance
    from wallets.models import Wallet

LONGEST_NOTE, LONGEST_QUESTION = 2_000, 4_000


class OwnWords(forms.Form):
    """Words of the owner's own. After a treasure it is a fresh form: what was typed comes back into no page."""

    place: ClassVar[str]  # where it was typed, for the trail

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, Any]) -> None:
        typed = "\n".join(data.get(name, "") for name in self.base_fields) if data else ""
        self.holds_treasure = bool(treasure.find(typed))
        super().__init__(None if self.holds_treasure else data, initial=initial)


class LabelForm(OwnWords):
    place = "the name of a wallet"
    label = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: QueryDict | None = None, *, wallet: Wallet) -> None:
        super().__init__(data, initial={"label": wallet.label})


class NoteForm(OwnWords):
    place = "the note of a wallet"
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=LONGEST_NOTE,
        help_text="For yourself. Staff never sees it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, wallet: Wallet) -> None:
        super().__init__(data, initial={"note": wallet.note})


class RotationForm(forms.Form):
    months = forms.TypedChoiceField(
        label="Remind me of a new key",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "Never"), *((months, f"After {months} months") for months in ROTATIONS)],
    )

    def __init__(self, data: QueryDict | None = None, *, wallet: Wallet) -> None:
        super().__init__(data, initial={"months": wallet.rotate_months or ""})


class QuestionForm(OwnWords):
    place = "a question to staff"
    subject = forms.CharField(label="What it is about", max_length=120)
    words = forms.CharField(
        label="What you want to add",
        required=False,
        max_length=LONGEST_QUESTION,
        help_text="What you did before it began, and what you tried. Never a key, a password or a seed phrase.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, data: QueryDict | None = None, *, about: Glance | None = None) -> None:
        super().__init__(data, initial={"subject": _subject(about) if about else ""})


def _subject(about: Glance) -> str:
    """Not the wallet's name: that is the owner's own, and staff need not know it."""
    name = about.exchange.name if about.exchange else "A wallet"
    return f"{name}: {about.said.title}"[:120] if about.said else name
