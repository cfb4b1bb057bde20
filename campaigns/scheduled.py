"""The planned steps of recipients in the Outbox, and whose lanes a viewer may see and change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Role, User
from accounts.permissions import Right, can
from campaigns import senders, waiting, writing
from campaigns.models import Campaign, Recipient
from campaigns.states import GOING
from outreach.lane_access import Rules
from outreach.outbox.explaining import Explainer
from outreach.outbox.scheduled import Acts, Line
from outreach.states import Turn
from sourcing import project_roles
from sourcing import selectors as people
from sourcing.models import ProjectRole


class PlannedSteps:
    """Registered with the Outbox in this app's ``ready()``; see ``outreach.outbox.scheduled.Source``."""

    name = "campaigns"

    def planned(self, viewer: User) -> QuerySet[Recipient]:
        """The next step of everybody in a campaign the viewer may see; what is written already is a message."""
        rows = (
            Recipient.objects.for_organisation(viewer.organisation_id)
            .filter(
                open_attempt__isnull=True,
                planned_at__isnull=False,
                progress__in=[p.value for p in GOING],
                next_step__isnull=False,
            )
            .exclude(turn=Turn.MANUAL_TASK)
        )
        hidden = _hidden_campaigns(viewer)
        if hidden is not None:
            rows = rows.exclude(campaign__in=hidden)
        return (
            rows.select_related(
                "candidate",
                "next_step__mailbox",
                "thread_message",
                "campaign__mailbox",
                "campaign__lane",
                "campaign__owner",
                "campaign__project",
            )
            .defer("thread_message__body_text", "thread_message__body_html")
            .prefetch_related("step_changes", "next_step__variants")
        )

    def lines(self, viewer: User, rows: Sequence[Recipient], *, explainer: Explainer) -> list[Line]:
        """Each with its explanation and what the viewer may do; the address is decided when it is written."""
        may_change = _may_change(viewer, [row.campaign for row in rows])
        may_edit, may_start = can(viewer, Right.CAMPAIGN_EDIT), can(viewer, Right.CAMPAIGN_START)
        explainer.look_at(row.campaign.lane for row in rows)
        return [
            _line(
                row,
                explainer,
                may_edit=may_edit and row.campaign_id in may_change,
                may_start=may_start and row.campaign_id in may_change,
            )
            for row in rows
        ]


def acts_on(recipient: Recipient, step_id: int, *, may_edit: bool, may_start: bool) -> Acts:
    """The addresses of what may be done to a planned step."""
    at = [recipient.pk, step_id]
    return Acts(
        send_now=reverse("campaigns:planned_now", args=at) if may_start else "",
        not_before=reverse("campaigns:planned_later", args=at) if may_start else "",
        cancel=reverse("campaigns:planned_cancel", args=at) if may_edit else "",
        edit=reverse("campaigns:planned_edit", args=at) if may_edit else "",
    )


def _line(row: Recipient, explainer: Explainer, *, may_edit: bool, may_start: bool) -> Line:
    step = row.next_step
    assert step is not None
    assert row.planned_at is not None
    return Line(
        key=f"p{row.pk}",
        who=row.overrides.get("full_name") or row.candidate.name,
        note=f"{row.campaign.name} · step {step.position}",
        subject=writing.subject_for(row, step) or "Follow-up",
        sender=senders.addresses_of(row.campaign, [step])[step.pk],
        word="Planned",
        why=waiting.why_not_yet(row, explainer=explainer),
        planned_at=row.planned_at,
        url=reverse("campaigns:recipient", args=[row.pk]),
        api_url=reverse("campaigns:api_planned", args=[row.pk, step.pk]),
        by_hand="edited"
        if any(change.edited and change.step_id == step.pk for change in row.step_changes.all())
        else "",
        acts=acts_on(row, step.pk, may_edit=may_edit, may_start=may_start),
    )


def _hidden_campaigns(viewer: User) -> QuerySet[Campaign] | None:
    if viewer.role == Role.ADMIN:
        return None
    return (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(project__in=people.hidden_projects(viewer))
        .order_by()
    )


def _may_change(viewer: User, campaigns: Collection[Campaign]) -> set[int]:
    """Ids of the campaigns among these whose project the viewer may edit."""
    roles = people.roles_in(viewer, {each.project for each in campaigns})
    return {
        each.pk for each in campaigns if project_roles.includes(roles[each.project_id], ProjectRole.EDITOR)
    }


def _hidden_lanes(viewer: User) -> QuerySet[Any, int] | None:
    hidden = _hidden_campaigns(viewer)
    return None if hidden is None else hidden.values_list("lane_id", flat=True)


def _may_change_lane(viewer: User, lane_id: int) -> bool:
    rows = Campaign.objects.for_organisation(viewer.organisation_id).filter(lane_id=lane_id)
    found = rows.select_related("project")
    return {each.pk for each in found} == _may_change(viewer, found)


def _project_of_lane(lane_id: int) -> int | None:
    rows = Campaign.objects.across_organisations("the lane was read for one").filter(lane_id=lane_id)
    return rows.values_list("project_id", flat=True).first()


LANES = Rules(hidden=_hidden_lanes, may_change=_may_change_lane, project=_project_of_lane)
