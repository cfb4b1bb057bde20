"""The text of one step for one recipient, at the moment it may leave: variables, thread, unsubscribe link."""

from __future__ import annotations

from collections.abc import Mapping, Set

from campaigns import addressing, placeholders, standing
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import Hold, HoldReason
from outreach import filling, rendering, templating, unsubscribe
from outreach.models import Message, MessageOrigin
from outreach.outbox import queue
from outreach.states import Turn
from outreach.variables import is_custom
from sourcing.models import Candidate


def variables_for(campaign: Campaign, candidate: Candidate, *, used: Set[str]) -> dict[str, str]:
    """Name → value of the variables in ``used``; an empty value counts as missing."""
    return filling.values_for(
        candidate, used=used, sender=campaign.owner, mailbox=campaign.mailbox, project=campaign.project
    )


def render_step(
    campaign: Campaign,
    step: Step,
    candidate: Candidate,
    *,
    unsubscribe_link: str,
    fills: Mapping[str, str] | None = None,
) -> rendering.Rendered:
    """The finished text; raises the typed problems of ``outreach.rendering``."""
    used = templating.uses(step.subject) | templating.uses(
        step.body_html or step.body, rich=bool(step.body_html)
    )
    own = filling.own_names(campaign.organisation_id) if any(map(is_custom, used)) else frozenset()
    return rendering.render(
        step.subject,
        step.body,
        variables_for(campaign, candidate, used=used),
        body_html=step.body_html,
        unsubscribe_link=unsubscribe_link,
        own=own,
        fills=fills,
    )


def render_for(recipient: Recipient, step: Step, *, unsubscribe_link: str) -> rendering.Rendered:
    """:func:`render_step` with what was filled in for this recipient's placeholders."""
    fills = placeholders.texts_of(recipient) if "[[" in f"{step.subject}{step.body}" else {}
    return render_step(
        recipient.campaign, step, recipient.candidate, unsubscribe_link=unsubscribe_link, fills=fills
    )


def hold_reason(problem: rendering.TemplateProblem) -> HoldReason:
    """Why a recipient whose text cannot be made stands as Needs attention."""
    if isinstance(problem, rendering.MissingValue):
        return HoldReason.VARIABLE_MISSING
    if isinstance(problem, rendering.PlaceholderEmpty):
        return HoldReason.PLACEHOLDER_EMPTY
    return HoldReason.TEXT_BROKEN


def draft(recipient: Recipient, step: Step, choice: addressing.Choice) -> queue.Draft | None:
    """The message to write, or None after putting the recipient on hold because the text cannot be made."""
    campaign = recipient.campaign
    token = queue.mint_token()
    thread = None if step.new_thread else recipient.thread_message
    try:
        text = render_for(recipient, step, unsubscribe_link=unsubscribe.link_for(token))
    except rendering.TemplateProblem as problem:
        standing.put_on_hold(
            recipient, Hold.NEEDS_ATTENTION, reason=hold_reason(problem), text=str(problem)[:300]
        )
        return None
    chain = _chain(recipient, thread)
    assert campaign.mailbox_id is not None
    assert recipient.planned_at is not None
    return queue.Draft(
        mailbox_id=campaign.mailbox_id,
        lane_id=campaign.lane_id,
        candidate_id=recipient.candidate_id,
        origin=MessageOrigin.CAMPAIGN,
        step_ref=_step_ref(recipient, step),
        to_address=choice.address.text,
        to_normalised=choice.address.text,
        to_name=f"{recipient.candidate.first_name} {recipient.candidate.last_name}".strip(),
        private_to_id=choice.address.private_to,
        subject=_subject(text, thread),
        body_text=text.text,
        body_html=text.html,
        files=_files(step),
        rank=recipient.turn,
        planned_at=recipient.planned_at,
        in_reply_to=chain[-1] if chain else "",
        references=" ".join(chain),
        read_before_write=recipient.turn == Turn.LATER_STEP,
        created_by_id=campaign.started_by_id,
        token=token,
    )


def write_again(attempt: Attempt, message: Message) -> bool:
    """Render a waiting message anew after its step was edited; False after a hold because the text is broken now."""
    recipient, step = attempt.recipient, attempt.step
    recipient.campaign = (
        Campaign.objects.for_organisation(message.organisation_id)
        .select_related("project", "mailbox", "owner")
        .get(pk=recipient.campaign_id)
    )
    thread = None if step.new_thread else recipient.thread_message
    try:
        text = render_for(recipient, step, unsubscribe_link=unsubscribe.link_for(message.token))
    except rendering.TemplateProblem as problem:
        standing.put_on_hold(
            recipient, Hold.NEEDS_ATTENTION, reason=hold_reason(problem), text=str(problem)[:300]
        )
        return False
    queue.exchange_files(message, _files(step))
    Message.objects.for_organisation(message.organisation_id).filter(pk=message.pk).update(
        subject=_subject(text, thread),
        body_text=text.text,
        body_html=text.html,
        step_ref=_step_ref(recipient, step),
    )
    Attempt.objects.for_organisation(message.organisation_id).filter(pk=attempt.pk).update(
        step_version=step.version
    )
    return True


def _files(step: Step) -> tuple[int, ...]:
    """Ids of what goes with the step."""
    if not step.has_files:
        return ()
    return tuple(step.files.order_by("pk").values_list("file_id", flat=True))


def _step_ref(recipient: Recipient, step: Step) -> str:
    """What the receiver can count by: the same for every try at one step for one recipient."""
    return f"r{recipient.pk}.s{step.pk}"


def _subject(text: rendering.Rendered, thread: Message | None) -> str:
    """A follow-up in the same thread answers its subject; a thread without one gets the step's own."""
    return rendering.reply_subject(thread.subject) if thread and thread.subject else text.subject


def _chain(recipient: Recipient, thread: Message | None) -> list[str]:
    """Message-IDs of the thread as the receiver saw them, oldest first: what References lists."""
    if thread is None:
        return []
    sent = (
        Message.objects.for_organisation(recipient.organisation_id)
        .filter(attempt__recipient=recipient, sent_at__isnull=False, pk__gte=thread.pk)
        .order_by("sent_at")
    )
    return [m.provider_message_ids[0] if m.provider_message_ids else m.our_message_id for m in sent]
