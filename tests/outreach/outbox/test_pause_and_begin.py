"""The last moment at which a message can be stopped, and that Pause means pause."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.models import Event
from outreach.models import Lane, LaneDay, Mailbox, Message
from outreach.outbox import claims, deliver, feed, leases, queue, transitions
from outreach.outbox.transitions import LeaseLost, Outcome
from outreach.states import MessageStatus, Reason
from sourcing import suppressing
from sourcing.models import Candidate
from tests.outreach import making
from tests.outreach.making import NOW, fresh
from tests.outreach.scripted_smtp import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)

SENT = Outcome(status=MessageStatus.SENT, word="accepted", code="250")


def in_thread(work):
    """Run ``work`` in a thread with a connection of its own; returns the thread and a list for its result."""
    results = []

    def run():
        try:
            results.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def claimed(box: Mailbox, **values) -> tuple[leases.Lease, Message]:
    making.write(box, **values)
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    return lease, message


def test_nothing_of_a_held_lane_begins_and_the_message_waits_in_the_queue():
    box = making.mailbox()
    lane = making.lane(box)
    lease, message = claimed(box, lane_id=lane.pk)
    queue.hold_lane(lane_id=lane.pk, code="paused", text="Paused by Alice.", now=NOW)
    assert transitions.begin(lease, message, now=NOW) == Reason.CAMPAIGN_HELD
    assert fresh(message).status == MessageStatus.QUEUED
    assert claims.claim_next(lease, now=NOW, limit=1, room=True) == []
    queue.release_lane(lane_id=lane.pk)
    assert len(claims.claim_next(lease, now=NOW, limit=1, room=True)) == 1


def test_pause_names_what_is_already_being_handed_over():
    box = making.mailbox()
    lane = making.lane(box)
    lease, message = claimed(box, lane_id=lane.pk)
    assert transitions.begin(lease, message, now=NOW) is None
    assert queue.hold_lane(lane_id=lane.pk, code="paused", text="", now=NOW) == [message.pk]


def test_pause_returns_only_after_a_running_begin_and_nothing_begins_afterwards():
    box = making.mailbox()
    lane = making.lane(box)
    lease, message = claimed(box, lane_id=lane.pk)
    inside, go_on = threading.Event(), threading.Event()

    class Slow:
        name = "slow"

        def may_begin(self, **_asked):
            inside.set()
            assert go_on.wait(60)

    feed.register(Slow())
    Message.objects.across_organisations("test").update(origin="campaign")
    message.origin = "campaign"
    beginning, _ = in_thread(lambda: transitions.begin(lease, message, now=NOW))
    assert inside.wait(60)
    pausing, named = in_thread(lambda: queue.hold_lane(lane_id=lane.pk, code="paused", text="", now=NOW))
    pausing.join(0.3)
    assert pausing.is_alive(), "Pause waits for the running begin"
    go_on.set()
    beginning.join(60)
    pausing.join(60)
    assert named == [[message.pk]]
    assert fresh(message).status == MessageStatus.SENDING


def test_under_fire_nothing_reaches_the_server_that_began_after_pause_returned(server: ScriptedServer):
    server.script["data"] = lambda _: time.sleep(0.005)
    box = making.mailbox(port=server.port)
    lane = making.lane(box)
    making.write(box, *[f"p{n}@example.org" for n in range(200)], lane_id=lane.pk)
    sending, _ = in_thread(lambda: deliver.deliver_mailbox(box.pk, clock=lambda: NOW))
    while len(server.accepted) < 20:
        time.sleep(0.01)
    named = queue.hold_lane(lane_id=lane.pk, code="paused", text="", now=NOW)
    at_pause = set(making.statuses(box))
    sent_or_named = {
        row.pk
        for row in Message.objects.across_organisations("test")
        if row.status in {"sent", "sending"} or row.pk in named
    }
    sending.join(60)
    assert "queued" in at_pause | set(making.statuses(box))
    left = set(
        Message.objects.across_organisations("test").filter(status="sent").values_list("pk", flat=True)
    )
    assert left <= sent_or_named
    assert len(server.accepted) == len(left)


def test_a_person_who_opted_out_after_the_claim_gets_nothing():
    box = making.mailbox()
    peter = making.person(box)
    lease, message = claimed(box, candidate_id=peter.pk)
    suppressing.suppress_person(candidate=peter, actor=None)
    assert transitions.begin(lease, message, now=NOW) == Reason.SUPPRESSED_PERSON
    assert fresh(message).status == MessageStatus.SUPPRESSED
    assert Event.objects.across_organisations("test").filter(kind="message.suppressed").count() == 1


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (lambda of: suppressing.suppress_address(address="p@acme.example", **of), Reason.SUPPRESSED_ADDRESS),
        (lambda of: suppressing.suppress_domain(domain="acme.example", **of), Reason.SUPPRESSED_DOMAIN),
        (lambda of: suppressing.suppress_company(company="Acme", **of), Reason.SUPPRESSED_COMPANY),
    ],
)
def test_what_kind_of_entry_stopped_the_message_is_told(stop, reason):
    box = making.mailbox()
    peter = making.person(box)
    Candidate.objects.for_organisation(box.organisation_id).filter(pk=peter.pk).update(company="Acme")
    making.write(box, "p@acme.example", candidate_id=peter.pk)
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    stop({"organisation": box.organisation, "actor": box.owner})
    assert transitions.begin(lease, message, now=NOW) == reason
    assert fresh(message).status == MessageStatus.SUPPRESSED


def test_the_lanes_day_is_counted_at_begin_and_its_limit_obeyed():
    box = making.mailbox()
    lane = making.lane(box, daily_limit=1, zone="Europe/Berlin")
    first, second = making.write(box, "ann@example.org", "bob@example.org", lane_id=lane.pk)
    lease = leases.take(box.pk)
    claims.claim_next(lease, now=NOW, limit=2, room=True)
    first, second = fresh(first), fresh(second)
    assert transitions.begin(lease, first, now=NOW) is None
    assert transitions.begin(lease, second, now=NOW) == Reason.CAMPAIGN_DAY
    day = LaneDay.objects.across_organisations("test").get(lane=lane)
    assert (day.date, day.used) == (date(2026, 5, 12), 1)
    assert claims.claim_next(lease, now=NOW, limit=2, room=True) == []
    row = fresh(second)
    assert row.not_before == NOW + timedelta(days=1), "its own clock time on the next day, not midnight"
    assert row.reason_code == Reason.CAMPAIGN_DAY


def test_a_place_of_the_day_is_given_back_when_the_server_took_nothing():
    box = making.mailbox()
    lane = making.lane(box, daily_limit=1)
    lease, message = claimed(box, lane_id=lane.pk)
    transitions.begin(lease, message, now=NOW)
    later = Outcome(status=MessageStatus.QUEUED, word="later", code="451", not_before=NOW, failed=True)
    assert transitions.settle(message, later, now=NOW)
    assert LaneDay.objects.across_organisations("test").get(lane=lane).used == 0


def test_on_a_day_that_is_not_allowed_nothing_is_claimed():
    box = making.mailbox()
    lane = making.lane(box, allowed_days=[0])
    (message,) = making.write(box, lane_id=lane.pk)
    lease = leases.take(box.pk)
    assert claims.claim_next(lease, now=NOW, limit=1, room=True) == []
    row = fresh(message)
    assert (row.reason_code, row.not_before) == (Reason.DAY_NOT_ALLOWED, NOW + timedelta(days=6))


def test_a_later_step_leaves_only_after_the_mailbox_was_read_within_three_minutes():
    box = making.mailbox()
    making.write(box, read_before_write=True)
    for read_at, leaves in (
        (None, False),
        (NOW - timedelta(minutes=3, seconds=1), False),
        (NOW - timedelta(minutes=3), True),
    ):
        Mailbox.objects.across_organisations("test").update(read_completely_at=read_at)
        lease = leases.take(box.pk)
        found = claims.claim_next(lease, now=NOW, limit=1, room=True)
        assert bool(found) is leaves
        transitions.put_back(found, now=NOW)
        leases.give_back(lease)


def test_a_lost_lease_stops_the_worker_before_anything_is_handed_over():
    box = making.mailbox()
    lease, message = claimed(box)
    Mailbox.objects.across_organisations("test").update(leased_by="somebody else")
    with pytest.raises(LeaseLost):
        transitions.begin(lease, message, now=NOW)
    assert fresh(message).status == MessageStatus.CLAIMED


def test_a_cancelled_message_cannot_begin_and_one_being_handed_over_cannot_be_cancelled():
    box = making.mailbox()
    lease, message = claimed(box)
    assert queue.cancel(message_ids=[message.pk], reason=Reason.CANCELLED_BY_HAND, now=NOW) == {message.pk}
    with pytest.raises(LeaseLost):
        transitions.begin(lease, message, now=NOW)
    leases.give_back(lease)
    lease, other = claimed(box)
    transitions.begin(lease, other, now=NOW)
    assert queue.cancel(message_ids=[other.pk], reason=Reason.STOPPED, now=NOW) == set()
    assert fresh(other).status == MessageStatus.SENDING


def test_one_commit_settles_a_message_and_begins_the_next():
    box = making.mailbox()
    first, second = making.write(box, "ann@example.org", "bob@example.org")
    lease = leases.take(box.pk)
    claims.claim_next(lease, now=NOW, limit=2, room=True)
    first, second = fresh(first), fresh(second)
    transitions.begin(lease, first, now=NOW)
    first.status = MessageStatus.SENDING
    with transaction.atomic():
        transitions.begin(lease, second, now=NOW, settled=transitions.Settled(first, SENT))
        transaction.set_rollback(True)
    assert [fresh(first).status, fresh(second).status] == ["sending", "claimed"]
    second.status = MessageStatus.CLAIMED
    transitions.begin(lease, second, now=NOW, settled=transitions.Settled(first, SENT))
    assert [fresh(first).status, fresh(second).status] == ["sent", "sending"]
    assert Event.objects.across_organisations("test").filter(kind="message.sent").count() == 1


def test_what_was_sent_is_written_down_whether_the_next_may_go_or_not_but_never_by_who_lost_the_mailbox():
    box = making.mailbox()
    lane = making.lane(box, daily_limit=1)
    first, second = making.write(box, "ann@example.org", "bob@example.org", lane_id=lane.pk)
    lease = leases.take(box.pk)
    claims.claim_next(lease, now=NOW, limit=2, room=True)
    first, second = fresh(first), fresh(second)
    transitions.begin(lease, first, now=NOW)
    settled = transitions.Settled(first, SENT)
    ours = Message.objects.across_organisations("test").filter(pk=second.pk)
    ours.update(claim_token=uuid.uuid4())
    Lane.objects.across_organisations("test").update(daily_limit=2)
    with pytest.raises(LeaseLost):
        transitions.begin(lease, second, now=NOW, settled=settled)
    assert [fresh(first).status, fresh(second).status] == ["sending", "claimed"]
    assert LaneDay.objects.across_organisations("test").get(lane=lane).used == 1
    ours.update(claim_token=lease.token)
    Lane.objects.across_organisations("test").update(daily_limit=1)
    assert transitions.begin(lease, second, now=NOW, settled=settled) == Reason.CAMPAIGN_DAY
    assert [fresh(first).status, fresh(second).status] == ["sent", "queued"]
    # Whoever comes late changes nothing and tells nobody.
    assert not transitions.settle(first, SENT, now=NOW)
    assert Event.objects.across_organisations("test").filter(kind="message.sent").count() == 1


@settings(max_examples=20, deadline=None)
@given(hours=st.lists(st.integers(0, 60), min_size=1, max_size=12), limit=st.integers(1, 4))
def test_the_rolling_day_is_never_exceeded_whenever_turns_come(hours, limit):
    box = making.mailbox(daily_limit=limit)
    making.write(box, *[f"p{n}@example.org" for n in range(30)])
    lease = leases.take(box.pk)
    begun = []
    for hour in sorted(hours):
        now = NOW + timedelta(hours=hour)
        for message in claims.claim_next(lease, now=now, limit=5, room=True):
            if transitions.begin(lease, message, now=now) is None:
                begun.append(now)
                transitions.settle(message, SENT, now=now)
    for moment in begun:
        assert sum(moment - timedelta(hours=24) < other <= moment for other in begun) <= limit
    leases.give_back(lease)
