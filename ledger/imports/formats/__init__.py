"""One module per exchange or program, each with its `FORMATS`. Adding a file here is all that a new one takes."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING
from zlib import crc32

from ledger.imports.formats.base import FormatReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from ledger.imports.formats.base import Format
    from ledger.readings.base import Reader


@cache
def modules() -> tuple[ModuleType, ...]:
    return tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))


@cache
def every() -> Mapping[str, Format]:
    forms = [form for module in modules() for form in getattr(module, "FORMATS", ())]
    found = {form.name: form for form in forms}
    if len(found) != len(forms):
        raise ValueError("two formats have one name")
    return found


@cache
def readers() -> Mapping[str, Reader]:
    """By the family of the rows that they read."""
    own = {name: reader for module in modules() for name, reader in getattr(module, "READERS", {}).items()}
    return {**{name: FormatReader(form, form.version) for name, form in every().items()}, **own}


def version() -> str:
    """Changes with the version of any of them: what is here already is then read anew."""
    told = " ".join(f"{name}:{reader.VERSION}" for name, reader in sorted(readers().items()))
    return f"{crc32(told.encode()):08x}"


def reader(name: str) -> Reader:
    """Raises KeyError for a family that is no format's."""
    return readers()[name]
