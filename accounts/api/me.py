"""`me/`: who the owner is, and the tax settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts import profile, tax_settings
from accounts.api.frame import Call, api, require_unchanged
from accounts.models import User
from config.api.fields import Choice, Shape, Text
from config.api.problem import errors_named

if TYPE_CHECKING:
    from datetime import datetime

# The wire's names, and the verbs'.
TAX = {"tax_country": "country", "basis_method": "method", "basis_scope": "scope"}


class Me(Shape):
    id = serializers.CharField(read_only=True)
    email = serializers.EmailField(read_only=True, help_text="Change it under /_allauth/app/v1/account/email.")
    base_currency = Choice(profile.CURRENCIES, help_text="What values are shown in.")
    # No list of choices: there are hundreds, and they change with the world.
    time_zone = Text(max_length=64, help_text="IANA name; days and tax years begin in it.")
    tax_country = Choice(
        tax_settings.Country.choices, help_text="This and the next two: of the tax year that runs now."
    )
    basis_method = Choice(tax_settings.Method.choices)
    basis_scope = Choice(tax_settings.BasisScope.choices)

    example = {
        "id": "27",
        "email": "ada@example.com",
        "base_currency": "EUR",
        "time_zone": "Europe/Berlin",
        "tax_country": "DE",
        "basis_method": "fifo",
        "basis_scope": "per_wallet",
    }
    example_request = {"base_currency": "EUR", "time_zone": "Europe/Berlin"}


@api("GET", scope="read", gives=Me)
def show(call: Call) -> dict[str, Any]:
    """Read who you are."""
    return me_of(call.owner, call.now)


@api("PATCH", scope="write", takes=Me, gives=Me, conditional=True)
def change(call: Call) -> dict[str, Any]:
    """Change your settings.

    Tax fields sent here hold for all years; what is not sent keeps its dates. For one year on, see `tax-settings/`.
    """
    owner = User.objects.select_for_update(no_key=True).get(pk=call.owner.pk)
    require_unchanged(call, Me, me_of(owner, call.now))
    tax = {name: call.data.pop(field) for field, name in TAX.items() if field in call.data}
    owner = profile.change(by=call.by, owner=owner, now=call.now, **call.data)
    with errors_named({name: field for field, name in TAX.items()}):
        tax_settings.set_for_all_years(by=call.by, owner=owner, now=call.now, **tax)
    return me_of(owner, call.now)


def me_of(owner: User, now: datetime) -> dict[str, Any]:
    tax = tax_settings.present(owner, now=now)
    return {
        "id": str(owner.pk),
        "email": owner.email,
        "base_currency": owner.base_currency,
        "time_zone": owner.time_zone,
        "tax_country": tax.country,
        "basis_method": tax.method,
        "basis_scope": tax.scope,
    }
