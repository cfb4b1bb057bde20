"""One person as a recruiter works on them: tabs, editing in place, two editors, notes, custom fields."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Role, User
from sourcing import people, values
from sourcing.models import Candidate
from tests.browser.axe import assert_no_serious_axe_violations
from tests.sourcing.factories import make_candidate, make_organisation, make_project, make_user


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def jonas(alice: User) -> Candidate:
    person = make_candidate(
        alice.organisation,
        headline="Backend engineer who likes quiet systems",
        title="Senior Backend Engineer",
        company="Voltra GmbH",
        location="Munich, Bavaria, Germany",
        summary="Eleven years of Python and Go.\nLeads a team of five.",
        skills=["Python", "Go", "PostgreSQL", "Kafka"],
        tags=["hot"],
        linkedin_url="https://www.linkedin.com/in/jonas-lehner/",
        emails=[("jonas@voltra.example", "work"), ("jonas.lehner@mail.example", "personal")],
        phones=[("+4915155501420", "mobile")],
        source="LinkedIn Recruiter CSV",
        experience=[
            {"title": "Senior Backend Engineer", "company": "Voltra GmbH", "started": "2021-03"},
            {"title": "Engineer", "company": "Acme", "started": "2016", "ended": "2021-02"},
        ],
        education=[{"school": "TU München", "degree": "MSc", "field": "Informatics", "ended": "2015"}],
    )
    make_project(alice, "Backend Munich", people_in_it=[person])
    return person


def test_a_field_is_edited_where_it_stands_and_the_head_follows(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(f"/people/{jonas.pk}/")
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page).to_have_url(re.compile("tab=profile$"))
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Edit Title").click()
    page.get_by_label("Title", exact=True).fill("Head of Platform")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#person-head")).to_contain_text("Head of Platform")
    page.get_by_role("button", name="Where Title comes from, 1 other value").click()
    expect(page.get_by_text("edited by Alice Aubert")).to_be_visible()
    page.get_by_role("button", name="Use this instead").click()
    expect(page.locator("#person-head")).to_contain_text("Senior Backend Engineer")
    page.get_by_label("Add skills").fill("Rust, Elixir")
    page.locator("#words-skills").get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Remove Kafka").click()
    expect(page.locator("#words-skills")).to_contain_text("Elixir")
    expect(page.locator("#words-skills")).not_to_contain_text("Kafka")
    page.get_by_role("link", name="Add position").click()
    page.locator("#history-experience").get_by_label("Title").fill("Intern")
    page.locator("#history-experience").get_by_role("button", name="Save").click()
    expect(page.locator("#history-experience li").first).to_contain_text("Intern")
    assert_no_serious_axe_violations(page)


def test_a_list_that_is_about_to_change_takes_no_press_that_would_be_lost(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None], complaints: list[str]
) -> None:
    log_in(page, alice)
    page.goto(f"/people/{jonas.pk}/?tab=profile")
    held: list[Route] = []
    skills, saving = page.locator("#words-skills"), re.compile(r"/skills/$")
    page.route(saving, lambda route: held.append(route))
    page.get_by_label("Add skills").fill("Rust")
    with page.expect_request(saving):
        skills.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Remove Kafka")).to_be_disabled()
    # It was refused: nothing changed, and everything may be pressed again.
    held.pop().fulfill(status=409, body="")
    expect(page.get_by_role("button", name="Remove Kafka")).to_be_enabled()
    complaints.clear()
    page.unroute(saving)
    skills.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Remove Kafka").click()
    expect(skills).not_to_contain_text("Kafka")
    expect(skills).to_contain_text("Rust")


def test_the_second_editor_is_told_and_loses_nothing(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None]
) -> None:
    bob = make_user(alice.organisation, "Bob Berger")
    log_in(page, alice)
    page.goto(f"/people/{jonas.pk}/?tab=profile")
    page.get_by_role("link", name="Edit Company").click()
    people.edit_candidate(
        candidate=jonas,
        actor=bob,
        version=None,
        changes={"company": "Globex"},
        seen={"company": values.mark("Voltra GmbH")},
    )
    page.get_by_label("Company", exact=True).fill("Initech")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Somebody changed this while you were editing")).to_be_visible()
    expect(page.locator("#field-company")).to_contain_text("Now: Globex")
    expect(page.locator("#field-company")).to_contain_text("edited by Bob Berger")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Save mine").click()
    expect(page.locator("#person-head")).to_contain_text("Initech")
    page.get_by_role("button", name="Where Company comes from, 2 other values").click()
    expect(page.locator("#about-field-company")).to_contain_text("Globex")
    expect(page.locator("#about-field-company")).to_contain_text("Voltra GmbH")


def test_a_note_is_written_beside_the_list_without_losing_the_place(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto("/people/?q=lehner")
    page.get_by_role("link", name="Jonas Lehner").first.click()
    drawer = page.locator("[data-drawer]")
    drawer.get_by_placeholder("Write a note").fill("Call back on Tuesday")
    drawer.get_by_label("Who may read it").select_option("Only me")
    drawer.get_by_role("button", name="Save note").click()
    expect(drawer).to_contain_text("only you see it")
    drawer.get_by_role("link", name="Profile", exact=True).click()
    expect(drawer.locator("#field-title")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/people/\?.*person="))
    assert_no_serious_axe_violations(page)
    drawer.get_by_role("link", name="Add phone").click()
    drawer.get_by_label("Phone number").fill("089 1234567")
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.get_by_role("link", name="089 1234567")).to_be_visible()


def test_a_colleague_is_named_with_the_keyboard_alone(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None]
) -> None:
    for name in ("Bob Berger", "Bea Bern"):
        make_user(alice.organisation, name)
    log_in(page, alice)
    page.goto(f"/people/?person={jonas.pk}")
    note = page.get_by_label("Note", exact=True)
    note.press_sequentially("Ask @be")
    names = page.get_by_role("listbox", name="Colleagues").get_by_role("option")
    expect(names).to_have_count(2)
    assert_no_serious_axe_violations(page)
    note.press("ArrowDown")
    expect(names.nth(1)).to_have_attribute("aria-selected", "true")
    note.press("Enter")
    expect(note).to_have_value("Ask @Bob Berger ")
    note.press_sequentially("or @bea")
    expect(names).to_have_count(1)
    note.press("Escape")
    expect(names).to_have_count(0)
    expect(page.locator("[data-drawer]")).to_be_visible()
    note.press("Enter")
    expect(note).to_have_value("Ask @Bob Berger or @bea\n")


def test_an_admin_defines_a_field_and_it_is_asked(
    page: Page, alice: User, jonas: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto("/settings/custom-fields/")
    assert_no_serious_axe_violations(page)
    page.get_by_label("Name").fill("Notice period")
    page.get_by_label("Kind").select_option("Choice")
    page.get_by_label("Choices").fill("None\n1 month\n3 months")
    page.get_by_role("button", name="Add field").click()
    expect(page.get_by_text("Choice: None, 1 month, 3 months")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.goto(f"/people/{jonas.pk}/?tab=profile")
    page.get_by_role("link", name="Edit Notice period").click()
    page.get_by_role("combobox", name="Notice period").select_option("1 month")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#field-custom-notice_period")).to_contain_text("1 month")
