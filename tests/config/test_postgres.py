"""The embedded PostgreSQL, with the system's programs and with the packaged ones."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from config import postgres, postgres_place, postgres_programs
from config.exits import Code, Refusal
from config.postgres import Embedded, running
from config.postgres_place import embedded_url
from tests.chaos.processes import ROOT, open_folder, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.chaos
LAUNCHER = """
import signal, sys
from pathlib import Path
from config.postgres import running
with running(Path(sys.argv[1])):
    print("ready", flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def fresh_look(monkeypatch) -> Iterator[None]:
    monkeypatch.delenv("POSTGRES_BIN", raising=False)
    for found in (postgres_programs.system_programs, postgres_programs.packaged_programs):
        found.cache_clear()
    yield
    for found in (postgres_programs.system_programs, postgres_programs.packaged_programs):
        found.cache_clear()


@pytest.fixture(params=["system", "packaged"])
def programs(request, monkeypatch) -> str:
    """Each test that asks for this runs with both kinds."""
    found = postgres_programs.system_programs() if request.param == "system" else postgres_programs.packaged_programs()
    if not found:
        pytest.skip(f"no {request.param} PostgreSQL on this machine")
    monkeypatch.setenv("POSTGRES_BIN", str(found[0].folder))
    postgres_programs.system_programs.cache_clear()
    return request.param


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as place:
        yield place / "data"


@pytest.fixture
def launcher(programs, folder) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", LAUNCHER, folder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def ask(folder: Path, query: str) -> object:
    with psycopg.connect(embedded_url(folder), autocommit=True) as connection:
        answer = connection.execute(query)
        return answer.fetchone()[0] if answer.description else None


def write_rows(folder: Path) -> None:
    ask(folder, "create table if not exists kept (n int)")
    ask(folder, "insert into kept select generate_series(1, 1000)")


def kill_server(server: Embedded) -> None:
    server.process.kill()
    server.process.wait()
    server.release()


def living_in(folder: Path) -> list[int]:
    """Every process whose working directory lies in the folder; zombies have none."""
    found = []
    for proc in Path("/proc").iterdir():
        try:
            if proc.name.isdigit() and (proc / "cwd").readlink().is_relative_to(folder):
                found.append(int(proc.name))
        except OSError:
            continue
    return found


def test_it_starts_answers_and_ends(programs, folder) -> None:
    with running(folder) as server:
        assert ask(folder, "select current_user || current_database()") == "holdfastholdfast"
        assert ask(folder, "show data_checksums") == "on"
        assert ask(folder, "show listen_addresses") == ""
        pid = server.process.pid

    assert not Path(f"/proc/{pid}").exists()
    assert not living_in(folder)


def test_only_its_own_user_may_come_near(programs, folder) -> None:
    with running(folder) as server:
        assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
        assert server.home.stat().st_uid == server.runner.uid != 0


def test_a_path_too_long_for_a_socket_gets_a_private_folder_that_every_command_finds(folder) -> None:
    long = folder / ("l" * 100)

    for _ in range(2):
        with running(long):
            place = postgres_place.socket_folder(long)
            assert ask(long, "select 1") == 1

    assert len(str(place / postgres_place.SOCKET_NAME)) < 60
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.rmdir()


def test_a_socket_folder_that_others_may_enter_is_not_used(folder) -> None:
    long = folder / ("l" * 100)
    with running(long):
        pass
    opened = postgres_place.socket_folder(long)
    opened.chmod(0o755)

    with running(long):
        place = postgres_place.socket_folder(long)

    assert place != opened
    opened.rmdir()
    place.rmdir()


def test_a_stale_pid_file_that_names_a_stranger_leaves_the_stranger_alone(programs, folder) -> None:
    with running(folder) as server:
        write_rows(folder)
        left = (server.data / "postmaster.pid").read_text()
        kill_server(server)
    stranger = subprocess.Popen(["sleep", "60"], **server.runner.popen())
    (server.data / "postmaster.pid").write_text(left.replace(left.splitlines()[0], str(stranger.pid), 1))

    with running(folder):
        assert ask(folder, "select count(*) from kept") == 1000

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_committed_rows_survive_a_crash(programs, folder) -> None:
    with running(folder) as server:
        write_rows(folder)
        kill_server(server)
    assert wait_until(lambda: not living_in(folder), 5)

    with running(folder):
        assert ask(folder, "select count(*) from kept") == 1000


def test_killing_the_launcher_ends_the_server_and_the_next_start_works(programs, folder, launcher) -> None:
    launcher.stdout.readline()
    write_rows(folder)

    launcher.kill()
    launcher.wait()

    with running(folder):  # at once, while the former may still be ending
        assert ask(folder, "select count(*) from kept") == 1000
    assert wait_until(lambda: not living_in(folder), 10)


def test_killing_the_launcher_leaves_no_process(programs, folder, launcher) -> None:
    launcher.stdout.readline()
    assert living_in(folder)

    launcher.send_signal(signal.SIGKILL)
    launcher.wait()

    assert wait_until(lambda: not living_in(folder), 10)


def test_a_second_one_in_the_same_folder_says_so_and_the_first_goes_on(folder) -> None:
    with running(folder):
        with pytest.raises(Refusal) as refused, running(folder):
            pass

        assert refused.value.code == Code.ALREADY_RUNNING
        assert str(os.getpid()) in str(refused.value)
        assert ask(folder, "select 1") == 1


def test_data_of_another_major_version_is_refused_and_not_touched(programs, folder) -> None:
    with running(folder) as server:
        pass
    (server.data / "PG_VERSION").write_text("13\n")
    before = fingerprint(server.home)

    with pytest.raises(Refusal) as refused, running(folder):
        pass

    assert refused.value.code == Code.OTHER_POSTGRES
    assert "PostgreSQL 13" in str(refused.value)
    assert fingerprint(server.home) == before


def fingerprint(folder: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_data_of_an_older_version_is_served_by_its_own_programs(tmp_path) -> None:
    known = {programs.major: programs for programs in postgres_programs.all_programs()}
    oldest = min(known)
    (tmp_path / "PG_VERSION").write_text(f"{oldest}\n")

    assert postgres_programs.choose(tmp_path) == known[oldest]


def test_a_first_start_that_was_cut_off_is_done_again(folder) -> None:
    (folder / "postgres" / "making" / "base").mkdir(parents=True)

    with running(folder):
        assert ask(folder, "select 1") == 1


def test_a_wrapper_script_is_not_taken_for_postgres(tmp_path, monkeypatch) -> None:
    for name in postgres_programs.NEEDED:
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.1'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    assert postgres_programs.system_programs() == []


def test_a_server_that_cannot_start_says_why_in_its_own_words(folder, monkeypatch) -> None:
    with running(folder):
        pass
    monkeypatch.setitem(postgres.SETTINGS, "max_connections", "nonsense")

    with pytest.raises(Refusal) as refused, running(folder):
        pass

    assert refused.value.code == Code.POSTGRES_FAILED
    assert "max_connections" in str(refused.value)


def test_in_a_folder_that_postgres_may_not_enter_its_files_lie_elsewhere(programs, folder) -> None:
    """A clone in root's own home. Every other command finds the place too."""
    closed = folder / "closed"
    closed.mkdir(parents=True, mode=0o700)

    for _ in range(2):
        with running(closed / "data") as server:
            write_rows(closed / "data")

    assert server.home.is_relative_to(closed) == (os.geteuid() != 0)
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    shutil.rmtree(server.home)


def test_programs_in_a_closed_folder_are_copied_to_where_they_may_run(folder, monkeypatch) -> None:
    """An environment in root's own home."""
    package = postgres_programs.packaged_programs()[0].folder.parent.parent
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setenv("POSTGRES_BIN", str(closed / package.name / "pginstall18" / "bin"))
    postgres_programs.system_programs.cache_clear()

    with running(folder) as server:
        assert ask(folder, "select 1") == 1

    assert server.programs.folder.is_relative_to(closed) == (os.geteuid() != 0)


def test_a_folder_closed_after_the_fact_is_named_and_what_opens_it(folder) -> None:
    if os.geteuid():
        return  # only root starts PostgreSQL as another user
    with running(folder / "in" / "data"):
        pass
    (folder / "in").chmod(0o700)

    with pytest.raises(Refusal) as refused, running(folder / "in" / "data"):
        pass

    assert refused.value.code == Code.CLOSED_FOLDER
    assert f"chmod o+x {folder / 'in'}" in str(refused.value)
