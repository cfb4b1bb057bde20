"""Settings, Fields, Jobs and Sync log of a connection, as administrators and recruiters use them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Role
from integrations import field_table, setting_changes, setting_rows
from integrations.base.errors import TemporaryError
from integrations.base.records import Capability, Option
from integrations.models import Connection, FieldRow, SyncTask
from integrations.setting_changes import Place
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from sourcing import contact_points
from sourcing.models import ContactType
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url
from tests.integrations.small_sourcewhale import SmallSourceWhale

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_lists() -> None:
    cache.clear()


def field(row: Connection, key: str) -> FieldRow:
    return FieldRow.objects.for_organisation(row.organisation_id).get(connection=row, key=key)


TEAM_VALUES = {
    "level": "organisation",
    "organisation-add": "interested",
    "organisation-only_synced": "on",
    "organisation-notes": "own",
    "organisation-boxes": ["reply_received", "call"],
    "organisation-no_merge": "off",
    "organisation-manual_updates": "on",
    "organisation-stop_on_standing": "off",
}


def test_an_administrator_sets_the_teams_defaults_and_a_recruiter_their_own() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    response = logged_in(alice).post(url("settings", row.pk), TEAM_VALUES)
    assert response.status_code == 302
    page = logged_in(bob)
    shown = text(page.get(url("settings", row.pk)))
    assert "As the team: When they are interested" in shown
    assert "As the team: Reply received, Call" in shown
    assert "Turning this toggle on will create duplicates in SourceWhale." in shown
    assert "Save for the team" not in shown
    assert shown.count("Reply received, Call") == 2
    mine = {
        "level": "user",
        "user-add": "added",
        "user-only_synced": "inherit",
        "user-notes": "own",
        "user-no_merge": "off",
        "user-manual_updates": "inherit",
    }
    assert page.post(url("settings", row.pk), mine).status_code == 302
    of_bob = setting_rows.every(row, "candidate", user=bob)
    assert (of_bob["add"].value, of_bob["only_synced"].value, of_bob["notes"].value) == ("added", True, [])
    assert page.post(url("settings", row.pk), TEAM_VALUES).status_code == 403


def test_a_locked_setting_is_shown_inherited_with_what_was_struck_through_and_is_refused() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    setting_changes.write(
        actor=bob, connection=row, record_type="candidate", place=Place(user=bob), values={"add": "added"}
    )
    logged_in(alice).post(url("settings", row.pk), TEAM_VALUES)
    assert logged_in(alice).post(url("lock_setting", row.pk), {"lock": "add"}).status_code == 302
    assert logged_in(bob).post(url("lock_setting", row.pk), {"unlock": "add"}).status_code == 403
    page = logged_in(bob)
    shown = text(page.get(url("settings", row.pk)))
    assert "<s>When added to a campaign</s>" in shown
    assert "Locked by <bdi>Alice</bdi>, <time" in shown
    assert "</time>: the team’s setting counts" in shown
    assert 'name="user-add"' not in shown
    # A form that names it all the same changes nothing of it.
    page.post(url("settings", row.pk), {"level": "user", "user-add": "replied"})
    assert setting_rows.every(row, "candidate", user=bob)["add"].value == "interested"
    logged_in(alice).post(url("lock_setting", row.pk), {"unlock": "add"})
    assert setting_rows.every(row, "candidate", user=bob)["add"].value == "added"


def test_where_administrators_set_all_defaults_a_recruiter_sees_them_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "defaults_by_admins_only", True)
    alice = making.alice()
    row = making.connection(alice)
    shown = text(logged_in(making.bob(alice)).get(url("settings", row.pk)))
    assert "In SourceWhale admins set them." in shown
    assert "Save for myself" not in shown
    assert "Save for myself" in text(logged_in(alice).get(url("settings", row.pk)))


def test_candidates_and_contacts_have_settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "record_types", frozenset({"candidate", "contact"}))
    alice = making.alice()
    row = making.connection(alice)
    page = logged_in(alice)
    assert "Record type" in text(page.get(url("settings", row.pk)))
    page.post(url("settings", row.pk), TEAM_VALUES | {"type": "contact"})
    assert setting_rows.every(row, "contact")["add"].value == "interested"
    assert setting_rows.every(row, "candidate")["add"].value == "never"


def test_a_made_up_choice_stays_on_the_page() -> None:
    alice = making.alice()
    row = making.connection(alice)
    response = logged_in(alice).post(url("settings", row.pk), TEAM_VALUES | {"organisation-add": "someday"})
    assert response.status_code == 422
    assert setting_rows.every(row, "candidate")["add"].value == "never"


def test_a_field_is_decided_in_its_row_and_a_taken_variable_is_named_there() -> None:
    alice = making.alice()
    row = making.connection(alice)
    field_table.discover(row)
    page = logged_in(alice)
    shown = text(page.get(url("fields", row.pk)))
    assert (
        "Please do not adjust unless you are finding that the variables are not mapping as expected in "
        "SourceWhale." in shown
    )
    role = field(row, "role")
    values = {"variable": "title", "rule": "if_blank", "mandatory": "on"}
    response = page.post(url("save_field", row.pk, role.pk), values, headers={"HX-Request": "true"})
    assert "<html" not in text(response)
    assert "Reset Role to default" in text(response)
    role.refresh_from_db()
    assert (role.variable, role.rule, role.displayed, role.mandatory) == ("title", "if_blank", True, True)
    headline = field(row, "headline")
    response = page.post(
        url("save_field", row.pk, headline.pk),
        {"variable": "title", "rule": "always"},
        headers={"HX-Request": "true"},
    )
    assert "Mapped to “Role” already" in text(response)
    assert page.post(url("reset_field", row.pk, role.pk)).status_code == 302
    page.post(url("save_field", row.pk, role.pk), {"variable": "title", "rule": "always"})
    assert "1 field reset" in text(page.post(url("reset_fields", row.pk), follow=True))
    role.refresh_from_db()
    assert role.variable == ""


def test_fields_are_searched_and_a_recruiter_only_reads_them() -> None:
    alice = making.alice()
    row = making.connection(alice)
    field_table.discover(row)
    page = logged_in(making.bob(alice))
    shown = text(page.get(url("fields", row.pk), {"q": "variable 3"}))
    assert "Custom variable 3" in shown
    assert "Custom variable 1" not in shown
    assert "No field of that name" in text(page.get(url("fields", row.pk), {"q": "\u200bzero"}))
    role = field(row, "role")
    assert page.post(url("save_field", row.pk, role.pk), {"variable": "title"}).status_code == 403
    assert page.post(url("discover_fields", row.pk)).status_code == 403


def test_a_field_of_another_connection_does_not_exist() -> None:
    alice, mallory = making.alice(), making.mallory()
    theirs, own = making.connection(alice), making.connection(mallory)
    field_table.discover(theirs)
    response = logged_in(mallory).post(
        url("save_field", own.pk, field(theirs, "role").pk), {"rule": "always"}
    )
    assert response.status_code == 404
    assert logged_in(mallory).get(url("fields", theirs.pk)).status_code == 404


def test_asking_for_the_fields_again_brings_new_ones() -> None:
    alice = making.alice()
    row = making.connection(alice)
    page = logged_in(alice)
    assert "No fields yet" in text(page.get(url("fields", row.pk)))
    shown = text(page.post(url("discover_fields", row.pk), follow=True))
    assert "23 fields there now." in shown
    assert field(row, "name").variable == "full_name"


def test_a_try_shows_what_would_be_sent_and_writes_nothing(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    contact_points.add_email(candidate=ada, actor=alice, type=ContactType.PERSONAL, value="own@home.example")
    page = logged_in(bob)
    page.get(url("try_fields", row.pk))
    shown = text(page.get(url("try_fields", row.pk), {"person": ada.pk}))
    assert "Not in SourceWhale: a record would be made." in shown
    assert "ada@people.example" in shown
    # Alice's own address is nobody else's to see.
    assert "own@home.example" not in shown
    assert "own@home.example" in text(logged_in(alice).get(url("try_fields", row.pk), {"person": ada.pk}))
    assert whale.people == {}
    assert making.link(row, ada) is None


def test_a_try_says_why_a_person_would_not_go_and_when_the_vendor_does_not_answer(
    whale: SmallSourceWhale, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    field_table.discover(row)
    page = logged_in(alice)
    page.post(url("save_field", row.pk, field(row, "city").pk), {"mandatory": "on", "rule": "always"})
    assert "Would not go: fill City." in text(page.get(url("try_fields", row.pk), {"person": ada.pk}))

    def down(*_: Any, **_asked: Any) -> Any:
        raise TemporaryError("SourceWhale does not answer.")

    monkeypatch.setattr(SourceWhaleConnector, "find", down)
    shown = text(page.get(url("try_fields", row.pk), {"person": ada.pk}))
    assert "SourceWhale does not answer." in shown
    assert "ada@people.example" in shown
    assert page.get(url("try_fields", row.pk), {"person": 10**12}).status_code == 404


def test_the_job_tab_exists_where_jobs_have_statuses_and_saves_the_whitelist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    page = logged_in(alice)
    assert url("jobs", row.pk) not in text(page.get(url("settings", row.pk)))
    capabilities = SourceWhaleConnector.capabilities | {Capability.LIST_JOB_STATUSES}
    monkeypatch.setattr(SourceWhaleConnector, "capabilities", capabilities)
    statuses = (Option(id="open", label="Open"), Option(id="won", label="Filled"))
    monkeypatch.setattr(SourceWhaleConnector, "list_job_statuses", lambda _self: statuses)
    assert "Display the jobs under the selected job statuses only." in text(page.get(url("jobs", row.pk)))
    assert page.post(url("jobs", row.pk), {"statuses": ["won"]}).status_code == 302
    row.refresh_from_db()
    assert row.job_statuses == ["won"]
    assert page.post(url("jobs", row.pk), {"statuses": ["lost"]}).status_code == 422
    assert logged_in(bob).post(url("jobs", row.pk), {"statuses": []}).status_code == 403


def test_the_sync_log_shows_what_needs_somebody_and_why() -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    for status, reason in (("done", ""), ("attention", "City must be filled.")):
        SyncTask.objects.create(
            organisation=alice.organisation,
            connection=row,
            candidate=ada,
            kind="push",
            user=alice,
            cause="replied",
            status=status,
            reason=reason,
        )
    page = logged_in(making.bob(alice, role=Role.VIEWER))
    shown = text(page.get(url("sync_log", row.pk), {"show": "attention"}))
    assert "City must be filled." in shown
    assert "Needs attention" in shown
    assert shown.count("Ada Byron") == 1
    assert text(page.get(url("sync_log", row.pk))).count("Ada Byron") == 2
    assert "Nothing here" in text(page.get(url("sync_log", row.pk), {"show": "waiting"}))


def test_the_overview_says_when_a_system_was_last_synced_and_what_needs_somebody() -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    page = logged_in(alice)
    assert "attention" not in text(page.get(url("overview")))
    for status in ("attention", "attention", "queued", "done"):
        SyncTask.objects.create(
            organisation=alice.organisation,
            connection=row,
            candidate=ada,
            kind="note",
            status=status,
            settled_at=timezone.now() if status == "done" else None,
        )
    shown = text(page.get(url("overview")))
    assert "2 need attention" in shown
    assert "1 waiting" in shown
    assert "just now" in shown
    assert f"{url('sync_log', row.pk)}?show=attention" in shown
