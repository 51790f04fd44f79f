"""`tax-settings/`: how gains are reckoned, dated by the year each setting begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts import tax_settings
from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, Whole

if TYPE_CHECKING:
    from accounts.tax_settings import Setting


class TaxSettingSent(Shape):
    from_year = Whole(
        min_value=tax_settings.FIRST_YEAR,
        max_value=tax_settings.LAST_YEAR,
        help_text="The tax year, by the year in which it begins: 2024 for 2024/25, from April or July 2024 on.",
    )
    country = Choice(tax_settings.Country.choices)
    method = Choice(tax_settings.Method.choices)
    scope = Choice(tax_settings.BasisScope.choices)

    example = {"from_year": 2025, "country": "US", "method": "hifo", "scope": "per_wallet"}


class TaxSetting(TaxSettingSent):
    advice = serializers.CharField(help_text="What the tax office asks for, where the choice differs; else empty.")

    example = {**TaxSettingSent.example, "advice": ""}


@api("GET", scope="read", gives=TaxSetting, whole=True)
def index(call: Call) -> list[Setting]:
    """List your tax settings.

    Oldest first; each holds until the next begins. An owner who has set nothing sees what holds by default.
    """
    return tax_settings.dated(call.owner)


@api("POST", scope="write", takes=TaxSettingSent, gives=TaxSetting, status=201)
def create(call: Call) -> Setting:
    """Set what holds from one year on.

    A year that had a setting gets this one in its place. Methods and scopes are checked against what the country's tax
    office accepts.
    """
    return tax_settings.set_from(by=call.by, owner=call.owner, now=call.now, **call.data)
