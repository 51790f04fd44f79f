"""In production a browser keeps a file for as long as its content is the same; in development it asks again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from config import programs
from config.exits import Code, Refusal
from config.statics import ByContent, Remembered
from tests.config.nursery import ROOT
from tests.config.test_checks import started

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper as Settings

NAMED = re.compile(r"""{% static ['"]([^'"]+)['"]""")
BY_CONTENT = re.compile(r"/static/[\w/.-]+\.[0-9a-f]{12}\.\w+")
LOADED = re.compile(r"""(?:from |import\()['"]\.+/([^'"]+)['"]""")
NAMES = sorted({name for page in (ROOT / "templates").rglob("*.html") for name in NAMED.findall(page.read_text())})


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By a production of its own: what it collects, and where."""
    place = tmp_path_factory.mktemp("production")
    done = started(place, "manage.py", "assets")
    assert done.returncode == 0, done.stderr
    return place / "static"


@pytest.fixture
def names(collected: Path) -> ByContent:
    return ByContent(location=collected)


def test_every_file_that_a_page_names_is_there() -> None:
    assert len(NAMES) > 30
    assert [name for name in NAMES if not finders.find(name)] == []


@pytest.mark.django_db
def test_the_web_does_not_start_where_nothing_was_collected(tmp_path: Path) -> None:
    done = started(tmp_path, "manage.py", "web")

    assert done.returncode == Code.PREPARING_FAILED, done.stderr
    assert "manage.py assets" in done.stderr


@pytest.fixture
def release(tmp_path: Path, settings: Settings) -> Path:
    """A production with one file that browsers load, and where that lies; collected once."""
    settings.PRODUCTION = True
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "release"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {"staticfiles": {"BACKEND": "config.statics.ByContent"}}
    style = tmp_path / "release" / "a.css"
    style.parent.mkdir()
    style.write_text("a { color: red }")
    collect()
    return style


def collect() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


def test_the_web_does_not_start_with_what_another_release_collected(release: Path) -> None:
    """A page would name files that browsers still have of the former one, or that are nowhere."""
    programs.refuse_uncollected_files()
    release.write_text("a { color: blue }")

    with pytest.raises(Refusal, match=r"manage.py assets") as refused:
        programs.refuse_uncollected_files()
    assert refused.value.code == Code.PREPARING_FAILED

    collect()
    programs.refuse_uncollected_files()


def test_a_file_that_is_new_or_gone_is_another_release_too(release: Path) -> None:
    (release.parent / "b.css").touch()
    with pytest.raises(Refusal):
        programs.refuse_uncollected_files()

    (release.parent / "b.css").unlink()
    programs.refuse_uncollected_files()

    release.unlink()
    with pytest.raises(Refusal):
        programs.refuse_uncollected_files()


def test_in_production_each_is_called_by_its_content_and_lies_there_packed(collected: Path, names: ByContent) -> None:
    for name in NAMES:
        address = names.url(name)
        assert BY_CONTENT.fullmatch(address), name
        assert (collected / address.removeprefix("/static/")).exists()
    packed = names.url("css/base.css").removeprefix("/static/")
    assert (collected / f"{packed}.gz").stat().st_size < (collected / packed).stat().st_size


def test_a_script_that_a_script_loads_is_called_by_its_content_too(collected: Path, names: ByContent) -> None:
    """By its plain name a browser would keep the former one beside a new page, and a server send it half."""
    called = [
        name
        for script in NAMES
        if script.startswith("js/")
        for name in LOADED.findall((collected / names.url(script).removeprefix("/static/")).read_text())
    ]

    assert len(called) > 5
    assert [name for name in called if not BY_CONTENT.fullmatch(f"/static/{name}") and "uplot/" not in name] == []


def test_a_script_names_what_npm_brings_and_stays_as_it_is_where_npm_brought_nothing(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    script = tmp_path / "js" / "a.js"
    script.write_text('await import("../lib/b.js");\n')
    found = {"js/a.js": (FileSystemStorage(location=tmp_path), "js/a.js")}

    done = {name: stored for name, stored, _ in ByContent(location=tmp_path).post_process(found)}

    assert (tmp_path / done["js/a.js"]).read_text() == script.read_text()


def test_what_npm_did_not_bring_is_no_failure_of_the_page(names: ByContent) -> None:
    assert names.url("uplot/nowhere.css") == "/static/uplot/nowhere.css"


def test_in_development_a_file_keeps_its_name() -> None:
    assert staticfiles_storage.url("css/base.css") == "/static/css/base.css"


def test_an_address_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.url", lambda _, name: asked.append(name) or name)
    storage = Remembered()

    assert [storage.url("a.css"), storage.url("a.css"), storage.url("b.css")] == ["a.css", "a.css", "b.css"]
    assert asked == ["a.css", "b.css"]
