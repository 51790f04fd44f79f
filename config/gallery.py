"""`/_ui/` in development: every component in every state, and the error pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import render

from config.album import ERRORS
from config.guard import open_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class Specimen(forms.Form):
    email = forms.EmailField(label="E-mail address", help_text="Codes and notices go here.")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    code = forms.CharField(label="Code from your authenticator app")
    key_file = forms.CharField(
        label="Private key",
        help_text="A whole key file may stand here.",
        widget=forms.Textarea(attrs={"rows": 3, "data-secret": "", "class": "concealed"}),
    )
    amount = forms.DecimalField(label="Fee", required=False)
    currency = forms.ChoiceField(label="Base currency", choices=[("USD", "US dollar"), ("EUR", "Euro")])
    method = forms.ChoiceField(
        label="Cost basis method",
        help_text="Which lot is sold first.",
        widget=forms.RadioSelect,
        choices=[("fifo", "First in, first out"), ("hifo", "Highest cost first")],
        initial="fifo",
    )
    kinds = forms.MultipleChoiceField(
        label="Send me an e-mail when",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("key", "a key is used for the first time"), ("need", "a connection needs me")],
        initial=["need"],
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label="I have saved these codes", help_text="You cannot see them again.", required=False)


class WrongSpecimen(Specimen):
    """The same form after a mistake in everything."""

    prefix = "wrong"

    def clean(self) -> None:
        raise forms.ValidationError("Nothing was saved. Two things below need you.")


@open_to("developer")
def gallery(request: HttpRequest) -> HttpResponse:
    messages.info(request, "A message says what happened.")
    messages.success(request, "Base currency changed to euro.")
    messages.warning(request, "This key expires in nine days.")
    messages.error(request, "The code was not right. Nothing was changed.")
    wrong = WrongSpecimen({"wrong-email": "nobody", "wrong-method": "none", "wrong-amount": "much"})
    facts = {
        "form": Specimen(),
        "wrong": wrong,
        "before": datetime(2026, 5, 3, 9, 36, tzinfo=UTC),
        "codes": ["7f3k-92ma", "p0d8-vv1e", "k4mz-0t6u", "a91c-dd07", "m2x5-yb3q", "h6wn-81rj"],
        "tones": ["neutral", "good", "warn", "bad"],
        "gives": ["Trades", "Deposits and withdrawals", "Balances"],
        "lacks": ["Futures", "Sub-accounts: each has a key of its own"],
        "boxes": ["Enable Reading"],
        "others": ["Enable Withdrawals", "Enable Margin Loan, Repay & Transfer"],
        "orders": ["Sign in and open Settings, then API.", "Choose Create key.", "Copy both values here."],
        "errors": list(ERRORS),
    }
    return render(request, "gallery/index.html", facts)


@open_to("developer")
def error_page(request: HttpRequest, name: str) -> HttpResponse:
    if name not in ERRORS:
        raise Http404
    return render(request, f"{name}.html", status=ERRORS[name])
