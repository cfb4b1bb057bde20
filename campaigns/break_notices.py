"""One e-mail for a broken mailbox: to its owner and to the owners of its campaigns, once per break.

Sent from the installation's own mail server. Who is told is noted and committed before the e-mail is handed over, so
that no crash tells anybody twice; one that the server did not take is tried again for a day.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from campaigns import senders
from campaigns.models import Campaign
from campaigns.states import ACTIVE, CampaignStatus
from outreach import breaks, provider_words
from outreach.models import BreakNotice, BreakSide, MailboxBreak

log = structlog.get_logger(__name__)

_EVERYONE = "the clock serves everybody"
TRIED_FOR = timedelta(days=1)
AT_ONCE = 50


def tell(*, now: datetime) -> int:
    """Send what is due; returns how many e-mails were handed over. Without EMAIL_HOST nothing is sent."""
    if not settings.EMAIL_HOST:
        return 0
    sent = 0
    for notice in _claim(now):
        if _send(notice):
            sent += 1
        else:
            notice.delete()
    return sent


@transaction.atomic
def _claim(now: datetime) -> list[BreakNotice]:
    """Notices that are now owed, written down."""
    due = (
        MailboxBreak.objects.across_organisations(_EVERYONE)
        .filter(breaks.worth_telling(now=now), began_at__gt=now - TRIED_FOR)
        .select_related("mailbox__owner", "by")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_ONCE]
    )
    owed: list[BreakNotice] = []
    for each in due:
        told = set(
            BreakNotice.objects.for_organisation(each.organisation_id)
            .filter(mailbox_break=each)
            .values_list("user_id", flat=True)
        )
        owed += [
            BreakNotice(organisation_id=each.organisation_id, mailbox_break=each, user=person, told_at=now)
            for person in _concerned(each)
            if person.pk not in told
        ]
    BreakNotice.objects.bulk_create(owed)
    return owed


def _concerned(broken: MailboxBreak) -> Iterable[User]:
    """The owner of the mailbox and those of its campaigns; not whoever disconnected it."""
    people = {broken.mailbox.owner_id: broken.mailbox.owner}
    people |= {campaign.owner_id: campaign.owner for campaign in _campaigns(broken)}
    return [person for person in people.values() if person.is_active and person.pk != broken.by_id]


def _campaigns(broken: MailboxBreak) -> list[Campaign]:
    """Campaigns that cannot go on because of it."""
    waits = Q(status__in=[status.value for status in ACTIVE]) | Q(
        status=CampaignStatus.PAUSED, lane__held__in=senders.HELD_FOR_SENDER
    )
    rows = Campaign.objects.for_organisation(broken.organisation_id).filter(
        waits, senders.sent_from(broken.mailbox)
    )
    return list(rows.select_related("owner").order_by("name", "pk"))


def _send(notice: BreakNotice) -> bool:
    broken = notice.mailbox_break
    subject, text = _words(broken, notice.user)
    try:
        EmailMessage(
            subject=subject,
            body=text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[notice.user.email],
            # RFC 3834: no vacation programme answers it, and Beckon takes it for no reply in a mailbox that it reads.
            headers={"Auto-Submitted": "auto-generated"},
        ).send()
    except (OSError, smtplib.SMTPException):
        log.warning("break_notices.not_sent", break_id=broken.pk, exc_info=True)
        return False
    log.info("break_notices.told", break_id=broken.pk, user_id=notice.user_id)
    return True


def _words(broken: MailboxBreak, person: User) -> tuple[str, str]:
    """Subject and text for one person; campaigns are named to their own owners only."""
    mine = broken.mailbox.owner_id == person.pk
    subject, happened, what = _what_happened(broken, mine=mine)
    paragraphs = [happened]
    if broken.words:
        paragraphs += [f"The server said: {broken.words}", provider_words.advice(broken.words)]
    campaigns = [campaign for campaign in _campaigns(broken) if campaign.owner_id == person.pk]
    if campaigns:
        names = "\n".join(f"- {campaign.name}" for campaign in campaigns)
        paragraphs.append(f"These campaigns wait, and go on by themselves once it works again:\n{names}")
    if mine or not campaigns:
        link = reverse("outreach:settings")
    else:
        link = reverse("campaigns:of_project", args=[campaigns[0].project_id])
    paragraphs.append(f"{what}: {settings.PUBLIC_URL}{link}")
    return subject, "\n\n".join(filter(None, paragraphs)) + "\n"


def _what_happened(broken: MailboxBreak, *, mine: bool) -> tuple[str, str, str]:
    """Subject, the sentence, and what to do."""
    address = broken.mailbox.address
    if broken.code == breaks.REMOVED:
        who = broken.by.name if broken.by else broken.mailbox.owner.name
        return (
            f"{address} was disconnected from Beckon",
            f"{who} disconnected {address}: nothing is sent from it or read in it any more.",
            "Choose another sender, or have it linked again",
        )
    if broken.side == BreakSide.ACCOUNT:
        return (
            f"{address} has to be linked again",
            f"Beckon has lost the connection to {address}: nothing is sent from it or read in it.",
            "Link it again" if mine else "Have it linked again, or choose another sender",
        )
    what = "send from it" if broken.side == BreakSide.SENDING else "read its inbox, so no follow-up leaves"
    return (
        f"{address} cannot be reached",
        f"Beckon cannot reach {address} to {what}. It keeps trying, and nothing is lost.",
        "How it is",
    )
