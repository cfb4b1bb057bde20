"""Where sync choices show on the pages of other rooms: a section of a campaign's settings, *Sync as* of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Feature, Right, can, has_feature
from campaigns import slots
from campaigns.models import Campaign
from integrations import opening, selectors, setting_rows, sync_settings
from integrations.models import Connection
from integrations.sync_settings import Level
from sourcing.models import Candidate, RecordType


def of_campaign(campaign: Campaign, viewer: User) -> Mapping[str, object] | None:
    """What counts in this campaign for people the viewer adds, by system and record type."""
    systems = [
        _campaign_system(campaign, viewer, connection, record_type)
        for connection in _connections(viewer)
        for record_type in RecordType.values
        if record_type in opening.vendor_of(connection).record_types
    ]
    return {"systems": systems} if systems else None


def of_person(candidate: Candidate, viewer: User) -> Mapping[str, object]:
    """*Sync as* and the systems with options for this person; empty for those who may not set them."""
    if not can(viewer, Right.CANDIDATE_EDIT):
        return {}
    connections = _connections(viewer)
    known = {value for row in connections for value in opening.vendor_of(row).record_types}
    other = RecordType.CONTACT if candidate.record_type == RecordType.CANDIDATE else RecordType.CANDIDATE
    return {
        "sync_as": candidate.get_record_type_display(),
        "other": other.label.lower() if other in known else "",
        "change_url": reverse("integrations:sync_as", args=[candidate.pk]),
        "systems": [
            {
                "name": row.label,
                "url": reverse("integrations:person_sync", args=[row.pk, candidate.pk]),
            }
            for row in connections
        ],
    }


def _connections(viewer: User) -> list[Connection]:
    organisation = viewer.organisation
    if organisation is None or not has_feature(organisation, Feature.INTEGRATIONS):
        return []
    return list(selectors.syncing_connections(viewer))


def _campaign_system(
    campaign: Campaign, viewer: User, connection: Connection, record_type: str
) -> dict[str, Any]:
    system = opening.vendor_of(connection)
    counting = setting_rows.every(connection, record_type, user=viewer, campaign=campaign)
    url = reverse("integrations:campaign_sync", args=[connection.pk, campaign.pk])
    return {
        "connection": connection,
        "vendor": system,
        "record_type": RecordType(record_type).label if len(system.record_types) > 1 else "",
        "url": f"{url}?type={record_type}",
        "lines": [
            {
                "label": system.setting_words.get(setting.name, setting.label).format(
                    system=system.display_name
                ),
                "value": _words(setting.name, counting[setting.name].value),
                "own": counting[setting.name].level is Level.CAMPAIGN,
                "locked": counting[setting.name].locked,
            }
            for setting in sync_settings.offered(Level.CAMPAIGN, system.capabilities)
        ],
    }


def _words(name: str, value: Any) -> str:
    """The vendor is not asked here for the name of a job."""
    if name == sync_settings.JOB:
        return "one is chosen" if value else "none chosen"
    return sync_settings.words(name, value)


slots.campaign_section(
    id="sync",
    label="Other systems",
    order=40,
    right=Right.CAMPAIGN_EDIT,
    template="integrations/_campaign.html",
    context=of_campaign,
)
