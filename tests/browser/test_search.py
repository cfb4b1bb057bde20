"""Finding people as a recruiter does: words, an error, filters, the sheet of a phone, a saved search."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from tests.browser.axe import assert_no_serious_axe_violations
from tests.sourcing.factories import make_candidate, make_organisation, make_user

#: Set to a folder, the test leaves pictures there.
SHOTS = os.environ.get("SHOTS", "")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.fixture
def alice(transactional_db: None) -> User:
    alice = make_user(make_organisation(), "Alice Aubert", Role.ADMIN)
    for number, (first, last, title, place) in enumerate(
        [
            ("Lukas", "Brandt", "Senior Backend Engineer", "Munich, Germany"),
            ("Amélie", "Rousseau", "Senior Python Developer", "Paris, France"),
            ("ليلى", "حداد", "Data Platform Engineer", "Vienna, Austria"),
            ("X" * 120, "Y" * 120, "Z" * 200, "Berlin, Germany"),
            ("Sofia", "Lindqvist", "Nurse", "Stockholm, Sweden"),
        ]
    ):
        make_candidate(
            alice.organisation, first, last, title=title, company="Voltra", location=place, actor=alice,
            skills=["Python", "Django"] if number < 3 else [], tags=["hot"] if number == 1 else [],
            emails=[f"p{number}@x.example"] if number % 2 else [], summary="Built payment systems in Python",
        )  # fmt: skip
    return alice


def test_words_filters_and_a_saved_search(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    log_in(page, alice)
    page.goto("/people/")
    rows = page.locator("tr.row-link")
    expect(rows).to_have_count(5)
    expect(page.get_by_role("checkbox", name="Python 3")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("checkbox", name="Python 3").check()
    expect(rows).to_have_count(3)
    assert "skill=python" in page.url
    page.get_by_role("searchbox", name="Search people").fill('engineer "backend')
    expect(page.get_by_text("This quotation mark is not closed.")).to_be_visible()
    expect(rows).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("Backend Engineer")
    shoot(page, "search-error")
    assert_no_serious_axe_violations(page)
    page.get_by_role("searchbox", name="Search people").fill("payment ")
    expect(rows).to_have_count(3)
    expect(page.locator("mark").first).to_have_text("payment")
    page.get_by_role("link", name="Save search").click()
    page.get_by_label("Name").fill("Pythonistas")
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_role("heading", name="Pythonistas")).to_be_visible()
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Amélie Rousseau").click()
    expect(page.get_by_role("dialog", name="Amélie Rousseau")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("dialog", name="Lukas Brandt")).to_be_visible()
    shoot(page, "search-drawer")
    page.go_back()
    expect(page.get_by_role("dialog", name="Amélie Rousseau")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows).to_have_count(3)
    expect(page.get_by_role("checkbox", name="Python 3")).to_be_checked()
    shoot(page, "search-light")


def test_on_a_phone_the_filters_are_a_sheet(
    new_page: Callable[..., Page], alice: User, log_in: Callable[..., None]
) -> None:
    page = new_page(width=390, height=844, scheme="dark")
    log_in(page, alice)
    page.goto("/people/")
    box = page.get_by_role("checkbox", name="Django 3")
    expect(box).not_to_be_visible()
    shoot(page, "search-phone")
    page.get_by_role("button", name="Filters").click()
    expect(box).to_be_visible()
    shoot(page, "search-sheet")
    assert_no_serious_axe_violations(page)
    box.check()
    expect(page.locator("tr.row-link")).to_have_count(3)
    page.get_by_role("button", name="Close filters").click()
    expect(box).not_to_be_visible()
    assert_no_serious_axe_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_suggestion_becomes_a_filter(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    log_in(page, alice)
    page.goto("/people/")
    page.get_by_role("searchbox", name="Search people").press_sequentially("nur", delay=20)
    page.get_by_role("link", name="Nurse title").click()
    expect(page.locator("tr.row-link")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="Nurse 1")).to_be_checked()
    assert "title=nurse" in page.url
