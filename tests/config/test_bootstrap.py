"""The bootstrap, with each installer, on a project of one package that lies on this disk: no index is asked."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import bootstrap
from config.exits import Code, Refusal, refusal_of
from tests.chaos.processes import ROOT, environment, python, started

if TYPE_CHECKING:
    from collections.abc import Callable

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NOWHERE = "http://127.0.0.1:9/simple"


def wheel(folder: Path, version: str) -> str:
    """Makes the package, and answers its lock."""
    folder.mkdir(exist_ok=True)
    path = folder / f"thing-{version}-py3-none-any.whl"
    info = f"thing-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("thing.py", f"version = {version!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return f"thing=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(autouse=True)
def uv_on_the_path(monkeypatch) -> None:
    """The environment of the tests brings one along; a machine that runs Holdfast need not have any. What
    hangs on neither installer is tried with it, for it is quicker.
    """
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(scope="session")
def with_pip(tmp_path_factory) -> Path:
    """To put pip into an environment takes much longer than all that follows: done once, and copied."""
    venv = tmp_path_factory.mktemp("with-pip")
    bootstrap.Pip().create(venv)
    return venv


class CopyingPip(bootstrap.Pip):
    def __init__(self, made: Path) -> None:
        self.made = made

    def create(self, venv: Path) -> None:
        shutil.copytree(self.made, venv, symlinks=True, dirs_exist_ok=True)


@pytest.fixture(params=["uv", "pip"])
def installer(request, monkeypatch) -> str:
    if request.param == "uv" and not isinstance(bootstrap.choose_installer(), bootstrap.Uv):
        pytest.skip("uv is not installed")
    chosen = bootstrap.Uv() if request.param == "uv" else CopyingPip(request.getfixturevalue("with_pip"))
    monkeypatch.setattr(bootstrap, "choose_installer", lambda: chosen)
    return request.param


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": tmp_path / "wheels",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": tmp_path / "wheels",
        "UV_NO_CACHE": "1",
        "PIP_NO_CACHE_DIR": "1",
    }.items():
        monkeypatch.setenv(name, str(value))
    (tmp_path / "requirements").mkdir()
    lock_of(tmp_path).write_text(wheel(tmp_path / "wheels", "1.0"))
    return tmp_path


def lock_of(project: Path) -> Path:
    return project / "requirements" / "run.txt"


def make(project: Path) -> float:
    return bootstrap.bring_up_to_date(project, ["run"])


def installed(project: Path) -> str:
    command = [project / ".venv" / "bin" / "python", "-c", "import thing; print(thing.version)"]
    return subprocess.check_output(command, text=True).strip()


def refused(project: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        make(project)
    return caught.value


def test_it_makes_the_environment_once(installer, project) -> None:
    assert make(project) > 0
    assert installed(project) == "1.0"
    assert make(project) == 0


def test_a_changed_lock_brings_the_environment_up_to_date(project) -> None:
    make(project)
    lock_of(project).write_text(wheel(project / "wheels", "2.0"))

    assert make(project) > 0
    assert installed(project) == "2.0"


def test_a_build_that_was_cut_off_is_done_again_from_the_start(project) -> None:
    make(project)
    (project / ".venv" / "holdfast.json").unlink()
    (project / ".venv" / "holdfast-building").touch()
    (project / ".venv" / "rest").write_text("of the former build")

    assert make(project) > 0
    assert installed(project) == "1.0"
    assert not (project / ".venv" / "rest").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(project) -> None:
    make(project)
    (project / ".venv" / "bin" / "python").unlink()

    make(project)

    assert installed(project) == "1.0"


def test_a_package_that_is_not_what_the_lock_says_is_refused_and_the_right_one_taken_later(installer, project) -> None:
    good = lock_of(project).read_text()
    lock_of(project).write_text(good.replace("sha256:", "sha256:" + "0" * 64)[: good.index("sha256:") + 71] + "\n")

    assert refused(project).code == Code.BROKEN_LOCK

    lock_of(project).write_text(good)
    make(project)
    assert installed(project) == "1.0"


SPOILED = {
    "cut off": lambda text: text[:-40],
    "empty": lambda _: "",
    "no pin": lambda text: text.replace("==", ">="),
    "conflict": lambda text: text + "<<<<<<< HEAD\n",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_damaged_lock_is_refused_before_anything_is_touched(project, spoil: Callable[[str], str]) -> None:
    lock_of(project).write_text(spoil(lock_of(project).read_text()))

    refusal = refused(project)

    assert refusal.code == Code.BROKEN_LOCK
    assert str(lock_of(project)) in str(refusal)
    assert not (project / ".venv").exists()


def test_a_lock_that_is_missing_is_refused(project) -> None:
    lock_of(project).unlink()

    assert refused(project).code == Code.BROKEN_LOCK


def test_without_a_network_it_says_so(installer, project, monkeypatch) -> None:
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.delenv(name)
    for name, value in {
        "PIP_INDEX_URL": NOWHERE,
        "PIP_RETRIES": "0",
        "UV_DEFAULT_INDEX": NOWHERE,
        "UV_HTTP_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)

    assert refused(project).code == Code.NO_NETWORK


def test_a_full_disk_is_noticed_before_anything_is_touched(project, monkeypatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOM", shutil.disk_usage(project).free * 2)

    assert refused(project).code == Code.DISK_FULL
    assert not (project / ".venv").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("OSError: [Errno 28] No space left on device", Code.DISK_FULL),
        ("error: failed to write: No space left on device (os error 28)", Code.DISK_FULL),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", Code.BROKEN_LOCK),
        ("error: Hash mismatch for `thing==1.0`", Code.BROKEN_LOCK),
        ("ERROR: Could not install packages: [Errno 13] Permission denied: '/x'", Code.NO_WRITE_RIGHT),
        ("Temporary failure in name resolution", Code.NO_NETWORK),
        ("something nobody has seen", Code.INSTALL_FAILED),
    ],
)
def test_what_an_installer_says_becomes_one_sentence_and_its_own_exit_code(words, code) -> None:
    assert bootstrap.diagnose(words, Path("/there/.venv")).code == code


def test_no_right_to_write_is_said() -> None:
    refusal = refusal_of(PermissionError(13, "Permission denied", "/there/.venv"))

    assert refusal
    assert refusal.code == Code.NO_WRITE_RIGHT
    assert "/there/.venv" in str(refusal)


def test_two_at_once_wait_for_one_another_and_build_once(project) -> None:
    """The second finds the environment ready when its turn comes."""
    program = (
        "import sys; from pathlib import Path; from config import bootstrap;"
        "print('spent', bootstrap.bring_up_to_date(Path(sys.argv[1]), ['run']), flush=True)"
    )
    command = python("-c", program, project)

    with started(command) as first, started(command) as second:
        said = first.rest() + second.rest()

    assert said.count("Preparing the environment") == 1
    assert installed(project) == "1.0"


def test_an_environment_of_ones_own_is_left_alone_if_it_has_everything(tmp_path) -> None:
    lock = tmp_path / "requirements" / "run.txt"
    lock.parent.mkdir()
    some_hash = "    --hash=sha256:" + "0" * 64
    lock.write_text(f"pytest==1.0 \\\n{some_hash}\n")
    assert bootstrap.chosen_by_hand(tmp_path)

    lock.write_text(f"not-there==1.0 \\\n{some_hash}\n")
    assert not bootstrap.chosen_by_hand(tmp_path)


ENTERS = f"""
import sys
from pathlib import Path
sys.path.append({str(ROOT)!r})
from config import bootstrap
bootstrap.enter(sys.argv, Path(__file__).parent)
print(sys.prefix, sys.dont_write_bytecode)
"""


def test_what_one_process_compiled_the_next_one_finds(project, monkeypatch) -> None:
    """Also where the environment tells Python to keep nothing, as that of many containers does."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (project / "manage.py").write_text(ENTERS)

    said = subprocess.check_output(
        python(project / "manage.py", "web"), env=environment(DATABASE_URL="its own"), text=True
    )

    assert said.splitlines()[-1] == f"{project / '.venv'} False"


@pytest.mark.parametrize("command", ["bench", "shots", "test"])
def test_production_is_no_place_to_develop_and_gets_none_of_its_packages(project, monkeypatch, command) -> None:
    monkeypatch.setenv("HOLDFAST_ENV", "production")

    for ready in ("", "1"):
        monkeypatch.setenv("HOLDFAST_PYTHON_READY", ready)
        with pytest.raises(Refusal, match=f"manage.py {command}") as caught:
            bootstrap.enter(["manage.py", command], project)
        assert caught.value.code == Code.NOT_SAFE

    assert not (project / ".venv").exists()


@pytest.mark.parametrize(
    ("command", "package"), [("shots x", "playwright"), ("bench pages", "hypothesis"), ("web", "django")]
)
def test_a_python_of_ones_own_that_cannot_do_it_says_what_it_lacks(command, package, tmp_path) -> None:
    program = (
        f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv = {['manage.py', *command.split()]};"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    env = environment(HOLDFAST_PYTHON_READY=1, DATA_DIR=tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == Code.NO_PACKAGES
    assert f"such as {package}." in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_in_our_own_code_stays_our_own_fault() -> None:
    assert bootstrap.lacking(["manage.py", "bench"], ModuleNotFoundError(name="ledger.nowhere")) is None


def test_an_older_python_is_told_what_is_needed() -> None:
    program = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path('manage.py', run_name='__main__')"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == Code.WRONG_PYTHON
    assert done.stderr == "Holdfast needs Python 3.11 or newer; this is 3.9.\n"


def test_an_older_python_can_read_manage_py() -> None:
    """Or it would show a syntax error in place of the sentence."""
    ast.parse((ROOT / "manage.py").read_text().replace('f"{refusal}\\n"', '""'), feature_version=(3, 5))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_our_locks_are_pins_and_hashes_and_carry_no_address(lock) -> None:
    assert bootstrap.pinned(lock)
    assert "://" not in lock.read_text()


def test_our_locks_agree_with_one_another() -> None:
    pins: dict[str, set[str]] = {}
    for lock in LOCKS:
        for line in lock.read_text().splitlines():
            if found := bootstrap.PIN.match(line):
                pins.setdefault(bootstrap.plain(found[1]), set()).add(line.split()[0])

    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


def test_the_stamp_of_a_foreign_environment_means_nothing(tmp_path) -> None:
    (tmp_path / "holdfast.json").write_text(json.dumps(["not", "ours"]))

    assert bootstrap.stamp(tmp_path) == {}
