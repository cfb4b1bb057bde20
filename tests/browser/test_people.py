"""From a file to people in a project, as a recruiter walks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from foundation import runs
from sourcing.models import ImportRun
from sourcing.search import query
from tests.browser.axe import assert_no_serious_axe_violations, wrong_in_windows
from tests.browser.chromium import PHONE
from tests.sourcing.factories import (
    csv_bytes,
    finish,
    import_csv,
    make_candidate,
    make_organisation,
    make_project,
    make_user,
    upload,
)

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
    expect(page.get_by_text("All 65 rows were counted")).to_be_visible()
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


def test_the_exact_number_comes_with_the_counts(
    page: Page, alice: User, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_csv(alice, EXAMPLE.read_bytes())
    real = query.people
    monkeypatch.setattr(
        query, "people", lambda **asked: replace(real(**asked), total=query.Total(2_950, exact=False))
    )
    log_in(page, alice)
    page.goto("/people/")
    expect(page.get_by_role("status").first).to_have_text("61 people")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Select all 61").click()
    expect(page.get_by_text("61 selected")).to_be_visible()


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
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.get_by_text("only you", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Options for jo@gmail.com").click()
    drawer.get_by_role("button", name="Use this address first in messaging campaign").click()
    expect(drawer.get_by_text("Used first")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "person=" not in page.url
    page.go_back()
    expect(page.get_by_role("dialog", name="Jonas Lehner")).to_be_visible()


def test_the_pages_are_usable_on_a_phone(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    done = import_csv(alice, EXAMPLE.read_bytes(), project=make_project(alice))
    person = done.project.members.first().candidate_id if done.project else 0
    log_in(page, alice)
    wrong = []
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
        wrong += wrong_in_windows(page, windows=[(PHONE, "light"), (PHONE, "dark")])
    assert not wrong, "\n".join(wrong)


def test_a_choice_changes_the_preview_at_once_and_an_import_is_taken_back(
    new_page: Callable[..., Page], alice: User, log_in: Callable[..., None]
) -> None:
    make_candidate(alice.organisation, "Jonas", "Lehner", title="Architect", emails=["jonas@x.example"])
    rows = [["Jonas", "Lehner", "jonas@x.example", "CTO"], ["Ida", "Hansen", "ida@x.example", "CEO"]]
    waiting = upload(alice, csv_bytes(["First Name", "Last Name", "Email", "Title"], *rows))
    page = new_page(width=390, scheme="dark")
    log_in(page, alice)
    page.goto(f"/people/import/{waiting.pk}/")
    expect(page.get_by_text("Architect stays, CTO is kept beside it")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.locator("#policy-title").select_option("overwrite")
    expect(page.get_by_text("Architect → CTO")).to_be_visible()
    page.get_by_text("How the file is read").click()
    page.get_by_label("Columns end with").select_option(";")
    expect(page.locator("#column-1")).to_have_count(0)
    page.get_by_label("Columns end with").select_option(",")
    expect(page.locator("#column-3")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Waiting for a worker").first).to_be_visible()
    waiting.refresh_from_db()
    finish(waiting)
    expect(page.get_by_text("Import complete")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("Undoing the import")).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.undo_run_id is not None
    while runs.work(waiting.undo_run_id):
        pass
    expect(page.get_by_text("Import undone")).to_be_visible()
    assert_no_serious_axe_violations(page)
