"""Addresses of static files, and how long browsers keep them.

In production a file is called by its content: a browser that has it asks no more, and a new version has another name.
A page names thirty of them, so that each address is worked out once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import libraries

RELEASE = "release"  # the file, beside what was collected, that says of what release that is


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

    def save_manifest(self) -> None:
        """Says also, and last, of what release it all is."""
        super().save_manifest()
        self.delete(RELEASE)
        self._save(RELEASE, ContentFile(release().encode()))

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


def is_collected() -> bool:
    """Whether what was collected is what this release has."""
    try:
        return (settings.STATIC_ROOT / RELEASE).read_text() == release()
    except OSError:
        return False


def release() -> str:
    """A name for all that browsers load, as it lies here, and for what npm is to bring."""
    files = [
        f"{getattr(storage, 'prefix', '')} {path} {hashlib.sha256(Path(storage.path(path)).read_bytes()).hexdigest()}"
        for finder in get_finders()
        for path, storage in finder.list(StaticFilesConfig.ignore_patterns)
    ]
    lock = (libraries.FOLDER / "package-lock.json").read_bytes()
    return hashlib.sha256("\n".join(sorted(files)).encode() + lock).hexdigest()
