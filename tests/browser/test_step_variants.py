"""A step with variants and a sender of its own: the pages fit, are accessible, and the buttons do what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns import sender_changes, variants
from campaigns.models import Campaign, Step
from outreach import lending
from tests.browser.axe import wrong_in_windows
from tests.campaigns import making
from tests.outreach.making import mailbox, user

LONG = "A very long subject that nobody would write, " * 6


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    """A draft of two steps; the first has three texts, the second is sent by a hiring manager."""
    made = making.campaign("Ada", "Grace", "Linus")
    manager = user("maya", of=made.organisation, role="mailbox_owner")
    theirs = mailbox(manager)
    now = timezone.now()
    lending.lend(actor=manager, mailbox_id=theirs.pk, user_id=made.owner_id, now=now)
    first, second = Step.objects.for_organisation(made.organisation_id).filter(campaign=made)
    sender_changes.change(
        campaign=made, mailbox=made.mailbox, steps={second.pk: theirs}, actor=made.owner, now=now
    )
    for subject in ("A question", LONG):
        row = variants.add(step=first, actor=made.owner)
        variants.edit(
            step=first, letter=row.letter, subject=subject, body="Words.", actor=made.owner, now=now
        )
    return making.fresh(made)


def test_the_pages_fit_and_are_accessible_in_both_schemes(
    page: Page, campaign: Campaign, log_in: Callable[..., None]
) -> None:
    wrong = []
    log_in(page, campaign.owner)
    first, second = Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)
    at = f"/campaigns/{campaign.pk}"
    for url in (
        f"{at}/steps/",
        f"{at}/steps/{first.pk}/",
        f"{at}/steps/{first.pk}/variants/C/",
        f"{at}/steps/{second.pk}/",
        f"{at}/steps/preview/",
        f"{at}/sender/",
        f"{at}/",
    ):
        page.goto(url)
        wrong += wrong_in_windows(page)
    assert not wrong, "\n".join(wrong)


def test_a_variant_is_added_written_shared_and_decided_for(
    page: Page, campaign: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, campaign.owner)
    _, second = Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)
    page.goto(f"/campaigns/{campaign.pk}/steps/{second.pk}/")
    page.get_by_role("button", name="Add a variant").click()
    expect(page.get_by_role("heading", name="Step 2 · variant B")).to_be_visible()
    page.get_by_role("textbox", name="Text").fill("Another follow-up.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It applies to its share of the 3")).to_be_visible()
    page.get_by_label("Share of A").fill("20")
    page.get_by_label("Share of B").fill("80")
    page.get_by_role("button", name="Save shares").click()
    expect(page.get_by_label("Share of B")).to_have_value("80")
    page.get_by_role("button", name="Use this one from now on").first.click()
    expect(page.get_by_label("Share of A")).to_have_value("100")
    expect(page.get_by_label("Share of B")).to_have_value("0")
