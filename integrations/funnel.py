"""Reports → Funnel: project → contacted → replied → in ATS, by people, per project (docs/reports.md).

Everybody put into a project in the period, and how far each of them has come by now. A stage counts people of the stage
before it, each once per project, and once in the line of all projects however many they are in. Counted in one
statement; hidden projects and other organisations are not in it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from campaigns import reporting, statistics
from campaigns.definitions import HANDED_OVER, Definition
from campaigns.models import Campaign
from sourcing.models import Candidate
from sourcing.selectors import openable_projects

#: Days the report may look back by when people came into the project, by its name in the address.
PERIODS = {**reporting.PERIODS, "all": "Ever"}
DEFAULT = reporting.DEFAULT


class Stage(enum.StrEnum):
    """A column of the report; its order is that of the columns."""

    PEOPLE = "people"
    CONTACTED = "contacted"
    REPLIED = "replied"
    IN_ATS = "in_ats"
    #: Beside the funnel: whoever is there, contacted or not.
    ALL_IN_ATS = "all_in_ats"


DEFINITIONS: Mapping[Stage, Definition] = {
    Stage.PEOPLE: Definition("In project", "people", "Put into the project in the period, and still in it."),
    Stage.CONTACTED: Definition(
        "Contacted",
        "people",
        "Of these: an e-mail of a campaign of the project was handed to a mail server, whenever that was, or they"
        " answered one. Single e-mails belong to no project.",
    ),
    Stage.REPLIED: Definition(
        "Replied",
        "people",
        "Of those contacted: their reply ended a campaign of the project for them. Automatic answers do not count.",
    ),
    Stage.IN_ATS: Definition(
        "In ATS",
        "people",
        "Of those who replied: they have a record in another system, by an export, a sync or because they were there.",
    ),
    Stage.ALL_IN_ATS: Definition(
        "All in ATS",
        "people",
        "Of all in the project: they have a record in another system, contacted or not.",
    ),
}
#: The stages one of which follows from the other.
FUNNEL = (Stage.PEOPLE, Stage.CONTACTED, Stage.REPLIED, Stage.IN_ATS)

# One line per person and project: how far they have come. Who was written to and who answered are asked apart: with an
# OR between them each recipient's e-mails would be looked up one by one.
_REACHED = """
    WITH member AS MATERIALIZED (
        SELECT project_id, candidate_id FROM sourcing_projectmember
         WHERE organisation_id = %s AND project_id = ANY(%s::bigint[]) AND added_at >= %s AND added_at < %s
    ), counted AS MATERIALIZED (
        SELECT id, project_id FROM campaigns_campaign
         WHERE organisation_id = %s AND project_id = ANY(%s::bigint[])
           AND (%s::bigint IS NULL OR started_by_id = %s)
    ), written AS (
        SELECT project_id, candidate_id, bool_or(replied) AS replied
          FROM (SELECT counted.project_id, recipient.candidate_id, FALSE AS replied
                  FROM campaigns_recipient recipient JOIN counted ON counted.id = recipient.campaign_id
                 WHERE recipient.candidate_id IN (SELECT candidate_id FROM member)
                   AND EXISTS (SELECT FROM campaigns_attempt attempt
                                WHERE attempt.recipient_id = recipient.id AND attempt.outcome = ANY(%s))
                 UNION ALL
                SELECT counted.project_id, recipient.candidate_id, recipient.merged_into_id IS NULL
                  FROM campaigns_recipient recipient JOIN counted ON counted.id = recipient.campaign_id
                 WHERE recipient.progress = 'replied'
                   AND recipient.candidate_id IN (SELECT candidate_id FROM member)) AS either
         GROUP BY project_id, candidate_id
    ), remote AS (
        SELECT DISTINCT candidate_id FROM integrations_remotelink WHERE organisation_id = %s AND remote_id <> ''
    ), reached AS MATERIALIZED (
        SELECT member.project_id, member.candidate_id, written.candidate_id IS NOT NULL AS contacted,
               coalesce(written.replied, FALSE) AS replied, remote.candidate_id IS NOT NULL AS there
          FROM member
          LEFT JOIN written USING (project_id, candidate_id)
          LEFT JOIN remote ON remote.candidate_id = member.candidate_id
    )
"""
_COUNTS = """count(*), count(*) FILTER (WHERE contacted), count(*) FILTER (WHERE replied),
           count(*) FILTER (WHERE replied AND there), count(*) FILTER (WHERE there)"""
# Of somebody in several projects the furthest counts: "replied" is never without "contacted".
_FIGURES = f"""{_REACHED}
    SELECT project_id, {_COUNTS} FROM reached GROUP BY project_id
    UNION ALL
    SELECT NULL, {_COUNTS} FROM (
        SELECT bool_or(contacted) AS contacted, bool_or(replied) AS replied, bool_or(there) AS there
          FROM reached GROUP BY candidate_id
    ) AS person
"""  # noqa: S608 - constants of this module
_OF_STAGE: Mapping[Stage, str] = {
    Stage.PEOPLE: "TRUE",
    Stage.CONTACTED: "contacted",
    Stage.REPLIED: "replied",
    Stage.IN_ATS: "replied AND there",
    Stage.ALL_IN_ATS: "there",
}


@dataclass(frozen=True)
class Line:
    """One project, or without an id all of them; ``people`` in the order of :class:`Stage`."""

    project_id: int | None
    name: str
    people: tuple[int, ...]

    def at(self, stage: Stage) -> int:
        """How many have come so far."""
        return self.people[list(Stage).index(stage)]


@dataclass(frozen=True)
class Report:
    """Whole local days ``first`` … ``last`` in the organisation's zone, ``first`` None since ever; the largest project
    first. ``owner``: whose campaigns count, None for everybody's.
    """

    first: date | None
    last: date
    owner: User | None
    lines: list[Line]
    total: Line

    @property
    def stages(self) -> list[statistics.Stage]:
        """The funnel of all projects together."""
        return statistics.stages([(DEFINITIONS[stage], self.total.at(stage)) for stage in FUNNEL])


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is asked: a name of :data:`PERIODS`, whose campaigns count, and of which project (None: of all)."""

    period: str = DEFAULT
    owner: User | None = None
    project_id: int | None = None


def report(*, viewer: User, now: datetime, scope: Scope) -> Report:
    """Every project the viewer may open that somebody was put into in the period."""
    names = dict(openable_projects(viewer).values_list("pk", "name"))
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, _values(viewer, now, scope, list(names)))
        found = {project: tuple(people) for project, *people in cursor.fetchall()}
    total = Line(None, "All projects", found.pop(None))
    lines = [Line(project, names[project], people) for project, people in found.items() if project]
    first, last = _days(viewer, now, scope)
    return Report(
        first=first,
        last=last,
        owner=scope.owner,
        lines=sorted(lines, key=lambda line: ([-count for count in line.people], line.name.casefold())),
        total=total,
    )


def people(*, viewer: User, now: datetime, scope: Scope, stage: Stage) -> QuerySet[Candidate]:
    """Those behind one number, by id; nobody for a project the viewer may not open."""
    projects = openable_projects(viewer)
    if scope.project_id is not None:
        projects = projects.filter(pk=scope.project_id)
    sql = f"{_REACHED} SELECT candidate_id FROM reached WHERE {_OF_STAGE[stage]}"  # noqa: S608 - constants of this module
    values = _values(viewer, now, scope, list(projects.values_list("pk", flat=True)))
    rows = Candidate.objects.for_organisation(viewer.organisation_id)
    reached = RawSQL(sql, values)  # noqa: S611 - constants of this module, values apart
    return rows.filter(pk__in=reached).order_by("pk")


def owners(viewer: User) -> list[User]:
    """Whoever has started a campaign, by name."""
    started = Campaign.objects.for_organisation(viewer.organisation_id).exclude(started_by=None)
    rows = User.objects.filter(organisation_id=viewer.tenant_id, pk__in=started.values("started_by"))
    return sorted(rows, key=lambda user: str(user).casefold())


def _days(viewer: User, now: datetime, scope: Scope) -> tuple[date | None, date]:
    last = now.astimezone(_zone(viewer)).date()
    return None if scope.period == "all" else last - timedelta(days=int(scope.period) - 1), last


def _zone(viewer: User) -> ZoneInfo:
    organisation = viewer.organisation
    assert organisation is not None  # the door lets nobody through without one
    return ZoneInfo(organisation.time_zone)


def _values(viewer: User, now: datetime, scope: Scope, projects: Sequence[int]) -> list[Any]:
    """The values of :data:`_REACHED` in its order."""
    zone = _zone(viewer)
    first, last = _days(viewer, now, scope)
    since = datetime.combine(first or date(1, 1, 2), time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    owner = scope.owner.pk if scope.owner else None
    organisation, ids = viewer.organisation_id, list(projects)
    return [
        *(organisation, ids, since, until),
        *(organisation, ids, owner, owner),
        [outcome.value for outcome in HANDED_OVER],
        organisation,
    ]
