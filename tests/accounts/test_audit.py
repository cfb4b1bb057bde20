"""No change passes the audit trail by, whichever way it is written."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import invitations, tokens
from accounts.audit import acting_as
from accounts.models import ApiToken, AuditEntry, Role, User
from outreach.models import Mailbox
from sourcing import contact_points, people
from sourcing.models import Candidate, ContactPoint, Project
from tests.outreach.making import mailbox, user

pytestmark = pytest.mark.django_db


def _people(alice: User, count: int = 3) -> list[Candidate]:
    return Candidate.objects.bulk_create(
        Candidate(organisation=alice.organisation, first_name=f"P{number}") for number in range(count)
    )


def _entries(alice: User, table: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(organisation=alice.organisation, table=table).order_by("pk"))


def test_a_bulk_update_writes_one_entry_per_changed_row_with_old_and_new_value():
    alice = user("alice")
    _people(alice)
    with acting_as(alice, request_id="r1"):
        Candidate.objects.for_organisation(alice.organisation).update(company="Voltra")
    entries = _entries(alice, "sourcing_candidate")
    assert [entry.changes for entry in entries] == [{"company": ["", "Voltra"]}] * 3
    assert {(entry.actor_id, entry.request_id) for entry in entries} == {(alice.pk, "r1")}
    assert alice.name in entries[0].actor_name


def test_plain_sql_is_seen_too():
    alice = user("alice")
    _people(alice, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sourcing_candidate SET title = 'CTO' WHERE organisation_id = %s", [alice.organisation_id]
        )
    (entry,) = _entries(alice, "sourcing_candidate")
    assert entry.changes == {"title": ["", "CTO"]}
    assert entry.actor_name == ""


def test_an_update_that_changes_nothing_writes_nothing():
    alice = user("alice")
    _people(alice, 1)
    Candidate.objects.for_organisation(alice.organisation).update(company="")
    assert _entries(alice, "sourcing_candidate") == []


def test_a_deletion_keeps_what_was_there():
    alice = user("alice")
    project = Project.objects.create(organisation=alice.organisation, name="Backend", owner=alice)
    with acting_as(alice):
        project.delete()
    (entry,) = _entries(alice, "sourcing_project")
    assert entry.action == "delete"
    assert entry.changes["name"] == ["Backend", None]


def test_the_value_of_a_secret_never_enters_the_trail():
    box = mailbox()
    Mailbox.objects.for_organisation(box.organisation_id).update(
        secret="new sealed value", display_name="New"
    )
    entries = AuditEntry.objects.filter(organisation_id=box.organisation_id, table="outreach_mailbox")
    last = entries.order_by("-pk").first()
    assert last.changes["secret"] == ["***", "***"]
    assert "new sealed value" not in str(list(entries.values_list("changes", flat=True)))


def test_working_leaves_no_trace():
    box = mailbox()
    before = AuditEntry.objects.count()
    Mailbox.objects.for_organisation(box.organisation_id).update(leased_by="worker", read_failures=3)
    assert AuditEntry.objects.count() == before


def test_the_password_of_a_user_is_masked():
    alice = user("alice")
    alice.set_password("another one")
    alice.save()
    (entry,) = _entries(alice, "accounts_user")
    assert entry.changes == {"password": ["***", "***"]}


def test_a_change_made_on_a_page_is_its_users():
    boss = user("boss", role=Role.ADMIN)
    browser = Client()
    browser.force_login(boss)
    browser.post("/settings/organisation/", {"name": "Renamed", "start_grace_minutes": "5"})
    (entry,) = _entries(boss, "accounts_organisation")
    assert entry.actor_id == boss.pk
    assert entry.changes["name"][1] == "Renamed"
    page = browser.get("/settings/audit/").content.decode()
    assert "Renamed" in page


@pytest.mark.parametrize("key", [{}, {"idempotency-key": "k"}])
def test_a_change_by_a_token_is_its_users(key):
    alice = user("alice")
    project = Project.objects.create(organisation=alice.organisation, name="Backend", owner=alice)
    _, secret = tokens.create(actor=alice, name="script", days=30, now=timezone.now())
    headers = {"authorization": f"Bearer {secret}", **key}
    Client().patch(f"/api/v1/projects/{project.pk}/", {"name": "Web"}, "application/json", headers=headers)
    (entry,) = _entries(alice, "sourcing_project")
    assert (entry.actor_id, entry.changes) == (alice.pk, {"name": ["Backend", "Web"]})
    assert alice.name in entry.actor_name


def test_another_organisations_trail_is_not_shown():
    boss = user("boss", role=Role.ADMIN)
    boss.name = "Secret change"
    boss.save()
    mallory = user("mallory", role=Role.ADMIN)
    browser = Client()
    browser.force_login(mallory)
    assert "Secret change" not in browser.get("/settings/audit/").content.decode()


def test_a_private_address_is_changed_without_being_named():
    alice = user("alice")
    person = people.create_candidate(organisation=alice.organisation, actor=alice, first_name="Ada")
    point = contact_points.add_email(candidate=person, actor=alice, type="personal", value="own@home.example")
    ContactPoint.objects.for_organisation(alice.organisation).filter(pk=point.pk).update(
        value="other@home.example"
    )
    ContactPoint.objects.for_organisation(alice.organisation).filter(pk=point.pk).delete()
    told = str([entry.changes for entry in _entries(alice, "sourcing_contactpoint")])
    assert "***" in told
    assert "home.example" not in told


def test_a_bulk_update_after_a_single_one_is_not_quadratic():
    """plpgsql keeps the first plan of a session; it must be one that also fits five thousand rows."""
    alice = user("alice")
    everybody = Candidate.objects.for_organisation(alice.organisation)
    (first, *_) = _people(alice, 5_000)
    everybody.filter(pk=first.pk).update(title="CTO")
    # A quadratic plan would run into the suite's timeout.
    everybody.update(company="Voltra")
    assert len(_entries(alice, "sourcing_candidate")) == 5_001


def test_who_revokes_an_invitation_or_a_token_on_its_page_stands_in_the_trail_and_no_secret_does():
    alice = user("alice", role=Role.ADMIN)
    now = timezone.now()
    invited, _ = invitations.invite(actor=alice, email="ida@voltra.example", role="viewer", now=now)
    token, _ = tokens.create(actor=alice, name="script", days=30, now=now)
    client = Client()
    client.force_login(alice)
    client.post(f"/settings/invitations/{invited.pk}/revoke/")
    client.post(f"/settings/tokens/{token.pk}/revoke/")
    for table in ("accounts_invitation", "accounts_apitoken"):
        (entry,) = _entries(alice, table)
        assert (entry.actor_id, list(entry.changes)) == (alice.pk, ["revoked_at"])
    ApiToken.objects.for_organisation(alice.organisation).delete()
    assert _entries(alice, "accounts_apitoken")[-1].changes["token_hash"] == ["***", None]
