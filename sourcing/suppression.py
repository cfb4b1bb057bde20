"""Whether somebody may be written to, and which entry of the list concerns whom.

An opt-out concerns the person: every present and future address, in every campaign, kept through merge and re-import
(docs/behaviour.md §5). The claim of a message and ``begin`` ask :func:`is_suppressed` each time. Entries are made by
``suppressing``; people who come back are ``known_again``; the list that people read and edit is ``suppression_list``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Q

from foundation.secrets import fingerprint
from sourcing.models import Candidate, ContactKind, ContactPoint, Experience, Suppression, SuppressionKind
from sourcing.normalising import company_key, domain_of

# Asked in every ``begin``, so written out. One index probe more, so that organisations without companies pay no second
# query.
_LISTED = """
    SELECT EXISTS (SELECT FROM sourcing_suppression
                    WHERE organisation_id = %(organisation)s
                      AND (kind = 'address' AND fingerprint = %(address)s
                           OR kind = 'domain' AND fingerprint = ANY(%(domains)s) AND NOT soft
                           OR kind = 'person' AND candidate_id = %(person)s)),
           EXISTS (SELECT FROM sourcing_suppression
                    WHERE organisation_id = %(organisation)s AND kind = 'company' AND NOT soft)
"""


def is_suppressed(organisation_id: int, candidate_id: int | None, address: str) -> bool:
    """Whether mail to this person at this normalised address is forbidden.

    One query; four more when the organisation has companies on the list.
    """
    values: dict[str, Any] = {
        "organisation": organisation_id,
        "address": fingerprint(address),
        "domains": list(domain_prints(address)),
        "person": candidate_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, values)
        listed, companies = cursor.fetchone()
    if listed:
        return True
    if candidate_id is None or not companies:
        return False
    return bool(_company_entries(organisation_id, [candidate_id], soft=False))


def why(organisation_id: int, candidate_id: int | None, address: str) -> SuppressionKind | None:
    """What kind of entry forbids the mail, the person's own first; None if none does. For the reason that is shown,
    never for the decision: it may cost several queries."""
    if candidate_id is not None and suppressed_people(organisation_id, [candidate_id]):
        return SuppressionKind.PERSON
    listed = Suppression.objects.for_organisation(organisation_id)
    if listed.filter(kind=SuppressionKind.ADDRESS, fingerprint=fingerprint(address)).exists():
        return SuppressionKind.ADDRESS
    domains = listed.filter(kind=SuppressionKind.DOMAIN, fingerprint__in=domain_prints(address), soft=False)
    if domains.exists():
        return SuppressionKind.DOMAIN
    if candidate_id is not None and _company_entries(organisation_id, [candidate_id], soft=False):
        return SuppressionKind.COMPANY
    return None


def suppressed_among(organisation_id: int, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the ``(candidate id, normalised address)`` pairs that mail must not go to. One query for any
    number; four more when the organisation has companies on the list."""
    wanted = list(pairs)
    prints = {address: {fingerprint(address)} for _, address in wanted}
    domains = {address: set(domain_prints(address)) for _, address in wanted}
    rows = (
        Suppression.objects.for_organisation(organisation_id)
        .filter(
            Q(kind=SuppressionKind.PERSON, candidate_id__in={candidate for candidate, _ in wanted})
            | Q(kind=SuppressionKind.ADDRESS, fingerprint__in=set().union(*prints.values()))
            | Q(kind=SuppressionKind.DOMAIN, fingerprint__in=set().union(*domains.values()), soft=False)
            | Q(kind=SuppressionKind.COMPANY, soft=False)
        )
        .values_list("kind", "candidate_id", "fingerprint")
    )
    people, addresses, places, companies = set(), set(), set(), False
    for kind, candidate_id, value in rows:
        if kind == SuppressionKind.PERSON:
            people.add(candidate_id)
        elif kind == SuppressionKind.ADDRESS:
            addresses.add(value)
        elif kind == SuppressionKind.DOMAIN:
            places.add(value)
        else:
            companies = True
    if companies:
        everybody = {candidate for candidate, _ in wanted}
        people |= _company_entries(organisation_id, everybody, soft=False).keys()
    return {
        (candidate, address)
        for candidate, address in wanted
        if candidate in people or prints[address] & addresses or domains[address] & places
    }


def suppressed_people(organisation_id: int, candidate_ids: Collection[int]) -> set[int]:
    """Those of the people who are suppressed as a person."""
    rows = Suppression.objects.for_organisation(organisation_id).filter(
        kind=SuppressionKind.PERSON, candidate_id__in=candidate_ids
    )
    return {
        candidate_id
        for candidate_id in rows.values_list("candidate_id", flat=True)
        if candidate_id is not None
    }


def warnings(organisation_id: int, candidate_ids: Collection[int]) -> dict[int, list[str]]:
    """Soft entries that concern these people, as sentences: one should think twice, nothing is stopped."""
    found = {
        candidate_id: [sentence(entry) for entry in entries]
        for candidate_id, entries in _company_entries(organisation_id, candidate_ids, soft=True).items()
    }
    soft = Suppression.objects.for_organisation(organisation_id).filter(
        kind=SuppressionKind.DOMAIN, soft=True
    )
    domains = {entry.fingerprint: entry for entry in soft}
    if domains:
        addresses = ContactPoint.objects.for_organisation(organisation_id).filter(
            candidate_id__in=candidate_ids, kind=ContactKind.EMAIL, shared=True
        )
        for candidate_id, address in addresses.values_list("candidate_id", "normalised"):
            hits = [domains[each] for each in domain_prints(address) if each in domains]
            texts = found.setdefault(candidate_id, [])
            texts += [sentence(entry) for entry in hits]
    return {candidate_id: sorted(set(texts)) for candidate_id, texts in found.items() if texts}


def obstacles(organisation_id: int, candidate_ids: Collection[int]) -> dict[int, list[str]]:
    """What speaks against writing to these people, as sentences: entries that stop it and entries that only warn.

    A constant number of queries. Addresses that somebody added for themselves are not looked at.
    """
    found = {
        candidate_id: [sentence(entry) for entry in entries]
        for candidate_id, entries in _company_entries(organisation_id, candidate_ids, soft=False).items()
    }
    rows = ContactPoint.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, kind=ContactKind.EMAIL, shared=True
    )
    pairs = set(rows.values_list("candidate_id", "normalised"))
    reachable = {candidate_id for candidate_id, _ in pairs - suppressed_among(organisation_id, pairs)}
    for candidate_id in {candidate_id for candidate_id, _ in pairs} - reachable - found.keys():
        found[candidate_id] = ["Every address of theirs is on the do-not-contact list."]
    for candidate_id in suppressed_people(organisation_id, candidate_ids):
        found[candidate_id] = ["On the do-not-contact list."]
    for candidate_id, texts in warnings(organisation_id, candidate_ids).items():
        found.setdefault(candidate_id, []).extend(texts)
    return found


def sentence(entry: Suppression) -> str:
    """What an entry for a company or a domain says against writing to somebody there."""
    why = "you wanted to be warned of" if entry.soft else "on the do-not-contact list"
    return f"{entry.value} is a {SuppressionKind(entry.kind).label.lower()} {why}."


def domain_prints(address: str) -> list[str]:
    """Fingerprints of the address's domain and of those above it."""
    labels = domain_of(address).split(".")
    return [fingerprint(".".join(labels[start:])) for start in range(len(labels) - 1)]


def _company_entries(
    organisation_id: int, candidate_ids: Collection[int], *, soft: bool
) -> dict[int, list[Suppression]]:
    """Entries for companies these people are at, or were at where the entry says so. No query of people while there
    is no such entry."""
    listed = Suppression.objects.for_organisation(organisation_id).filter(
        kind=SuppressionKind.COMPANY, soft=soft
    )
    if not listed.exists():
        return {}
    people = Candidate.objects.for_organisation(organisation_id).filter(pk__in=candidate_ids)
    positions = Experience.objects.for_organisation(organisation_id).filter(candidate_id__in=candidate_ids)
    #: (person, company, whether they left it)
    known: list[tuple[int, str, bool]] = [
        *((pk, company, False) for pk, company in people.values_list("pk", "company")),
        *(
            (pk, company, bool(ended))
            for pk, company, ended in positions.values_list("candidate_id", "company", "ended")
        ),
    ]
    prints = {company: fingerprint(key) for _, company, _ in known if (key := company_key(company))}
    entries = {entry.fingerprint: entry for entry in listed.filter(fingerprint__in=set(prints.values()))}
    found: dict[int, list[Suppression]] = {}
    for candidate_id, company, left in known:
        entry = entries.get(prints.get(company, ""))
        if entry is not None and (entry.includes_past or not left):
            hits = found.setdefault(candidate_id, [])
            hits += [entry] * (entry not in hits)
    return found
