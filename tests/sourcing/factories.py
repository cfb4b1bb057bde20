"""People, projects and CSV files for tests of this room and those above it."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Sequence

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Organisation, Role, User
from foundation import runs
from sourcing import people, projects
from sourcing.importing import uploading
from sourcing.models import Candidate, ImportRun, Origin, Project

_numbers = itertools.count(1)


def make_organisation(name: str = "Northgate Search") -> Organisation:
    return Organisation.objects.create(name=name)


def make_user(organisation: Organisation, name: str = "Alice Aubert", role: str = Role.RECRUITER) -> User:
    email = f"{name.split()[0].lower()}.{next(_numbers)}@northgate.example"
    return User.objects.create_user(
        email, "correct horse battery", name=name, organisation=organisation, role=role
    )


def make_candidate(
    organisation: Organisation | None,
    first_name: str = "Jonas",
    last_name: str = "Lehner",
    *,
    actor: User | None = None,
    emails: Sequence[str | tuple[str, str]] = (),
    origin: str = Origin.IMPORTED,
    **values: object,
) -> Candidate:
    """A person; an e-mail without a type is a work address."""
    assert organisation is not None
    typed = [(email, "work") if isinstance(email, str) else email for email in emails]
    return people.create_candidate(
        organisation=organisation,
        actor=actor,
        first_name=first_name,
        last_name=last_name,
        emails=typed,
        origin=origin,
        **values,  # type: ignore[arg-type]  # the operation checks them
    )


def make_project(
    owner: User, name: str = "Backend Munich", people_in_it: Iterable[Candidate] = ()
) -> Project:
    assert owner.organisation is not None
    project = projects.create(organisation=owner.organisation, actor=owner, name=name)
    projects.add_people(project=project, actor=owner, candidate_ids=[person.pk for person in people_in_it])
    return project


def csv_bytes(*rows: Sequence[str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Rows as a file; the first is the header if there is one."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def upload(actor: User, data: bytes, name: str = "people.csv", project: Project | None = None) -> ImportRun:
    return uploading.upload(actor=actor, file=SimpleUploadedFile(name, data), project=project)


def start(actor: User, data: bytes, **values: object) -> ImportRun:
    """Uploaded and Import pressed, not yet worked on."""
    return uploading.start(import_run=upload(actor, data, **values), actor=actor)  # type: ignore[arg-type]  # as upload


def finish(import_run: ImportRun) -> ImportRun:
    """Let a worker do all of it."""
    assert import_run.run_id is not None
    while runs.work(import_run.run_id):
        pass
    import_run.refresh_from_db()
    return import_run


def import_csv(actor: User, data: bytes, **values: object) -> ImportRun:
    """The whole way from the file to people."""
    return finish(start(actor, data, **values))
