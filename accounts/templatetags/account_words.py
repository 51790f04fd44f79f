from __future__ import annotations

import json

from django import template

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """For a data attribute: the template escapes it, the module parses it."""
    return json.dumps(value)
