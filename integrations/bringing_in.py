"""People a vendor tells of and nobody here has: brought in together where *Bring people in* is ticked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db import transaction

from integrations import connections, dummies, links, pulled_lists, remote_people
from integrations.base.records import RemotePerson
from integrations.models import Connection, FieldRow
from sourcing import newcomers
from sourcing.matching import profile_key
from sourcing.models import Candidate, Origin
from sourcing.newcomers import Newcomer
from sourcing.search import facts


def wanted(connection: Connection) -> bool:
    """Whether *Bring people in* is ticked."""
    return connections.PULL in connection.capabilities


def bring_in(
    connection: Connection,
    strangers: Sequence[RemotePerson],
    fields: Sequence[FieldRow],
    counts: Counter[str],
) -> list[RemotePerson]:
    """Make people of the strangers, link them and state their filters, in one transaction: that in which it was looked
    who is a stranger.

    Returns those who may be the same person as one before them on the page: to be asked about once more. Counts "new",
    "failed" (erased and blocked, or nobody at all) and "unknown".
    """
    if not wanted(connection):
        counts["unknown"] += len(strangers)
        return []
    test = dummies.address(dummies.TEST_NUMBER, organisation=connection.organisation)
    people = [remote for remote in strangers if test not in remote.emails]
    counts["unknown"] += len(strangers) - len(people)
    first, again = _apart(people, fields)
    if first:
        with transaction.atomic():
            made = newcomers.create(
                organisation=connection.organisation,
                newcomers=[_newcomer(remote, remote_people.of_type(fields, remote)) for remote in first],
                origin=Origin.PULLED,
                source=connection.label,
            )
            known = [
                (candidate, remote)
                for candidate, remote in zip(made, first, strict=True)
                if candidate is not None
            ]
            links.found(connection, known)
            for candidate, remote in known:
                pulled_lists.take(connection, candidate, remote, remote_people.of_type(fields, remote))
            _state(connection, known, fields)
        counts["new"] += len(known)
        counts["failed"] += len(first) - len(known)
    return again


def _apart(
    wanted: Sequence[RemotePerson], fields: Sequence[FieldRow]
) -> tuple[list[RemotePerson], list[RemotePerson]]:
    """Those who share no id, address, number or profile with one before them, and the others."""
    seen: set[str] = set()
    first: list[RemotePerson] = []
    again: list[RemotePerson] = []
    for remote in wanted:
        pages = remote_people.profiles(remote, remote_people.of_type(fields, remote))
        marks = {
            f"id {remote.external_id}",
            *remote_people.mails(remote),
            *remote_people.phones(remote),
            *(key for page in pages if (key := profile_key(page))),
        }
        (again if marks & seen else first).append(remote)
        seen |= marks
    return first, again


def _newcomer(remote: RemotePerson, fields: Sequence[FieldRow]) -> Newcomer:
    told = {
        name: said.text
        for name, said in remote_people.values(remote, fields).items()
        if name in remote_people.COLUMNS
    }
    return Newcomer(
        record_type=remote.record_type,
        emails=remote_people.mails(remote),
        phones=remote_people.phones(remote),
        profiles=remote_people.profiles(remote, fields),
        values={"first_name": remote.first_name, "last_name": remote.last_name} | told,
    )


def _state(
    connection: Connection, known: Sequence[tuple[Candidate, RemotePerson]], fields: Sequence[FieldRow]
) -> None:
    """The same value of many people is one statement."""
    alike: defaultdict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for candidate, remote in known:
        for key, words in remote_people.filters(remote, remote_people.of_type(fields, remote)).items():
            if words:
                alike[key, tuple(words)].append(candidate.pk)
    for (key, same), ids in sorted(alike.items()):
        facts.set(ids, remote_people.source(connection), key, same)
