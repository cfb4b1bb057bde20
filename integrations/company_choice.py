"""Choosing the company somebody belongs to at another system: what is there, with its warning, before anybody is sent.

Which company counts is said by ``companies``; here people look and decide (seed 003, "Displayed Company Warning").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from foundation.problems import Conflict, Invalid
from foundation.secrets import fingerprint
from integrations import companies, company_fields, field_decisions, kept_answers, opening, syncing
from integrations.base.records import Capability, Company
from integrations.companies import Place
from integrations.models import (
    CompanyMatch,
    Connection,
    FieldEntry,
    LinkState,
    Reason,
    RemoteLink,
    SyncStatus,
    SyncTask,
)
from sourcing.models import Candidate

KEPT_SECONDS = 60
#: Companies of the people of one export that are listed before it begins.
MOST_LISTED = 20


class NotConfirmed(Conflict):
    """A company was asked for a moment ago, and the other system has not confirmed that it was made."""

    code: ClassVar[str] = "company_not_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One company there. ``same``: of exactly the name here; ``info`` is what is shown of it, by its label."""

    external_id: str
    name: str
    same: bool
    info: tuple[tuple[str, str], ...]
    warning: str
    warning_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A company some of the people named belong to; ``match`` is what was decided about it already."""

    candidate: Candidate
    name: str
    people: int
    match: CompanyMatch | None


def has_companies(connection: Connection, record_type: str) -> bool:
    """Whether records of this type belong to a company there."""
    found = opening.vendor_of(connection)
    return found.supports(Capability.FIND_COMPANIES) and record_type in found.company_types


def owners(connection: Connection, record_type: str) -> list[dict[str, str]]:
    """Who may own a new company: the choices of the field that names a record's owner."""
    key = opening.vendor_of(connection).owner_key
    row = field_decisions.fields_of(connection, record_type).filter(key=key).first() if key else None
    return list(row.options) if row is not None else []


def look(
    connection: Connection, candidate: Candidate, *, search: str = "", fresh: bool = False
) -> list[Seen]:
    """Companies there for the person's company, or for what was typed instead; those of exactly the name first.

    Asks the vendor at most once a minute for one name. Raises the connector's errors.
    """
    name = search.strip() or candidate.company
    found = _found(connection, name, fresh=fresh) if name else ()
    labels = {option.id: option.label for option in company_fields.offered(connection)} if found else {}
    seen = [_seen(connection, company, labels, candidate.company) for company in found]
    return sorted(seen, key=lambda one: not one.same)


def choose(
    *,
    actor: User,
    connection: Connection,
    candidate: Candidate,
    company_id: str,
    search: str,
    everybody: bool,
    check: Callable[[], None] | None = None,
) -> CompanyMatch:
    """The person belongs to this company there, with ``everybody`` whoever works at a company of this name.

    ``check`` is asked when nobody else can decide meanwhile, and may refuse by raising. What was typed as its id
    for the person gives way. Raises Invalid for a company that was not offered.
    """
    _check_name(candidate)
    offered = _found(connection, search.strip() or candidate.company)
    company = next((one for one in offered if one.external_id == company_id), None)
    if company is None:
        raise Invalid("Choose one of the companies.", fields={"company": "Choose one of those offered."})
    with transaction.atomic():
        _take_turns(connection, check)
        match, _ = CompanyMatch.unguarded.update_or_create(
            organisation_id=connection.organisation_id,
            connection=connection,
            candidate=None if everybody else candidate,
            spelling=companies.spelled(candidate.company),
            defaults={
                "state": LinkState.LINKED,
                "remote_id": company.external_id,
                "remote_name": company.name[:300],
                "creating_since": None,
                "look_alikes": [],
                "chosen_by": actor,
            },
        )
        _decided(connection, candidate, everybody=everybody)
    return match


def make(
    *, actor: User, connection: Connection, candidate: Candidate, owner_id: str, everybody: bool
) -> CompanyMatch:
    """Make the person's company there although others may be like it. Raises NotConfirmed, Invalid, the connector's
    errors.
    """
    _check_name(candidate)
    connector = opening.open_connector(connection)
    place = Place(connection=connection, name=candidate.company, candidate=None if everybody else candidate)
    made = companies.make(
        connector,
        place,
        found=connector.find_companies(candidate.company),
        owner_id=owner_id,
        acting_as=opening.acting_as(connection, actor),
        actor=actor,
        renew=_nothing_held,
    )
    cache.delete(_key(connection, candidate.company))
    if isinstance(made, companies.Held):
        system = connection.label
        raise NotConfirmed(f"{system} has not confirmed yet that it was made. Look again in a minute.")
    with transaction.atomic():
        _decided(connection, candidate, everybody=everybody)
    return made


@transaction.atomic
def forget(
    *,
    actor: User,  # noqa: ARG001 - the trail names the actor
    connection: Connection,
    candidate: Candidate,
    check: Callable[[], None] | None = None,
) -> None:
    """Nothing is decided about the person's company any more, nor about the name where that is what counted.

    ``check`` as in :func:`choose`."""
    _take_turns(connection, check)
    match = companies.chosen(connection, candidate, candidate.company)
    if match is not None and match.state == LinkState.LINKED:
        match.delete()


def waiting(connection: Connection, candidate_ids: Collection[int]) -> list[Waiting]:
    """Companies of these people whose record is still to be made there, the first :data:`MOST_LISTED` by name."""
    types = opening.vendor_of(connection).company_types
    if not types or not opening.vendor_of(connection).supports(Capability.FIND_COMPANIES):
        return []
    linked = RemoteLink.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, record_type__in=types, state=LinkState.LINKED
    )
    rows = (
        Candidate.objects.for_organisation(connection.organisation_id)
        .filter(pk__in=candidate_ids, record_type__in=types)
        .exclude(company="")
        .exclude(pk__in=linked.values("candidate_id"))
        .order_by("company", "pk")
    )
    by_name: dict[str, list[Candidate]] = {}
    for row in rows.iterator(chunk_size=500):
        by_name.setdefault(companies.spelled(row.company), []).append(row)
        if len(by_name) > MOST_LISTED:
            by_name.popitem()
            break
    matches = _matches(connection, by_name)
    return [
        Waiting(
            candidate=people[0],
            name=people[0].company,
            people=len(people),
            match=matches.get((name, people[0].pk)) or matches.get((name, None)),
        )
        for name, people in by_name.items()
    ]


def _matches(connection: Connection, names: Collection[str]) -> dict[tuple[str, int | None], CompanyMatch]:
    rows = CompanyMatch.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, spelling__in=names, state=LinkState.LINKED
    )
    return {(row.spelling, row.candidate_id): row for row in rows}


def _decided(connection: Connection, candidate: Candidate, *, everybody: bool) -> None:
    """What stood in the way of the decision goes; tasks that waited for it are tried again."""
    key = opening.vendor_of(connection).company_key
    FieldEntry.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate=candidate, key=key
    ).delete()
    syncing.look_again(candidate)
    if not everybody:
        return
    CompanyMatch.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, candidate=candidate, spelling=companies.spelled(candidate.company)
    ).delete()
    others = SyncTask.objects.for_organisation(connection.organisation_id).filter(
        connection=connection,
        status=SyncStatus.ATTENTION,
        reason_code=Reason.COMPANY,
        candidate__company__iexact=candidate.company,
    )
    for task in others.select_related("candidate"):
        syncing.look_again(task.candidate)


def _found(connection: Connection, name: str, *, fresh: bool = False) -> Sequence[Company]:
    key = _key(connection, name)

    def ask() -> list[dict[str, Any]]:
        return [asdict(company) for company in opening.open_connector(connection).find_companies(name)]

    kept = kept_answers.rows(key, ask, seconds=KEPT_SECONDS, fresh=fresh)
    return [Company(**company) for company in kept]


def _key(connection: Connection, name: str) -> str:
    return (
        f"integrations:companies:{connection.pk}:{fingerprint(connection.account + companies.spelled(name))}"
    )


def _seen(connection: Connection, company: Company, labels: dict[str, str], name: str) -> Seen:
    """With no information chosen, all there is but the warning is shown."""
    chosen = connection.company_info
    shown = [chosen] if chosen else [key for key in company.hints if key != connection.company_warning]
    return Seen(
        external_id=company.external_id,
        name=company.name,
        same=companies.spelled(company.name) == companies.spelled(name),
        info=tuple((labels.get(key, key), company.hints[key]) for key in shown if key in company.hints),
        warning=company.hints.get(connection.company_warning, ""),
        warning_label=labels.get(connection.company_warning, ""),
    )


def _take_turns(connection: Connection, check: Callable[[], None] | None) -> None:
    field_decisions.take_turns(connection)
    if check is not None:
        check()


def _check_name(candidate: Candidate) -> None:
    if not companies.spelled(candidate.company):
        raise Invalid("Fill in the person's company first.", fields={"company": "The person has no company."})


def _nothing_held() -> None:
    """A person at a page holds nothing that could be lost."""
