"""Every waiting message says why, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach import mailbox_health
from outreach.models import Mailbox, Message
from outreach.outbox import deliver
from outreach.outbox.queue import why_not_yet
from outreach.states import FailureClass, MailboxStatus, MessageStatus, Reason
from tests.outreach import making
from tests.outreach.making import NOW, fresh

pytestmark = pytest.mark.django_db(transaction=True)


def why(message: Message, *, now: datetime = NOW) -> tuple[Reason | None, datetime | None]:
    found = why_not_yet(message=fresh(message), now=now)
    assert found.text
    return found.reason, found.until


def test_the_reasons_of_time():
    box = making.mailbox()
    (later,) = making.write(box, planned_at=NOW + timedelta(hours=2))
    assert why(later) == (Reason.NOT_DUE, NOW + timedelta(hours=2))
    first, second = making.write(box, "ann@example.org", "bob@example.org", planned_at=NOW)
    assert why(first) == (Reason.IN_LINE, NOW)
    making.write(box, planned_at=NOW - timedelta(hours=1))
    assert why(second) == (Reason.IN_LINE, None)


def test_the_reasons_of_a_lane():
    box = making.mailbox()
    (message,) = making.write(box, lane_id=making.lane(box, held="paused", held_text="Paused by Alice.").pk)
    assert why(message) == (Reason.CAMPAIGN_HELD, None)
    assert why_not_yet(message=fresh(message), now=NOW).text == "Paused by Alice."
    # NOW is a Tuesday; the lane sends on Mondays, at the message's own clock time.
    (message,) = making.write(box, lane_id=making.lane(box, allowed_days=[0]).pk)
    assert why(message) == (Reason.DAY_NOT_ALLOWED, NOW + timedelta(days=6))


def test_the_reasons_of_a_mailbox(server):
    box = making.mailbox(port=server.port, daily_limit=1)
    making.write(box, "ann@example.org")
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    (message,) = making.write(box)
    assert why(message) == (Reason.MAILBOX_DAY, NOW + timedelta(hours=24))
    (reply,) = making.write(box, origin="reply", rank=1)
    assert why(reply) == (Reason.IN_LINE, NOW), "replies are never held back by our own limits"
    rows = Mailbox.objects.across_organisations("test")
    rows.update(daily_limit=0, next_send_at=NOW + timedelta(seconds=90))
    assert why(message) == (Reason.MAILBOX_GAP, NOW + timedelta(seconds=90))
    rows.update(send_failures=2, server_words="421 go away")
    assert why(message) == (Reason.SERVER_UNREACHABLE, NOW + timedelta(seconds=90))
    rows.update(status=MailboxStatus.NEEDS_RECONNECT)
    assert why(message) == (Reason.MAILBOX_RECONNECT, None)


def test_a_follow_up_waits_for_the_inbox_to_be_read():
    box = making.mailbox()
    (message,) = making.write(box, read_before_write=True)
    assert why(message) == (Reason.INBOX_NOT_READ, None)


def test_a_greylisted_message_says_what_the_server_said(server):
    server.script["rcpt"] = "451 4.7.1 Greylisted, try again later"
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert why(message) == (Reason.SERVER_LATER, NOW + timedelta(minutes=5))
    assert "Greylisted" in why_not_yet(message=fresh(message), now=NOW).text


def test_the_third_refusing_domain_within_a_day_pauses_the_mailbox():
    box = making.mailbox()
    messages = making.write(box, "a@one.example", "b@two.example", "c@two.example", "d@three.example")
    rows = Message.objects.for_organisation(box.organisation_id)

    class News:
        organisation_id = box.organisation_id

    for message, paused in zip(messages, [False, False, False, True], strict=True):
        rows.filter(pk=message.pk).update(
            status=MessageStatus.REFUSED, failure_class=FailureClass.POLICY, settled_at=making.real_now()
        )
        News.ids = {"message_id": message.pk}
        mailbox_health.watch_refusals(News)
        box.refresh_from_db()
        assert (box.status == MailboxStatus.PAUSED) is paused


def test_a_pause_with_an_end_ends_by_itself():
    box = making.mailbox()
    mailbox_health.stopped_by_provider(box, "550 5.4.5 quota", until=NOW + timedelta(hours=1))
    mailbox_health.end_pauses(now=NOW + timedelta(minutes=59))
    assert Mailbox.objects.across_organisations("test").get().status == MailboxStatus.PAUSED
    mailbox_health.end_pauses(now=NOW + timedelta(hours=1))
    assert Mailbox.objects.across_organisations("test").get().status == MailboxStatus.CONNECTED
