"""What the pages of imports ask for. `ledger.importing` knows what may be said; these only bring it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from accounts.profile import CURRENCIES, TIME_ZONES
from config.uploads import LARGEST
from ledger.import_columns import said_already
from ledger.import_words import KINDS, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, QueryDict

    from accounts.models import User
    from ledger.importing import BadAnswerError
    from ledger.models import ImportFile
    from wallets.models import Wallet

MEGABYTES = LARGEST >> 20
TOO_LARGE = f"This file is larger than {MEGABYTES} MB. Export it in parts, such as year by year."
MANY_WAITING = (
    "Many files that you brought wait to be taken in. Take them in, or give them up, and bring this one again."
)
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.zip"
LISTS = {"zone": "zones", "base": "currencies"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        error_messages={"required": "Choose a file first."},
        help_text=f"CSV, TSV or XLSX, also in a ZIP, as it was downloaded. At most {MEGABYTES} MB.",
        widget=forms.FileInput(attrs={"accept": ACCEPTED, "data-largest": LARGEST}),
    )
    wallet = forms.ChoiceField(label="Wallet", required=False)

    def __init__(self, request: HttpRequest, wallets: Iterable[Wallet], *, chosen: str = "") -> None:
        bound = request.method == "POST"
        super().__init__(request.POST if bound else None, request.FILES if bound else None)
        known: Any = self.fields["wallet"]
        known.choices = [("", "Find out from the file"), *((str(each.pk), each.label) for each in wallets)]
        self.initial["wallet"] = chosen


class AnswersForm(forms.Form):
    """One field for each question that is asked, as the file has them. Columns have a page of their own."""

    def __init__(self, file: ImportFile, owner: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.questions = [each for each in file.questions if each["name"] != "mapping"]
        for each in self.questions:
            self.fields[each["name"]] = field_of(each, owner, said=file.options.get(each["name"], ""))

    def asked(self) -> list[tuple[dict[str, Any], Any]]:
        return [(each, self[each["name"]]) for each in self.questions]

    def refused(self, error: BadAnswerError) -> None:
        self.add_error(error.name if error.name in self.fields else None, error.words)


class WalletForm(forms.Form):
    """Another wallet, while nothing of the file counts yet."""

    wallet = forms.ChoiceField(label="Wallet", error_messages={"required": "Choose a wallet first."})

    def __init__(self, file: ImportFile, wallets: Iterable[Wallet], data: QueryDict | None = None) -> None:
        super().__init__(data)
        others = [(str(each.pk), each.label) for each in wallets if each.pk != file.wallet_id]
        known: Any = self.fields["wallet"]
        known.choices = [("", "Choose another"), *others, ("new", "A new wallet, fed by files")]

    def refused(self, error: BadAnswerError) -> None:
        self.add_error("wallet", error.words)


def field_of(question: dict[str, Any], owner: User, *, said: str = "") -> forms.Field:
    """`said`: what was answered before, where it is asked again."""
    facts = {"label": question["title"], "error_messages": {"required": "Please answer this too."}}
    if question["choices"]:
        choices = [(each["value"], each["words"]) for each in question["choices"]]
        first = choices[0][0] if len(choices) == 1 else None
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, initial=first, **facts)
    name = question["name"]
    attrs = {"list": LISTS.get(name, ""), "autocomplete": "off", "spellcheck": "false"}
    initial = said or {"zone": owner.time_zone, "base": owner.base_currency}.get(name, "")
    return forms.CharField(max_length=64, widget=forms.TextInput(attrs=attrs), initial=initial, **facts)


def suggestions() -> dict[str, list[str]]:
    return {"zones": list(TIME_ZONES), "currencies": list(CURRENCIES)}


class ColumnsForm:
    """A role for each column, a kind for each value. Plain names: what columns are called may be anything."""

    def __init__(self, file: ImportFile, data: QueryDict | None = None) -> None:
        self.file, self.data = file, data
        before = said_already(file)
        self.roles_before = {name: role for role, name in before.columns().items()}
        self.kinds_before = dict(before.kinds)

    def roles(self) -> list[str]:
        if self.data is None:
            return [self.roles_before.get(name, "") for name in self.file.columns]
        return [self.data.get(f"column-{place}", "") for place in range(len(self.file.columns))]

    def kinds(self) -> dict[str, str]:
        """What was guessed of values that were not shown yet stays."""
        if self.data is None:
            return self.kinds_before
        places = range(len([name for name in self.data if name.startswith("value-")]))
        known = {kind for kind, _ in KINDS}
        said = {self.data.get(f"value-{each}", ""): self.data.get(f"kind-{each}", "") for each in places}
        return {**self.kinds_before, **{value: kind for value, kind in said.items() if kind in known}}


ROLE_CHOICES = (("", "Not used"), *ROLES.items())


class TemplateForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
