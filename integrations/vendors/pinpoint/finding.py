"""Finding a person among the applications of a job. The vendor has no filter by e-mail: they are read and compared."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from functools import partial

from integrations.base.records import PersonKeys, RemotePerson, Target
from integrations.base.uniting import link_key, phone_key
from integrations.vendors.pinpoint import mapping
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.jsonapi import MOST_ROWS, walk

_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def find(client: PinpointClient, keys: PersonKeys, job: Target) -> tuple[RemotePerson, ...]:
    """Who on ``job`` is this person, the oldest first; the surest key that has a hit decides."""
    tests = tuple(_tests(keys))
    found: dict[int, list[RemotePerson]] = {}
    for row in _applications(client, job):
        for rank, fits in enumerate(tests):
            if fits(row):
                found.setdefault(rank, []).append(row)
                break
    best = found[min(found)] if found else []
    return tuple(sorted(best, key=lambda row: (row.created_at or _NEVER, row.external_id)))


def _applications(client: PinpointClient, job: Target) -> Iterator[RemotePerson]:
    params = {
        "filter[job_id]": job.external_id,
        # Those of confidential jobs are left out unless asked for.
        "filter[job_visibility]": mapping.VISIBILITIES,
        "fields[applications]": mapping.SPARSE,
        # Who applies meanwhile comes last and moves nobody to a page that was read.
        "sort": "id",
    }
    for row in walk(client, "/applications", params, size=MOST_ROWS):
        yield mapping.person(row, {}, None)


def _has_address(wanted: set[str], row: RemotePerson) -> bool:
    return any(email.casefold() in wanted for email in row.emails)


def _tests(keys: PersonKeys) -> Iterator[Callable[[RemotePerson], bool]]:
    for addresses in (keys.markers, keys.emails):
        wanted = {address.casefold() for address in addresses}
        if wanted:
            yield partial(_has_address, wanted)
    links = {link_key(link) for link in keys.social_links}
    if links:
        yield lambda row: link_key(str(row.values.get("linkedin_url") or "")) in links
    phones = {phone_key(phone) for phone in keys.phones}
    if phones and keys.name:
        yield (
            lambda row: (
                _name(row) == keys.name.casefold() and any(phone_key(phone) in phones for phone in row.phones)
            )
        )


def _name(row: RemotePerson) -> str:
    return f"{row.first_name} {row.last_name}".strip().casefold()
