"""What people have to do by hand, as the Tasks page and the API show it: read only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from accounts.models import User
from campaigns import writing
from campaigns.models import ManualTask, Recipient
from campaigns.states import ACTIVE, GOING, CampaignStatus, Hold, StepKind, TaskOutcome
from outreach import rendering
from outreach.sending_days import resolve
from outreach.states import Turn
from sourcing import selectors as people

T = TypeVar("T", Recipient, ManualTask)


class When(StrEnum):
    """Which part of the list. Days are those of the viewer's zone."""

    DUE = "due"
    LATER = "later"
    OVER = "over"


def tasks(
    viewer: User, *, now: datetime, when: When = When.DUE, kind: str = "", mine: bool = False
) -> QuerySet[Recipient]:
    """Recipients whose next step is a task, the longest due first; of campaigns the viewer may open.

    ``mine``: of campaigns the viewer owns or started. ``kind`` is one of ``StepKind``; another one shows all.
    """
    rows = _all(viewer).filter(campaign__status__in=ACTIVE, hold=Hold.NONE)
    end = _end_of_today(viewer, now)
    rows = rows.filter(planned_at__gte=end) if when is When.LATER else rows.filter(planned_at__lt=end)
    return _narrowed(rows, viewer, kind, mine, "next_step__").order_by("planned_at", "pk")


def finished(viewer: User, *, kind: str = "", mine: bool = False) -> QuerySet[ManualTask]:
    """Tasks that are over, the latest first."""
    rows = (
        ManualTask.objects.for_organisation(viewer.tenant_id)
        .filter(people.of_visible_project(viewer, "recipient__campaign__project"))
        .exclude(outcome=TaskOutcome.OPEN)
        .select_related("recipient__candidate", "recipient__campaign", "step", "done_by")
    )
    return _narrowed(rows, viewer, kind, mine, "step__", "recipient__").order_by("-done_at", "-pk")


def frozen(viewer: User) -> int:
    """How many tasks wait because their campaign is paused or their person is on hold."""
    paused = Q(campaign__status=CampaignStatus.PAUSED) | ~Q(hold=Hold.NONE)
    return _all(viewer).filter(paused).count()


def due_counts(viewer: User, *, now: datetime, kind: str = "", mine: bool = False) -> dict[str, int]:
    """How many are overdue, due today, and due later."""
    due = tasks(viewer, now=now, kind=kind, mine=mine)
    overdue = due.filter(planned_at__lt=start_of_today(viewer, now)).count()
    later = tasks(viewer, now=now, when=When.LATER, kind=kind, mine=mine).count()
    return {"overdue": overdue, "today": due.count() - overdue, "later": later}


def start_of_today(viewer: User, now: datetime) -> datetime:
    """Midnight of the viewer's zone; what was due before it is overdue."""
    return resolve(_today(viewer, now), time(0), ZoneInfo(viewer.time_zone))


def _end_of_today(viewer: User, now: datetime) -> datetime:
    return resolve(_today(viewer, now) + timedelta(days=1), time(0), ZoneInfo(viewer.time_zone))


def _today(viewer: User, now: datetime) -> date:
    return now.astimezone(ZoneInfo(viewer.time_zone)).date()


def _all(viewer: User) -> QuerySet[Recipient]:
    return (
        Recipient.objects.for_organisation(viewer.tenant_id)
        .filter(
            people.of_visible_project(viewer, "campaign__project"),
            turn=Turn.MANUAL_TASK,
            progress__in=[p.value for p in GOING],
            planned_at__isnull=False,
            campaign__archived_at__isnull=True,
        )
        .select_related("candidate", "campaign__project", "campaign__owner", "campaign__mailbox", "next_step")
    )


def _narrowed(
    rows: QuerySet[T], viewer: User, kind: str, mine: bool, step: str, recipient: str = ""
) -> QuerySet[T]:
    if kind in StepKind.values and kind != StepKind.EMAIL:
        rows = rows.filter(**{f"{step}kind": kind})
    if mine:
        campaign = f"{recipient}campaign__"
        rows = rows.filter(Q(**{f"{campaign}owner": viewer}) | Q(**{f"{campaign}started_by": viewer}))
    return rows


@dataclass(frozen=True)
class Text:
    """What is to be done, filled in for the person; ``problem`` where a variable has no value (the text is raw)."""

    title: str
    body: str
    problem: str = ""


def text_of(recipient: Recipient) -> Text:
    """The task's title and text for this person."""
    step = recipient.next_step
    assert step is not None
    title = step.subject or str(StepKind(step.kind).label)
    try:
        filled = writing.render_task(recipient, title=title, body=step.body or title)
    except rendering.TemplateProblem as problem:
        return Text(title, step.body, str(problem))
    return Text(filled.subject, filled.text if step.body else "")


def notes_of(organisation_id: int, recipients: Collection[Recipient]) -> dict[int, str]:
    """Notes written to the open tasks of these recipients."""
    rows = ManualTask.objects.for_organisation(organisation_id).filter(
        recipient__in=[recipient.pk for recipient in recipients], outcome=TaskOutcome.OPEN
    )
    return dict(rows.values_list("recipient_id", "note"))
