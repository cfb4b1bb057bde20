"""Steps moved, added and taken out at any time: nobody gets one twice, and nobody is revived unasked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from campaigns import editing, folding, lifecycle, replanning, sequence
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import Progress
from foundation.models import Run
from foundation.problems import Conflict, Invalid
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def step(made: Campaign, position: int) -> Step:
    return sequence.steps_of(made.pk, organisation_id=made.organisation_id).get(position=position)


def bodies(made: Campaign) -> list[str]:
    return [each.body[:6] for each in sequence.steps_of(made.pk, organisation_id=made.organisation_id)]


def send_due(made: Campaign, *, now) -> list[str]:
    """Let what is due leave, and say whose it was."""
    made.mailbox.__class__.objects.for_organisation(made.organisation_id).update(
        read_completely_at=now, next_send_at=now
    )
    messages = making.written(made, now=now)
    for message in messages:
        making.settle(message, "sent", now=now)
    return [message.to_address for message in messages]


def after_the_first(*names: str, steps: int = 3) -> Campaign:
    """Started, and everybody has had step 1."""
    made = making.started(making.campaign(*names, steps=steps))
    lifecycle.end_of_grace(now=NOW + HOUR)
    assert len(send_due(made, now=NOW + HOUR)) == len(names)
    return making.fresh(made)


def test_a_draft_is_ordered_and_shortened_freely():
    made = making.campaign("Ada", steps=3)
    editing.move_step(step=step(made, 3), to=1, actor=made.owner)
    assert bodies(made) == ["Step 3", "Dear {", "Step 2"]
    assert [each.days for each in made.steps.order_by("position")] == [3, 1, 3]
    editing.remove_step(step=step(made, 2), actor=made.owner)
    assert bodies(made) == ["Step 3", "Step 2"]
    assert made.steps.count() == 2
    editing.move_step(step=step(made, 1), to=99, actor=made.owner)
    assert bodies(made) == ["Step 2", "Step 3"]


def test_a_step_moved_behind_what_somebody_had_comes_next_and_nothing_comes_twice():
    made = after_the_first("Ada")
    editing.move_step(step=step(made, 3), to=2, actor=made.owner, now=NOW + 2 * HOUR)
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert ada.next_step.body.startswith("Step 3")
    assert ada.planned_at.date() == (NOW + timedelta(days=3)).date()
    editing.move_step(step=step(made, 1), to=3, actor=made.owner, now=NOW + 3 * HOUR)
    making.plan(made)
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED, (
        "the first step is behind her, at the end"
    )


def test_a_step_put_before_what_somebody_had_is_not_sent_to_them():
    made = after_the_first("Ada")
    editing.move_step(step=step(made, 3), to=1, actor=made.owner, now=NOW + 2 * HOUR)
    making.plan(made)
    assert making.recipient(made, "Ada").next_step.body.startswith("Step 2")


def test_whoever_has_had_nothing_keeps_the_minute_and_gets_the_new_first_step():
    made = making.started(making.campaign("Ada"))
    before = making.recipient(made, "Ada").planned_at
    editing.move_step(step=step(made, 2), to=1, actor=made.owner, now=NOW + timedelta(minutes=5))
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert (ada.planned_at, ada.next_step.position, ada.turn) == (before, 1, 3)
    assert ada.next_step.body.startswith("Step 2")


def test_a_step_taken_out_is_passed_over_and_its_history_stays():
    made = after_the_first("Ada")
    editing.remove_step(step=step(made, 2), actor=made.owner, now=NOW + 2 * HOUR)
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert ada.next_step.body.startswith("Step 3")
    editing.remove_step(step=step(made, 1), actor=made.owner, now=NOW + 3 * HOUR)
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert (ada.next_step.position, ada.next_step.body[:6]) == (1, "Step 3")
    assert making.attempts(made, "Ada")[0][2] == "sent"
    with pytest.raises(Conflict):
        editing.remove_step(step=step(made, 1), actor=made.owner, now=NOW + 4 * HOUR)


def test_a_message_written_for_a_step_taken_out_does_not_leave():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    editing.remove_step(step=step(made, 1), actor=made.owner, now=NOW + HOUR)
    message.refresh_from_db()
    assert (message.status, message.reason_code) == ("cancelled", "step_removed")
    making.plan(made)
    folding.fold(message_id=message.pk, organisation_id=made.organisation_id, now=NOW + HOUR)
    ada = making.recipient(made, "Ada")
    assert (ada.open_attempt, ada.next_step.body[:6]) == (None, "Step 2")
    assert ada.progress == Progress.NOT_STARTED


def test_a_step_added_later_revives_the_completed_only_if_asked(django_capture_on_commit_callbacks):
    made = making.started(making.campaign("Ada", steps=1))
    lifecycle.end_of_grace(now=NOW + HOUR)
    with django_capture_on_commit_callbacks(execute=True):
        send_due(made, now=NOW + HOUR)
    assert making.fresh(made).status == "completed"
    later = NOW + timedelta(days=20)
    editing.add_step(campaign=made, subject="", body="More.", days=3, actor=made.owner, now=later)
    making.plan(made)
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED
    editing.add_step(
        campaign=made, subject="", body="Even more.", days=3, actor=made.owner, now=later, revive=True
    )
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.next_step.body) == (Progress.STARTED, "More.")
    assert ada.planned_at >= later + timedelta(minutes=20), "never in a burst, although its day is long past"
    assert making.fresh(made).status == "running"


def test_changed_days_move_what_is_planned_and_a_changed_text_does_not():
    made = after_the_first("Ada")
    second = step(made, 2)
    before = making.recipient(made, "Ada").planned_at
    change = {"step": second, "subject": "", "new_thread": False, "actor": made.owner}
    editing.edit_step(**change, body="Other text", days=3, now=NOW + 2 * HOUR)
    assert making.recipient(made, "Ada").planned_at == before
    assert editing.edit_step(**change, body="Other text", days=5, now=NOW + 2 * HOUR) == 1
    making.plan(made)
    assert making.recipient(made, "Ada").planned_at.date() == (NOW + timedelta(days=5)).date()


def test_an_edit_says_whom_it_applies_to():
    made = after_the_first("Ada", "Bea")
    assert editing.reach(step(made, 1)) == 0
    assert editing.reach(step(made, 2)) == 2


def test_a_paused_campaign_takes_new_steps_and_stays_paused():
    made = after_the_first("Ada")
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + 2 * HOUR)
    editing.remove_step(step=step(made, 2), actor=made.owner, now=NOW + 3 * HOUR)
    making.plan(made)
    made = making.fresh(made)
    assert (made.status, made.lane.held) == ("paused", "paused")
    assert making.recipient(made, "Ada").next_step.body.startswith("Step 3")


def test_a_run_takes_over_what_an_earlier_one_had_still_to_do():
    made = making.campaign("Ada")
    lifecycle.start(campaign=made, actor=made.owner, now=NOW)
    editing.move_step(step=step(made, 2), to=1, actor=made.owner, now=NOW + timedelta(minutes=1))
    making.plan(made)
    first, second = Run.objects.for_organisation(made.organisation_id).filter(kind="planning").order_by("pk")
    assert (first.result, second.result) == ({"taken_over": True}, {"planned": 1})
    ada = making.recipient(made, "Ada")
    assert (ada.planned_at, ada.next_step.position) == (NOW + timedelta(minutes=20), 1)
    assert making.fresh(made).lane.held == ""


def test_a_bounced_step_is_repeated_although_steps_were_moved():
    made = making.started(making.campaign("Ada", steps=3))
    lifecycle.end_of_grace(now=NOW + HOUR)
    (message,) = making.written(made)
    making.settle(message, "sent")
    making.settle(message, "bounced", failure_class="hard", now=NOW + 2 * HOUR)
    planned = making.recipient(made, "Ada").planned_at
    editing.move_step(step=step(made, 3), to=2, actor=made.owner, now=NOW + 2 * HOUR)
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert (ada.next_step.position, ada.planned_at) == (1, planned)


def test_a_campaign_has_a_most_of_steps(monkeypatch):
    monkeypatch.setattr(editing, "MOST_STEPS", 2)
    made = making.campaign("Ada")
    with pytest.raises(Invalid):
        editing.add_step(campaign=made, subject="", body="x", days=1, actor=made.owner)


@given(order=st.permutations(range(6)), had=st.frozensets(st.integers(0, 8)))
def test_what_comes_next_was_never_had_and_stands_behind_everything_that_was(order, had):
    steps = [Step(pk=pk) for pk in order]
    following = sequence.next_for(steps, had)
    if following is None:
        assert order[-1] in had
    else:
        assert following.pk not in had
        behind = order[order.index(following.pk) :]
        assert not had & set(behind)


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_the_pages_move_add_preview_and_remove():
    made = after_the_first("Ada")
    alice = _as(made.owner)
    page = alice.get(f"/campaigns/{made.pk}/steps/").content.decode()
    assert "1 not yet past it" in page
    moved = alice.post(f"/campaigns/{made.pk}/steps/{step(made, 3).pk}/move/", {"to": "2"})
    assert moved.url.endswith(f"#step-{step(made, 2).pk}")
    assert bodies(made)[1] == "Step 3"
    assert alice.post(f"/campaigns/{made.pk}/steps/{step(made, 3).pk}/move/", {"to": "²"}).status_code == 422
    assert alice.post(f"/campaigns/{made.pk}/steps/add/").url == f"/campaigns/{made.pk}/steps/new/"
    new = f"/campaigns/{made.pk}/steps/new/?kind=linkedin"
    assert alice.post(new, {"days": "-1", "body": ""}).status_code == 422
    alice.post(new, {"days": "0", "subject": "Say hello", "body": "Hi {{ first_name }}"})
    assert step(made, 4).kind == "linkedin"
    whole = alice.get(f"/campaigns/{made.pk}/steps/preview/").content.decode()
    assert "Hi Ada" in whole
    task = alice.get(f"/campaigns/{made.pk}/steps/{step(made, 4).pk}/").content.decode()
    assert "Saving applies to 1 person" in task
    alice.post(f"/campaigns/{made.pk}/steps/{step(made, 4).pk}/", {"days": "2", "subject": "", "body": "Hi"})
    assert step(made, 4).days == 2
    asked = alice.get(f"/campaigns/{made.pk}/steps/{step(made, 4).pk}/remove/").content.decode()
    assert "1 person has not had it yet" in asked
    alice.post(f"/campaigns/{made.pk}/steps/{step(made, 4).pk}/remove/")
    assert len(bodies(made)) == 3


def test_completed_people_are_offered_with_their_number():
    made = after_the_first("Ada")
    Recipient.objects.for_organisation(made.organisation_id).update(progress="completed")
    page = _as(made.owner).get(f"/campaigns/{made.pk}/steps/new/").content.decode()
    assert "Also send it to 1 person who has completed the campaign" in page


def test_a_stranger_and_a_viewer_change_no_step():
    made = making.campaign("Ada")
    mallory = _as(user("mallory"))
    for action in ("move/", "remove/"):
        path = f"/campaigns/{made.pk}/steps/{step(made, 1).pk}/{action}"
        assert mallory.post(path, {"to": "2"}).status_code == 404
    assert len(bodies(made)) == 2


def test_a_batch_that_is_done_again_changes_nothing():
    made = after_the_first("Ada", "Bea")
    work = replanning.Work(replanning.SEQUENCE, NOW + 2 * HOUR)
    editing.move_step(step=step(made, 3), to=2, actor=made.owner, now=NOW + 2 * HOUR)
    making.plan(made)
    before = list(Recipient.objects.for_organisation(made.organisation_id).order_by("pk").values())
    assert replanning.plan_batch(making.fresh(made), [work], after_id=0) is not None
    assert list(Recipient.objects.for_organisation(made.organisation_id).order_by("pk").values()) == before
