"""Résumés as a recruiter takes them in: upload, review beside the text, the person with the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from foundation import runs
from foundation.models import Run
from tests.browser.axe import assert_no_serious_axe_violations
from tests.sourcing.factories import make_organisation, make_user
from tests.sourcing.resumes import corpus, making


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


def _shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def _small_and_dark(page: Page, name: str) -> None:
    """The same page on a phone at night; back to what it was."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    _shot(page, name)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def test_a_resume_becomes_a_person(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    log_in(page, alice)
    page.goto("/people/import/resumes/")
    assert_no_serious_axe_violations(page)
    maya = making.pdf(corpus.plain(corpus.PEOPLE[0]))
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "maya.pdf", "mimeType": "application/pdf", "buffer": maya},
            {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": making.pdf([])},
        ]
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Read 2 files")).to_be_visible()
    run = Run.objects.for_organisation(alice.organisation).get()
    while runs.work(run.pk):
        pass
    expect(page.get_by_text("needs confirmation")).to_be_visible()
    expect(page.get_by_text("unparsed")).to_be_visible()
    assert_no_serious_axe_violations(page)
    _shot(page, "batch-1280-light")
    page.get_by_role("link", name="Maya Patel").click()
    expect(page.get_by_label("First name")).to_have_value("Maya")
    assert_no_serious_axe_violations(page)
    _shot(page, "review-1280-light")
    _small_and_dark(page, "review-390-dark")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("heading", name="Maya Patel").first).to_be_visible()
    page.get_by_role("link", name="Files 1").click()
    expect(page.get_by_role("link", name="maya.pdf", exact=True)).to_be_visible()
    assert_no_serious_axe_violations(page)
    _shot(page, "files-1280-light")
    _small_and_dark(page, "files-390-dark")
