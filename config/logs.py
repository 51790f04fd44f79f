"""Logging: one handler, JSON lines in production, readable ones in development, and nothing passes it unredacted.

Redaction happens in two places on purpose. Log records are redacted where they are made, so that a handler some library
adds for itself gets no secrets either; and every line is redacted again, field by field, where it is written. Local
variables are never printed: structlog's pretty tracebacks would, and so would Django's debug page.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import structlog
from django.views.debug import SafeExceptionReporterFilter

from config.away import is_away
from config.redaction import redact, redact_mapping

if TYPE_CHECKING:
    from collections.abc import ItemsView

    from django.http import HttpRequest
    from structlog.typing import EventDict, WrappedLogger

QUIET = ["ccxt", "urllib3", "requests", "authlib", "django-q", "asyncio", "faker", "hypothesis", "schemathesis"]


def configure(*, production: bool) -> dict[str, Any]:
    """Sets structlog up and answers the LOGGING setting."""
    logging.setLogRecordFactory(RedactedRecord)
    _leave_out_what_no_line_tells()
    logging.captureWarnings(capture=production)
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_a_thread
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer(default=str) if production else _readable
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    _mark,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _redacted,
                    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),  # nothing to take out of that
                    renderer,
                ],
            }
        },
        "filters": {"pages": {"()": OfPages}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET},
            "django": {"level": "INFO", "handlers": [], "propagate": True},  # without Django's own mail to admins
            # Every answer has its own line (config.middleware), without the path, which may hold a code.
            "django.request": {"level": "ERROR", "filters": ["pages"]},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


class RedactedRecord(logging.LogRecord):
    """A log record that never tells its arguments as they were, nor a traceback's messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = redact("".join(traceback.format_exception(*self.exc_info)).rstrip())

    def getMessage(self) -> str:  # noqa: N802  # logging's name
        if getattr(self, "written", False):
            return str(self.msg)  # the finished line: redacted by field, and maybe JSON that a second pass would break
        if isinstance(self.msg, dict):  # one of ours on its way to the formatter, which redacts it by field
            return str(redact_mapping(self.msg))
        return redact(super().getMessage())


NOT_ANSWERED = "not answered: %s"


class OfPages(logging.Filter):
    """What Django says of a request that failed: which exception and where, without the path.

    While the database is away all requests fail for one reason, and where the code was then is of no interest.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "status_code") or record.msg == NOT_ANSWERED:
            return True  # not about an answer; or seen before, where logging was set up twice
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return False  # an answer that tells of a failure: its own line has the status
        record.msg, record.args = NOT_ANSWERED, (type(error).__name__,)
        if is_away(error):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


class ReportFilter(SafeExceptionReporterFilter):
    """For Django's error reports and debug page: no settings, no local variables, no submitted values, no cookies."""

    def is_active(self, request: HttpRequest | None) -> bool:  # noqa: ARG002  # always, also while debugging
        return True

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        return redact_mapping(
            {k: v for k, v in request.META.items() if isinstance(k, str) and k.startswith("REQUEST_")}
        )

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002  # none is safe
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request is not None else {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: object) -> ItemsView[str, Any]:  # noqa: ARG002  # none
        return {}.items()


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _traceback,
    ]


def _leave_out_what_no_line_tells() -> None:
    """Where in the code it was said, and by which thread and process, as Python's own guide to quick logging has it:
    a tenth of a millisecond of each answer.
    """
    logging._srcfile = None  # noqa: SLF001  # the guide's way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The plain traceback: where it went and what was said, without values."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if given and given[0] is not None:
        event["exception"] = "".join(traceback.format_exception(*given)).rstrip()
    return event


def _mark(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["_record"].written = True
    return event


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return redact_mapping(event)


def _readable(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    at, level, name = event.pop("at", "")[11:19], event.pop("level", ""), event.pop("logger", "")
    what, exception = event.pop("event", ""), event.pop("exception", "")
    facts = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{at} {level:<8} {what}  {facts} ({name})" + (f"\n{exception}" if exception else "")


def _last_words(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """An exception nobody caught, in a command: printed, but redacted."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    print(redact("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr, end="")  # noqa: T201  # the interpreter's own last word


def _last_words_of_a_thread(of: threading.ExceptHookArgs) -> None:
    """The interpreter would print them as they are."""
    error = of.exc_value or of.exc_type()
    logging.getLogger(__name__).critical("thread.failed", exc_info=(of.exc_type, error, of.exc_traceback))
