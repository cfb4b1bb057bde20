"""Whom this organisation must not write to: people, addresses, domains.

An opt-out concerns the person: every present and future address, in every campaign, kept through merge and re-import
(docs/behaviour.md §5). Values are kept as ``HMAC(pepper, value)`` only, so a row outlives the erasure of the person
and tells nobody the address. The claim of a message and ``begin`` ask :func:`is_suppressed` each time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Organisation, User
from foundation.secrets import fingerprint
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)
from sourcing.normalising import domain_of, normalise_email

#: A person's traces: (kind, fingerprint).
_Trace = tuple[str, str]


@transaction.atomic
def suppress_person(
    *,
    candidate: Candidate,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.OPT_OUT,
    note: str = "",
) -> Suppression:
    """Never write to this person again, at any address they have or will have. Doing it twice changes nothing.

    All addresses (private ones of any user included: the wish is the person's) and the profile link leave their
    fingerprints, by which the person is known again after a deletion and re-import.
    """
    row, _created = Suppression.objects.for_organisation(candidate.organisation_id).get_or_create(
        kind=SuppressionKind.PERSON,
        candidate=candidate,
        defaults={
            "organisation_id": candidate.organisation_id,
            "reason": reason,
            "note": note[:300],
            "created_by": actor,
        },
    )
    _leave_traces(candidate.organisation_id, [candidate.pk])
    return row


def suppress_address(
    *,
    organisation: Organisation,
    address: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
) -> Suppression:
    """Never write to this one address. Raises InvalidAddress for something that is none."""
    return _suppress_value(
        organisation, SuppressionKind.ADDRESS, normalise_email(address), actor=actor, reason=reason, note=note
    )


def suppress_domain(
    *,
    organisation: Organisation,
    domain: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
) -> Suppression:
    """Never write to an address of this domain or of a domain below it. Raises InvalidAddress for a bad domain."""
    name = domain_of(normalise_email(f"postmaster@{domain.strip().lstrip('@')}"))
    return _suppress_value(organisation, SuppressionKind.DOMAIN, name, actor=actor, reason=reason, note=note)


def is_suppressed(organisation_id: int, candidate_id: int | None, address: str) -> bool:
    """Whether mail to this person at this normalised address is forbidden. One query."""
    matching = Q(kind=SuppressionKind.ADDRESS, fingerprint=fingerprint(address))
    matching |= Q(kind=SuppressionKind.DOMAIN, fingerprint__in=_domain_prints(address))
    if candidate_id is not None:
        matching |= Q(kind=SuppressionKind.PERSON, candidate_id=candidate_id)
    return Suppression.objects.for_organisation(organisation_id).filter(matching).exists()


def suppressed_among(organisation_id: int, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the ``(candidate id, normalised address)`` pairs that mail must not go to. One query for any number."""
    wanted = list(pairs)
    prints = {address: {fingerprint(address)} for _, address in wanted}
    domains = {address: set(_domain_prints(address)) for _, address in wanted}
    rows = (
        Suppression.objects.for_organisation(organisation_id)
        .filter(
            Q(kind=SuppressionKind.PERSON, candidate_id__in={candidate for candidate, _ in wanted})
            | Q(kind=SuppressionKind.ADDRESS, fingerprint__in=set().union(*prints.values()))
            | Q(kind=SuppressionKind.DOMAIN, fingerprint__in=set().union(*domains.values()))
        )
        .values_list("kind", "candidate_id", "fingerprint")
    )
    people, addresses, places = set(), set(), set()
    for kind, candidate_id, value in rows:
        if kind == SuppressionKind.PERSON:
            people.add(candidate_id)
        elif kind == SuppressionKind.ADDRESS:
            addresses.add(value)
        else:
            places.add(value)
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


@transaction.atomic
def traces_added(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """People came in or got new addresses: suppress those who turn out to be suppressed people, and learn
    their addresses.

    Called by every operation that adds people, addresses or profile links, imports included, in its transaction.
    Costs one query while the organisation has no suppressed person.
    """
    known = Suppression.objects.for_organisation(organisation_id).filter(of_person=True)
    if not known.exists():
        return
    traces = _traces(organisation_id, candidate_ids)
    rows = known.filter(fingerprint__in={value for found in traces.values() for _, value in found})
    reasons = {
        (kind, value): reason for kind, value, reason in rows.values_list("kind", "fingerprint", "reason")
    }
    returned = {
        candidate_id: next(reasons[trace] for trace in found if trace in reasons)
        for candidate_id, found in traces.items()
        if any(trace in reasons for trace in found)
    }
    Suppression.objects.bulk_create(
        [
            Suppression(
                organisation_id=organisation_id,
                kind=SuppressionKind.PERSON,
                candidate_id=candidate_id,
                reason=reason,
            )
            for candidate_id, reason in sorted(returned.items())
        ],
        ignore_conflicts=True,
    )
    _leave_traces(organisation_id, suppressed_people(organisation_id, candidate_ids))


def rows_about(candidate: Candidate) -> QuerySet[Suppression]:
    """The person's own row and those by which they would be known again, whoever they were written for."""
    prints = [
        value for found in _traces(candidate.organisation_id, [candidate.pk]).values() for _, value in found
    ]
    return Suppression.objects.for_organisation(candidate.organisation_id).filter(
        Q(candidate=candidate) | Q(fingerprint__in=prints)
    )


def _suppress_value(
    organisation: Organisation,
    kind: SuppressionKind,
    value: str,
    *,
    actor: User | None,
    reason: SuppressionReason,
    note: str,
) -> Suppression:
    row, _created = Suppression.objects.for_organisation(organisation).get_or_create(
        kind=kind,
        fingerprint=fingerprint(value),
        defaults={"organisation": organisation, "reason": reason, "note": note[:300], "created_by": actor},
    )
    return row


def _leave_traces(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """Keep what suppressed people can be known by again."""
    if not candidate_ids:
        return
    reasons = dict(
        Suppression.objects.for_organisation(organisation_id)
        .filter(kind=SuppressionKind.PERSON, candidate_id__in=candidate_ids)
        .values_list("candidate_id", "reason")
    )
    rows = {
        trace: Suppression(
            organisation_id=organisation_id,
            kind=trace[0],
            fingerprint=trace[1],
            of_person=True,
            reason=reasons[candidate_id],
        )
        for candidate_id, found in _traces(organisation_id, candidate_ids).items()
        for trace in found
    }
    # An address that was suppressed by itself before now also stands for the person.
    Suppression.objects.bulk_create(
        [rows[trace] for trace in sorted(rows)],
        update_conflicts=True,
        unique_fields=["organisation", "kind", "fingerprint"],
        update_fields=["of_person"],
    )


def _traces(organisation_id: int, candidate_ids: Collection[int]) -> dict[int, list[_Trace]]:
    traces: dict[int, list[_Trace]] = {}
    addresses = ContactPoint.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, kind=ContactKind.EMAIL
    )
    for candidate_id, address in addresses.values_list("candidate_id", "normalised"):
        traces.setdefault(candidate_id, []).append((SuppressionKind.ADDRESS, fingerprint(address)))
    profiles = Candidate.objects.for_organisation(organisation_id).filter(pk__in=candidate_ids)
    for candidate_id, key in profiles.exclude(linkedin_key="").values_list("pk", "linkedin_key"):
        traces.setdefault(candidate_id, []).append((SuppressionKind.PROFILE, fingerprint(key)))
    return traces


def _domain_prints(address: str) -> list[str]:
    labels = domain_of(address).split(".")
    return [fingerprint(".".join(labels[start:])) for start in range(len(labels) - 1)]
