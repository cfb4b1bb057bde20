"""Erasing a person everywhere in one go; what stays is a receipt without a name and, if wished, keyed hashes.

Three acts are kept apart (docs/behaviour.md, "Erasing"): *Unsubscribe* keeps the person and stops the mail
(``suppressing.opt_out``); *Delete* erases; *Delete and block* erases and keeps ``HMAC(pepper, address)`` so that no
import or page brings the person back. The work is a run, because uploaded files are read and a message that is just
being handed to its mail server is waited for; each of its parts can be repeated.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import FileField, Model
from django.utils import timezone

from accounts import forgetting
from accounts.models import User
from foundation import events, idempotency, runs
from foundation.models import IdempotentAnswer, Run
from foundation.problems import Conflict
from sourcing import known_again, person_data, suppressing
from sourcing.copies import naming
from sourcing.importing import redacting
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ErasureReason,
    ErasureReceipt,
    FacetValue,
    SocialProfile,
    Suppression,
    SuppressionKind,
    SuppressionReason,
    SuppressionRemoval,
)
from sourcing.models.fact import PersonSearch, SearchRow
from sourcing.resumes import unclaimed
from sourcing.search import dictionary
from sourcing.selectors import contact_points, own_or_shared
from sourcing.trails import Trail

KIND = "erasing"
#: How long the run rests before it looks again whether a message has left or an import has ended.
_WAIT = datetime.timedelta(seconds=15)
_NAMES = ("first_name", "last_name")


class InHand(Conflict):
    """Something about the person is being done right now and cannot be taken back; a moment later it is over."""

    code: ClassVar[str] = "in_hand"
    sentence = "A message to this person is being handed to the mail server right now."


def request(*, candidate: Candidate, actor: User, reason: ErasureReason, block: bool) -> Run:
    """Start erasing. From this moment on nobody writes to the person, whatever happens to the run.

    Asking twice gives the run that is under way. The run's title names nobody.
    """
    with transaction.atomic():
        locked = Candidate.objects.for_organisation(candidate.organisation_id).select_for_update().filter(
            pk=candidate.pk
        )  # fmt: skip
        person = locked.get()
        subject = f"candidate:{person.pk}"
        open_runs = Run.objects.for_organisation(person.organisation_id).filter(
            kind=KIND, subject=subject, status__in=["queued", "running"]
        )
        under_way = open_runs.first()
        if under_way is not None:
            return under_way
        if block:
            suppressing.suppress_person(candidate=person, actor=actor, reason=SuppressionReason.ERASED)
        return runs.start(
            kind=KIND,
            organisation=person.organisation,
            actor=actor,
            title="Erasing a person",
            subject=subject,
            total=1,
            params={"candidate_id": person.pk, "reason": reason, "block": block},
        )


@runs.kind(KIND)
def step(run: Run) -> bool:
    """The run: files first, then everything else in one transaction. A crash repeats what is not committed."""
    candidate = (
        Candidate.objects.for_organisation(run.organisation_id).filter(pk=run.params["candidate_id"]).first()
    )
    if candidate is None:
        receipt = ErasureReceipt.objects.for_organisation(run.organisation_id).filter(
            person=run.params["candidate_id"]
        )
        runs.finish(run, result=_result(receipt.first()))
        return False
    try:
        made = erase(
            candidate=candidate,
            actor=run.actor,
            reason=ErasureReason(run.params["reason"]),
            block=bool(run.params["block"]),
        )
    except (InHand, redacting.ImportRunning) as waits:
        runs.rest(run, until=timezone.now() + _WAIT, note=waits.text)
    runs.progress(run, done=1)
    runs.finish(run, result=_result(made))
    return False


def erase(*, candidate: Candidate, actor: User | None, reason: ErasureReason, block: bool) -> ErasureReceipt:
    """Erase one person now; returns the receipt. Outside a transaction.

    Raises :class:`InHand` while a message to the person is being handed to its mail server, and
    ``redacting.ImportRunning`` while an import reads a file that names them; nothing is lost by trying again.
    """
    trail = trail_of(candidate)
    counts: Counter[str] = Counter()
    counts["uploaded files"] += redacting.files(trail)
    counts["files"] += _delete_files(candidate) + unclaimed.erase_bytes(trail)
    with transaction.atomic():
        Candidate.objects.for_organisation(candidate.organisation_id).select_for_update().get(pk=candidate.pk)
        audited = _audited_rows(candidate)
        hashes = known_again.leave_blocked(candidate=candidate) if block else 0
        found_by = _found_by(candidate)
        counts.update(_erase_rows(candidate, trail))
        for data in person_data.from_the_top():
            if data.scrub is not None:
                counts.update(data.scrub(trail))
        counts["sourcing.FacetValue"] = _forget_values(trail, found_by)
        # Last: deleting and blanking have written entries of their own.
        counts["accounts.AuditEntry"] += forgetting.scrub(
            candidate.organisation_id, audited, trail.candidate_id
        )
        receipt = ErasureReceipt.objects.create(
            organisation_id=trail.organisation_id,
            person=trail.candidate_id,
            erased_by=actor,
            erased_by_name=str(actor or "Beckon")[:300],
            reason=reason,
            blocked=block and hashes > 0,
            hashes=hashes,
            counts={name: count for name, count in sorted(counts.items()) if count},
        )
        events.emit(
            "candidate.erased",
            organisation_id=trail.organisation_id,
            subject=f"candidate:{trail.candidate_id}",
            candidate_id=trail.candidate_id,
            receipt_id=receipt.pk,
        )
    return receipt


def trail_of(candidate: Candidate) -> Trail:
    """What the person can be recognised by: present values, and earlier ones that the audit trail remembers."""
    keys = [candidate.linkedin_key]
    names = {(candidate.first_name, candidate.last_name)}
    phones = []
    points = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    for kind, value, normalised in points.values_list("kind", "value", "normalised"):
        keys += [value, normalised]
        phones += [normalised] * (kind == ContactKind.PHONE)
    profiles = SocialProfile.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    keys += [url.split("://")[-1].rstrip("/") for url in profiles.values_list("url", flat=True)]
    changes = forgetting.changes_of(candidate.organisation_id, _audited_rows(candidate), candidate.pk)
    for changed in changes:
        for name in ("value", "normalised", "linkedin_key"):
            keys += [each for each in changed.get(name, []) if isinstance(each, str) and each != "***"]
        firsts = {each for each in changed.get("first_name", []) if each} | {candidate.first_name}
        lasts = {each for each in changed.get("last_name", []) if each} | {candidate.last_name}
        names |= {(first, last) for first in firsts for last in lasts}
    return Trail.of(
        organisation_id=candidate.organisation_id,
        candidate_id=candidate.pk,
        keys=keys,
        names=names,
        phones=phones,
    )


def what_goes(candidate: Candidate, viewer: User) -> list[str]:
    """What hangs on the person, for the question before the act: "2 contact points".

    Search rows are left out, and so are other users' private addresses, which are in nobody's count; a résumé that
    only carries the person's name goes too and is not counted, because it may turn out to be a namesake's.
    """
    found: list[str] = []
    for model, field in _tables():
        rows = model._base_manager.filter(**{field: candidate.pk})
        if model is ContactPoint:
            rows = rows.filter(own_or_shared(viewer))
        count = rows.count()
        if count and not issubclass(model, Suppression | SearchRow):
            words = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
            found.append(f"{count:,} {words}")
    waiting = len(unclaimed.surely_of(candidate, viewer))
    if waiting:
        found.append(f"{waiting:,} résumé{'s' * (waiting > 1)} nobody has confirmed")
    return found


def recognisable(candidate: Candidate, viewer: User) -> bool:
    """Whether ``viewer`` sees anything to know the person by again: an e-mail address or a LinkedIn profile."""
    addresses = contact_points(viewer=viewer, candidate=candidate, kind=ContactKind.EMAIL)
    return bool(candidate.linkedin_key) or addresses.exists()


def what_stays_elsewhere(candidate: Candidate) -> list[str]:
    """What lies outside Beckon and is not erased by it, in sentences."""
    return [
        text
        for data in person_data.from_the_top()
        if data.elsewhere is not None
        for text in data.elsewhere(candidate)
    ]


def scrub_below(trail: Trail) -> dict[str, int]:
    """What sourcing takes out of its own copies and out of the rooms below: runs, stored answers, the admin's log."""
    counts = redacting.rows(trail)
    counts["sourcing.PersonFile"] = unclaimed.erase_rows(trail)
    counts["foundation.IdempotentAnswer"] = _answers(trail)
    counts["foundation.Run"] = _runs(trail)
    log = LogEntry.objects.filter(content_type__model="candidate", object_id=str(trail.candidate_id))
    counts["admin.LogEntry"] = log.update(object_repr="", change_message="")
    listed = Suppression.objects.for_organisation(trail.organisation_id)
    noted = [entry.pk for entry in naming(listed.exclude(note=""), trail, "note") if trail.is_in(entry.note)]
    counts["sourcing.Suppression"] = listed.filter(pk__in=noted).update(note="")
    removals = naming(
        SuppressionRemoval.objects.for_organisation(trail.organisation_id), trail, "why", "value"
    )
    counts["sourcing.SuppressionRemoval"] = removals.update(why="", value="")
    return counts


def _found_by(candidate: Candidate) -> list[int]:
    rows = PersonSearch.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return [facet for row in rows.values_list("facets", flat=True) for facet in row]


def _forget_values(trail: Trail, facets: list[int]) -> int:
    """What only this person was found by, now or before an edit: a rare title, a school nobody else went to."""
    named = naming(FacetValue.objects.for_organisation(trail.organisation_id), trail, "value")
    return dictionary.forget_unused(trail.organisation_id, [*facets, *named.values_list("pk", flat=True)])


def _erase_rows(candidate: Candidate, trail: Trail) -> Counter[str]:
    """Every app's rows, the uppermost room first, and the person."""
    counts: Counter[str] = Counter()
    for data in person_data.from_the_top():
        if data.erase is None:
            raise RuntimeError(f"{data.app} does not say how it erases a person")
        counts.update(data.erase(trail))
    Suppression.objects.for_organisation(trail.organisation_id).filter(
        kind=SuppressionKind.PERSON, candidate=candidate
    ).delete()
    _gone, deleted = candidate.delete()
    counts.update({label: count for label, count in deleted.items() if count})
    return counts


def _tables() -> Iterator[tuple[type[Model], str]]:
    for label, field in sorted(person_data.claimed()):
        yield apps.get_model(label), field


def _audited_rows(candidate: Candidate) -> dict[str, list[int]]:
    """Rows of this person in tables under audit: ``{database table: ids}``."""
    found = {Candidate._meta.db_table: [candidate.pk]}
    for model, field in _tables():
        if getattr(model._meta, "triggers", None):
            rows = model._base_manager.filter(**{field: candidate.pk})
            found.setdefault(model._meta.db_table, []).extend(rows.values_list("pk", flat=True))
    return found


def _delete_files(candidate: Candidate) -> int:
    """The files of the person's rows, whatever table holds them. Gone first: a row without its file is erased by the
    next try, a file without its row would never be."""
    deleted = 0
    for model, field in _tables():
        for column in (each for each in model._meta.get_fields() if isinstance(each, FileField)):
            rows = model._base_manager.filter(**{field: candidate.pk})
            for name in rows.values_list(column.name, flat=True):
                if name and column.storage.exists(name):
                    column.storage.delete(name)
                    deleted += 1
    return deleted


def _answers(trail: Trail) -> int:
    own = f"/api/v1/candidates/{trail.candidate_id}/"
    rows = IdempotentAnswer.objects.for_organisation(trail.organisation_id)
    told = {pk for pk, body in naming(rows, trail, "body").values_list("pk", "body") if trail.is_in(body)}
    told |= set(rows.filter(path__startswith=own).values_list("pk", flat=True))
    told |= set(
        rows.filter(path="/api/v1/candidates/", body__startswith=f'{{"id":{trail.candidate_id},').values_list(
            "pk", flat=True
        )
    )
    return idempotency.forget(rows.filter(pk__in=told))


def _runs(trail: Trail) -> int:
    changed = 0
    rows = Run.objects.for_organisation(trail.organisation_id)
    for run in naming(rows, trail, "title", "note", "params", "result", "problem_text"):
        if trail.is_in([run.title, run.note, run.params, run.result, run.problem_text]):
            rows.filter(pk=run.pk).update(
                title=run.title if not trail.is_in(run.title) else f"A {run.kind} run",
                note="",
                problem_text="" if trail.is_in(run.problem_text) else run.problem_text,
                params=run.params if not trail.is_in(run.params) else trail.without(run.params),
                result=run.result if not trail.is_in(run.result) else trail.without(run.result),
            )
            changed += 1
    return changed


def _result(receipt: ErasureReceipt | None) -> dict[str, Any]:
    return {"summary": "Erased", "receipt_id": receipt.pk if receipt else None}
