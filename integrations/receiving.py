"""What a vendor says about people, taken in: whom it means, differing values, filters, where they stand.

Taking the same answer in twice changes nothing, so a page that was cut off is simply read again. Whom a record means is
said by its link, else by the matching rules of imports and the API; somebody nobody has here is made only where
*Bring people in* is ticked (docs/integrations/sync.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from campaigns import enrolment
from campaigns.models import Recipient
from campaigns.states import GOING
from foundation.problems import Problem
from integrations import (
    bringing_in,
    links,
    mapping,
    notes,
    pulled_lists,
    remote_people,
    setting_rows,
    sync_settings,
)
from integrations.base.records import (
    PushAction,
    PushResult,
    RemotePerson,
    RemoteRef,
    UpdateRule,
)
from integrations.models import Connection, FieldRow, LinkState, RemoteLink
from sourcing import contact_points, duplicates, matching, newcomers, people, sightings
from sourcing.models import Candidate, ContactKind, Origin
from sourcing.search import facts
from sourcing.values import Statement

log = structlog.get_logger(__name__)


def take(connection: Connection, page: Sequence[RemotePerson]) -> Counter[str]:
    """Take in what the vendor says about these people: new ones together, the others each in their own transaction.

    Workers who take in the same people at once make each of them once. Counts "new", "changed", "same", "unknown"
    (nobody here, and not asked for) and "failed".
    """
    counts: Counter[str] = Counter()
    fields = list(
        FieldRow.objects.for_organisation(connection.organisation_id)
        .filter(connection=connection, gone_since__isnull=True)
        .order_by("position", "pk")
    )
    with transaction.atomic():
        if bringing_in.wanted(connection):
            # Several deliveries name a new record in its first second, and the feed tells of it too.
            newcomers.take_turn(connection.organisation_id)
        ours = _whose(connection, page, fields)
        strangers = [remote for place, remote in enumerate(page) if place not in ours]
        met_again = bringing_in.bring_in(connection, strangers, fields, counts)
    for place, remote in enumerate(page):
        if place not in ours:
            continue
        try:
            with transaction.atomic():
                candidate, outcome = _one(connection, remote, ours[place], fields)
            counts[outcome] += 1
            if candidate is not None:
                # On its own: it locks recipients, which others lock before they lock a person.
                _stand(connection, candidate, remote)
        except Problem as error:
            # Erased and blocked, or refused by a rule of ours: this person stays out, the others come in.
            log.info("pull.person_left_out", connection_id=connection.pk, code=error.code)
            counts["failed"] += 1
    # Two records of one person: by now the first of them is somebody we have.
    return counts + (take(connection, met_again) if met_again else Counter())  # without those nobody was


def gone(connection: Connection, refs: Collection[RemoteRef]) -> int:
    """Records that are no longer there: mark and link are cleared (docs/behaviour.md §7); how many were ours."""
    rows = RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, state=LinkState.LINKED, remote_id__in={ref.external_id for ref in refs} - {""}
    )
    found = list(rows.select_related("connection", "candidate"))
    for link in found:
        links.gone(link)
    return len(found)


def _whose(
    connection: Connection, page: Sequence[RemotePerson], fields: Sequence[FieldRow]
) -> dict[int, int]:
    """``{place: candidate id}`` of those we have: by the link, else by what certainly is the same person."""
    rows = RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, remote_id__in={remote.external_id for remote in page} - {""}
    )
    linked = dict(rows.values_list("remote_id", "candidate_id"))
    found = {
        place: linked[remote.external_id] for place, remote in enumerate(page) if remote.external_id in linked
    }
    strangers = {
        place: matching.Person(
            first_name=remote.first_name,
            last_name=remote.last_name,
            emails=remote_people.mails(remote),
            phones=remote_people.phones(remote),
            profiles=remote_people.profiles(remote, remote_people.of_type(fields, remote)),
        )
        for place, remote in enumerate(page)
        if place not in found
    }
    return found | duplicates.known(connection.organisation_id, strangers)


def _one(
    connection: Connection, remote: RemotePerson, candidate_id: int, fields: Sequence[FieldRow]
) -> tuple[Candidate | None, str]:
    of_type = remote_people.of_type(fields, remote)
    candidate = _candidate(connection, candidate_id)
    if candidate is None:
        return None, "unknown"
    stated = _state(connection, candidate, remote, of_type)
    outcome = "changed" if _points(connection, candidate, remote) or stated else "same"
    _link(connection, candidate, remote)
    if pulled_lists.take(connection, candidate, remote, of_type) and outcome == "same":
        outcome = "changed"
    _seen(candidate, remote)
    _filters(connection, candidate, remote, of_type)
    return candidate, outcome


def _candidate(connection: Connection, pk: int | None) -> Candidate | None:
    rows = Candidate.objects.for_organisation(connection.organisation_id)
    return rows.filter(pk=pk).first() if pk is not None else None


def _state(
    connection: Connection, candidate: Candidate, remote: RemotePerson, fields: Sequence[FieldRow]
) -> bool:
    """State what differs; both values are kept. Whether what is shown here changed.

    A field we always overwrite there is ours: their value stands back unless it is better by the common rules. One we
    leave alone there is theirs, and vouched for. What we wrote ourselves is no news.
    """
    link = links.of(connection, candidate)
    written = link.written if link is not None else {}
    statements = {
        name: Statement(
            value=said.text,
            origin=Origin.PULLED,
            at=remote.updated_at or timezone.now(),
            source=connection.label,
            verified=said.row.rule != UpdateRule.ALWAYS,
        )
        for name, said in remote_people.values(remote, fields).items()
        if any(written.get(row.key) != mapping.digest(there) for row, there in said.parts)
    }
    if not statements:
        return False
    return bool(people.take_statements(candidate=candidate, actor=None, statements=statements))


def _points(connection: Connection, candidate: Candidate, remote: RemotePerson) -> int:
    return contact_points.take(
        candidate=candidate,
        emails=remote_people.mails(remote),
        phones=remote_people.phones(remote),
        origin=Origin.PULLED,
        source=connection.label,
    )


def _link(connection: Connection, candidate: Candidate, remote: RemotePerson) -> None:
    link = links.of(connection, candidate)
    known = () if link is None else (link.remote_id, *link.other_remote_ids)
    if remote.external_id in known or (link is not None and link.state == LinkState.CREATING):
        # Of a record that is just being made its maker will say which it is.
        return
    links.record(
        connection,
        candidate,
        PushResult(external_id=remote.external_id, action=PushAction.UNCHANGED, url=remote.url),
        digests={},
        made_by_us=False,
        exported=False,
    )
    notes.release(connection, candidate)


def _seen(candidate: Candidate, remote: RemotePerson) -> None:
    points = [(candidate.pk, ContactKind.EMAIL.value, mail) for mail in remote_people.mails(remote)]
    points += [(candidate.pk, ContactKind.PHONE.value, phone) for phone in remote_people.phones(remote)]
    sightings.seen(organisation_id=candidate.organisation_id, points=points, at=timezone.now())


def _filters(
    connection: Connection, candidate: Candidate, remote: RemotePerson, fields: Sequence[FieldRow]
) -> None:
    """Filterable fields and where the person stands are filters of the people list."""
    source = remote_people.source(connection)
    for key, words in remote_people.filters(remote, fields).items():
        if key != remote_people.STANDING or facts.of(candidate.pk, source, key) != words:
            facts.set([candidate.pk], source, key, words)


def _stand(connection: Connection, candidate: Candidate, remote: RemotePerson) -> None:
    """Hired, rejected or off-limits there stops campaigns here, when so set (C21)."""
    if remote.standing is None or not _stops(connection, candidate):
        return
    word = remote_people.STANDING_WORDS[remote.standing]
    reason = f"{word} in {connection.label}"
    rows = Recipient.objects.for_organisation(connection.organisation_id).filter(
        candidate=candidate, progress__in=GOING
    )
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        enrolment.stop(
            recipient_id=pk,
            organisation_id=connection.organisation_id,
            actor=None,
            now=timezone.now(),
            reason=reason,
        )


def _stops(connection: Connection, candidate: Candidate) -> bool:
    chosen: Any = setting_rows.resolved(
        connection,
        candidate.record_type,
        sync_settings.STOP_ON_STANDING,
        user=None,
        campaign=None,
        candidate=None,
    ).value
    return bool(chosen)
