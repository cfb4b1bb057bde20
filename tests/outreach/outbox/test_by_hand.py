"""What a person does to one written message: only while it waits, and never past a limit or a held lane."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from foundation.problems import Invalid, Missing, NotAllowed
from outreach import unsubscribe
from outreach.models import Lane, Message
from outreach.outbox import by_hand, deliver, wire
from outreach.states import MessageStatus, Reason, Turn
from tests.outreach import making
from tests.outreach.making import NOW, fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box():
    return making.mailbox()


def later(box, **values) -> Message:
    return making.write(box, planned_at=NOW + timedelta(days=3), **values)[0]


def test_send_now_goes_before_everything_else_of_its_mailbox(server):
    box = making.mailbox(port=server.port)
    due, waits = making.write(box, "ann@example.org")[0], later(box)
    by_hand.send_now(message_id=waits.pk, actor=box.owner, now=NOW)
    moved = fresh(waits)
    assert (moved.rank, moved.not_before) == (Turn.MOVED_BY_HAND, NOW)
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert server.recipients() == ["peter@example.org", "ann@example.org"]
    assert fresh(due).status == fresh(waits).status == MessageStatus.SENT
    assert [tried.word for tried in moved.send_tries.all()] == ["Send now", "Accepted"]


def test_send_now_obeys_a_held_lane_and_the_allowed_days(server):
    box = making.mailbox(port=server.port)
    paused, monday = making.lane(box, held="paused", held_text="Paused."), making.lane(box, allowed_days=[0])
    for lane in (paused, monday):
        waits = later(box, lane_id=lane.pk)
        by_hand.send_now(message_id=waits.pk, actor=box.owner, now=NOW)
        deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
        assert fresh(waits).status == MessageStatus.QUEUED
    assert fresh(waits).not_before > NOW + timedelta(days=5), "Tuesday: it waits for the next Monday"


def test_do_not_send_before_holds_it_back_and_says_so(server):
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    moment = NOW + timedelta(days=2)
    by_hand.not_before(message_id=message.pk, moment=moment, actor=box.owner, now=NOW)
    deliver.deliver_mailbox(box.pk, clock=lambda: moment - timedelta(seconds=1))
    assert fresh(message).status == MessageStatus.QUEUED
    assert fresh(message).reason_code == Reason.NOT_BEFORE
    deliver.deliver_mailbox(box.pk, clock=lambda: moment)
    assert fresh(message).status == MessageStatus.SENT


@pytest.mark.parametrize("moment", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=400)])
def test_a_moment_that_is_over_or_too_far_is_refused(box, moment):
    with pytest.raises(Invalid, match="lies ahead"):
        by_hand.not_before(message_id=later(box).pk, moment=moment, actor=box.owner, now=NOW)


def test_an_edited_message_says_the_new_text_and_keeps_its_way_out(box):
    message = later(box, origin="campaign")
    by_hand.edit(
        message_id=message.pk, subject="New\r\nBcc: x@y.example", body="Only you.", actor=box.owner, now=NOW
    )
    row = fresh(message)
    assert row.subject == "New Bcc: x@y.example"
    assert row.text_by_hand
    assert unsubscribe.link_for(row.token) in row.body_text
    row.claimed_at = NOW
    mail = wire.content(row, box).decode()
    assert "\nBcc:" not in mail
    assert "Only you." in mail


@pytest.mark.parametrize(
    ("subject", "body", "field"), [("", "x", "subject"), ("x", " \n", "body"), ("x" * 300, "x", "subject")]
)
def test_an_empty_or_endless_text_is_refused(box, subject, body, field):
    with pytest.raises(Invalid) as refused:
        by_hand.edit(message_id=later(box).pk, subject=subject, body=body, actor=box.owner, now=NOW)
    assert field in refused.value.fields


@pytest.mark.parametrize(
    "status", [s for s in MessageStatus if s not in {MessageStatus.QUEUED, MessageStatus.PLANNED}]
)
def test_what_a_worker_holds_or_has_ended_stays_what_it_is(box, status):
    message = later(box)
    Message.objects.for_organisation(box.organisation_id).filter(pk=message.pk).update(status=status)
    for change in (
        lambda: by_hand.send_now(message_id=message.pk, actor=box.owner, now=NOW),
        lambda: by_hand.not_before(
            message_id=message.pk, moment=NOW + timedelta(days=1), actor=box.owner, now=NOW
        ),
        lambda: by_hand.edit(message_id=message.pk, subject="x", body="x", actor=box.owner, now=NOW),
    ):
        with pytest.raises(by_hand.TooLate):
            change()
    row = fresh(message)
    assert (row.status, row.subject, row.not_before) == (status, "Hello", NOW + timedelta(days=3))


def test_strangers_find_nothing_and_viewers_may_not(box):
    message = later(box)
    mallory, vera = making.user("mallory"), making.user("vera", of=box.organisation, role=Role.VIEWER)
    with pytest.raises(Missing):
        by_hand.send_now(message_id=message.pk, actor=mallory, now=NOW)
    with pytest.raises(NotAllowed):
        by_hand.send_now(message_id=message.pk, actor=vera, now=NOW)
    assert by_hand.cancel(message_ids=[message.pk], actor=mallory, now=NOW) == set()
    assert by_hand.cancel(message_ids=[message.pk], actor=box.owner, now=NOW) == {message.pk}
    assert Lane.objects.for_organisation(box.organisation_id).count() == 0
