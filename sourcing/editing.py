"""How every edit of a person begins and ends: the lock, what a change means in columns, the write and its news.

The operations are in ``people`` and ``history``; they call these inside one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from foundation import events
from foundation.problems import Conflict
from sourcing import custom_fields, known_again, owners, settling
from sourcing.models import Candidate, CustomField, Origin, RecordType, SocialProfile
from sourcing.normalising import clean_block, clean_text, linkedin_key
from sourcing.search import index
from sourcing.values import Statement

#: The columns a person or a program may edit, with their longest value.
EDITABLE: Mapping[str, int] = {
    "first_name": 300,
    "last_name": 300,
    "headline": 500,
    "title": 300,
    "company": 300,
    "location": 300,
    "summary": 20_000,
}
#: What else may be edited, each with a rule of its own in :func:`wanted_of`.
FURTHER = frozenset({"skills", "tags", "record_type", "owner_id", "linkedin_url", "custom"})
#: Skills, or tags, of one person.
MAX_WORDS = 200


class AlreadyThere(Conflict):
    """The person has this address, or another person has this profile."""

    code: ClassVar[str] = "already_there"


def lock(candidate: Candidate) -> Candidate:
    """The person as they are now, locked until the transaction ends; what reads and then writes begins with it."""
    rows = Candidate.objects.for_organisation(candidate.organisation_id)
    return rows.select_for_update(no_key=True).get(pk=candidate.pk)


def fields_of(organisation_id: int) -> list[CustomField]:
    """The organisation's own fields in use."""
    return list(CustomField.objects.for_organisation(organisation_id).filter(archived_at__isnull=True))


def cleaned(name: str, value: str) -> str:
    """The text of one of :data:`EDITABLE` as it is stored."""
    return clean_block(value) if name == "summary" else clean_text(value, limit=EDITABLE[name])


def listed(words: Iterable[str]) -> list[str]:
    """Cleaned, without repetition (case apart), at most :data:`MAX_WORDS`."""
    plain = (clean_text(word, limit=100) for word in words)
    return list({word.casefold(): word for word in plain if word}.values())[:MAX_WORDS]


def wanted_of(candidate: Candidate, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Each change cleaned, custom values one by one under ``custom.<key>``."""
    wanted: dict[str, Any] = {}
    for name, value in changes.items():
        if name in EDITABLE:
            wanted[name] = cleaned(name, value)
        elif name in ("skills", "tags"):
            wanted[name] = listed(value)
        elif name == "record_type":
            wanted[name] = RecordType(value)
        elif name == "owner_id":
            wanted[name] = owners.checked(candidate.organisation_id, value, present=candidate.owner_id)
        elif name == "linkedin_url":
            wanted["linkedin_key"] = linkedin_key(value)
        else:
            own = custom_fields.merged(fields_of(candidate.organisation_id), {}, value)
            wanted |= {f"{settling.CUSTOM}{key}": own.get(key) for key in value}
    return wanted


def set_by_hand(candidate: Candidate, actor: User | None, wanted: Mapping[str, Any]) -> list[str]:
    """Write what differs; returns the names of what does."""
    differing = {name: value for name, value in wanted.items() if settling.read(candidate, name) != value}
    by_hand = Statement(
        value=None,
        origin=Origin.ADDED,
        at=timezone.now(),
        source="Edited by hand",
        by=actor.pk if actor else None,
    )
    settled = {name: value for name, value in differing.items() if name in EDITABLE or "." in name}
    settling.state(candidate, {name: replace(by_hand, value=value) for name, value in settled.items()})
    plain = [name for name in differing if name not in settled]
    for name in plain:
        if name == "linkedin_key":
            _move_linkedin(candidate, differing[name])
        setattr(candidate, name, differing[name])
    settling.note(candidate, plain, by_hand)
    return list(differing)


def save(candidate: Candidate, actor: User | None, changed: Sequence[str]) -> None:
    """The end of every edit of a locked person: version, row, suppression, search, and the news of what ``changed``."""
    candidate.version += 1
    save_once(candidate)
    known_again.traces_added(candidate.organisation_id, [candidate.pk])
    index.refresh([candidate.pk])
    if changed:
        events.emit(
            "candidate.updated",
            organisation_id=candidate.organisation_id,
            subject=f"candidate:{candidate.pk}",
            candidate_id=candidate.pk,
            actor_id=actor.pk if actor else None,
            fields=",".join(sorted(changed)),
        )


def save_once(candidate: Candidate) -> None:
    """Write the row; raises :class:`AlreadyThere` when another person has the profile: the caller's transaction, or
    savepoint, is over then."""
    try:
        candidate.save()
    except IntegrityError as error:
        if "sourcing_candidate_linkedin_once" not in str(error):
            raise
        raise AlreadyThere("Another person has this LinkedIn profile.") from error


def _move_linkedin(candidate: Candidate, key: str) -> None:
    """The profile link follows the key people are matched on."""
    profiles = candidate.social_profiles.filter(network="linkedin")
    if candidate.linkedin_key:
        profiles.filter(url__icontains=candidate.linkedin_key).delete()
    if key and not profiles.filter(url__icontains=key).exists():
        SocialProfile.objects.create(
            organisation_id=candidate.organisation_id,
            candidate=candidate,
            network="linkedin",
            url=f"https://{key}",
        )
