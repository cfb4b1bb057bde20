"""One worker's turn at a mailbox, against a real SMTP server on loopback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.models import SendTry
from outreach.outbox import deliver, sweeping
from outreach.states import FailureClass, MailboxStatus, MessageStatus, Reason
from tests.outreach import making
from tests.outreach.making import NOW, fresh
from tests.outreach.scripted_smtp import CUT, ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)


def turn(mailbox, *, now=NOW):
    return deliver.deliver_mailbox(mailbox.pk, clock=lambda: now)


def test_what_is_due_is_handed_over_and_settled(server: ScriptedServer):
    box = making.mailbox(port=server.port)
    messages = making.write(box, "ann@example.org", "bob@example.org")
    done = turn(box)
    assert done.sent == 2
    assert server.recipients() == ["ann@example.org", "bob@example.org"]
    for message in messages:
        row = fresh(message)
        assert (row.status, row.sent_at, row.sending_at) == (MessageStatus.SENT, NOW, NOW)
        assert server.message_ids()[f"<{row.our_message_id}>"] == 1
        assert [(each.outcome, each.code) for each in row.send_tries.all()] == [("accepted", "250")]


def test_one_line_carries_many_messages_and_is_kept_for_the_next_turn(server):
    box = making.mailbox(port=server.port)
    making.write(box, *[f"p{n}@example.org" for n in range(5)])
    turn(box)
    making.write(box, "later@example.org")
    turn(box)
    assert len(server.accepted) == 6
    assert server.connections == 1


def test_what_is_not_due_stays(server):
    box = making.mailbox(port=server.port)
    making.write(box, planned_at=NOW + timedelta(minutes=1))
    assert turn(box).tried == 0
    assert making.statuses(box) == ["queued"]


def test_a_dead_address_is_refused_with_its_class_and_the_servers_words(server):
    server.script["rcpt"] = "550 5.1.1 no such user"
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    turn(box)
    row = fresh(message)
    assert (row.status, row.failure_class) == (MessageStatus.REFUSED, FailureClass.HARD)
    assert row.reason_code == Reason.ADDRESS_DEAD
    assert row.reason_text == "5.1.1 no such user"
    assert row.sending_at is None, "it never got as far as DATA"
    assert server.accepted == []


def test_a_refusal_after_data_is_a_refusal(server):
    server.script["content"] = "552 5.3.4 message too big"
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    turn(box)
    row = fresh(message)
    assert (row.status, row.failure_class) == (MessageStatus.REFUSED, FailureClass.CONTENT)


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_a_line_lost_before_data_goes_back_to_the_queue(server, stage):
    server.script[stage] = [CUT]
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    turn(box)
    row = fresh(message)
    assert row.status == MessageStatus.QUEUED
    assert row.not_before > NOW
    turn(box, now=row.not_before)
    assert fresh(message).status == MessageStatus.SENT
    assert len(server.accepted) == 1


@pytest.mark.parametrize("stage", ["data", "content"])
def test_a_line_lost_after_data_is_uncertain_and_never_sent_again_by_a_timer(server, stage):
    server.script[stage] = [CUT]
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    turn(box)
    row = fresh(message)
    assert (row.status, row.reason_code) == (MessageStatus.UNCERTAIN, Reason.LINE_LOST)
    arrived = len(server.accepted)
    for hours in (1, 24, 240):
        sweeping.sweep(now=NOW + timedelta(hours=hours))
        turn(box, now=NOW + timedelta(hours=hours))
    assert fresh(message).status == MessageStatus.UNCERTAIN
    assert len(server.accepted) == arrived


@pytest.mark.parametrize("stage", ["rcpt", "data", "content"])
def test_a_4xx_is_tried_again_after_5_15_and_60_minutes_then_4_12_and_24_hours_and_then_is_a_soft_bounce(
    server, stage
):
    server.script[stage] = lambda _: "451 4.3.0 later"
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    now, moments = NOW, []
    while True:
        turn(box, now=now)
        row = fresh(message)
        if row.status != MessageStatus.QUEUED:
            break
        assert row.reason_code == Reason.SERVER_LATER
        moments.append(row.not_before - NOW)
        now = row.not_before
    assert moments == [
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        timedelta(hours=24),
    ]
    assert row.failure_class == FailureClass.SOFT
    assert row.status == (MessageStatus.FAILED if stage == "rcpt" else MessageStatus.REFUSED)
    assert SendTry.objects.across_organisations("test").filter(message=message).count() == 7


def test_a_wrong_password_belongs_to_the_mailbox_and_the_message_is_as_it_was(server):
    server.script["auth"] = lambda _: "535 5.7.8 wrong password"
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    turn(box)
    box.refresh_from_db()
    assert (box.status, box.status_code) == (MailboxStatus.NEEDS_RECONNECT, "auth")
    assert box.server_words == "535 5.7.8 wrong password"
    row = fresh(message)
    assert (row.status, row.tries, row.not_before) == (MessageStatus.QUEUED, 0, NOW)


def test_a_server_that_is_away_rests_the_mailbox_longer_each_time():
    box = making.mailbox(port=9)
    (message,) = making.write(box)
    now, rests = NOW, []
    for _ in range(6):
        turn(box, now=now)
        box.refresh_from_db()
        rests.append((box.next_send_at - now).total_seconds())
        assert deliver.ready_mailboxes(now=now) == []
        now = box.next_send_at
    assert rests == [5, 15, 60, 300, 900, 900]
    assert box.status == MailboxStatus.CONNECTED
    assert fresh(message).status == MessageStatus.QUEUED


def test_the_providers_own_quota_pauses_the_mailbox_and_puts_the_message_back(server):
    server.script["rcpt"] = "550 5.4.5 Daily user sending quota exceeded"
    box = making.mailbox(port=server.port)
    messages = making.write(box, "ann@example.org", "bob@example.org")
    turn(box)
    box.refresh_from_db()
    assert box.status == MailboxStatus.PAUSED
    assert box.paused_until > NOW
    assert [fresh(message).status for message in messages] == ["queued", "queued"]
    assert server.accepted == []


def test_with_a_gap_one_turn_sends_one_message_and_sets_the_next_moment(server):
    box = making.mailbox(port=server.port, min_gap_seconds=120, max_gap_seconds=300)
    making.write(box, "ann@example.org", "bob@example.org")
    turn(box)
    turn(box)
    box.refresh_from_db()
    assert len(server.accepted) == 1
    assert timedelta(seconds=120) <= box.next_send_at - NOW <= timedelta(seconds=300)
    turn(box, now=box.next_send_at)
    assert len(server.accepted) == 2


def test_replies_leave_during_the_gap_and_at_the_limit_but_count(server):
    box = making.mailbox(port=server.port, min_gap_seconds=300, max_gap_seconds=300, daily_limit=1)
    making.write(box, "ann@example.org")
    turn(box)
    making.write(box, "bob@example.org", origin="reply", rank=1)
    making.write(box, "carl@example.org")
    assert deliver.ready_mailboxes(now=NOW) == [box.pk]
    turn(box)
    assert server.recipients() == ["ann@example.org", "bob@example.org"]
    turn(box, now=NOW + timedelta(hours=23))
    assert len(server.accepted) == 2


def test_a_mailbox_at_its_limit_rests_until_a_place_is_free(server):
    box = making.mailbox(port=server.port, daily_limit=2)
    making.write(box, "ann@example.org", "bob@example.org", "carl@example.org")
    turn(box)
    assert len(server.accepted) == 2
    turn(box)
    box.refresh_from_db()
    assert box.next_send_at == NOW + timedelta(hours=24)
    assert deliver.ready_mailboxes(now=NOW + timedelta(hours=23, minutes=59)) == []
    turn(box, now=NOW + timedelta(hours=24))
    assert len(server.accepted) == 3


def test_a_mail_that_cannot_be_made_fails_without_asking_the_server(server):
    box = making.mailbox(port=server.port)
    (bad,) = making.write(box, "not an address")
    (good,) = making.write(box, "ann@example.org")
    turn(box)
    row = fresh(bad)
    assert (row.status, row.reason_code) == (MessageStatus.FAILED, Reason.NO_ADDRESS)
    assert fresh(good).status == MessageStatus.SENT


def test_a_server_that_hangs_up_politely_costs_one_message_a_wait(server):
    server.script["rcpt"] = ["421 4.7.0 too many, goodbye"]
    box = making.mailbox(port=server.port)
    first, second = making.write(box, "ann@example.org", "bob@example.org")
    turn(box)
    assert fresh(first).status == MessageStatus.QUEUED
    assert fresh(second).status == MessageStatus.SENT
    assert server.connections == 2
