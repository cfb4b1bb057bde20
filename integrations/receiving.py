"""What a vendor says about people, taken in: whom it means, differing values, filters, where they stand.

Taking the same answer in twice changes nothing, so a page that was cut off is simply read again. Whom a record means is
said by its link, else by the matching rules of imports and the API; somebody nobody has here is made only where
*Bring people in* is ticked (docs/integrations/sync.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from campaigns import enrolment
from campaigns.models import Recipient
from campaigns.states import GOING
from foundation.problems import Problem
from integrations import connections, dummies, links, mapping, notes, opening, setting_rows, sync_settings
from integrations.base.records import (
    FieldKind,
    PushAction,
    PushResult,
    RemotePerson,
    RemoteRef,
    Standing,
    UpdateRule,
    Value,
)
from integrations.base.variables import CUSTOM
from integrations.models import Connection, FieldRow, LinkState, RemoteLink
from sourcing import duplicates, matching, people, sightings
from sourcing.models import Candidate, ContactKind, ContactType, Origin
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    is_dummy_address,
    normalise_email,
    normalise_phone,
)
from sourcing.search import facts
from sourcing.values import Statement

log = structlog.get_logger(__name__)

#: Variables that are columns of a person of ours, one value against another.
_COLUMNS = frozenset({"first_name", "last_name", "headline", "title", "company", "location", "summary"})
_STANDING_WORDS: Mapping[Standing, str] = {
    Standing.HIRED: "Hired",
    Standing.REJECTED: "Rejected",
    Standing.OFF_LIMITS: "Off-limits",
}
#: Kinds that are never a filter: addresses of people, and histories.
_NO_FILTER = frozenset({FieldKind.EMAILS, FieldKind.PHONES, FieldKind.EXPERIENCE, FieldKind.EDUCATION})


def take(connection: Connection, page: Sequence[RemotePerson]) -> Counter[str]:
    """Take in what the vendor says about these people, each in a transaction of their own.

    Counts "new", "changed", "same", "unknown" (nobody here, and not asked for) and "failed".
    """
    counts: Counter[str] = Counter()
    fields = list(
        FieldRow.objects.for_organisation(connection.organisation_id)
        .filter(connection=connection, gone_since__isnull=True)
        .order_by("position", "pk")
    )
    ours = _whose(connection, page)
    for place, remote in enumerate(page):
        try:
            with transaction.atomic():
                candidate, outcome = _one(connection, remote, ours.get(place), fields)
            counts[outcome] += 1
            if candidate is not None:
                # On its own: it locks recipients, which others lock before they lock a person.
                _stand(connection, candidate, remote)
        except Problem as error:
            # Erased and blocked, or refused by a rule of ours: this person stays out, the others come in.
            log.info("pull.person_left_out", connection_id=connection.pk, code=error.code)
            counts["failed"] += 1
    return counts


def gone(connection: Connection, refs: Collection[RemoteRef]) -> int:
    """Records that are no longer there: mark and link are cleared (docs/behaviour.md §7); how many were ours."""
    rows = RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, state=LinkState.LINKED, remote_id__in={ref.external_id for ref in refs} - {""}
    )
    found = list(rows.select_related("connection", "candidate"))
    for link in found:
        links.gone(link)
    return len(found)


def _whose(connection: Connection, page: Sequence[RemotePerson]) -> dict[int, int]:
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
            emails=_mails(remote),
            phones=_phones(remote),
        )
        for place, remote in enumerate(page)
        if place not in found
    }
    return found | duplicates.known(connection.organisation_id, strangers)


def _one(
    connection: Connection, remote: RemotePerson, candidate_id: int | None, fields: Sequence[FieldRow]
) -> tuple[Candidate | None, str]:
    of_type = [field for field in fields if field.record_type == remote.record_type]
    candidate = _candidate(connection, candidate_id)
    outcome = "same"
    if candidate is None:
        if connections.PULL not in connection.capabilities or _is_test_record(connection, remote):
            return None, "unknown"
        candidate, outcome = _new(connection, remote, of_type), "new"
    else:
        stated = _state(connection, candidate, remote, of_type)
        if _points(connection, candidate, remote) or stated:
            outcome = "changed"
    _link(connection, candidate, remote)
    _seen(candidate, remote)
    _filters(connection, candidate, remote, of_type)
    return candidate, outcome


def _candidate(connection: Connection, pk: int | None) -> Candidate | None:
    rows = Candidate.objects.for_organisation(connection.organisation_id)
    return rows.filter(pk=pk).first() if pk is not None else None


def _is_test_record(connection: Connection, remote: RemotePerson) -> bool:
    """The record verification makes there is nobody."""
    return dummies.address(dummies.TEST_NUMBER, organisation=connection.organisation) in remote.emails


def _new(connection: Connection, remote: RemotePerson, fields: Sequence[FieldRow]) -> Candidate:
    said: dict[str, Any] = {"first_name": remote.first_name, "last_name": remote.last_name}
    said |= {name: text for name, (text, _row) in _values(remote, fields).items() if name in _COLUMNS}
    return people.create_candidate(
        organisation=connection.organisation,
        actor=None,
        source=opening.vendor_of(connection).display_name,
        origin=Origin.PULLED,
        record_type=remote.record_type,
        emails=[(mail, ContactType.WORK) for mail in _mails(remote)],
        phones=[(phone, ContactType.WORK) for phone in _phones(remote)],
        **said,
    )


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
            value=text,
            origin=Origin.PULLED,
            at=remote.updated_at or timezone.now(),
            source=opening.vendor_of(connection).display_name,
            verified=row.rule != UpdateRule.ALWAYS,
        )
        for name, (text, row) in _values(remote, fields).items()
        if written.get(row.key) != mapping.digest(text)
    }
    if not statements:
        return False
    return bool(people.take_statements(candidate=candidate, actor=None, statements=statements))


def _points(connection: Connection, candidate: Candidate, remote: RemotePerson) -> int:
    return people.take_points(
        candidate=candidate,
        emails=_mails(remote),
        phones=_phones(remote),
        origin=Origin.PULLED,
        source=opening.vendor_of(connection).display_name,
    )


def _values(remote: RemotePerson, fields: Sequence[FieldRow]) -> dict[str, tuple[str, FieldRow]]:
    """Our fields by the remote ones mapped to them, with what stands there; blank ones say nothing."""
    found: dict[str, tuple[str, FieldRow]] = {}
    for row in fields:
        value = remote.values.get(row.key)
        ours = row.variable in _COLUMNS or row.variable.startswith(CUSTOM)
        if ours and isinstance(value, str) and value.strip():
            found.setdefault(row.variable, (value, row))
    return found


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
    points = [(candidate.pk, ContactKind.EMAIL.value, mail) for mail in _mails(remote)]
    points += [(candidate.pk, ContactKind.PHONE.value, phone) for phone in _phones(remote)]
    sightings.seen(organisation_id=candidate.organisation_id, points=points, at=timezone.now())


def _filters(
    connection: Connection, candidate: Candidate, remote: RemotePerson, fields: Sequence[FieldRow]
) -> None:
    """Filterable fields and where the person stands are filters of the people list."""
    source = f"ats:{connection.pk}"
    for row in fields:
        if row.filterable and row.kind not in _NO_FILTER and row.key in remote.values:
            facts.set([candidate.pk], source, filter_key(row), _words(remote.values[row.key], row))
    standing = [_STANDING_WORDS[remote.standing]] if remote.standing is not None else []
    if facts.of(candidate.pk, source, "standing") != standing:
        facts.set([candidate.pk], source, "standing", standing)


def filter_key(row: FieldRow) -> str:
    """The name of a field's filter; search shows it with spaces and a capital."""
    return re.sub(r"\W+", "_", row.label.casefold()).strip("_")[:60] or f"field_{row.pk}"


def _words(value: Value, row: FieldRow) -> list[str]:
    labels = {option["id"]: option["label"] for option in row.options}
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    listed = value if isinstance(value, tuple) else (value,)
    words = [labels.get(one, one).strip()[:200] for one in listed if isinstance(one, str)]
    return [word for word in dict.fromkeys(words) if word]


def _stand(connection: Connection, candidate: Candidate, remote: RemotePerson) -> None:
    """Hired, rejected or off-limits there stops campaigns here, when so set (C21)."""
    if remote.standing is None or not _stops(connection, candidate):
        return
    word = _STANDING_WORDS[remote.standing]
    reason = f"{word} in {opening.vendor_of(connection).display_name}"
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


def _mails(remote: RemotePerson) -> list[str]:
    found = []
    for mail in remote.emails:
        with suppress(InvalidAddress):
            found.append(normalise_email(mail))
    return [mail for mail in dict.fromkeys(found) if not is_dummy_address(mail)]


def _phones(remote: RemotePerson) -> list[str]:
    found = []
    for phone in remote.phones:
        with suppress(InvalidPhone):
            found.append(normalise_phone(phone))
    return list(dict.fromkeys(found))
