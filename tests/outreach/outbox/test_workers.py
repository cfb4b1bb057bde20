"""Many workers, and workers that die: at most once, never silently lost."""

from __future__ import annotations

import itertools
import random
import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings

from foundation.models import Event
from outreach import mailboxes, slots
from outreach.models import LaneDay, Mailbox, Message
from outreach.outbox import capacity, claims, deliver, leases, limits, sweeping, transitions
from outreach.outbox.transitions import Outcome
from outreach.slots import Slots
from outreach.states import MessageStatus, Reason
from outreach.transports import smtp
from tests.outreach import making
from tests.outreach.making import NOW, fresh
from tests.outreach.scripted_smtp import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)

SENT = Outcome(status=MessageStatus.SENT, word="accepted", code="250")


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the worker's own clean-up may run after it."""


def in_threads(count: int, work) -> None:
    def run(number: int) -> None:
        try:
            work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def expire_leases() -> None:
    rows = Mailbox.objects.across_organisations("test").exclude(lease_until=None)
    rows.update(lease_until=NOW - timedelta(days=3650))


def test_eight_workers_at_three_mailboxes_send_each_message_once(server: ScriptedServer):
    boxes = [making.mailbox(port=server.port) for _ in range(3)]
    for box in boxes:
        making.write(box, *[f"p{n}@example.org" for n in range(20)])

    def work(number: int) -> None:
        order = random.Random(number)
        for _ in range(12):
            deliver.deliver_mailbox(
                order.choice(boxes).pk, clock=lambda: NOW, turn=timedelta(seconds=order.uniform(0, 0.2))
            )
            sweeping.sweep(now=NOW)

    in_threads(8, work)
    for box in boxes:
        deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert len(server.accepted) == 60
    assert set(server.message_ids().values()) == {1}
    assert {status for box in boxes for status in making.statuses(box)} == {"sent"}


def test_eight_workers_never_exceed_the_limits_of_mailbox_and_lane(server: ScriptedServer):
    owner = making.user()
    boxes = [making.mailbox(owner, port=server.port, daily_limit=7) for _ in range(4)]
    lane = making.lane(boxes[0], daily_limit=20)
    for box in boxes:
        making.write(box, *[f"p{n}.{box.pk}@example.org" for n in range(12)], lane_id=lane.pk)
    in_threads(
        8, lambda n: [deliver.deliver_mailbox(boxes[(n + k) % 4].pk, clock=lambda: NOW) for k in range(4)]
    )
    rows = Message.objects.across_organisations("test").filter(status="sent")
    assert rows.count() == len(server.accepted) == 20
    assert LaneDay.objects.across_organisations("test").get().used == 20
    assert max(rows.filter(mailbox=box).count() for box in boxes) <= 7


class SharedClock:
    """One clock for all workers: every look moves it on by some seconds."""

    def __init__(self, step: timedelta) -> None:
        self.now, self.step, self.lock = NOW, step, threading.Lock()

    def __call__(self):
        with self.lock:
            self.now += self.step
            return self.now

    def rest_until(self, moment: datetime) -> None:
        """Spare everybody most of a long rest; the minutes before its end are looked at like all others."""
        with self.lock:
            if moment - self.now > timedelta(hours=1):
                self.now = moment - timedelta(minutes=10)


@pytest.mark.parametrize("young", [True, False])
def test_eight_workers_never_send_under_the_gap_nor_above_ramp_and_limit(server: ScriptedServer, young: bool):
    """Days of sending in a few seconds; what began is judged by the rules that held at that moment."""
    born = NOW - timedelta(hours=1) if young else NOW - timedelta(days=365)
    box = making.mailbox(
        port=server.port, min_gap_seconds=60, max_gap_seconds=90, daily_limit=23, created_at=born
    )
    making.write(box, *[f"p{n}@example.org" for n in range(150)])
    boxes = Mailbox.objects.for_organisation(box.organisation_id).filter(pk=box.pk)
    clock = SharedClock(timedelta(seconds=61))

    def work(number: int) -> None:
        order = random.Random(number)
        while clock.now < NOW + timedelta(days=1.2):
            turn = timedelta(seconds=order.uniform(0, 0.05))
            if not deliver.deliver_mailbox(box.pk, clock=clock, turn=turn).tried:
                # Seven who ask for a lease again and again take the machine from the one who has it.
                time.sleep(0.01)
                clock.rest_until(boxes.get().next_send_at)
            if order.random() < 0.05:
                mailboxes.set_limits(actor=box.owner, mailbox_id=box.pk, now=clock(), daily_limit=23)
            if order.random() < 0.2:
                clock.step = timedelta(seconds=order.choice([1, 61, 240]))

    in_threads(8, work)
    # How much of a day eight workers use up by looking at its clock hangs on the machine; one alone fills it.
    clock.step = timedelta(seconds=300)
    while clock.now < NOW + timedelta(days=4):
        deliver.deliver_mailbox(box.pk, clock=clock)
    rows = list(Message.objects.across_organisations("test").exclude(sending_at=None).order_by("sending_at"))
    begun = [row.sending_at for row in rows]
    rules = capacity.limits_of(box)
    assert len(begun) > 23
    for row, later in itertools.pairwise(rows):
        assert later.sending_at - row.sending_at >= limits.gap(rules, seed=str(row.pk))
    for moment in begun:
        within = sum(moment - limits.WINDOW < other <= moment for other in begun)
        assert within <= limits.ceiling(rules, now=moment).count
    assert max(sum(m - limits.WINDOW < o <= m for o in begun) for m in begun) == 23
    assert set(server.message_ids().values()) == {1}


def test_new_limits_end_a_rest_but_never_the_gap(server: ScriptedServer):
    box = making.mailbox(port=server.port, min_gap_seconds=300, max_gap_seconds=300, daily_limit=1)
    making.write(box, "a@example.org", "b@example.org")
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    minute = timedelta(minutes=1)
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW + 6 * minute)
    box.refresh_from_db()
    assert box.next_send_at == NOW + limits.WINDOW
    mailboxes.set_limits(actor=box.owner, mailbox_id=box.pk, now=NOW + 2 * minute, daily_limit=5)
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW + 3 * minute)
    assert making.statuses(box) == ["sent", "queued"]
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW + 5 * minute)
    assert making.statuses(box) == ["sent", "sent"]


def test_a_message_that_was_claimed_before_the_gap_began_does_not_begin_in_it():
    box = making.mailbox(min_gap_seconds=60, max_gap_seconds=60)
    making.write(box)
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    Mailbox.objects.across_organisations("test").update(next_send_at=NOW + timedelta(seconds=30))
    assert transitions.begin(lease, message, now=NOW) is Reason.MAILBOX_GAP
    assert fresh(message).status == MessageStatus.QUEUED


@pytest.mark.parametrize(
    ("killed_at", "status_then", "status_after_sweep", "arrived"),
    [
        ("claim", "claimed", "queued", 0),
        ("envelope", "claimed", "queued", 0),
        ("begin", "sending", "uncertain", 0),
        ("data", "sending", "uncertain", 1),
    ],
)
def test_a_worker_killed_between_two_stages_leaves_a_message_that_is_found(
    server, monkeypatch, killed_at, status_then, status_after_sweep, arrived
):
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)

    def dies_after(owner, name):
        really = getattr(owner, name)

        def dying(*args, **kwargs):
            really(*args, **kwargs)
            raise Killed

        monkeypatch.setattr(owner, name, dying)

    stages = {
        "claim": (claims, "claim_next"),
        "envelope": (smtp.SmtpSession, "envelope"),
        "begin": (transitions, "begin"),
        "data": (smtp.SmtpSession, "data"),
    }
    with monkeypatch.context() as patched:
        # What a killed process does not do any more.
        patched.setattr(transitions, "put_back", lambda *_args, **_kwargs: None)
        patched.setattr(leases, "give_back", lambda _lease: None)
        dies_after(*stages[killed_at])
        with pytest.raises(Killed):
            deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    monkeypatch.undo()
    assert fresh(message).status == status_then
    sweeping.sweep(now=NOW)
    assert fresh(message).status == status_then, "the lease still runs"
    expire_leases()
    sweeping.sweep(now=NOW)
    assert fresh(message).status == status_after_sweep
    assert len(server.accepted) == arrived
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert max(server.message_ids().values(), default=0) <= 1
    if status_after_sweep == "queued":
        assert fresh(message).status == MessageStatus.SENT


def test_a_slow_worker_whose_message_was_given_up_still_settles_it_with_its_token():
    box = making.mailbox()
    making.write(box)
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    transitions.begin(lease, message, now=NOW)
    expire_leases()
    sweeping.sweep(now=NOW)
    assert fresh(message).status == MessageStatus.UNCERTAIN
    assert fresh(message).reason_code == Reason.WORKER_LOST
    assert transitions.settle(message, SENT, now=NOW)
    assert fresh(message).status == MessageStatus.SENT
    kinds = Event.objects.across_organisations("test").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["message.uncertain", "message.sent"]


def test_a_slow_worker_cannot_touch_a_message_that_somebody_else_claimed_again():
    box = making.mailbox()
    making.write(box)
    lease = leases.take(box.pk)
    (slow,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    expire_leases()
    sweeping.sweep(now=NOW)
    other = leases.take(box.pk)
    (quick,) = claims.claim_next(other, now=NOW, limit=1, room=True)
    with pytest.raises(transitions.LeaseLost):
        transitions.begin(lease, slow, now=NOW)
    assert not transitions.settle(slow, Outcome(status=MessageStatus.REFUSED, word="refused"), now=NOW)
    assert transitions.begin(other, quick, now=NOW) is None
    assert transitions.settle(quick, SENT, now=NOW)


def test_settling_twice_changes_and_tells_nothing_more():
    box = making.mailbox()
    making.write(box)
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    transitions.begin(lease, message, now=NOW)
    assert transitions.settle(message, SENT, now=NOW)
    assert not transitions.settle(message, SENT, now=NOW)
    assert Event.objects.across_organisations("test").filter(kind="message.sent").count() == 1


def test_only_one_worker_holds_a_mailbox_and_a_lease_that_ran_out_may_be_taken():
    box = making.mailbox()
    assert leases.take(box.pk) is not None
    assert leases.take(box.pk) is None
    expire_leases()
    assert leases.take(box.pk) is not None


@override_settings(SMTP_TIMEOUT=timedelta(seconds=0.3))
def test_a_server_that_never_answers_data_leaves_the_message_uncertain(server):
    server.script["content"] = lambda _: time.sleep(2)
    box = making.mailbox(port=server.port)
    (message,) = making.write(box)
    deliver.deliver_mailbox(box.pk, clock=lambda: NOW)
    assert fresh(message).status == MessageStatus.UNCERTAIN


def test_held_back_people_and_full_mailboxes_are_not_woken(server):
    held = making.mailbox(port=server.port)
    making.write(held, lane_id=making.lane(held, held="paused").pk)
    resting = making.mailbox(port=server.port, next_send_at=NOW + timedelta(minutes=1))
    making.write(resting)
    ready = making.mailbox(port=server.port)
    making.write(ready)
    idle = making.mailbox(port=server.port)
    assert idle.pk not in deliver.ready_mailboxes(now=NOW)
    assert deliver.ready_mailboxes(now=NOW) == [ready.pk]


def test_one_server_gets_three_quarters_of_the_slots_and_a_quarter_while_it_hangs(monkeypatch):
    counter = Slots(total=8)
    assert [counter.enter("slow:25") for _ in range(7)] == [True] * 6 + [False]
    assert counter.enter("other:25"), "another server is not held up"
    for _ in range(6):
        counter.leave("slow:25")
    moment = time.monotonic()
    with counter.waiting("slow:25"):
        monkeypatch.setattr(slots.time, "monotonic", lambda: moment + 10)
        assert [counter.enter("slow:25") for _ in range(3)] == [True, True, False]
        assert [counter.enter("third:25") for _ in range(6)] == [True] * 6
    assert counter.allowed("slow:25") == 6, "it answered"
