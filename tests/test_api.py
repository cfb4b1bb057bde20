"""What holds for the whole API: every list comes in pages, every error is a problem, the reference is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import Organisation, Role, User
from config import api_docs, api_schema
from foundation.problems import PROBLEM_JSON
from outreach.models import Mailbox
from sourcing import people, privacy, projects, suppression_list
from tests.outreach.making import NOW, mailbox, user
from tests.test_access import TABLE, World, address, routes, world  # noqa: F401 - world is a fixture

pytestmark = pytest.mark.django_db

#: Lists that say their neighbours otherwise: search and the feed of events walk forwards only.
FORWARD_ONLY = {"sourcing:api_candidates", "publishing:api_events"}
#: Answers to one question, not lists of rows.
ANSWERS = {
    "sourcing:api_candidate_filters",
    "sourcing:api_candidate_suggestions",
    "sourcing:api_suggestions",
    "panel:api_choices",
}
#: Short, bounded and in an order made by hand: one person's positions, one organisation's fields and providers; or made
#: of sentences.
WHOLE = {
    "sourcing:api_history",
    "sourcing:api_credit_providers",
    "sourcing:api_custom_fields",
    "sourcing:api_social_profiles",
    "sourcing:api_timeline",
}


def api_addresses(made: World, method: str) -> Iterator[tuple[str, str]]:
    for name, pattern in routes():
        if ":api_" in name and TABLE[name][0] == method:
            yield name, address(name, pattern, made)


@pytest.fixture
def admin(world: World) -> Client:  # noqa: F811 - the fixture
    client = Client()
    client.force_login(world.users["A"])
    return client


def lists(admin: Client, made: World) -> dict[str, str]:
    found = {}
    for name, path in api_addresses(made, "GET"):
        response = admin.get(path)
        if response.streaming:
            list(response.streaming_content)  # a download holds its file open until it is read
        elif (
            name not in ANSWERS | WHOLE
            and response.status_code == 200
            and "json" in response["Content-Type"]
            and "results" in response.json()
        ):
            found[name] = path
    return found


def filled(made: World) -> None:
    """Three of everything that is listed."""
    boss = User.objects.get(pk=made.users["A"].pk)
    assert boss.organisation is not None
    for number in range(3):
        person = people.create_candidate(
            organisation=boss.organisation,
            actor=boss,
            first_name=f"P{number}",
            emails=[(f"p{number}@x.example", "other")],
        )
        projects.create(organisation=boss.organisation, actor=boss, name=f"Project {number}")
        suppression_list.add(actor=boss, kind="domain", value=f"c{number}.example")
        privacy.record_basis(
            candidate=person, actor=boss, basis="contract", reason="A job", since=NOW.date(), today=NOW.date()
        )
        mailbox(boss)


def key_of(row: dict[str, Any]) -> Any:
    """What tells a row from others: some lists mix kinds, whose rows have addresses and no ids."""
    return row.get("id") or row.get("url") or row


def test_every_list_comes_in_pages_that_hold_everything_once(world: World, admin: Client) -> None:  # noqa: F811
    filled(world)
    found = lists(admin, world)
    assert len(found) >= 12
    for name, path in found.items():
        whole = [key_of(row) for row in admin.get(f"{path}?size=200").json()["results"]]
        one_by_one, link, seen = [], f"{path}?size=1", 0
        while link:
            page = admin.get(link).json()
            assert {"results", "next"} <= set(page), name
            assert ("previous" in page) is (name not in FORWARD_ONLY), name
            assert len(page["results"]) <= 1
            one_by_one += [key_of(row) for row in page["results"]]
            link = page["next"]
            seen += 1
            assert seen < 100, name
        assert one_by_one == whole, name


def strict(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema that takes nothing beyond what is written."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(each) for key, each in schema.items() if key != "nullable"}
    if isinstance(found.get("properties"), dict) and "type" in found:
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found


def one_name(whole: dict[str, Any], schema: dict[str, Any]) -> str:
    """A field of what the schema describes: of the object, or of each row."""
    while True:
        if "$ref" in schema:
            schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif schema.get("type") == "array":
            schema = schema["items"]
        elif "results" in schema["properties"]:
            schema = schema["properties"]["results"]
        else:
            return "id" if "id" in schema["properties"] else str(min(schema["properties"]))


def test_every_read_has_the_shape_that_the_schema_tells_and_only_the_fields_asked_for(
    world: World,  # noqa: F811
    admin: Client,
) -> None:
    filled(world)
    whole = strict(api_schema.schema())
    told = {re.sub(r"\{[^}]*\}", "{}", path): methods for path, methods in whole["paths"].items()}
    wrong = {}
    for name, path in api_addresses(world, "GET"):
        answer = admin.get(path)
        if answer.streaming:
            list(answer.streaming_content)  # a download holds its file open until it is read
            continue
        if answer.status_code != 200:
            continue
        shape = re.sub(r"<[^>]*>", "{}", resolve(path).route)
        content = told[f"/{shape}"]["get"]["responses"]["200"].get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            continue
        try:
            jsonschema.validate(answer.json(), {**schema, "components": whole["components"]})
        except jsonschema.ValidationError as error:
            wrong[name] = f"{error.json_path}: {error.message[:300]}"
        only = one_name(whole, schema)
        body = admin.get(path, {"fields": only}).json()
        rows = body if isinstance(body, list) else body.get("results", [body])
        if any(row.keys() != {only} for row in rows):
            wrong[name] = f"{rows[0].keys()} and not {only} alone"
        refused = admin.get(path, {"fields": "shoe_size"})
        if (refused.status_code, "shoe_size" in refused.content.decode()) != (422, True):
            wrong[name] = f"{refused.status_code} for a field that is none"
    assert not wrong, "\n".join(f"{name} {said}" for name, said in wrong.items())


def test_a_size_or_a_cursor_that_is_none_is_a_problem(world: World, admin: Client) -> None:  # noqa: F811
    for name, path in lists(admin, world).items():
        for query, statuses in (
            ("size=0", {422}),
            ("size=201", {422}),
            ("size=x", {422}),
            ("after=x", {400, 422}),
            ("after=%00", {400, 422}),
            ("after=W10", {400, 422}),
        ):
            response = admin.get(f"{path}?{query}")
            assert (response.status_code in statuses, response["Content-Type"]) == (True, PROBLEM_JSON), (
                name,
                query,
            )


def test_every_error_is_a_problem(world: World, admin: Client) -> None:  # noqa: F811
    answers = [admin.get("/api/v1/nowhere/"), admin.get("/api/nowhere/"), admin.put("/api/v1/me/")]
    for name, path in (*api_addresses(world, "GET"), *api_addresses(world, "POST")):
        answers += [
            Client().generic(TABLE[name][0], path),
            admin.generic("TRACE", path),
            admin.generic("POST", path, "{", content_type="application/json"),
            admin.generic("POST", path, "[1]", content_type="application/json"),
            admin.generic("POST", path, "<a/>", content_type="text/xml"),
        ]
    told = [answer for answer in answers if answer.status_code >= 400]
    assert len(told) > 80
    for answer in told:
        assert answer["Content-Type"] == PROBLEM_JSON, answer.request["PATH_INFO"]
        body = answer.json()
        assert body["status"] == answer.status_code
        assert {"type", "title", "detail", "code"} <= set(body)


def test_the_reference_names_every_route_of_the_api_and_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    paths = {operation.path for group in api_docs.groups() for operation in group.operations}
    for name, pattern in routes():
        if ":api_" in name:
            route = reverse(name, kwargs=dict.fromkeys(pattern.pattern.converters, 7))
            assert route in {re.sub(r"\{[^}]*\}", "7", path) for path in paths}, name
    assert all(path in text for path in paths)
    assert "Idempotency-Key" in text
    assert not re.search(r"(?:src|href|url)\W{1,3}https?:", text)
    assert "<style" not in text


def test_the_reference_says_what_a_body_holds() -> None:
    (made,) = [
        operation
        for group in api_docs.groups()
        for operation in group.operations
        if operation.id == "suppressions_create"
    ]
    kinds = next(value for value in made.body if value.name == "kind")
    assert kinds.required
    assert kinds.choices == ("address", "domain", "company")
    assert '"value": "client.example"' in made.example
    assert [answer.status for answer in made.answers] == ["201"]


def test_mailboxes_of_two_pages_keep_their_order(alice_with_mailboxes: Client) -> None:
    first = alice_with_mailboxes.get("/api/v1/mailboxes/?size=2").json()
    second = alice_with_mailboxes.get(first["next"]).json()
    addresses = [row["address"] for row in (*first["results"], *second["results"])]
    assert addresses == sorted(addresses)
    assert len(addresses) == 3


@pytest.fixture
def alice_with_mailboxes(db: None) -> Client:
    organisation = Organisation.objects.create(name="Acme")
    alice = user("alice", of=organisation, role=Role.ADMIN)
    for name in ("c", "a", "b"):
        mailbox(alice, address=f"{name}@acme.example")
    assert Mailbox.objects.for_organisation(organisation).count() == 3
    client = Client()
    client.force_login(alice)
    return client
