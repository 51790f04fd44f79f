from __future__ import annotations

import io
import json
import logging
import logging.config
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import pytest
import structlog
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from config.logs import ReportFilter, configure
from tests.config.conftest import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "hunter2-swordfish"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What production's handler writes, with the logging of this test run put back afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    root = logging.getLogger()
    kept, factory, former = list(root.handlers), logging.getLogRecordFactory(), structlog.get_config()
    settings = configure(production=True)
    stream = io.StringIO()
    settings["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(settings)
    yield stream.getvalue
    logging.captureWarnings(capture=False)
    root.handlers[:] = kept
    logging.setLogRecordFactory(factory)
    structlog.configure(**former)


def fail(text: str) -> None:
    raise RuntimeError(text)


def test_a_line_is_json_with_its_facts(written: Callable[[], str]) -> None:
    with structlog.contextvars.bound_contextvars(request="abc"):
        structlog.get_logger("holdfast.test").info("sync.done", rows=12)

    line = json.loads(written())
    assert {key: line[key] for key in ("event", "rows", "level", "logger", "request")} == {
        "event": "sync.done",
        "rows": 12,
        "level": "info",
        "logger": "holdfast.test",
        "request": "abc",
    }


@pytest.mark.parametrize(
    "log",
    [
        lambda: structlog.get_logger("ours").info("tested", api_key=SECRET, nested={"password": SECRET}),
        lambda: structlog.get_logger("ours").info(f"password={SECRET}"),
        lambda: logging.getLogger("theirs").warning("calling with token=%s", SECRET),
        lambda: logging.getLogger("theirs").warning("headers %s", {"Authorization": f"Bearer {SECRET}"}),
        lambda: logging.getLogger("theirs").error("url https://x.test/?signature=%s", SECRET),
        lambda: logging.getLogger("django.request").error("X-Session-Token: %s", SECRET),
        lambda: warnings.warn(f"secret: {SECRET}", UserWarning, stacklevel=1),
    ],
)
def test_no_logger_whosever_it_is_writes_a_secret(log: Callable[[], None], written: Callable[[], str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        log()

    assert written()
    assert SECRET not in written()
    assert all(json.loads(line) for line in written().splitlines())


@pytest.mark.parametrize("name", ["ours", "theirs"])
def test_a_traceback_shows_the_way_and_neither_values_nor_secrets(name: str, written: Callable[[], str]) -> None:
    local_value = "swordfish-in-a-local"
    try:
        fail(f"refused: api_key={SECRET}")
    except RuntimeError:
        log = structlog.get_logger(name) if name == "ours" else logging.getLogger(name)
        log.exception("failed")

    line = json.loads(written())
    assert "test_a_traceback_shows_the_way" in line["exception"]
    assert not [each for each in (SECRET, local_value) if each in written()]


def test_a_handler_some_library_adds_for_itself_gets_no_secret_either(written: Callable[[], str]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger("theirs").addHandler(handler)
    try:
        fail(f"password={SECRET}")
    except RuntimeError:
        logging.getLogger("theirs").exception("token=%s", SECRET)
    finally:
        logging.getLogger("theirs").removeHandler(handler)

    assert "Traceback" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_what_ends_a_thread_is_a_line_like_others_and_redacted(written: Callable[[], str]) -> None:
    thread = threading.Thread(target=fail, args=[f"password={SECRET}"])
    thread.start()
    thread.join()

    line = json.loads(written())
    assert (line["event"], line["level"]) == ("thread.failed", "critical")
    assert "RuntimeError" in line["exception"]
    assert SECRET not in written()


@pytest.mark.parametrize("name", ["ccxt.base.exchange", "urllib3.connectionpool", "django-q"])
def test_those_who_log_requests_are_kept_quiet(name: str, written: Callable[[], str]) -> None:
    logging.getLogger(name).info("GET /?signature=abc")
    logging.getLogger(name).debug("headers")

    assert written() == ""


def test_djangos_debug_page_knows_no_values() -> None:
    request = RequestFactory().post("/?code=abc", {"password": SECRET}, headers={"Authorization": SECRET})
    request.COOKIES["sessionid"] = SECRET
    local_value = SECRET
    try:
        fail("broken")
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
    reporter.filter = ReportFilter()

    page = reporter.get_traceback_html() + reporter.get_traceback_text()

    assert local_value not in page
    assert "SECRET_KEY" not in page


def test_an_exception_nobody_caught_is_printed_without_its_secrets() -> None:
    code = f"import django; django.setup(); raise RuntimeError('api_key={SECRET}')"

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "RuntimeError" in done.stderr
    assert done.stderr.count(SECRET) == 0


def test_the_report_filter_is_always_on() -> None:
    assert ReportFilter().is_active(HttpRequest())
