"""The API grows and never breaks: the schema in the repository is what programs were written against."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from drf_spectacular.drainage import GENERATOR_STATS

from config import api_changes, api_schema
from tests.test_api import strict


def test_nothing_breaks_programs_written_against_the_committed_schema() -> None:
    assert api_changes.breaking(api_schema.committed(), api_schema.schema()) == []


def test_the_committed_schema_is_the_present_one() -> None:
    assert api_schema.FILE.read_text(encoding="utf-8") == api_schema.as_text(), "run manage.py api_schema"


def test_the_schema_says_everything_unambiguously() -> None:
    """Two serializers of one name would be told as one of them."""
    api_schema.schema()
    assert not GENERATOR_STATS
    assert all(
        operation["security"]
        for path, methods in api_schema.schema()["paths"].items()
        for method, operation in methods.items()
        if method != "parameters" and path.startswith("/api/v1/")
    )


def operations() -> dict[str, dict[str, Any]]:
    return {
        told["operationId"]: told
        for methods in strict(api_schema.schema())["paths"].values()
        for told in methods.values()
        if isinstance(told, dict)
    }


def test_every_example_has_the_shape_that_its_operation_tells() -> None:
    told, components = operations(), strict(api_schema.schema())["components"]
    wanted = strict(for_requests(api_schema.schema()["components"]))
    for name, example in api_schema.examples().items():
        sent = told[name].get("requestBody", {}).get("content", {}).get("application/json", {})
        answers = {
            status: told[name]["responses"][status]["content"]["application/json"]
            for status in example.get("responses", {})
        }
        assert sent.get("example") == example.get("request"), name
        for body, schema, writing in (
            *([(example["request"], sent["schema"], True)] if "request" in example else []),
            *((example["responses"][status], answer["schema"], False) for status, answer in answers.items()),
        ):
            shapes = wanted if writing else components
            jsonschema.validate(body, {**schema, "components": shapes})


def for_requests(schema: Any) -> Any:
    """Nobody has to send what is only read."""
    if isinstance(schema, list):
        return [for_requests(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: for_requests(each) for key, each in schema.items()}
    members = schema.get("properties")
    if isinstance(members, dict) and isinstance(schema.get("required"), list):
        found["required"] = [name for name in schema["required"] if not members[name].get("readOnly")]
    return found


def test_the_main_operations_have_examples() -> None:
    assert {
        "candidates_create", "candidates_list", "candidates_change", "projects_create", "projects_add_people",
        "campaigns_add_people", "messages_create", "finding_start", "exports_create", "webhooks_create",
    } <= api_schema.examples().keys()  # fmt: skip


def small() -> dict[str, Any]:
    person = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string", "maxLength": 200},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Person"}}}}
    post = {
        "parameters": [{"in": "query", "name": "q", "schema": {"type": "string"}}],
        "requestBody": content,
        "responses": {"201": content},
    }
    return {"paths": {"/people/": {"post": post}}, "components": {"schemas": {"Person": person}}}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The small schema with one thing changed; None takes it away."""
    schema = copy.deepcopy(small())
    *way, last = path.split("|")
    place: Any = schema
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


PERSON = "components|schemas|Person"
POST = "paths|/people/|post"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (POST, None, "POST /people/ is gone"),
        (f"{POST}|parameters", [], "parameter q is gone"),
        (f"{POST}|parameters|0|required", True, "parameter q is asked for now"),
        (f"{POST}|responses", {"200": {}}, "no longer answers 201"),
        (f"{PERSON}|properties|kind", None, "kind is gone"),
        (f"{PERSON}|properties|name|type", "integer", "name was string and is integer"),
        (f"{PERSON}|properties|name|maxLength", 100, "name must be smaller"),
        (f"{PERSON}|properties|name|minLength", 3, "name must be larger"),
        (f"{PERSON}|properties|name|nullable", True, "name may be null now"),
        (f"{PERSON}|properties|kind|enum", ["a"], "kind no longer takes b"),
        (f"{PERSON}|properties|tags|items", {"type": "integer"}, "tags[] was string and is integer"),
        (f"{PERSON}|required", ["id", "name", "kind"], "kind is asked for now"),
    ],
)
def test_what_would_break_a_program_is_said(path: str, value: Any, says: str) -> None:
    assert any(says in line for line in api_changes.breaking(small(), changed(path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("paths|/projects/", {"get": {"responses": {"200": {}}}}),
        (f"{POST}|responses|202", {}),
        (f"{PERSON}|properties|city", {"type": "string"}),
        (f"{PERSON}|properties|name|maxLength", 300),
        (f"{PERSON}|properties|kind|enum", ["a", "b", "c"]),
        (f"{PERSON}|required", ["id"]),
        (f"{PERSON}|description", "In other words."),
    ],
)
def test_additions_break_nobody(path: str, value: Any) -> None:
    assert api_changes.breaking(small(), changed(path, value)) == []
