"""The design's conventions, as tests. Each exception carries its reason.

A rule that holds for every file is one test, which tells all breaches with file and line: one for each file and rule
were three thousand, and pytest took longer over them than they did.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.audit import Action
from tests.accounts.api.conftest import phone_of
from tests.accounts.api.test_frame import OPERATIONS
from tests.conftest import signed_in
from tests.estate import add_passkey, furnish, things_of
from tests.routes import filled, parameters, routes
from tests.sync import truth
from tests.wallets.conftest import REPLIES
from wallets import catalogue
from wallets.catalogue import Way
from wallets.checklist import CROSSES
from wallets.diagnosis import DIAGNOSES
from wallets.health import RHYTHMS
from wallets.records import Cause
from wallets.sandbox.server import RESIDENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["config", "accounts", "wallets", "ledger", "sync"]
WIRING = {"config/settings.py", "config/urls.py"}
SOURCES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")) if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@cache
def tree_of(path: Path) -> ast.AST:
    return ast.parse(path.read_text())


def trees() -> dict[Path, ast.AST]:
    return {path: tree_of(path) for path in SOURCES}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def floor_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


Said = tuple[int, str]  # what stands in a file, with its line


def imported(tree: ast.AST) -> Iterator[Said]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports(tree: ast.AST) -> set[str]:
    return {module for _, module in imported(tree)}


def ours(tree: ast.AST) -> Iterator[Said]:
    return ((line, module) for line, module in imported(tree) if module.split(".")[0] in FLOORS)


def called_at(tree: ast.AST) -> Iterator[Said]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def calls(tree: ast.AST) -> Iterator[str]:
    return (name for _, name in called_at(tree))


def constants(tree: ast.AST, kind: type) -> Iterator[tuple[int, Any]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, kind):
            yield node.lineno, node.value


def assert_held(paths: list[Path], rule: Callable[[Path], Iterable[Said]]) -> None:
    """Tells all breaches of a rule; one that looks at no file holds for nothing."""
    found = [f"{name_of(path)}:{line}: {what}" for path in paths for line, what in sorted(set(rule(path)))]

    assert paths
    assert not found, "\n".join(found)


def our_views() -> dict[str, Any]:
    """Route -> view, for every view that is ours and not a library's."""
    return {route: view for route, view in routes().items() if view.__module__.split(".")[0] in FLOORS}


# --- how files stand to one another ------------------------------------------------------------------------------


def above(path: Path) -> list[str]:
    return FLOORS[FLOORS.index(floor_of(path)) + 1 :]


BUILT = [path for path in SOURCES if name_of(path) not in WIRING]


def test_imports_point_down_only() -> None:
    def upward(path: Path) -> Iterator[Said]:
        return (found for found in ours(tree_of(path)) if found[1].split(".")[0] in above(path))

    assert_held(BUILT, upward)


SEALED = {
    "ledger/engine": {"ledger.engine"},
    "ledger/readings": {"ledger.readings"},
    "ledger/matching": {"ledger.matching", "ledger.readings"},
    "ledger/imports": {"ledger.imports", "ledger.readings"},
    "ledger/naming": {"ledger.naming"},
    "ledger/pricing": {"ledger.pricing", "ledger.naming"},
}


def test_what_is_sealed_takes_nothing_but_python_and_its_own() -> None:
    """No model, no settings, no database: the same answer for the same question, today and in ten years."""

    def strangers(path: Path) -> Iterator[Said]:
        allowed = next(modules for folder, modules in SEALED.items() if name_of(path).startswith(f"{folder}/"))
        for line, module in imported(tree_of(path)):
            known = module.split(".")[0] in sys.stdlib_module_names or module.startswith(tuple(allowed))
            if not known and module != "ledger":
                yield line, module

    for folder in SEALED:
        assert_held([path for path in SOURCES if name_of(path).startswith(f"{folder}/")], strangers)


def test_no_float_touches_money() -> None:
    """Neither written, nor made: an amount is a Decimal from its text to the screen."""

    def floats(path: Path) -> Iterator[Said]:
        yield from (found for found in called_at(tree_of(path)) if found[1] == "float")
        yield from ((line, str(value)) for line, value in constants(tree_of(path), float))

    assert_held([path for path in SOURCES if floor_of(path) == "ledger"], floats)


def test_migrations_and_models_name_no_higher_app() -> None:
    """A foreign key or a dotted path to a higher app is an import too."""

    def dotted(path: Path) -> Iterator[Said]:
        higher = tuple(f"{app}." for app in above(path))
        for line, text in constants(tree_of(path), str):
            if text.startswith(higher) and re.fullmatch(r"[\w.]+", text):
                yield line, text

    assert_held(BUILT, dotted)


def test_no_file_is_named_after_nothing() -> None:
    vague = {"services", "managers", "utils", "helpers", "common", "misc", "util"}

    assert not [name_of(path) for path in SOURCES if vague & {*path.parts, path.stem}]


def test_models_import_no_verbs() -> None:
    allowed = ("accounts.models", "config.append_only", "config.fields", "config.leases")

    def others(path: Path) -> Iterator[Said]:
        return (found for found in ours(tree_of(path)) if not found[1].startswith(allowed))

    assert_held([path for path in SOURCES if path.stem == "models"], others)


# --- what code does not do ---------------------------------------------------------------------------------------

CLOCK = {"timezone.now", "datetime.now", "time.time"}
CLOCKS = re.compile(
    r"(^|/)(views|tasks|admin|guards|middleware)(\.py$|_?\w*\.py$|/)|/api/|management/commands/"
    # The frame around requests and processes, where the time of day enters, and with it that of answers without a Date:
    r"|accounts/(second_factor|sessions|doors|coinbase_door|witness)\.py|config/(queue|broker|health|processes|programs|postgres|bootstrap|mail|api|wsgi|http)",
)


def test_the_clock_is_read_by_views_and_tasks_only() -> None:
    def read(path: Path) -> Iterator[Said]:
        return (found for found in called_at(tree_of(path)) if found[1] in CLOCK)

    assert_held([path for path in SOURCES if not CLOCKS.search(name_of(path))], read)


def test_nobody_uses_allauths_own_reauthentication() -> None:
    """It accepts the password alone and writes the suspended POST, in clear, into the session."""
    banned = "allauth.account.decorators.reauthentication_required"

    assert not [name_of(path) for path, tree in trees().items() if banned in imports(tree)]


def test_nothing_is_copied_into_a_table_that_seals() -> None:
    """COPY bypasses field code, and so would store a secret in clear."""
    writers = [
        path
        for path, tree in trees().items()
        if any(call.endswith(".copy") and "cursor" in call for call in calls(tree))
    ]

    assert not [name_of(path) for path in writers if "Sealed" in path.read_text()]


def test_rows_are_held_so_that_what_points_at_them_can_still_be_written() -> None:
    """A row held as if it were to go makes whoever commits something that points at it wait, while holding what the
    other wants next: a page of a sync at its wallet, for one. Only a row that is then deleted is held like that.
    """
    held = [
        f"{name_of(path)}: {line.strip()}"
        for path in SOURCES
        for line in path.read_text().splitlines()
        if ".select_for_update(" in line and "no_key=True" not in line and "# to be deleted" not in line
    ]

    assert held == []


def test_no_signal_is_sent_between_our_own_apps() -> None:
    assert not [name_of(path) for path, tree in trees().items() if "Signal" in set(calls(tree))]


# --- what pages promise ------------------------------------------------------------------------------------------


def test_every_view_says_who_may_see_it() -> None:
    assert [route for route, view in our_views().items() if not getattr(view, "guard", None)] == []


def inline(path: Path) -> Iterator[Said]:
    text = path.read_text()
    scripts = re.finditer(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    found = [
        *re.finditer(r"<style|\sstyle=|\son\w+=\"|javascript:", text),
        *(script for script in scripts if "src=" not in script[1] or script[2].strip()),
    ]
    return ((text.count("\n", 0, each.start()) + 1, each[0].strip()) for each in found)


def test_no_template_carries_inline_script_or_style() -> None:
    assert_held(TEMPLATES, inline)


def test_every_action_is_recorded_somewhere() -> None:
    used = Counter(
        node.attr
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Action"
    )

    assert not [action.name for action in Action if not used[action.name]]


# --- secrets are opened in few places ----------------------------------------------------------------------------

# Each with what it opens. Web processes reach the second alone, for the way back of a phone.
OPENERS = {
    "wallets/oauth.py": {"opened", "_opened"},  # credentials, and what was remembered of a sign-in
    "wallets/trials.py": {"open_candidate"},
}


def callers_of(name: str) -> dict[str, set[str]]:
    """File -> the functions in which it is called."""
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for function in ast.walk(tree_of(path)) if name in path.read_text() else ():
            if isinstance(function, ast.FunctionDef) and name in {call.split(".")[-1] for call in calls(function)}:
                found.setdefault(name_of(path), set()).add(function.name)
    return found


def test_secrets_are_opened_by_reveal_alone_and_reveal_is_called_where_it_is_known() -> None:
    assert callers_of("unseal") == {"accounts/audit.py": {"reveal"}}
    assert callers_of("reveal") == OPENERS


def test_no_page_and_no_answer_opens_a_credential() -> None:
    web = [tree for path, tree in trees().items() if re.search(r"/api/|/views\w*\.py$|/admin\w*\.py$", name_of(path))]
    opening = {"oauth.opened", "oauth.renewed", "trials.open_candidate", "trials.values_of", "reveal", "unseal"}

    assert web
    assert not [call for tree in web for call in calls(tree) if call in opening]


# --- exchanges and what goes wrong with them ---------------------------------------------------------------------


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words_a_rhythm_and_a_line_of_the_checklist(cause: Cause) -> None:
    said = DIAGNOSES[cause].told(exchange="Kraken", right="Withdraw")

    assert all((said.title, said.explanation, said.remedy, said.action, said.fault))
    assert "{" not in said.title + said.explanation + said.remedy
    assert "!" not in said.title + said.explanation + said.remedy
    assert RHYTHMS[cause].for_good or RHYTHMS[cause].waits
    assert cause in CROSSES


@pytest.mark.parametrize("row", catalogue.load().values(), ids=lambda row: row.id)
def test_every_exchange_that_is_read_has_connector_sandbox_replies_and_steps(row: catalogue.Exchange) -> None:
    if row.retired or not (row.method(Way.KEY) or row.method(Way.OAUTH)):
        return
    module, name = row.connector.split(":")
    assert hasattr(import_module(module), name)
    assert import_module(f"wallets.sandbox.{row.id}").__name__ in {resident.__module__ for resident in RESIDENTS}
    assert json.loads((REPLIES / row.id / "errors.json").read_text())
    assert import_module(f"tests.wallets.connectors.test_{row.id}")
    assert import_module(f"ledger.readings.{row.id}").VERSION
    assert truth.TRUE[row.id]
    assert bool(row.method(Way.KEY)) == bool(row.steps and row.fields and row.key_page)
    assert bool(row.method(Way.OAUTH)) == bool(row.sign_in)


# --- whose things are whose --------------------------------------------------------------------------------------

# Who is led here by a mailed link or on the way back from elsewhere carries a signature or a state, not an id.
NO_OBJECT = {"token", "trouble", "exchange_id", "name", "year"}
PAGES_OF_OBJECTS = [
    route
    for route, view in our_views().items()
    if parameters(route) and not route.startswith("/api/") and not {n for _, n in parameters(route)} <= NO_OBJECT
]
OPERATIONS_ON_OBJECTS = [
    (route, method, operation)
    for route, method, operation in OPERATIONS
    if not {name for _, name in parameters(route)} <= NO_OBJECT
]


@pytest.fixture
def alices_things(alice: User, settings: SettingsWrapper) -> dict[str, list[str]]:
    """With a sign-in offered, so that its pages are there."""
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}
    furnish(alice, 1)
    add_passkey(alice)
    return {name: values[:1] for name, values in things_of(alice).items()}


@contextmanager
def undone() -> Iterator[None]:
    """So that the next one finds everything as it was. Some answers allow no block around theirs."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def asked(client: Client, address: str) -> set[int]:
    """By every method that the page takes."""
    answers = set()
    for ask in (client.get, client.post):
        with undone():
            answers.add(ask(address).status_code)
    return answers - {405}


def called(client: Client, route: str, method: str, operation: Any, things: dict[str, list[str]]) -> int:
    (address,) = filled(route, things)
    body = json.dumps(operation.takes.example_request or operation.takes.example) if operation.takes else ""
    with undone():
        return client.generic(method, address, body, content_type="application/json").status_code


def test_a_page_of_somebody_elses_thing_is_not_there(bobs_browser: Client, alices_things: dict[str, list[str]]) -> None:
    found = {route: asked(bobs_browser, *filled(route, alices_things)) for route in PAGES_OF_OBJECTS}

    assert len(found) > 30
    assert {route for route, answers in found.items() if answers != {404}} == set()


def test_and_it_is_there_for_whose_it_is(alices_browser: Client, alices_things: dict[str, list[str]]) -> None:
    """The control: 404 may come of one method (a question that was not asked), not of all."""
    found = {route: asked(alices_browser, *filled(route, alices_things)) for route in PAGES_OF_OBJECTS}

    assert {route for route, answers in found.items() if answers == {404}} == set()


def test_an_operation_on_somebody_elses_thing_finds_nothing(bob: User, alices_things: dict[str, list[str]]) -> None:
    phone = phone_of(bob)
    phone.defaults["HTTP_PREFER"] = "respond-async"
    found = {f"{line[1]} {line[0]}": called(phone, *line, alices_things) for line in OPERATIONS_ON_OBJECTS}

    assert len(found) > 25
    assert {line: status for line, status in found.items() if status != 404} == {}


def test_and_finds_it_for_whose_it_is(alice: User, alices_things: dict[str, list[str]]) -> None:
    phone = phone_of(alice)
    phone.defaults["HTTP_PREFER"] = "respond-async"
    found = {f"{line[1]} {line[0]}": called(phone, *line, alices_things) for line in OPERATIONS_ON_OBJECTS}

    assert {line for line, status in found.items() if status == 404} == set()


# --- what is shown is not kept -----------------------------------------------------------------------------------

OF_NOBODY = {"anonymous", "anybody", "developer", "operator"}
OWNERS_PAGES = [
    route
    for route, view in our_views().items()
    if not route.startswith("/api/")
    and getattr(view, "guard", "anonymous") not in OF_NOBODY
    and not re.search("passkey|step-up|reauthenticate", route)  # they read the passkeys there are; hers is made up
]


def test_no_page_of_an_owner_is_kept_by_a_browser_or_on_the_way(
    alices_browser: Client, alices_things: dict[str, list[str]]
) -> None:
    """After signing out, Back shows nothing; and nothing lies in a cache between us and the browser."""
    answers: dict[str, Any] = {}
    for route in OWNERS_PAGES:
        for address in filled(route, alices_things)[:1]:
            with undone():
                answers[address] = alices_browser.get(address)
    shown = {address: answer for address, answer in answers.items() if answer.status_code == 200}

    assert len(shown) > 60
    assert {address for address, answer in shown.items() if "no-store" not in answer.get("Cache-Control", "")} == set()


# --- many cost no more questions than few ------------------------------------------------------------------------


def queries(client: Client, address: str) -> int | None:
    """Of a page that opens; asked twice, for what is only learnt once."""
    if client.get(address).status_code != 200:
        return None
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def compared(few: Client, hers: str, many: Client, his: str) -> tuple[int, int | None] | None:
    """Where they differ, both once more: that somebody was seen is written down each minute."""
    for _ in range(2):
        if (one := queries(few, hers)) is None:
            return None
        if one == (other := queries(many, his)):
            break
    return one, other


def test_every_page_and_every_list_asks_as_often_for_thirty_as_for_one(alice: User, bob: User) -> None:
    """Every address without a parameter, and those of a wallet: what lists nothing passes as well."""
    furnish(alice, 1)
    furnish(bob, 30)
    ours = [route for route in our_views() if {name for _, name in parameters(route)} <= {"wallet_id"}]
    counted = {}
    for few, many in ((signed_in(alice), signed_in(bob)), (phone_of(alice), phone_of(bob))):
        hers, his = things_of(alice), things_of(bob)
        for route in ours:
            if both := compared(few, filled(route, hers)[0], many, filled(route, his)[0]):
                counted[type(few).__name__, route] = both

    assert len(counted) > 60
    assert {route: both for route, both in counted.items() if both[0] != both[1]} == {}


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
