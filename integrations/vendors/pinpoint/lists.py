"""What a Pinpoint account has: jobs, and the custom fields of its applications."""

from __future__ import annotations

from collections.abc import Collection

from integrations.base.records import Option, RemoteField, Target
from integrations.vendors.pinpoint import mapping
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.fields import definition
from integrations.vendors.pinpoint.jsonapi import MOST_ROWS, walk

#: In the order a job goes through them.
JOB_STATUSES = (
    Option(id="draft", label="Draft"),
    Option(id="open", label="Open"),
    Option(id="closed", label="Closed"),
    Option(id="archived", label="Archived"),
)
#: A job comes with its whole description: at most so many in one answer.
JOBS_AT_ONCE = 100


def jobs(client: PinpointClient, statuses: Collection[str]) -> tuple[Target, ...]:
    """The jobs in any of ``statuses`` (all when none is named), by title."""
    params = {"sort": "id"}
    if statuses:
        params["filter[status]"] = ",".join(sorted(statuses))
    found = (mapping.target(row) for row in walk(client, "/jobs", params, size=JOBS_AT_ONCE))
    return tuple(sorted(found, key=lambda job: (job.name.casefold(), job.external_id)))


def custom_fields(client: PinpointClient) -> tuple[RemoteField, ...]:
    """The custom fields of applications, as the account defines them now."""
    rows = walk(client, "/custom_fields", {}, size=MOST_ROWS)
    return tuple(field for row in rows if (field := definition(row)) is not None)
