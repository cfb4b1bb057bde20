"""From the wizard to "Export Complete" against the sandbox's Pinpoint."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from django.core.cache import cache

from foundation import runs
from integrations import connections, exporting, targets
from integrations.models import Connection, ConnectionStatus, Export, ExportItem, ExportMode, ItemStatus
from sandbox.client import Sandbox
from tests.integrations import making

pytestmark = pytest.mark.django_db

PLATFORM, ANALYTICS = "1000044", "1000045"


def connected(world: Sandbox, alice: Any, *, key: int = 0) -> Connection:
    """Through the wizard's own operations, with the given one of the sandbox's keys."""
    cache.clear()
    told = world.pinpoint["keys"][key]
    row = connections.begin(actor=alice, vendor="pinpoint", capabilities=["export"])
    values = {"subdomain": told["subdomain"], "api_key": told["key"]}
    runs.work(connections.submit(actor=alice, connection=row, values=values).pk)
    row.refresh_from_db()
    return row


def export(alice: Any, row: Connection, job: str, *candidates: Any, **values: Any) -> Export:
    """As candidates, worked until it ends; waits are cut short."""
    what = exporting.start(
        actor=alice,
        connection=row,
        mode=ExportMode.CANDIDATES,
        target_id=job,
        request_key=uuid.uuid4(),
        candidate_ids=[candidate.pk for candidate in candidates],
        **values,
    )
    until = time.monotonic() + 15
    while time.monotonic() < until:
        what = making.work(what)
        assert what.run is not None
        if what.run.ended:
            return what
        ExportItem.objects.for_organisation(what.organisation_id).filter(export=what).update(not_before=None)
        Connection.objects.for_organisation(what.organisation_id).update(not_before=None)
        runs.hasten([what.run_id or 0])
        time.sleep(0.05)
    raise AssertionError("the export did not end")


def applications(world: Sandbox) -> list[dict[str, Any]]:
    return world.get("/control/pinpoint/people")  # type: ignore[no-any-return]


def test_the_wizard_proves_every_right_and_leaves_nobody_behind(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    assert row.status == ConnectionStatus.CONNECTED, row.verification
    assert [line["state"] for line in row.verification] == ["ok"] * 5
    assert applications(world) == []


def test_a_key_that_may_only_read_is_told_so(world: Sandbox) -> None:
    row = connected(world, making.alice(), key=2)
    assert row.status == ConnectionStatus.DRAFT
    last = row.verification[-1]
    assert (last["title"], last["state"]) == ("May write people", "failed")
    assert world.pinpoint["keys"][2]["key"] not in str(row.verification)


def test_prospects_are_not_offered(world: Sandbox) -> None:
    row = connected(world, making.alice())
    assert targets.modes(row) == (ExportMode.CANDIDATES,)


def test_a_candidate_becomes_an_application_whole_and_silently(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    ada = making.person(
        alice,
        "Ada",
        linkedin_url="https://linkedin.com/in/ada",
        experience=[{"title": "Analyst", "company": "Engines", "started": "1842-09"}],
    )
    done = export(alice, row, PLATFORM, ada)
    assert done.run is not None
    assert done.run.result["summary"] == "Export Complete"
    (held,) = applications(world)
    assert (held["job"], held["emailed"]) == (PLATFORM, False)
    assert held["fields"]["email"] == "ada@people.example"
    assert "Analyst, Engines" in held["fields"]["summary"]
    link = making.link(row, ada)
    assert link is not None
    assert link.remote_id == str(held["id"])


def test_the_same_person_on_the_job_again_is_updated_and_on_another_job_another_application(
    world: Sandbox,
) -> None:
    alice = making.alice()
    row = connected(world, alice)
    ada = making.person(alice)
    export(alice, row, PLATFORM, ada)
    again = export(alice, row, PLATFORM, ada, include_exported=True)
    assert making.item(again, ada).status == ItemStatus.UPDATED
    assert len(applications(world)) == 1
    other = export(alice, row, ANALYTICS, ada, include_exported=True)
    assert making.item(other, ada).status == ItemStatus.SENT
    assert {held["job"] for held in applications(world)} == {PLATFORM, ANALYTICS}


def test_whoever_has_no_address_stays_here_unless_one_is_generated(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    eve = making.person(alice, "Eve", emails=[])
    refused = export(alice, row, PLATFORM, eve)
    assert making.item(refused, eve).status in (ItemStatus.FAILED, ItemStatus.SKIPPED)
    assert applications(world) == []
    sent = export(alice, row, PLATFORM, eve, dummy_addresses=True)
    assert making.item(sent, eve).status == ItemStatus.SENT
    (held,) = applications(world)
    assert held["fields"]["email"].startswith("no-email-")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "after": True},
        {"kind": "cut", "after": False},
        {"kind": "error", "after": True},
        {"kind": "error"},
        {"kind": "hang", "after": True},
        {"kind": "malformed"},
    ],
    ids=str,
)
def test_whatever_the_create_does_everybody_is_there_once(fault: dict[str, Any], world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    # The first call of a person is the look through the job; the second is the create.
    world.post("/control/pinpoint/faults", {"kind": "slow", "seconds": 0.0, "path": "/applications"})
    world.post("/control/pinpoint/faults", {"path": "/applications", **fault})
    done = export(alice, row, PLATFORM, ada, bea)
    assert done.run is not None
    assert done.run.result["summary"] == "Export Complete"
    told = world.get("/control/pinpoint")
    assert (told["applications"], told["duplicates"], told["emailed"]) == (2, 0, 0)
