"""The suppression list as people read and edit it: page, search, adding, removing with a reason, CSV in and out.

Addresses are kept as keyed hashes, so the list cannot show one; it finds one that is typed whole.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Role, User
from foundation.problems import Conflict, Invalid, Missing, NotAllowed
from foundation.secrets import fingerprint
from sourcing import known_again, suppressing
from sourcing.importing.refused import neutral
from sourcing.models import (
    Suppression,
    SuppressionKind,
    SuppressionReason,
    SuppressionRemoval,
)
from sourcing.normalising import InvalidAddress, company_key, domain_of, normalise_email

#: A file of more lines is cut up by whoever has it.
MAX_LINES = 100_000
MAX_BYTES = 10 * 1024 * 1024
#: What a person may put on the list; people are put there on their own page.
ADDABLE = (SuppressionKind.ADDRESS, SuppressionKind.DOMAIN, SuppressionKind.COMPANY)
#: Whoever complained or was erased is never written to again, whoever asks.
STICKY = frozenset({SuppressionReason.COMPLAINT, SuppressionReason.ERASED})
_COLUMNS = ("kind", "value", "past", "warn", "reason", "note", "added", "by")
_YES = frozenset({"1", "yes", "true", "x", "y"})


class Stays(Conflict):
    """A complaint or an erasure is not taken back by hand."""

    code = "suppression_stays"
    sentence = "This entry stays: the person complained or was erased."


@dataclass
class Loaded:
    """What a file came to. ``refused`` is ``(line, reason)``, the first hundred."""

    added: int = 0
    already: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    refused_count: int = 0


def entries(viewer: User, *, text: str = "", kind: str = "") -> QuerySet[Suppression]:
    """What stands on the list, newest first; ``text`` is part of a domain, company or name, or a whole address."""
    rows = Suppression.objects.for_organisation(viewer.tenant_id).filter(of_person=False)
    rows = rows.select_related("candidate", "created_by")
    if kind in SuppressionKind.values:
        rows = rows.filter(kind=kind)
    wanted = text.strip()
    return rows.filter(_asked(wanted)) if wanted else rows


def entry_for(viewer: User, entry_id: int) -> Suppression:
    """One entry of the list; raises Missing."""
    found = entries(viewer).filter(pk=entry_id).first()
    if found is None:
        raise Missing("There is no such entry.")
    return found


def stays(entry: Suppression) -> bool:
    """Nobody may take it off the list."""
    return entry.reason in STICKY


def removals(viewer: User) -> QuerySet[SuppressionRemoval]:
    """What was taken off the list, the last first."""
    rows = SuppressionRemoval.objects.for_organisation(viewer.tenant_id)
    return rows.select_related("removed_by", "candidate").order_by("-removed_at", "-pk")


def add(
    *, actor: User, kind: str, value: str, note: str = "", includes_past: bool = False, soft: bool = False
) -> Suppression:
    """Put an address, a domain or a company on the list. Raises Invalid, InvalidAddress. Twice changes nothing but
    ``includes_past`` and ``soft``."""
    assert actor.organisation is not None
    common: dict[str, Any] = {"organisation": actor.organisation, "actor": actor, "note": note.strip()}
    match kind:
        case SuppressionKind.ADDRESS:
            return suppressing.suppress_address(address=value, **common)
        case SuppressionKind.DOMAIN:
            return suppressing.suppress_domain(domain=value, soft=soft, **common)
        case SuppressionKind.COMPANY:
            return suppressing.suppress_company(
                company=value, soft=soft, includes_past=includes_past, **common
            )
    raise Invalid("Choose what it is.", fields={"kind": "Choose an address, a domain or a company."})


@transaction.atomic
def remove(*, actor: User, entry: Suppression, why: str) -> None:
    """Take an entry off the list; who, when and why is kept. Only an administrator; raises NotAllowed, Invalid without
    a reason, and :class:`Stays` for a complaint or an erasure.

    With a person go the hashes of their addresses, by which they were known again.
    """
    if actor.role != Role.ADMIN:
        raise NotAllowed("Only an administrator takes somebody off this list.")
    if not why.strip():
        raise Invalid("Say why.", fields={"why": "Say why, for whoever asks later."})
    if stays(entry):
        raise Stays
    SuppressionRemoval.objects.create(
        organisation_id=entry.organisation_id,
        kind=entry.kind,
        fingerprint=entry.fingerprint or "",
        value=entry.value,
        candidate=entry.candidate,
        reason=entry.reason,
        why=why.strip()[:300],
        removed_by=actor,
    )
    if entry.candidate is not None:
        known_again.forget_traces(candidate=entry.candidate)
    entry.delete()


def load(*, actor: User, data: bytes) -> Loaded:
    """Put a CSV on the list: ``kind,value,past,warn,note`` with a header, or one address or domain per line.

    A line that is neither is told with its number. Raises Invalid for a file that is too big or no text.
    """
    if len(data) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("Save the file as CSV in UTF-8.") from error
    if "\x00" in text:
        raise Invalid("This is no text file. Save it as CSV in UTF-8.")
    loaded = Loaded()
    before = _count(actor)
    rows: dict[tuple[str, str], Suppression] = {}
    good = 0
    for line, values in _lines(text):
        try:
            row = _row(actor, **values)
        except Invalid as problem:
            loaded.refused_count += 1
            loaded.refused += [(line, problem.text)] * (len(loaded.refused) < 100)
        else:
            good += 1
            rows[row.kind, str(row.fingerprint)] = row
    Suppression.objects.bulk_create(list(rows.values()), ignore_conflicts=True, batch_size=2_000)
    loaded.added = _count(actor) - before
    loaded.already = good - loaded.added
    return loaded


def as_csv(viewer: User) -> Iterator[str]:
    """The list as CSV lines, to be loaded again; addresses are named by their keyed hash, cells are no formulas."""
    line = io.StringIO()
    writer = csv.writer(line)

    def told(row: list[str]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow([neutral(cell) for cell in row])
        return line.getvalue()

    yield "\ufeff" + told(list(_COLUMNS))
    for entry in entries(viewer).order_by("-created_at", "-pk").iterator(chunk_size=2_000):
        who = f"person {entry.candidate_id}" if entry.candidate_id else f"hash {entry.fingerprint}"
        yield told(
            [
                entry.kind,
                entry.value or who,
                "yes" if entry.includes_past else "",
                "yes" if entry.soft else "",
                entry.get_reason_display(),
                entry.note,
                f"{entry.created_at:%Y-%m-%d}",
                str(entry.created_by or ""),
            ]
        )


def counts(viewer: User) -> Counter[str]:
    """How many entries of each kind."""
    kinds = entries(viewer).order_by().values_list("kind", flat=True)
    return Counter(kinds)


def _asked(text: str) -> Q:
    asked = Q(value__icontains=text) | Q(note__icontains=text)
    asked |= Q(candidate__last_name__istartswith=text) | Q(candidate__first_name__istartswith=text)
    prints = {fingerprint(company_key(text))}
    try:
        address = normalise_email(text)
    except InvalidAddress:
        pass  # no address was typed, so none is looked for
    else:
        prints |= {fingerprint(address), fingerprint(domain_of(address))}
    return asked | Q(fingerprint__in=prints)


def _count(actor: User) -> int:
    return Suppression.objects.for_organisation(actor.tenant_id).count()


def _row(actor: User, *, kind: str, value: str, note: str, includes_past: bool, soft: bool) -> Suppression:
    if kind not in ADDABLE:
        raise Invalid("This is no address, domain or company.")
    return Suppression(
        organisation_id=actor.tenant_id,
        kind=kind,
        fingerprint=fingerprint(suppressing.normal(kind, value)),
        value=suppressing.shown(kind, value),
        includes_past=includes_past and kind == SuppressionKind.COMPANY,
        soft=soft and kind != SuppressionKind.ADDRESS,
        reason=SuppressionReason.MANUAL,
        note=note[:300],
        created_by=actor,
    )


def _lines(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """``(line, what to add)``; the kind is guessed where the file does not say it."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if reader.line_num > MAX_LINES:
            raise Invalid(f"The file has more than {MAX_LINES:,} lines. Split it.")
        lowered = [cell.lower() for cell in cells]
        if not header and "value" in lowered:
            header = lowered
            continue
        named = dict(zip(header or ["value"], cells, strict=False))
        value = named.get("value", "").lstrip("'")
        yield (
            reader.line_num,
            {
                "kind": named.get("kind", "").lower() or _kind_of(value),
                "value": value,
                "note": named.get("note", ""),
                "includes_past": named.get("past", "").lower() in _YES,
                "soft": named.get("warn", "").lower() in _YES,
            },
        )


def _kind_of(value: str) -> str:
    if "@" in value.lstrip("@"):
        return SuppressionKind.ADDRESS
    is_domain = value.startswith("@") or ("." in value and " " not in value)
    return SuppressionKind.DOMAIN if is_domain else SuppressionKind.COMPANY
