"""Our copy in Sent: the bytes that were sent, marked as read, and never twice."""

from __future__ import annotations

from datetime import timedelta

import imap_tools
import pytest

from outreach.models import Mailbox, MailboxFolder, Message
from outreach.outbox import copying, deliver, wire
from outreach.transports.imap import open_mailbox
from tests.outreach import making
from tests.outreach.making import NOW, fresh
from tests.outreach.sandbox_process import ADDRESS, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(sandbox) -> Mailbox:
    row = making.mailbox(
        address=ADDRESS,
        port=sandbox["ports"]["smtp"],
        smtp_username=ADDRESS,
        imap_port=sandbox["ports"]["imap"],
        imap_username=ADDRESS,
    )
    making.seal(row, {"smtp_password": PASSWORD, "imap_password": PASSWORD})
    MailboxFolder.objects.create(organisation_id=row.organisation_id, mailbox=row, name="Sent", is_sent=True)
    return row


def in_sent(sandbox, message: Message) -> list[tuple[bool, bytes]]:
    """(marked as read, the bytes) of every mail in Sent with the message's id."""
    with open_mailbox(
        "127.0.0.1", sandbox["ports"]["imap"], security="none", username=ADDRESS, password=PASSWORD, timeout=5
    ) as line:
        line.folder.set("Sent")
        wanted = imap_tools.AND(header=imap_tools.H("Message-ID", message.our_message_id))
        found = []
        for uid in line.uids(wanted):
            answer = line.client.uid("fetch", uid, "(FLAGS BODY.PEEK[])")[1][0]
            found.append((b"\\Seen" in answer[0], answer[1]))
        return found


def test_what_was_sent_lies_in_sent_once_as_read_and_byte_for_byte(sandbox, box):
    (message,) = making.write(box, "accept@example.org")
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert copying.copy_due(now=NOW) == 1
    row = fresh(message)
    assert in_sent(sandbox, row) == [(True, wire.content(row, box))]
    assert copying.copy_due(now=NOW + timedelta(days=1)) == 0


def test_a_crash_between_the_copy_and_our_note_of_it_makes_no_second_copy(sandbox, box):
    (message,) = making.write(box, "accept@example.org")
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    copying.copy_due(now=NOW)
    Message.objects.across_organisations("test").update(copied_at=None, copy_due_at=NOW)
    assert copying.copy_due(now=NOW) == 1
    assert len(in_sent(sandbox, message)) == 1


def test_a_server_that_is_away_is_asked_again_later_and_given_up_in_the_end(box):
    making.write(box, "accept@example.org")
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    Mailbox.objects.across_organisations("test").update(imap_port=9)
    now, tries = NOW, 0
    while True:
        assert copying.copy_due(now=now) == 0
        row = Message.objects.across_organisations("test").get()
        tries += 1
        if row.copy_due_at is None:
            break
        assert row.copy_due_at > now
        now = row.copy_due_at
    assert tries == 7
    assert row.status == "sent"
