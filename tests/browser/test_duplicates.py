"""Deciding who is the same person, as a recruiter does it, with the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from foundation import events
from sourcing.models import Candidate
from tests.browser.axe import assert_no_serious_axe_violations
from tests.sourcing.factories import make_candidate, make_organisation, make_user


@pytest.fixture
def alice(transactional_db: None) -> User:
    alice = make_user(make_organisation(), "Alice Aubert", Role.ADMIN)
    make_candidate(
        alice.organisation, "Jonas", "Lehner", title="Software Architect", location="Munich, Germany",
        skills=["Rust", "Go"], emails=["jonas@voltra.example"],
    )  # fmt: skip
    make_candidate(
        alice.organisation, "Jon", "Lehner", title="Principal Engineer", company="Voltra Energy", skills=["Go", "C++"],
        emails=["jonas@voltra.example", "jon@home.example"], linkedin_url="https://linkedin.com/in/jonlehner",
    )  # fmt: skip
    make_candidate(alice.organisation, "\u0645\u062d\u0645\u062f", "\u0639\u0644\u064a" * 40, company="Nova")
    make_candidate(alice.organisation, "\u0645\u062d\u0645\u062f", "\u0639\u0644\u064a" * 40, company="Nova")
    while events.deliver(consumers=["sourcing.duplicates"]):
        pass
    return alice


def test_a_pair_is_compared_merged_and_taken_apart_again(
    page: Page, alice: User, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto("/people/")
    page.get_by_role("link", name="Duplicates").click()
    expect(page.get_by_role("list", name="Likely pairs").get_by_role("listitem").first).to_contain_text(
        "Lehner"
    )
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Compare Jonas Lehner and Jon Lehner").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Merge two people")).to_be_visible()
    assert_no_serious_axe_violations(page)
    title = page.get_by_role("group", name="Title")
    title.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Merge", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is one person now")).to_be_visible()
    assert Candidate.objects.for_organisation(alice.organisation_id).filter(last_name="Lehner").count() == 1
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Undo the merge of").click()
    expect(page.get_by_text("a person of their own again")).to_be_visible()
    assert Candidate.objects.for_organisation(alice.organisation_id).filter(last_name="Lehner").count() == 2
    page.goto("/people/duplicates/")
    page.get_by_role("button", name=re.compile("Not a duplicate.*Jonas Lehner")).click()
    expect(page.get_by_text("stay two people")).to_be_visible()
    expect(page.get_by_role("link", name="Compare Jonas")).to_have_count(0)


def test_a_second_record_is_warned_about(page: Page, alice: User, log_in: Callable[..., None]) -> None:
    log_in(page, alice)
    page.goto("/people/new/")
    page.get_by_label("First name").fill("Jonas")
    page.locator("#id_email").fill("jonas@voltra.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Possible duplicate")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Create anyway").click()
    expect(page.get_by_role("heading", name="Jonas").first).to_be_visible()
