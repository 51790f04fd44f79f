"""One module per exchange or program, each with its `FORMATS`. Adding a file here is all that a new one takes."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from ledger.imports.formats.base import FormatReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.imports.formats.base import Format


@cache
def every() -> Mapping[str, Format]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    forms = [form for module in modules for form in getattr(module, "FORMATS", ())]
    found = {form.name: form for form in forms}
    if len(found) != len(forms):
        raise ValueError("two formats have one name")
    return found


def reader(name: str) -> FormatReader:
    """Raises KeyError for a family that is no format's."""
    form = every()[name]
    return FormatReader(form, form.version)
