"""Every error of the API, whoever raised it, is one problem+json document with a code that programs can rely on."""

from __future__ import annotations

import logging
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core import exceptions as django
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

from config.away import WAIT, is_away
from config.statements import was_cut
from config.turns import TurnTakenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table of codes that the documentation shows."""

    code: str
    status: int
    title: str
    remedy: str


KINDS: dict[str, Kind] = {}


def kind(code: str, status: int, title: str, remedy: str) -> Kind:
    """Higher apps declare their own beside the code that raises them."""
    return KINDS.setdefault(code, Kind(code, status, title, remedy))


INVALID = kind("invalid", 400, "Some of the input does not fit", "Mend the fields listed in errors.")
PARSE_ERROR = kind("parse_error", 400, "The body cannot be read", "Send one JSON object, in UTF-8.")
BAD_CURSOR = kind("bad_cursor", 400, "This cursor is not one of ours", "Follow next as it was given, unchanged.")
BAD_REQUEST = kind("bad_request", 400, "The request cannot be understood", "Compare it with the documentation.")
NOT_AUTHENTICATED = kind(
    "not_authenticated", 401, "Nobody is signed in", "Send X-Session-Token, or Authorization: Bearer hf_…"
)
PERMISSION_DENIED = kind("permission_denied", 403, "This is not allowed", "Nothing was changed.")
NOT_FOUND = kind(
    "not_found",
    404,
    "There is no such thing here",
    "It is not there, or no longer, or not yours. Every path ends with a slash.",
)
METHOD_NOT_ALLOWED = kind("method_not_allowed", 405, "This path does not know that method", "See the Allow header.")
NOT_ACCEPTABLE = kind("not_acceptable", 406, "Answers are JSON only", "Accept application/json.")
CONFLICT = kind("conflict", 409, "This does not go together with what is there", "Read the object again.")
CROWDED = kind(
    "crowded", 503, "Very much is on its way just now", "Nothing was changed. Ask again after Retry-After seconds."
)
BUSY = kind(
    "busy", 409, "Much is being taken in or read there", "Nothing was changed. Repeat it after Retry-After seconds."
)
PRECONDITION_FAILED = kind(
    "precondition_failed", 412, "It was changed in the meantime", "Read it again, then send the change with its ETag."
)
BODY_TOO_LARGE = kind("body_too_large", 413, "The body is too large", "Send at most 1 MB.")
UNSUPPORTED_MEDIA_TYPE = kind(
    "unsupported_media_type", 415, "A body of this type is not taken here", "Send the type that the detail names."
)
RATE_LIMITED = kind("rate_limited", 429, "Too many requests", "Wait as many seconds as Retry-After says.")
UNEXPECTED = kind(
    "unexpected", 500, "Something went wrong on our side", "Try again later; the request id helps us to find the cause."
)
UNAVAILABLE = kind(
    "unavailable",
    503,
    "Our records cannot be reached just now",
    "Nothing saved is lost. Repeat it after Retry-After seconds; if it was a change, look first whether it is there.",
)
TOO_LONG = kind(
    "too_long",
    503,
    "This took longer than one request may",
    "Nothing saved is lost. Ask for less at once, or repeat it after Retry-After seconds; "
    "if it was a change, look first whether it is there.",
)


def passing(error: BaseException | None) -> Kind | None:
    """What is better in a minute, or with a smaller question; none for what is a fault of ours."""
    if is_away(error):
        return UNAVAILABLE
    return TOO_LONG if was_cut(error) else None


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is a dotted path; empty when the body as a whole is meant."""

    field: str
    code: str
    detail: str


class Problem(drf.APIException):
    """Raise this to answer with a problem. `detail` is for people and may carry facts, never a secret."""

    def __init__(
        self,
        what: Kind,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or what.remedy, what.code)
        self.what = what
        self.status_code = what.status
        self.errors = errors
        self.headers = dict(headers or {})


def invalid(field: str, code: str, detail: str) -> Problem:
    return Problem(INVALID, errors=[FieldError(field, code, detail)])


@contextmanager
def errors_named(names: Mapping[str, str]) -> Iterator[None]:
    """Where a verb's argument has another name on the wire, its errors are told by the wire's."""
    try:
        yield
    except django.ValidationError as error:
        named = {names.get(name, name): inner for name, inner in error.error_dict.items()}
        raise django.ValidationError(named) from None


def answer(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler. Nothing passes it: what nobody foresaw becomes a 500 that says nothing but its id."""
    problem = _problem_of(exc) or _unfit_body(exc, context) or _unexpected(exc, context)
    return response_of(problem)


def response_of(problem: Problem) -> Response:
    headers = dict(problem.headers)
    if problem.what.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="Holdfast"'
    return Response(
        body_of(problem), status=problem.what.status, headers=headers, content_type=CONTENT_TYPE, exception=True
    )


def body_of(problem: Problem) -> dict[str, Any]:
    what = problem.what
    body: dict[str, Any] = {
        "type": f"/api/docs/#{what.code}",
        "title": what.title,
        "status": what.status,
        "detail": str(problem.detail),
        "code": what.code,
    }
    if problem.errors:
        body["errors"] = [{"field": e.field, "code": e.code, "detail": e.detail} for e in problem.errors]
    return body


def _problem_of(exc: Exception) -> Problem | None:
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, drf.ValidationError):
        return Problem(INVALID, errors=list(_field_errors(exc.get_full_details(), "")))
    if isinstance(exc, django.ValidationError):
        return Problem(INVALID, errors=list(_django_errors(exc)))
    if what := passing(exc):
        # What was cut asked for too much, somewhere; what is away is away wherever the code was.
        where = exc if what is TOO_LONG else None
        logger.warning("api request was not answered: %s, %s", what.code, type(exc).__name__, exc_info=where)
        return Problem(what, headers={"Retry-After": WAIT})
    for kinds, what in FOREIGN:
        if isinstance(exc, kinds):
            return Problem(what, headers=_headers_of(exc))
    return None


FOREIGN: list[tuple[type[Exception] | tuple[type[Exception], ...], Kind]] = [
    (drf.ParseError, PARSE_ERROR),
    ((drf.NotAuthenticated, drf.AuthenticationFailed), NOT_AUTHENTICATED),
    ((drf.PermissionDenied, django.PermissionDenied), PERMISSION_DENIED),
    ((drf.NotFound, Http404, django.ObjectDoesNotExist), NOT_FOUND),
    (drf.MethodNotAllowed, METHOD_NOT_ALLOWED),
    (drf.NotAcceptable, NOT_ACCEPTABLE),
    (drf.Throttled, RATE_LIMITED),
    (django.RequestDataTooBig, BODY_TOO_LARGE),
    (TurnTakenError, BUSY),
    (django.SuspiciousOperation, BAD_REQUEST),
]


def _unfit_body(exc: Exception, context: Mapping[str, Any]) -> Problem | None:
    """Which type is taken is the operation's: files come as a form, all else as JSON."""
    if not isinstance(exc, drf.UnsupportedMediaType):
        return None
    taken = " or ".join(parser.media_type for parser in context["request"].parsers)
    return Problem(UNSUPPORTED_MEDIA_TYPE, f"Send {taken}.")


def _headers_of(exc: Exception) -> dict[str, str]:
    wait = getattr(exc, "wait", None)  # only Throttled and TurnTakenError have it
    return {"Retry-After": str(int(wait))} if wait else {}


def _unexpected(exc: Exception, context: Mapping[str, Any]) -> Problem:
    request = context.get("request")
    number = getattr(request, "request_id", "") or uuid.uuid4().hex
    logger.error("api request failed", exc_info=exc, extra={"request_id": number})
    return Problem(
        UNEXPECTED,
        f"It is recorded under the request id {number}. Nothing was changed.",
        headers={"X-Request-Id": number},
    )


def _field_errors(details: Any, path: str) -> Iterator[FieldError]:
    """DRF nests errors as the input nests; here they become dotted paths."""
    if isinstance(details, dict) and isinstance(details.get("message"), str):
        yield FieldError(path, str(details["code"]), details["message"])
    elif isinstance(details, dict):
        for name, inner in details.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(inner, ".".join(filter(None, (path, step))))
    elif isinstance(details, list):
        # A list of messages belongs to this field; a list of dicts without a message are the items of a list field.
        for index, inner in enumerate(details):
            is_message = isinstance(inner, dict) and isinstance(inner.get("message"), str)
            yield from _field_errors(inner, path if is_message else f"{path}.{index}".strip("."))


def _django_errors(exc: django.ValidationError) -> Iterator[FieldError]:
    fields = exc.error_dict if hasattr(exc, "error_dict") else {"": exc.error_list}
    for name, errors in fields.items():
        for error in errors:
            path = "" if name == django.NON_FIELD_ERRORS else name
            yield FieldError(path, str(error.code or "invalid"), " ".join(error.messages))
