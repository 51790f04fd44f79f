"""The OpenAPI document and the page that explains it: valid, complete, and true to what the frame does."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.api.views import document
from config.api.problem import KINDS
from tests.accounts.api.test_frame import OPERATIONS

if TYPE_CHECKING:
    from django.test import Client


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def without_converters(route: str) -> str:
    return re.sub("<.*?:(.*?)>", r"{\1}", route)


def test_it_is_drawn_without_a_warning_and_is_valid() -> None:
    call_command("spectacular", fail_on_warn=True, validate=True, stdout=io.StringIO())


def test_it_tells_of_every_operation_there_is() -> None:
    there = {f"{method} {without_converters(route)}" for route, method, _ in OPERATIONS}

    assert set(operations()) == there


# Asked for by what is looked for, not by an id: there may be nothing to answer.
MAY_FIND_NOTHING = {f"{method} /api/v1/prices/" for method in ("GET", "PUT", "DELETE")}


def test_every_operation_tells_of_every_refusal() -> None:
    always = {"400", "401", "403", "406", "429", "500"}
    for name, operation in operations().items():
        told = set(operation["responses"])
        assert always <= told, name
        assert ("404" in told) == ("{" in name or name in MAY_FIND_NOTHING), name
        assert ("304" in told) == name.startswith("GET"), name
        assert ("409" in told) != name.startswith("GET"), name
        assert {"413", "415"} <= told or "requestBody" not in operation, name


def test_long_work_says_where_to_read_how_it_goes_on() -> None:
    """A read that answers 202 is asked again itself."""
    begun = {
        name: operation["responses"]["202"]
        for name, operation in operations().items()
        if "202" in operation["responses"]
    }
    without = {name for name, answer in begun.items() if "Location" not in answer.get("headers", {})}

    assert {name for name in without if not name.startswith("GET")} == set()
    assert len(begun) > 15


def test_every_refusal_is_a_problem_with_examples() -> None:
    for name, operation in operations().items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                (content,) = answer["content"].items()
                assert content[0] == "application/problem+json", name
                assert content[1]["examples"], (name, status)


def test_both_doors_are_told_of_and_the_cookie_is_not() -> None:
    schemes = document()["components"]["securitySchemes"]

    assert {(scheme["type"], scheme.get("name", scheme.get("scheme"))) for scheme in schemes.values()} == {
        ("apiKey", "X-Session-Token"),
        ("http", "bearer"),
    }
    doors = {f"{method} {without_converters(route)}": operation.scope for route, method, operation in OPERATIONS}
    for name, operation in operations().items():
        assert (len(operation["security"]) == 1) == (doors[name] is None), name


@pytest.mark.parametrize("kind", ["requestBody", "responses"])
def test_every_example_fits_its_own_schema(kind: str) -> None:
    """All by one validator: each would read the whole document."""
    schemas, examples = {}, {}
    for name, operation in operations().items():
        told = operation.get(kind, {})
        for status, message in told.items() if kind == "responses" else [("sent", told)]:
            for content in message.get("content", {}).values():
                for title, example in content.get("examples", {}).items():
                    schemas[f"{name} {status} {title}"] = content["schema"]
                    examples[f"{name} {status} {title}"] = example["value"]

    validator = jsonschema_rs.Draft4Validator(without_nullable({**document(), "properties": schemas}))

    assert examples
    assert [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(examples)] == []


def without_nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says null in its own way; a JSON Schema validator needs it said in another."""
    if isinstance(schema, list):
        return [without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: without_nullable(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def test_what_is_sent_may_hold_nothing_else() -> None:
    requests = {name: one for name, one in document()["components"]["schemas"].items() if name.endswith("Request")}

    assert requests
    assert all(schema["additionalProperties"] is False for schema in requests.values())


def test_no_object_is_described_by_what_all_objects_are() -> None:
    assert "A field nobody declared" not in json.dumps(document())


def test_it_is_served_to_anybody(client: Client, db: None) -> None:
    answer = client.get("/api/schema/")

    assert answer.json() == json.loads(json.dumps(document()))


def test_it_is_written_out_once_and_not_for_each_who_asks(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/api/schema/")
    monkeypatch.setattr(json, "dumps", lambda *_, **__: "written anew")

    again = client.get("/api/schema/")

    assert (again.content, again["Content-Type"]) == (first.content, "application/json")


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_page_shows_every_operation_and_every_code(client: Client, db: None) -> None:
    first = client.get("/api/docs/").content.decode()
    groups = set(re.findall(r'"(/api/docs/[\w-]+/)"', first))
    pages = [client.get(address).content.decode() for address in groups]

    wanted = {operation["operationId"] for operation in operations().values()}
    assert {operation for page in pages for operation in ids_of(page)} >= wanted
    assert set(re.findall(r'"/api/docs/[\w-]+/#(\w+)"', first)) >= wanted
    assert set(KINDS) <= ids_of(first)


def ids_of(page: str) -> set[str]:
    return set(re.findall(r'id="([\w-]+)"', page))


def test_a_group_that_there_is_not_has_no_page(client: Client, db: None) -> None:
    assert client.get("/api/docs/nowhere/").status_code == 404


def test_what_a_page_leads_to_is_there(client: Client, db: None) -> None:
    """Anchors too: of problems on the first page, of operations on the groups'."""
    first = client.get("/api/docs/").content.decode()
    pages = {address: client.get(address).content.decode() for address in re.findall(r'"(/api/docs/[\w-]*/?)"', first)}
    pages["/api/docs/"] = first

    for page in pages.values():
        for address, anchor in re.findall(r'href="(/api/docs/[^"#]*)#([^"]+)"', page):
            assert anchor in ids_of(pages[address]), f"{address}#{anchor}"


def test_the_page_keeps_to_the_strict_policy(client: Client, db: None) -> None:
    answer = client.get("/api/docs/")

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not re.search(
        r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|=\"https?://(?!localhost)", answer.content.decode()
    )


def test_the_type_of_a_problem_leads_to_its_explanation(client: Client, db: None) -> None:
    problem = APIClient().get("/api/v1/me/").json()
    address, anchor = problem["type"].split("#")

    assert f'id="{anchor}"' in client.get(address).content.decode()
