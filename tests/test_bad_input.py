"""Whatever is sent to the API, by whomever: never a crash, never another organisation's, always a problem with a code.

The operations, their parameters and the members of their bodies are read from the OpenAPI schema, so a route that is
added is swept without a line here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, User
from foundation.problems import PROBLEM_JSON
from sourcing.models import Candidate, Notice, ProjectMember, Stage
from tests.sourcing.factories import make_candidate, make_project
from tests.test_access import World, world  # noqa: F401 - world is a fixture
from tests.undone import undone

pytestmark = pytest.mark.django_db

#: Texts that break what only knows text: a byte no database takes, half a character, far too much, right-to-left marks.
TEXTS = ("a\x00b", "\ud800", "x" * 10_000, "\u202e\u200b" * 50, "%_\\'\";--")
NUMBERS: tuple[Any, ...] = (-1, 2**63, 2**70, 1e308, True)
#: Instead of a member of this type. JSON knows more than the schema of any operation.
HOSTILE: Mapping[str, tuple[Any, ...]] = {
    "string": (*TEXTS, None, 7, {"a": 1}),
    "integer": (*NUMBERS, None, "x" * 400, [1]),
    "boolean": ("perhaps", None, 2, []),
    "array": (None, "x", [None], [["x"]], [{}], [2**70], ["a\x00b"], ["\ud800"], [1] * 10_001, {}),
    "object": (None, "x", [], {"a\x00": "\ud800"}, {"x" * 10_000: {"a": [2**70, None]}}),
}
#: Bodies that are none.
RAW = (
    b"", b"{", b"\xff\xfe{}", b'{"a": "\xff"}', b"null", b"7", b'"x"', b"[[]]", b'{"a": NaN}', b"[" * 5_000,
    b"9" * 5_000, b'{"a": ' * 2_000 + b"1" + b"}" * 2_000,
)  # fmt: skip
#: Values of a parameter of an address.
QUERIES = (*TEXTS[:1], *TEXTS[2:], "-1", str(2**70), "W10", "NaN", '((("', "a:b OR NOT")
#: Path parameters that are words.
WORDS = {"kind": "education"}
#: Numbers that no row has, or no column holds.
NO_ID = (0, 2**31, 2**63, 10**40)


@dataclass(frozen=True)
class Operation:
    """One operation of the schema: ``body`` has the type of each member, ``values`` one that may be right."""

    method: str
    path: str
    params: tuple[str, ...]
    query: tuple[str, ...]
    body: Mapping[str, str] | None
    values: Mapping[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The path parameters that name an object."""
        return tuple(name for name in self.params if name not in WORDS)

    def at(self, ids: Mapping[str, Any]) -> str:
        return self.path.format(**{name: ids[name] for name in self.params})


@cache
def operations() -> tuple[Operation, ...]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    named = schema["components"]["schemas"]

    def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
        for one in (part, *part.get("allOf", ()), *part.get("oneOf", ())):
            if "$ref" in one:
                return resolved(named[one["$ref"].rsplit("/", 1)[1]])
        return part

    def value(part: Mapping[str, Any]) -> Any:
        part = resolved(part)
        if "enum" in part:
            return part["enum"][0]
        if part.get("type") == "array":
            return [value(part["items"])]
        if part.get("format") in ("date", "date-time"):
            return "2026-01-01"
        return {"integer": 1, "boolean": False, "object": {}}.get(part.get("type", ""), "x")

    def read() -> Iterator[Operation]:
        for path, methods in schema["paths"].items():
            for method, told in methods.items():
                given = told.get("parameters", ())
                content = told.get("requestBody", {}).get("content", {})
                sent = content.get("application/json") or content.get("multipart/form-data")
                members = resolved(sent["schema"]).get("properties", {}) if sent else {}
                written = {
                    name: part
                    for name, part in members.items()
                    if not resolved(part).get("readOnly", part.get("readOnly"))
                }
                yield Operation(
                    method.upper(),
                    path,
                    tuple(each["name"] for each in given if each["in"] == "path"),
                    tuple(each["name"] for each in given if each["in"] == "query"),
                    {name: str(resolved(part).get("type", "string")) for name, part in written.items()}
                    if sent
                    else None,
                    {name: value(part) for name, part in written.items()},
                )

    return tuple(read())


class Sweep:
    """Sends what it is told as one user, undoes the effect, and remembers every answer that must not be."""

    def __init__(self, who: object) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(who)  # type: ignore[arg-type]  # the fixture's users
        self.sent, self.wrong = 0, []  # type: int, list[str]

    def send(self, operation: Operation, path: str, body: Any = None, *, what: str) -> HttpResponse:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        with undone():
            answer = self.client.generic(operation.method, path, sent, content_type="application/json")
            if answer.streaming:
                list(answer.streaming_content)  # type: ignore[attr-defined]  # a download holds its file open until it is read
        self.sent += 1
        status = answer.status_code
        if status >= 500:
            self.wrong.append(f"{operation}: {status} for {what}")
        elif status >= 400 and (answer["Content-Type"] != PROBLEM_JSON or not answer.json().get("code")):
            self.wrong.append(f"{operation}: {status} without a problem for {what}")
        return answer


_turns = itertools.count()


def some(values: Sequence[Any], number: int) -> list[Any]:
    """The next ``number`` of them, round and round: all are sent, each to some, in seconds instead of minutes."""
    return [values[next(_turns) % len(values)] for _ in range(min(number, len(values)))]


def shown(value: Any) -> str:
    return repr(value)[:60]


@pytest.fixture
def ids(world: World) -> dict[str, Any]:  # noqa: F811 - the fixture
    return {**world.ids, **WORDS, "id": world.ids["connection_id"], "import_id": world.ids["import_id"]}


def test_a_member_of_any_body_may_be_anything(world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.users["A"])
    for operation in operations():
        for name, kind in (operation.body or {}).items():
            for value in some(HOSTILE.get(kind, TEXTS), 3):
                body = {**_mine(operation, ids), name: value}
                sweep.send(operation, operation.at(ids), body, what=f"{name}={shown(value)}")
    assert sweep.wrong == []
    assert sweep.sent > 250


def test_a_body_may_be_anything(world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.users["A"])
    for operation in operations():
        if operation.body is not None:
            for body in some(RAW, 5):
                sweep.send(operation, operation.at(ids), body, what=shown(body))
    assert sweep.wrong == []
    assert sweep.sent > 120


@pytest.mark.parametrize(
    "body",
    [
        b'{"first_name": "\\ud83d"}',
        b'{"first_name": "\xff"}',
        b"[" * 5_000,
        b'{"first_name": NaN}',
        '{"a": "ü"}'.encode("utf-16"),
    ],
    ids=["half a character", "no UTF-8", "nested too deeply", "not a number", "UTF-16"],
)
def test_what_is_no_json_is_a_400(world: World, body: bytes) -> None:  # noqa: F811
    client = Client(raise_request_exception=False)
    client.force_login(world.users["A"])  # type: ignore[arg-type]  # the fixture's users
    answer = client.post("/api/v1/candidates/", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM_JSON)


def test_a_whole_character_may_be_escaped_in_two_halves(world: World) -> None:  # noqa: F811
    client = Client()
    client.force_login(world.users["A"])  # type: ignore[arg-type]  # the fixture's users
    body = b'{"first_name": "\\ud83d\\ude00", "last_name": "X"}'
    made = client.post("/api/v1/candidates/", body, content_type="application/json")
    assert (made.status_code, made.json()["first_name"]) == (201, "\N{GRINNING FACE}")


def test_an_id_in_an_address_may_be_any_number(world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.users["A"])
    for operation in operations():
        for name in operation.ids:
            for number in some(NO_ID, 3):
                answer = sweep.send(
                    operation, operation.at({**ids, name: number}), {}, what=f"{name}={number}"
                )
                if answer.status_code < 400:
                    sweep.wrong.append(f"{operation}: {answer.status_code} for {name}={number}")
    assert sweep.wrong == []


def test_a_parameter_may_be_anything(world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.users["A"])
    for operation in operations():
        if operation.method == "GET":
            names = {*operation.query, "after", "size", "q", "kind", "project", "stage", "order", "text"}
            for value in some(QUERIES, 4):
                query = urlencode(dict.fromkeys(sorted(names), value))
                sweep.send(operation, f"{operation.at(ids)}?{query}", what=shown(value))
            halves = "&".join(f"{name}=%ff%00&{name}=%ed%a0%80" for name in sorted(names))
            sweep.send(operation, f"{operation.at(ids)}?{halves}", what="no UTF-8")
    assert sweep.wrong == []


# ── other organisations ─────────────────────────────────────────────────────


def test_another_organisations_object_is_never_there(world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.mallory)
    asked = 0
    for operation in operations():
        if set(operation.ids) - {"provider"}:  # which every organisation sets up for itself
            answer = sweep.send(operation, operation.at(ids), _mine(operation, ids), what="a stranger")
            asked += 1
            if answer.status_code < 400:
                sweep.wrong.append(f"{operation}: {answer.status_code} to a stranger")
    assert sweep.wrong == []
    assert asked > 60


#: Operations on many people at once count ids that are nobody's here and leave them alone.
LEFT_ALONE = {
    "POST /api/v1/bulk/",
    "POST /api/v1/notices/",
    "POST /api/v1/finding/",
    "POST /api/v1/projects/{project_id}/people/",
    "POST /api/v1/projects/{project_id}/moves/",
    "POST /api/v1/campaigns/{campaign_id}/recipients/",
}


def test_another_organisations_ids_in_a_body_are_refused_or_left_alone(
    world: World,  # noqa: F811
    ids: dict[str, Any],
) -> None:
    mallory = User.objects.get(pk=world.mallory.pk)  # type: ignore[attr-defined]  # the fixture's user
    hers = make_candidate(mallory.organisation, "Hers", actor=mallory)
    project = make_project(mallory, "Hers", [hers])
    stage = Stage.objects.for_organisation(mallory.organisation_id).filter(project=project)[0]
    strange = {
        "candidate_ids": [hers.pk], "candidates": [hers.pk], "other": hers.pk, "after": hers.pk,
        "project": project.pk, "project_id": project.pk, "stage_id": stage.pk, "stage_ids": [stage.pk],
        "user_id": mallory.pk, "owner_id": mallory.pk, "connection": 10**9,
    }  # fmt: skip
    sweep = Sweep(world.users["A"])
    before = _of(mallory.organisation)
    asked = set()
    for operation in operations():
        for name in strange.keys() & (operation.body or {}).keys():
            if "project_id" in operation.params and name in ("after",):
                continue  # a person who is not in the stage: the others go on top
            body = _mine(operation, ids)
            if operation.path in ("/api/v1/bulk/", "/api/v1/finding/"):
                body = {key: value for key, value in body.items() if key not in strange and key != "question"}
            answer = sweep.send(operation, operation.at(ids), {**body, name: strange[name]}, what=name)
            asked.add(name)
            if answer.status_code < 400 and not (
                str(operation) in LEFT_ALONE and name in {"candidate_ids", "candidates"}
            ):
                sweep.wrong.append(f"{operation}: {answer.status_code} for a stranger's {name}")
    assert sweep.wrong == []
    assert asked >= {
        "candidate_ids",
        "other",
        "project",
        "project_id",
        "stage_id",
        "stage_ids",
        "user_id",
        "owner_id",
    }
    assert _of(mallory.organisation) == before


def _of(organisation: Organisation | None) -> list[object]:
    assert organisation is not None
    return [
        list(model.objects.for_organisation(organisation).order_by("pk").values())
        for model in (Candidate, ProjectMember, Notice)
    ]


def _mine(operation: Operation, ids: Mapping[str, Any]) -> dict[str, Any]:
    """A body that may be right, about the organisation's own objects."""
    own = {
        "candidate_ids": [ids["candidate_id"]], "candidates": [ids["candidate_id"]], "project": ids["project_id"],
        "project_id": ids["project_id"], "stage_id": ids["stage_id"], "action": "tag", "values": {"tag": "x"},
        "connection": ids["connection_id"], "request_key": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
        "value": "x@x.example", "first_name": "X", "version": 1, "emails": [], "phones": [], "question": "",
    }  # fmt: skip
    found = {name: own.get(name, value) for name, value in operation.values.items()}
    if operation.path == "/api/v1/bulk/":
        del found["question"], found["project_id"]
    for name in ("owner_id", "user_id", "other", "stage_ids"):
        found.pop(name, None)
    return found


# ── and what nobody thought of ──────────────────────────────────────────────

_scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=30)
    | st.text(st.characters(codec=None), max_size=5)
)  # fmt: skip
_anything = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_in_any_members(data: st.DataObject, world: World, ids: dict[str, Any]) -> None:  # noqa: F811
    sweep = Sweep(world.users["A"])
    operation = data.draw(st.sampled_from([each for each in operations() if each.body]), label="operation")
    names = data.draw(st.sets(st.sampled_from(sorted(operation.body or {})), min_size=1, max_size=4))
    body = {**_mine(operation, ids), **{name: data.draw(_anything, label=name) for name in sorted(names)}}
    sweep.send(operation, operation.at(ids), body, what=shown(body))
    assert sweep.wrong == []
