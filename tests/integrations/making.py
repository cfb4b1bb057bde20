"""Rows for tests of integrations: Alice and Bob in one organisation, Mallory in another; people and connections."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Organisation, Role, User
from foundation import runs
from integrations import exporting, opening
from integrations.models import Connection, ConnectionStatus, Export, ExportItem, ExportMode, RemoteLink
from sourcing import people, projects
from sourcing.models import Candidate, ContactType, Project
from tests.integrations.small_sourcewhale import KEY


def alice(**values: Any) -> User:
    return _user("alice", Organisation.objects.create(name="Acme"), **{"role": Role.ADMIN, **values})


def bob(colleague: User, **values: Any) -> User:
    return _user("bob", colleague.organisation, **values)


def mallory() -> User:
    return _user("mallory", Organisation.objects.create(name="Elsewhere"), role=Role.ADMIN)


def _user(name: str, of: Organisation | None, **values: Any) -> User:
    email = values.pop("email", f"{name}@example.com")
    return User.objects.create_user(email, "secret", name=name.title(), organisation=of, **values)


def _organisation(owner: User) -> Organisation:
    assert owner.organisation is not None
    return owner.organisation


def connection(owner: User, *, key: str = KEY, **values: Any) -> Connection:
    """Connected and verified, with Export and Pools."""
    vendor = values.pop("vendor", "sourcewhale")
    row = Connection(organisation=_organisation(owner), vendor=vendor, created_by=owner)
    given: dict[str, Any] = {"status": ConnectionStatus.CONNECTED, "capabilities": ["export", "pools"]}
    for name, value in (given | values).items():
        setattr(row, name, value)
    row.verified_at = timezone.now()
    row.save()
    row.secret = opening.seal(row, {"api_key": key})
    # Each test's account is paced for itself.
    row.account = uuid.uuid4().hex
    row.save()
    return row


def person(owner: User, first_name: str = "Ada", **values: Any) -> Candidate:
    """With one work address unless ``emails`` says otherwise."""
    emails = values.pop("emails", [f"{first_name.lower()}@people.example"])
    return people.create_candidate(
        organisation=_organisation(owner),
        actor=owner,
        first_name=first_name,
        last_name=values.pop("last_name", "Byron"),
        emails=[(email, ContactType.WORK) for email in emails],
        **values,
    )


def project(owner: User, *members: Candidate) -> Project:
    made = projects.create(organisation=_organisation(owner), actor=owner, name="Engines")
    projects.add_people(project=made, actor=owner, candidate_ids=[member.pk for member in members])
    return made


def export(actor: User, row: Connection, *candidates: Candidate, **values: Any) -> Export:
    """Start an export of these people to the spring campaign."""
    asked = {"mode": ExportMode.PROSPECTS, "target_id": "spring", "request_key": uuid.uuid4(), **values}
    return exporting.start(
        actor=actor, connection=row, candidate_ids=[candidate.pk for candidate in candidates], **asked
    )


def work(what: Export) -> Export:
    """One visit of a worker to the export's run."""
    assert what.run_id is not None
    runs.work(what.run_id)
    return reread(what)


def reread(what: Export) -> Export:
    return (
        Export.objects.for_organisation(what.organisation_id)
        .select_related("run", "connection")
        .get(pk=what.pk)
    )


def item(what: Export, candidate: Candidate) -> ExportItem:
    return ExportItem.objects.for_organisation(what.organisation_id).get(export=what, candidate=candidate)


def link(row: Connection, candidate: Candidate) -> RemoteLink | None:
    return (
        RemoteLink.objects.for_organisation(row.organisation_id)
        .filter(connection=row, candidate=candidate)
        .first()
    )
