"""Pictures and attachments of texts: keeping, finding, giving to a message. The one door to ``ContentFile``.

What a file is, is told by its bytes; what is refused says the limit. A colleague may read a file that stands in
something they may read: a message, a team template, or what an upper room has registered with :func:`may_read`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.deletion import ProtectedError
from django.http import FileResponse

from accounts.models import User
from foundation import file_answers
from foundation.file_answers import FileMissing
from foundation.problems import Invalid
from outreach import rich_text
from outreach.models import ContentFile, MessageFile
from sourcing.normalising import clean_text
from sourcing.resumes import extracting

_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
#: What every provider refuses to carry: Windows, Linux and Mac programs, Java classes, shortcuts, scripts.
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b"#!",
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_IN_ZIP = (
    (b"word/", extracting.DOCX),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
)
PICTURES = frozenset(kind for _, kind in _PICTURES) | {"image/webp"}

#: A text that somebody is still writing may show it.
UNUSED_FOR = timedelta(days=7)

Reader = Callable[[User, int], bool]
_readers: list[Reader] = []


class FileRefused(Invalid):
    """The file cannot go with a mail; the text says why, and the limit."""

    code: ClassVar[str] = "file_refused"


def may_read(reader: Reader) -> Reader:
    """Register an upper room's answer to "may this viewer read this file"; from ``ready()``."""
    _readers.append(reader)
    return reader


def kind_of(content: bytes) -> str:
    """The content type the bytes tell."""
    for beginning, kind in _PICTURES:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    found = extracting.kind_of(content)
    if found != extracting.DOCX:
        return found
    return next((kind for part, kind in _IN_ZIP if part in content), "application/zip")


def keep(*, actor: User, upload: UploadedFile, picture: bool = False) -> ContentFile:
    """Store one file; the same bytes under the same name from the same person give the file that is there.

    Raises :class:`FileRefused` for an empty or too large one, for a program, and for a ``picture`` that is none.
    """
    name = clean_text((upload.name or "").replace("\\", "/").rpartition("/")[2], limit=255) or "file"
    limit = settings.PICTURE_BYTES if picture else settings.ATTACHMENT_BYTES
    if not upload.size:
        raise FileRefused(f"{name}: the file is empty.")
    if upload.size > limit:
        raise FileRefused(f"{name} is larger than {limit >> 20} MB, the limit for one file.")
    content = upload.read()
    kind = kind_of(content)
    if picture and kind not in PICTURES:
        raise FileRefused(f"{name} is not a picture: PNG, JPEG, GIF and WebP can be shown in a mail.")
    if content.startswith(_PROGRAMS):
        raise FileRefused(f"{name} is a program; mail providers refuse mails that carry one.")
    digest = hashlib.sha256(content).hexdigest()
    own = ContentFile.objects.for_organisation(actor.organisation_id).filter(uploaded_by=actor, sha256=digest)
    if (present := own.filter(name=name).first()) is not None:
        return present
    kept = ContentFile(
        organisation=actor.organisation,
        name=name,
        size=len(content),
        sha256=digest,
        content_type=kind,
        uploaded_by=actor,
    )
    upload.seek(0)
    kept.file.save(name, File(upload), save=False)
    try:
        kept.save()
    except Exception:
        kept.file.delete(save=False)
        raise
    return kept


def uploaded_by(viewer: User) -> QuerySet[ContentFile]:
    """The viewer's own uploads, the newest first."""
    rows = ContentFile.objects.for_organisation(viewer.organisation_id).filter(uploaded_by=viewer)
    return rows.order_by("-pk")


def file_for(viewer: User, file_id: int) -> ContentFile:
    """One file the viewer may read; raises :class:`FileMissing`."""
    found = readable(viewer, [file_id])
    if not found:
        raise FileMissing("There is no such file.")
    return found[0]


def download(file: ContentFile) -> FileResponse:
    """The bytes, a picture as what it is; raises :class:`FileMissing` when they are gone."""
    picture = file.content_type in PICTURES
    kind = file.content_type if picture else file_answers.STREAM
    return file_answers.answered(file.file, name=file.name, kind=kind, shown=picture)


def source_of(file: ContentFile) -> str:
    """What ``src`` of an ``<img>`` in a text names; empty for what is no picture."""
    return rich_text.FILE_PATH.format(file.pk) if file.content_type in PICTURES else ""


def readable(viewer: User, file_ids: Collection[int]) -> list[ContentFile]:
    """Those of ``file_ids`` that the viewer may read, in the order given."""
    rows = ContentFile.objects.for_organisation(viewer.organisation_id).filter(pk__in=file_ids)
    plainly = rows.filter(
        Q(uploaded_by=viewer)
        | Q(in_messages__isnull=False)
        | Q(in_templates__template__shared=True)
        | Q(in_templates__template__owner=viewer)
    )
    found = {file.pk: file for file in plainly.distinct()}
    for file in rows.exclude(pk__in=found):
        if any(reader(viewer, file.pk) for reader in _readers):
            found[file.pk] = file
    return [found[pk] for pk in dict.fromkeys(file_ids) if pk in found]


def check_total(files: Iterable[ContentFile]) -> None:
    """Raise :class:`FileRefused` when the files of one message come to more than a mail may carry."""
    total, limit = sum(file.size for file in files), settings.MESSAGE_FILES_BYTES
    if total > limit:
        raise FileRefused(
            f"The files come to {total / (1 << 20):.1f} MB; a message may carry {limit >> 20} MB."
        )


def give(files_of: Mapping[int, Collection[int]], *, organisation_id: int) -> None:
    """Message id → ids of the files that go with it, for messages just written."""
    MessageFile.objects.bulk_create(
        MessageFile(organisation_id=organisation_id, message_id=message_id, file_id=file_id)
        for message_id, file_ids in files_of.items()
        for file_id in dict.fromkeys(file_ids)
    )


@transaction.atomic
def forget_of_messages(message_ids: Collection[int], *, organisation_id: int) -> dict[str, int]:
    """Take the files off these messages, and delete those that nothing else holds; how many rows of each went."""
    rows = MessageFile.objects.for_organisation(organisation_id).filter(message_id__in=message_ids)
    held = sorted(set(rows.values_list("file_id", flat=True)))
    off, _ = rows.delete()
    gone = _delete_unheld(ContentFile.objects.for_organisation(organisation_id).filter(pk__in=held))
    return {"outreach.MessageFile": off, "outreach.ContentFile": gone}


def remove_unused(*, now: datetime) -> int:
    """Delete what was uploaded a while ago into a text that was never saved, or was since taken out; how many."""
    old = ContentFile.objects.across_organisations("the clock is everybody's").filter(
        created_at__lt=now - UNUSED_FOR, in_messages__isnull=True, in_templates__isnull=True
    )
    return _delete_unheld(old.order_by("pk"))


def _delete_unheld(rows: QuerySet[ContentFile]) -> int:
    gone = 0
    for file in rows:
        try:
            with transaction.atomic():
                file.delete()
        except ProtectedError:  # a template, a step or another message has it
            continue
        gone += 1
    return gone
