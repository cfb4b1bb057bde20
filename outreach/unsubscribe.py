"""Opting out: the link in every campaign message, and what a press on it does.

The link needs no login and its POST no CSRF token, because mail programs press it (RFC 8058); a GET only shows
the page, because scanners open every link. An opt-out concerns the person, at every address and in every
campaign, and is never taken back by a machine (docs/behaviour.md §5).
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from foundation import events
from foundation.secrets import sign, verify
from outreach.models import Message, MessageOrigin
from sourcing import suppressing, suppression
from sourcing.models import SuppressionReason

#: Subject of the mail that a ``mailto:`` opt-out writes to the mailbox; the reference follows.
MAILTO_SUBJECT = "unsubscribe"


def reference_of(token: str) -> str:
    """The signed form of a message's token, as it travels in headers and links."""
    return sign(token)


def link_for(token: str) -> str:
    """The address in the text and in ``List-Unsubscribe`` (RFC 8058) for the message with this token."""
    return f"{settings.PUBLIC_URL}/u/{sign(token)}/"


def mailto_for(token: str, mailbox_address: str) -> str:
    """The ``mailto:`` form of the same wish; the inbound reader knows the reference in the subject."""
    return f"mailto:{mailbox_address}?subject={MAILTO_SUBJECT}%20{sign(token)}"


def message_of(reference: str) -> Message | None:
    """The message a signed reference stands for; None if the signature is wrong or the message is gone."""
    token = verify(reference)
    if token is None:
        return None
    return (
        Message.objects.across_organisations("a stranger presses the link; its signature says which message")
        .filter(token=token)
        .select_related("organisation", "candidate", "mailbox")
        .first()
    )


@transaction.atomic
def opt_out(message: Message) -> bool:
    """The person who got ``message`` wants no more mail; False if that was known. Pressing twice changes nothing.

    A test went to a colleague: whoever presses its link opts nobody out. A message whose person is gone still blocks
    its address; one whose person was erased has none any more, and the person is written to by nobody.
    """
    if message.origin == MessageOrigin.TEST or (message.candidate is None and not message.to_normalised):
        return False
    if message.candidate is None:
        suppressing.suppress_address(
            organisation=message.organisation,
            address=message.to_normalised,
            actor=None,
            reason=SuppressionReason.OPT_OUT,
        )
        return True
    known = suppression.suppressed_people(message.organisation_id, [message.candidate.pk])
    suppressing.suppress_person(candidate=message.candidate, actor=None, reason=SuppressionReason.OPT_OUT)
    if known:
        return False
    events.emit(
        "candidate.opted_out",
        organisation_id=message.organisation_id,
        subject=f"candidate:{message.candidate.pk}",
        candidate_id=message.candidate.pk,
        message_id=message.pk,
    )
    return True
