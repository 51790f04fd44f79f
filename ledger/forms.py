"""What the pages of transactions ask for. `ledger.fields` knows what may be said; these only bring it there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from config.once import OnceField
from ledger import kind_words, listing
from ledger.rule_words import away, shown_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User
    from ledger.fields import BadFieldError
    from ledger.listing import Wallets
    from ledger.models import Rule
    from wallets.models import Wallet

QUIET = {"autocomplete": "off", "spellcheck": "false"}
AMOUNTS = ("sent", "received", "fee")
PAIRS = (*AMOUNTS, "value")


def refused(form: forms.Form, error: BadFieldError) -> None:
    """Beside the field it is about; a pair is told at its amount."""
    name = f"{error.field}_amount" if error.field in PAIRS else error.field
    form.add_error(name if name in form.fields else None, error.words)


# --- a list --------------------------------------------------------------------------------------------------------


def day(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs={"type": "date", **QUIET}))


class FilterForm(forms.Form):
    """Texts as an address carries them; `listing.filters_of` reads them."""

    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search", **QUIET}))
    wallet = forms.CharField(label="Wallet", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds"), *kind_words.CHOICES])
    asset = forms.CharField(label="Asset", required=False, widget=forms.TextInput(attrs=QUIET))
    category = forms.CharField(label="Category", required=False, widget=forms.TextInput(attrs=QUIET))
    since = day("From")
    until = day("To")
    ignored = forms.ChoiceField(
        label="Ignored ones",
        required=False,
        choices=[("", "Hidden"), (listing.SHOWN, "Shown"), (listing.ONLY, "Only these")],
    )
    needs_attention = forms.BooleanField(label="Only those that need a decision", required=False)

    empty_alike = frozenset(listing.NAMES) - {"wallet"}

    def __init__(self, said: Mapping[str, str], wallets: Wallets) -> None:
        super().__init__(data=dict(said))
        choices = [("", "All wallets"), *((str(each.pk), each.label) for each in wallets.kept)]
        self.fields["wallet"].widget = forms.Select(choices=choices)
        self.fields["from"], self.fields["to"] = self.fields.pop("since"), self.fields.pop("until")
        self.order_fields(listing.NAMES)


# --- one field -----------------------------------------------------------------------------------------------------


def text(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=QUIET), **more)


class MomentField(forms.CharField):
    """On the owner's clock, to the second."""

    widget = forms.DateTimeInput

    def __init__(self, **more: Any) -> None:
        attrs = {"type": "datetime-local", "step": "1", **QUIET}
        super().__init__(label="When", required=False, widget=forms.DateTimeInput(attrs=attrs), **more)


FIELDS: Mapping[str, Any] = {
    "kind": lambda: {"kind": forms.ChoiceField(label="Kind", choices=kind_words.CHOICES)},
    "category": lambda: {"category": text("Category", help_text="Finer than the kind, such as staking or airdrop.")},
    "occurred_at": lambda: {"occurred_at": MomentField()},
    **{
        name: lambda name=name: {
            f"{name}_amount": text(f"{kind_words.FIELDS[name]}: amount"),
            f"{name}_unit": text("Currency" if name == "value" else "Asset"),
        }
        for name in PAIRS
    },
    "note": lambda: {
        "note": forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3, **QUIET}))
    },
    "tags": lambda: {"tags": text("Tags", help_text="Separated by commas.")},
    "ignored": lambda: {
        "ignored": forms.BooleanField(
            label="Leave it out", required=False, help_text="It stays here, and counts for nothing."
        )
    },
}


class FieldsForm(forms.Form):
    """Some fields of a transaction. `said` is what `ledger.fields` takes."""

    def __init__(
        self, names: tuple[str, ...], data: Any = None, *, owner: User, values: Mapping[str, Any] | None = None
    ) -> None:
        self.names, self.zone = names, ZoneInfo(owner.time_zone)
        super().__init__(data, initial=self._initial(values or {}), auto_id="id_%s", use_required_attribute=False)
        for name in names:
            self.fields.update(FIELDS[name]())

    def _initial(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name in PAIRS:
                unit = "currency" if name == "value" else "asset"
                found |= {f"{name}_amount": value["amount"], f"{name}_unit": value[unit]} if value else {}
            elif name == "occurred_at":
                found[name] = datetime.fromisoformat(value).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")
            else:
                found[name] = ", ".join(value) if name == "tags" else value
        return found

    def said(self) -> dict[str, Any]:
        """Of a form that is valid."""
        return {name: self._said(name) for name in self.names}

    def _said(self, name: str) -> Any:
        given = self.cleaned_data
        if name in PAIRS:
            return self._pair(name)
        if name == "occurred_at":
            return self._moment(given[name])
        if name == "tags":
            return [tag for each in given[name].split(",") if (tag := each.strip())]
        return given[name]

    def _pair(self, name: str) -> dict[str, str] | None:
        amount = self.cleaned_data[f"{name}_amount"].replace(" ", "")
        unit = self.cleaned_data[f"{name}_unit"].strip()
        if not amount and not unit:
            return None
        return {"amount": amount, "currency": unit.upper()} if name == "value" else {"amount": amount, "asset": unit}

    def _moment(self, written: str) -> datetime | str:
        """A time without a zone is one of the owner's own clock."""
        try:
            at = datetime.fromisoformat(written)
            return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            return written


class AddForm(FieldsForm):
    def __init__(self, data: Any = None, *, owner: User, wallets: list[Wallet], wallet: str = "") -> None:
        names = ("kind", "occurred_at", "received", "sent", "fee", "value", "category", "note", "tags")
        super().__init__(names, data, owner=owner)
        manual_first = sorted(wallets, key=lambda each: each.way != "manual")
        choices = [(str(each.pk), each.label) for each in manual_first]
        self.fields["wallet"] = forms.ChoiceField(label="Wallet", choices=choices, initial=wallet)
        self.fields["occurred_at"].initial = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
        self.fields["once"] = OnceField()
        self.order_fields(("wallet",))


# --- many at once --------------------------------------------------------------------------------------------------


class BulkForm(forms.Form):
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "As it is"), *kind_words.CHOICES])
    category = text("Category", help_text="Empty: as it is.")
    more_tags = text("Add tags", help_text="Separated by commas, beside those that are there.")
    ignored = forms.ChoiceField(
        label="Ignored", required=False, choices=[("", "As it is"), ("yes", "Leave them out"), ("no", "Count them")]
    )

    def said(self) -> tuple[dict[str, Any], list[str]]:
        """Fields, and tags to add. Of a form that is valid."""
        given = self.cleaned_data
        changes: dict[str, Any] = {name: given[name] for name in ("kind", "category") if given[name]}
        if given["ignored"]:
            changes["ignored"] = given["ignored"] == "yes"
        return changes, [tag for each in given["more_tags"].split(",") if (tag := each.strip())]


# --- rules and views -----------------------------------------------------------------------------------------------


class RuleForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs=QUIET))
    where = forms.ChoiceField(label="Where", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any kind"), *kind_words.CHOICES])
    category = text("Category", help_text="As the exchange or file names it.")
    asset = text("Asset")
    words = text("Words in the source's note")
    then_kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "As it is"), *kind_words.CHOICES])
    then_category = text("Category")
    then_tags = text("Tags", help_text="Separated by commas.")
    then_ignored = forms.ChoiceField(
        label="Ignored", required=False, choices=[("", "As it is"), ("yes", "Leave them out"), ("no", "Count them")]
    )

    def __init__(self, data: Any = None, *, wallets: Wallets, rule: Rule | None = None) -> None:
        super().__init__(data, initial=shown_of(rule) if rule else {})
        self.wallets = {each.pk: each for each in wallets.kept}
        exchanges = {each.exchange for each in wallets.kept if each.exchange}
        labels = {each.pk: each.label for each in wallets.kept}
        if rule and rule.wallet:  # in the bin or gone, too: else saving it again would make it about everything
            self.wallets.setdefault(rule.wallet.pk, rule.wallet)
            labels.setdefault(rule.wallet.pk, away(rule.wallet))
        if rule and rule.exchange:
            exchanges.add(rule.exchange)
        self.fields["where"].choices = [  # type: ignore[attr-defined] # a ChoiceField
            ("", "Anywhere"),
            *((f"exchange:{name}", f"Every wallet at {kind_words.exchange(name)}") for name in sorted(exchanges)),
            *((f"wallet:{pk}", label) for pk, label in labels.items()),
        ]

    def said(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name != "where"}
        what, _, name = self.cleaned_data["where"].partition(":")
        return {
            **given,
            "exchange": name if what == "exchange" else "",
            "wallet": next((each for pk, each in self.wallets.items() if what == "wallet" and str(pk) == name), None),
            "then_tags": [tag for each in given["then_tags"].split(",") if (tag := each.strip())],
            "then_ignored": {"": None, "yes": True, "no": False}[given["then_ignored"]],
        }


class ViewForm(forms.Form):
    name = forms.CharField(label="Name", max_length=60, widget=forms.TextInput(attrs=QUIET))
