"""What a form says of what is not among its choices: Django's words name neither the field nor a way on.

Whoever reads them made an address by hand, or had a page open since before a choice went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.text import Truncator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.utils import ErrorList

LONGEST = 40  # letters of what was sent


class SaidField(BoundField):
    """Every field of every form is drawn as one (`config.widgets.Renderer`)."""

    @property
    def errors(self) -> ErrorList:
        found = super().errors
        if found and any(error.code == "invalid_choice" for error in found.as_data()):
            found.data[:] = list(self._in_our_words(found.as_data()))
        return found

    def _in_our_words(self, errors: list[ValidationError]) -> Iterator[ValidationError]:
        """A field that has words of its own keeps them."""
        theirs = forms.ChoiceField.default_error_messages["invalid_choice"]
        for error in errors:
            is_theirs = error.code == "invalid_choice" and error.message == theirs
            yield ValidationError(self._words(error.params or {}), code=error.code) if is_theirs else error

    def _words(self, params: dict[str, Any]) -> str:
        several = isinstance(self.field, forms.MultipleChoiceField)
        value = Truncator(str(params.get("value", ""))).chars(LONGEST)
        way_on = "Tick those in the list." if several else "Choose one from the list."
        return f"“{value}” is none of the choices for “{self.label}”. {way_on}"
