"""Looking somebody up in CATS with few of the hour's calls, and comparing whatever comes back.

An address is asked for exactly (the filter knows the primary one only), then loosely (every address, but any word of it
may match). Links and phones cannot be asked for: one search for the name brings the rows in which they are compared.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from integrations.base.records import PersonKeys, RemotePerson
from integrations.base.uniting import link_key, phone_key
from integrations.vendors.cats import assumed, mapping
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.fields import PATHS
from integrations.vendors.cats.lists import walk

_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def find(client: CatsClient, keys: PersonKeys, *, record_type: str) -> tuple[RemotePerson, ...]:
    """Records of one type that are this person, the oldest first; the surest key that has a hit decides."""
    for marker in keys.markers:
        if found := _by_primary(client, marker, record_type):
            return _oldest_first(found)
    for address in keys.emails:
        found = _by_primary(client, address, record_type) or _matching(
            _searched(client, address, record_type, most_pages=1), _has_address(address)
        )
        if found:
            return _oldest_first(found)
    return _oldest_first(_by_link_or_phone(client, keys, record_type))


def _by_link_or_phone(client: CatsClient, keys: PersonKeys, record_type: str) -> list[RemotePerson]:
    """Without a name, a link is searched as such; a phone, which families share, is then no proof at all."""
    if not keys.name:
        for link in keys.social_links:
            if found := _matching(
                _searched(client, link_key(link), record_type, most_pages=1), _has_link([link])
            ):
                return found
        return []
    if not (keys.social_links or keys.phones):
        return []
    people = _searched(client, keys.name, record_type, most_pages=assumed.SEARCH_PAGES)
    return _matching(people, _has_link(keys.social_links)) or _matching(
        people, _has_phone(keys.phones, keys.name)
    )


def _by_primary(client: CatsClient, address: str, record_type: str) -> list[RemotePerson]:
    path = PATHS[record_type]
    asked = {"field": "emails.primary", "filter": "exactly", "value": address}
    rows = walk(client, f"/{path}/search", path, body=asked, most_pages=1)
    return _matching((mapping.person(row, record_type) for row in rows), _has_address(address))


def _searched(client: CatsClient, words: str, record_type: str, *, most_pages: int) -> list[RemotePerson]:
    """Hits of the loose search. The parameter is ``query``: with any other, CATS answers with everybody."""
    path = PATHS[record_type]
    rows = walk(client, f"/{path}/search", path, params={"query": words}, most_pages=most_pages)
    return [mapping.person(row, record_type) for row in rows]


def _matching(people: Iterable[RemotePerson], same: Callable[[RemotePerson], bool]) -> list[RemotePerson]:
    return [person for person in people if same(person)]


def _has_address(address: str) -> Callable[[RemotePerson], bool]:
    wanted = address.strip().casefold()
    return lambda person: wanted in {each.casefold() for each in person.emails}


def _has_link(links: Iterable[str]) -> Callable[[RemotePerson], bool]:
    wanted = {link_key(link) for link in links} - {""}
    return lambda person: bool(wanted & set(map(link_key, _links(person))))


def _has_phone(phones: Iterable[str], name: str) -> Callable[[RemotePerson], bool]:
    wanted, called = {phone_key(phone) for phone in phones}, name.casefold()
    return lambda person: (
        bool(wanted & set(map(phone_key, person.phones)))
        and f"{person.first_name} {person.last_name}".strip().casefold() == called
    )


def _links(person: RemotePerson) -> list[str]:
    found: Any = person.values.get("social_media_urls")
    return list(found) if isinstance(found, tuple) else []


def _oldest_first(people: Iterable[RemotePerson]) -> tuple[RemotePerson, ...]:
    return tuple(sorted(people, key=lambda row: (row.created_at or _NEVER, int(row.external_id or 0))))
