"""Outbox, recipient dialogue and Inbox in a browser: by mouse and by keys, wide and narrow, light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Recipient
from outreach.models import InboundMessage, Message
from tests.browser.axe import LIGHT_DESK_DARK_PHONE, wrong_in_windows
from tests.campaigns import making
from tests.outreach.inbound.mails import mail, read, sent
from tests.outreach.making import real_now, write

LONG = "Bartholomäus-Ferdinand von der Hohen-Schwellenburg zu Niederwildenfels"


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: ``SHOTS=/folder``."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def made(transactional_db: None) -> Campaign:
    """A campaign in its grace with three people, an answer that was read and one that waits."""
    names = ("Ada", LONG, "نور")
    made = making.started(
        making.campaign(*names, addresses={n: [f"p{i}@work.example"] for i, n in enumerate(names)}),
        now=timezone.now(),
    )
    write(
        made.mailbox,
        "rita@example.org",
        origin="reply",
        rank=1,
        to_name="Rita",
        planned_at=real_now() + timedelta(days=2),
        subject="Re: Hello",
    )
    ada = making.recipient(made, "Ada")
    message = sent(made.mailbox, "p0@work.example", candidate_id=ada.candidate_id)
    text = "Hi Alice,\nsounds good, I'd love to hear more.\n\nAda\n\nOn Tuesday Alice wrote:\n> Hello there."
    read(
        made.mailbox,
        mail(
            made.mailbox, sender="Ada <p0@work.example>", in_reply_to=f"<{message.our_message_id}>", text=text
        ),
    )
    return made


def test_the_pages_read_well(page: Page, made: Campaign, log_in: Callable[..., None]) -> None:
    log_in(page, made.owner)
    ada = making.recipient(made, "Ada")
    rows = write(made.mailbox, "u1@example.org", "u2@example.org", origin="single", to_name=LONG)
    Message.objects.for_organisation(made.organisation_id).filter(pk__in=[r.pk for r in rows]).update(
        status="uncertain", settled_at=real_now()
    )
    inbound = InboundMessage.objects.for_organisation(made.organisation_id).get()
    wrong = []
    for name, url in (
        ("outbox", "/outreach/outbox/"),
        ("uncertain", "/outreach/outbox/?show=uncertain"),
        ("recipients", f"/campaigns/{made.pk}/recipients/"),
        ("drawer", f"/campaigns/{made.pk}/recipients/?recipient={ada.pk}"),
        ("recipient", f"/recipients/{ada.pk}/"),
        ("edit", f"/recipients/{ada.pk}/steps/{ada.next_step_id}/edit/"),
        ("not-before", f"/recipients/{ada.pk}/steps/{ada.next_step_id}/not-before/"),
        ("inbox", "/inbox/"),
        ("conversation", f"/inbox/{inbound.pk}/"),
    ):
        page.goto(url)
        wrong += wrong_in_windows(page, windows=LIGHT_DESK_DARK_PHONE, picture=name)
    assert not wrong, "\n".join(wrong)


def test_a_planned_step_is_sent_now_from_its_menu(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    page.goto("/outreach/outbox/")
    page.get_by_role("row", name="Ada").get_by_role("button", name="What to do").click()
    picture(page, "menu")
    page.get_by_role("button", name="Send now to Ada").click()
    expect(page.get_by_text("It goes first now")).to_be_visible()
    assert making.recipient(made, "Ada").turn == 0


def test_the_dialogue_opens_beside_the_list_and_closes_with_escape(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/recipients/")
    page.get_by_role("link", name="Ada Probe").click()
    drawer = page.get_by_role("dialog", name="Ada Probe")
    expect(drawer).to_be_visible()
    assert "recipient=" in page.url
    drawer.get_by_role("button", name="Meeting").click()
    expect(page.get_by_role("dialog").get_by_text("said by")).to_be_visible()
    assert (
        Recipient.objects.for_organisation(made.organisation_id).get(interest="meeting").candidate.first_name
        == "Ada"
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Ada Probe")).to_have_count(0)
    assert "recipient=" not in page.url


def test_an_answer_is_corrected_with_one_press_and_answered(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    page.goto("/inbox/")
    page.get_by_role("link", name="Ada").click()
    expect(page.locator("mark")).to_have_text("love to hear")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_text("it had been read as Interested")).to_be_visible()
    page.get_by_role("textbox", name="Answer").fill("Thank you, until spring then.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("On its way", exact=True)).to_be_visible()
    assert (
        Message.objects.for_organisation(made.organisation_id)
        .filter(origin="reply", to_address="p0@work.example")
        .count()
        == 1
    )
