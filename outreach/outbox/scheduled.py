"""The Outbox: everything that is going to leave, written or still planned, in one list by time.

A campaign's message is written only when its mailbox may send it (docs/architecture.md, "Sending" 2), so what is
planned lies in the rooms above. They register a :class:`Source`; the list pages over all of them and the written
messages at once, by keyset, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import IntegerField, QuerySet, Value
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, can
from foundation.paging import KeysetPage, keyset_of
from outreach import selectors
from outreach.models import Message
from outreach.outbox.explaining import Explainer, Explanation
from outreach.states import STOPPABLE, WAITING, MessageStatus

#: Time, then which list, then the row: ``kind`` is 0 for messages, then one number per source.
ORDER = ("planned_at", "kind", "id")


@dataclass(frozen=True)
class Acts:
    """Addresses of what a person may do to a line, empty where they may not. All but ``edit`` take a POST."""

    send_now: str = ""
    not_before: str = ""
    cancel: str = ""
    edit: str = ""

    @property
    def names(self) -> list[str]:
        """What may be done, by name, in the order of the menu."""
        return [name for name in ("send_now", "not_before", "edit", "cancel") if getattr(self, name)]

    def __bool__(self) -> bool:
        return bool(self.names)


#: Nothing may be done.
NO_ACTS = Acts()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that is going to leave, as one viewer may see it.

    ``note`` is what stands below the name: the address, or where it comes from while no address is decided. ``api_url``
    is the address below which the API takes what ``acts`` offers.
    """

    key: str
    who: str
    note: str
    subject: str
    sender: str
    word: str
    why: Explanation
    planned_at: datetime
    url: str
    api_url: str
    by_hand: str = ""
    acts: Acts = NO_ACTS


class Source(Protocol):
    """A room above that plans messages it has not written."""

    name: str

    def planned(self, viewer: User) -> QuerySet[Any]:
        """Rows with ``planned_at`` and ``id`` that the viewer may see, served by an index in that order."""

    def lines(self, viewer: User, rows: Sequence[Any], *, explainer: Explainer) -> list[Line]:
        """The rows of one page as lines; a fixed number of queries."""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source, from its app's ``ready()``; registering a name again replaces the first."""
    _sources[source.name] = source


def page(viewer: User, *, after: str | None, size: int, now: datetime) -> tuple[list[Line], KeysetPage[Any]]:
    """One page of the Outbox, soonest first. Raises ``foundation.paging.BadCursor``."""
    sources = list(_sources.values())
    queries = [selectors.waiting_messages(viewer), *(source.planned(viewer) for source in sources)]
    found = keyset_of(
        [
            query.order_by().annotate(kind=Value(kind, output_field=IntegerField()))
            for kind, query in enumerate(queries)
        ],
        order=ORDER,
        after=after,
        size=size,
    )
    explainer = Explainer(now)
    lines: dict[tuple[int, int], Line] = {}
    for kind in range(len(queries)):
        rows = [row for row in found.rows if row.kind == kind]
        if rows:
            drawn = (
                sources[kind - 1].lines(viewer, rows, explainer=explainer)
                if kind
                else _of_messages(viewer, rows, explainer)
            )
            lines |= {(kind, row.pk): line for row, line in zip(rows, drawn, strict=True)}
    return [lines[row.kind, row.pk] for row in found.rows], found


def _of_messages(viewer: User, rows: Sequence[Message], explainer: Explainer) -> list[Line]:
    may_edit, may_start = can(viewer, Right.CAMPAIGN_EDIT), can(viewer, Right.CAMPAIGN_START)
    explainer.look_at(row.lane for row in rows)
    return [_of_message(viewer, row, explainer, may_edit=may_edit, may_start=may_start) for row in rows]


def _of_message(viewer: User, row: Message, explainer: Explainer, *, may_edit: bool, may_start: bool) -> Line:
    address = selectors.address_for(viewer, row)
    return Line(
        key=f"m{row.pk}",
        who=row.to_name or address,
        note=address if row.to_name else "",
        subject=selectors.text_for(viewer, row, row.subject),
        sender=row.mailbox.address,
        word=str(MessageStatus(row.status).label),
        why=selectors.explained_to(viewer, row, explainer),
        planned_at=row.planned_at,
        url=reverse("outreach:message", args=[row.pk]),
        api_url=reverse("outreach:api_message", args=[row.pk]),
        acts=acts_on(viewer, row, may_edit=may_edit, may_start=may_start),
    )


def acts_on(viewer: User, row: Message, *, may_edit: bool, may_start: bool) -> Acts:
    """What may be done to a written message: nothing any more once it is being handed over.

    The text of one to a private address may name it: only who added the address edits it.
    """
    waits = row.status in WAITING
    return Acts(
        send_now=reverse("outreach:message_now", args=[row.pk]) if waits and may_start else "",
        not_before=reverse("outreach:message_later", args=[row.pk]) if waits and may_start else "",
        cancel=reverse("outreach:message_cancel", args=[row.pk])
        if row.status in STOPPABLE and may_edit
        else "",
        edit=reverse("outreach:message_edit", args=[row.pk])
        if waits and may_edit and not selectors.is_hidden(viewer, row)
        else "",
    )
