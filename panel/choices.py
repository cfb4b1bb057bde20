"""What a save in the side panel can name: projects, campaigns and tags by a part of their name, jobs of a system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from accounts.permissions import Feature, Right, can, require, require_feature
from campaigns import of_person
from integrations import selectors as systems
from integrations import targets
from integrations.models import ExportMode
from sourcing.normalising import clean_text
from sourcing.search import suggesting
from sourcing.selectors import editable_projects

MOST = 20


class Kind(StrEnum):
    """What can be chosen."""

    PROJECT = "project"
    CAMPAIGN = "campaign"
    TAG = "tag"
    JOB = "job"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of them. ``value`` is what is sent to choose it; tags and jobs, whose ids are not ours, have no ``id``."""

    value: str
    name: str
    about: str = ""
    id: int | None = None


def offered(*, viewer: User, kind: Kind, text: str) -> list[Choice]:
    """At most :data:`MOST` whose name holds ``text``: only what the viewer may add people to."""
    said = clean_text(text, limit=100)
    if kind is Kind.PROJECT:
        return _projects(viewer, said)
    if kind is Kind.CAMPAIGN:
        return _campaigns(viewer, said)
    found = suggesting.values(viewer=viewer, text=said, kinds=("tag",), most=MOST)
    return [Choice(value=each.value, name=each.value) for each in found]


def jobs(*, viewer: User, connection_id: int, text: str) -> list[Choice]:
    """Jobs of a system on which people can be put; the system is asked at most once a minute.

    Raises ConnectionMissing, Invalid where it has no jobs, and the connector's errors.
    """
    require(viewer, Right.CANDIDATE_EXPORT)
    require_feature(viewer.organisation, Feature.INTEGRATIONS)
    connection = systems.connection_for(viewer, connection_id)
    found = targets.choices(
        viewer=viewer, connection=connection, mode=ExportMode.CANDIDATES, search=clean_text(text, limit=100)
    )
    return [Choice(value=each.external_id, name=each.name) for each in found[:MOST]]


def _projects(viewer: User, said: str) -> list[Choice]:
    if not can(viewer, Right.PROJECT_EDIT):
        return []
    found = editable_projects(viewer).filter(name__icontains=said).select_related("owner")
    return [
        Choice(id=each.pk, value=str(each.pk), name=each.name, about=each.owner.name) for each in found[:MOST]
    ]


def _campaigns(viewer: User, said: str) -> list[Choice]:
    if not can(viewer, Right.CAMPAIGN_EDIT):
        return []
    return [
        Choice(
            id=each.pk,
            value=str(each.pk),
            name=each.name,
            about=f"{each.project.name}, {each.get_status_display().lower()}",
        )
        for each in of_person.open_to(viewer, named=said)[:MOST]
    ]
