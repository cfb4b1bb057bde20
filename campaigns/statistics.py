"""Figures of one campaign: people, not e-mails."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import AttemptOutcome, Hold, Progress


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel. ``share`` is of all people in the campaign, ``of_before`` of the stage before (0–100)."""

    name: str
    people: int
    share: float
    of_before: int | None


def funnel(campaign: Campaign) -> list[Stage]:
    """In campaign → Contacted → Delivered → Replied, each by people. Delivered = contacted and not bounced."""
    counts = (
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .aggregate(
            total=Count("pk"),
            contacted=Count(
                "pk",
                filter=Q(
                    attempts__outcome__in=[AttemptOutcome.SENT, AttemptOutcome.HARD, AttemptOutcome.UNCERTAIN]
                ),
                distinct=True,
            ),
            delivered=Count("pk", filter=Q(attempts__outcome=AttemptOutcome.SENT), distinct=True),
            replied=Count("pk", filter=Q(progress=Progress.REPLIED), distinct=True),
        )
    )
    total = Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).count()
    stages: list[Stage] = []
    before: int | None = None
    for name, people in (
        ("In campaign", total),
        ("Contacted", counts["contacted"]),
        ("Delivered", counts["delivered"]),
        ("Replied", counts["replied"]),
    ):
        of_before: int | None = None
        if before is not None:
            of_before = round(100 * people / before) if before else 0
        stages.append(Stage(name, people, round(100 * people / total, 1) if total else 0.0, of_before))
        before = people
    return stages


def standings(campaign: Campaign) -> dict[str, int]:
    """People per badge: keys are values of Progress (not on hold) and of Hold."""
    rows = (
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .values_list("progress", "hold")
        .annotate(people=Count("pk"))
    )
    found: dict[str, int] = {}
    for progress, hold, people in rows:
        key = hold if hold != Hold.NONE else progress
        found[key] = found.get(key, 0) + people
    return found


@dataclass(frozen=True)
class StepFigures:
    """How one step fared, by people."""

    step: Step
    sent: int
    replied: int

    @property
    def rate(self) -> int:
        """Replies per hundred sent."""
        return round(100 * self.replied / self.sent) if self.sent else 0


def by_step(campaign: Campaign) -> list[StepFigures]:
    """Sent and answered per step. A reply counts for the step it answered."""
    steps = (
        Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).order_by("position")
    )
    sent = dict(
        Attempt.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign, outcome=AttemptOutcome.SENT)
        .values_list("step_id")
        .annotate(people=Count("recipient", distinct=True))
    )
    replied = dict(
        Attempt.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign, message__inbound__verdict="reply")
        .values_list("step_id")
        .annotate(people=Count("recipient", distinct=True))
    )
    return [StepFigures(step, sent.get(step.pk, 0), replied.get(step.pk, 0)) for step in steps]


def next_sends(campaign: Campaign, *, limit: int = 8) -> list[Recipient]:
    """Who is planned next, soonest first."""
    return list(
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(
            campaign=campaign,
            planned_at__isnull=False,
            hold=Hold.NONE,
            open_attempt__isnull=True,
            progress__in=[Progress.NOT_STARTED, Progress.STARTED],
        )
        .select_related("candidate", "next_step")
        .order_by("planned_at", "pk")[:limit]
    )
