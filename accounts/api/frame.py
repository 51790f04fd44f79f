"""The frame of every API operation: who may, what comes in, what goes out, what is kept.

An operation is a function that takes a `Call` and makes one verb call or returns one QuerySet:

    @api("PATCH", scope="write", takes=MeChange, gives=Me)
    def change(call: Call) -> Settings: ...

    urlpatterns = [resource("me/", show, change)]
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, cast

from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.exceptions import APIException, MethodNotAllowed, NotAuthenticated
from rest_framework.fields import empty
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api import idempotency, waiting
from accounts.api.doors import Phone, PhoneDoor, Script, ScriptDoor, actor
from accounts.audit import origin_of
from accounts.second_factor import has_factor, is_fresh_in
from config import limits
from config.api import etags, pages
from config.api.bodies import FileAndWords
from config.api.fields import Shape
from config.api.problem import NOT_FOUND, RATE_LIMITED, Problem, kind, response_of
from config.api.writing import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from django.urls import URLPattern
    from rest_framework.parsers import BaseParser
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

    from accounts.api.waiting import Wait
    from accounts.audit import Actor
    from accounts.models import User
    from config.api.problem import Kind

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

SECOND_FACTOR_REQUIRED = kind(
    "second_factor_required", 403, "A second factor is required", "Turn one on first, under /_allauth/app/v1/."
)
STEP_UP_REQUIRED = kind(
    "step_up_required", 403, "Show your second factor again", "It was last given over five minutes ago in this session."
)
INSUFFICIENT_SCOPE = kind(
    "insufficient_scope", 403, "This token may not do that", "Make a token with the scope that the detail names."
)
SESSION_REQUIRED = kind(
    "session_required", 403, "Tokens never reach this", "Sign in as a person and send X-Session-Token."
)
ACCOUNT_CLOSING = kind(
    "account_closing", 403, "This account is closing", "Only account/ answers until you keep the account."
)
ADDRESS_CONTESTED = kind(
    "address_contested",
    403,
    "It is in question whose account this is",
    "Only account/address/ answers until you say which e-mail address is yours.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What one method of one path needs, takes and gives; the frame obeys it and the documentation tells it."""

    run: Callable[[Call], Any]
    method: Method
    scope: str | None  # none: a session token only
    fresh: bool = False  # a phone gave its second factor just now; for a token its scope stands for that
    limit: str = ""  # of settings.RATE_LIMITS, counted for each owner before anything is begun
    while_closing: bool = False
    while_contested: bool = False
    takes: type[Shape] | None = None
    upload: bool = False  # as multipart/form-data, with a file
    query: type[Shape] | None = None
    gives: type[Shape] | None = None
    order: tuple[str, ...] = ()  # with it the answer is a list, in pages
    whole: bool = False  # a list short enough to need no pages
    files: tuple[str, ...] = ()  # the media types that a download may have
    status: int = 200
    statuses: Mapping[int, str] = field(default_factory=dict)  # where there are several good ones: what each says
    status_of: Callable[[dict[str, Any]], int] | None = None  # and which it is, by the answer
    wait: Wait | None = None
    polled: Callable[[dict[str, Any]], str] | None = None  # long work nobody waits for: where to read on, by the answer
    secret: bool = False
    conditional: bool = False
    problems: tuple[Kind, ...] = ()  # beyond those that the frame itself answers with

    @property
    def lists(self) -> bool:
        return bool(self.order) or self.whole

    @property
    def comes_whole(self) -> bool:
        """Read as other lists are, with a limit: it is shorter than any that makes sense, and comes at once."""
        return self.whole and not self.writes

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def guard(self) -> str:
        return f"api:{self.scope or 'session'}{'+fresh' if self.fresh else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request as an operation sees it: its owner, the actor for verbs, the time, and what was sent, checked."""

    request: Request
    owner: User
    by: Actor
    now: datetime
    data: dict[str, Any] = field(default_factory=dict, repr=False)  # may hold what nobody may see
    query: dict[str, Any] = field(default_factory=dict)
    path: dict[str, Any] = field(default_factory=dict)


def api(method: Method, *, scope: str | None = None, **facts: Any) -> Callable[[Callable[[Call], Any]], Operation]:
    """The guard of an operation. Without a scope only a phone's session reaches it; `fresh` asks for step-up too."""

    def declare(run: Callable[[Call], Any]) -> Operation:
        return Operation(run=run, method=method, scope=scope, **facts)

    return declare


def resource(route: str, *operations: Operation, name: str = "") -> URLPattern:
    """One path and everything that can be done there."""
    table = {operation.method: operation for operation in operations}
    facts = {"__module__": operations[0].run.__module__, "operations": table}
    endpoint: type[Endpoint] = type("Resource", (Endpoint,), facts)
    view = endpoint.as_view()
    view.guard = " ".join(operation.guard for operation in operations)  # type: ignore[attr-defined] # as on pages
    view.takes_files = any(operation.upload for operation in operations)  # type: ignore[attr-defined] # as on pages
    return path(route, view, name=name or "-".join(re.sub("<.*?>", "one", route).strip("/").split("/")))


def _as_json(media_type: str) -> BaseRenderer:
    renderer = Renderer()
    renderer.media_type = media_type
    return renderer


class Endpoint(APIView):
    authentication_classes = (PhoneDoor, ScriptDoor)
    permission_classes = ()  # admit() asks everything, once the operation is known
    operations: Mapping[str, Operation] = {}

    @property
    def allowed_methods(self) -> list[str]:
        # A download is recorded when it happens; HEAD would record one that did not.
        readable = "GET" in self.operations and not self.operations["GET"].files
        return ["OPTIONS", *(["HEAD"] if readable else []), *self.operations]

    def get_renderers(self) -> list[BaseRenderer]:
        """Whoever asks for the type of a download gets it, and JSON all the same where there is a problem."""
        files = {media for operation in self.operations.values() for media in operation.files}
        return [*super().get_renderers(), *(_as_json(file) for file in files)]

    def get_parsers(self) -> list[BaseParser]:
        asked = getattr(self.request, "method", None)  # none while the document is drawn
        operation = self.operations.get(cast("Method", asked))
        return [FileAndWords()] if operation and operation.upload else super().get_parsers()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        if request.method != "OPTIONS":
            knock(request, partial(super().initial, request, *args, **kwargs))
            admit(request, self.operation_of(request))

    def operation_of(self, request: Request) -> Operation:
        return self.operations["GET" if request.method == "HEAD" else str(request.method)]

    def options(self, request: Any, *args: object, **kwargs: object) -> Response:  # noqa: ARG002 -- DRF's signature
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def answer(self, request: Request, **kwargs: object) -> Any:
        operation = self.operation_of(request)
        call = call_of(request, operation, kwargs)
        if operation.limit:
            require_room(operation.limit, str(call.owner.pk))
        if not operation.writes:
            return shown(request, rendered(call, operation, operation.run(call)))
        with transaction.atomic():
            answer = idempotency.once(
                request,
                call.owner,
                lambda: rendered(call, operation, operation.run(call)),
                secret=operation.secret,
                now=call.now,
            )
        return waited(call, operation, answer) if operation.wait else answer

    get = head = post = put = patch = delete = answer

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(answer, private=True, no_cache=True)
        patch_vary_headers(answer, ["Authorization", "X-Session-Token"])
        return answer


def knock(request: Request, open_door: Callable[[], None]) -> None:
    """Who is let in counts against their own limit, who is not against their address's."""
    try:
        open_door()
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
    except APIException as refusal:
        if refusal.status_code == HTTPStatus.UNAUTHORIZED:
            require_room("api_anonymous", limits.neighbourhood(origin_of(request)[0]))
        raise
    require_room("api", door_of(request).public_id)


def door_of(request: Request) -> Phone | Script:
    return cast("Phone | Script", request.auth)  # our two doors are the only ones there are


def require_room(limit: str, key: str) -> None:
    verdict = limits.allow(limit, key, now=timezone.now())
    if isinstance(verdict, limits.Denied):
        raise Problem(RATE_LIMITED, headers={"Retry-After": str(verdict.retry_after)})


def admit(request: Request, operation: Operation) -> None:
    """Every question that is asked of somebody known before an operation runs, in one place."""
    door, owner = door_of(request), cast("User", request.user)
    if isinstance(door, Script):
        _admit_script(door, operation)
    if not (door.has_factor if isinstance(door, Script) else has_factor(owner)):
        raise Problem(SECOND_FACTOR_REQUIRED)
    if owner.contested_at and not operation.while_contested:
        raise Problem(ADDRESS_CONTESTED)
    if owner.purge_at and not operation.while_closing:
        raise Problem(ACCOUNT_CLOSING)
    if operation.fresh:
        require_fresh(request)


def require_fresh(request: Request) -> None:
    """For operations that ask for it only at times; they name STEP_UP_REQUIRED among their problems."""
    owner = cast("User", request.user)
    if isinstance(request.auth, Phone) and not is_fresh_in(request.session, owner, now=timezone.now()):
        raise Problem(STEP_UP_REQUIRED)


def _admit_script(script: Script, operation: Operation) -> None:
    if operation.scope is None:
        raise Problem(SESSION_REQUIRED)
    if not tokens.includes(script.token.scopes, operation.scope):
        raise Problem(INSUFFICIENT_SCOPE, f"It needs the scope {operation.scope}.")


def call_of(request: Request, operation: Operation, kwargs: dict[str, Any]) -> Call:
    return Call(
        request=request,
        owner=cast("User", request.user),  # admit() let nobody else pass
        by=actor(request),
        now=timezone.now(),
        data=_checked(operation.takes, request.data, partial=operation.method == "PATCH") if operation.takes else {},
        query=_checked_query(operation, request),
        path=kwargs,
    )


def _checked(shape: type[Shape], data: Any, *, partial: bool = False) -> dict[str, Any]:
    form = shape(data=data, partial=partial)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def _checked_query(operation: Operation, request: Request) -> dict[str, Any]:
    """A filter we do not know is refused: ignoring it would answer with more than was asked for."""
    if twice := [name for name, values in request.query_params.lists() if len(values) > 1]:
        raise pages.repeated_parameters(twice)
    ours = {"limit", "cursor"} if operation.order else {"limit"} if operation.comes_whole else set()
    if operation.comes_whole:
        pages.limit_of(request)
    asked = {name: value for name, value in request.query_params.items() if name not in ours}
    if operation.query and (asked or not _may_be_empty(operation.query)):
        return _checked(operation.query, asked)
    if asked:
        raise pages.unknown_parameters(asked)
    return {}


@cache
def _may_be_empty(shape: type[Shape]) -> bool:
    """Nothing asked is nothing checked: its form would be a tenth of what most lists take."""
    if (shape.validate, shape.to_internal_value) != (Shape.validate, Shape.to_internal_value):
        return False
    return not any(each.required or each.default is not empty for each in shape().fields.values())


def rendered(call: Call, operation: Operation, result: Any) -> Any:
    """A problem that is raised undoes everything; one that is returned refuses, and what was recorded of it stays."""
    if isinstance(result, HttpResponseBase):
        return result
    if isinstance(result, Problem):
        return response_of(result)
    if operation.gives is None:
        return Response(status=204)
    if operation.lists:
        told = listed(call, operation, operation.gives, result)
        return Response(told, status=operation.status, headers=dict(_headers_of(operation, told, operation.status)))
    data = operation.gives(result).data
    status = operation.status_of(data) if operation.status_of else operation.status
    return Response(data, status=status, headers=dict(_headers_of(operation, data, status)))


def _headers_of(operation: Operation, data: dict[str, Any], status: int) -> Iterator[tuple[str, str]]:
    if operation.conditional and operation.method != "DELETE":
        yield "ETag", etags.etag_of(data)
    if operation.wait and status == HTTPStatus.ACCEPTED:
        yield "Location", operation.wait.address(operation.wait.begun(data))
    if operation.polled and status == HTTPStatus.ACCEPTED:
        yield "Location", operation.polled(data)


def read_at(name: str, by: str = "id") -> Callable[[dict[str, Any]], str]:
    """The address of that name, of what an answer calls `by`."""
    return lambda answer: reverse(name, args=[answer[by]])


def waited(call: Call, operation: Operation, answer: Any) -> Any:
    """How it stands when it is over, or when nobody waits any longer. What was kept of it says which it is."""
    assert operation.wait  # noqa: S101 # the caller's question
    kept = answer.data if isinstance(answer, Response) else json.loads(answer.content)
    name = operation.wait.begun(kept) if answer.status_code < HTTPStatus.BAD_REQUEST else ""
    if not name:
        return answer
    waiting.until_over(call, operation.wait, name)
    now = rendered(call, operation, operation.wait.outcome(call, name))
    if "Idempotent-Replayed" in answer:
        now["Idempotent-Replayed"] = answer["Idempotent-Replayed"]
    return now


def listed(call: Call, operation: Operation, shape: type[Shape], result: Any) -> dict[str, Any]:
    rows, address = (result, None) if operation.whole else pages.page(call.request, result, order=operation.order)
    return {"results": shape(rows, many=True).data, "next": address}


def require_unchanged(call: Call, shape: type[Shape], value: object) -> None:
    """For operations marked conditional: `value` is the object as it is now, read under a lock."""
    etags.require_unchanged(call.request, shape(value).data)


def shown(request: Request, response: Any) -> Any:
    """A GET carries its ETag; a client that has this answer already gets 304."""
    if not isinstance(response, Response) or response.status_code != HTTPStatus.OK:
        return response
    etag = etags.etag_of(response.data)
    if etags.is_known(request, etag):
        response = Response(status=304)
    response["ETag"] = etag
    return response


class Nowhere(APIView):
    """What answers under /api/ where no resource is, so that programs never meet an HTML page."""

    authentication_classes = ()
    permission_classes = ()
    schema = None
    default_response_headers: dict[str, str] = {}  # no Allow: nothing is here to be allowed

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:  # noqa: ARG002 -- DRF's signature
        raise Problem(NOT_FOUND)


nowhere = Nowhere.as_view()
nowhere.guard = "anonymous"  # type: ignore[attr-defined] # every view carries its guard
