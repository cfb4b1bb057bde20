"""The stored sync settings of a connection, read for one person: which value counts now (``sync_settings``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from campaigns.models import Campaign
from integrations import sync_settings
from integrations.models import Connection, FieldEntry, SyncSetting
from integrations.sync_settings import SETTINGS, Held, Level, Lock, Resolved
from sourcing.models import Candidate


def held(
    connection: Connection,
    record_type: str,
    *,
    user: User | None = None,
    campaign: Campaign | None = None,
    candidate: Candidate | None = None,
) -> Mapping[str, list[Held]]:
    """What is stored at every level that concerns these, by setting; settings nobody touched are absent. One query."""
    found: defaultdict[str, list[Held]] = defaultdict(list)
    for row in _rows(connection, record_type, user=user, campaign=campaign, candidate=candidate):
        found[row.name].append(_held(row))
    return found


def every(
    connection: Connection,
    record_type: str,
    *,
    user: User | None = None,
    campaign: Campaign | None = None,
    candidate: Candidate | None = None,
) -> dict[str, Resolved]:
    """What counts of every setting. One query."""
    stored = held(connection, record_type, user=user, campaign=campaign, candidate=candidate)
    return {name: sync_settings.resolve(name, stored.get(name, ())) for name in SETTINGS}


def resolved(
    connection: Connection,
    record_type: str,
    name: str,
    *,
    user: User | None,
    campaign: Campaign | None,
    candidate: Candidate | None,
) -> Resolved:
    """What counts of one setting for this person, as ``sync_settings.resolve`` decides."""
    rows = _rows(connection, record_type, user=user, campaign=campaign, candidate=candidate)
    return sync_settings.resolve(name, map(_held, rows.filter(name=name)))


def entered(
    connection: Connection,
    record_type: str,
    *,
    campaign: Campaign | None = None,
    candidate: Candidate | None = None,
) -> Mapping[str, Any]:
    """What people typed into single remote fields, by key; the person's own before the campaign's."""
    rows = FieldEntry.objects.for_organisation(connection.organisation_id).filter(
        Q(candidate=candidate, candidate__isnull=False) | Q(campaign=campaign, campaign__isnull=False),
        connection=connection,
        record_type=record_type,
    )
    ordered = sorted(rows, key=lambda row: row.candidate_id is not None)
    return {row.key: _typed(row) for row in ordered}


def entered_of(
    connection: Connection, candidate_ids: Collection[int]
) -> dict[tuple[int, str], dict[str, Any]]:
    """:func:`entered` of many people without a campaign, by person and record type. One query."""
    rows = FieldEntry.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate_id__in=candidate_ids
    )
    found: defaultdict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        assert row.candidate_id is not None
        found[row.candidate_id, row.record_type][row.key] = _typed(row)
    return found


def _typed(row: FieldEntry) -> Any:
    return tuple(row.value) if isinstance(row.value, list) else row.value


def level_of(row: SyncSetting) -> Level:
    """Where the value stands."""
    if row.candidate_id is not None:
        return Level.PERSON
    if row.campaign_id is not None:
        return Level.CAMPAIGN
    return Level.USER if row.user_id is not None else Level.ORGANISATION


def lock_of(row: SyncSetting) -> Lock | None:
    """The lock on it."""
    if not row.locked:
        return None
    return Lock(by=row.locked_by, at=row.locked_at) if row.locked_by else Lock(at=row.locked_at)


def _rows(
    connection: Connection,
    record_type: str,
    *,
    user: User | None,
    campaign: Campaign | None,
    candidate: Candidate | None,
) -> QuerySet[SyncSetting]:
    return SyncSetting.objects.for_organisation(connection.organisation_id).filter(
        Q(user__isnull=True) | Q(user=user),
        Q(campaign__isnull=True) | Q(campaign=campaign),
        Q(candidate__isnull=True) | Q(candidate=candidate),
        connection=connection,
        record_type=record_type,
    )


def _held(row: SyncSetting) -> Held:
    return Held(level=level_of(row), value=row.value, by_admin=row.by_admin, lock=lock_of(row))
