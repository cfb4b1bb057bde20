"""Export marks and remote records when two people become one: both are kept (docs/behaviour.md §7)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from integrations import exporting
from integrations.models import Connection, DummyAddress, Export, ExportItem, RemoteLink
from integrations.person_data import BeingExported
from sourcing import merging
from sourcing.models import Candidate
from tests.outreach.making import user
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return user()


@pytest.fixture
def connection(alice: User) -> Connection:
    return Connection.objects.create(
        organisation=alice.organisation, vendor="sourcewhale", status="connected"
    )


def link(connection: Connection, person: Candidate, remote_id: str, **values: object) -> RemoteLink:
    return RemoteLink.objects.create(
        organisation_id=connection.organisation_id,
        connection=connection,
        candidate=person,
        remote_id=remote_id,
        **{"state": "linked", "exported_at": timezone.now()} | values,
    )


def item(connection: Connection, alice: User, person: Candidate, status: str, **values: object) -> ExportItem:
    export = values.pop("export", None) or Export.objects.create(
        organisation=alice.organisation,
        connection=connection,
        mode="prospects",
        target_id="c1",
        target_name="C",
        request_key=uuid.uuid4(),
        created_by=alice,
    )
    return ExportItem.objects.create(
        organisation=alice.organisation,
        export=export,
        connection=connection,
        candidate=person,
        status=status,
        **values,
    )


def test_both_remote_records_are_kept_and_the_mark_with_them(alice: User, connection: Connection) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, "Jon")
    link(connection, stays, "r1", exported_at=None)
    link(connection, goes, "r2", other_remote_ids=["r3"])
    done = merging.merge(survivor=stays, other=goes, actor=alice)
    kept = RemoteLink.objects.for_organisation(alice.organisation_id).get()
    assert (kept.remote_id, kept.other_remote_ids, kept.candidate_id) == ("r1", ["r2", "r3"], stays.pk)
    assert exporting.exported_before(connection, [stays.pk]) == {stays.pk}
    merging.undo_merge(merge=done, actor=alice)
    links = RemoteLink.objects.for_organisation(alice.organisation_id).order_by("pk")
    assert list(links.values_list("remote_id", "candidate_id", "other_remote_ids")) == [
        ("r1", stays.pk, []),
        ("r2", goes.pk, ["r3"]),
    ]
    assert exporting.exported_before(connection, [stays.pk, goes.pk]) == {goes.pk}


def test_a_link_that_lost_its_record_gives_way_to_one_that_has_it(
    alice: User, connection: Connection
) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, "Jon")
    link(connection, stays, "", state="gone", exported_at=None)
    link(connection, goes, "r2")
    merging.merge(survivor=stays, other=goes, actor=alice)
    kept = RemoteLink.objects.for_organisation(alice.organisation_id).get()
    assert (kept.remote_id, kept.candidate_id) == ("r2", stays.pk)


def test_a_person_under_export_is_not_merged(alice: User, connection: Connection) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, "Jon")
    item(connection, alice, goes, "claimed", lease_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(BeingExported):
        merging.merge(survivor=stays, other=goes, actor=alice)
    assert merging.survivor_of(stays.organisation_id, goes.pk) is None


def test_items_of_one_export_stand_once_and_the_one_that_went_stays(
    alice: User, connection: Connection
) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, "Jon")
    waiting = item(connection, alice, stays, "queued")
    item(connection, alice, goes, "sent", export=waiting.export, remote_id="r2")
    item(connection, alice, goes, "failed")
    DummyAddress.objects.create(organisation=alice.organisation, candidate=goes, number=-5)
    done = merging.merge(survivor=stays, other=goes, actor=alice)
    items = ExportItem.objects.for_organisation(alice.organisation_id)
    assert sorted(items.values_list("candidate_id", "status")) == [(stays.pk, "failed"), (stays.pk, "sent")]
    assert DummyAddress.objects.for_organisation(alice.organisation_id).get().candidate_id == stays.pk
    assert merging.undo_merge(merge=done, actor=alice).left == []
    assert sorted(items.values_list("candidate_id", "status")) == sorted(
        [(stays.pk, "queued"), (goes.pk, "sent"), (goes.pk, "failed")]
    )
