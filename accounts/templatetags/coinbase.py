"""Sign-in with Coinbase on other parts' pages; draws nothing where the operator does not offer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from accounts import coinbase

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.inclusion_tag("accounts/_coinbase_button.html", takes_context=True)
def coinbase_button(context: Context, label: str) -> dict[str, object]:
    """For the doors: `{% coinbase_button "Sign in with Coinbase" %}`."""
    onward = context["request"].GET.get("next", "")
    address = reverse("accounts:coinbase_start", query={"next": onward} if onward else None)
    return {"offered": coinbase.provider() is not None, "label": label, "address": address}


@register.inclusion_tag("accounts/_coinbase_row.html", takes_context=True)
def coinbase_row(context: Context) -> dict[str, object]:
    """For the list of ways in, among the security settings."""
    linked = coinbase.link_of(context["request"].user)
    return {"shown": linked or coinbase.provider(), "link": linked}
