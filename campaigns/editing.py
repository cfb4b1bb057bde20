"""What a person writes down: a campaign, its steps, its settings. Nothing here sends; see ``campaigns.lifecycle``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any, ClassVar, Literal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import (
    addressing,
    readiness,
    recipient_email,
    replanning,
    senders,
    sequence,
    standing,
    texts,
    timing,
)
from campaigns.models import Attempt, Campaign, Recipient, Step, StepFile, StepVariant, StepVersion
from campaigns.replanning import Work
from campaigns.states import ACTIVE, GOING, UNDER_WAY, CampaignStatus, StepKind, check_campaign
from foundation.problems import Conflict, Invalid, Missing
from outreach import closing, lending
from outreach.models import Lane, Mailbox
from outreach.outbox import queue
from outreach.states import MAY_SEND, STOPPABLE, Reason
from sourcing.models import Project

MOST_STEPS = 50
#: What the Settings tab shows: columns of a campaign, and arguments of :func:`change_settings`.
SETTINGS = (
    "name",
    "mailbox",
    "preference",
    "specific_time",
    "zone",
    "allowed_days",
    "daily_limit",
    "prefer",
    "strict_type",
    "obeys_holidays",
    "unsubscribe_text",
    "hold_company",
    "recent_days",
    "track_opens",
)


class AlreadyStarted(Conflict):
    """This can only be changed while the campaign is a draft or paused."""

    code: ClassVar[str] = "campaign_already_started"


@transaction.atomic
def create_campaign(*, project: Project, name: str, actor: User, mailbox: Mailbox | None = None) -> Campaign:
    """A draft with one empty step, in the actor's time zone, sent from ``mailbox`` or the actor's default one."""
    require(actor, Right.CAMPAIGN_EDIT)
    name = name.strip()
    if not name:
        raise Invalid("Give the campaign a name.", fields={"name": "Give the campaign a name."})
    if mailbox is None:
        mailbox = (
            Mailbox.objects.for_organisation(project.organisation_id)
            .filter(owner=actor, status__in=MAY_SEND)
            .order_by("-is_default", "pk")
            .first()
        )
    elif not lending.may_send_from(mailbox, actor.pk):
        raise Invalid(f"{mailbox.address} is not lent to you.", fields={"mailbox": "Not lent to you."})
    lane = Lane(
        organisation_id=project.organisation_id, held="draft", held_text="Not started", zone=actor.time_zone
    )
    for column, value in closing.on_a_lane(project.organisation_id, obeys_holidays=False).items():
        setattr(lane, column, value)
    lane.save()
    defaults = recipient_email.defaults_of(project)
    campaign = Campaign.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        name=name,
        owner=actor,
        mailbox=mailbox,
        lane=lane,
        zone=actor.time_zone,
        prefer=defaults.prefer,
        strict_type=defaults.strict_type,
    )
    add_step(campaign=campaign, subject="", body="", days=0, actor=actor)
    return campaign


@transaction.atomic
def add_step(
    *,
    campaign: Campaign,
    subject: str,
    body: str,
    days: int,
    actor: User,
    kind: str = StepKind.EMAIL,
    revive: bool = False,
    mailbox: Mailbox | None = None,
    now: datetime | None = None,
) -> Step:
    """Append a step; ``days`` counts from the step before, for a later e-mail at least 1, for a manual task 0 or more.

    Under way, it is for everybody who has not ended; people who have completed get it only with ``revive`` (row A47).
    ``mailbox``: None, it is sent from the campaign's; raises Invalid for one that cannot send for its owner, and for an
    empty text once the campaign was started: people may reach the step at once.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status != CampaignStatus.DRAFT and not body.strip():
        raise Invalid(
            "Write the step first: people may reach it at once.", fields={"body": "Write the text."}
        )
    last = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id).count()
    if last >= MOST_STEPS:
        raise Invalid(f"A campaign has at most {MOST_STEPS} steps.")
    if mailbox is not None and (said := senders.problem_of(campaign, mailbox)):
        raise Invalid(said, fields={"mailbox": said})
    least = 1 if kind == StepKind.EMAIL else 0
    step = Step.objects.create(
        organisation_id=campaign.organisation_id,
        campaign=campaign,
        position=last + 1,
        kind=kind,
        days=max(days, least) if last else 0,
        subject=subject.strip(),
        body=body,
        mailbox=mailbox if kind == StepKind.EMAIL else None,
    )
    _keep_version(step, actor)
    _sequence_changed(campaign, actor, now, revive=revive)
    return step


@transaction.atomic
def edit_step(
    *,
    step: Step,
    subject: str,
    body: str,
    days: int,
    new_thread: bool,
    actor: User,
    body_html: str = "",
    files: Collection[int] = (),
    mailbox: Mailbox | Literal["same"] | None = "same",
    now: datetime | None = None,
) -> int:
    """Change a step; returns how many messages it still reaches: every one not yet claimed.

    The text is rendered when a message may leave, so an edit needs no rewriting of anything; editing text does
    not move a planned minute, changed days do (docs/behaviour.md §1 "Edits"). ``body``, ``body_html`` and ``files``
    are those of an ``outreach.contents.Content``. Who was held because the old text could not be made for them is
    looked at again. ``mailbox``: who sends it, None the campaign's; raises :class:`AlreadyStarted` for another one
    while the campaign sends, Invalid for one that cannot send for its owner, and for markup or a thread of a manual
    task.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    if step.kind != StepKind.EMAIL and (body_html or new_thread):
        name = "body_html" if body_html else "new_thread"
        raise Invalid("A manual task is a plain note.", fields={name: "Only an e-mail has it."})
    if step.position > 1 and days < 1 and step.kind == StepKind.EMAIL:
        raise Invalid(
            "A later step leaves at least one day after the one before it.", fields={"days": "At least 1."}
        )
    campaign = standing.lock_campaign(step.campaign_id, organisation_id=step.organisation_id)
    if not isinstance(mailbox, str):
        _set_sender(step, mailbox, campaign)
    changed = (step.subject, step.body, step.body_html) != (subject.strip(), body, body_html)
    changed |= set_files(step, files)
    moved = step.position > 1 and step.days != days
    step.subject, step.body, step.body_html, step.new_thread = subject.strip(), body, body_html, new_thread
    step.days = days if step.position > 1 else 0
    if changed:
        step.version += 1
    step.save(
        update_fields=[
            "subject",
            "body",
            "body_html",
            "has_files",
            "new_thread",
            "days",
            "version",
            "mailbox",
        ]
    )
    if changed:
        _keep_version(step, actor)
        readiness.look_again_after_edit(step, now=now or timezone.now())
    if moved:
        _sequence_changed(campaign, actor, now, steps=(step.pk,))
    return reach(step)


def _set_sender(step: Step, mailbox: Mailbox | None, campaign: Campaign) -> None:
    """Not saved. Like the campaign's sender it changes only while nothing is sent: its account is read for answers."""
    if step.mailbox_id == (mailbox.pk if mailbox else None):
        return
    if campaign.status in ACTIVE:
        raise AlreadyStarted("Pause the campaign first: another account sends this step from then on.")
    senders.require_usable(campaign, mailbox)
    step.mailbox = mailbox


def reach(step: Step) -> int:
    """How many people have this step before them: what an edit of it applies to."""
    return (
        Recipient.objects.for_organisation(step.organisation_id)
        .filter(
            Q(next_step__position__lte=step.position) | Q(start_at__isnull=True),
            campaign_id=step.campaign_id,
            progress__in=GOING,
        )
        .count()
    )


@transaction.atomic
def move_step(*, step: Step, to: int, actor: User, now: datetime | None = None) -> None:
    """Put a step at place ``to`` (1 = first; beyond the ends it is the nearest end), at any time.

    Under way, everybody goes on with the first step behind those they have had; nobody gets one twice.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(step.campaign_id, organisation_id=step.organisation_id)
    steps = list(sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id))
    moving = next((each for each in steps if each.pk == step.pk), None)
    if moving is None:
        raise Missing("This step was taken out.")
    steps.remove(moving)
    steps.insert(min(max(to, 1), len(steps) + 1) - 1, moving)
    if _renumber(steps):
        _sequence_changed(campaign, actor, now)


@transaction.atomic
def remove_step(*, step: Step, actor: User, now: datetime | None = None) -> None:
    """Take a step out at any time; the ones after it move up, and people who waited for it go on with the next.

    What somebody has had of it stays in their history. Raises Conflict for the last step of a started campaign.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    now = now or timezone.now()
    campaign = standing.lock_campaign(step.campaign_id, organisation_id=step.organisation_id)
    others = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id).exclude(pk=step.pk)
    if campaign.status != CampaignStatus.DRAFT and not others.exists():
        raise Conflict("A campaign that was started keeps at least one step.")
    if campaign.status == CampaignStatus.DRAFT and not sequence.is_used(step):
        StepVersion.objects.for_organisation(step.organisation_id).filter(step=step).delete()
        step.delete()
    else:
        step.removed_at = now
        step.save(update_fields=["removed_at"])
        waiting = Attempt.objects.for_organisation(step.organisation_id).filter(
            step=step, message__status__in=STOPPABLE
        )
        queue.cancel(
            message_ids=list(waiting.values_list("message_id", flat=True)),
            reason=Reason.STEP_REMOVED,
            now=now,
        )
    _renumber(list(others))
    _sequence_changed(campaign, actor, now)


def _renumber(steps: Sequence[Step]) -> bool:
    """Positions in this order; a later e-mail keeps at least a day's distance. True if anything moved."""
    moved = []
    for position, step in enumerate(steps, start=1):
        days = step.days
        if position > 1 and step.kind == StepKind.EMAIL:
            days = max(days, 1)
        if (step.position, step.days) != (position, days):
            step.position, step.days = position, days
            moved.append(step)
    if moved:
        Step.objects.for_organisation(moved[0].organisation_id).bulk_update(moved, ["position", "days"])
    return bool(moved)


def _sequence_changed(
    campaign: Campaign,
    actor: User,
    now: datetime | None,
    *,
    steps: tuple[int, ...] = (),
    revive: bool = False,
) -> None:
    """Plan everybody anew if the campaign was started; ``revive`` lets a completed one run again."""
    if revive and campaign.status == CampaignStatus.COMPLETED:
        check_campaign(campaign.status, CampaignStatus.RUNNING)
        campaign.status = CampaignStatus.RUNNING
        campaign.save(update_fields=["status"])
    if campaign.status in UNDER_WAY:
        work = Work(replanning.SEQUENCE, now or timezone.now(), steps, revive)
        replanning.plan_everybody(campaign, work, actor=actor)


def _keep_version(step: Step, actor: User) -> None:
    keep_version(step, step.subject, step.body, step.body_html, actor=actor)


def keep_version(
    step: Step, subject: str, body: str, body_html: str, *, actor: User, variant: str = texts.OWN
) -> None:
    """Write down the text that ``step.version`` is, of the variant that changed with it."""
    StepVersion.objects.create(
        organisation_id=step.organisation_id,
        step=step,
        version=step.version,
        variant=variant,
        subject=subject,
        body=body,
        body_html=body_html,
        created_by=actor,
    )


def set_files(step: Step, files: Collection[int], variant: StepVariant | None = None) -> bool:
    """The files that go with the step, or with one of its variants, from now on; True if they are others than before.

    ``has_files`` is set and not saved.
    """
    text = step if variant is None else variant
    rows = StepFile.objects.for_organisation(step.organisation_id).filter(step=step, variant=variant)
    before = list(rows.order_by("pk").values_list("file_id", flat=True)) if text.has_files else []
    wanted = list(dict.fromkeys(files))
    if before == wanted:
        return False
    rows.delete()
    StepFile.objects.bulk_create(
        StepFile(organisation_id=step.organisation_id, step=step, variant=variant, file_id=file_id)
        for file_id in wanted
    )
    text.has_files = bool(wanted)
    return True


@transaction.atomic
def change_some_settings(
    *, campaign: Campaign, actor: User, values: Mapping[str, Any], now: datetime | None = None
) -> Campaign:
    """:func:`change_settings` of those that ``values`` names, by the names of its arguments; the others stay."""
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    kept = {name: getattr(campaign, name) for name in SETTINGS}
    return change_settings(campaign=campaign, actor=actor, now=now, **{**kept, **values})


@transaction.atomic
def change_settings(
    *,
    campaign: Campaign,
    actor: User,
    name: str,
    mailbox: Mailbox | None,
    preference: str,
    specific_time: time | None,
    zone: str,
    allowed_days: list[int],
    daily_limit: int | None,
    prefer: str,
    strict_type: bool,
    obeys_holidays: bool = False,
    unsubscribe_text: str = "",
    hold_company: bool = False,
    recent_days: int = 30,
    now: datetime | None = None,
    track_opens: bool = False,
) -> Campaign:
    """Store the Settings tab, at any time; another preference, time, zone or day plans a started campaign anew
    (docs/behaviour.md §1 "Changing the preference").

    Raises :class:`AlreadyStarted` for another mailbox while the campaign sends: its account is read for answers; and
    Invalid for *Specific time* without one.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    if preference == timing.Preference.SPECIFIC_TIME and specific_time is None:
        raise Invalid("Choose the time.", fields={"specific_time": "Choose the time."})
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    when = {
        "preference": preference,
        "specific_time": specific_time if preference == timing.Preference.SPECIFIC_TIME else None,
        "zone": zone,
    }
    days = {"allowed_days": sorted(set(allowed_days)), "obeys_holidays": obeys_holidays}
    sender = mailbox.pk if mailbox else None
    if sender != campaign.mailbox_id:
        if mailbox is not None and not senders.may_use(campaign, mailbox):
            raise Invalid(
                f"{campaign.owner.name} may not send from {mailbox.address}.", fields={"mailbox": "Not lent."}
            )
        if campaign.status in ACTIVE:
            raise AlreadyStarted("Pause the campaign first: another account sends from then on.")
    moved = {key for key, value in (when | days).items() if getattr(campaign, key) != value}
    for key, value in (when | days).items():
        setattr(campaign, key, value)
    campaign.mailbox_id = sender
    campaign.name = name.strip() or campaign.name
    campaign.daily_limit, campaign.prefer = daily_limit, prefer
    campaign.strict_type = strict_type and prefer != addressing.Prefer.NO_PREFERENCE
    campaign.unsubscribe_text = " ".join(unsubscribe_text.split())[:200]
    campaign.hold_company, campaign.recent_days = hold_company, recent_days
    campaign.track_opens = track_opens
    campaign.save()
    Lane.objects.for_organisation(campaign.organisation_id).filter(pk=campaign.lane_id).update(
        zone=zone,
        allowed_days=campaign.allowed_days,
        daily_limit=daily_limit,
        track_opens=track_opens,
        **closing.on_a_lane(campaign.organisation_id, obeys_holidays=obeys_holidays),
    )
    if moved and campaign.status in UNDER_WAY:
        mode = replanning.PREFERENCE if moved & set(when) else replanning.DAYS
        replanning.plan_everybody(campaign, Work(mode, now or timezone.now()), actor=actor)
    return campaign
