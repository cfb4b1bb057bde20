"""The pages of sending: settings, Outbox, one message, and the unsubscribe link."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from foundation.models import Event
from outreach import unsubscribe
from outreach.models import Message
from outreach.states import MailboxStatus, MessageStatus
from sourcing import suppression
from tests.outreach import making
from tests.outreach.making import fresh

pytestmark = pytest.mark.django_db


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def box():
    return making.mailbox(making.user(role=Role.RECRUITER))


@pytest.fixture
def message(box) -> Message:
    peter = making.person(box)
    return making.write(box, candidate_id=peter.pk, to_name="Peter", origin="campaign")[0]


def one_click(url: str):
    """What a mail program sends (RFC 8058): no cookie, no referer, no token."""
    return Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})


def link(message: Message) -> str:
    return f"/u/{unsubscribe.reference_of(message.token)}/"


def test_opening_the_unsubscribe_link_changes_nothing(message):
    answer = Client().get(link(message))
    assert answer.status_code == 200
    assert b"Unsubscribe</button>" in answer.content
    assert not suppression.is_suppressed(message.organisation_id, message.candidate_id, "other@example.org")


def test_one_click_opts_the_person_out_everywhere_and_twice_is_once(message):
    for _ in range(2):
        answer = one_click(link(message))
        assert answer.status_code == 200
        assert b"You are unsubscribed" in answer.content
    assert suppression.is_suppressed(message.organisation_id, message.candidate_id, "other@example.org")
    told = Event.objects.for_organisation(message.organisation_id).filter(kind="candidate.opted_out")
    assert [event.ids["candidate_id"] for event in told] == [message.candidate_id]


def test_a_changed_link_opts_nobody_out(message):
    signed = unsubscribe.reference_of(message.token)
    for reference in (message.token, signed[:-1] + ("_" if signed[-1] != "_" else "-"), "x"):
        assert one_click(f"/u/{reference}/").status_code == 404
    assert not suppression.is_suppressed(message.organisation_id, message.candidate_id, message.to_normalised)


def test_the_page_tells_a_stranger_neither_name_nor_address(message):
    content = Client().get(link(message)).content
    assert b"peter" not in content.lower()


def test_the_outbox_says_why_a_message_waits(box, message):
    box.status = MailboxStatus.NEEDS_RECONNECT
    box.save()
    answer = as_user(box.owner).get("/outreach/outbox/")
    assert b"The mailbox has to be connected again." in answer.content
    assert b"peter@example.org" in answer.content


def test_a_private_address_is_shown_to_its_adder_only_on_page_and_api(box):
    bob = making.user("bob", of=box.organisation)
    making.write(box, "secret@home.example", private_to_id=box.owner_id, to_name="Eva")
    for path in ("/outreach/outbox/", "/api/v1/messages/"):
        assert b"secret@home.example" in as_user(box.owner).get(path).content
        seen_by_bob = as_user(bob).get(path).content
        assert b"secret@home.example" not in seen_by_bob
        assert b"private address" in seen_by_bob


def test_cancelling_takes_a_waiting_message_back(box, message):
    as_user(box.owner).post(f"/outreach/outbox/{message.pk}/cancel/")
    assert fresh(message).status == MessageStatus.CANCELLED


def test_only_a_person_queues_an_uncertain_message_again(box, message):
    Message.objects.for_organisation(box.organisation_id).update(status=MessageStatus.UNCERTAIN)
    as_user(box.owner).post(f"/outreach/outbox/{message.pk}/answer/", {"was_sent": "no"})
    assert fresh(message).status == MessageStatus.QUEUED


def test_another_organisation_finds_nothing(box, message):
    mallory = making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)
    client = as_user(mallory)
    assert client.get(f"/outreach/outbox/{message.pk}/").status_code == 404
    assert client.post(f"/outreach/outbox/{message.pk}/cancel/").status_code == 404
    assert client.get(f"/outreach/mailboxes/{box.pk}/reconnect/").status_code == 404
    assert client.get(f"/api/v1/messages/{message.pk}/").status_code == 404
    assert b"peter@example.org" not in client.get("/outreach/outbox/").content


def test_a_viewer_may_look_and_not_touch(box, message):
    client = as_user(making.user("vera", of=box.organisation, role=Role.VIEWER))
    assert client.get(f"/outreach/outbox/{message.pk}/").status_code == 200
    assert client.post(f"/outreach/outbox/{message.pk}/cancel/").status_code == 403
    assert client.get("/outreach/mailboxes/new/").status_code == 403


def test_a_mailbox_owner_sees_their_own_account_and_nothing_else(box):
    owner = making.user("manager", of=box.organisation, role=Role.MAILBOX_OWNER)
    own = making.mailbox(owner)
    content = as_user(owner).get("/outreach/settings/").content
    assert own.address.encode() in content
    assert box.address.encode() not in content
    assert as_user(owner).get("/outreach/outbox/").status_code == 403


def test_the_settings_page_shows_health_count_and_the_servers_words(box):
    box.status, box.server_words = MailboxStatus.NEEDS_RECONNECT, "535 5.7.8 wrong password"
    box.save()
    content = as_user(box.owner).get("/outreach/settings/").content.decode()
    assert "Needs re-linking" in content
    assert "535 5.7.8 wrong password" in content
    assert "Remove Account" in content


def test_the_form_fills_in_the_servers_of_a_known_provider_and_keeps_no_password(box):
    client = as_user(box.owner)
    content = client.get("/outreach/mailboxes/new/?address=eva@gmail.com").content.decode()
    assert "smtp.gmail.com" in content
    assert "imap.gmail.com" in content
    again = client.post("/outreach/mailboxes/new/", {"address": "x", "smtp_password": "my secret"})
    assert again.status_code == 422
    assert "my secret" not in again.content.decode()


def test_disconnect_needs_a_second_press_and_a_get_changes_nothing(box):
    client = as_user(box.owner)
    page = client.get(f"/outreach/mailboxes/{box.pk}/remove/").content.decode()
    assert page.count(">Disconnect</button>") == 2
    box.refresh_from_db()
    assert box.status == MailboxStatus.CONNECTED
    client.post(f"/outreach/mailboxes/{box.pk}/remove/")
    box.refresh_from_db()
    assert (box.status, box.secret) == (MailboxStatus.REMOVED, "")


def test_a_hiring_manager_begins_where_the_mailbox_is_linked_and_is_led_to_lending(box):
    manager = making.user("manager", of=box.organisation, role=Role.MAILBOX_OWNER)
    client = as_user(manager)
    first = client.get("/", follow=True)
    assert first.redirect_chain[-1][0] == "/outreach/settings/"
    assert "name the colleagues who may send campaigns from it" in first.content.decode()
    own = making.mailbox(manager)
    content = client.get("/outreach/settings/").content.decode()
    assert f'btn-primary" href="/outreach/mailboxes/{own.pk}/lend/"' in content
