"""What the settings pages ask for. Forms are for kindness: the verbs and the database refuse what must not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms

from accounts.audit import Action
from accounts.notice_kinds import CATALOGUE
from accounts.profile import TIME_ZONES
from accounts.tax_settings import FIRST_YEAR, LAST_YEAR, RULES, BasisScope, Country, Method
from accounts.tokens import Scope
from config.once import OnceField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from accounts.email_changes import Keep
    from accounts.models import User


class TrailFilter(forms.Form):
    kind = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[("", "Everything"), *((action.value, action.words) for action in Action)],
    )


class MailForm(forms.Form):
    mail = forms.MultipleChoiceField(label="Mail me about", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: QueryDict | None = None, *, muted: set[str]) -> None:
        choices = mutable_kinds()
        super().__init__(data, initial={"mail": [kind for kind, _ in choices if kind not in muted]})
        field = self.fields["mail"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def muted(self) -> set[str]:
        return {kind for kind, _ in mutable_kinds()} - set(self.cleaned_data["mail"])


def mutable_kinds() -> list[tuple[str, str]]:
    """Asked late: apps above add their kinds when they are ready."""
    return [(kind, entry.about) for kind, entry in CATALOGUE.items() if entry.mutable]


# Codes and names as ISO 4217 has them, of the currencies profile.CURRENCIES offers.
CURRENCY_NAMES = {
    "AUD": "Australian dollar",
    "BRL": "Brazilian real",
    "CAD": "Canadian dollar",
    "CHF": "Swiss franc",
    "CNY": "Yuan renminbi",
    "CZK": "Czech koruna",
    "DKK": "Danish krone",
    "EUR": "Euro",
    "GBP": "Pound sterling",
    "HKD": "Hong Kong dollar",
    "HUF": "Forint",
    "IDR": "Rupiah",
    "ILS": "New Israeli sheqel",
    "INR": "Indian rupee",
    "ISK": "Iceland krona",
    "JPY": "Yen",
    "KRW": "Won",
    "MXN": "Mexican peso",
    "MYR": "Malaysian ringgit",
    "NOK": "Norwegian krone",
    "NZD": "New Zealand dollar",
    "PHP": "Philippine peso",
    "PLN": "Zloty",
    "RON": "Romanian leu",
    "SEK": "Swedish krona",
    "SGD": "Singapore dollar",
    "THB": "Baht",
    "TRY": "Turkish lira",
    "USD": "US dollar",
    "ZAR": "Rand",
}


class ProfileForm(forms.Form):
    base_currency = forms.ChoiceField(
        label="Base currency",
        choices=[(code, f"{name} ({code})") for code, name in CURRENCY_NAMES.items()],
        help_text="Values and gains are shown in this currency, at the European Central Bank's daily rates.",
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Days and tax years begin at midnight there. Type a city, such as Lisbon, and choose from the list.",
    )

    def clean_time_zone(self) -> str:
        """“lisbon” and “new york” are enough when only one zone is meant."""
        said = self.cleaned_data["time_zone"].strip().casefold().replace(" ", "_")
        by_name = {zone.casefold(): zone for zone in TIME_ZONES}
        by_city = [zone for name, zone in by_name.items() if name.rsplit("/", 1)[-1] == said]
        if said in by_name:
            return by_name[said]
        if len(by_city) == 1:
            return by_city[0]
        raise forms.ValidationError("There is no such time zone. Choose one from the list.", "invalid_choice")


class KeepAddressForm(forms.Form):
    WHEN: ClassVar = {"former": "from before the change", "present": "since the change"}

    keep = forms.ChoiceField(label="Which address is yours?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, offered: Mapping[Keep, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(keep), f"{email}, {self.WHEN[keep]}") for keep, email in offered.items()]
        cast("forms.ChoiceField", self.fields["keep"]).choices = choices


class TaxForm(forms.Form):
    country = forms.ChoiceField(label="Where you pay tax", choices=Country.choices)
    method = forms.ChoiceField(label="Method", choices=Method.choices, help_text="Which lots a sale uses up.")
    scope = forms.ChoiceField(
        label="Counted over",
        choices=BasisScope.choices,
        help_text="Whether a lot in one wallet can cover a sale in another.",
    )
    from_year = forms.IntegerField(
        label="From tax year",
        required=False,
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        help_text="The year in which it begins: 2024 for 2024/25. Leave empty to let this hold for all years.",
    )

    def touched(self) -> dict[str, Any]:
        """The country, and what else was chosen. What only stood there need not fit it, and keeps its dates."""
        names = ["country", *(name for name in ("method", "scope") if name in self.changed_data)]
        return {name: self.cleaned_data[name] for name in names}

    def fitting(self) -> dict[str, Any]:
        """All three. What was not chosen, and is not known in that country, gives way to what is proposed there."""
        rules, touched = RULES[Country(self.cleaned_data["country"])], self.touched()
        for name, known in (("method", rules.methods), ("scope", rules.scopes)):
            stood = self.cleaned_data[name]
            touched.setdefault(name, stood if stood in known else known[0])
        return touched


class TokenForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, help_text="So that you know it again, such as “Backup script”.")
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        choices=[
            (Scope.READ, "Read everything in your account"),
            (Scope.WRITE, "Change things: edits, imports, settings"),
            (Scope.CONNECT, "Connect, replace and remove exchange accounts (90 days at most)"),
        ],
    )
    days = forms.TypedChoiceField(
        label="Ends after",
        coerce=int,
        initial=90,
        choices=[(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "One year")],
    )
    once = OnceField()


class CloseForm(forms.Form):
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="Type it to show that you mean this account.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None = None, *, owner: User) -> None:
        super().__init__(data)
        self.owner = owner

    def clean_email(self) -> str:
        said: str = self.cleaned_data["email"]
        if said.casefold() != self.owner.email.casefold():
            raise forms.ValidationError("This is not the address of this account.", "mismatch")
        return said
