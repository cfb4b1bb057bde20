"""Referrals: somebody whom an answer names becomes a person of the answered campaign's project, when a member says so.

The person is told from those who are there already by the rules that hold everywhere (docs/duplicates.md); the address
was read by a member and belongs to them alone, as one they typed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, can, require
from foundation.problems import Invalid
from outreach import lane_access
from outreach.inbound import referrals
from outreach.inbound import selectors as inbox
from outreach.inbound.referrals import Named
from outreach.models import InboundMessage
from outreach.states import Interest, Verdict
from sourcing import duplicates, matching, people, projects
from sourcing import selectors as sourcing
from sourcing.models import Candidate, ContactType, Origin, ProjectMember, ProjectRole
from sourcing.normalising import split_name

#: What is stored as the person's source.
SOURCE = "Referral"
_NAMING = frozenset({Interest.REFERRAL, Interest.WRONG_PERSON})


@dataclass(frozen=True)
class Suggestion:
    """Somebody an answer names. ``there`` is who they certainly are already, ``maybe`` who they may be."""

    named: Named
    there: Candidate | None
    maybe: list[Candidate]
    #: They are in the campaign's project (or, without one, among the people) already: nothing to add.
    done: bool


def suggestions(viewer: User, row: InboundMessage) -> list[Suggestion]:
    """Whom this answer names, if it is read (or was corrected) as a referral or *Wrong person*."""
    if not can(viewer, Right.CANDIDATE_VIEW):
        return []
    named = _named(viewer, row)
    found = duplicates.likely(
        viewer.tenant_id, {number: _person(each) for number, each in enumerate(named)}, viewer=viewer
    ) if named else {}  # fmt: skip
    shown = []
    for number, each in enumerate(named):
        likely = found.get(number, [])
        there = next((one.candidate for one in likely if one.certain), None)
        if there is None or there.pk != row.candidate_id:
            maybe = [one.candidate for one in likely if there is None]
            shown.append(Suggestion(each, there, maybe, there is not None and _is_in(viewer, row, there)))
    return shown


@transaction.atomic
def add(*, row: InboundMessage, address: str, actor: User) -> Candidate:
    """Make whoever the answer names with ``address`` a person, or take who certainly is them, into the project.

    Twice changes nothing. Raises Invalid for somebody it does not name, NotAllowed, ``projects.Archived``, and what
    ``people.create_candidate`` raises (somebody who was erased and blocked).
    """
    require(actor, Right.CANDIDATE_EDIT)
    lane_id = row.message.lane_id if row.message else None
    lane_access.require_change(actor, lane_id)
    # The second of two presses finds what the first has made.
    InboundMessage.objects.for_organisation(row.organisation_id).select_for_update(of=("self",)).get(
        pk=row.pk
    )
    named = next((each for each in _named(actor, row) if each.address == address), None)
    if named is None:
        text = "This mail names nobody with that address."
        raise Invalid(text, fields={"address": text})
    person = _person(named)
    found = duplicates.find(organisation_id=actor.tenant_id, person=person, viewer=actor)
    certain = next((one.candidate for one in found if one.certain), None)
    candidate = certain or _made(person, actor)
    project_id = lane_access.project_of(lane_id)
    if project_id is not None:
        project = sourcing.project_for(actor, project_id, role=ProjectRole.EDITOR)
        projects.add_people(project=project, actor=actor, candidate_ids=[candidate.pk])
    return candidate


def _made(person: matching.Person, actor: User) -> Candidate:
    assert actor.organisation is not None
    return people.create_candidate(
        organisation=actor.organisation,
        actor=actor,
        first_name=person.first_name,
        last_name=person.last_name,
        emails=[(address, ContactType.OTHER) for address in person.emails],
        source=SOURCE,
        origin=Origin.ADDED,
    )


def _named(viewer: User, row: InboundMessage) -> list[Named]:
    """From the words as the viewer may read them."""
    if row.verdict != Verdict.REPLY or row.meaning not in _NAMING:
        return []
    (shown,) = inbox.mail_views(viewer, [row], with_marks=False)
    ours = row.message.body_text if row.message else ""
    but = {row.from_address, *row.mailbox.own_addresses}
    return referrals.named_in(shown.text, ours=ours, but=but)


def _person(named: Named) -> matching.Person:
    first_name, last_name = split_name(named.name)
    return matching.Person(first_name=first_name, last_name=last_name, emails=[named.address])


def _is_in(viewer: User, row: InboundMessage, candidate: Candidate) -> bool:
    project_id = lane_access.project_of(row.message.lane_id if row.message else None)
    members = ProjectMember.objects.for_organisation(viewer.organisation_id)
    return project_id is None or members.filter(project=project_id, candidate=candidate).exists()
