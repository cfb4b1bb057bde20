"""The numbers of a campaign and the report: they fit, and are accessible in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Recipient
from outreach.models import Message
from tests.browser.axe import wrong_in_windows
from tests.campaigns import making

LONG = "Ada" * 60


@pytest.fixture
def campaign(transactional_db: None):
    """Two weeks of sending: one answered, one came back, the others wait."""
    made = making.started(
        making.campaign("Ada", "Grace", "Linus", LONG, addresses={LONG: ["long@work.example"]})
    )
    now = timezone.now()
    for number, message in enumerate(making.written(made)):
        making.settle(
            message,
            "bounced" if number == 1 else "sent",
            now=now - timedelta(days=3 * number),
            failure_class="hard" if number == 1 else "",
        )
    Message.objects.for_organisation(made.organisation_id).update(created_by=made.owner)
    rows = Recipient.objects.for_organisation(made.organisation_id)
    rows.filter(candidate__first_name="Ada").update(progress="replied", ended_at=now)
    return making.fresh(made)


def test_the_numbers_fit_and_are_accessible_in_both_schemes(
    page: Page, campaign, log_in: Callable[..., None]
) -> None:
    wrong = []
    log_in(page, campaign.owner)
    for url in (
        f"/campaigns/{campaign.pk}/",
        "/reports/outreach/",
        "/reports/outreach/?days=365",
        "/reports/credits/",
    ):
        page.goto(url)
        for each in page.locator("summary", has_text="Table").all():
            each.click()
        wrong += wrong_in_windows(page)
    assert not wrong, "\n".join(wrong)


def test_a_chart_has_its_figures_in_a_table_and_a_file(
    page: Page, campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, campaign.owner)
    page.goto(f"/campaigns/{campaign.pk}/")
    expect(page.get_by_role("img", name="E-mails sent for each day")).to_be_visible()
    page.locator("summary", has_text="Table").first.click()
    expect(page.get_by_role("region", name="E-mails sent, table").get_by_role("row")).to_have_count(5)
    page.get_by_role("button", name="CSV").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Days").click()
    assert started.value.suggested_filename == "wave-days.csv"
