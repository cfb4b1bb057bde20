"""Every app that keeps rows about a person says so here, and says what becomes of them.

``tables`` names each model and foreign key the app answers for; a test walks all foreign keys to Candidate and fails
when nobody claimed one (tests/sourcing/test_person_data.py). The functions run in the caller's transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from sourcing.models import Candidate


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


@dataclass(frozen=True, kw_only=True)
class PersonData:
    """What one app does with its rows about a person.

    ``timeline(candidate, viewer, limit)`` gives the newest moments. The other four serve merging and erasing:
    ``move(source, target)`` hands rows to another person and returns, as JSON, what ``move_back(record, now_at)`` needs
    to undo it; ``now_at`` is who holds the rows by then, and it answers with sentences about what it could not restore.
    ``lock(organisation_id, ids)`` takes the row locks of both before anything is written, apps in the order of their
    names. ``erase`` removes rows, ``collect`` returns them for a data request. Merging and erasing refuse to start
    while an app has not given its own, so none can be forgotten.
    """

    app: str
    tables: tuple[tuple[str, str], ...]
    timeline: Callable[[Candidate, User, int], Iterable[Moment]] | None = None
    move: Callable[[Candidate, Candidate], dict[str, Any]] | None = None
    move_back: Callable[[dict[str, Any], int], list[str]] | None = None
    lock: Callable[[int, Collection[int]], None] | None = None
    erase: Callable[[Candidate], None] | None = None
    collect: Callable[[Candidate], dict[str, Any]] | None = None


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
    erase: Callable[[Candidate], None] | None = None,
    collect: Callable[[Candidate], dict[str, Any]] | None = None,
) -> None:
    """Claim the foreign keys of one app, ``tables=[("sourcing.ContactPoint", "candidate"), …]``; from ``ready()``.

    An app registers once; a second call raises ValueError.
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
        collect=collect,
    )


def registered() -> list[PersonData]:
    """All registrations, by app name."""
    return [_registry.apps[app] for app in sorted(_registry.apps)]


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
