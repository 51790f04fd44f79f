"""The engine is sealed: it knows the standard library, itself and nothing else, and never a float."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import ledger.engine

SOURCES = sorted(Path(ledger.engine.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_it_imports_the_standard_library_and_itself(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")

    foreign = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert not {name for name in foreign if not name.startswith("ledger.engine")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_float_is_in_it(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))

    assert not [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not [node for node in nodes if isinstance(node, ast.Name) and node.id == "float"]
    assert not [node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
