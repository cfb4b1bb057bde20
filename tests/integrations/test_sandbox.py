"""From the wizard to "Export Complete" against the sandbox's SourceWhale: its own process, its own rules."""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache

from foundation import runs
from foundation.models import RunStatus
from integrations import connections, exporting, opening, targets
from integrations.base import http
from integrations.models import Connection, ConnectionStatus, Export, ExportItem, ExportMode, ItemStatus
from sandbox.client import Sandbox
from tests.integrations import making

pytestmark = pytest.mark.django_db


#: The login address that ``making.alice`` has.
ALICE = "alice@example.com"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(Path(tmp_path_factory.mktemp("sandbox")), accounts={ALICE: "unused"}) as world:
        yield world


@pytest.fixture
def world(running: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, empty, with nothing ordered, where the installation expects SourceWhale."""
    running.reset()
    running.clear()
    cache.clear()
    with redis.Redis.from_url(django_settings.REDIS_URL) as pace:
        for paused in pace.scan_iter("throttle:*"):
            pace.delete(paused)
    settings.SOURCEWHALE_BASE_URL = running.sourcewhale_url
    settings.SOURCEWHALE_CALLS_PER_SECOND = 1000
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(seconds=1)
    monkeypatch.setattr(opening, "CALL_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(http, "READ_RETRY_NAPS", (0.01, 0.01))
    return running


def connected(world: Sandbox, alice: Any, *, key: int = 0) -> Connection:
    """Through the wizard's own operations, with the given one of the sandbox's keys."""
    row = connections.begin(actor=alice, vendor="sourcewhale", capabilities=["export", "pools"])
    values = {"api_key": world.sourcewhale_keys[key]["key"]}
    runs.work(connections.submit(actor=alice, connection=row, values=values).pk)
    row.refresh_from_db()
    return row


def export(alice: Any, row: Connection, mode: ExportMode, *candidates: Any, **values: Any) -> Export:
    """To the first target there is."""
    (target, *_) = targets.choices(viewer=alice, connection=row, mode=mode)
    return exporting.start(
        actor=alice,
        connection=row,
        mode=mode,
        target_id=target.external_id,
        request_key=uuid.uuid4(),
        candidate_ids=[candidate.pk for candidate in candidates],
        **values,
    )


def to_the_end(what: Export) -> Export:
    """Work as often as it takes, waits cut short; what the vendor needs to index is waited for."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        what = making.work(what)
        assert what.run is not None
        if what.run.ended:
            return what
        ExportItem.objects.for_organisation(what.organisation_id).filter(export=what).update(not_before=None)
        Connection.objects.for_organisation(what.organisation_id).update(not_before=None)
        with redis.Redis.from_url(django_settings.REDIS_URL) as pace:
            for paused in pace.scan_iter("throttle:*:closed"):
                pace.delete(paused)
        runs.hasten([what.run_id or 0])
        time.sleep(0.05)
    raise AssertionError("the export did not end")


def exported_people(world: Sandbox) -> list[dict[str, Any]]:
    """Everybody but the record of the verification."""
    return [row for row in world.people() if row["fields"]["name"] != "Beckon connection test"]


def test_the_wizard_connects_and_leaves_one_test_record(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    assert row.status == ConnectionStatus.CONNECTED, row.verification
    (held,) = world.people()
    assert held["fields"]["name"] == "Beckon connection test"
    assert (held["campaign_id"], held["project_ids"]) == ("", [])
    runs.work(connections.verify(actor=alice, connection=row).pk)
    assert len(world.people()) == 1


def test_a_key_without_rights_and_a_made_up_key_are_told_plainly(world: Sandbox) -> None:
    for wrong in (world.sourcewhale_keys[2]["key"], "sw-made-up-key-000"):
        alice = making.alice(email=f"{uuid.uuid4().hex}@example.com")
        row = connections.begin(actor=alice, vendor="sourcewhale", capabilities=["export"])
        runs.work(connections.submit(actor=alice, connection=row, values={"api_key": wrong}).pk)
        row.refresh_from_db()
        assert row.status == ConnectionStatus.DRAFT
        assert row.verification[0]["state"] == "failed"
        assert wrong not in str(row.verification)
    assert world.people() == []


def test_prospects_go_to_the_campaign_and_candidates_to_the_job_and_nothing_is_started(
    world: Sandbox,
) -> None:
    alice = making.alice()
    row = connected(world, alice)
    ada = making.person(
        alice, "Ada", linkedin_url="https://linkedin.com/in/ada", phones=[("+442079460000", "work")]
    )
    bea = making.person(
        alice, "Bea", experience=[{"title": "Analyst", "company": "Engines", "started": "1842-09"}]
    )
    prospects = to_the_end(export(alice, row, ExportMode.PROSPECTS, ada))
    candidates = to_the_end(export(alice, row, ExportMode.CANDIDATES, bea))
    assert prospects.run is not None
    assert prospects.run.result["summary"] == "Export Complete"
    held = {person["fields"]["firstName"]: person for person in exported_people(world)}
    assert held["Ada"]["campaign_id"] == prospects.target_id
    assert held["Bea"]["project_ids"] == [candidates.target_id]
    assert held["Ada"]["fields"]["phones"] == ["+442079460000"]
    assert held["Bea"]["fields"]["experience"][0]["role"] == "Analyst"
    assert not any(person["outreach_started"] for person in world.people())


def test_the_same_people_again_are_updated_and_not_doubled(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    crowd = [making.person(alice, name) for name in ("Ada", "Bea", "Cleo")]
    to_the_end(export(alice, row, ExportMode.PROSPECTS, *crowd))
    skipped = to_the_end(export(alice, row, ExportMode.PROSPECTS, *crowd))
    assert {making.item(skipped, person).status for person in crowd} == {ItemStatus.SKIPPED}
    again = to_the_end(export(alice, row, ExportMode.CANDIDATES, *crowd, include_exported=True))
    assert {making.item(again, person).status for person in crowd} == {ItemStatus.UPDATED}
    assert len(exported_people(world)) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "after": True},
        {"kind": "cut", "after": False},
        {"kind": "error", "after": True},
        {"kind": "error"},
        {"kind": "hang"},
        {"kind": "hang", "after": True},
        {"kind": "malformed"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "retry_after": False},
        {"kind": "slow", "seconds": 0.3},
    ],
    ids=str,
)
def test_whatever_add_does_everybody_is_there_once(fault: dict[str, Any], world: Sandbox) -> None:
    # The worst case: SourceWhale would make a second record for the same address.
    world.control(sourcewhale_duplicates="create", sourcewhale_index_delay=0.5)
    alice = making.alice()
    row = connected(world, alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    world.fault(path="/v1/candidates/add", **fault)
    done = to_the_end(export(alice, row, ExportMode.PROSPECTS, ada, bea))
    assert done.run is not None
    assert (done.run.status, done.run.result["summary"]) == (RunStatus.DONE, "Export Complete")
    assert sorted(person["fields"]["firstName"] for person in exported_people(world)) == ["Ada", "Bea"]
    links = [making.link(row, person) for person in (ada, bea)]
    assert {link.remote_id for link in links if link} == {person["id"] for person in exported_people(world)}


@pytest.mark.parametrize("kind", ["error", "cut", "malformed", "rate_limit"])
def test_trouble_while_searching_makes_nobody_twice(kind: str, world: Sandbox) -> None:
    world.control(sourcewhale_duplicates="create")
    alice = making.alice()
    row = connected(world, alice)
    ada = making.person(alice)
    world.fault(kind, path="/v1/candidates/search", times=2)
    done = to_the_end(export(alice, row, ExportMode.PROSPECTS, ada))
    item = making.item(done, ada)
    # A malformed answer is for a person to look at; all else mends itself.
    assert item.status == (ItemStatus.FAILED if kind == "malformed" else ItemStatus.SENT), item.reason
    if item.status == ItemStatus.FAILED:
        exporting.retry(actor=alice, item=item)
        world.reset()
        to_the_end(making.reread(done))
    assert len(exported_people(world)) == 1


def test_two_accounts_never_see_each_others_people(world: Sandbox) -> None:
    alice = making.alice()
    row = connected(world, alice)
    ada = making.person(alice)
    to_the_end(export(alice, row, ExportMode.CANDIDATES, ada))
    mallory = making.mallory()
    other = connected(world, mallory, key=1)
    stranger = making.person(mallory)
    done = to_the_end(export(mallory, other, ExportMode.CANDIDATES, stranger))
    assert making.item(done, stranger).status == ItemStatus.SENT
    assert len({person["account"] for person in exported_people(world)}) == 2
