"""What suppressed and erased people are known by again: keyed hashes of their addresses and of their profile.

They stay when the person goes (``HMAC(pepper, value)``, which tells nobody the address). Whoever comes in with one of
them is suppressed again; with one of an erased person they are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from foundation.problems import Invalid
from foundation.secrets import fingerprint
from sourcing import suppression
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)

#: A person's traces: (kind, fingerprint).
_Trace = tuple[str, str]


class Erased(Invalid):
    """This person was erased and blocked: nothing about them may be stored again."""

    code: ClassVar[str] = "erased"
    sentence = "This person was erased at their own wish or by a rule, and may not be stored again."


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
    leave_traces(organisation_id, suppression.suppressed_people(organisation_id, candidate_ids))


def leave_traces(organisation_id: int, candidate_ids: Collection[int]) -> None:
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


def _people_known(organisation_id: int) -> _PeopleKnown:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_KNOWN, {"organisation": organisation_id})
        return _PeopleKnown(*cursor.fetchone())


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
