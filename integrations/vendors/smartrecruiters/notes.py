"""Notes: shares that name a person. They can be written by everybody and read back by administrators only."""

from __future__ import annotations

import re

from integrations.base.records import Note

#: The vendor refuses longer ones (Message.content).
LONGEST = 10_000

#: Marks of the vendor inside text we did not write: a user's would send e-mail, a candidate's would attach the note to
#: somebody else.
_MARKS = re.compile(r"[@#]\[\s*(?:USER|CANDIDATE|JOB)\s*:[^\]\n]*\]?", re.IGNORECASE)


def content(note: Note, external_id: str) -> str:
    """The text of a share on the person's profile, cut so that our mark and the person stay in it."""
    end = f"\n[Beckon {note.key}]\n#[CANDIDATE:{external_id}]"
    text = harmless(note.text)
    return text[: LONGEST - len(end)] + end


def harmless(text: str) -> str:
    """``text`` without the vendor's marks, also where taking one out makes another."""
    while True:
        stripped = _MARKS.sub("", text)
        if stripped == text:
            return text
        text = stripped
