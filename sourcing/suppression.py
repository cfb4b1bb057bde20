"""Whom this organisation must not write to: people, addresses, domains, companies.

An opt-out concerns the person: every present and future address, in every campaign, kept through merge and re-import
(docs/behaviour.md §5). Addresses are kept as ``HMAC(pepper, value)`` only, so a row outlives the erasure of the person
and tells nobody the address. The claim of a message and ``begin`` ask :func:`is_suppressed` each time. The list that
people read and edit is ``suppression_list``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Invalid
from foundation.secrets import fingerprint
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Experience,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)
from sourcing.normalising import company_key, domain_of, normalise_email

#: A person's traces: (kind, fingerprint).
_Trace = tuple[str, str]


class Erased(Invalid):
    """This person was erased and blocked: nothing about them may be stored again."""

    code: ClassVar[str] = "erased"
    sentence = "This person was erased at their own wish or by a rule, and may not be stored again."


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
    soft: bool = False,
) -> Suppression:
    """Never write to an address of this domain or of a domain below it; ``soft`` only warns. Raises InvalidAddress
    for a bad domain."""
    kind = SuppressionKind.DOMAIN
    return _suppress_value(
        organisation, kind, normal(kind, domain), actor=actor, reason=reason, note=note,
        shown=shown(kind, domain), soft=soft,
    )  # fmt: skip


def suppress_company(
    *,
    organisation: Organisation,
    company: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
    includes_past: bool = False,
    soft: bool = False,
) -> Suppression:
    """Never write to people who work at this company; ``includes_past``: nor to those who did; ``soft`` only warns.

    Companies are the same when :func:`sourcing.normalising.company_key` says so. Raises Invalid for a name without
    a letter or digit.
    """
    kind = SuppressionKind.COMPANY
    return _suppress_value(
        organisation, kind, normal(kind, company), actor=actor, reason=reason, note=note,
        shown=shown(kind, company), soft=soft, includes_past=includes_past,
    )  # fmt: skip


def normal(kind: str, value: str) -> str:
    """What the fingerprint of an address, a domain or a company is made of. Raises Invalid, InvalidAddress."""
    if kind == SuppressionKind.ADDRESS:
        return normalise_email(value)
    if kind == SuppressionKind.DOMAIN:
        return domain_of(normalise_email(f"postmaster@{value.strip().lstrip('@')}"))
    key = company_key(value)
    if not key:
        raise Invalid("Enter the name of a company.", fields={"value": "Enter the name of a company."})
    return key


def shown(kind: str, value: str) -> str:
    """What the list may show of it: nothing of an address."""
    if kind == SuppressionKind.ADDRESS:
        return ""
    return normal(kind, value) if kind == SuppressionKind.DOMAIN else value.strip()[:300]


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


# Asked twice for each person who is made, and hardly ever true.
_PEOPLE_KNOWN = """
    SELECT EXISTS (SELECT FROM sourcing_suppression WHERE organisation_id = %(organisation)s AND of_person),
           EXISTS (SELECT FROM sourcing_suppression
                    WHERE organisation_id = %(organisation)s AND of_person AND reason = 'erased')
"""


class _PeopleKnown(NamedTuple):
    """Whether the organisation has traces of suppressed people, and of erased ones."""

    any: bool
    erased: bool


def _people_known(organisation_id: int) -> _PeopleKnown:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_KNOWN, {"organisation": organisation_id})
        return _PeopleKnown(*cursor.fetchone())


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


@transaction.atomic(savepoint=False)
def traces_added(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """People came in or got new addresses: suppress those who turn out to be suppressed people, and learn
    their addresses.

    Called by every operation that adds people, addresses or profile links, imports included, in its transaction.
    Costs one query while the organisation has no suppressed person.
    """
    if not _people_known(organisation_id).any:
        return
    known = Suppression.objects.for_organisation(organisation_id).filter(of_person=True)
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


@transaction.atomic
def opt_out(*, candidate: Candidate, actor: User | None, note: str = "") -> None:
    """*Unsubscribe* by hand: the person stays and gets no more mail; their campaigns end. Twice changes nothing."""
    if candidate.pk in suppressed_people(candidate.organisation_id, [candidate.pk]):
        return
    suppress_person(candidate=candidate, actor=actor, reason=SuppressionReason.OPT_OUT, note=note)
    events.emit(
        "candidate.opted_out",
        organisation_id=candidate.organisation_id,
        subject=f"candidate:{candidate.pk}",
        candidate_id=candidate.pk,
    )


@transaction.atomic
def leave_blocked(*, candidate: Candidate) -> int:
    """An erased person's addresses and profile stay as keyed hashes with the reason *Erased*; returns how many.

    Called while the person's rows are still there. What was suppressed for another reason before is *Erased* from
    now on, and a note beside it goes.
    """
    traces = _traces(candidate.organisation_id, [candidate.pk]).get(candidate.pk, [])
    rows = [
        Suppression(
            organisation_id=candidate.organisation_id,
            kind=kind,
            fingerprint=value,
            of_person=True,
            reason=SuppressionReason.ERASED,
        )
        for kind, value in sorted(set(traces))
    ]
    Suppression.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organisation", "kind", "fingerprint"],
        update_fields=["of_person", "reason", "note"],
    )
    return len(rows)


def forget_traces(*, candidate: Candidate) -> None:
    """The person may be written to again: what they are known by goes from the list, except erasures and complaints."""
    prints = {value for _, value in _traces(candidate.organisation_id, [candidate.pk]).get(candidate.pk, [])}
    Suppression.objects.for_organisation(candidate.organisation_id).filter(
        of_person=True, fingerprint__in=prints
    ).exclude(reason__in=[SuppressionReason.ERASED, SuppressionReason.COMPLAINT]).delete()


def refuse_erased(organisation_id: int, *, addresses: Iterable[str] = (), profile: str = "") -> None:
    """Raise :class:`Erased` when one of the normalised values belongs to somebody who was erased and blocked."""
    keys = [f"e:{address}" for address in addresses] + ([f"l:{profile}"] if profile else [])
    if erased_keys(organisation_id, keys):
        raise Erased


def erased_keys(organisation_id: int, keys: Collection[str]) -> set[str]:
    """Those of the keys (``e:`` normalised address, ``l:`` LinkedIn key, as an import stages them) that belong to
    people who were erased and blocked. Two queries, one where nobody was."""
    if not keys or not _people_known(organisation_id).erased:
        return set()
    known = Suppression.objects.for_organisation(organisation_id).filter(
        of_person=True, reason=SuppressionReason.ERASED
    )
    kinds = {"e": SuppressionKind.ADDRESS, "l": SuppressionKind.PROFILE}
    prints = {(kinds[key[0]].value, fingerprint(key[2:])): key for key in keys if key[:2] in {"e:", "l:"}}
    rows = known.filter(fingerprint__in={value for _, value in prints})
    return {prints[row] for row in rows.values_list("kind", "fingerprint") if row in prints}


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
    shown: str = "",
    soft: bool = False,
    includes_past: bool = False,
) -> Suppression:
    row, created = Suppression.objects.for_organisation(organisation).get_or_create(
        kind=kind,
        fingerprint=fingerprint(value),
        defaults={
            "organisation": organisation,
            "reason": reason,
            "note": note[:300],
            "created_by": actor,
            "value": shown[:300],
            "soft": soft,
            "includes_past": includes_past,
        },
    )
    if not created and kind in {SuppressionKind.DOMAIN, SuppressionKind.COMPANY}:
        row.soft, row.includes_past, row.value = soft, includes_past, shown[:300]
        row.save(update_fields=["soft", "includes_past", "value"])
    return row


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


def domain_prints(address: str) -> list[str]:
    """Fingerprints of the address's domain and of those above it."""
    labels = domain_of(address).split(".")
    return [fingerprint(".".join(labels[start:])) for start in range(len(labels) - 1)]
