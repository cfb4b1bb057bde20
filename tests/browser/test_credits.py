"""Contact finding, the suppression list and the privacy page: fit, accessible, and done with the keyboard alone."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from sourcing import suppression_list
from sourcing.finding import allowance, setup
from sourcing.models import Candidate, ContactKind, Finding
from tests.browser.axe import assert_no_serious_axe_violations, wrong_in_windows
from tests.sourcing.factories import make_candidate, make_organisation, make_project, make_user


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def person(alice: User) -> Candidate:
    """Nobody has her phone; a provider of phones is on and there are credits. No worker runs: requests wait."""
    setup.save(
        actor=alice,
        slug="people_data_labs",
        key=f"key-{uuid.uuid4().hex}",
        base_url="http://127.0.0.1:9",
        cost=decimal.Decimal("0.10"),
        currency="EUR",
    )
    allowance.change(actor=alice, monthly_email=20, monthly_phone=20, refresh_day=1)
    found = make_candidate(
        alice.organisation, "Theodora", "Quillfeather-Montgomery", actor=alice, emails=["t@work.example"],
        title="Architect", company="Voltra Energie",
    )  # fmt: skip
    make_project(alice, "Architects, Munich", [found])
    return found


def test_the_pages_of_credits_fit_and_are_accessible_in_both_schemes(
    page: Page, alice: User, person: Candidate, log_in: Callable[..., None]
) -> None:
    wrong = []
    log_in(page, alice)
    page.goto(f"/people/{person.pk}/get-phone/")
    page.get_by_role("button", name="Get Phone").click()
    waiting = Finding.objects.for_organisation(alice.organisation_id).get()
    for url in (
        f"/people/{person.pk}/get-phone/",
        f"/finding/{waiting.pk}/",
        "/reports/credits/",
        "/settings/credits/",
        "/settings/credits/people_data_labs/",
        "/people/synonyms/",
        "/help/",
        "/jump/?q=arch",
    ):
        page.goto(url)
        wrong += wrong_in_windows(page)
    assert not wrong, "\n".join(wrong)


def reach(page: Page, name: str, *, most: int = 90) -> None:
    """Press Tab until the focus stands on what is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "[document.activeElement.name, document.activeElement.ariaLabel, document.activeElement.innerText]"
        )
        if name in [" ".join(str(each).split()) for each in words]:
            return
    raise AssertionError(f"{name} was not reached on {page.url}")


def test_credits_the_list_and_privacy_are_done_with_the_keyboard_alone(
    page: Page, alice: User, person: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(f"/people/{person.pk}/")
    reach(page, "Get Phone")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Takes at most")).to_be_visible()
    reach(page, "Get Phone")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for a worker").first).to_be_visible()
    assert Finding.objects.for_organisation(alice.organisation_id).get().kind == ContactKind.PHONE

    page.goto("/outreach/suppression/")
    reach(page, "Add")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppression/add/")
    reach(page, "kind")
    expect(page.get_by_label("Domain", exact=True)).to_be_checked()
    reach(page, "value")
    page.keyboard.type("client.example")
    page.keyboard.press("Enter")
    expect(page.locator("bdi", has_text="client.example")).to_be_visible()
    assert suppression_list.entries(alice, kind="domain").count() == 1

    page.goto(f"/people/{person.pk}/privacy/")
    reach(page, "Record a basis")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    reach(page, "Delete and block")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/block/")
    expect(page.get_by_text("What is destroyed, for good")).to_be_visible()
    reach(page, "Cancel")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/people/{person.pk}/privacy/")


def test_ctrl_k_leads_to_a_project_and_shows_what_there_is(
    page: Page, alice: User, person: Candidate, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto("/people/")
    page.keyboard.press("Control+k")
    expect(page.locator("#jump").get_by_role("link", name="Reports")).to_be_visible()
    page.keyboard.type("arch")
    expect(page.locator("#jump").get_by_role("link", name="Architects, Munich")).to_be_visible()
    assert_no_serious_axe_violations(page, "#jump")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#jump").get_by_role("link", name="Architects, Munich")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/*/")
