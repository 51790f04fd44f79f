"""Matchers know values only: what they are told decides, and nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import ledger.matching

ALLOWED = {"ledger.matching", "ledger.readings"}


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return froms | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_they_import_the_standard_library_and_readings_only() -> None:
    files = [*Path(ledger.matching.__file__).parent.glob("*.py")]
    foreign = {
        module
        for path in files
        for module in imported(path)
        if module.split(".")[0] not in sys.stdlib_module_names and ".".join(module.split(".")[:2]) not in ALLOWED
    }

    assert len(files) > 10
    assert not foreign
