"""The installation's administrators change settings and fields by the operations of the pages."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from integrations import field_table, setting_changes, setting_rows
from integrations.models import FieldRow, SyncSetting
from integrations.setting_changes import TEAM, Place
from tests.integrations import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "x", name="Root"))
    return client


def test_a_policy_is_changed_and_locked_and_nonsense_is_said_on_the_form(staff: Client) -> None:
    alice = making.alice()
    row = making.connection(alice)
    setting_changes.write(
        actor=alice, connection=row, record_type="candidate", place=TEAM, values={"add": "added"}
    )
    policy = SyncSetting.objects.for_organisation(alice.organisation_id).get()
    address = reverse("admin:integrations_syncsetting_change", args=[policy.pk])
    refused = staff.post(address, {"value": '"someday"', "locked": "on"})
    assert "Choose when people are added." in refused.content.decode()
    assert staff.post(address, {"value": '"replied"', "locked": "on"}).status_code == 302
    found = setting_rows.every(row, "candidate", user=alice)["add"]
    assert (found.value, found.locked) == ("replied", True)
    assert found.lock is not None
    assert found.lock.by == "Root"
    assert "Root" in staff.get(address).content.decode()


def test_a_lock_below_the_team_is_refused(staff: Client) -> None:
    alice = making.alice()
    row = making.connection(alice)
    setting_changes.write(
        actor=alice,
        connection=row,
        record_type="candidate",
        place=Place(user=alice),
        values={"add": "added"},
    )
    policy = SyncSetting.objects.for_organisation(alice.organisation_id).get()
    address = reverse("admin:integrations_syncsetting_change", args=[policy.pk])
    refused = staff.post(address, {"value": '"replied"', "locked": "on"})
    assert "Only what counts for the team is locked." in refused.content.decode()


def test_a_field_is_mapped_and_a_taken_variable_is_said_on_the_form(staff: Client) -> None:
    alice = making.alice()
    row = making.connection(alice)
    field_table.discover(row)
    rows = FieldRow.objects.for_organisation(alice.organisation_id)
    role, headline = rows.get(key="role"), rows.get(key="headline")
    values = {"rule": "if_blank", "variable": "title", "mandatory": "on"}
    answer = staff.post(reverse("admin:integrations_fieldrow_change", args=[role.pk]), values)
    assert answer.status_code == 302
    role.refresh_from_db()
    assert (role.variable, role.rule, role.displayed, role.mandatory) == ("title", "if_blank", True, True)
    refused = staff.post(reverse("admin:integrations_fieldrow_change", args=[headline.pk]), values)
    assert "Mapped to “Role” already" in refused.content.decode()


def test_no_page_of_a_connection_shows_its_secret(staff: Client) -> None:
    row = making.connection(making.alice())
    shown = staff.get(reverse("admin:integrations_connection_change", args=[row.pk])).content.decode()
    assert row.secret not in shown
