"""Reads of what a viewer has not read yet: the list, the number in the navigation, the bold lines of a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from outreach.inbound import reading, selectors
from outreach.models import InboundMessage

#: The lists of the page and the API: the filters, and what the viewer has not read.
UNREAD = "unread"
LISTS = ("all", UNREAD, *(name for name in selectors.FILTERS if name != "all"))
#: So many unread mails are looked at; the newest of them.
_MOST = 500
#: A person and a mailbox; mail of nobody known stands alone.
_Conversation = tuple[int, int]


def listed(viewer: User, *, show: str, now: datetime) -> QuerySet[InboundMessage]:
    """One of :data:`LISTS`, newest first: of *unread* the newest unread mail of each conversation."""
    if show != UNREAD:
        return selectors.inbox(viewer, only=show)
    newest: dict[_Conversation, int] = {}
    for key, pk in _unread(viewer, now):
        newest.setdefault(key, pk)
    return selectors.visible(viewer).filter(pk__in=newest.values()).order_by("-received_at", "-pk")


def count(viewer: User, *, now: datetime) -> int:
    """How many conversations hold something the viewer has not read, as far as the newest 500 such mails tell."""
    return len({key for key, _ in _unread(viewer, now)})


def among(viewer: User, rows: Sequence[InboundMessage], *, now: datetime) -> dict[int, list[int]]:
    """Those of these mails in whose conversation something is unread → the ids of what is."""
    if not rows:
        return {}
    boxes, people = {row.mailbox_id for row in rows}, {row.candidate_id for row in rows} - {None}
    here = Q(mailbox__in=boxes, candidate__in=people) | Q(pk__in=[row.pk for row in rows])
    found: dict[_Conversation, list[int]] = {}
    for key, pk in _unread(viewer, now, here):
        found.setdefault(key, []).append(pk)
    return {
        row.pk: found[key]
        for row in rows
        if (key := _conversation(row.pk, row.mailbox_id, row.candidate_id)) in found
    }


def _unread(viewer: User, now: datetime, here: Q | None = None) -> list[tuple[_Conversation, int]]:
    """Conversation and id of unread mails, newest first, none twice."""
    visible = selectors.visible(viewer).select_related(None)
    new, back = (
        visible.filter(condition if here is None else condition & here)
        .order_by("-received_at", "-pk")
        .values_list("received_at", "pk", "mailbox_id", "candidate_id")[:_MOST]
        for condition in reading.unread(viewer, now=now)
    )
    found = sorted(new.union(back), reverse=True)
    return [(_conversation(pk, mailbox_id, candidate_id), pk) for _at, pk, mailbox_id, candidate_id in found]


def _conversation(pk: int, mailbox_id: int, candidate_id: int | None) -> _Conversation:
    return mailbox_id, candidate_id if candidate_id is not None else -pk
