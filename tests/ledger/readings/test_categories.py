"""One word for one meaning: what readers and formats say beside the kind comes from one list."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from importlib import import_module

import pytest

from ledger import imports, readings
from ledger.engine import legs
from ledger.imports import formats
from ledger.readings.base import Kind
from ledger.readings.categories import CATEGORIES
from ledger.readings.cells import Meaning

MODULES = [
    import_module(f"{package.__name__}.{each.name}")
    for package in (readings, imports, formats)
    for each in pkgutil.iter_modules(package.__path__)
    if each.name != "categories"
]


def meanings(value, depth=0):
    """Every meaning that stands in a table of a module, however deep."""
    if isinstance(value, Meaning):
        yield value
    elif isinstance(value, dict) and depth < 4:
        yield from (found for each in value.values() for found in meanings(each, depth + 1))
    elif isinstance(value, tuple | list | set | frozenset) and depth < 4:
        yield from told_by(value)
        yield from (found for each in value for found in meanings(each, depth + 1))


def told_by(value):
    """Two kinds and a word, as some tables have it."""
    kinds = [each for each in value if isinstance(each, Kind)]
    words = [each for each in value if isinstance(each, str) and not isinstance(each, Kind)]
    if isinstance(value, tuple) and len(kinds) == 2 and len(words) == 1:
        yield Meaning(*kinds, words[0])


def written(module):
    """`category="..."`, wherever it is written out."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.keyword) and node.arg == "category" and isinstance(node.value, ast.Constant):
            yield node.value.value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_readers_and_formats_say_only_what_is_listed(module):
    told = {found.category for value in list(vars(module).values()) for found in meanings(value)}
    assert {*told, *written(module)} - {""} <= set(CATEGORIES)


def test_what_a_position_won_or_lost_is_a_result_to_the_engine():
    """Income one way and lost the other: only a position is both."""
    both = {
        found.category
        for module in MODULES
        for value in list(vars(module).values())
        for found in meanings(value)
        if (found.came, found.went) == (Kind.INCOME, Kind.LOST)
    }
    assert both - {"structured"} == legs.RESULTS


def test_each_is_said_in_words_of_its_own():
    assert len(set(CATEGORIES.values())) == len(CATEGORIES)
    assert list(CATEGORIES) == sorted(CATEGORIES)
