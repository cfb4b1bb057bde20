"""Résumés that are nobody's yet, seen from a person: which are theirs when they are erased or ask what we hold.

No foreign key leads there. What ``proposing`` read in the file decides: an e-mail address, number or profile of the
person is sure; the same first and last name is enough for erasing, unless the file holds an address of somebody else
who is known here (docs/privacy.md).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import suppress

from django.db.models import Q

from accounts.models import User
from sourcing.copies import naming
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Decision,
    PersonFile,
    PrivacyRules,
)
from sourcing.normalising import InvalidAddress, linkedin_key, normalise_email, split_name
from sourcing.resumes.proposing import Proposal, from_json
from sourcing.selectors import own_or_shared
from sourcing.trails import Trail

_AT_ONCE = 500


def surely_of(candidate: Candidate, viewer: User) -> list[PersonFile]:
    """Files that hold an address, number or profile of the person which ``viewer`` may see, without their texts."""
    points = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
        own_or_shared(viewer), candidate=candidate
    )
    values = list(points.values_list("kind", "normalised"))
    trail = Trail.of(
        organisation_id=candidate.organisation_id,
        candidate_id=candidate.pk,
        keys=[candidate.linkedin_key, *(value for _, value in values)],
        phones=[value for kind, value in values if kind == ContactKind.PHONE],
    )
    return list(_of(trail))


def to_erase(trail: Trail) -> list[PersonFile]:
    """Files that go with the person: those that are surely theirs, and those that carry their name and nobody else's
    address."""
    return list(_of(trail))


def erase_bytes(trail: Trail) -> int:
    """Take the files from the disk; how many. Before the rows go: a row without its file is erased by the next try."""
    gone = 0
    for file in to_erase(trail):
        storage, name = file.file.storage, str(file.file.name)
        if storage.exists(name):
            storage.delete(name)
            gone += 1
    return gone


def erase_rows(trail: Trail) -> int:
    """Take their rows, with text and proposal; how many. In the transaction of the erasure."""
    return _delete(to_erase(trail))


def forget_old(*, now: datetime.datetime) -> int:
    """Delete what nobody has confirmed for as long as each organisation's rule says; how many. Once a day by the clock.

    *Keep file only* is a decision: such files stay.
    """
    gone = 0
    rules = PrivacyRules.objects.across_organisations("the clock looks after every organisation")
    for rule in rules.filter(resume_days__isnull=False).order_by("pk"):
        assert rule.resume_days is not None
        before = now - datetime.timedelta(days=rule.resume_days)
        old = (
            PersonFile.objects.for_organisation(rule.organisation_id)
            .filter(decision=Decision.OPEN, candidate__isnull=True, created_at__lt=before)
            .defer("text", "proposal")
            .order_by("pk")
        )
        while found := list(old[:_AT_ONCE]):
            gone += _delete(found)
    return gone


def _delete(found: Iterable[PersonFile]) -> int:
    count = 0
    for file in found:
        file.delete()  # one by one: each takes its bytes along when that is certain
        count += 1
    return count


def _of(trail: Trail) -> Iterator[PersonFile]:
    rows = PersonFile.objects.for_organisation(trail.organisation_id).filter(candidate__isnull=True)
    if not trail.patterns():
        return
    for file in naming(rows.defer("text"), trail, "proposal").order_by("pk"):
        proposal = from_json(file.proposal)
        if _has_key(proposal, trail) or (_has_name(proposal, trail) and not _of_another(proposal, trail)):
            yield file


def _has_key(proposal: Proposal, trail: Trail) -> bool:
    digits = ("".join(letter for letter in found.value if letter.isdigit()) for found in proposal.phones)
    return bool(_addresses(proposal) & trail.keys or _profiles(proposal) & trail.keys) or any(
        number.endswith(phone) for number in digits for phone in trail.phones
    )


def _has_name(proposal: Proposal, trail: Trail) -> bool:
    first, last = split_name(proposal.name.value) if proposal.name else ("", "")
    return (first.casefold(), last.casefold()) in trail.names


def _of_another(proposal: Proposal, trail: Trail) -> bool:
    """A namesake who is in the CRM has the address or profile that stands in the file."""
    others = ContactPoint.objects.for_organisation(trail.organisation_id).filter(
        kind=ContactKind.EMAIL, normalised__in=_addresses(proposal)
    )
    profiles = Candidate.objects.for_organisation(trail.organisation_id).filter(
        ~Q(pk=trail.candidate_id), linkedin_key__in=_profiles(proposal)
    )
    return others.exclude(candidate_id=trail.candidate_id).exists() or profiles.exists()


def _addresses(proposal: Proposal) -> set[str]:
    found: set[str] = set()
    for each in proposal.emails:
        with suppress(InvalidAddress):
            found.add(normalise_email(each.value))
    return found


def _profiles(proposal: Proposal) -> set[str]:
    return {key for link in proposal.links if (key := linkedin_key(link.value))}
