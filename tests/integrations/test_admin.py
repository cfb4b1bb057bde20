"""The installation's administrators change settings and fields by the operations of the pages."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from integrations import field_table, setting_changes, setting_rows
from integrations.base.errors import TemporaryError
from integrations.base.records import Capability, Option
from integrations.models import FieldRow, SyncSetting, SyncTask
from integrations.setting_changes import TEAM, Place
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
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


def test_the_job_status_whitelist_is_chosen_from_what_the_system_has_and_nothing_else_is_changed(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row = making.connection(alice, job_statuses=["lost"])
    address = reverse("admin:integrations_connection_change", args=[row.pk])
    assert 'name="job_statuses"' not in staff.get(address).content.decode()
    capabilities = SourceWhaleConnector.capabilities | {Capability.LIST_JOB_STATUSES}
    monkeypatch.setattr(SourceWhaleConnector, "capabilities", capabilities)
    statuses = (Option(id="open", label="Open"), Option(id="won", label="Filled"))
    monkeypatch.setattr(SourceWhaleConnector, "list_job_statuses", lambda _self: statuses)
    cache.clear()
    shown = staff.get(address).content.decode()
    assert "lost (no longer there)" in shown
    assert "http" in shown.split("Base URL")[1]
    assert row.secret not in shown
    assert 'name="status"' not in shown
    assert staff.post(address, {"job_statuses": ["paid"]}).status_code == 200
    values = {"job_statuses": ["won", "open"], "status": "removed", "trouble": "x", "secret": "x"}
    assert staff.post(address, values).status_code == 302
    kept = (row.secret, row.status, "")
    row.refresh_from_db()
    assert row.job_statuses == ["open", "won"]
    assert (row.secret, row.status, row.trouble) == kept

    def down(_self: SourceWhaleConnector) -> None:
        raise TemporaryError("Down for maintenance.")

    monkeypatch.setattr(SourceWhaleConnector, "list_job_statuses", down)
    cache.clear()
    assert "Down for maintenance." in staff.get(address).content.decode()


def test_tasks_that_need_attention_are_retried_from_the_list_and_doubtful_ones_are_not(
    staff: Client,
) -> None:
    rows = []
    for owner in (making.alice(), making.mallory()):
        row, ada = making.connection(owner), making.person(owner)
        for status, reason in (("attention", "missing_field"), ("attention", "unconfirmed"), ("done", "")):
            rows.append(
                SyncTask.objects.create(
                    organisation=owner.organisation,
                    connection=row,
                    candidate=ada,
                    kind="note",
                    status=status,
                    reason_code=reason,
                )
            )
    address = reverse("admin:integrations_synctask_changelist")
    shown = staff.get(address, {"system": "sourcewhale", "status": "attention"}).content.decode()
    assert "4 sync tasks" in shown
    assert "0 sync tasks" in staff.get(address, {"system": "cats"}).content.decode()
    assert "3 sync tasks" in staff.get(address, {"q": str(rows[0].candidate_id)}).content.decode()
    values = {"action": "try_again", "_selected_action": [row.pk for row in rows]}
    said = staff.post(address, values, follow=True).content.decode()
    assert "2 will be tried again." in said
    assert "4 were left" in said
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == ["queued", "attention", "done"] * 2
    assert staff.post(reverse("admin:integrations_synctask_change", args=[rows[0].pk]), {}).status_code == 403
