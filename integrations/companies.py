"""Which company of the other system somebody belongs to, where its records belong to one.

The id typed for the person goes first, then the company chosen for them or for everybody with their company's name,
then the only one there of exactly this name. With none like it, it is made; look-alikes are for people to tell apart.

A create is written down before the vendor is asked, and looked for before it is asked again, whoever comes next: two
workers with two people of one new company make one (docs/architecture.md, "Integrations").
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from integrations import opening, setting_rows
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, OutcomeUnknown, Rejected
from integrations.base.records import Company
from integrations.mapping import FieldOutcome, Outcome, Payload
from integrations.models import CompanyMatch, Connection, LinkState
from sourcing.models import Candidate
from sourcing.normalising import company_key

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose company it is: of one person, or without one of everybody whose company has this name."""

    connection: Connection
    name: str
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The company; ``why`` it is this one, for the log. A rehearsal that would make one knows no id."""

    external_id: str
    why: str

    def into(self, payload: Payload, connector: Connector) -> Payload:
        """The payload with the company in it."""
        named = {connector.company_key: self.external_id} if self.external_id else {}
        return replace(
            payload,
            values={**payload.values, **named},
            whole={**payload.whole, **named},
            fields=(*payload.fields, FieldOutcome("Company", Outcome.WRITTEN, self.why)),
        )


@dataclass(frozen=True, slots=True)
class Undecided:
    """Companies like it, none of which is certainly the one."""

    name: str
    alike: tuple[Company, ...]

    def said(self, system: str) -> str:
        """For whoever has to choose."""
        listed = ", ".join(f"{company.name} ({company.external_id})" for company in self.alike[:_SHOWN])
        more = f" and {len(self.alike) - _SHOWN} more" if len(self.alike) > _SHOWN else ""
        several = "several companies" if len(self.alike) > 1 else "a company"
        return f"{system} has {several} like “{self.name}”: {listed}{more}. Choose the company, then retry."


@dataclass(frozen=True, slots=True)
class Held:
    """It may have been made; it can be looked for from ``until`` on."""

    until: datetime.datetime


def spelled(name: str) -> str:
    """A name without case and needless spaces."""
    return " ".join(name.split()).casefold()[:300]


def alike(name: str, found: Collection[Company]) -> tuple[Company, ...]:
    """Those of exactly this name; without any, those that differ in nothing but legal form, accents and marks."""
    same = tuple(company for company in found if spelled(company.name) == spelled(name))
    return same or tuple(company for company in found if _kin(company.name) == _kin(name))


def chosen(connection: Connection, candidate: Candidate, name: str) -> CompanyMatch | None:
    """What was chosen or is being made: for the person, else for everybody of that company."""
    rows = CompanyMatch.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, spelling=spelled(name)
    )
    return (
        rows.filter(candidate=candidate).first() or rows.filter(candidate__isnull=True).first()
        if spelled(name)
        else None
    )


def entered(connection: Connection, candidate: Candidate, *, campaign: Any = None) -> Mapping[str, Any]:
    """``setting_rows.entered`` of somebody, with the company chosen for them as if its id had been typed."""
    typed = setting_rows.entered(connection, candidate.record_type, campaign=campaign, candidate=candidate)
    return with_chosen(connection, candidate, typed)


def with_chosen(connection: Connection, candidate: Candidate, typed: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was ``typed`` for somebody, with the company chosen for them. No query where records have no company."""
    connector = opening.vendor_of(connection)
    if candidate.record_type not in connector.company_types or typed.get(connector.company_key):
        return typed
    match = chosen(connection, candidate, str(typed.get(connector.company_name_key) or candidate.company))
    if match is None or match.state != LinkState.LINKED:
        return typed
    return {**typed, connector.company_key: match.remote_id}


def settle(
    *,
    connection: Connection,
    connector: Connector,
    candidate: Candidate,
    payload: Payload,
    acting_as: str,
    renew: Callable[[], None],
    rehearse: bool,
) -> Settled | Undecided | Held | None:
    """The company of a record about to be made; None where it has none, names one already, or says no name.

    Raises the connector's errors; what ``renew`` raises.
    """
    values = payload.values
    name = str(payload.whole.get(connector.company_name_key) or "").strip()
    if candidate.record_type not in connector.company_types or values.get(connector.company_key) or not name:
        return None
    match = chosen(connection, candidate, name)
    if match is not None and (held := _held(match)):
        return held
    found = connector.find_companies(name)
    if match is not None and (ours := _made_before(match, found)):
        _link(match, ours)
        return Settled(ours.external_id, "made there before")
    like = alike(name, found) if match is None else ()
    if len(like) == 1 and spelled(like[0].name) == spelled(name):
        return Settled(like[0].external_id, "the one of this name there")
    if like:
        return Undecided(name, like)
    if rehearse:
        return Settled("", "would be made there")
    place = Place(connection=connection, name=name, candidate=match.candidate if match else None)
    owner = str(values.get(connector.owner_key) or "")
    made = make(connector, place, found=found, owner_id=owner, acting_as=acting_as, actor=None, renew=renew)
    return made if isinstance(made, Held) else Settled(made.remote_id, "made there")


def make(
    connector: Connector,
    place: Place,
    *,
    found: Sequence[Company],
    owner_id: str,
    acting_as: str,
    actor: User | None,
    renew: Callable[[], None],
) -> CompanyMatch | Held:
    """Make a company there, once. ``found`` is what a search for the name has just shown.

    Held: another worker has asked for it meanwhile, or an earlier answer is still unclear. Raises the connector's
    errors; after OutcomeUnknown the next one looks for it first.
    """
    with transaction.atomic():
        renew()
        match = _announce(place, found, actor)
    if match is None:
        return Held(timezone.now() + settings.VENDOR_INDEX_DELAY)
    if ours := _made_before(match, found):
        return _link(match, ours)
    try:
        company = connector.make_company(" ".join(place.name.split()), owner_id=owner_id, acting_as=acting_as)
    except OutcomeUnknown:
        raise
    except ConnectorError:
        # Certainly not made: the next try need not wait for an index, and what was chosen before counts again.
        _undo(match)
        raise
    return _link(match, company)


def forget_refused(
    connection: Connection, connector: Connector, candidate: Candidate, error: Rejected
) -> None:
    """The vendor refuses the company of a new record: one that was chosen is looked up anew by the next try."""
    if connector.company_key and connector.company_key in error.fields:
        CompanyMatch.objects.for_organisation(connection.organisation_id).filter(
            Q(candidate=candidate) | Q(candidate__isnull=True),
            connection=connection,
            spelling=spelled(candidate.company),
            state=LinkState.LINKED,
        ).delete()


def _announce(place: Place, found: Sequence[Company], actor: User | None) -> CompanyMatch | None:
    """Write down that it is about to be asked for; None when that has been done a moment ago."""
    rows = CompanyMatch.objects.for_organisation(place.connection.organisation_id)
    match, fresh = rows.select_for_update(of=("self",)).get_or_create(
        organisation_id=place.connection.organisation_id,
        connection=place.connection,
        candidate=place.candidate,
        spelling=spelled(place.name),
        defaults={"state": LinkState.CREATING},
    )
    again = not fresh and match.state == LinkState.CREATING
    if again and _held(match):
        return None
    match.state, match.creating_since, match.chosen_by = LinkState.CREATING, timezone.now(), actor
    if not again:
        match.look_alikes = [company.external_id for company in found]
    match.save()
    return match


def _held(match: CompanyMatch) -> Held | None:
    """A create whose answer was unclear shows in a search only after the vendor's index delay."""
    if match.state != LinkState.CREATING or match.creating_since is None:
        return None
    seen_after = match.creating_since + settings.VENDOR_INDEX_DELAY
    return Held(seen_after) if timezone.now() < seen_after else None


def _made_before(match: CompanyMatch, found: Sequence[Company]) -> Company | None:
    """What an unclear create has made after all."""
    if match.state != LinkState.CREATING:
        return None
    return next(
        (
            company
            for company in found
            if company.external_id not in match.look_alikes and spelled(company.name) == match.spelling
        ),
        None,
    )


def _undo(match: CompanyMatch) -> None:
    if not match.remote_id:
        match.delete()
        return
    match.state, match.creating_since, match.look_alikes = LinkState.LINKED, None, []
    match.save()


def _link(match: CompanyMatch, company: Company) -> CompanyMatch:
    match.state, match.creating_since, match.look_alikes = LinkState.LINKED, None, []
    match.remote_id, match.remote_name = company.external_id, company.name[:300]
    match.save()
    return match


def _kin(name: str) -> str:
    return company_key(name).removeprefix("the ")
