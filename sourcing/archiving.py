"""Everything about one person as one ZIP: ``person.html`` to read, ``person.json`` for machines, and their files.

Made as a run for whoever asked, and theirs alone: their own private addresses are in it, another user's stand as
"private address" with the name of whoever added them (docs/privacy.md). Gone after a week.
"""

from __future__ import annotations

import datetime
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any

from django.apps import apps
from django.core.files import File
from django.db import transaction
from django.db.models import FileField
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Missing
from sourcing import person_data
from sourcing.models import Candidate, PersonArchive
from sourcing.resumes import unclaimed

KIND = "archive"
LIFETIME = datetime.timedelta(days=7)
_CHUNK = 1 << 20


def request(*, candidate: Candidate, actor: User) -> PersonArchive:
    """Start making the archive; one that is being made for the same requester is given again."""
    with transaction.atomic():
        waiting = PersonArchive.objects.for_organisation(candidate.organisation_id).filter(
            candidate=candidate, requested_by=actor, run__status__in=["queued", "running"]
        )
        under_way = waiting.first()
        if under_way is not None:
            return under_way
        made = PersonArchive.objects.create(
            organisation_id=candidate.organisation_id,
            candidate=candidate,
            requested_by=actor,
            expires_at=timezone.now() + LIFETIME,
        )
        made.run = runs.start(
            kind=KIND,
            organisation=candidate.organisation,
            actor=actor,
            title="Everything about a person",
            subject=f"candidate:{candidate.pk}",
            total=1,
            params={"archive_id": made.pk},
        )
        made.save(update_fields=["run"])
    return made


@runs.kind(KIND)
def step(run: Run) -> bool:
    """The run: one file, then done."""
    made = (
        PersonArchive.objects.for_organisation(run.organisation_id)
        .select_related("candidate", "requested_by")
        .filter(pk=run.params["archive_id"])
        .first()
    )
    if made is None:
        raise Missing("The person was erased meanwhile.")
    with tempfile.TemporaryFile() as file:
        write(file, candidate=made.candidate, viewer=made.requested_by)
        file.seek(0)
        made.file.save(f"{made.organisation_id}-{made.pk}.zip", File(file), save=False)
    made.save(update_fields=["file"])
    runs.progress(run, done=1)
    runs.finish(run, result={"summary": "Ready to download", "archive_id": made.pk})
    return False


def write(file: IO[bytes], *, candidate: Candidate, viewer: User) -> None:
    """The archive of what ``viewer`` may be told."""
    told = collected(candidate, viewer)
    files = [*_files(candidate), *_unclaimed(candidate, viewer)]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(told, indent=2, default=str, ensure_ascii=False))
        context = {"person": candidate, "sections": told, "files": [name for name, _ in files]}
        archive.writestr("person.html", render_to_string("sourcing/archive.html", context))
        for name, column in files:
            with column.open("rb") as stored, archive.open(name, "w") as copy:
                while chunk := stored.read(_CHUNK):
                    copy.write(chunk)


def collected(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:
    """What every app holds, ``{heading: rows}``; raises RuntimeError when one does not say."""
    told: dict[str, list[dict[str, Any]]] = {}
    for data in reversed(person_data.from_the_top()):
        if data.collect is None:
            raise RuntimeError(f"{data.app} does not say what it holds about a person")
        told |= {heading: rows for heading, rows in data.collect(candidate, viewer).items() if rows}
    return told


def archive_for(viewer: User, archive_id: int, *, now: datetime.datetime) -> PersonArchive:
    """An archive the viewer asked for, ready and not expired; raises Missing for anybody else's."""
    found = (
        PersonArchive.objects.for_organisation(viewer.tenant_id)
        .filter(pk=archive_id, requested_by=viewer, expires_at__gt=now)
        .exclude(file="")
        .select_related("candidate")
        .first()
    )
    if found is None:
        raise Missing("There is no such archive, or its week is over.")
    return found


def file_name(archive: PersonArchive) -> str:
    """What it is called when it is downloaded: no name of the person."""
    return f"person-{archive.candidate_id}.zip"


def archives(viewer: User, candidate: Candidate, *, now: datetime.datetime) -> list[PersonArchive]:
    """What the viewer asked for about this person and may still download or wait for, the newest first."""
    rows = PersonArchive.objects.for_organisation(viewer.tenant_id).filter(
        candidate=candidate, requested_by=viewer, expires_at__gt=now
    )
    return list(rows.select_related("run").order_by("-pk")[:3])


def expire(*, now: datetime.datetime) -> int:
    """Delete archives whose week is over, with their files; returns how many."""
    old = PersonArchive.objects.across_organisations("retention").filter(expires_at__lte=now)
    for made in old:
        made.delete()
    return len(old)


def _files(candidate: Candidate) -> Iterator[tuple[str, Any]]:
    """The person's files of every app, with their names inside the archive; earlier archives are not in it."""
    for label, key in sorted(person_data.claimed()):
        model = apps.get_model(label)
        columns = [each for each in model._meta.concrete_fields if isinstance(each, FileField)]
        if not columns or model is PersonArchive:
            continue
        for row in model._base_manager.filter(**{key: candidate.pk}).order_by("pk"):
            for column in columns:
                stored = getattr(row, column.name)
                if stored and stored.storage.exists(stored.name):
                    name = PurePosixPath(getattr(row, "name", "") or stored.name).name or "file"
                    yield f"files/{row.pk}-{name}", stored


def _unclaimed(candidate: Candidate, viewer: User) -> Iterator[tuple[str, Any]]:
    """Résumés that are surely the person's although nobody has said so yet."""
    for file in unclaimed.surely_of(candidate, viewer):
        if file.file.storage.exists(str(file.file.name)):
            yield f"files/{file.pk}-{PurePosixPath(file.name).name or 'file'}", file.file
