"""Sync choices of a campaign and of a person, and *Sync as*, on the pages of other rooms."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role
from integrations import field_decisions, field_table, setting_changes, setting_rows
from integrations.base.errors import TemporaryError
from integrations.models import Connection, FieldEntry, FieldRow, ItemStatus
from integrations.setting_changes import TEAM
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from sourcing.models import Candidate
from tests.campaigns import making as campaigns_making
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url
from tests.integrations.small_sourcewhale import SmallSourceWhale

pytestmark = pytest.mark.django_db

INHERITED = {"add": "inherit", "only_synced": "inherit", "notes": "inherit", "job": "inherit"}


@pytest.fixture(autouse=True)
def _forget_lists() -> None:
    cache.clear()


def form(level: str, **values: Any) -> dict[str, Any]:
    return {f"{level}-{name}": value for name, value in (INHERITED | values).items()}


def displayed(row: Connection, key: str, **changes: Any) -> FieldRow:
    if not field_table.rules(row, "candidate"):
        field_table.discover(row)
    assert row.created_by is not None
    found = FieldRow.objects.for_organisation(row.organisation_id).get(connection=row, key=key)
    return field_decisions.decide(actor=row.created_by, field=found, changes={"displayed": True} | changes)


def test_a_campaigns_settings_say_what_counts_in_it_and_lead_to_the_choices(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, campaign = making.connection(alice), campaigns_making.campaign(alice=alice)
    city = displayed(row, "city")
    setting_changes.write(
        actor=alice, connection=row, record_type="candidate", place=TEAM, values={"add": "interested"}
    )
    page = logged_in(alice)
    settings = reverse("campaigns:settings", args=[campaign.pk])
    assert "When they are interested" in text(page.get(settings))
    address = url("campaign_sync", row.pk, campaign.pk)
    shown = text(page.get(address))
    assert "As usual: When they are interested" in shown
    assert "Ruby lead" in shown
    response = page.post(
        address,
        form("campaign", add="replied", notes="own", job="ruby")
        | {"campaign-boxes": ["call"], f"entry-{city.pk}": "Paris"},
    )
    assert response.headers["Location"] == settings
    of_campaign = setting_rows.every(row, "candidate", user=alice, campaign=campaign)
    assert (of_campaign["add"].value, of_campaign["notes"].value) == ("replied", ["call"])
    assert setting_rows.entered(row, "candidate", campaign=campaign) == {"city": "Paris"}
    shown = text(page.get(settings))
    assert "When they reply" in shown
    assert "this campaign" in shown
    # The number of a job says nothing; its name is asked for once the form is opened.
    assert "One is chosen" in shown
    assert f'hx-get="{address}?type=candidate" hx-trigger="toggle once from:closest details"' in shown


def test_what_a_campaign_leaves_to_others_is_shown_inherited_and_changed_on_its_settings(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    row, campaign = making.connection(alice), campaigns_making.campaign(alice=alice)
    bob = making.bob(alice)
    setting_changes.write(
        actor=alice, connection=row, record_type="candidate", place=TEAM, values={"add": "interested"}
    )
    setting_changes.lock(actor=alice, connection=row, record_type="candidate", name="add", locked=True)
    settings = reverse("campaigns:settings", args=[campaign.pk])
    shown = text(logged_in(bob).get(settings))
    assert f'action="{url("campaign_sync", row.pk, campaign.pk)}?type=candidate"' in shown
    assert "Locked by <bdi>Alice</bdi>" in shown
    assert 'name="campaign-add"' not in shown
    assert f'id="sync-{row.pk}-candidate-campaign-only_synced"' in shown
    assert whale.calls("list") == []
    assert "As usual: When they are interested" in text(logged_in(alice).get(settings))


def test_without_a_connection_a_campaign_has_no_such_section() -> None:
    alice = making.alice()
    campaign = campaigns_making.campaign(alice=alice)
    shown = text(logged_in(alice).get(reverse("campaigns:settings", args=[campaign.pk])))
    assert "Other systems" not in shown


def test_a_locked_choice_is_shown_locked_on_campaign_and_person(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    setting_changes.lock(actor=alice, connection=row, record_type="candidate", name="add", locked=True)
    address = url("person_sync", row.pk, ada.pk)
    page = logged_in(bob)
    shown = text(page.get(address))
    assert "Locked by <bdi>Alice</bdi>, <time" in shown
    assert "</time>: the team’s setting counts" in shown
    assert 'name="person-add"' not in shown
    assert "1 setting locked by <bdi>Alice</bdi>" in text(page.get(ada.url))
    page.post(address, form("person", add="added", only_synced="on"))
    of_ada = setting_rows.every(row, "candidate", user=bob, candidate=ada)
    assert (of_ada["add"].value, of_ada["only_synced"].value) == ("never", True)


def test_what_does_not_fit_stays_beside_its_field_and_nothing_is_saved(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    city = displayed(row, "city")
    FieldRow.objects.for_organisation(alice.organisation_id).filter(pk=city.pk).update(longest=5)
    address = url("person_sync", row.pk, ada.pk)
    response = logged_in(alice).post(address, form("person", add="added") | {f"entry-{city.pk}": "Konstanz"})
    assert response.status_code == 422
    assert "At most 5 characters." in text(response)
    assert setting_rows.every(row, "candidate", candidate=ada)["add"].value == "never"
    assert not FieldEntry.objects.for_organisation(alice.organisation_id).exists()


def test_a_vendor_that_does_not_answer_keeps_the_job_that_was_chosen(
    whale: SmallSourceWhale, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    address = url("person_sync", row.pk, ada.pk)
    page = logged_in(alice)
    page.post(address, form("person", job="ruby"))
    kept = setting_rows.every(row, "candidate", candidate=ada)["job"].value

    def down(*_: Any, **_asked: Any) -> Any:
        raise TemporaryError("SourceWhale does not answer.")

    monkeypatch.setattr(SourceWhaleConnector, "list_jobs", down)
    cache.clear()
    assert "The jobs could not be listed" in text(page.get(address))
    page.post(address, form("person", job=kept))
    assert setting_rows.every(row, "candidate", candidate=ada)["job"].value == kept


def test_a_mandatory_field_filled_on_the_person_goes_with_an_export(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    city = displayed(row, "city", mandatory=True)
    refused = making.work(making.export(alice, row, ada))
    assert making.item(refused, ada).status == ItemStatus.FAILED
    assert "City must be filled" in making.item(refused, ada).reason
    logged_in(alice).post(url("person_sync", row.pk, ada.pk), form("person") | {f"entry-{city.pk}": "Paris"})
    sent = making.work(making.export(alice, row, ada))
    assert making.item(sent, ada).status == ItemStatus.SENT
    assert [person["city"] for person in whale.people.values()] == ["Paris"]


def test_the_person_shows_sync_as_with_the_options_behind_the_arrow(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    shown = text(logged_in(alice).get(ada.url))
    assert "Sync as" in shown
    assert "Advanced sync options" in shown
    assert url("person_sync", row.pk, ada.pk) in shown
    # Nobody who has no contacts to offer asks for them.
    assert url("sync_as", ada.pk) not in shown
    viewer = making.bob(alice, role=Role.VIEWER)
    assert "Sync as" not in text(logged_in(viewer).get(ada.url))


def test_sync_as_says_first_that_there_will_be_a_second_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "record_types", frozenset({"candidate", "contact"}))
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    page = logged_in(alice)
    assert url("sync_as", ada.pk) in text(page.get(ada.url))
    shown = text(page.get(url("sync_as", ada.pk)))
    assert "This makes a second record" in shown
    assert Candidate.objects.for_organisation(alice.organisation_id).get(pk=ada.pk).record_type == "candidate"
    page.post(url("sync_as", ada.pk))
    assert Candidate.objects.for_organisation(alice.organisation_id).get(pk=ada.pk).record_type == "contact"
    monkeypatch.setattr(SourceWhaleConnector, "record_types", frozenset({"candidate"}))
    shown = text(page.get(url("person_sync", row.pk, ada.pk), follow=True))
    assert "SourceWhale has no contacts." in shown


def test_another_organisations_campaign_person_and_connection_do_not_exist() -> None:
    alice, mallory = making.alice(), making.mallory()
    row, theirs = making.connection(alice), making.connection(mallory)
    campaign, ada = campaigns_making.campaign(alice=alice), making.person(alice)
    page = logged_in(mallory)
    for address in (
        url("campaign_sync", row.pk, campaign.pk),
        url("campaign_sync", theirs.pk, campaign.pk),
        url("person_sync", theirs.pk, ada.pk),
        url("person_sync", row.pk, ada.pk),
        url("sync_as", ada.pk),
    ):
        assert page.get(address).status_code == 404
        assert page.post(address).status_code == 404
