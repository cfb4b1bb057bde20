"""Linking an account with Google, lending it, breaking it and removing it, in a browser, as seed 002 tells it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.models import Role
from foundation import events
from outreach import lending, mailbox_health
from outreach.models import Mailbox
from outreach.transports.base import MailboxTrouble
from sandbox.client import Sandbox
from tests.browser.axe import assert_no_serious_axe_violations
from tests.campaigns import making
from tests.outreach.making import mailbox, user
from tests.outreach.signing_in import use_sandbox

ALICE = "alice@demo.example"
DISABLED = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
    "https://aka.ms/smtp_auth_disabled for more information."
)
SHOTS = os.environ.get("MAILBOX_SHOTS", "")


def shoot(page: Page, name: str) -> None:
    """A picture to be looked at, when somebody wants one."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, settings: Any, live: str) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("mail")
    with Sandbox.start(folder, accounts={ALICE: "secret", "bob@demo.example": "secret"}) as running:
        use_sandbox(settings, running)
        settings.PUBLIC_URL = live
        yield running


def test_linking_with_google_and_disconnecting_twice(
    world: Sandbox, page: Page, log_in: Callable[..., None]
) -> None:
    alice = user("alice")
    log_in(page, alice)
    page.goto("/outreach/settings/")
    page.get_by_role("link", name="Link an email account").first.click()
    assert_no_serious_axe_violations(page)
    shoot(page, "link-desk-light")
    page.get_by_role("link", name="Continue with Google").click()
    expect(page.get_by_role("heading", name="Sign in with Google")).to_be_visible()
    page.get_by_label(ALICE).check()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Connected email accounts")).to_be_visible()
    expect(page.locator("#toasts").get_by_text(f"{ALICE} is connected.")).to_be_visible()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert_no_serious_axe_violations(page)

    page.get_by_role("button", name=f"Options for {ALICE}").click()
    page.get_by_role("link", name="Remove Account").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Disconnect").click()
    assert Mailbox.objects.for_organisation(alice.organisation).get().status == "connected"
    shoot(page, "remove-desk-light")
    page.locator("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("No e-mail account is linked")).to_be_visible()
    # The login of the person is not touched.
    page.reload()
    expect(page.get_by_role("heading", name="Outreach Settings")).to_be_visible()


@contextmanager
def suggested_late(page: Page, address: str) -> Iterator[None]:
    """Leave the address field with this address; the servers suggested for it arrive when the block ends."""
    held: list[Route] = []
    asking = re.compile(r"[?&]address=")
    page.route(asking, lambda route: held.append(route))
    page.get_by_label("E-mail address").fill(address)
    with page.expect_request(asking):
        page.get_by_label("E-mail address").press("Tab")
    yield
    held.pop().continue_()
    page.unroute(asking)


def test_servers_that_are_suggested_late_leave_what_somebody_typed(
    page: Page, log_in: Callable[..., None]
) -> None:
    log_in(page, user("alice"))
    page.goto("/outreach/mailboxes/new/")
    with suggested_late(page, "alice@acme.example"):
        page.get_by_label("SMTP server").fill("mail.acme.example")
        page.get_by_label("SMTP protection").select_option("none")
        page.get_by_label("SMTP password").fill("correct horse")
        page.get_by_label("SMTP user name").focus()
    expect(page.get_by_label("IMAP server")).to_have_value("imap.acme.example")

    def kept() -> None:
        expect(page.get_by_label("SMTP server")).to_have_value("mail.acme.example")
        expect(page.get_by_label("SMTP protection")).to_have_value("none")
        expect(page.get_by_label("SMTP password")).to_have_value("correct horse")

    kept()
    expect(page.get_by_label("SMTP user name")).to_be_focused()
    # Of another address what was only suggested is suggested anew.
    page.get_by_label("E-mail address").fill("alice@gmail.com")
    page.get_by_label("E-mail address").press("Tab")
    expect(page.get_by_label("IMAP server")).to_have_value("imap.gmail.com")
    kept()


def test_a_server_that_is_suggested_where_somebody_stands_is_replaced_by_what_they_type(
    page: Page, log_in: Callable[..., None]
) -> None:
    log_in(page, user("alice"))
    page.goto("/outreach/mailboxes/new/")
    server, port = page.get_by_label("SMTP server"), page.get_by_label("SMTP port")
    with suggested_late(page, "alice@acme.example"):
        server.focus()
    expect(server).to_have_value("smtp.acme.example")
    page.keyboard.type("127.0.0.1")
    expect(server).to_have_value("127.0.0.1")
    with suggested_late(page, "alice@gmail.com"):
        port.focus()
    expect(page.get_by_label("IMAP server")).to_have_value("imap.gmail.com")
    expect(port).to_be_focused()
    page.keyboard.type("2525")
    expect(port).to_have_value("2525")
    expect(server).to_have_value("127.0.0.1")


def test_every_state_of_an_account_says_what_happened_and_what_to_do(
    live: str, page: Page, new_page: Callable[..., Page], log_in: Callable[..., None]
) -> None:
    alice = user("alice", role=Role.ADMIN)
    bob = user("bob", of=alice.organisation)
    now = timezone.now()
    fine = mailbox(alice, address="alice@acme.example", is_default=True, next_send_at=now)
    lending.lend(actor=alice, mailbox_id=fine.pk, user_id=bob.pk, now=now)
    refused = mailbox(alice, address="alice@contoso.example", login="microsoft", next_send_at=now)
    mailbox_health.send_failed(refused, MailboxTrouble("auth", DISABLED), now=now)
    limit = mailbox(alice, address="a.marsh@acme.example", login="google", next_send_at=now)
    mailbox_health.stopped_by_provider(
        limit, "550 5.4.5 Daily user sending limit exceeded.", until=now + timedelta(hours=20)
    )
    away = mailbox(bob, address="bob@slow.example", next_send_at=now)
    mailbox_health.send_failed(
        away,
        MailboxTrouble("connect", "mail.slow.example does not accept connections."),
        now=now - timedelta(minutes=9),
    )
    log_in(page, alice)
    page.goto("/outreach/settings/")
    for words in (
        "Needs re-linking",
        "an administrator of Microsoft 365 can allow it for this mailbox alone",
        "Paused by limit",
        "Google's own limit for 24 hours is reached",
        "Cannot be reached",
        "SmtpClientAuthentication is disabled for the Tenant",
    ):
        expect(page.get_by_text(words, exact=False).first).to_be_visible()
    assert_no_serious_axe_violations(page)
    shoot(page, "settings-desk-light")
    page.get_by_role("button", name="Options for alice@acme.example").click()
    page.get_by_role("link", name="Lend").first.click()
    expect(page.get_by_text(bob.name).first).to_be_visible()
    assert_no_serious_axe_violations(page)
    shoot(page, "lend-desk-light")
    phone = new_page(width=390, height=844, scheme="dark")
    log_in(phone, alice)
    for path, name in (
        ("/outreach/settings/", "settings"),
        (f"/outreach/mailboxes/{fine.pk}/lend/", "lend"),
        (f"/outreach/mailboxes/{refused.pk}/reconnect/", "link-again"),
    ):
        phone.goto(path)
        assert_no_serious_axe_violations(phone)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        shoot(phone, f"{name}-phone-dark")


def test_a_broken_mailbox_is_told_in_the_projects_outreach_tab_and_another_sender_is_chosen(
    page: Page, new_page: Callable[..., Page], log_in: Callable[..., None]
) -> None:
    made = making.started(making.campaign("Ada"))
    second = mailbox(made.owner, address="second@acme.example", next_send_at=timezone.now())
    box = Mailbox.objects.for_organisation(made.organisation_id).get(pk=made.mailbox_id)
    mailbox_health.send_failed(box, MailboxTrouble("auth", DISABLED), now=timezone.now())
    events.deliver(consumers=["campaigns.folding"])
    log_in(page, made.owner)
    page.goto(f"/projects/{made.project_id}/outreach/")
    expect(page.get_by_role("alert").get_by_text("needs re-linking")).to_be_visible()
    expect(page.get_by_role("link", name="Link again")).to_be_visible()
    assert_no_serious_axe_violations(page)
    shoot(page, "project-desk-light")
    phone = new_page(width=390, height=844, scheme="dark")
    log_in(phone, made.owner)
    for path, name in (
        (f"/projects/{made.project_id}/outreach/", "project"),
        (f"/campaigns/{made.pk}/", "campaign"),
    ):
        phone.goto(path)
        assert_no_serious_axe_violations(phone)
        shoot(phone, f"{name}-phone-dark")
    page.get_by_role("link", name="Choose a sender").click()
    page.get_by_label("Send from").select_option(label=second.address)
    assert_no_serious_axe_violations(page)
    shoot(page, "sender-desk-light")
    page.get_by_role("button", name="Use this sender").click()
    expect(page.locator("#toasts").get_by_text("The campaign goes on.")).to_be_visible()
    assert making.fresh(made).mailbox_id == second.pk
