"""Every app that keeps rows about a person says so here, and says what becomes of them.

``tables`` names each model and foreign key the app answers for; a test walks all foreign keys to Candidate and fails
when nobody claimed one. ``words`` answers for every other table that can hold text: whether words about a person may
stand in it, and who takes them out. A second test walks all text columns (tests/sourcing/test_person_data.py). The
functions run in the caller's transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.core.files import File
from django.db.models import Model

from accounts.models import User
from sourcing.models import Candidate
from sourcing.trails import Trail


class Words(StrEnum):
    """What a table without a foreign key to a person may say about one."""

    #: Rows hang on the person's rows; ``erase`` deletes or blanks them.
    ERASED = "erased"
    #: Copies found by their words only; ``scrub`` takes them out.
    SCRUBBED = "scrubbed"
    #: Nothing of a person's: settings, our members' own words, ids and hashes.
    NOBODY = "nobody"


#: Rows that went, per table.
Counts = Mapping[str, int]
Erase = Callable[[Trail], Counts]
Collect = Callable[[Candidate, User], Mapping[str, list[dict[str, Any]]]]


@dataclass(frozen=True)
class Moment:
    """One thing that happened to a person, as the timeline shows it.

    ``icon`` is a Lucide name, ``text`` the line, ``note`` a quiet second line, ``quote`` words of the person; ``tone``
    is ``""``, ``"green"``, ``"amber"`` or ``"red"``. Nothing in it may name another user's private address.
    """

    at: datetime.datetime
    icon: str
    text: str
    note: str = ""
    quote: str = ""
    tone: str = ""
    url: str = ""
    #: Where the viewer may change it, for what they wrote themselves.
    edit_url: str = ""
    #: Something in it is meant for the viewer and new to them.
    new: bool = False


@dataclass(frozen=True, kw_only=True)
class PersonData:
    """What one app does with its rows about a person.

    ``timeline(candidate, viewer, limit)`` gives the newest moments. The others serve merging and erasing:
    ``move(source, target)`` hands rows to another person and returns, as JSON, what ``move_back(record, now_at)`` needs
    to undo it; ``now_at`` is who holds the rows by then, and it answers with sentences about what it could not restore.
    ``lock(organisation_id, ids)`` takes the row locks of both before anything is written, apps in the order of their
    names.
    ``erase(trail)`` removes the person's rows, ``scrub(trail)`` takes their words out of copies that no foreign key
    leads to (undo records, refused rows); both return how many rows of which table. ``collect(candidate, viewer)``
    returns everything for a data request: ``{heading: rows}``. ``busy(organisation_id, ids)`` names people who are in
    an open process here, whom the retention rule leaves alone; ``elsewhere(candidate)`` says in sentences what lies
    outside Beckon and stays there. Merging and erasing refuse to start while an app has
    not given its own, so none can be forgotten.
    """

    app: str
    tables: tuple[tuple[str, str], ...]
    timeline: Callable[[Candidate, User, int], Iterable[Moment]] | None = None
    move: Callable[[Candidate, Candidate], dict[str, Any]] | None = None
    move_back: Callable[[dict[str, Any], int], list[str]] | None = None
    lock: Callable[[int, Collection[int]], None] | None = None
    erase: Erase | None = None
    scrub: Erase | None = None
    collect: Collect | None = None
    busy: Callable[[int, Sequence[int]], set[int]] | None = None
    elsewhere: Callable[[Candidate], list[str]] | None = None
    words: Mapping[str, Words] = field(default_factory=dict)


@dataclass
class _Registry:
    apps: dict[str, PersonData] = field(default_factory=dict)


_registry = _Registry()


def register(
    *,
    app: str,
    tables: Sequence[tuple[str, str]],
    timeline: Callable[[Candidate, User, int], Iterable[Moment]] | None = None,
    move: Callable[[Candidate, Candidate], dict[str, Any]] | None = None,
    move_back: Callable[[dict[str, Any], int], list[str]] | None = None,
    lock: Callable[[int, Collection[int]], None] | None = None,
    erase: Erase | None = None,
    scrub: Erase | None = None,
    collect: Collect | None = None,
    busy: Callable[[int, Sequence[int]], set[int]] | None = None,
    elsewhere: Callable[[Candidate], list[str]] | None = None,
    words: Mapping[str, Words] | None = None,
) -> None:
    """Claim the foreign keys of one app, ``tables=[("sourcing.ContactPoint", "candidate"), …]``; from ``ready()``.

    ``words={"sourcing.ImportNote": Words.SCRUBBED, …}`` claims its further tables with text. An app registers once; a
    second call raises ValueError.
    """
    if app in _registry.apps:
        raise ValueError(f"{app} registered its person data twice")
    _registry.apps[app] = PersonData(
        app=app,
        tables=tuple(tables),
        timeline=timeline,
        move=move,
        move_back=move_back,
        lock=lock,
        erase=erase,
        scrub=scrub,
        collect=collect,
        busy=busy,
        elsewhere=elsewhere,
        words=dict(words or {}),
    )


def registered() -> list[PersonData]:
    """All registrations, by app name."""
    return [_registry.apps[app] for app in sorted(_registry.apps)]


def from_the_top() -> list[PersonData]:
    """All registrations, the uppermost room first: its rows point at those below."""
    order = {app.label: place for place, app in enumerate(apps.get_app_configs())}
    return sorted(registered(), key=lambda data: order.get(data.app, -1), reverse=True)


def words_of(label: str) -> Words | None:
    """What was claimed about the text in a table, e.g. ``"foundation.Run"``; None if nobody answers for it."""
    for data in registered():
        if label in data.words:
            return data.words[label]
        if label in {table for table, _ in data.tables}:
            return Words.ERASED
    return None


def claimed() -> set[tuple[str, str]]:
    """Every (model label, field) some app answers for."""
    return {table for data in registered() for table in data.tables}


def timeline(*, candidate: Candidate, viewer: User, limit: int = 50) -> list[Moment]:
    """The newest ``limit`` moments of all apps, newest first. Each app is asked for at most ``limit``."""
    moments = [
        moment
        for data in registered()
        if data.timeline is not None
        for moment in data.timeline(candidate, viewer, limit)
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:limit]


def row_of(row: Model, *, leave_out: Collection[str] = (), only: Collection[str] = ()) -> dict[str, Any]:
    """A row as a data request tells it: ``{column: value}`` of what is filled, choices in words, relations as text.

    All columns but ``leave_out``, so that one which is added later is told too; or ``only`` some.
    """
    told: dict[str, Any] = {}
    for column in row._meta.concrete_fields:
        value = getattr(row, column.name)
        if column.name in leave_out or (only and column.name not in only) or value in (None, "", [], {}):
            continue
        if column.choices:
            value = getattr(row, f"get_{column.name}_display")()
        elif isinstance(value, Model | File):
            value = str(value)
        told[column.name] = value
    return told
