"""From a file to people in a project, as a recruiter walks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from sourcing.models import ImportRun
from tests.browser.axe import assert_no_serious_axe_violations
from tests.sourcing.factories import finish, import_csv, make_organisation, make_project, make_user

EXAMPLE = Path(__file__).parents[2] / "docs/examples/people.csv"


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


def test_a_file_becomes_people_in_a_project(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    log_in(page, alice)
    page.goto("/people/")
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Import people").click()
    page.set_input_files("input[type=file]", EXAMPLE)
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("All 65 rows were looked at")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a worker").first).to_be_visible()
    finish(ImportRun.objects.for_organisation(alice.organisation_id).get())
    expect(page.get_by_text("Import complete")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Same person as line 3")).to_be_visible()
    assert_no_serious_axe_violations(page)

    page.goto("/people/")
    page.get_by_role("searchbox", name="Search people").fill("software arch")
    expect(page.locator("tr.row-link")).to_have_count(1)
    page.get_by_role("checkbox", name="Select Jonas Lehner").check()
    page.get_by_role("button", name="Add to project").click()
    page.get_by_label("Name of the new project").fill("Munich")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Add to project").click()
    expect(page.get_by_role("heading", name="Munich")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Jonas Lehner")).to_be_visible()
    assert_no_serious_axe_violations(page)


def test_the_drawer_has_an_address_and_gives_the_focus_back(
    page: Page, alice: User, log_in: Callable[..., None]
) -> None:
    import_csv(alice, EXAMPLE.read_bytes())
    log_in(page, alice)
    page.goto("/people/?q=lehner")
    page.get_by_role("link", name="Jonas Lehner").click()
    drawer = page.get_by_role("dialog", name="Jonas Lehner")
    expect(drawer).to_be_visible()
    assert "person=" in page.url
    assert_no_serious_axe_violations(page)
    drawer.get_by_role("link", name="Add e-mail").click()
    drawer.get_by_label("Type").select_option("Personal")
    drawer.get_by_label("E-mail address").fill("jo@gmail.com")
    assert_no_serious_axe_violations(page)
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_text("only you", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Options for jo@gmail.com").click()
    drawer.get_by_role("button", name="Use this address first in messaging campaign").click()
    expect(drawer.get_by_text("Used first")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "person=" not in page.url
    page.go_back()
    expect(page.get_by_role("dialog", name="Jonas Lehner")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_usable_on_a_phone(
    new_page: Callable[..., Page], alice: User, log_in: Callable[..., None], scheme: str
) -> None:
    done = import_csv(alice, EXAMPLE.read_bytes(), project=make_project(alice))
    person = done.project.members.first().candidate_id if done.project else 0
    page = new_page(width=390, height=844, scheme=scheme)
    log_in(page, alice)
    for url in (
        "/people/",
        f"/people/{person}/",
        f"/people/?person={person}",
        f"/people/import/{done.pk}/",
        "/projects/",
        f"/projects/{done.project_id}/",
        f"/projects/{done.project_id}/add/",
    ):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, url
        assert_no_serious_axe_violations(page)
