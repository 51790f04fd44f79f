"""Addresses of static files, and how long browsers keep them.

In production a file is called by its content: a browser that has it asks no more, and a new version has another name.
A page names thirty of them, so that each address is worked out once.
"""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Remembered(StaticFilesStorage):
    """In development, as they lie: one is changed and looked at again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addresses: dict[str, str] = {}

    def url(self, name: str | None) -> str:
        name = str(name)
        if name not in self.addresses:
            self.addresses[name] = super().url(name)
        return self.addresses[name]


class ByContent(Remembered, CompressedManifestStaticFilesStorage):
    """As `manage.py assets` has collected them. What npm did not bring keeps its plain name, under which nothing is."""

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
