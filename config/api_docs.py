"""``/api/docs/``: the API's reference as a page of ours, drawn from the OpenAPI schema on this machine.

No script and nothing from elsewhere: Swagger UI and Redoc would need both, and the policy of our pages allows neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from config import api_schema
from foundation import idempotency

_CODE = re.compile(r"``(.+?)``")
_PREFIX = "/api/v1/"
#: A schema that contains itself, or is deeper than this, is told by its name.
_DEEPEST = 4


@dataclass(frozen=True)
class Value:
    """A parameter, or a member of a body: ``type`` in words, ``choices`` if it is one of few."""

    name: str
    type: str
    text: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One status with the members of its body."""

    status: str
    values: tuple[Value, ...]
    many: bool = False


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    text: str
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    example: str
    answers: tuple[Answer, ...]


@dataclass
class Group:
    """Everything below one word of the address, ``candidates``."""

    name: str
    operations: list[Operation] = field(default_factory=list)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The reference; like the schema it needs no login, because it names no data."""
    context = {
        "groups": groups(),
        "header": idempotency.HEADER,
        "hours": 24,
        "per_minute": settings.API_CALLS_PER_MINUTE,
    }
    return render(request, "api_docs.html", context)


@cache
def groups() -> tuple[Group, ...]:
    """The operations by the first word of their address; made once per process, routes do not change."""
    schema = api_schema.schema()
    found: dict[str, Group] = {}
    for path, methods in sorted(schema["paths"].items()):
        name = path.removeprefix(_PREFIX).partition("/")[0]
        group = found.setdefault(name, Group(name))
        group.operations += [
            _operation(schema, path, method, told)
            for method, told in methods.items()
            if method in {"get", "post", "patch", "put", "delete"}
        ]
    return tuple(found.values())


def _operation(schema: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]) -> Operation:
    body = _content(told.get("requestBody", {}))
    whole = _resolved(schema, body)
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        text=_marked(told.get("description", "")),
        parameters=tuple(
            Value(
                each["name"],
                _type(schema, each.get("schema", {})),
                each.get("description", ""),
                each.get("required", False),
                _choices(schema, each.get("schema", {})),
            )
            for each in told.get("parameters", ())
        ),
        body=tuple(_members(schema, whole)),
        example=json.dumps(_given(told) or _example(schema, whole), indent=2, ensure_ascii=False)
        if body
        else "",
        # Problems are told once for all, under "Errors".
        answers=tuple(
            _answer(schema, status, _content(answer))
            for status, answer in told.get("responses", {}).items()
            if status != "default"
        ),
    )


def _given(told: Mapping[str, Any]) -> Any:
    """The example written for this operation, if there is one."""
    return told["requestBody"]["content"].get("application/json", {}).get("example")


def _answer(schema: Mapping[str, Any], status: str, content: Mapping[str, Any]) -> Answer:
    whole = _resolved(schema, content)
    results = whole.get("properties", {}).get("results")
    if results is not None:
        whole, many = _resolved(schema, _resolved(schema, results).get("items", {})), True
    elif whole.get("type") == "array":
        whole, many = _resolved(schema, whole["items"]), True
    else:
        many = False
    return Answer(status, tuple(_members(schema, whole)), many)


def _marked(text: str) -> SafeString:
    """Docstrings mark code with doubled backticks."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped before


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = holder.get("content", {})
    found: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
    return found


def _resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part with its reference followed."""
    if "$ref" in part:
        return _resolved(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    alternatives = part.get("allOf") or part.get("oneOf")
    return _resolved(schema, {**alternatives[0]}) if alternatives else part


def _members(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Value]:
    required = whole.get("required", ())
    for name, part in whole.get("properties", {}).items():
        text = part.get("description", "") or _resolved(schema, part).get("description", "")
        yield Value(
            name,
            _type(schema, part),
            "" if text.startswith("* `") else text.split("\n\n* `")[0],
            name in required,
            _choices(schema, part),
        )


def _type(schema: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    whole = _resolved(schema, part)
    kind = str(whole.get("format") or whole.get("type") or "any")
    if whole.get("type") == "array":
        kind = f"list of {_type(schema, whole.get('items', {}))}"
    return f"{kind} or null" if part.get("nullable") or whole.get("nullable") else kind


def _choices(schema: Mapping[str, Any], part: Mapping[str, Any]) -> tuple[str, ...]:
    whole = _resolved(schema, part)
    if whole.get("type") == "array":
        whole = _resolved(schema, whole.get("items", {}))
    return tuple(str(each) for each in whole.get("enum", ()) if each)


def _example(schema: Mapping[str, Any], part: Mapping[str, Any], depth: int = 0) -> Any:
    """A body of the right shape."""
    whole = _resolved(schema, part)
    if depth > _DEEPEST:
        return None
    if "default" in whole:
        return whole["default"]
    if whole.get("enum"):
        return whole["enum"][0]
    match whole.get("type"):
        case "object":
            return {
                name: _example(schema, each, depth + 1)
                for name, each in whole.get("properties", {}).items()
                if not each.get("readOnly")
            }
        case "array":
            return [_example(schema, whole.get("items", {}), depth + 1)]
        case "integer" | "number":
            return whole.get("minimum", 1)
        case "boolean":
            return False
    return {"date": "2026-05-12", "date-time": "2026-05-12T09:00:00Z", "email": "name@example.org"}.get(
        whole.get("format", ""), "…"
    )
