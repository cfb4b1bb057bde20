"""What holds for every write of the API: an update is made only to what its sender has read."""

from __future__ import annotations

import pytest
from django.test import Client

from foundation.problems import PROBLEM_JSON
from tests import api_calls
from tests.api_calls import Made, made_of, prepared, send, writes
from tests.integrations.conftest import redis_connection, toy, toy_contacts, whale  # noqa: F401 - fixtures
from tests.integrations.toy import ToyServer
from tests.test_access import World, world  # noqa: F401 - world is a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: The stand-in has no job statuses, so none is shown before and after.
NOTHING_TO_SEE = {"connections_job_statuses_update"}


@pytest.fixture
def made(world: World, toy_contacts: ToyServer, whale: object) -> Made:  # noqa: F811 - the fixtures
    toy_contacts.companies["c1"] = {"name": "Engines", "town": "Bath"}
    return made_of(world)


@pytest.fixture
def alice(made: Made) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(made.alice)
    return client


def test_every_write_has_a_call() -> None:
    assert {each.id for each in writes()} == set(api_calls.CALLS)


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
            if operation.id != "candidates_change" and (told["current"], told["etag"]) != (
                seen.json(),
                seen["ETag"],
            ):
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
