"""The text of one step for one recipient, at the moment it may leave: variables, thread, unsubscribe link."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from campaigns import addressing, overriding, placeholders, senders, sequence, standing, texts
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import Hold, HoldReason, StepKind
from campaigns.texts import Text
from outreach import filling, opens, rendering, templating, unsubscribe
from outreach.models import Mailbox, Message, MessageOrigin
from outreach.outbox import queue
from outreach.variables import is_custom
from sourcing.models import Candidate


@dataclass(frozen=True)
class Written:
    """A message to write, and the letter of the text it was made of (``texts.Text``)."""

    draft: queue.Draft
    variant: str
    drawn: bool


def variables_for(
    campaign: Campaign, candidate: Candidate, *, used: Set[str], mailbox: Mailbox | None = None
) -> dict[str, str]:
    """Name → value of the variables in ``used``; an empty value counts as missing. ``mailbox`` None: the campaign's."""
    mailbox, sender = mailbox or campaign.mailbox, campaign.owner
    if mailbox is not None and not mailbox.display_name and mailbox.owner_id != sender.pk:
        # Lent and without a name of its own: it speaks in its owner's name, not in the borrower's.
        sender = mailbox.owner
    return filling.values_for(candidate, used=used, sender=sender, mailbox=mailbox, project=campaign.project)


def render_step(
    campaign: Campaign, step: Step, candidate: Candidate, *, unsubscribe_link: str
) -> rendering.Rendered:
    """The finished text as anybody would get it; raises the typed problems of ``outreach.rendering``."""
    text = texts.all_of(step)[0]
    mailbox = senders.of_step(campaign, step)
    return _render(campaign, candidate, text, unsubscribe_link=unsubscribe_link, mailbox=mailbox)


def render_for(recipient: Recipient, step: Step, *, unsubscribe_link: str) -> rendering.Rendered:
    """:func:`render_step` with what was said for this recipient alone: fields, placeholders, the text of this one
    message."""
    return _for(recipient, own_text(recipient, step), step, unsubscribe_link=unsubscribe_link)


def render_task(recipient: Recipient, *, title: str, body: str) -> rendering.Rendered:
    """What somebody is to do, with the recipient's variables; nothing to unsubscribe from."""
    return _for(recipient, Text(title, body), None, unsubscribe_link="")


def own_text(recipient: Recipient, step: Step, *, keep: str = "") -> Text:
    """The text of the step for this recipient: edited for it alone, or the variant it gets (``texts.for_person``).

    A follow-up without a subject of its own that begins a thread (the step before was left out, or its address is dead)
    takes that of the step before it.
    """
    text = texts.for_person(step, recipient, keep=keep)
    for change in recipient.step_changes.all():
        if change.step_id == step.pk and change.body is not None:
            subject = change.subject or text.subject
            text = replace(text, subject=subject, body=change.body, html="", letter="", drawn=False)
    if not text.subject and (recipient.thread_message_id is None or step.new_thread):
        text = replace(text, subject=_subject_before(recipient, step))
    return text


def _subject_before(recipient: Recipient, step: Step) -> str:
    standing_ones = sequence.steps_of(step.campaign_id, organisation_id=step.organisation_id)
    before = standing_ones.filter(kind=StepKind.EMAIL, position__lt=step.position).order_by("-position")
    subjects = (texts.for_person(each, recipient).subject for each in before)
    return next((subject for subject in subjects if subject), "")


def _for(recipient: Recipient, text: Text, step: Step | None, *, unsubscribe_link: str) -> rendering.Rendered:
    """``text`` with what was said for this recipient alone, from the sender of ``step``."""
    asked = "[[" in f"{text.subject}{text.body}{text.html}"
    return _render(
        recipient.campaign,
        recipient.candidate,
        text,
        unsubscribe_link=unsubscribe_link,
        overrides=recipient.overrides,
        fills=placeholders.texts_of(recipient) if asked else {},
        mailbox=senders.of_step(recipient.campaign, step) if step is not None else None,
    )


def _render(
    campaign: Campaign,
    candidate: Candidate,
    text: Text,
    *,
    unsubscribe_link: str,
    overrides: Mapping[str, str] | None = None,
    fills: Mapping[str, str] | None = None,
    mailbox: Mailbox | None = None,
) -> rendering.Rendered:
    used = templating.uses(text.subject) | templating.uses(text.html or text.body, rich=bool(text.html))
    own = filling.own_names(campaign.organisation_id) if any(map(is_custom, used)) else frozenset()
    if overrides:
        # A name said in parts makes the full one.
        used |= {"first_name", "last_name"}
        variables = variables_for(campaign, candidate, used=used, mailbox=mailbox)
        variables = overriding.applied(variables, overrides)
    else:
        variables = variables_for(campaign, candidate, used=used, mailbox=mailbox)
    return rendering.render(
        text.subject,
        text.body,
        variables,
        body_html=text.html,
        unsubscribe_link=unsubscribe_link,
        footer=campaign.unsubscribe_text,
        own=own,
        fills=fills,
    )


def hold_reason(problem: rendering.TemplateProblem) -> HoldReason:
    """Why a recipient whose text cannot be made stands as Needs attention."""
    if isinstance(problem, rendering.MissingValue):
        return HoldReason.VARIABLE_MISSING
    if isinstance(problem, rendering.PlaceholderEmpty):
        return HoldReason.PLACEHOLDER_EMPTY
    return HoldReason.TEXT_BROKEN


def subject_for(recipient: Recipient, step: Step) -> str:
    """The subject as the person would read it now, for lists; the template itself if it cannot be rendered."""
    thread = None if step.new_thread else recipient.thread_message
    if thread is not None and thread.subject:
        return rendering.reply_subject(thread.subject)
    subject = own_text(recipient, step).subject
    try:
        subject = _for(recipient, Text(subject, "-"), step, unsubscribe_link="").subject
    except rendering.TemplateProblem:
        return subject
    follows = not step.subject and not step.new_thread and step.pk != recipient.next_step_id
    return rendering.reply_subject(subject) if follows and subject else subject


def draft(recipient: Recipient, step: Step, choice: addressing.Choice) -> Written | None:
    """The message to write, or None after putting the recipient on hold because the text cannot be made."""
    campaign = recipient.campaign
    token = queue.mint_token()
    thread = None if step.new_thread else recipient.thread_message
    template = own_text(recipient, step)
    try:
        text = _for(recipient, template, step, unsubscribe_link=unsubscribe.link_for(token))
    except rendering.TemplateProblem as problem:
        standing.put_on_hold(
            recipient, Hold.NEEDS_ATTENTION, reason=hold_reason(problem), text=str(problem)[:300]
        )
        return None
    chain = _chain(recipient, thread)
    mailbox_id = step.mailbox_id or campaign.mailbox_id
    assert mailbox_id is not None
    assert recipient.planned_at is not None
    made = queue.Draft(
        mailbox_id=mailbox_id,
        lane_id=campaign.lane_id,
        candidate_id=recipient.candidate_id,
        origin=MessageOrigin.CAMPAIGN,
        step_ref=_step_ref(recipient, step),
        to_address=choice.address.text,
        to_normalised=choice.address.text,
        to_name=_called(recipient),
        private_to_id=choice.address.private_to,
        subject=_subject(text, thread),
        body_text=text.text,
        body_html=_tracked(campaign, text.html, token),
        files=texts.files_of(step, template),
        rank=recipient.turn,
        planned_at=recipient.planned_at,
        in_reply_to=chain[-1] if chain else "",
        references=" ".join(chain),
        read_before_write=step.position > 1,
        created_by_id=campaign.started_by_id,
        token=token,
    )
    return Written(made, template.letter, template.drawn)


def write_again(attempt: Attempt, message: Message) -> bool:
    """Render a waiting message anew after its step was edited; False after a hold because the text is broken now.

    One that was edited by hand keeps its text.
    """
    if message.text_by_hand:
        return True
    recipient, step = attempt.recipient, attempt.step
    recipient.campaign = (
        Campaign.objects.for_organisation(message.organisation_id)
        .select_related("project", "mailbox", "owner")
        .get(pk=recipient.campaign_id)
    )
    thread = None if step.new_thread else recipient.thread_message
    template = own_text(recipient, step, keep=attempt.variant)
    try:
        text = _for(recipient, template, step, unsubscribe_link=unsubscribe.link_for(message.token))
    except rendering.TemplateProblem as problem:
        standing.put_on_hold(
            recipient, Hold.NEEDS_ATTENTION, reason=hold_reason(problem), text=str(problem)[:300]
        )
        return False
    queue.exchange_files(message, texts.files_of(step, template))
    Message.objects.for_organisation(message.organisation_id).filter(pk=message.pk).update(
        subject=_subject(text, thread),
        body_text=text.text,
        body_html=_tracked(recipient.campaign, text.html, message.token),
        step_ref=_step_ref(recipient, step),
    )
    Attempt.objects.for_organisation(message.organisation_id).filter(pk=attempt.pk).update(
        step_version=step.version, variant=template.letter, drawn=template.drawn
    )
    return True


def _called(recipient: Recipient) -> str:
    """The name in the To header."""
    person = recipient.candidate
    name = {"first_name": person.first_name, "last_name": person.last_name}
    name["full_name"] = f"{person.first_name} {person.last_name}".strip()
    return overriding.applied(name, recipient.overrides)["full_name"]


def _tracked(campaign: Campaign, html: str, token: str) -> str:
    """The HTML text, with the hidden picture if the campaign asks for it."""
    return opens.with_picture(html, token) if campaign.track_opens else html


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
