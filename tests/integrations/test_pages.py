"""The pages of the room, walked as a person would: wizard, dialogue, export, retry."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Plan
from foundation import runs
from integrations import opening, selectors
from integrations.models import Connection, ConnectionStatus, Export, ItemStatus, Pull
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url
from tests.integrations.small_sourcewhale import KEY, SmallSourceWhale
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_lists() -> None:
    cache.clear()


def test_the_wizard_from_the_list_of_systems_to_the_green_check(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    page = logged_in(alice)
    assert "Connect<span" in text(page.get(url("systems")))
    capabilities = page.get(url("connect", "sourcewhale"))
    assert "Enable Pools" in text(capabilities)
    assert "Confirm Choices" in text(capabilities)
    response = page.post(url("connect", "sourcewhale"), {"capabilities": ["export", "pools"]})
    connection = Connection.objects.for_organisation(alice.organisation_id).get()
    assert response.headers["Location"] == url("credentials", connection.pk)
    credentials = text(page.get(url("credentials", connection.pk)))
    assert "Go to Settings, then click Generate API Key." in credentials
    assert "must have Admin permissions in your instance of SourceWhale" in credentials
    response = page.post(url("credentials", connection.pk), {"api_key": KEY})
    assert response.headers["Location"] == url("verification", connection.pk)
    waiting = text(page.get(url("verification", connection.pk)))
    assert "Verifying SourceWhale…" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    still = page.get(url("verification", connection.pk), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in still.headers
    connection.refresh_from_db()
    assert connection.verification_run_id is not None
    runs.work(connection.verification_run_id)
    part = page.get(url("verification", connection.pk), headers={"HX-Request": "true"})
    assert "SourceWhale is connected" in text(part)
    assert "<html" not in text(part)
    # What stands around the checks said "Connecting" and had three tabs.
    assert part.headers["HX-Refresh"] == "true"
    overview = text(page.get(url("overview")))
    assert "ats-ok" in overview
    assert "Connected" in overview
    for shown in (
        credentials,
        waiting,
        text(part),
        overview,
        text(page.get(url("credentials", connection.pk))),
    ):
        assert KEY not in shown


def test_a_refused_key_is_told_on_the_page_and_can_be_changed(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    page = logged_in(alice)
    page.post(url("connect", "sourcewhale"), {"capabilities": ["export"]})
    connection = Connection.objects.for_organisation(alice.organisation_id).get()
    page.post(url("credentials", connection.pk), {"api_key": "sw-expired-0000"})
    connection.refresh_from_db()
    assert connection.verification_run_id is not None
    runs.work(connection.verification_run_id)
    shown = text(page.get(url("verification", connection.pk)))
    assert "is not connected yet" in shown
    assert "Invalid API key" in shown
    assert "Change credentials" in shown


def test_nothing_ticked_and_nothing_typed_stay_on_their_page(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    page = logged_in(alice)
    response = page.post(url("connect", "sourcewhale"), {"capabilities": []})
    assert response.status_code == 422
    assert "Tick Export to continue." in text(response)
    connection = making.connection(alice, status=ConnectionStatus.DRAFT)
    for key in ("", "short", "two words here"):
        response = page.post(url("credentials", connection.pk), {"api_key": key})
        assert response.status_code == 422
        assert "two words here" not in text(response)


def test_removing_asks_first_and_names_what_is_lost(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection = making.connection(alice)
    page = logged_in(alice)
    assert "credentials are wiped" in text(page.get(url("remove", connection.pk)))
    page.post(url("remove", connection.pk))
    connection.refresh_from_db()
    assert connection.status == ConnectionStatus.REMOVED
    again = text(page.get(url("connect", "sourcewhale")))
    assert "Same SourceWhale account as before?" in again
    page.post(url("connect", "sourcewhale"), {"capabilities": ["export"], "same_account": connection.pk})
    connection.refresh_from_db()
    assert connection.status == ConnectionStatus.DRAFT


@pytest.mark.parametrize("values", [{"plan": Plan.FREE}, {"integrations_enabled": False}])
def test_without_the_feature_every_address_says_whom_to_ask(
    values: dict[str, Any], whale: SmallSourceWhale, settings: Any
) -> None:
    alice = making.alice()
    assert alice.organisation is not None
    for name, value in values.items():
        setattr(alice.organisation, name, value)
    alice.organisation.save()
    page = logged_in(alice)
    for address in (
        url("overview"),
        url("systems"),
        url("connect", "sourcewhale"),
        url("export_people_sourcewhale"),
    ):
        response = page.get(address)
        assert response.status_code == 403
        assert settings.SUPPORT_EMAIL in text(response)
    assert page.get("/api/v1/connections/").status_code == 403


# --- the dialogue -------------------------------------------------------------------------------------------


def dialogue(*people: Any, **values: Any) -> dict[str, Any]:
    return {
        "mode": "prospects",
        "target": "spring",
        "request_key": str(uuid.uuid4()),
        "candidate": [person.pk for person in people],
        **values,
    }


def test_the_dialogue_offers_both_ways_says_what_will_happen_and_warns_about_campaigns(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    connection = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea", emails=[])
    making.work(making.export(alice, connection, ada))
    address = url("export_people_sourcewhale")
    shown = text(logged_in(alice).get(address, {"candidate": [ada.pk, bea.pk]}))
    for words in (
        "Prospects, to a Campaign",
        "Candidates, to a Job",
        "will not follow your campaign setup",
        "Spring hiring",
        "Include previously exported candidate(s)",
        "Generate dummy email addresses",
        "already exported",
        "without an e-mail address",
    ):
        assert words in shown, words
    assert '<span class="tnum font-medium">1</span> will go' in shown


def test_changing_the_choice_redraws_the_choices_and_writes_nothing(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    making.connection(alice)
    ada = making.person(alice)
    page = logged_in(alice)
    asked = dialogue(ada, mode="candidates", target="")
    part = page.post(url("export_people_sourcewhale"), asked, headers={"HX-Request": "true"})
    assert "Ruby lead" in text(part)
    assert "projects stand for them" in text(part)
    assert "<html" not in text(part)
    searched = {**asked, "search": "nothing"}
    found = page.post(url("export_people_sourcewhale"), searched, headers={"HX-Request": "true"})
    assert "No job of that name." in text(found)
    assert not Export.objects.for_organisation(alice.organisation_id).exists()


def test_export_leads_to_its_page_and_ends_with_export_complete(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    making.connection(alice)
    ada = making.person(alice)
    page = logged_in(alice)
    asked = dialogue(ada, start="1")
    first = page.post(url("export_people_sourcewhale"), asked)
    second = page.post(url("export_people_sourcewhale"), asked)
    export = Export.objects.for_organisation(alice.organisation_id).get()
    assert first.headers["Location"] == second.headers["Location"] == url("export", export.pk)
    assert "Exporting to SourceWhale…" in text(page.get(url("export", export.pk)))
    making.work(export)
    done = text(page.get(url("export", export.pk)))
    assert "Export Complete" in done
    assert "every 1s" not in done
    assert "Ada Byron" in done


def test_no_target_is_refused_beside_the_picker(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    making.connection(alice)
    response = logged_in(alice).post(
        url("export_people_sourcewhale"), dialogue(making.person(alice), target="", start="1")
    )
    assert response.status_code == 422
    assert "Pick a campaign first." in text(response)


def test_a_vendor_that_is_down_leaves_the_dialogue_usable(whale: SmallSourceWhale) -> None:
    whale.fail("campaigns/list", *[Answer(status=503, body={"message": "Maintenance"})] * 3)
    alice = making.alice()
    making.connection(alice)
    response = logged_in(alice).get(url("export_people_sourcewhale"), {"candidate": making.person(alice).pk})
    assert response.status_code == 200
    assert "Maintenance" in text(response)


def test_a_failed_person_is_retried_from_the_page(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection, ada = making.connection(alice), making.person(alice)
    whale.fail("candidates/add", Answer(status=422, body={"message": "Not today"}))
    export = making.work(making.export(alice, connection, ada))
    page = logged_in(alice)
    shown = text(page.get(url("export", export.pk)))
    assert "Export finished: 1 failed" in shown
    assert "SourceWhale refused it: Not today" in shown
    page.post(url("retry_item", making.item(export, ada).pk))
    making.work(making.reread(export))
    assert making.item(export, ada).status == ItemStatus.SENT


def test_all_who_failed_are_retried_from_the_page(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection, ada, bea = making.connection(alice), making.person(alice, "Ada"), making.person(alice, "Bea")
    whale.fail("candidates/add", *[Answer(status=422, body={"message": "Not today"})] * 2)
    export = making.work(making.export(alice, connection, ada, bea))
    page = logged_in(alice)
    assert "Retry 2 failed" in text(page.get(url("export", export.pk)))
    page.post(url("retry_failed", export.pk))
    making.work(making.reread(export))
    shown = text(page.get(url("export", export.pk)))
    assert "Export Complete" in shown
    assert "Retry" not in shown
    assert page.post(url("retry_failed", export.pk)).status_code == 409


def test_names_and_the_vendors_words_are_escaped(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection = making.connection(alice)
    ada = making.person(alice, "<script>alert(1)</script>", emails=["ada@people.example"])
    whale.fail("candidates/add", Answer(status=422, body={"message": "<img src=x onerror=alert(2)>"}))
    export = making.work(making.export(alice, connection, ada))
    shown = text(logged_in(alice).get(url("export", export.pk)))
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_without_a_connection_the_dialogue_says_what_to_do(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    response = logged_in(alice).get(url("export_people_sourcewhale"), {"candidate": making.person(alice).pk})
    assert response.status_code == 409
    assert "Open Integrations" in text(response)
    broken = making.connection(alice, status=ConnectionStatus.NEEDS_RECONNECT, trouble="Invalid API key")
    response = logged_in(alice).get(
        url("export_people_sourcewhale"), {"candidate": making.person(alice, "Bea").pk}
    )
    assert broken.trouble in text(response)


def test_mallory_finds_nothing_of_alices(whale: SmallSourceWhale) -> None:
    alice, mallory = making.alice(), making.mallory()
    connection, ada = making.connection(alice), making.person(alice)
    making.connection(mallory)
    export = making.export(alice, connection, ada)
    page = logged_in(mallory)
    for name in ("connection", "capabilities", "credentials", "verification", "remove"):
        assert page.get(url(name, connection.pk)).status_code == 404
    for name in ("credentials", "verification", "remove", "settings", "identity"):
        assert page.post(url(name, connection.pk), {"api_key": KEY}).status_code == 404
    assert page.get(url("export", export.pk)).status_code == 404
    assert page.post(url("cancel_export", export.pk)).status_code == 404
    assert page.post(url("retry_item", making.item(export, ada).pk)).status_code == 404
    assert page.post(url("retry_failed", export.pk)).status_code == 404
    assert page.get(url("export_project_sourcewhale", making.project(alice, ada).pk)).status_code == 404
    for address in (f"connections/{connection.pk}/", f"exports/{export.pk}/", f"exports/{export.pk}/items/"):
        assert page.get(f"/api/v1/{address}").status_code == 404
    # Alice's person, ticked by Mallory in a form of her own making, falls away.
    response = page.post(url("export_people_sourcewhale"), dialogue(ada, start="1"))
    assert response.status_code == 422
    assert "There is nobody to export." in text(response)


def test_a_recruiter_exports_but_does_not_connect(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob = making.bob(alice)
    connection = making.connection(alice)
    page = logged_in(bob)
    assert page.get(url("overview")).status_code == 200
    assert url("credentials", connection.pk) in text(logged_in(alice).get(url("connection", connection.pk)))
    assert url("credentials", connection.pk) not in text(page.get(url("connection", connection.pk)))
    assert page.get(url("connect", "sourcewhale")).status_code == 403
    assert page.post(url("remove", connection.pk)).status_code == 403
    assert (
        page.get(url("export_people_sourcewhale"), {"candidate": making.person(alice).pk}).status_code == 200
    )


# --- API ----------------------------------------------------------------------------------------------------


def test_the_api_starts_an_export_once_per_key_and_shows_what_became_of_it(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection, ada = making.connection(alice), making.person(alice)
    api = logged_in(alice)
    body = {
        "connection": connection.pk,
        "mode": "candidates",
        "target_id": "ruby",
        "candidates": [ada.pk],
        "request_key": str(uuid.uuid4()),
    }
    first = api.post("/api/v1/exports/", body, content_type="application/json")
    assert first.status_code == 202, first.content
    assert (
        api.post("/api/v1/exports/", body, content_type="application/json").json()["id"] == first.json()["id"]
    )
    making.work(Export.objects.for_organisation(alice.organisation_id).get())
    shown = api.get(f"/api/v1/exports/{first.json()['id']}/").json()
    assert shown["counts"]["sent"] == 1
    assert shown["run"]["status"] == "done"
    (item,) = api.get(f"/api/v1/exports/{first.json()['id']}/items/").json()["results"]
    assert (item["candidate"], item["status"], item["remote_id"]) == (ada.pk, "sent", "c1")
    assert len(api.get("/api/v1/exports/").json()["results"]) == 1


def test_an_export_with_an_idempotency_key_begins_once_although_the_system_is_asked_for_its_jobs(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    asked = {
        "connection": making.connection(alice).pk,
        "mode": "candidates",
        "target_id": "ruby",
        "candidates": [making.person(alice).pk],
    }

    def begin() -> Any:
        return logged_in(alice).post(
            "/api/v1/exports/", asked, content_type="application/json", headers={"Idempotency-Key": "e1"}
        )

    first, second = begin(), begin()
    assert (first.status_code, second.status_code) == (202, 202), first.content
    assert first.json()["id"] == second.json()["id"]
    assert Export.objects.for_organisation(alice.organisation_id).count() == 1


def test_the_api_never_shows_a_secret_and_says_what_is_wrong(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    connection = making.connection(alice)
    api = logged_in(alice)
    (listed,) = api.get("/api/v1/connections/").json()["results"]
    assert (listed["vendor"], listed["name"], listed["status"]) == ("sourcewhale", "SourceWhale", "connected")
    assert not {"secret", "account", "verification"} & listed.keys()
    asked = {"connection": connection.pk, "mode": "candidates", "target_id": "nowhere"}
    assert api.post("/api/v1/exports/", asked, content_type="application/json").status_code == 422
    gone = api.post(
        "/api/v1/exports/",
        {**asked, "candidates": [making.person(alice).pk]},
        content_type="application/json",
    )
    assert gone.status_code == 422
    assert gone.json()["errors"] == {"target": "Pick a job first."}


def test_everybody_the_list_found_is_taken_by_the_question_and_not_by_ten_thousand_ids(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    making.connection(alice)
    making.person(alice, "Ada")
    making.person(alice, "Bea")
    page = logged_in(alice)
    found = {"everything": "1", "q": "Ada"}
    shown = text(page.post(url("export_people_sourcewhale"), found))
    assert "Export 1 person to SourceWhale" in shown
    assert 'name="candidate"' not in shown
    page.post(url("export_people_sourcewhale"), {**dialogue(start="1"), **found})
    export = Export.objects.for_organisation(alice.organisation_id).get()
    assert [item.candidate.first_name for item in export.items.all()] == ["Ada"]


def test_a_project_shows_the_button_its_exports_and_the_check_on_its_people(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    project = making.project(alice, ada, bea)
    page = logged_in(alice)
    address = url("project_exports", project.pk)
    assert "Export All to SourceWhale" not in text(page.get(address))
    making.connection(alice)
    assert "Export All to SourceWhale" in text(page.get(address))
    shown = text(page.get(url("export_project_sourcewhale", project.pk)))
    assert "Export all of <bdi>Engines</bdi> to SourceWhale" in shown
    asked = {**dialogue(), "start": "1"}
    page.post(url("export_project_sourcewhale", project.pk), asked)
    export = making.work(Export.objects.for_organisation(alice.organisation_id).get())
    assert export.project == project
    listed = text(page.get(address))
    assert "Spring hiring" in listed
    assert "2 sent" in listed
    assert "SourceWhale, exported" in text(page.get(f"/projects/{project.pk}/"))
    assert "exported" in text(page.get(f"/people/{ada.pk}/"))
    assert "Exported to SourceWhale: Spring hiring" in text(page.get(f"/people/{ada.pk}/"))
    assert "Export Complete" in text(page.get("/runs/tray/"))


def test_what_people_must_hear_of_a_system_is_said_where_they_meet_it(settings: Any) -> None:
    settings.PINPOINT_BASE_URL = "http://127.0.0.1:9"
    alice = making.alice()
    row = making.connection(alice, vendor="pinpoint")
    row.secret = opening.seal(row, {"subdomain": "acme", "api_key": KEY})
    row.save(update_fields=["secret"])
    page = logged_in(alice)
    shown = text(page.get(url("connection", row.pk)))
    assert all(escape(words) in shown for words in PinpointConnector.remarks)
    checks = text(page.get(url("verification", row.pk)))
    assert "No record is sent: Pinpoint could not remove it again." in checks
    assert "Beckon connection test" not in checks
    project = making.project(alice, making.person(alice))
    dialogue = text(page.get(url("export_project_pinpoint", project.pk)))
    assert all(escape(words) in dialogue for words in PinpointConnector.not_offered.values())


def test_what_a_connection_may_do_is_said_with_bringing_people_in() -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="pinpoint", capabilities=["export", "pull"])
    page = logged_in(alice)
    for address in (url("overview"), url("connection", row.pk)):
        assert "Export, Bring people in" in text(page.get(address))


def test_a_new_connection_begins_with_a_key_or_by_signing_in(settings: Any) -> None:
    shown = text(logged_in(making.alice()).get(url("systems")))
    assert "gives Beckon an API key, or allows access by signing in there" in shown


def test_the_last_sync_is_the_last_reading_of_changes_too() -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="pinpoint", capabilities=["export", "pull"])
    assert selectors.sync_standings(alice, [row.pk])[row.pk].last is None
    read = timezone.now()
    Pull.objects.create(organisation_id=row.organisation_id, connection=row, finished_at=read)
    assert selectors.sync_standings(alice, [row.pk])[row.pk].last == read
