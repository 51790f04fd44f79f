"""The OpenAPI document as the documentation page shows it: grouped, references resolved, ready to print."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accounts.api.document import SESSION_DOOR, TOKEN_DOOR

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CHOICES = 12
Schema = dict[str, Any]
Words = tuple[tuple[str, bool], ...]  # pieces of text; those with True were between backticks


@dataclass(frozen=True, slots=True)
class Line:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    words: Words = ()
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    status: str
    words: tuple[str, ...]  # codes of problems, or a sentence


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    method: str
    path: str
    summary: str
    description: tuple[Words, ...]
    parameters: tuple[Line, ...]
    sent: tuple[Line, ...]
    answered: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]
    curl: str
    example: str

    @property
    def place(self) -> str:
        """As the overview names it, where the beginning of all of them is said once."""
        return self.path.removeprefix("/api/v1/")


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    entries: list[Entry] = field(default_factory=list)


def groups_of(document: Schema) -> list[Group]:
    groups: dict[str, Group] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["tags"][0]
            groups.setdefault(name, Group(name)).entries.append(_entry(document, path, method, operation))
    return [groups[name] for name in sorted(groups)]


def _entry(document: Schema, path: str, method: str, operation: Schema) -> Entry:
    sent = _content(operation.get("requestBody", {}))
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    answered = _content(good)
    return Entry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=tuple(words_of(text) for text in operation.get("description", "").split("\n\n")),
        parameters=tuple(_parameter(document, parameter) for parameter in operation.get("parameters", [])),
        sent=tuple(_lines(document, sent.get("schema", {}))),
        answered=tuple(_lines(document, answered.get("schema", {}))),
        outcomes=tuple(_outcomes(operation["responses"])),
        curl=_curl(path, method, operation["security"], _example(sent)),
        example=_pretty(_example(answered)),
    )


def words_of(text: str) -> Words:
    return tuple((piece, index % 2 == 1) for index, piece in enumerate(text.split("`")) if piece)


# --- fields ------------------------------------------------------------------------------------------------------


def _content(message: Schema) -> Schema:
    """Everything we send or take has one media type."""
    return next(iter(message.get("content", {}).values()), {})


def _lines(document: Schema, schema: Schema, prefix: str = "") -> Iterator[Line]:
    schema = _resolved(document, schema)
    for name, inner in schema.get("properties", {}).items():
        found = _resolved(document, inner)
        needed = name in schema.get("required", ()) and not found.get("readOnly")
        words = words_of(found.get("description", ""))
        yield Line(prefix + name, _kind(document, found), words, needed, _choices(document, found))
        items = _resolved(document, found.get("items", {}))
        if items.get("properties"):
            yield from _lines(document, items, f"{prefix}{name}[].")
        elif found.get("properties"):
            yield from _lines(document, found, f"{prefix}{name}.")


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Spectacular wraps a reference in allOf where words are added to it, and in oneOf where null is."""
    parts = [schema, *schema.get("allOf", []), *schema.get("oneOf", [])[:1]]
    merged: Schema = {}
    for part in parts:
        name = part.get("$ref", "").rpartition("/")[2]
        merged = {**(_resolved(document, document["components"]["schemas"][name]) if name else part), **merged}
    return merged


def _kind(document: Schema, schema: Schema) -> str:
    if schema.get("type") == "array":
        return f"list of {_kind(document, _resolved(document, schema['items']))}"
    words = {"date-time": "time", "uri": "address", "email": "e-mail address", "binary": "file"}
    kind = words.get(schema.get("format", ""), schema.get("type", "value"))
    return f"{kind} or null" if schema.get("nullable") else str(kind)


def _choices(document: Schema, schema: Schema) -> tuple[str, ...]:
    found = schema.get("enum") or _resolved(document, schema.get("items", {})).get("enum") or []
    shown = [str(choice) for choice in found[:MOST_CHOICES]]
    return (*shown, f"… {len(found) - MOST_CHOICES} more") if len(found) > MOST_CHOICES else tuple(shown)


def _parameter(document: Schema, parameter: Schema) -> Line:
    where = {"path": "in the path", "query": "in the query", "header": "header"}[parameter["in"]]
    words = words_of(parameter.get("description", ""))
    choices = _choices(document, _resolved(document, parameter["schema"]))
    return Line(parameter["name"], where, words, parameter.get("required", False), choices)


def _outcomes(responses: Schema) -> Iterator[Outcome]:
    for status, answer in sorted(responses.items()):
        problems = _content(answer).get("examples", {}) if int(status) >= 400 else {}  # noqa: PLR2004 -- errors begin there
        yield Outcome(status, tuple(_codes(problems)) or (answer["description"],))


def _codes(examples: Schema) -> Iterator[str]:
    for example in examples.values():
        yield example["value"]["code"]


# --- examples ----------------------------------------------------------------------------------------------------


def _example(content: Schema) -> Any:
    return next((example["value"] for example in content.get("examples", {}).values()), None)


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _curl(path: str, method: str, security: list[Schema], body: Any) -> str:
    doors = {name for line in security for name in line}
    proof = "Authorization: Bearer $TOKEN" if TOKEN_DOOR in doors else "X-Session-Token: $SESSION"
    assert doors <= {TOKEN_DOOR, SESSION_DOOR}  # noqa: S101 -- there are two
    words = ["curl", *(["-X", method.upper()] if method != "get" else [])]
    lines = [" ".join([*words, f'"$HOLDFAST{path}"']), f'-H "{proof}"']
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    return " \\\n  ".join(lines)
