"""Steps done by hand: due like an e-mail, holding what is behind them, frozen with their campaign."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns import (
    editing,
    lifecycle,
    manual_tasks,
    merging,
    personal,
    reactions,
    selectors,
    task_list,
)
from campaigns.advancing import CampaignFeed
from campaigns.models import Campaign, ManualTask, Recipient, Step
from campaigns.states import Progress, TaskOutcome
from campaigns.task_list import When
from foundation.models import Event
from foundation.problems import Invalid, Missing
from outreach.models import InboundMessage
from sourcing import contact_points, person_data
from sourcing.models import Candidate
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def with_call(*names: str, first: bool = False, days: int = 2) -> Campaign:
    """An e-mail, a call two days later, an e-mail three days after that; or the call first."""
    made = making.campaign(*names, steps=2)
    editing.add_step(
        campaign=made,
        kind="call",
        subject="Ring {{ first_name }}",
        body="Ask {{ first_name }} about the role.",
        days=days,
        actor=made.owner,
    )
    call = Step.objects.for_organisation(made.organisation_id).get(campaign=made, kind="call")
    editing.move_step(step=call, to=1 if first else 2, actor=made.owner)
    return making.fresh(made)


def call_of(made: Campaign) -> Step:
    return Step.objects.for_organisation(made.organisation_id).get(campaign=made, kind="call")


def at_the_call(*names: str) -> Campaign:
    """Started, and the first e-mail was sent an hour after."""
    made = making.started(with_call(*names))
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR)
    return made


def finish(
    made: Campaign, name: str, outcome=TaskOutcome.DONE, *, now=NOW + timedelta(days=4), note=""
) -> ManualTask:
    return manual_tasks.finish(
        recipient_id=making.recipient(made, name).pk,
        step_id=call_of(made).pk,
        outcome=outcome,
        actor=made.owner,
        now=now,
        note=note,
    )


def test_a_task_is_due_by_the_same_day_rules_and_no_mailbox_sees_it():
    made = at_the_call("Ada")
    ada = making.recipient(made, "Ada")
    assert ada.next_step == call_of(made)
    assert ada.planned_at.date() == (NOW + timedelta(days=2)).date()
    later = NOW + timedelta(days=30)
    made.mailbox.__class__.objects.for_organisation(made.organisation_id).update(read_completely_at=later)
    assert CampaignFeed().due(mailbox_ids=[made.mailbox_id], now=later) == {}
    assert making.written(made, now=later) == []


def test_an_open_task_holds_the_step_behind_it_and_says_so():
    made = at_the_call("Ada")
    ada = making.recipient(made, "Ada")
    due, behind = selectors.timeline(ada, viewer=made.owner, now=NOW + timedelta(days=9))[1:]
    assert (due.subject, due.why) == ("Ring {{ first_name }}", "It is due: somebody has to do it (Tasks).")
    assert "An open task holds the next step." in behind.why


@pytest.mark.parametrize("outcome", [TaskOutcome.DONE, TaskOutcome.SKIPPED])
def test_done_or_skipped_counts_as_the_day_for_the_step_behind_it(outcome):
    made = at_the_call("Ada")
    finish(made, "Ada", outcome, now=NOW + timedelta(days=6))
    ada = making.recipient(made, "Ada")
    assert ada.next_step.position == 3
    assert ada.planned_at.date() == (NOW + timedelta(days=9)).date()
    words = [line.status.label for line in selectors.timeline(ada, viewer=made.owner, now=NOW)]
    assert words == ["Sent", str(outcome.label), "Pending"]


def test_a_task_that_comes_first_starts_the_person_when_it_is_done():
    made = making.started(with_call("Ada", first=True))
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.next_step.position) == (Progress.NOT_STARTED, 1)
    finish(made, "Ada", now=NOW + HOUR)
    ada = making.recipient(made, "Ada")
    assert (ada.progress, ada.next_step.position) == (Progress.STARTED, 2)
    made.mailbox.__class__.objects.for_organisation(made.organisation_id).update(
        read_completely_at=ada.planned_at, next_send_at=ada.planned_at
    )
    (message,) = making.written(made, now=ada.planned_at)
    assert (message.subject, message.in_reply_to) == ("Hello Ada", "")


def test_pressing_done_twice_changes_nothing_the_second_time():
    made = at_the_call("Ada")
    first = finish(made, "Ada")
    again = finish(made, "Ada", TaskOutcome.SKIPPED, now=NOW + timedelta(days=9))
    assert (again.outcome, again.done_at) == (TaskOutcome.DONE, first.done_at)
    assert making.recipient(made, "Ada").next_step.position == 3


def test_the_last_task_completes_the_person_and_the_campaign(django_capture_on_commit_callbacks):
    made = making.campaign("Ada", steps=1)
    step = editing.add_step(
        campaign=made, kind="sms", subject="", body="Text them.", days=0, actor=made.owner
    )
    made = making.started(made)
    lifecycle.end_of_grace(now=NOW + HOUR)
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + HOUR)
    ada = making.recipient(made, "Ada")
    assert ada.planned_at == NOW + HOUR
    with django_capture_on_commit_callbacks(execute=True):
        manual_tasks.finish(
            recipient_id=ada.pk,
            step_id=step.pk,
            outcome=TaskOutcome.DONE,
            actor=made.owner,
            now=NOW + 2 * HOUR,
        )
    assert making.recipient(made, "Ada").progress == Progress.COMPLETED
    assert making.fresh(made).status == "completed"


def test_a_call_is_a_contact_and_news_for_others_and_a_skipped_one_is_none():
    made = at_the_call("Ada", "Bea")
    finish(made, "Ada", now=NOW + timedelta(days=4))
    finish(made, "Bea", TaskOutcome.SKIPPED, now=NOW + timedelta(days=4))
    ada, bea = (making.recipient(made, name).candidate for name in ("Ada", "Bea"))
    assert ada.last_contacted_at == NOW + timedelta(days=4)
    assert bea.last_contacted_at == NOW + HOUR
    events = Event.objects.for_organisation(made.organisation_id).filter(kind="task.done")
    assert events.count() == 2


def test_a_paused_campaign_freezes_its_tasks_and_resume_gives_them_another_day():
    made = at_the_call("Ada")
    due = NOW + timedelta(days=3)
    assert task_list.tasks(made.owner, now=due).count() == 1
    lifecycle.pause(campaign=made, actor=made.owner, now=due)
    assert task_list.tasks(made.owner, now=due).count() == 0
    assert task_list.frozen(made.owner) == 1
    with pytest.raises(manual_tasks.NotOpen):
        finish(made, "Ada", now=due)
    lifecycle.resume(campaign=making.fresh(made), actor=made.owner, now=due + timedelta(days=5))
    making.plan(made)
    ada = making.recipient(made, "Ada")
    assert ada.planned_at >= due + timedelta(days=5, minutes=20)
    assert task_list.tasks(made.owner, now=ada.planned_at).count() == 1


def test_a_reply_takes_the_task_away():
    made = at_the_call("Ada")
    ada = making.recipient(made, "Ada")
    inbound = InboundMessage.objects.create(
        organisation_id=made.organisation_id,
        mailbox=made.mailbox,
        raw_hash="h",
        received_at=NOW + 5 * HOUR,
        read_at=NOW + 5 * HOUR,
        verdict="reply",
        message=ada.attempts.get().message,
        candidate_id=ada.candidate_id,
    )
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=NOW + 6 * HOUR)
    assert task_list.tasks(made.owner, now=NOW + timedelta(days=9)).count() == 0
    with pytest.raises(manual_tasks.NotOpen):
        finish(made, "Ada")


def test_a_note_is_kept_before_and_with_the_end():
    made = at_the_call("Ada")
    ada = making.recipient(made, "Ada")
    manual_tasks.write_note(
        recipient_id=ada.pk, step_id=call_of(made).pk, note="Not there\x00 ", actor=made.owner
    )
    assert task_list.notes_of(made.organisation_id, [ada]) == {ada.pk: "Not there"}
    assert finish(made, "Ada").note == "Not there"
    with pytest.raises(Invalid):
        manual_tasks.write_note(
            recipient_id=ada.pk, step_id=call_of(made).pk, note="x" * 5_001, actor=made.owner
        )


def test_tasks_are_overdue_due_today_or_later_in_the_viewers_zone():
    made = at_the_call("Ada")
    made.owner.time_zone = "Pacific/Auckland"
    due = making.recipient(made, "Ada").planned_at
    assert task_list.due_counts(made.owner, now=due + timedelta(days=1)) == {
        "overdue": 1,
        "today": 0,
        "later": 0,
    }
    assert task_list.due_counts(made.owner, now=due) == {"overdue": 0, "today": 1, "later": 0}
    assert task_list.due_counts(made.owner, now=due - timedelta(days=1)) == {
        "overdue": 0,
        "today": 0,
        "later": 1,
    }


def test_the_text_is_filled_in_and_a_missing_value_is_named():
    made = at_the_call("Ada")
    ada = task_list.tasks(made.owner, now=NOW, when=When.LATER).get()
    assert task_list.text_of(ada) == task_list.Text("Ring Ada", "Ask Ada about the role.")
    Step.objects.for_organisation(made.organisation_id).filter(pk=call_of(made).pk).update(
        body="At {{ company }}"
    )
    ada = task_list.tasks(made.owner, now=NOW, when=When.LATER).get()
    assert "company" in task_list.text_of(ada).problem


def test_somebody_elses_and_other_organisations_tasks():
    made = at_the_call("Ada")
    bob = user("bob", of=made.organisation)
    due = NOW + timedelta(days=3)
    assert task_list.tasks(bob, now=due).count() == 1
    assert task_list.tasks(bob, now=due, mine=True).count() == 0
    assert task_list.tasks(bob, now=due, kind="sms").count() == 0
    mallory = user("mallory")
    assert task_list.tasks(mallory, now=due).count() == 0
    with pytest.raises(Missing):
        manual_tasks.finish(
            recipient_id=making.recipient(made, "Ada").pk,
            step_id=call_of(made).pk,
            outcome=TaskOutcome.DONE,
            actor=mallory,
            now=due,
        )


def test_a_merge_keeps_the_one_whose_task_was_done():
    made = at_the_call("Ada", "Bea")
    finish(made, "Bea")
    ids = [making.recipient(made, name).pk for name in ("Ada", "Bea")]
    assert merging.steps_out(ids) == {ids[0]: 1, ids[1]: 2}


def test_what_was_done_by_hand_is_in_the_persons_timeline_archive_and_erasure():
    made = at_the_call("Ada")
    finish(made, "Ada", note="Likes Ünïcode \u202eRTL")
    ada = making.recipient(made, "Ada").candidate
    texts = [moment.text for moment in person_data.timeline(candidate=ada, viewer=made.owner)]
    assert "Call done for Wave" in texts
    (row,) = personal.collect(ada, made.owner)["Manual tasks"]
    assert (row["kind"], row["note"]) == ("Call", "Likes Ünïcode \u202eRTL")
    Recipient.objects.for_organisation(made.organisation_id).filter(candidate=ada).delete()
    assert ManualTask.objects.for_organisation(made.organisation_id).count() == 0


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


@pytest.fixture
def due_now() -> Campaign:
    """Two calls that were due two days ago, by the real clock the pages go by."""
    made = at_the_call("Ada", "Bea")
    rows = Recipient.objects.for_organisation(made.organisation_id).filter(campaign=made)
    for place, row in enumerate(rows.order_by("pk")):
        rows.filter(pk=row.pk).update(
            planned_at=timezone.now() - timedelta(days=2) + timedelta(minutes=place)
        )
    return made


def test_the_page_shows_the_first_task_and_goes_on_to_the_next(due_now):
    alice = _as(due_now.owner)
    ada, bea = (making.recipient(due_now, name) for name in ("Ada", "Bea"))
    contact_points.add_phone(
        candidate=ada.candidate, actor=due_now.owner, type="personal", value="+493012345678"
    )
    page = alice.get("/tasks/")
    text = page.content.decode()
    assert page.context["current"].recipient == ada
    assert "Ask Ada about the role." in text
    assert "tel:+493012345678" in text
    assert "2 overdue" in text
    answer = alice.post(
        f"/tasks/{ada.pk}/{call_of(due_now).pk}/", {"do": "done", "note": "Spoke", "following": bea.pk}
    )
    assert answer.url.endswith(f"task={bea.pk}")
    assert alice.get(answer.url).context["current"].recipient == bea
    over = alice.get("/tasks/?when=over").content.decode()
    assert "Spoke" in over
    skipped = alice.post(f"/tasks/{bea.pk}/{call_of(due_now).pk}/", {"do": "skip"})
    assert "Nothing to do by hand" in alice.get(skipped.url).content.decode()


def test_a_private_phone_number_is_shown_to_its_adder_alone(due_now):
    ada = making.recipient(due_now, "Ada")
    bob = user("bob", of=due_now.organisation)
    contact_points.add_phone(candidate=ada.candidate, actor=bob, type="personal", value="+493099999999")
    assert "99999999" in _as(bob).get("/tasks/?whose=all").content.decode()
    assert "99999999" not in _as(due_now.owner).get("/tasks/").content.decode()


@pytest.mark.parametrize(
    "query", ["?task=²", "?when=nonsense", "?kind=email", "?task=99999999999", "?whose=x"]
)
def test_a_filter_that_is_none_shows_the_list(due_now, query):
    assert _as(due_now.owner).get(f"/tasks/{query}").status_code == 200


def test_a_viewer_sees_tasks_without_buttons(due_now):
    vera = user("vera", of=due_now.organisation, role=Role.VIEWER)
    text = _as(vera).get("/tasks/?whose=all").content.decode()
    assert "Ask Ada about the role." in text
    assert 'data-key="d"' not in text


def test_the_api_lists_tasks_that_are_over_and_ones_own(due_now):
    alice, bob = due_now.owner, user("bob", of=due_now.organisation)
    ada = making.recipient(due_now, "Ada")
    finish(due_now, "Ada", note="Spoke")
    over = "/api/v1/tasks/over/"
    (row,) = _as(bob).get(over).json()["results"]
    assert (row["recipient"], row["candidate"], row["kind"]) == (ada.pk, ada.candidate_id, "call")
    assert (row["outcome"], row["note"], row["done_by"]) == ("done", "Spoke", alice.pk)
    for path in (over, "/api/v1/tasks/"):
        found = [len(_as(who).get(path, {"whose": "mine"}).json()["results"]) for who in (alice, bob)]
        assert found == [1, 0], path
    assert _as(alice).get(over, {"kind": "sms"}).json()["results"] == []
    assert _as(user("mallory")).get(over).json()["results"] == []


def test_the_api_lists_tasks_and_takes_their_outcome(due_now):
    alice = _as(due_now.owner)
    ada = making.recipient(due_now, "Ada")
    (first, _second) = alice.get("/api/v1/tasks/").json()["results"]
    assert (first["recipient"], first["kind"]) == (ada.pk, "call")
    path = f"/api/v1/tasks/{ada.pk}/{first['step']}/"
    assert alice.post(path, {"outcome": "nonsense"}, "application/json").status_code in {400, 422}
    done = alice.post(path, {"outcome": "done", "note": "ok"}, "application/json").json()
    assert done["outcome"] == "done"
    assert len(alice.get("/api/v1/tasks/").json()["results"]) == 1
    assert _as(user("mallory")).post(path, {"outcome": "done"}, "application/json").status_code == 404


def test_hostile_names_and_texts_stay_text(due_now):
    ada = making.recipient(due_now, "Ada").candidate
    Candidate.objects.for_organisation(due_now.organisation_id).filter(pk=ada.pk).update(
        first_name="<script>alert(1)</script>", last_name="\u200b"
    )
    assert "<script>alert" not in _as(due_now.owner).get("/tasks/").content.decode()
