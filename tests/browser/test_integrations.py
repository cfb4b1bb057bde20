"""Connecting SourceWhale and exporting a project, in a browser, as seed 000 tells it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from foundation import runs
from foundation.models import RUN_ENDS, Run
from integrations.models import Connection, FieldRow
from tests.browser.axe import assert_no_serious_axe_violations
from tests.integrations import making
from tests.integrations.small_sourcewhale import KEY, SmallSourceWhale, small_sourcewhale


@pytest.fixture
def whale(settings: Any) -> Iterator[SmallSourceWhale]:
    with small_sourcewhale() as server:
        settings.SOURCEWHALE_BASE_URL = server.url
        settings.SOURCEWHALE_CALLS_PER_SECOND = 1000
        settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
        cache.clear()
        yield server


def work_all() -> None:
    """What a worker does: every run that is open, once."""
    for run in Run.objects.across_organisations("the worker").exclude(status__in=RUN_ENDS):
        runs.work(run.pk)


def test_connecting_and_exporting_a_project(
    live: str, page: Page, log_in: Callable[..., None], whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    project = making.project(alice, making.person(alice, "Ada"), making.person(alice, "Bea", emails=[]))
    log_in(page, alice)
    page.goto(f"{live}/integrations/")
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Add a Connection").click()
    page.get_by_role("link", name="Connect SourceWhale").click()
    page.get_by_label("Export").first.check()
    page.get_by_label("Enable Pools").check()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Confirm Choices").click()
    page.get_by_label("API Key").fill(KEY)
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Verifying SourceWhale…")).to_be_visible()
    work_all()
    # The page follows along by itself.
    expect(page.get_by_role("heading", name="SourceWhale is connected")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()

    page.goto(f"{live}/projects/{project.pk}/")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("link", name="Export All to SourceWhale").click()
    expect(page.get_by_text("will not follow your campaign setup")).to_be_visible()
    assert_no_serious_axe_violations(page)
    # Candidates go to a job; the choice redraws the dialogue and keeps what was ticked.
    page.get_by_label("Candidates, to a Job").check()
    expect(page.get_by_label("Ruby lead")).to_be_visible()
    page.get_by_label("Prospects, to a Campaign").check()
    page.get_by_label("Generate dummy email addresses").check()
    expect(page.get_by_text("a dummy address is generated for each")).to_be_visible()
    page.get_by_placeholder("Search campaigns").fill("spring")
    expect(page.get_by_label("Autumn hiring")).to_have_count(0)
    page.get_by_label("Spring hiring").check()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="Exporting to SourceWhale…")).to_be_visible()
    work_all()
    expect(page.get_by_role("heading", name="Export Complete")).to_be_visible()
    # The pop-up.
    expect(page.locator("#toasts").get_by_text("Export Complete")).to_be_visible()
    assert_no_serious_axe_violations(page)
    assert sorted(row["firstName"] for row in whale.people.values() if row["firstName"] != "Beckon") == [
        "Ada",
        "Bea",
    ]

    page.goto(f"{live}/projects/{project.pk}/exports/")
    expect(page.get_by_role("link", name="Spring hiring", exact=True)).to_be_visible()
    assert_no_serious_axe_violations(page)
    connection = Connection.objects.for_organisation(alice.organisation_id).get()
    for address in (f"/integrations/{connection.pk}/", f"/integrations/{connection.pk}/remove/"):
        page.goto(live + address)
        assert_no_serious_axe_violations(page)


def test_the_dialogue_and_the_export_work_without_a_mouse_and_on_a_phone(
    live: str, new_page: Callable[..., Page], log_in: Callable[..., None], whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    making.connection(alice)
    ada = making.person(alice, "Ada")
    page = new_page(width=390, height=844, scheme="dark")
    log_in(page, alice)
    page.goto(f"{live}/exports/new/sourcewhale/?candidate={ada.pk}")
    assert_no_serious_axe_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Spring hiring").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Export", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Exporting to SourceWhale…")).to_be_visible()
    work_all()
    expect(page.get_by_role("heading", name="Export Complete")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_settings_are_locked_and_a_field_is_decided_where_it_stands(
    live: str, page: Page, log_in: Callable[..., None], new_page: Callable[..., Page], whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    log_in(page, alice)
    page.goto(f"{live}/integrations/{row.pk}/settings/")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Lock When adding to a campaign for all non-admin users").click()
    expect(page.get_by_text("Locked by Alice, just now, for everybody but admins")).to_be_visible()

    page.goto(f"{live}/integrations/{row.pk}/fields/")
    page.get_by_role("button", name="Ask SourceWhale for its fields again").click()
    assert_no_serious_axe_violations(page)
    role = page.get_by_role("row").filter(has=page.get_by_text("Role", exact=True))
    role.get_by_label("Variable of Role").select_option("Current title")
    # Saved by the choice alone: now there is something to reset.
    expect(page.get_by_role("button", name="Reset Role to default")).to_be_visible()
    page.get_by_label("Variable of Headline").select_option("Current title")
    expect(page.get_by_role("alert").filter(has_text="Mapped to “Role” already")).to_be_visible()
    assert FieldRow.objects.for_organisation(alice.organisation_id).get(variable="title").key == "role"

    page.goto(f"{live}/integrations/{row.pk}/fields/try/?person={ada.pk}")
    expect(page.get_by_text("a record would be made")).to_be_visible()
    assert_no_serious_axe_violations(page)
    phone = new_page(width=390, height=844, scheme="dark")
    log_in(phone, alice)
    for tab in ("settings", "fields", "sync-log"):
        phone.goto(f"{live}/integrations/{row.pk}/{tab}/")
        assert_no_serious_axe_violations(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
