"""From Start to an end: planning, writing at the last moment, folding what became of each message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import advancing, editing, enrolment, folding, intervening, lifecycle, reactions, selectors
from campaigns.models import Attempt, Recipient
from campaigns.states import CampaignStatus, Hold, Progress
from outreach import fuses
from outreach.models import FuseTrip, InboundMessage, Mailbox, Message
from outreach.outbox import queue
from outreach.states import Reason
from sourcing import contact_points, suppressing
from sourcing.models import ContactPoint
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_start_answers_at_once_and_plans_nobody_before_the_grace_has_ended():
    made = making.campaign("Ada", "Bea")
    started = making.started(made)
    assert started.status == CampaignStatus.STARTING
    assert started.grace_until == NOW + timedelta(minutes=20)
    planned = [making.recipient(made, name).planned_at for name in ("Ada", "Bea")]
    assert planned == [NOW + timedelta(minutes=20)] * 2
    assert advancing.CampaignFeed().due(mailbox_ids=[made.mailbox_id], now=NOW + timedelta(minutes=19)) == {}


def test_a_second_click_on_start_changes_nothing():
    made = making.campaign("Ada")
    first = making.started(made)
    again = lifecycle.start(campaign=made, actor=made.owner, now=NOW + HOUR)
    assert again.started_at == first.started_at
    assert again.grace_until == first.grace_until


def test_start_says_everything_that_is_missing():
    made = making.campaign()
    step = made.steps.get(position=1)
    editing.edit_step(
        step=step, subject="", body="{{ nonsense }}", days=0, new_thread=False, actor=made.owner
    )
    with pytest.raises(lifecycle.NotReady) as refused:
        lifecycle.start(campaign=made, actor=made.owner, now=NOW)
    text = str(refused.value)
    assert "no subject" in text
    assert "nonsense" in text
    assert "Add people" in text


def test_nothing_is_rendered_before_its_mailbox_may_send_it():
    made = making.started(making.campaign("Ada"))
    assert not Message.objects.for_organisation(made.organisation_id).exists()
    (message,) = making.written(made)
    assert message.subject == "Hello Ada"
    assert message.to_address == "ada@work.example"
    assert "/u/" in message.body_text
    assert making.recipient(made, "Ada").open_attempt is not None


def test_writing_twice_writes_once():
    made = making.started(making.campaign("Ada"))
    assert len(making.written(made)) == 1
    assert making.written(made) == []


def test_a_sent_step_plans_the_next_one_from_the_day_it_really_left():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + timedelta(days=1))
    ada = making.recipient(made, "Ada")
    assert ada.progress == Progress.STARTED
    assert ada.next_step.position == 2
    assert ada.planned_at.date() == (NOW + timedelta(days=4)).date()
    assert ada.open_attempt is None


def test_folding_the_same_outcome_again_changes_nothing():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent")
    before = making.recipient(made, "Ada").planned_at
    assert not folding.fold(message_id=message.pk, organisation_id=made.organisation_id, now=NOW + 9 * HOUR)
    assert making.recipient(made, "Ada").planned_at == before


def test_a_follow_up_answers_in_the_same_thread():
    made = making.started(making.campaign("Ada"))
    (first,) = making.written(made)
    making.settle(first, "sent")
    later = NOW + timedelta(days=5)
    made.mailbox.__class__.objects.for_organisation(made.organisation_id).update(
        read_completely_at=later, next_send_at=later
    )
    (second,) = making.written(made, now=later)
    assert second.subject == "Re: Hello Ada"
    assert second.in_reply_to == first.our_message_id
    assert second.read_before_write


def test_a_follow_up_waits_until_the_inbox_was_read():
    made = making.started(making.campaign("Ada"))
    (first,) = making.written(made)
    making.settle(first, "sent")
    later = NOW + timedelta(days=5)
    feed = advancing.CampaignFeed()
    assert feed.due(mailbox_ids=[made.mailbox_id], now=later) == {}


def test_the_last_step_completes_the_recipient_and_the_campaign(django_capture_on_commit_callbacks):
    made = making.started(making.campaign("Ada", steps=1))
    lifecycle.end_of_grace(now=NOW + HOUR)
    (message,) = making.written(made)
    with django_capture_on_commit_callbacks(execute=True):
        making.settle(message, "sent")
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED
    assert making.fresh(made).status == CampaignStatus.COMPLETED


def test_a_hard_bounce_goes_on_with_the_next_address_in_a_new_thread():
    made = making.started(making.campaign("Ada"))
    (first,) = making.written(made)
    making.settle(first, "sent")
    contact_points.mark_bounced(
        organisation_id=made.organisation_id,
        candidate_id=making.recipient(made, "Ada").candidate_id,
        address="ada@work.example",
        at=NOW,
        cause="5.1.1",
    )
    making.settle(first, "bounced", failure_class="hard", now=NOW + 2 * HOUR)
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.next_step.position, ada.next_try) == (Progress.STARTED, 1, 2)
    assert ada.planned_at == NOW + 2 * HOUR + timedelta(minutes=20)
    (second,) = making.written(made, now=NOW + 3 * HOUR)
    assert second.to_address == "ada@home.example"
    assert second.in_reply_to == ""
    assert making.attempts(made, "Ada") == [
        (1, "ada@work.example", "hard"),
        (1, "ada@home.example", "open"),
    ]


def test_without_another_address_a_bounce_is_the_end():
    made = making.started(making.campaign("Ada", addresses={"Ada": ["ada@work.example"]}))
    (first,) = making.written(made)
    making.settle(first, "refused", failure_class="hard")
    ada = making.recipient(made, "Ada")
    assert ada.progress == Progress.BOUNCED
    assert ada.planned_at is None


def test_a_second_report_about_the_same_address_changes_nothing():
    made = making.started(making.campaign("Ada"))
    (first,) = making.written(made)
    making.settle(first, "sent")
    making.settle(first, "bounced", failure_class="hard", now=NOW + 2 * HOUR)
    planned = making.recipient(made, "Ada").planned_at
    assert not folding.fold(message_id=first.pk, organisation_id=made.organisation_id, now=NOW + 9 * HOUR)
    assert making.recipient(made, "Ada").planned_at == planned


def test_try_again_after_a_bounce_repeats_the_step_to_a_new_address():
    made = making.started(making.campaign("Ada", addresses={"Ada": ["ada@work.example"]}))
    (first,) = making.written(made)
    making.settle(first, "refused", failure_class="hard")
    ada = making.recipient(made, "Ada")
    intervening.try_again(
        recipient_id=ada.pk, address="Ada.New@home.example", actor=made.owner, now=NOW + 2 * HOUR
    )
    (again,) = making.written(made, now=NOW + 3 * HOUR)
    assert again.to_address == "ada.new@home.example"
    # The profile is not touched.
    assert (
        not ContactPoint.objects.for_organisation(made.organisation_id)
        .filter(normalised="ada.new@home.example")
        .exists()
    )


def test_a_soft_failure_tries_the_same_address_again_on_the_next_day():
    made = making.started(making.campaign("Ada"))
    (first,) = making.written(made)
    making.settle(first, "failed", failure_class="soft")
    ada = making.recipient(made, "Ada")
    assert ada.planned_at.date() == (NOW + timedelta(days=1)).date()
    (again,) = making.written(made, now=ada.planned_at)
    assert again.to_address == "ada@work.example"


def test_the_third_soft_failure_of_an_address_counts_as_a_dead_one():
    made = making.started(making.campaign("Ada"))
    moment = NOW + HOUR
    for _ in range(3):
        (message,) = making.written(made, now=moment)
        assert message.to_address == "ada@work.example"
        making.settle(message, "failed", failure_class="soft", now=moment)
        moment = making.recipient(made, "Ada").planned_at
    (message,) = making.written(made, now=moment)
    assert message.to_address == "ada@home.example"


def test_an_uncertain_send_holds_the_recipient_until_proof():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "uncertain")
    assert making.recipient(made, "Ada").hold == Hold.UNCERTAIN_SEND
    assert making.written(made, now=NOW + timedelta(days=30)) == []
    making.settle(message, "sent", now=NOW + 2 * HOUR)
    ada = making.recipient(made, "Ada")
    assert (ada.hold, ada.next_step.position) == (Hold.NONE, 2)


def test_pause_takes_back_what_waits_and_resume_never_sends_in_a_burst():
    made = making.started(making.campaign("Ada", "Bea"))
    waiting = making.written(made)
    paused = lifecycle.pause(campaign=made, actor=made.owner, now=NOW + HOUR)
    assert paused.in_flight == ()
    for message in waiting:
        folding.fold(message_id=message.pk, organisation_id=made.organisation_id, now=NOW + HOUR)
    assert making.written(made, now=NOW + 2 * HOUR) == []
    resumed_at = NOW + timedelta(days=2)
    lifecycle.resume(campaign=made, actor=made.owner, now=resumed_at)
    assert making.written(made, now=resumed_at) == []
    making.plan(made)
    planned = {making.recipient(made, name).planned_at for name in ("Ada", "Bea")}
    assert planned == {resumed_at + timedelta(minutes=20)}


def test_a_paused_message_is_not_shown_as_a_skipped_step():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + HOUR)
    folding.fold(message_id=message.pk, organisation_id=made.organisation_id, now=NOW + HOUR)
    ada = making.recipient(made, "Ada")
    lines = selectors.timeline(ada, viewer=made.owner, now=NOW + HOUR)
    assert [line.status for line in lines] == ["pending", "pending"]


def test_an_edit_reaches_a_message_that_is_written_but_not_claimed():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    step = made.steps.get(position=1)
    reached = editing.edit_step(
        step=step, subject="New subject", body="New text", days=0, new_thread=False, actor=made.owner
    )
    assert reached == 1
    assert advancing.CampaignFeed().refresh(message=message, now=NOW + HOUR)
    message.refresh_from_db()
    assert (message.subject, message.body_text.split("\n")[0]) == ("New subject", "New text")


def test_a_missing_variable_holds_the_person_and_nobody_else():
    made = making.campaign("Ada", "Bea")
    step = made.steps.get(position=1)
    editing.edit_step(
        step=step, subject="At {{ company }}", body="Text", days=0, new_thread=False, actor=made.owner
    )
    bea = making.recipient(made, "Bea").candidate
    bea.company = "Voltra"
    bea.save(update_fields=["company"])
    making.started(made)
    (message,) = making.written(made)
    assert message.subject == "At Voltra"
    ada = making.recipient(made, "Ada")
    assert ada.hold == Hold.NEEDS_ATTENTION
    assert "company" in ada.hold_text


def test_people_without_a_usable_address_need_attention_with_the_reason():
    made = making.started(making.campaign("Ada", addresses={"Ada": []}))
    assert making.written(made) == []
    ada = making.recipient(made, "Ada")
    assert (ada.hold, ada.hold_code) == (Hold.NEEDS_ATTENTION, "no_address")


def test_suppressed_people_are_refused_with_the_reason_and_others_added():
    made = making.campaign("Ada")
    bea = making.person(made.owner, "Bea", "bea@work.example")
    suppressing.suppress_person(candidate=bea, actor=made.owner)
    ada = making.recipient(made, "Ada").candidate
    result = enrolment.add_people(campaign=made, candidate_ids=[ada.pk, bea.pk], actor=made.owner, now=NOW)
    assert result.added == ()
    assert result.refused == {ada.pk: "already in this campaign", bea.pk: "on the do-not-contact list"}


def test_people_of_another_organisation_are_not_there():
    made = making.campaign("Ada")
    mallory = making.campaign("Mel", alice=None).owner
    theirs = making.person(mallory, "Zoe", "zoe@work.example")
    result = enrolment.add_people(campaign=made, candidate_ids=[theirs.pk], actor=made.owner, now=NOW)
    assert (result.added, result.refused) == ((), {})


def test_two_people_with_one_address_are_not_both_written_to():
    made = making.started(
        making.campaign("Ada", "Bea", addresses={"Ada": ["same@work.example"], "Bea": ["same@work.example"]})
    )
    assert len(making.written(made)) == 1
    assert making.recipient(made, "Bea").hold_code == "address_taken"


def _inbound(made, message=None, *, candidate_id=None, at=NOW + 5 * HOUR, **values):
    return InboundMessage.objects.create(
        organisation_id=made.organisation_id,
        mailbox=made.mailbox,
        raw_hash=f"h{InboundMessage.objects.across_organisations('count').count()}",
        received_at=at,
        read_at=at,
        verdict=values.pop("verdict", "reply"),
        message=message,
        candidate_id=candidate_id or message.candidate_id,
        **values,
    )


def test_a_reply_ends_the_recipient_and_holds_the_person_elsewhere():
    made = making.started(making.campaign("Ada"))
    other = editing.create_campaign(
        project=made.project, name="Other", actor=made.owner, mailbox=made.mailbox
    )
    editing.edit_step(
        step=other.steps.get(), subject="S", body="B", days=0, new_thread=False, actor=made.owner
    )
    ada = making.recipient(made, "Ada")
    enrolment.add_people(campaign=other, candidate_ids=[ada.candidate_id], actor=made.owner, now=NOW)
    making.started(other)
    (message,) = [m for m in making.written(made) if m.lane_id == made.lane_id]
    making.settle(message, "sent")
    inbound = _inbound(made, message)
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=NOW + 6 * HOUR)
    assert making.recipient(made, "Ada").progress == Progress.REPLIED
    elsewhere = making.recipient(other, "Ada")
    assert (elsewhere.hold, elsewhere.hold_text) == (Hold.PAUSED, "Replied in Wave.")


def test_mail_received_before_the_first_message_never_counts_as_a_reply():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + 2 * HOUR)
    inbound = _inbound(made, None, candidate_id=message.candidate_id, at=NOW + HOUR)
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=NOW + 3 * HOUR)
    assert making.recipient(made, "Ada").progress == Progress.STARTED


def test_an_automatic_answer_moves_the_next_step_past_the_return_and_stops_nothing():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent")
    back = NOW + timedelta(days=10)
    inbound = _inbound(made, message, verdict="auto_reply", returns_at=back)
    reactions.out_of_office(organisation_id=made.organisation_id, inbound_id=inbound.pk)
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.hold) == (Progress.STARTED, Hold.OUT_OF_OFFICE)
    assert ada.planned_at > back
    assert reactions.end_of_absence(now=ada.hold_until) == 1
    assert making.recipient(made, "Ada").hold == Hold.NONE


def test_an_opt_out_ends_every_campaign_of_the_person_and_takes_back_what_waits():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    reactions.opted_out(
        organisation_id=made.organisation_id, candidate_id=message.candidate_id, now=NOW + 2 * HOUR
    )
    assert making.recipient(made, "Ada").progress == Progress.UNSUBSCRIBED
    message.refresh_from_db()
    assert (message.status, message.reason_code) == ("cancelled", Reason.UNSUBSCRIBED)


def test_a_late_bounce_after_an_end_goes_on_with_the_next_address():
    made = making.started(making.campaign("Ada", steps=1))
    (message,) = making.written(made)
    making.settle(message, "sent")
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED
    making.settle(message, "bounced", failure_class="hard", now=NOW + 9 * HOUR)
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.next_step.position) == (Progress.STARTED, 1)


def test_begin_asks_whether_the_recipient_was_stopped_meanwhile():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    Recipient.objects.for_organisation(made.organisation_id).update(hold=Hold.PAUSED)
    assert advancing.CampaignFeed().may_begin(message=message, now=NOW) == Reason.RECIPIENT_HELD


def test_pausing_one_person_takes_their_message_back():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    intervening.pause(recipient_id=making.recipient(made, "Ada").pk, actor=made.owner, now=NOW + HOUR)
    message.refresh_from_db()
    assert message.status == "cancelled"
    folding.fold(message_id=message.pk, organisation_id=made.organisation_id, now=NOW + HOUR)
    intervening.go_on(recipient_id=making.recipient(made, "Ada").pk, actor=made.owner, now=NOW + 2 * HOUR)
    ada = making.recipient(made, "Ada")
    assert ada.planned_at == NOW + 2 * HOUR + timedelta(minutes=20)
    assert ada.open_attempt is None


def test_the_sweep_folds_what_a_lost_event_left():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    Message.objects.for_organisation(made.organisation_id).filter(pk=message.pk).update(
        status="sent", sent_at=NOW + HOUR
    )
    assert folding.sweep() == 1
    assert making.recipient(made, "Ada").progress == Progress.STARTED


def test_another_users_private_address_is_passed_over_and_not_named():
    made = making.campaign("Ada", addresses={"Ada": []})
    bob = user("bob", of=made.organisation)
    ada = making.recipient(made, "Ada")
    contact_points.add_email(candidate=ada.candidate, actor=bob, type="personal", value="secret@home.example")
    making.started(made)
    assert making.written(made) == []
    ada = making.recipient(made, "Ada")
    assert ada.hold_code == "no_address"
    assert selectors.addresses(ada, viewer=made.owner) == []


def test_a_step_with_a_daily_limit_writes_no_more_than_that():
    made = making.campaign("Ada", "Bea", "Cleo")
    made.daily_limit = 2
    made.save(update_fields=["daily_limit"])
    made.lane.daily_limit = 2
    made.lane.save(update_fields=["daily_limit"])
    making.started(made)
    assert len(making.written(made)) == 2


def test_queue_cancel_leaves_what_is_being_handed_over():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    Message.objects.for_organisation(made.organisation_id).update(status="sending")
    assert queue.cancel(message_ids=[message.pk], reason=Reason.STOPPED, now=NOW) == set()
    assert Attempt.objects.for_organisation(made.organisation_id).get().outcome == "open"


def test_a_mailbox_that_stood_still_for_days_goes_on_without_a_burst():
    """Its fuse blew before the first minute; what became overdue meanwhile goes through the timing table again."""
    made = making.started(making.campaign("Ada", "Bob", "Cleo"))
    box = made.mailbox
    FuseTrip.objects.create(
        organisation_id=made.organisation_id,
        mailbox=box,
        kind="bounces",
        tripped_at=NOW,
        counted_from=NOW,
        sent=9,
        cases=9,
    )
    Mailbox.objects.for_organisation(made.organisation_id).update(status="paused", next_send_at=NOW)
    later = NOW + timedelta(days=2)
    fuses.go_on(actor=made.owner, mailbox_id=box.pk, reason="The list was cleaned.", now=later)
    assert making.written(made, now=later) == []
    planned = [making.recipient(made, name).planned_at for name in ("Ada", "Bob", "Cleo")]
    assert all(moment >= later + timedelta(minutes=20) for moment in planned)
