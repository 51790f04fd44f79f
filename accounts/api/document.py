"""The OpenAPI document: drawn from the operations themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse
from rest_framework import serializers

from accounts.api import doors, frame, idempotency, waiting
from config.api import bodies, pages, problem
from config.api.fields import ProblemShape, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.api.frame import Endpoint, Operation
    from config.api.problem import Kind

SESSION_DOOR = "session"
TOKEN_DOOR = "token"  # noqa: S105 -- the name of a door
SECURITY_SCHEMES = {
    SESSION_DOOR: {
        "type": "apiKey",
        "in": "header",
        "name": "X-Session-Token",
        "description": "A person on a phone: signed in, with a second factor, under /_allauth/app/v1/.",
    },
    TOKEN_DOOR: {
        "type": "http",
        "scheme": "bearer",
        "description": "A script: a token hf_… with scopes, made by its owner under tokens/ or in the settings.",
    },
}

ALWAYS = (
    *(problem.INVALID, problem.BAD_REQUEST),
    *(problem.NOT_AUTHENTICATED, doors.INVALID_SESSION, frame.SECOND_FACTOR_REQUIRED),
    *(problem.NOT_ACCEPTABLE, problem.RATE_LIMITED, problem.UNEXPECTED, problem.UNAVAILABLE, problem.TOO_LONG),
)
FOR_SCRIPTS = (doors.INVALID_TOKEN, doors.TOKEN_EXPIRED, doors.TOKEN_REVOKED, doors.TOKEN_ASLEEP)
IDEMPOTENCY = (idempotency.IN_PROGRESS, idempotency.KEY_REUSED)
BODY = (problem.PARSE_ERROR, problem.BODY_TOO_LARGE, problem.UNSUPPORTED_MEDIA_TYPE)


def problems_of(operation: Operation, path: str) -> list[Kind]:
    """Every problem that can really come back from it."""
    found = [*ALWAYS, *FOR_SCRIPTS, *operation.problems]
    found += [frame.INSUFFICIENT_SCOPE] if operation.scope else [frame.SESSION_REQUIRED]
    found += [frame.STEP_UP_REQUIRED] if operation.fresh else []
    found += [] if operation.while_closing else [frame.ACCOUNT_CLOSING]
    found += [] if operation.while_contested else [frame.ADDRESS_CONTESTED]
    found += [problem.BAD_CURSOR] if operation.order else []
    found += [problem.NOT_FOUND] if "{" in path else []
    found += (*IDEMPOTENCY, problem.BUSY) if operation.writes else ()
    found += [idempotency.ALREADY_CREATED] if operation.secret else []
    found += [problem.PRECONDITION_FAILED] if operation.conditional else []
    found += BODY if operation.takes else ()
    found += [bodies.FILE_TOO_LARGE] if operation.upload else []
    return found


class OperationSchema(AutoSchema):
    @property
    def operation(self) -> Operation:
        return cast("Endpoint", self.view).operations[self.method]

    def get_operation_id(self) -> str:
        run = self.operation.run
        return f"{run.__module__.rpartition('.')[2]}_{run.__name__}"

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_summary(self) -> str:
        return words_of(self.operation)[0]

    def get_description(self) -> str:  # type: ignore[override] # spectacular's own says the same
        operation = self.operation
        who = (
            f"Scope of a token: `{operation.scope}`." if operation.scope else "Session only; a token never reaches it."
        )
        return "\n\n".join(filter(None, [words_of(operation)[1], who, fresh_words(operation), limit_words(operation)]))

    def get_auth(self) -> list[dict[str, list[str]]]:
        names = [SESSION_DOOR, *([TOKEN_DOOR] if self.operation.scope else [])]
        return [{name: []} for name in names]

    def get_request_serializer(self) -> Any:
        shape = self.operation.takes
        if shape is None:
            return None
        example = OpenApiExample("request", value=shape.example_request or shape.example, request_only=True)
        media_type = "multipart/form-data" if self.operation.upload else "application/json"
        return {media_type: OpenApiRequest(shape, examples=[] if self.operation.upload else [example])}

    def get_response_serializers(self) -> Any:
        operation = self.operation
        answers: dict[Any, Any] = {**success_of(operation), **({} if operation.writes else {304: NOT_MODIFIED})}
        for status, kinds in sorted(_by_status(problems_of(operation, self.path)).items()):
            answers[status, problem.CONTENT_TYPE] = OpenApiResponse(
                ProblemShape, description="; ".join(f"`{kind.code}`" for kind in kinds), examples=_examples(kinds)
            )
        return answers

    def get_override_parameters(self) -> list[Any]:
        operation = self.operation
        found: list[Any] = [_path_parameter(name) for name in re.findall(r"\{(\w+)\}", self.path)]
        found += [operation.query] if operation.query else []
        found += PAGING if operation.order else [OF_THE_WHOLE] if operation.comes_whole else []
        found += [IDEMPOTENCY_KEY] if operation.writes else [IF_NONE_MATCH, ETAG]
        found += [IF_MATCH] if operation.conditional else []
        found += [ETAG] if operation.conditional and operation.method != "DELETE" else []
        found += [PREFER] if operation.wait else []
        found += [LOCATION] if operation.wait or operation.polled else []
        return [*found, RETRY_AFTER, *([RETRY_AFTER_CONFLICT] if operation.writes else [])]

    def get_examples(self) -> list[OpenApiExample]:
        return []


def words_of(operation: Operation) -> tuple[str, str]:
    """A docstring's first line, and the rest of it."""
    text = re.sub(r"\n +", "\n", (operation.run.__doc__ or "").strip())
    first, _, rest = text.partition("\n")
    return first.rstrip("."), rest.strip()


def fresh_words(operation: Operation) -> str:
    """A token that has the scope has shown enough: it was made behind a second factor."""
    if not operation.fresh:
        return ""
    who = "A phone's" if operation.scope else "The"
    return f"{who} second factor must have been given within the last five minutes."


def limit_words(operation: Operation) -> str:
    if not operation.limit:
        return ""
    count, seconds = settings.RATE_LIMITS[operation.limit]
    return f"At most {count} in {seconds // 60} minutes for one owner, through whatever door."


NOT_MODIFIED = OpenApiResponse(None, description="You have this answer already.")


def success_of(operation: Operation) -> dict[Any, Any]:
    if operation.files:
        return {
            (200, media): OpenApiResponse(OpenApiTypes.BINARY, description="The file.") for media in operation.files
        }
    if operation.gives is None:
        return {204: OpenApiResponse(None, description="Done; there is nothing to say.")}
    shape = page_of(operation.gives) if operation.lists else operation.gives
    example = {"results": [operation.gives.example], "next": None} if operation.lists else operation.gives.example
    examples = [_example("answer", example)]
    statuses = operation.statuses or {operation.status: "As asked."}
    return {status: OpenApiResponse(shape, description=words, examples=examples) for status, words in statuses.items()}


@cache
def page_of(shape: type[Shape]) -> type[serializers.Serializer[Any]]:
    """The answer of a list: one page, and where the next one is."""
    fields = {
        "results": shape(many=True),
        "next": serializers.URLField(allow_null=True, help_text="The next page; null at the end."),
    }
    return type(f"{shape.__name__}Page", (serializers.Serializer,), fields)


def finish(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """The doors; that a field nobody declared is refused; and no shape is described by what all shapes are."""
    result["components"]["securitySchemes"] = SECURITY_SCHEMES
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
        if schema.get("description") == inspect.getdoc(Shape):
            del schema["description"]
    return result


def _by_status(kinds: list[Kind]) -> dict[int, list[Kind]]:
    found = defaultdict(list)
    for kind in kinds:
        found[kind.status].append(kind)
    return found


def _examples(kinds: list[Kind]) -> list[OpenApiExample]:
    return [_example(kind.code, problem.body_of(problem.Problem(kind))) for kind in kinds]


def _example(name: str, value: object) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True)


def _path_parameter(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.PATH, description="An opaque id, as a list gave it.")


def _header(name: str, words: str, *, answers: list[int] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=words, response=answers or False)


LIMIT = {"type": "integer", "minimum": 1, "maximum": pages.MOST, "default": pages.USUAL}
OF_THE_WHOLE = OpenApiParameter("limit", LIMIT, description="Taken as every list takes it; all of this one comes.")
PAGING = [
    OpenApiParameter("limit", LIMIT, description="How many at a time."),
    OpenApiParameter("cursor", str, description="Where the page begins; follow `next` rather than building it."),
]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Your own name for this write. Sent again within a day, it happens once and answers the same.",
)
IF_MATCH = _header("If-Match", "The ETag you read. If it is no longer the same, nothing changes: 412.")
IF_NONE_MATCH = _header("If-None-Match", "The ETag you hold. If it is still the same, the answer is 304.")
ETAG = _header("ETag", "Changes exactly when the answer does.", answers=[200, 202])
PREFER = _header(
    "Prefer",
    f"How long to wait for the end, at most {waiting.LONGEST:.0f} seconds: `wait=5`; `respond-async` for not at all. "
    "When many wait already, the answer comes at once.",
)
LOCATION = _header("Location", "Where to read how it goes on.", answers=[202])
RETRY_AFTER = _header("Retry-After", "Whole seconds to wait.", answers=[429])
RETRY_AFTER_CONFLICT = _header(
    "Retry-After", "Whole seconds, while the first request, or a large file, is at work.", answers=[409]
)


def kinds_in_order() -> Iterator[Kind]:
    """The table of codes, as the documentation shows it."""
    yield from sorted(problem.KINDS.values(), key=lambda kind: (kind.status, kind.code))
