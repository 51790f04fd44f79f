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

    support_js_module_import_aggregation = True  # a script calls another by its content as well

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

    def _stored_name(self, name: str, hashed_files: dict[str, str]) -> str:
        """The same, of what one file names in another while they are collected."""
        try:
            return str(super()._stored_name(name, hashed_files))
        except ValueError:
            return name
