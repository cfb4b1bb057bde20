"""Positions, schools, skills and pages elsewhere a vendor tells of, taken in beside what is known here
(docs/integrations/sync.md).

Each entry is taken in once. Whoever removes or corrects it here afterwards has the last word: it is no news any more,
however often it is pulled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

from django.utils import timezone

from integrations import links, mapping, remote_people
from integrations.base.records import Education, Employment, FieldKind, RemotePerson, UpdateRule, Value
from integrations.models import Connection, FieldRow, RemoteLink
from sourcing import history, people, social_profiles
from sourcing.models import Candidate, Origin
from sourcing.values import Statement

#: Variables that are lists of entries of ours → the table of ``sourcing.history``.
HISTORY = {"experience": "experience", "education": "education"}
SKILLS = "skills"
_KINDS = {FieldKind.EXPERIENCE.value: "experience", FieldKind.EDUCATION.value: "education"}
_WORD_KINDS = frozenset({FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.TEXTS})
#: How skills in one text are told apart.
_BETWEEN = re.compile(r"[,;\n]")

Entries = tuple[Employment, ...] | tuple[Education, ...] | tuple[str, ...]


def take(
    connection: Connection, candidate: Candidate, remote: RemotePerson, fields: Sequence[FieldRow]
) -> bool:
    """Take in what is new in the lists of a linked person; whether anything here changed. In the caller's transaction.

    What contradicts an entry of ours is kept beside it: above it where the field's rule leaves the remote value alone
    (it is theirs and vouched for), below it where we overwrite theirs.
    """
    listed = [(row, _entries(row, remote.values.get(row.key, ""))) for row in fields]
    link = links.of(connection, candidate) if any(told for _, told in listed) else None
    if link is None:
        return False
    changed = False
    taken = dict(link.taken)
    for row, told in listed:
        if not told:
            continue
        before = set(taken.get(row.key, ()))
        news = [one for one in told if _mark(one) not in before]
        if not news:
            continue
        # What we wrote there ourselves comes back as it is here, or as somebody has corrected it here since.
        if link.written.get(row.key) != mapping.digest(remote.values[row.key]):
            changed = _take(connection, candidate, row, news, remote) or changed
        taken[row.key] = sorted({_mark(one) for one in told})
    if taken != link.taken:
        RemoteLink.objects.for_organisation(link.organisation_id).filter(pk=link.pk).update(taken=taken)
    return changed


def _take(
    connection: Connection,
    candidate: Candidate,
    row: FieldRow,
    news: Sequence[Employment | Education | str],
    remote: RemotePerson,
) -> bool:
    if row.variable == SKILLS:
        said = Statement(
            value=None,
            origin=Origin.PULLED,
            at=remote.updated_at or timezone.now(),
            source=connection.label,
        )
        words = [one for one in news if isinstance(one, str)]
        return bool(people.take_words(candidate=candidate, field="skills", words=words, said=said))
    if row.variable not in HISTORY:
        urls = [one for one in news if isinstance(one, str)]
        return bool(social_profiles.take(candidate=candidate, urls=urls, source=connection.label))
    return history.take(
        candidate=candidate,
        kind=HISTORY[row.variable],
        entries=[asdict(one) for one in news if not isinstance(one, str)],
        vouched=row.rule != UpdateRule.ALWAYS,
    )


def _entries(row: FieldRow, value: Value) -> Entries:
    """The entries of a field that is mapped to a list of ours; none for any other."""
    if row.variable in HISTORY and _KINDS.get(row.kind) == row.variable:
        wanted = Employment if row.variable == "experience" else Education
        listed = value if isinstance(value, tuple) else ()
        return tuple(one for one in listed if isinstance(one, wanted))  # type: ignore[return-value]
    if row.variable == SKILLS and row.kind in _WORD_KINDS:
        words = _BETWEEN.split(value) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        return tuple(word.strip() for word in words if isinstance(word, str) and word.strip())
    return remote_people.pages(row, value)


def _mark(entry: Employment | Education | str) -> str:
    return mapping.digest((entry.casefold(),) if isinstance(entry, str) else (entry,))  # type: ignore[arg-type]
