"""The design's conventions, as tests. Each exception carries its reason."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.audit import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["config", "accounts", "wallets", "ledger", "sync"]
WIRING = {"config/settings.py", "config/urls.py"}
SOURCES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")) if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def our_views() -> dict[str, object]:
    """Route -> view, for every view that is ours and not a library's."""
    found = {}

    def walk(resolver: URLResolver, prefix: str) -> None:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry, route)
            elif isinstance(entry, URLPattern) and entry.callback.__module__.split(".")[0] in FLOORS:
                found[route] = entry.callback

    walk(get_resolver(), "/")
    return found


# --- how files stand to one another ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_point_down_only(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])

    upward = {module for module in imports(TREES[path]) if module.split(".")[0] in FLOORS[floor + 1 :]}

    assert name_of(path) in WIRING or not upward


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_migrations_and_models_name_no_higher_app(path: Path) -> None:
    """A foreign key or a dotted path to a higher app is an import too."""
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    above = tuple(f"{app}." for app in FLOORS[floor + 1 :])

    texts = {
        node.value for node in ast.walk(TREES[path]) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    dotted = {text for text in texts if above and text.startswith(above) and re.fullmatch(r"[\w.]+", text)}
    assert name_of(path) in WIRING or not dotted


def test_no_file_is_named_after_nothing() -> None:
    vague = {"services", "managers", "utils", "helpers", "common", "misc", "util"}

    assert not [name_of(path) for path in SOURCES if vague & {*path.parts, path.stem}]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.stem == "models"], ids=name_of)
def test_models_import_no_verbs(path: Path) -> None:
    ours = {module for module in imports(TREES[path]) if module.split(".")[0] in FLOORS}

    allowed = {"accounts.models", "config.append_only", "config.fields", "config.leases"}
    assert not {module for module in ours if not any(module.startswith(prefix) for prefix in allowed)}


# --- what code does not do ---------------------------------------------------------------------------------------

CLOCKS = re.compile(
    r"(^|/)(views|tasks|admin|guards|middleware)(\.py$|_?\w*\.py$|/)|/api/|management/commands/"
    # The frame around requests and processes, where the time of day enters:
    r"|accounts/(second_factor|sessions|doors|coinbase_door|witness)\.py|config/(queue|broker|health|processes|programs|postgres|bootstrap|mail|api|wsgi)",
)


@pytest.mark.parametrize("path", [path for path in SOURCES if not CLOCKS.search(name_of(path))], ids=name_of)
def test_the_clock_is_read_by_views_and_tasks_only(path: Path) -> None:
    assert not {"timezone.now", "datetime.now", "time.time"} & set(calls(TREES[path]))


def test_nobody_uses_allauths_own_reauthentication() -> None:
    """It accepts the password alone and writes the suspended POST, in clear, into the session."""
    banned = "allauth.account.decorators.reauthentication_required"

    assert not [name_of(path) for path, tree in TREES.items() if banned in imports(tree)]


def test_nothing_is_copied_into_a_table_that_seals() -> None:
    """COPY bypasses field code, and so would store a secret in clear."""
    writers = [
        path for path, tree in TREES.items() if any(call.endswith(".copy") and "cursor" in call for call in calls(tree))
    ]

    assert not [name_of(path) for path in writers if "Sealed" in path.read_text()]


def test_no_signal_is_sent_between_our_own_apps() -> None:
    assert not [name_of(path) for path, tree in TREES.items() if "Signal" in set(calls(tree))]


# --- what pages promise ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("route", "view"), our_views().items(), ids=lambda part: part if isinstance(part, str) else "")
def test_every_view_says_who_may_see_it(route: str, view: object) -> None:
    assert getattr(view, "guard", None), f"{route} carries no guard"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_carries_inline_script_or_style(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:", text)
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in attributes
        assert not body.strip()


def test_every_action_is_recorded_somewhere() -> None:
    used = Counter(
        node.attr
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Action"
    )

    assert not [action.name for action in Action if not used[action.name]]


# --- what is written down ----------------------------------------------------------------------------------------


def test_every_setting_read_is_explained_in_the_readme() -> None:
    readers = {"text", "flag", "number", "decimal", "words", "secret", "development_secret"}
    settings = ast.parse((ROOT / "config/settings.py").read_text())
    read = {
        node.args[0].value
        for node in ast.walk(settings)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in readers and isinstance(node.args[0], ast.Constant)
    }

    readme = (ROOT / "README.md").read_text()

    assert not {name for name in read if f"`{name}`" not in readme}


def test_no_registry_and_no_path_of_a_machine_is_written_down() -> None:
    hosts = re.compile("p[y]pi[.]org|pythonh[o]sted|registry[.]np[m]js|deb[.]deb[i]an|/wor[k]/|/roo[t]/")
    files = [path for path in ROOT.rglob("*") if path.is_file() and not set(path.relative_to(ROOT).parts) & SKIPPED]

    assert not [name_of(path) for path in files if hosts.search(path.read_text(errors="ignore"))]


SKIPPED = {
    ".git",
    ".venv",
    ".data",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}
