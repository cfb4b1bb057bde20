"""An address is seen again where somebody else says it: in a file, at a provider, as the writer of a mail."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, User
from sourcing import contact_points, sightings
from sourcing.models import Candidate, ContactPoint
from tests.sourcing.factories import csv_bytes, import_csv, make_candidate

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.datetime(2020, 3, 1, 12, tzinfo=datetime.UTC)
NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def last_seen(person: Candidate) -> dict[tuple[str, bool], datetime.datetime]:
    rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return {(row.normalised, row.shared): row.last_seen_at for row in rows}


def long_ago(*found: Candidate) -> None:
    for person in found:
        rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person)
        rows.update(last_seen_at=LONG_AGO)


@pytest.fixture
def ana(alice: User) -> Candidate:
    person = make_candidate(alice.organisation, "Ana", emails=["ana@a.example", "ana@b.example"])
    contact_points.add_email(candidate=person, actor=alice, type="work", value="ana@c.example")
    long_ago(person)
    return person


def seen(person: Candidate, address: str, at: datetime.datetime = NOW, **values: bool) -> int:
    points = [(person.pk, "email", address)]
    return sightings.seen(organisation_id=person.organisation_id, points=points, at=at, **values)


def test_the_address_seen_is_raised_and_no_other(ana: Candidate) -> None:
    assert seen(ana, "ana@a.example") == 1
    assert last_seen(ana) == {
        ("ana@a.example", True): NOW,
        ("ana@b.example", True): LONG_AGO,
        ("ana@c.example", False): LONG_AGO,
    }


def test_a_private_row_is_raised_only_where_the_address_itself_was_at_work(ana: Candidate) -> None:
    assert seen(ana, "ana@c.example") == 0
    assert seen(ana, "ana@c.example", private_too=True) == 1
    assert last_seen(ana)["ana@c.example", False] == NOW


def test_nothing_is_lowered_and_a_row_is_written_once_an_hour_at_most(ana: Candidate) -> None:
    assert seen(ana, "ana@a.example") == 1
    assert seen(ana, "ana@a.example", NOW - datetime.timedelta(days=1)) == 0
    assert seen(ana, "ana@a.example", NOW + datetime.timedelta(minutes=59)) == 0
    assert seen(ana, "ana@a.example", NOW + datetime.timedelta(minutes=61)) == 1


def test_another_organisations_address_and_one_nobody_has_are_passed_over(
    ana: Candidate, mallory: User
) -> None:
    hers = make_candidate(mallory.organisation, "Hers", emails=["ana@a.example"])
    long_ago(hers)
    points = [
        (hers.pk, "email", "ana@a.example"),
        (ana.pk, "email", "nobody@a.example"),
        (10**12, "phone", "x"),
    ]
    assert sightings.seen(organisation_id=ana.organisation_id, points=points, at=NOW) == 0
    assert sightings.seen(organisation_id=ana.organisation_id, points=[], at=NOW) == 0
    assert last_seen(hers) == {("ana@a.example", True): LONG_AGO}


def test_many_are_raised_by_one_statement_and_none_enters_the_audit_trail(ana: Candidate) -> None:
    points = [(ana.pk, "email", f"ana@{letter}.example") for letter in "abc"]
    with CaptureQueriesContext(connection) as queries:
        assert (
            sightings.seen(organisation_id=ana.organisation_id, points=points, at=NOW, private_too=True) == 3
        )
    assert sum("UPDATE" in each["sql"] for each in queries) == 1
    assert not AuditEntry.objects.filter(table="sourcing_contactpoint", action="update").exists()


def test_other_changes_of_an_address_are_still_in_the_audit_trail(ana: Candidate, alice: User) -> None:
    point = ContactPoint.objects.for_organisation(ana.organisation_id).get(normalised="ana@a.example")
    contact_points.set_status(contact_point=point, actor=alice, status="verified")
    entry = AuditEntry.objects.get(table="sourcing_contactpoint", row=point.pk)
    assert set(entry.changes) == {"status", "status_note"}


def test_an_import_that_holds_the_address_raises_it_and_leaves_the_rest(ana: Candidate, alice: User) -> None:
    before = timezone.now()
    import_csv(alice, csv_bytes(["First name", "Email"], ["Ana", "ANA@a.example"], ["Bo", "bo@b.example"]))
    found = last_seen(ana)
    assert found["ana@a.example", True] >= before
    assert found["ana@b.example", True] == found["ana@c.example", False] == LONG_AGO
