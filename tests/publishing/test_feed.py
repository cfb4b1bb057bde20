"""What happened is told in an order that leaves no gap, with what its row says, and nothing of a person."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Role, User
from campaigns.models import Recipient
from foundation import events
from foundation.models import Delivery
from foundation.problems import Invalid, NotAllowed
from integrations.models import Connection, Export, ExportItem
from publishing import catalogue, feed
from publishing.models import PublishedEvent
from sourcing.models import Project
from tests.campaigns import making
from tests.outreach.making import user
from tests.publishing.conftest import ME, happens
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def told(viewer: User, after: str = "", **asked: object) -> list[dict[str, object]]:
    rows, _ = feed.events_after(viewer=viewer, after=after, **{"types": (), "size": 200} | asked)
    return [feed.payload(row) for row in rows]


def test_a_persons_beginning_is_told_by_ids_alone(alice: User, mallory: User) -> None:
    person = make_candidate(alice.organisation, "Ida", "Hansen")
    happens(alice, f"candidate:{person.pk}", kind="candidate.created")
    (only,) = told(alice)[-1:]
    assert only["type"] == "candidate.created"
    assert only["subject"] == f"candidate:{person.pk}"
    assert "Hansen" not in repr(told(alice))
    assert told(mallory) == []


def test_messages_recipients_campaigns_and_exports_say_where_they_belong(db: None) -> None:
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada")
    viewer = user("boss", of=made.organisation, role=Role.ADMIN)
    connected = Connection.objects.create(organisation=made.organisation, vendor="cats", status="connected")
    export = Export.objects.create(
        organisation=made.organisation,
        connection=connected,
        created_by=viewer,
        mode="job",
        request_key="8f7d0b6e-0000-4000-8000-000000000001",
    )
    item = ExportItem.objects.create(
        organisation=made.organisation,
        connection=connected,
        export=export,
        candidate=ada.candidate,
        status="sent",
    )
    with transaction.atomic():
        for kind, ids in (
            ("recipient.changed", {"recipient_id": ada.pk}),
            ("campaign.changed", {"campaign_id": made.pk}),
            ("export.item_settled", {"item_id": item.pk}),
            # A row that is gone meanwhile: the event is told all the same.
            ("message.replied", {"message_id": 999, "inbound_id": 5}),
        ):
            events.emit(kind, organisation_id=viewer.tenant_id, subject="x:1", **ids)
    events.deliver_batches(consumers=[ME])
    data = {row["type"]: row["data"] for row in told(viewer) if row["subject"] == "x:1"}
    fresh = Recipient.objects.for_organisation(made.organisation).get(pk=ada.pk)
    project = made.project_id
    assert data["recipient.changed"] == {
        "recipient_id": ada.pk,
        "candidate_id": ada.candidate_id,
        "campaign_id": made.pk,
        "project_id": project,
        "progress": fresh.progress,
        "hold": fresh.hold,
        "interest": fresh.interest,
    }
    assert data["campaign.changed"] == {
        "campaign_id": made.pk,
        "project_id": project,
        "status": made.status,
    }
    assert data["export.settled"]["candidate_id"] == ada.candidate_id
    assert data["export.settled"]["vendor"] == "cats"
    assert data["message.replied"] == {"message_id": 999, "inbound_id": 5}


def test_lists_of_our_news_are_lists(alice: User) -> None:
    with transaction.atomic():
        events.emit(
            "candidates.changed",
            organisation_id=alice.tenant_id,
            subject="candidates:1",
            candidate_ids="1,2,3",
        )
        events.emit(
            "candidate.updated",
            organisation_id=alice.tenant_id,
            subject="candidate:1",
            candidate_id=1,
            fields="city,title",
        )
    events.deliver_batches(consumers=[ME])
    first, second = told(alice)
    assert first["data"] == {"candidate_ids": [1, 2, 3]}
    assert second["data"] == {"candidate_id": 1, "fields": ["city", "title"]}


def test_the_feed_goes_on_where_one_stopped(alice: User) -> None:
    happens(alice, "candidate:1", "candidate:2", "candidate:3")
    rows, more = feed.events_after(viewer=alice, after="", types=(), size=2)
    assert more
    rest, more = feed.events_after(viewer=alice, after=rows[-1].public_id, types=(), size=2)
    assert not more
    assert [row.subject for row in (*rows, *rest)] == ["candidate:1", "candidate:2", "candidate:3"]
    assert told(alice, types=["message.sent"]) == []


@pytest.mark.parametrize("after", ["12", "evt_", "evt_-1", "evt_٣", "evt_1e3", "evt_" + "9" * 30])
def test_an_id_that_is_none_is_said(alice: User, after: str) -> None:
    with pytest.raises(Invalid):
        told(alice, after=after)


def test_an_unknown_type_and_a_recruiter_are_refused(alice: User, bob: User) -> None:
    with pytest.raises(Invalid):
        told(alice, types=["candidate.exploded"])
    with pytest.raises(NotAllowed):
        told(bob)


def test_what_rolled_back_is_never_told(alice: User) -> None:
    with transaction.atomic():
        events.emit(
            "candidate.updated", organisation_id=alice.tenant_id, subject="candidate:1", candidate_id=1
        )
        transaction.set_rollback(True)
    events.deliver_batches(consumers=[ME])
    assert told(alice) == []


def test_one_event_that_cannot_be_told_holds_its_subject_alone(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = feed._data
    bad = f"candidate:{2}"

    def broken(ids: object, kind: object, facts: object) -> object:
        if ids["candidate_id"] == 2:  # type: ignore[index]
            raise ZeroDivisionError
        return real(ids, kind, facts)  # type: ignore[arg-type]

    monkeypatch.setattr(feed, "_data", broken)
    with transaction.atomic():
        for pk in (1, 2, 2, 3):
            events.emit(
                "candidate.updated",
                organisation_id=alice.tenant_id,
                subject=f"candidate:{pk}",
                candidate_id=pk,
            )
    assert events.deliver_batches(consumers=[ME]) == 2
    assert [row["subject"] for row in told(alice)] == ["candidate:1", "candidate:3"]
    monkeypatch.setattr(feed, "_data", real)
    rows = Delivery.objects.across_organisations("tests").filter(consumer=ME)
    assert events.deliver_batches(consumers=[ME]) == 0
    events.revive([row.pk for row in rows])
    assert events.deliver_batches(consumers=[ME]) == 2
    assert [row["subject"] for row in told(alice)][2:] == [bad, bad]


def test_every_type_is_news_that_is_really_told() -> None:
    """A kind nobody emits would be a promise that is never kept."""
    folders = ("sourcing", "outreach", "campaigns", "integrations")
    root = feed.__file__.rsplit("/", 2)[0]
    code = subprocess.run(
        ["grep", "-rhoE", "--include=*.py", r'"[a-z]+\.[a-z_]+"', *(f"{root}/{each}" for each in folders)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    emitted = {word.strip('"') for word in code.split()}
    assert catalogue.BY_KIND.keys() <= emitted


def test_events_go_after_thirty_days(alice: User) -> None:
    happens(alice, "candidate:1")
    assert feed.prune(now=timezone.now() + feed.KEPT / 2) == 0
    assert feed.prune(now=timezone.now() + feed.KEPT * 2) == 1
    assert told(alice) == []


@pytest.mark.django_db(transaction=True)
def test_the_order_of_the_feed_is_the_order_of_commits(alice: User) -> None:
    """A reader that has read up to an event has missed none: a transaction that ends late is told late."""
    begun, end = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            events.emit(
                "candidate.updated", organisation_id=alice.tenant_id, subject="candidate:9", candidate_id=9
            )
            begun.set()
            end.wait(10)
        connection.close()

    other = threading.Thread(target=late)
    other.start()
    assert begun.wait(10)
    happens(alice, "candidate:1")
    seen = told(alice)
    assert [row["subject"] for row in seen] == ["candidate:1"]
    end.set()
    other.join()
    events.deliver_batches(consumers=[ME])
    assert [row["subject"] for row in told(alice, after=str(seen[-1]["id"]))] == ["candidate:9"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_publishes_loses_and_doubles_nothing(alice: User) -> None:
    project = Project.objects.create(organisation=alice.organisation, name="Munich", owner=alice)
    with transaction.atomic():
        for _ in range(3):
            events.emit(
                "project.updated",
                organisation_id=alice.tenant_id,
                subject=f"project:{project.pk}",
                project_id=project.pk,
            )
    script = textwrap.dedent(
        f"""
        import os, signal, django
        django.setup()
        from django.db import connection
        from foundation import events
        from publishing import feed
        connection.settings_dict["NAME"] = {connection.settings_dict["NAME"]!r}
        owe = feed.owe
        feed.owe = lambda rows: (owe(rows), os.kill(os.getpid(), signal.SIGKILL))
        events.deliver_batches(consumers=[{ME!r}])
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    assert not PublishedEvent.objects.for_organisation(alice.tenant_id).exists()
    events.deliver_batches(consumers=[ME])
    events.deliver_batches(consumers=[ME])
    assert [row["type"] for row in told(alice)] == ["project.updated"] * 3
