"""Members named in a note get one e-mail, from the installation's own mail server, with a link and nothing of the note.

A row is claimed and committed before its e-mail is handed over, so that no crash tells anybody twice; an e-mail the
server did not take is tried again for a day.
"""

from __future__ import annotations

import datetime
import smtplib

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from sourcing.models import Note, NoteMention
from sourcing.notes import readable

log = structlog.get_logger(__name__)

AT_ONCE = 20
TRIED_FOR = datetime.timedelta(days=1)


def tell(*, now: datetime.datetime) -> int:
    """Send what is due, at most :data:`AT_ONCE`; returns how many were claimed. Without EMAIL_HOST nothing is sent.

    Whoever may not read the note any more, or has left, is not told.
    """
    if not settings.EMAIL_HOST:
        return 0
    claimed = _claim(now)
    for mention in claimed:
        if mention.user.is_active and _may_read(mention) and not _send(mention):
            NoteMention.objects.across_organisations("the row claimed above").filter(pk=mention.pk).update(
                told_at=None
            )
    return len(claimed)


@transaction.atomic
def _claim(now: datetime.datetime) -> list[NoteMention]:
    rows = NoteMention.objects.across_organisations("the clock serves everybody")
    due = (
        rows.filter(told_at__isnull=True)
        .annotate(written=Coalesce("note__edited_at", "note__created_at"))
        .filter(written__gt=now - TRIED_FOR)
        .select_related("note__author", "user")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_ONCE]
    )
    claimed: list[NoteMention] = list(due)
    rows.filter(pk__in=[mention.pk for mention in claimed]).update(told_at=now)
    return claimed


def _may_read(mention: NoteMention) -> bool:
    notes = Note.objects.for_organisation(mention.organisation_id)
    return notes.filter(Q(pk=mention.note_id) & readable(mention.user)).exists()


def _send(mention: NoteMention) -> bool:
    author = str(mention.note.author or "A colleague")
    link = f"{settings.PUBLIC_URL}/people/{mention.note.candidate_id}/"
    try:
        send_mail(
            subject=f"{' '.join(author.split())} named you in a note",
            message=f"{author} named you in a note about a person in Beckon:\n\n{link}\n",
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[mention.user.email],
        )
    except (OSError, smtplib.SMTPException):
        log.warning("mentions.not_sent", mention_id=mention.pk, exc_info=True)
        return False
    return True
