"""Builder, calendar, settings and tasks: they fit, are accessible, and work by keys and by dragging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role
from campaigns import editing, sequence
from campaigns.models import Campaign, Recipient
from outreach import closing
from tests.browser.axe import wrong_in_windows
from tests.campaigns import making
from tests.outreach.making import user

NAMES = ("Theodora", "مريم", "Bea", "Cleo")


@pytest.fixture
def made(transactional_db: None) -> Campaign:
    """In its grace: an e-mail, a call on the same day, an e-mail; every call is due for two people."""
    now = timezone.now()
    boss = user("boss", role=Role.ADMIN)
    made = making.campaign(*NAMES, alice=boss, steps=2)
    call = editing.add_step(
        campaign=made,
        kind="call",
        subject="Ring {{ first_name }}",
        body="Ask about Munich.",
        days=0,
        actor=boss,
    )
    editing.move_step(step=call, to=2, actor=boss)
    made = making.started(making.fresh(made), now=now)
    waiting = Recipient.objects.for_organisation(made.organisation_id).filter(campaign=made)
    for row in waiting.order_by("pk")[:2]:
        waiting.filter(pk=row.pk).update(next_step=call, turn=4, planned_at=now - timedelta(hours=30))
    closing.add_holiday(actor=boss, day=now.date() + timedelta(days=9), name="A long name of a local holiday")
    return making.fresh(made)


def addresses(made: Campaign) -> list[str]:
    here, first = f"/campaigns/{made.pk}", sequence.steps_of(made.pk, organisation_id=made.organisation_id)
    return [
        f"{here}/",
        f"{here}/calendar/",
        f"{here}/steps/",
        f"{here}/steps/{first[1].pk}/",
        f"{here}/steps/{first[0].pk}/remove/",
        f"{here}/steps/new/?kind=linkedin",
        f"{here}/steps/preview/",
        f"{here}/settings/",
        f"{here}/start/",
        f"{here}/recipients/add/",
        f"/projects/{made.project_id}/outreach-settings/",
        "/outreach/sending/",
        "/tasks/",
        "/tasks/?when=later",
        "/tasks/?when=over",
    ]


def test_the_pages_fit_and_are_accessible_in_both_schemes(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    wrong = []
    for number, url in enumerate(addresses(made)):
        page.goto(url)
        wrong += wrong_in_windows(page, picture=f"{number:02}")
    assert not wrong, "\n".join(wrong)


def test_one_key_finishes_a_task_and_goes_on_to_the_next(
    new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    page = new_page(width=1280, height=844)
    log_in(page, made.owner)
    page.goto("/tasks/")
    expect(page.locator("#now")).to_have_text("Theodora Probe")
    page.keyboard.press("n")
    page.keyboard.type("Left a message, d and s are letters here")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Note")).to_have_value("Left a message, d and s are letters here")
    page.locator("body").press("d")
    expect(page.locator("#now")).to_have_text("مريم Probe")
    page.locator("body").press("s")
    expect(page.get_by_text("Nothing to do by hand")).to_be_visible()


def test_a_step_is_moved_by_dragging_and_by_its_buttons(
    new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    page = new_page(width=1280, height=844)
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/steps/")
    kinds = page.locator("[data-step] h2 svg[role=img]")
    assert kinds.evaluate_all("all => all.map(each => each.getAttribute('aria-label'))") == [
        "E-mail",
        "Call",
        "E-mail",
    ]
    page.locator("[data-step]").nth(2).drag_to(
        page.locator("[data-step]").nth(0), target_position={"x": 40, "y": 2}
    )
    expect(page.locator("[data-step] h2 svg[role=img]").nth(2)).to_have_attribute("aria-label", "Call")
    page.get_by_role("button", name="Move step 3 up").click()
    expect(page.locator("[data-step] h2 svg[role=img]").nth(1)).to_have_attribute("aria-label", "Call")


def test_the_countdown_runs_without_a_reload(
    new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    page = new_page(width=1280, height=844)
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/")
    timer = page.get_by_role("timer")
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    page.get_by_role("button", name="Pause until a date").click()
    expect(page.get_by_role("dialog", name="Pause until")).to_be_visible()
