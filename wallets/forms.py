"""What the pages of wallets ask for. Nothing that was pasted is ever put back into a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from config.once import OnceField
from wallets import trials
from wallets.catalogue import Way
from wallets.paste_words import sentence_of

if TYPE_CHECKING:
    from django.http import QueryDict

    from wallets.catalogue import Exchange
    from wallets.models import Wallet
    from wallets.paste import Cleaned, KeyField
    from wallets.questions import Question

QUIET = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
LONGEST_LABEL = 80


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Search",
        required=False,
        strip=True,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )


# --- a key -----------------------------------------------------------------------------------------------------------


class WriteOnlyText(forms.TextInput):
    """Whatever came is not shown again: a secret may have been pasted into the wrong field."""

    def format_value(self, value: Any) -> None:  # noqa: ARG002 # that is the point
        return None


class WriteOnlyArea(forms.Textarea):
    def format_value(self, value: Any) -> str:  # noqa: ARG002 # as above
        return ""


def widget_for(each: KeyField, *, alone: bool) -> forms.Widget:
    """Which key it is, is no secret, unless the key is all there is. A key file has several lines."""
    if each.pem:
        return WriteOnlyArea(attrs={**QUIET, "rows": 4, "data-secret": "", "class": "concealed"})
    if each.name == "key" and not alone:
        return WriteOnlyText(attrs=QUIET)
    return forms.PasswordInput(attrs=QUIET)


class KeyForm(forms.Form):
    """One form for every exchange: its fields, its sites, the wallet's name. `trials` knows what a paste may be."""

    def __init__(
        self, exchange: Exchange, data: QueryDict | None = None, *, wallet: Wallet | None = None, label: str = ""
    ) -> None:
        super().__init__(data)
        self.exchange = exchange
        self.cleaned: Cleaned | None = None
        for each in exchange.fields:
            alone = len(exchange.fields) == 1
            self.fields[each.name] = forms.Field(
                label=each.label, help_text=each.where, required=False, widget=widget_for(each, alone=alone)
            )
        if exchange.regions:
            self.fields["region"] = region_field(exchange, wallet.region if wallet else "")
        if wallet is None:
            self.fields["label"] = forms.CharField(
                label="Name of the wallet",
                max_length=LONGEST_LABEL,
                required=False,
                initial=label,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def secrets(self) -> list[forms.BoundField]:
        return [self[each.name] for each in self.exchange.fields]

    @property
    def pasted(self) -> dict[str, str]:
        return {each.name: str(self.data.get(each.name, "")) for each in self.exchange.fields}

    @property
    def label(self) -> str:
        return str(self.data.get("label", "")).strip() if "label" in self.fields else ""

    @property
    def stopped(self) -> bool:
        """A seed phrase or a wallet's key stands in it: then nothing of this form is shown again."""
        return self.cleaned is not None and self.cleaned.stopped

    def clean(self) -> None:
        self.cleaned = trials.looked_through(self.exchange, self.pasted, self.label)
        if not self.cleaned.usable and not self.cleaned.stopped:
            for finding in self.cleaned.findings:
                self.add_error(finding.field, sentence_of(finding, self.exchange))


def region_field(exchange: Exchange, chosen: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=f"Your site of {exchange.name}",
        help_text="Where you made the key. It works at that site only.",
        choices=[(region.id, region.name) for region in exchange.regions],
        initial=chosen,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the site where you made the key.",
            "invalid_choice": "There is no such site. Choose one of these.",
        },
    )


# --- without a key ---------------------------------------------------------------------------------------------------


class NameForm(forms.Form):
    """A wallet fed by files of one exchange."""

    label = forms.CharField(
        label="Name of the wallet",
        max_length=LONGEST_LABEL,
        help_text="So that you know it again.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    once = OnceField()


class ByHandForm(NameForm):
    way = forms.ChoiceField(
        label="How it is fed",
        initial=Way.CSV,
        widget=forms.RadioSelect,
        choices=[
            (Way.CSV, "From files: whatever an exchange, a wallet or another program exports"),
            ("manual", "By hand: you write down each transaction yourself"),
        ],
        error_messages={"invalid_choice": "Choose one of these."},
    )


# --- questions about a key -------------------------------------------------------------------------------------------


class AnswerForm(forms.Form):
    """The owner's own word: every sentence has to be agreed to, and stands as it was shown."""

    def __init__(self, questions: list[Question], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.questions = questions
        for question in questions:
            self.fields[question.id] = forms.BooleanField(
                label=question.sentence,
                error_messages={"required": "Tick this if it is so. If it is not, do not save the key."},
            )

    @property
    def words(self) -> dict[str, str]:
        return {question.id: question.sentence for question in self.questions}

    def asked(self) -> list[tuple[Question, forms.BoundField]]:
        return [(question, self[question.id]) for question in self.questions]
