"""The organisation's outreach by member and period, counted as ``definitions`` says.

Counted over all messages of the organisation with two indexes made for it, so that it stays quick at millions:
``outreach_message_report`` holds every column the count needs, ``outreach_message_given_up`` is tiny.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate

from accounts.models import User
from campaigns import statistics
from campaigns.models import Recipient

#: Days a report may look back, by its name in the address.
PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "12 months"}
DEFAULT = "30"

# What was handed over in the period: taken (it may have come back since), and refused or given up.
_HANDED_OVER = """
    SELECT created_by_id, candidate_id, sent_at AS at, status = 'bounced' AS back, origin
      FROM outreach_message
     WHERE organisation_id = %(organisation)s AND sent_at >= %(since)s AND sent_at < %(until)s
       AND origin IN ('campaign', 'single')
    UNION ALL
    SELECT created_by_id, candidate_id, settled_at, TRUE, origin
      FROM outreach_message
     WHERE organisation_id = %(organisation)s AND settled_at >= %(since)s AND settled_at < %(until)s
       AND origin IN ('campaign', 'single') AND status IN ('refused', 'failed')
       AND (status = 'refused' OR failure_class > '')
"""
_BY_MEMBER_AND_DAY = f"""
    SELECT created_by_id, (at AT TIME ZONE %(zone)s)::date AS day, count(*),
           count(*) FILTER (WHERE back), count(*) FILTER (WHERE origin = 'single')
      FROM ({_HANDED_OVER}) AS handed
     GROUP BY created_by_id, day
"""  # noqa: S608 - a constant of this module
# People per member, and in the line without one those of everybody.
_PEOPLE = f"""
    WITH pairs AS MATERIALIZED (
        SELECT DISTINCT created_by_id, candidate_id FROM ({_HANDED_OVER}) AS handed WHERE candidate_id IS NOT NULL
    )
    SELECT FALSE, created_by_id, count(*) FROM pairs GROUP BY created_by_id
    UNION ALL
    SELECT TRUE, NULL, count(DISTINCT candidate_id) FROM pairs
"""  # noqa: S608 - a constant of this module


@dataclass(frozen=True)
class Line:
    """What one member did: e-mails ``sent``, ``bounced`` and (of the sent) ``single``, people ``written_to``, and
    ``replied``: people once per campaign."""

    member: str
    sent: int = 0
    bounced: int = 0
    single: int = 0
    written_to: int = 0
    replied: int = 0


@dataclass(frozen=True)
class Report:
    """Whole local days ``first`` … ``last`` in the organisation's zone; ``days``: date → (sent, bounced, replied)."""

    first: date
    last: date
    lines: list[Line]
    total: Line
    days: dict[date, tuple[int, int, int]]


def report(*, viewer: User, now: datetime, days: int) -> Report:
    """The last ``days`` days, today included. Members are those in whose name it was sent: who started the campaign,
    or wrote the single e-mail. A person written to by two members counts for both and once in the total."""
    organisation = viewer.organisation
    assert organisation is not None
    zone = ZoneInfo(organisation.time_zone)
    last = now.astimezone(zone).date()
    first = last - timedelta(days=days - 1)
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    values: dict[str, Any] = {
        "organisation": organisation.pk, "since": since, "until": until, "zone": organisation.time_zone,
    }  # fmt: skip
    handed = _rows(_BY_MEMBER_AND_DAY, values)
    people = {(everybody, member): count for everybody, member, count in _rows(_PEOPLE, values)}
    replied = _replied(organisation.pk, since, until, zone)
    names = dict(User.objects.filter(organisation=organisation).values_list("pk", "name"))
    sums: dict[int | None, tuple[int, int, int]] = {}
    for member, _, *counts in handed:
        sums[member] = _added(sums.get(member, (0, 0, 0)), counts)
    lines = [
        _line(
            names.get(member or 0) or "Nobody",
            sums.get(member, (0, 0, 0)),
            written_to=people.get((False, member), 0),
            replied=sum(count for (who, _), count in replied.items() if who == member),
        )
        for member in {*sums, *(who for who, _ in replied)}
    ]
    everything = (0, 0, 0)
    for each in sums.values():
        everything = _added(everything, each)
    return Report(
        first=first,
        last=last,
        lines=sorted(lines, key=lambda line: (-line.sent, line.member.casefold())),
        total=_line("Everybody", everything, written_to=people[True, None], replied=sum(replied.values())),
        days=_days(handed, replied),
    )


def _added(sums: tuple[int, int, int], counts: Sequence[int]) -> tuple[int, int, int]:
    return sums[0] + counts[0], sums[1] + counts[1], sums[2] + counts[2]


def _line(member: str, sums: tuple[int, int, int], *, written_to: int, replied: int) -> Line:
    sent, bounced, single = sums
    return Line(member, sent=sent, bounced=bounced, single=single, written_to=written_to, replied=replied)


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _replied(
    organisation_id: int, since: datetime, until: datetime, zone: ZoneInfo
) -> dict[tuple[int | None, date], int]:
    """(who started the campaign, day) → people whose reply was read then, once per campaign."""
    rows = (
        Recipient.objects.for_organisation(organisation_id)
        .filter(statistics.REPLIED, ended_at__gte=since, ended_at__lt=until)
        .order_by()
        .annotate(day=TruncDate("ended_at", tzinfo=zone))
        .values_list("campaign__started_by_id", "day")
        .annotate(people=Count("pk"))
    )
    return {(member, day): count for member, day, count in rows}


def _days(
    handed: list[tuple[Any, ...]], replied: dict[tuple[int | None, date], int]
) -> dict[date, tuple[int, int, int]]:
    found: dict[date, list[int]] = {}
    for _, day, sent, bounced, _single in handed:
        sums = found.setdefault(day, [0, 0, 0])
        sums[0] += sent
        sums[1] += bounced
    for (_, day), count in replied.items():
        found.setdefault(day, [0, 0, 0])[2] += count
    return {day: (sent, bounced, people) for day, (sent, bounced, people) in sorted(found.items())}
