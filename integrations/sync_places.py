"""Where sync choices show on the pages of other rooms: a section of a campaign's settings, *Sync as* of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Feature, Right, can, has_feature
from campaigns import slots
from campaigns.models import Campaign
from integrations import companies, company_choice, links, opening, selectors, setting_changes
from integrations.base.records import Capability
from integrations.choice_forms import choices
from integrations.models import Connection
from integrations.setting_changes import Place
from sourcing.models import Candidate, RecordType


def of_campaign(campaign: Campaign, viewer: User) -> Mapping[str, object] | None:
    """The sync choices of this campaign, by system and record type."""
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
                "locks": setting_changes.locks(row, candidate.record_type),
            }
            for row in connections
        ],
        "companies": [
            {
                "system": row.label,
                "url": reverse("integrations:person_company", args=[row.pk, candidate.pk]),
                "part": f"company-{row.pk}-{candidate.pk}",
                "match": companies.chosen(row, candidate, candidate.company),
            }
            for row in connections
            if company_choice.has_companies(row, candidate.record_type) and links.sure(row, candidate) is None
        ],
    }


def _connections(viewer: User) -> list[Connection]:
    if not has_feature(viewer.organisation, Feature.INTEGRATIONS):
        return []
    return list(selectors.syncing_connections(viewer))


def _campaign_system(
    campaign: Campaign, viewer: User, connection: Connection, record_type: str
) -> dict[str, Any]:
    """The form, closed under a line of what counts. The vendor is asked for its jobs once it is opened."""
    system = opening.vendor_of(connection)
    chosen = choices(
        None, actor=viewer, connection=connection, record_type=record_type, place=Place(campaign=campaign)
    )
    url = reverse("integrations:campaign_sync", args=[connection.pk, campaign.pk])
    return {
        "connection": connection,
        "vendor": system,
        "record_type": record_type,
        "type_label": RecordType(record_type).label if len(system.record_types) > 1 else "",
        "url": f"{url}?type={record_type}",
        "has_jobs": system.supports(Capability.LIST_JOBS),
        "form": chosen.form,
        "entries": chosen.entries,
    }


slots.campaign_section(
    id="sync",
    label="Other systems",
    order=40,
    right=Right.CAMPAIGN_EDIT,
    template="integrations/_campaign.html",
    context=of_campaign,
)
