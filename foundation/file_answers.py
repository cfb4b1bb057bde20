"""Answers with the bytes of a stored file, whoever gave it: a browser never takes them for a page of ours."""

from __future__ import annotations

import re
from typing import ClassVar

from django.db.models.fields.files import FieldFile
from django.http import FileResponse

from foundation.problems import Missing

#: The type of what nobody needs to know more about.
STREAM = "application/octet-stream"
#: What no file system and no header takes in a name.
_ODD = re.compile(r"[\x00-\x1f\x7f\"\\/]")


class FileMissing(Missing):
    """There is no such file that the viewer may read, or its bytes are gone from where files are kept."""

    code: ClassVar[str] = "file_missing"


def answered(file: FieldFile, *, name: str, kind: str = STREAM, shown: bool = False) -> FileResponse:
    """The bytes as an attachment called ``name``, or as what a page shows (``shown``: for pictures only).

    ``kind`` is a media type told by the bytes, never by whoever gave the file. What is shown may be kept by a browser
    for a day, as its bytes do not change; anything else by nobody. Raises :class:`FileMissing` when the storage has
    lost them.
    """
    try:
        stored = file.storage.open(str(file.name))
    except FileNotFoundError as error:
        raise FileMissing("The file is not there any more.") from error
    response = FileResponse(stored, as_attachment=not shown, filename=_ODD.sub("_", name), content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=86400, immutable" if shown else "private, no-store"
    return response
