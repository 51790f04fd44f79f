"""The design's conventions, as tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["config", "accounts", "wallets", "ledger", "sync"]
WIRING = {"config/settings.py", "config/urls.py"}
SOURCES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_only(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    above = FLOORS[FLOORS.index(path.relative_to(ROOT).parts[0]) + 1 :]

    upward = {module for module in imports(path) if module.split(".")[0] in above}

    assert name in WIRING or not upward
