"""Lending a mailbox: its owner names who may send from it, and takes that back at any time (seed 002, hiring managers).

Nothing here sends. ``begin`` asks :func:`may_send_from` under the loan's row lock, and a withdrawal takes that lock
too: nothing of the borrower that was not already being handed to the mail server leaves once it has returned. What
borrowers may see of the mailbox is what their own campaigns brought (``outreach.inbound.selectors``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Role, User
from accounts.permissions import Right, can, require
from foundation import events
from foundation.problems import Invalid, Missing, NotAllowed
from outreach.models import InboundMessage, Mailbox, MailboxLoan, Message, MessageOrigin
from outreach.states import MailboxStatus, Verdict

_OPEN_LOAN = (
    "SELECT 1 FROM outreach_mailboxloan WHERE mailbox_id = %s AND user_id = %s AND withdrawn_at IS NULL"
)
_OPEN_LOAN_LOCKED = f"{_OPEN_LOAN} FOR SHARE"


@transaction.atomic
def lend(*, actor: User, mailbox_id: int, user_id: int, now: datetime) -> MailboxLoan:
    """Let a colleague send from the actor's own mailbox; twice changes nothing.

    Only the owner can agree to that, an administrator cannot. Raises Missing for another organisation's mailbox or
    member, Invalid for somebody who cannot start campaigns anyway.
    """
    mailbox = _own(actor, mailbox_id)
    borrower = User.objects.filter(
        organisation_id=mailbox.organisation_id, pk=user_id, is_active=True
    ).first()
    if borrower is None:
        raise Missing("There is no such member.")
    if borrower.pk == mailbox.owner_id or not can(borrower, Right.CAMPAIGN_START):
        text = f"{borrower.name} does not send campaigns, so there is nothing to allow."
        raise Invalid(text, fields={"user": text})
    loan, made = MailboxLoan.objects.for_organisation(mailbox.organisation_id).get_or_create(
        mailbox=mailbox,
        user=borrower,
        withdrawn_at=None,
        defaults={"organisation_id": mailbox.organisation_id, "lent_at": now},
    )
    if made:
        _tell("mailbox.lent", loan)
    return loan


@transaction.atomic
def withdraw(*, actor: User, loan_id: int, now: datetime) -> MailboxLoan:
    """Take it back: the owner, an administrator, or the borrower who needs it no longer. Twice changes nothing.

    Nothing that was not already being handed over leaves afterwards; the borrower's campaigns pause with the reason.
    """
    rows = MailboxLoan.objects.for_organisation(actor.organisation_id).select_related("mailbox", "user")
    loan = rows.select_for_update(of=("self",)).filter(pk=loan_id).first()
    if loan is None:
        raise Missing("This was not lent.")
    if not (actor.pk in {loan.mailbox.owner_id, loan.user_id} or can(actor, Right.ORGANISATION_EDIT)):
        raise NotAllowed("Only the owner of the e-mail account can take this back.")
    if loan.withdrawn_at is None:
        loan.withdrawn_at = now
        loan.save(update_fields=["withdrawn_at"])
        _tell("mailbox.withdrawn", loan)
    return loan


def may_send_from(mailbox: Mailbox, user_id: int | None, *, lock: bool = False) -> bool:
    """Whether this person may send from the mailbox: its owner, or somebody it is lent to.

    None is nobody in particular, and may. ``lock`` as for :func:`is_lent`.
    """
    return user_id is None or user_id == mailbox.owner_id or is_lent(mailbox.pk, user_id, lock=lock)


def is_lent(mailbox_id: int, user_id: int, *, lock: bool = False) -> bool:
    """Whether there is an open loan. ``lock``: share-lock it, so that a withdrawal waits; only in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_LOAN_LOCKED if lock else _OPEN_LOAN, [mailbox_id, user_id])
        return cursor.fetchone() is not None


def usable_by(user: User) -> Q:
    """The condition on mailboxes that this person may send from: their own, and those lent to them."""
    loans = MailboxLoan.objects.for_organisation(user.organisation_id).filter(
        mailbox=OuterRef("pk"), user=user, withdrawn_at=None
    )
    return Q(owner=user) | Q(Exists(loans))


def within_reach(viewer: User) -> Q:
    """The condition on ``InboundMessage``: what a viewer may read of a mailbox that its owner lends.

    Mail that names a message of ours always; mail known by its address alone only until the person has answered, from
    each campaign message on: what they write to the owner afterwards is the owner's own. Mailboxes that nobody lends
    are not touched.
    """
    lent = list(
        Mailbox.objects.for_organisation(viewer.organisation_id)
        .filter(Q(loans__isnull=False) | Q(owner__role=Role.MAILBOX_OWNER))
        .exclude(owner=viewer)
        .values_list("pk", flat=True)
        .distinct()
    )
    if not lent:
        return Q()
    written_since = Message.objects.for_organisation(viewer.organisation_id).filter(
        mailbox=OuterRef("mailbox"),
        candidate=OuterRef("candidate"),
        origin=MessageOrigin.CAMPAIGN,
        sending_at__gt=OuterRef("received_at"),
        sending_at__lte=OuterRef(OuterRef("received_at")),
    )
    answered = InboundMessage.objects.for_organisation(viewer.organisation_id).filter(
        ~Exists(written_since),
        mailbox=OuterRef("mailbox"),
        candidate=OuterRef("candidate"),
        verdict=Verdict.REPLY,
        received_at__lt=OuterRef("received_at"),
    )
    return ~Q(mailbox_id__in=lent) | Q(message__isnull=False) | Q(~Exists(answered))


def loans_of(mailboxes: Iterable[Mailbox], *, organisation_id: int) -> QuerySet[MailboxLoan]:
    """Open loans of these mailboxes, with whom they are lent to, by name."""
    rows = MailboxLoan.objects.for_organisation(organisation_id).filter(
        mailbox__in=mailboxes, withdrawn_at=None
    )
    return rows.select_related("user").order_by("user__name", "pk")


def possible_borrowers(mailbox: Mailbox) -> QuerySet[User]:
    """Colleagues it could be lent to: active members who may start campaigns and have no loan yet."""
    has_it = MailboxLoan.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox, user=OuterRef("pk"), withdrawn_at=None
    )
    members = User.objects.filter(organisation_id=mailbox.organisation_id, is_active=True).exclude(
        pk=mailbox.owner_id
    )
    senders = [user.pk for user in members if can(user, Right.CAMPAIGN_START)]
    return members.filter(~Exists(has_it), pk__in=senders).order_by("name", "pk")


def _own(actor: User, mailbox_id: int) -> Mailbox:
    require(actor, Right.MAILBOX_LINK)
    row = Mailbox.objects.for_organisation(actor.organisation_id).filter(pk=mailbox_id).first()
    if row is None or row.status == MailboxStatus.REMOVED:
        raise Missing("There is no such e-mail account.")
    if row.owner_id != actor.pk:
        raise NotAllowed("Only its owner can lend this e-mail account.")
    return row


def _tell(kind: str, loan: MailboxLoan) -> None:
    events.emit(
        kind,
        organisation_id=loan.organisation_id,
        subject=f"mailbox:{loan.mailbox_id}",
        mailbox_id=loan.mailbox_id,
        user_id=loan.user_id,
    )
