"""A name for each page with a form on it: it makes one thing, however often its button is pressed."""

from __future__ import annotations

from uuid import uuid4

from django import forms


class OnceField(forms.UUIDField):
    """A page without one, as somebody's program sends it, makes a thing each time."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput, initial=uuid4)
