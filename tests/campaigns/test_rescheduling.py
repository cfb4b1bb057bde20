"""What a person says about a planned step is read when it is written: now, not before, not at all, another text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Role
from campaigns import editing, intervening, lifecycle, rescheduling, standing
from campaigns.models import Campaign, Recipient
from campaigns.states import Hold, HoldReason, Progress
from foundation.problems import Conflict, Invalid, Missing, NotAllowed
from outreach.models import Mailbox, Message
from outreach.states import MessageStatus, Turn
from sourcing import suppressing
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db

#: After the grace of a campaign that was started at NOW.
RUNNING = NOW + timedelta(hours=1)


@pytest.fixture
def made() -> Campaign:
    """A campaign in full swing: Ada and Bea planned for tomorrow."""
    campaign = making.started(making.campaign("Ada", "Bea"))
    lifecycle.end_of_grace(now=RUNNING)
    Recipient.objects.for_organisation(campaign.organisation_id).update(
        planned_at=RUNNING + timedelta(days=1)
    )
    return making.fresh(campaign)


def step_of(made: Campaign, name: str = "Ada") -> dict[str, int]:
    ada = making.recipient(made, name)
    return {"recipient_id": ada.pk, "step_id": ada.next_step_id}


def read(made: Campaign, at) -> None:
    Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=at, next_send_at=at)


def test_send_now_writes_this_one_first_and_only_this_one(made):
    rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    (message,) = making.written(made, now=RUNNING)
    assert (message.to_name, message.rank, message.not_before) == (
        "Ada Probe",
        Turn.MOVED_BY_HAND,
        RUNNING,
    )
    assert making.recipient(made, "Bea").open_attempt_id is None


def test_send_now_in_the_grace_waits_for_its_end():
    made = making.started(making.campaign("Ada"))
    rescheduling.send_now(**step_of(made), actor=made.owner, now=NOW)
    assert making.recipient(made, "Ada").planned_at == made.grace_until
    assert making.written(made, now=NOW + timedelta(minutes=19)) == []
    assert len(making.written(made, now=made.grace_until)) == 1


def test_send_now_obeys_days_that_are_not_allowed_and_suppression(made):
    Campaign.objects.for_organisation(made.organisation_id).update(allowed_days=[0])
    made.lane.__class__.objects.for_organisation(made.organisation_id).update(allowed_days=[0])
    rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    assert making.written(made, now=RUNNING) == []
    ada = making.recipient(made, "Ada")
    assert (ada.turn, ada.planned_at.weekday()) == (Turn.MOVED_BY_HAND, 0)
    suppressing.suppress_person(candidate=ada.candidate, actor=made.owner, reason="opt_out")
    assert making.written(made, now=ada.planned_at) == []
    assert making.recipient(made, "Ada").hold == Hold.NEEDS_ATTENTION


def test_a_later_step_sent_now_still_waits_for_the_inbox(made):
    rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    (first,) = making.written(made, now=RUNNING)
    making.settle(first, MessageStatus.SENT, now=RUNNING)
    rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    read(made, RUNNING - timedelta(minutes=10))
    assert making.written(made, now=RUNNING) == []
    read(made, RUNNING)
    (second,) = making.written(made, now=RUNNING)
    assert second.read_before_write
    assert second.in_reply_to


def test_nothing_is_sent_now_while_campaign_or_person_is_held(made):
    intervening.pause(recipient_id=step_of(made)["recipient_id"], actor=made.owner, now=RUNNING)
    with pytest.raises(Conflict, match="on hold"):
        rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    lifecycle.pause(campaign=made, actor=made.owner, now=RUNNING)
    with pytest.raises(Conflict, match="paused"):
        rescheduling.send_now(**step_of(made, "Bea"), actor=made.owner, now=RUNNING)


def test_send_now_ends_an_out_of_office(made):
    ada = making.recipient(made, "Ada")
    with transaction.atomic():
        standing.put_on_hold(ada, Hold.OUT_OF_OFFICE, reason=HoldReason.OUT_OF_OFFICE, until=RUNNING)
    rescheduling.send_now(**step_of(made), actor=made.owner, now=RUNNING)
    assert making.recipient(made, "Ada").hold == Hold.NONE


def test_do_not_send_before_outlives_a_new_plan(made):
    moment = RUNNING + timedelta(days=5)
    rescheduling.not_before(**step_of(made), moment=moment, actor=made.owner, now=RUNNING)
    assert making.recipient(made, "Ada").planned_at == moment
    # Whatever plans it anew, the moment is read again when it would be written.
    Recipient.objects.for_organisation(made.organisation_id).update(planned_at=RUNNING)
    written = making.written(made, now=RUNNING)
    assert [message.to_name for message in written] == ["Bea Probe"]
    assert making.recipient(made, "Ada").planned_at == moment
    assert [m.to_name for m in making.written(made, now=moment)] == ["Ada Probe"]


def test_a_cancelled_step_is_left_out_and_the_next_one_begins_the_thread(made):
    rescheduling.cancel(**step_of(made), actor=made.owner, now=RUNNING)
    ada = making.recipient(made, "Ada")
    assert ada.next_step.position == 2
    read(made, ada.planned_at)
    messages = making.written(made, now=ada.planned_at)
    second = next(m for m in messages if m.to_name == "Ada Probe")
    assert second.subject == "Hello Ada", "a thread that begins late borrows the subject of the step before"
    assert "Step 2" in second.body_text


def test_cancelling_the_last_step_completes_the_person(made, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            rescheduling.cancel(**step_of(made), actor=made.owner, now=RUNNING)
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED


def test_this_one_message_has_a_text_of_its_own_that_an_edit_of_the_step_leaves_alone(made):
    change = {"subject": "Dear {{ first_name }}", "body": "I heard your talk, {{ first_name }}."}
    rescheduling.edit(**step_of(made), actor=made.owner, **change)
    step = making.recipient(made, "Ada").next_step
    editing.edit_step(step=step, subject="Other", body="Other.", days=0, new_thread=False, actor=made.owner)
    Recipient.objects.for_organisation(made.organisation_id).update(planned_at=RUNNING)
    texts = {m.to_name: (m.subject, m.body_text) for m in making.written(made, now=RUNNING)}
    assert texts["Ada Probe"][0] == "Dear Ada"
    assert texts["Ada Probe"][1].startswith("I heard your talk, Ada.")
    assert "/u/" in texts["Ada Probe"][1], "the way out stays"
    assert texts["Bea Probe"][0] == "Other"


def test_an_edit_can_be_taken_back(made):
    rescheduling.edit(**step_of(made), subject="", body="Mine.", actor=made.owner)
    rescheduling.undo_edit(**step_of(made), actor=made.owner)
    Recipient.objects.for_organisation(made.organisation_id).update(planned_at=RUNNING)
    assert all("a question" in m.body_text for m in making.written(made, now=RUNNING))


@pytest.mark.parametrize("body", ["", "  ", "{{ nobody }}", "{% for x in (1..9) %}"])
def test_a_text_that_cannot_be_rendered_is_refused(made, body):
    with pytest.raises(Invalid) as refused:
        rescheduling.edit(**step_of(made), subject="x", body=body, actor=made.owner)
    assert "body" in refused.value.fields


def test_what_is_written_already_is_not_planned_any_more(made):
    wanted = step_of(made)
    rescheduling.send_now(**wanted, actor=made.owner, now=RUNNING)
    making.written(made, now=RUNNING)
    for change in (
        lambda: rescheduling.send_now(**wanted, actor=made.owner, now=RUNNING),
        lambda: rescheduling.cancel(**wanted, actor=made.owner, now=RUNNING),
        lambda: rescheduling.edit(**wanted, subject="x", body="x", actor=made.owner),
    ):
        with pytest.raises(rescheduling.NotPlanned):
            change()
    assert Message.objects.for_organisation(made.organisation_id).count() == 1


def test_strangers_find_nothing_and_viewers_may_not(made):
    mallory, vera = user("mallory"), user("vera", of=made.organisation, role=Role.VIEWER)
    with pytest.raises(Missing):
        rescheduling.send_now(**step_of(made), actor=mallory, now=RUNNING)
    with pytest.raises(NotAllowed):
        rescheduling.cancel(**step_of(made), actor=vera, now=RUNNING)
