"""What holds for every write of the API: it answers what the schema tells, it is in the audit trail, and an update is
made only to what its sender has read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from config import api_schema
from foundation.problems import PROBLEM_JSON
from outreach.models import SendTry
from outreach.transports.smtp import pool
from tests import api_calls
from tests.api_calls import Made, made_of, prepared, request, send, writes
from tests.integrations.conftest import redis_connection, toy, toy_contacts, whale  # noqa: F401 - fixtures
from tests.integrations.toy import ToyServer
from tests.outreach.sandbox_process import running_sandbox
from tests.test_access import World, world  # noqa: F401 - world is a fixture
from tests.test_api import strict

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Writes that change no row of anybody's: why there is nothing to keep in the trail.
UNTRACED: dict[str, str] = {
    "campaigns_step_check": "a question, which is too long for an address",
    "connections_fields_discover_create": "the vendor's fields are read again; what people decided stays",
    "exports_preview": "a question, which may name too many people for an address",
    "finding_preview": "a question, which may name too many people for an address",
    "loans_create": "only the owner of a mailbox lends it, whom the loan names by it",
    "mailboxes_compare": "a mailbox is read again",
    "panel_lookup": "a question, which is too personal for an address",
    "texts_check": "a question, which is too long for an address",
    "webhooks_replay": "deliveries are state of messages; each shows its tries",
    "webhooks_test": "an event that says nothing",
}
#: A pairing code works once; there is no caller yet whose key it would be.
WITHOUT_KEY = {"pairing_create"}
#: By database table.
MODELS = {model._meta.db_table: model for model in apps.get_models()}
#: Tell what holds at the moment they are read, beside what can be changed.
OF_THE_MOMENT = {"mailboxes_change"}
#: The stand-in has no job statuses, so none is shown before and after.
NOTHING_TO_SEE = {"connections_job_statuses_update"}


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as addresses:
        yield addresses
    pool.clear()


@pytest.fixture
def made(world: World, toy_contacts: ToyServer, whale: object, mail: dict[str, Any]) -> Made:  # noqa: F811 - the fixtures
    toy_contacts.companies["c1"] = {"name": "Engines", "town": "Bath"}
    found = made_of(world)
    found.ids["mail"] = mail
    return found


@pytest.fixture
def alice(made: Made) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(made.alice)
    return client


def test_every_write_has_a_call() -> None:
    assert {each.id for each in writes()} == set(api_calls.CALLS)


def rows_made(queries: list[dict[str, str]], actor: User) -> list[str]:
    """Tables of which a row was written that names ``actor``: an INSERT is its own first version (accounts.audit)."""
    found = []
    for query in queries:
        written = re.match(r'.*?(INSERT INTO|UPDATE) "(\w+)"', query["sql"], re.S)
        model = written and MODELS.get(written[2])
        if not written or not model:
            continue
        users = {field.column: field.attname for field in model._meta.fields if field.related_model is User}
        if written[1] == "UPDATE":
            said = any(f'"{column}" = {actor.pk}' in query["sql"] for column in users)
        else:
            rows = model._base_manager.order_by("-pk")[:20]
            said = any(getattr(row, name) == actor.pk for row in rows for name in users.values())
            said |= model is SendTry and f"By {actor.name}." in query["sql"]
        if said:
            found.append(written[2])
    return found


def test_every_write_is_done_answers_what_the_schema_tells_and_says_who_did_it(
    made: Made, alice: Client
) -> None:
    whole = strict(api_schema.schema())
    wrong = []
    for operation in writes():
        with prepared(operation, made) as here:
            last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            with CaptureQueriesContext(connection) as asked:
                answer = send(alice, operation, here)
            if answer.status_code >= 300:
                wrong.append(f"{operation.id}: {answer.status_code} {answer.content[:300]!r}")
                continue
            told = whole["paths"][operation.path][operation.method]["responses"]
            if str(answer.status_code) not in told:
                wrong.append(f"{operation.id}: {answer.status_code} is not in the schema")
                continue
            content = told[str(answer.status_code)].get("content", {}).get("application/json")
            if (content is None) != (not answer.content):
                wrong.append(f"{operation.id}: a body where none is told, or none where one is")
            elif content is not None:
                try:
                    jsonschema.validate(
                        answer.json(), {**content["schema"], "components": whole["components"]}
                    )
                except jsonschema.ValidationError as error:
                    wrong.append(f"{operation.id}: {error.json_path}: {error.message[:300]}")
            entries = AuditEntry.objects.filter(pk__gt=last, actor_id=made.alice.pk)
            traced = entries.exists() or rows_made(asked.captured_queries, made.alice)
            if bool(traced) == (operation.id in UNTRACED):
                wrong.append(f"{operation.id}: {'is' if traced else 'is not'} in the trail")
    assert wrong == [], "\n".join(wrong)


# ── Idempotency-Key ─────────────────────────────────────────────────────────


def test_every_create_with_a_key_is_done_and_answered_once(made: Made, alice: Client) -> None:
    wrong = []
    for operation in (each for each in writes() if each.method == "post" and each.id not in WITHOUT_KEY):
        with prepared(operation, made) as here:
            ask = request(operation, here)
            first, again = (ask(alice, **{"Idempotency-Key": "k"}) for _ in range(2))
            if first.status_code >= 300 or (again.status_code, again.content) != (
                first.status_code,
                first.content,
            ):
                wrong.append(
                    f"{operation.id}: {first.status_code}, {again.status_code} {again.content[:200]!r}"
                )
    assert wrong == [], "\n".join(wrong)


# ── If-Match ────────────────────────────────────────────────────────────────


def test_every_update_is_made_only_to_what_was_read(made: Made, alice: Client) -> None:
    wrong = []
    updates = [each for each in writes() if each.method in {"put", "patch"}]
    assert len(updates) >= 28
    for operation in updates:
        with prepared(operation, made) as here:
            call = api_calls.CALLS[operation.id]
            read = api_calls.address(operation, call, here)
            if operation.id == "connections_companies_update":
                read = f"{read}decided/?candidate={here.ids['toy_person']}"
            seen = alice.get(read)
            outdated = send(alice, operation, here, **{"If-Match": '"0000"'})
            told = outdated.json()
            if (seen.status_code, outdated.status_code, outdated["Content-Type"]) != (200, 412, PROBLEM_JSON):
                wrong.append(f"{operation.id}: {seen.status_code}, {outdated.status_code} {told}")
                continue
            current = seen.json() if operation.id in OF_THE_MOMENT else told["current"]
            if operation.id != "candidates_change" and (current, told["etag"]) != (seen.json(), seen["ETag"]):
                wrong.append(f"{operation.id}: {told} is not {seen.json()}")
            if alice.get(read)["ETag"] != seen["ETag"]:
                wrong.append(f"{operation.id}: refused, and done")
            changed = send(alice, operation, here, **{"If-Match": f'"x", W/{seen["ETag"]}'})
            again = send(alice, operation, here, **{"If-Match": "*"})
            if (changed.status_code, again.status_code) != (200, 200):
                wrong.append(
                    f"{operation.id}: {changed.status_code} {changed.content[:200]!r}, {again.status_code}"
                )
            elif again["ETag"] != alice.get(read)["ETag"]:
                wrong.append(f"{operation.id}: another ETag is told than read")
            elif changed["ETag"] == seen["ETag"] and operation.id not in NOTHING_TO_SEE:
                wrong.append(f"{operation.id}: changed, and the ETag stays")
    assert wrong == [], "\n".join(wrong)
