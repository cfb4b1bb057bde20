"""A single e-mail to one person, written by a member, now or at a chosen minute; and *Send me a test*.

It goes through the outbox like every other message: one row, the mailbox's limits, suppression asked again at the last
moment. Its text is made when it is sent off, because the writer has seen it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, require
from foundation.problems import Conflict, Invalid
from outreach import filling, rendering, selectors, templating, unsubscribe
from outreach.contents import Content
from outreach.models import Mailbox, Message, MessageOrigin
from outreach.outbox import queue
from outreach.states import MAY_SEND, Turn
from sourcing import selectors as people
from sourcing import suppression
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactStatus
from sourcing.normalising import is_dummy_address

#: A plan further away than this is a slip of the pen.
FURTHEST = timedelta(days=366)


class NoSender(Conflict):
    """The actor has no connected mailbox to write from."""

    code: ClassVar[str] = "no_sender"


def senders(viewer: User) -> QuerySet[Mailbox]:
    """Connected mailboxes the viewer may send from, their default first."""
    return selectors.usable_mailboxes(viewer).filter(status__in=MAY_SEND)


def default_sender(viewer: User) -> Mailbox | None:
    """The mailbox a text leaves from while none is chosen: one of the viewer's own if there is one."""
    return senders(viewer).filter(owner=viewer).first() or senders(viewer).first()


def addresses(viewer: User, candidate: Candidate) -> list[tuple[ContactPoint, str]]:
    """The e-mail addresses the viewer may see, in relevance order, each with why it cannot be written to or "".

    A private address is its adder's alone.
    """
    points = list(people.contact_points(viewer=viewer, candidate=candidate, kind=ContactKind.EMAIL))
    stopped = suppression.suppressed_among(
        candidate.organisation_id, [(candidate.pk, point.normalised) for point in points]
    )
    return [(point, _unusable(point, (candidate.pk, point.normalised) in stopped)) for point in points]


def _unusable(point: ContactPoint, suppressed: bool) -> str:
    if suppressed:
        return "on the do-not-contact list"
    if point.status == ContactStatus.BOUNCED:
        return "bounced"
    if point.status == ContactStatus.INVALID:
        return "invalid"
    return "a placeholder" if is_dummy_address(point.normalised) else ""


def rendered(
    content: Content,
    *,
    candidate: Candidate,
    actor: User,
    mailbox: Mailbox | None,
    unsubscribe_link: str,
) -> rendering.Rendered:
    """The text for this person. The link is there for ``{{ unsubscribe_link }}``; no line is added for it."""
    used = templating.uses(content.subject) | templating.uses(content.text, rich=content.rich)
    return rendering.render(
        content.subject,
        content.body,
        filling.values_for(candidate, used=used, sender=actor, mailbox=mailbox),
        body_html=content.body_html,
        unsubscribe_link=unsubscribe_link if "unsubscribe_link" in used else "",
        own=filling.own_names(candidate.organisation_id),
    )


def send(
    *,
    candidate: Candidate,
    actor: User,
    mailbox: Mailbox,
    address: ContactPoint,
    content: Content,
    token: str,
    at: datetime | None = None,
    now: datetime | None = None,
) -> Message:
    """Write the e-mail into the outbox, to leave at ``at`` (aware; None: as soon as the mailbox may).

    ``token`` is ``queue.mint_token`` from when the form was opened: pressed twice, the second press finds the message
    of the first. Raises Invalid naming the field, ``rendering.TemplateProblem`` for a text that cannot be made.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    now = now or timezone.now()
    if not senders(actor).filter(pk=mailbox.pk).exists():
        raise Invalid(
            "Choose another account.", fields={"mailbox": "This account cannot send at the moment."}
        )
    _refuse_address(actor, candidate, address)
    if at is not None and not now - timedelta(minutes=1) <= at <= now + FURTHEST:
        raise Invalid(
            "Choose another time.", fields={"at": "Choose a time that is still to come, within a year."}
        )
    if not content.subject:
        raise Invalid("Write a subject.", fields={"subject": "The subject is empty."})
    text = rendered(
        content,
        candidate=candidate,
        actor=actor,
        mailbox=mailbox,
        unsubscribe_link=unsubscribe.link_for(token),
    )
    draft = queue.Draft(
        mailbox_id=mailbox.pk,
        candidate_id=candidate.pk,
        origin=MessageOrigin.SINGLE,
        to_address=address.value,
        to_normalised=address.normalised,
        to_name=f"{candidate.first_name} {candidate.last_name}".strip(),
        private_to_id=None if address.shared else address.added_by_id,
        subject=text.subject,
        body_text=text.text,
        body_html=text.html,
        files=content.files,
        rank=Turn.REPLY_OR_SINGLE,
        planned_at=max(at, now) if at else now,
        created_by_id=actor.pk,
        token=token,
    )
    try:
        with transaction.atomic():
            (message,) = queue.write([draft], organisation_id=candidate.organisation_id, now=now)
    except IntegrityError as error:
        if "outreach_message_token_once" not in str(error):
            raise
        rows = Message.objects.for_organisation(candidate.organisation_id)
        first = rows.filter(token=token, candidate=candidate, created_by=actor).first()
        if first is None:
            raise Conflict("Open the page again and send it from there.") from error
        return first
    return message


def send_test(
    *,
    content: Content,
    candidate: Candidate | None,
    actor: User,
    mailbox: Mailbox | None,
    now: datetime | None = None,
) -> Message:
    """The text to the actor's own address, made for ``candidate``; without one, variables stand as their labels."""
    require(actor, Right.CAMPAIGN_EDIT)
    sender = mailbox or default_sender(actor)
    if sender is None:
        raise NoSender("Link an e-mail account first: a test is sent from it.")
    if candidate is not None:
        text = rendered(
            content,
            candidate=candidate,
            actor=actor,
            mailbox=sender,
            unsubscribe_link=unsubscribe.link_for(queue.mint_token()),
        )
    else:
        text = _with_labels(content, actor)
    return write_test(text, files=content.files, actor=actor, mailbox=sender, now=now or timezone.now())


def write_test(
    text: rendering.Rendered, *, files: tuple[int, ...], actor: User, mailbox: Mailbox, now: datetime
) -> Message:
    """A finished text to the actor's own address. It hangs on no person: nothing of it is on anybody's timeline."""
    draft = queue.Draft(
        mailbox_id=mailbox.pk,
        origin=MessageOrigin.TEST,
        to_address=actor.email,
        to_normalised=actor.email.lower(),
        to_name=actor.name,
        subject=text.subject or "(no subject)",
        body_text=text.text,
        body_html=text.html,
        files=files,
        rank=Turn.REPLY_OR_SINGLE,
        planned_at=now,
        created_by_id=actor.pk,
    )
    (message,) = queue.write([draft], organisation_id=mailbox.organisation_id, now=now)
    return message


def _with_labels(content: Content, actor: User) -> rendering.Rendered:
    known = filling.variables_of(actor.organisation_id or 0)
    labels = {name: f"[{variable.label}]" for name, variable in known.items()}
    asked = [
        *templating.analyse(content.subject, own=known).placeholders,
        *templating.analyse(content.text, own=known, rich=content.rich).placeholders,
    ]
    return rendering.render(
        content.subject,
        content.body,
        labels,
        body_html=content.body_html,
        own=known,
        fills={templating.placeholder_key(label): f"[[{label}]]" for label in asked},
    )


def _refuse_address(actor: User, candidate: Candidate, address: ContactPoint) -> None:
    """Only what the actor sees and nothing stops."""
    usable = {point.pk: problem for point, problem in addresses(actor, candidate)}
    problem = usable.get(address.pk, "not one of this person's")
    if problem:
        raise Invalid("Choose another address.", fields={"address": f"This address is {problem}."})
