"""Whether a step's text can be made for its people, asked before its minute comes: nobody learns it from a mail.

Who lacks something stands as *Needs attention* naming it as soon as the step is planned; the same question is asked
again when the text is mended or the missing words are filled in, and by ``writing`` at the very last moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts import acts
from accounts.models import User
from accounts.permissions import Right, require
from campaigns import placeholders, planning, sequence, standing, writing
from campaigns.models import Campaign, PlaceholderText, Recipient, Step
from campaigns.states import GOING, OF_THE_TEXT, Hold, StepKind
from campaigns.texts import Text, in_use
from foundation.problems import Invalid, Missing
from outreach import filling, rendering, templating
from outreach.previews import SAMPLE_LINK
from outreach.templating import Analysis, analyse, placeholder_key
from outreach.variables import is_custom
from sourcing.models import Candidate

#: Looked at in one go when a text was mended; the rest is looked at when its turn comes.
AT_ONCE = 1_000
#: What may stand for one placeholder.
LONGEST_TEXT = 5_000


def lacking_counts(campaign: Campaign, names: Sequence[str]) -> dict[str, int]:
    """Variable → how many of the campaign's people have no value for it."""
    going = Recipient.objects.for_organisation(campaign.organisation_id).filter(
        campaign=campaign, progress__in=[p.value for p in GOING]
    )
    people = Candidate.objects.for_organisation(campaign.organisation_id).filter(
        pk__in=going.values("candidate_id")
    )
    return {name: filling.lacking(people, name).count() for name in dict.fromkeys(names)}


def problems_of(step: Step, text: Text) -> list[str]:
    """What is wrong with this text of the step itself, whoever it goes to."""
    own = filling.own_names(step.organisation_id)
    return rendering.problems(text.subject, text.body, body_html=text.html, own=own)


def warnings(campaign: Campaign) -> list[str]:
    """What Start says before it is pressed: how many people each step cannot be made for, and why."""
    known = filling.variables_of(campaign.organisation_id)
    steps = Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)
    found = []
    for step, text in ((each, text) for each in steps.order_by("position") for text in in_use(each)):
        needs = [name for each in _analyses_of(step, text) for name in each.needs if name in known]
        which = f"Step {step.position}{text.named}"
        for name, count in lacking_counts(campaign, needs).items():
            if count:
                who = f"{count:,} {'person has' if count == 1 else 'people have'}"
                found.append(f"{which}: {who} no “{known[name].label}” and will stand as Needs attention.")
        found += [
            f"{which}: [[{label}]] is filled in for each person; who has none is not written to."
            for label in placeholders.labels_of(text)
        ]
    return found


@transaction.atomic
def hold_planned(campaign: Campaign, *, after_id: int, until_id: int) -> int:
    """:func:`hold_unready` for one planning batch; reads nobody where no step asks for anything."""
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    asking = [step.pk for step in steps.filter(kind=StepKind.EMAIL) if _asks(step)]
    if not asking:
        return 0
    waiting = (
        Recipient.objects.for_organisation(campaign.organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("candidate")
        .filter(campaign=campaign, next_step__in=asking, hold=Hold.NONE, open_attempt__isnull=True)
        .filter(pk__gt=after_id, pk__lte=until_id)
        .order_by("pk")
    )
    return hold_unready(campaign, list(waiting))


def hold_unready(campaign: Campaign, recipients: Sequence[Recipient]) -> int:
    """Put on hold whoever's planned step cannot be made for them; how many. Call with the rows locked.

    Only those are rendered who lack something that the step asks for: for most texts that is nobody.
    """
    held = 0
    by_step: dict[int, list[Recipient]] = {}
    for recipient in recipients:
        if recipient.next_step_id is not None and recipient.hold == Hold.NONE:
            by_step.setdefault(recipient.next_step_id, []).append(recipient)
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    for step in steps.filter(pk__in=by_step, kind=StepKind.EMAIL):
        for recipient in _doubtful(step, by_step[step.pk]) if _asks(step) else ():
            recipient.campaign = campaign
            held += _hold_if_unready(recipient, step)
    return held


def look_again(recipients: Sequence[Recipient], *, now: datetime) -> int:
    """Release those held for their text whose text can be made now, and plan what is overdue anew; how many."""
    released = 0
    for recipient in recipients:
        step = recipient.next_step
        if recipient.hold != Hold.NEEDS_ATTENTION or recipient.hold_code not in OF_THE_TEXT or step is None:
            continue
        if (problem := _problem_of(recipient, step)) is not None:
            if str(problem)[:300] != recipient.hold_text:
                _hold(recipient, problem)
            continue
        standing.release(recipient)
        released += 1
        if planning.replan_overdue(recipient, moment=now):
            recipient.save(update_fields=planning.PLAN_FIELDS)
    return released


def look_again_after_edit(step: Step, *, now: datetime) -> int:
    """:func:`look_again` at everybody who was held at this step; call inside a transaction."""
    waiting = (
        Recipient.objects.for_organisation(step.organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related(
            "candidate", "next_step__mailbox", "campaign__project", "campaign__mailbox", "campaign__owner"
        )
        .select_related("campaign__organisation")
        .filter(next_step=step, hold=Hold.NEEDS_ATTENTION, hold_code__in=[each.value for each in OF_THE_TEXT])
        .order_by("pk")
    )
    return look_again(list(waiting[:AT_ONCE]), now=now)


@transaction.atomic
def fill_in(*, recipient_id: int, texts: Mapping[str, str], actor: User, now: datetime) -> Recipient:
    """Store what stands for each label of ``texts``; an empty one takes it back. Labels no step asks for are ignored.

    A recipient who was held for want of it goes on, an overdue step planned anew as at Resume.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    assert actor.organisation_id is not None
    recipient = standing.lock(recipient_id, organisation_id=actor.organisation_id)
    if recipient is None:
        raise Missing("There is no such recipient.")
    asked = {placeholder_key(each.label): each.label for each in placeholders.of_recipient(recipient)}
    rows = PlaceholderText.objects.for_organisation(recipient.organisation_id).filter(recipient=recipient)
    before = placeholders.texts_of(recipient)
    for label, text in texts.items():
        key, words = placeholder_key(label), text.replace("\r\n", "\n").strip()
        if key not in asked:
            continue
        if len(words) > LONGEST_TEXT:
            raise Invalid(f"[[{asked[key]}]]: {LONGEST_TEXT:,} characters at most.")
        if words:
            rows.update_or_create(
                recipient=recipient,
                key=key,
                defaults={"text": words, "written_by": actor, "organisation_id": recipient.organisation_id},
            )
        else:
            rows.filter(key=key).delete()
    if placeholders.texts_of(recipient) != before:
        acts.tell(recipient, actor=actor, changes={"placeholder_texts": acts.UNSAID})
    with standing.act_of(actor, recipient):
        look_again([recipient], now=now)
    return recipient


def _doubtful(step: Step, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Those who lack a variable the step asks for without a fallback, or whose placeholders are not all filled in."""
    found = _analyses(step)
    if any(each.problems for each in found):
        return list(recipients)
    needs = {name for each in found for name in each.needs}
    people = Candidate.objects.for_organisation(step.organisation_id).filter(
        pk__in=[recipient.candidate_id for recipient in recipients]
    )
    lacking = {pk for name in needs for pk in filling.lacking(people, name).values_list("pk", flat=True)}
    labels = {label for each in found for label in each.placeholders}
    filled: dict[int, int] = {}
    if labels:
        rows = PlaceholderText.objects.for_organisation(step.organisation_id).filter(
            ~Q(text=""), recipient__in=[recipient.pk for recipient in recipients]
        )
        for recipient_id in rows.values_list("recipient_id", flat=True):
            filled[recipient_id] = filled.get(recipient_id, 0) + 1
    return [
        recipient
        for recipient in recipients
        if recipient.candidate_id in lacking or filled.get(recipient.pk, 0) < len(labels)
    ]


def _analyses(step: Step) -> list[Analysis]:
    """Of every text that somebody may get; who lacks something for one of them is looked at with their own."""
    return [each for text in in_use(step) for each in _analyses_of(step, text)]


def _analyses_of(step: Step, text: Text) -> tuple[Analysis, Analysis]:
    rich = bool(text.html)
    words = text.html or text.body
    named = templating.uses(text.subject) | templating.uses(words, rich=rich)
    own = filling.own_names(step.organisation_id) if any(map(is_custom, named)) else frozenset()
    return analyse(text.subject, own=own), analyse(words, own=own, rich=rich)


def _asks(step: Step) -> bool:
    """Whether there may be anybody the text cannot be made for."""
    return any(each.problems or each.needs or each.placeholders for each in _analyses(step))


def _hold_if_unready(recipient: Recipient, step: Step) -> bool:
    problem = _problem_of(recipient, step)
    return problem is not None and _hold(recipient, problem)


def _hold(recipient: Recipient, problem: rendering.TemplateProblem) -> bool:
    return standing.put_on_hold(
        recipient, Hold.NEEDS_ATTENTION, reason=writing.hold_reason(problem), text=str(problem)[:300]
    )


def _problem_of(recipient: Recipient, step: Step) -> rendering.TemplateProblem | None:
    try:
        writing.render_for(recipient, step, unsubscribe_link=SAMPLE_LINK)
    except rendering.TemplateProblem as problem:
        return problem
    return None
