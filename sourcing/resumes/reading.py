"""What a document says, or why that cannot be known: the only starter of the reading process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from sourcing.models import FileState
from sourcing.normalising import clean_block
from sourcing.resumes import extracting

log = structlog.get_logger(__name__)

#: Longest wait for one file; short against the lease of a run.
SECONDS = 30.0
_LONGEST_ANSWER = extracting.OUTPUT_BYTES
_SPACES = re.compile(r"[^\S\n\t]+")
_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Reading:
    """``state`` says what became of it; ``text`` is empty unless it was read. ``cut``: there was more."""

    state: FileState
    text: str = ""
    cut: bool = False
    content_type: str = extracting.UNKNOWN


def read(source: IO[bytes], *, limit: int, seconds: float = SECONDS) -> Reading:
    """Read a document from its start, at most ``limit`` characters of it. Never raises for what the file holds.

    The child has no environment of ours, so no secret is in its reach, and is killed after ``seconds``.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer:
        source.seek(0)
        while chunk := source.read(1 << 20):
            given.write(chunk)
        given.seek(0)
        command = [sys.executable, "-I", str(Path(extracting.__file__)), str(limit)]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and file, no shell
                command,
                stdin=given,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.warning("resumes.reading_took_too_long")
            return Reading(FileState.TOO_LARGE)
        answer.seek(0)
        said = answer.read(_LONGEST_ANSWER)
    if done.returncode != 0:
        log.warning("resumes.reader_died", returncode=done.returncode)
        # Killed for its time or memory, or fallen over a crafted file.
        return Reading(FileState.TOO_LARGE if done.returncode in (-9, -24) else FileState.BROKEN)
    return _understood(said)


def _understood(said: bytes) -> Reading:
    """The child's answer; it has read a stranger's file and is believed no further than its form."""
    try:
        answer = json.loads(said)
        state = FileState(answer["outcome"])
        text, content_type = str(answer["text"]), str(answer["content_type"])
    except (ValueError, KeyError, TypeError):
        log.warning("resumes.answer_not_understood")
        return Reading(FileState.BROKEN)
    text = _GAPS.sub("\n\n", "\n".join(_SPACES.sub(" ", line).strip() for line in _block(text).split("\n")))
    known = {extracting.PDF, extracting.DOCX, extracting.TEXT}
    return Reading(
        state,
        text if state == FileState.READ else "",
        bool(answer.get("cut")),
        content_type if content_type in known else extracting.UNKNOWN,
    )


def _block(text: str) -> str:
    # Lone surrogates cannot be stored.
    printable = text.encode("utf-8", "ignore").decode()
    return clean_block(printable, limit=len(printable) * 3 + 1)
