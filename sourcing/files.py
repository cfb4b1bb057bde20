"""A person's files: keeping, finding, giving to a person, taking away. The one door to ``PersonFile``."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import ClassVar

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import FileResponse

from accounts.models import User
from foundation import file_answers
from foundation.file_answers import FileMissing
from foundation.problems import Invalid
from sourcing.models import Candidate, Decision, FileState, PersonFile
from sourcing.normalising import clean_text
from sourcing.resumes import extracting
from sourcing.search import index

#: Of all texts of one person together; a document of PostgreSQL's text search may not pass 1 MB.
SEARCHED_CHARACTERS = 200_000
#: What a downloaded file is called by its bytes; anything else is a plain stream.
_SENT_AS = frozenset({extracting.PDF, extracting.DOCX})


class BadFile(Invalid):
    """The file is empty or too large to be kept."""

    code: ClassVar[str] = "bad_file"


def files_of(viewer: User, candidate: Candidate) -> QuerySet[PersonFile]:
    """The person's files without their texts, the newest first."""
    rows = PersonFile.objects.for_organisation(viewer.organisation_id).filter(candidate=candidate)
    return rows.select_related("uploaded_by").defer("text", "proposal").order_by("-created_at", "-pk")


def file_for(viewer: User, file_id: int) -> PersonFile:
    """One file; raises :class:`FileMissing` for a stranger's as for none."""
    found = (
        PersonFile.objects.for_organisation(viewer.organisation_id)
        .select_related("candidate", "run")
        .filter(pk=file_id)
        .first()
    )
    if found is None:
        raise FileMissing("There is no such file.")
    return found


def download(file: PersonFile) -> FileResponse:
    """The bytes as an attachment; raises :class:`FileMissing` when they are gone."""
    kind = file.content_type if file.content_type in _SENT_AS else file_answers.STREAM
    return file_answers.answered(file.file, name=file.name, kind=kind)


def keep(
    *, actor: User, upload: UploadedFile, candidate: Candidate | None = None, decision: str = Decision.NONE
) -> tuple[PersonFile, bool]:
    """Store one file, unread yet; returns it and whether it is new. The same bytes again give the file that is there.

    Without ``candidate`` it is nobody's yet, and a file with these bytes of whomever in the organisation is the one.
    Raises :class:`BadFile` for one that is empty or larger than ``FILE_BYTES``.
    """
    name = clean_text((upload.name or "").replace("\\", "/").rpartition("/")[2], limit=255) or "file"
    if not upload.size:
        raise BadFile(f"{name}: the file is empty.")
    if upload.size > settings.FILE_BYTES:
        raise BadFile(f"{name}: the file is larger than {settings.FILE_BYTES >> 20} MB.")
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    same = PersonFile.objects.for_organisation(actor.organisation_id).filter(sha256=digest.hexdigest())
    if candidate is not None:
        same = same.filter(candidate=candidate)
    if (present := same.order_by("pk").first()) is not None:
        return present, False
    kept = PersonFile(
        organisation=actor.organisation,
        candidate=candidate,
        name=name,
        size=upload.size,
        sha256=digest.hexdigest(),
        decision=decision,
        uploaded_by=actor,
    )
    kept.file.save(name, File(upload.file), save=False)
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        kept.file.delete(save=False)
        if "sourcing_file_of_" not in str(error):
            raise
        # The same bytes came twice at once; the other request's row is the one.
        return same.get(), False
    return kept, True


@transaction.atomic
def give(*, file: PersonFile, candidate: Candidate, decision: str) -> PersonFile:
    """The file is this person's. If they have the same bytes already, that file stays and this one goes."""
    own = PersonFile.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, sha256=file.sha256
    )
    present = own.exclude(pk=file.pk).first()
    if present is not None:
        file.delete()
        return present
    file.candidate, file.decision = candidate, decision
    file.save(update_fields=["candidate", "decision"])
    index.refresh([candidate.pk])
    return file


@transaction.atomic
def remove(*, file: PersonFile, actor: User) -> None:  # noqa: ARG001 - the door asked for the right
    """Delete one file, its text, and its bytes on disk when this is committed."""
    candidate_id = file.candidate_id
    file.delete()
    if candidate_id is not None:
        index.refresh([candidate_id])


def texts(candidate_ids: Collection[int]) -> Iterator[tuple[int, str, str]]:
    """For the search index: ``(person, "", text)`` of every read file, :data:`SEARCHED_CHARACTERS` a person."""
    rows = (
        PersonFile.objects.across_organisations("the index follows the people it is given")
        .filter(candidate_id__in=list(candidate_ids), state=FileState.READ)
        .order_by("candidate_id", "-pk")
        .annotate(begin=Left("text", SEARCHED_CHARACTERS, output_field=models.TextField()))
    )
    left: dict[int, int] = {}
    for candidate_id, text in rows.values_list("candidate_id", "begin"):
        room = left.setdefault(candidate_id, SEARCHED_CHARACTERS)
        if room > 0:
            yield candidate_id, "", text[:room]
            left[candidate_id] = room - len(text)
