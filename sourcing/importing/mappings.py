"""How files with the same headers were read last time, kept per organisation and proposed again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from accounts.models import User
from sourcing.models import ImportMapping, ImportRun
from sourcing.search.tokens import fold


def signature(header: Sequence[str]) -> str:
    """Equal for the same headers in the same order, whatever their case and spaces; empty without any."""
    names = [" ".join(fold(cell).split()) for cell in header]
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest() if any(names) else ""


def find_header(import_run: ImportRun, rows: Sequence[Sequence[str]]) -> int | None:
    """Index of a row that was the header of an earlier file, whatever its words, or None."""
    marks = [signature(row) for row in rows]
    saved = ImportMapping.objects.for_organisation(import_run.organisation_id).filter(
        signature__in=[mark for mark in marks if mark]
    )
    known = set(saved.values_list("signature", flat=True))
    return next((index for index, mark in enumerate(marks) if mark in known), None)


def propose(import_run: ImportRun, header: Sequence[str], fields: Collection[str]) -> bool:
    """Take over mapping, policies and source of the last file with this header; False when there was none.

    ``fields`` are those there are now: an organisation's own field may have gone since.
    """
    import_run.proposed = None
    mark = signature(header)
    if not mark:
        return False
    saved = ImportMapping.objects.for_organisation(import_run.organisation_id).filter(signature=mark).first()
    if saved is None:
        return False
    import_run.proposed = saved
    import_run.mapping = {index: name for index, name in saved.mapping.items() if name in fields}
    import_run.policies = dict(saved.policies)
    import_run.source = saved.source
    return True


def remember(import_run: ImportRun, header: Sequence[str], actor: User) -> None:
    """Keep how this file is read; called when its import starts. The last one wins."""
    mark = signature(header)
    if not mark:
        return
    ImportMapping.objects.for_organisation(import_run.organisation_id).update_or_create(
        signature=mark,
        defaults={
            "organisation_id": import_run.organisation_id,
            "mapping": import_run.mapping,
            "policies": import_run.policies,
            "source": import_run.source,
            "updated_by": actor,
        },
    )
