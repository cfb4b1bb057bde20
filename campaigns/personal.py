"""Campaigns' rows about a person, for the timeline and for whoever merges or erases people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, can
from campaigns import merging, standing
from campaigns.models import ManualTask, PlaceholderText, Recipient
from campaigns.states import ENDED, GOING, StepKind, TaskOutcome, badge
from outreach.states import Reason
from sourcing import person_data
from sourcing.models import Candidate
from sourcing.person_data import Words, row_of
from sourcing.selectors import of_visible_project
from sourcing.trails import Trail


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Added to a campaign, what was done by hand there, and how it ended."""
    if not can(viewer, Right.CAMPAIGN_VIEW):
        return
    rows = (
        Recipient.objects.for_organisation(candidate.organisation_id)
        .select_related("campaign", "added_by")
        .filter(of_visible_project(viewer, "campaign__project"), candidate=candidate)
        .order_by("-pk")[:limit]
    )
    for recipient in rows:
        who = recipient.added_by.name if recipient.added_by else "Beckon"
        url = f"/campaigns/{recipient.campaign_id}/"
        yield person_data.Moment(
            at=recipient.added_at,
            icon="send",
            text=f"Added to {recipient.campaign.name}",
            note=f"by {who}",
            url=url,
        )
        if recipient.progress in ENDED and recipient.ended_at is not None:
            word = badge(recipient.progress, recipient.hold)
            tone = {"Replied": "green", "Bounced": "red"}.get(word, "")
            yield person_data.Moment(
                at=recipient.ended_at,
                icon="flag",
                text=f"{word} in {recipient.campaign.name}",
                note=recipient.ended_reason,
                tone=tone,
                url=url,
            )
    tasks = (
        ManualTask.objects.for_organisation(candidate.organisation_id)
        .select_related("recipient__campaign", "step", "done_by")
        .filter(
            of_visible_project(viewer, "recipient__campaign__project"),
            recipient__candidate=candidate,
            outcome=TaskOutcome.DONE,
        )
        .order_by("-done_at")[:limit]
    )
    for task in tasks:
        if task.done_at is not None:
            yield person_data.Moment(
                at=task.done_at,
                icon="list-checks",
                text=f"{StepKind(task.step.kind).label} done for {task.recipient.campaign.name}",
                note=f"by {task.done_by.name if task.done_by else 'Beckon'}"
                + (f": {task.note[:200]}" if task.note else ""),
                url=f"/campaigns/{task.recipient.campaign_id}/",
            )


def erase(trail: Trail) -> dict[str, int]:
    """End what runs, cancel what waits, then delete the recipients with their attempts; a campaign that has nobody
    left open completes."""
    now = timezone.now()
    recipients = list(
        Recipient.objects.for_organisation(trail.organisation_id)
        .filter(candidate_id=trail.candidate_id)
        .select_for_update(of=("self",))
        .select_related("campaign")
        .order_by("pk")
    )
    for recipient in recipients:
        standing.cancel_waiting(recipient, reason=Reason.ERASED, now=now)
    gone = Recipient.objects.for_organisation(trail.organisation_id).filter(
        pk__in=[recipient.pk for recipient in recipients]
    )
    _count, deleted = gone.delete()
    for campaign_id in sorted({recipient.campaign_id for recipient in recipients}):
        standing.complete_if_done(campaign_id, organisation_id=trail.organisation_id)
    return dict(deleted)


def collect(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG001 - the registry's signature
    """The campaigns the person is in, and where they stand in each."""
    rows = Recipient.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return {
        "Campaigns": [
            {"campaign": row.campaign.name, "standing": badge(row.progress, row.hold)}
            | row_of(
                row,
                only=(
                    "added_at",
                    "added_by",
                    "ended_at",
                    "ended_reason",
                    "overrides",
                    "interest",
                    "interest_reason",
                ),
            )
            for row in rows.select_related("campaign", "added_by").order_by("pk")
        ],
        "Written for the person in campaigns": [
            row_of(text, only=("text", "written_by", "written_at"))
            for text in PlaceholderText.objects.for_organisation(candidate.organisation_id)
            .filter(recipient__in=rows)
            .select_related("written_by")
            .order_by("pk")
        ],
        "Manual tasks": [
            {"campaign": task.recipient.campaign.name, "kind": str(StepKind(task.step.kind).label)}
            | row_of(task, only=("outcome", "note", "due_at", "done_at", "done_by"))
            for task in ManualTask.objects.for_organisation(candidate.organisation_id)
            .filter(recipient__candidate=candidate)
            .select_related("recipient__campaign", "step", "done_by")
            .order_by("pk")
        ],
    }


def busy(organisation_id: int, candidate_ids: Sequence[int]) -> set[int]:
    """People whom a campaign still writes to."""
    rows = Recipient.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, progress__in=GOING, campaign__archived_at__isnull=True
    )
    return set(rows.values_list("candidate_id", flat=True))


person_data.register(
    app="campaigns",
    tables=[("campaigns.Recipient", "candidate")],
    timeline=timeline,
    erase=erase,
    collect=collect,
    busy=busy,
    words={
        "campaigns.Attempt": Words.ERASED,
        "campaigns.Campaign": Words.NOBODY,
        "campaigns.PlaceholderText": Words.ERASED,
        "campaigns.ManualTask": Words.ERASED,
        "campaigns.ProjectOutreach": Words.NOBODY,
        "campaigns.Step": Words.NOBODY,
        "campaigns.StepChange": Words.ERASED,
        "campaigns.StepVariant": Words.NOBODY,
        "campaigns.StepVersion": Words.NOBODY,
    },
    lock=merging.lock,
    move=merging.move,
    move_back=merging.move_back,
)
