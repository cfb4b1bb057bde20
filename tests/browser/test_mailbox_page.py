"""One mailbox's own page in a browser: fits, is accessible, and every act is done with the keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outreach import fuses
from outreach.models import DeliverabilityCheck, FolderGap, GapMeter, Mailbox
from outreach.states import FailureClass
from tests.browser.axe import LIGHT_DESK_DARK_PHONE, wrong_in_windows
from tests.outreach import making
from tests.outreach.inbound import mails
from tests.outreach.making import real_now

#: Where pictures of the pages go when somebody wants to look at them.
SHOTS = os.environ.get("BECKON_SHOTS", "")


@pytest.fixture
def box(transactional_db: None) -> Mailbox:
    """Compared, young, with too many bounces, and more planned than may leave."""
    now = real_now()
    box = making.mailbox(
        address="theodora.quillfeather@recruiting.larkfield.example",
        smtp_host="smtp.office365.com",
        min_gap_seconds=None,
        max_gap_seconds=None,
        daily_limit=90,
        reply_to="jobs@recruiting.larkfield.example",
        signature="Theodora Quillfeather\nhttps://recruiting.larkfield.example/open-positions",
        created_at=now - timedelta(days=9),
    )
    GapMeter.objects.create(
        organisation_id=box.organisation_id,
        mailbox=box,
        due_at=now + timedelta(hours=20),
        begun_at=now - timedelta(hours=4),
        ended_at=now - timedelta(hours=4),
        since=box.created_at,
    )
    for name, figures in {
        "INBOX": {"present": 12_841, "recorded": 12_838, "fetched": 2, "left": 1},
        "Sent": {"present": 3_210, "recorded": 3_210},
        "Projekte/" + "Sehr langer Ordnername " * 8: {"present": 12, "recorded": 12},
    }.items():
        left = [{"uid": 88_123, "why": "The mail server lists this mail but does not give it."}]
        FolderGap.objects.create(
            organisation_id=box.organisation_id,
            mailbox=box,
            name=name,
            begun_at=now,
            ended_at=now,
            unfetched=left if figures.get("left") else [],
            **figures,
        )
    for number in range(7):
        message = mails.sent(
            box,
            f"someone.with.a.long.address{number}@dead.example",
            "bounced",
            to_name=f"Ada Lovelace {number}",
        )
        message.failure_class, message.settled_at, message.sending_at = FailureClass.HARD, now, now
        message.reason_text = "550 5.1.1 The email account that you tried to reach does not exist."
        message.save()
    DeliverabilityCheck.objects.create(
        organisation_id=box.organisation_id,
        mailbox=box,
        asked_at=now - timedelta(hours=1),
        looked_up_at=now,
        returned_at=now,
        facts={
            "mx": ["10 recruiting-larkfield-example.mail.protection.outlook.com"],
            "txt": ["v=spf1 " + "include:a-service-with-a-long-name.example " * 12 + "~all"],
        },
        returned={
            "signatures": [{"domain": "larkfield.onmicrosoft.example", "selector": "s1", "covers": ["from"]}],
            "fields": ["list-unsubscribe", "list-unsubscribe-post"],
        },
    )
    making.write(box, *[f"p{n}@example.org" for n in range(90)], planned_at=now + timedelta(days=1))
    fuses.look(box, now=now)
    return box


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_the_page_fits_and_is_accessible(page: Page, box: Mailbox, log_in: Callable[..., None]) -> None:
    log_in(page, box.owner)
    wrong = []
    for name, path in (
        ("settings", "/outreach/settings/"),
        ("mailbox", f"/outreach/mailboxes/{box.pk}/"),
        ("signature", f"/outreach/mailboxes/{box.pk}/signature/"),
    ):
        page.goto(path)
        wrong += wrong_in_windows(page, windows=LIGHT_DESK_DARK_PHONE, picture=name)
    assert not wrong, "\n".join(wrong)


def test_a_reason_lets_the_mailbox_go_on_by_keyboard(
    page: Page, box: Mailbox, log_in: Callable[..., None]
) -> None:
    log_in(page, box.owner)
    page.goto("/outreach/settings/")
    page.get_by_role("link", name="Look").press("Enter")
    expect(page.get_by_role("heading", name="This mailbox has stopped itself")).to_be_visible()
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.get_by_label("Why it may go on").fill("The list was cleaned.")
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("heading", name="This mailbox has stopped itself")).to_have_count(0)
    expect(page.get_by_text("The list was cleaned.")).to_be_visible()
