"""One action on many people, as a Run: with progress, cancel, and undo where undo is possible.

A run first writes down whom it is about (:class:`BulkItem`), then works through them a slice at a time: the change,
what stood there before, and the count are one transaction, so that a killed worker goes on where it was and nobody is
changed twice. Undoing is a run too and takes back only what is still as the action left it.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from accounts.permissions import require
from foundation import runs
from foundation.batches import batches
from foundation.models import Run
from foundation.problems import Conflict, Missing, NotAllowed
from sourcing import bulk_actions
from sourcing.bulk_actions import Action
from sourcing.models import BulkItem, BulkState
from sourcing.search import query
from sourcing.search.question import Question

KIND = "bulk"
#: People changed in one transaction.
SLICE = 1_000
#: So long a run can be undone and its items are kept.
UNDO_FOR = datetime.timedelta(days=30)
#: A run on so few is worked on before the page answers.
AT_ONCE = 200

_GATHER = """
INSERT INTO sourcing_bulkitem (organisation_id, run_id, candidate_id, state, reason, before)
SELECT c.organisation_id, %s, c.id, 'pending', '', '{}' FROM sourcing_candidate c
 WHERE c.organisation_id = %s AND c.id = ANY(%s) ORDER BY c.id
ON CONFLICT (run_id, candidate_id) DO NOTHING
"""
_GATHER_PROJECT = """
INSERT INTO sourcing_bulkitem (organisation_id, run_id, candidate_id, state, reason, before)
SELECT m.organisation_id, %s, m.candidate_id, 'pending', '', '{}' FROM sourcing_projectmember m
 WHERE m.organisation_id = %s AND m.project_id = %s ORDER BY m.candidate_id
"""


class NotUndoable(Conflict):
    """The run cannot be taken back: its kind cannot, it was already, or its time is over."""

    code: ClassVar[str] = "not_undoable"


@dataclass(frozen=True)
class Whom:
    """Whom an action is about: ids as a person ticked them, everybody a question finds, or everybody of a project."""

    ids: tuple[int, ...] = ()
    question: Question | None = None
    project_id: int | None = None

    def as_params(self) -> dict[str, Any]:
        """As the run remembers it."""
        if self.question is not None:
            return {"question": self.question.as_json()}
        return {"project": self.project_id} if self.project_id is not None else {"ids": list(self.ids)}


@dataclass(frozen=True)
class Outcome:
    """What a run came to so far, in people; ``skipped`` by reason, as sentences; ``erasing`` in runs of their own."""

    changed: int = 0
    erasing: int = 0
    unchanged: int = 0
    undone: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0


@transaction.atomic
def start(*, actor: User, action: str, whom: Whom, values: Mapping[str, Any]) -> Run:
    """Begin a run of one of ``bulk_actions.ACTIONS`` with its own ``values`` ("tag", "project_id", …).

    The right, the values and what they name are checked now, and the right again while it runs. Raises NotAllowed,
    Invalid, Missing.
    """
    chosen = bulk_actions.action(action)
    require(actor, chosen.right)
    checked = chosen.check(actor, values)
    count = len(set(whom.ids)) if whom.question is None and whom.project_id is None else 0
    assert actor.organisation is not None
    return runs.start(
        kind=KIND,
        organisation=actor.organisation,
        actor=actor,
        title=chosen.title(actor, checked),
        subject=f"bulk:{action}",
        total=count,
        params={"action": action, "values": checked, "whom": whom.as_params()},
    )


@transaction.atomic
def undo(*, actor: User, run_id: int) -> Run:
    """Begin the run that takes another one back; one that is still working is cancelled first.

    Raises Missing for another's run, :class:`NotUndoable`.
    """
    run = run_for(actor, run_id)
    locked = Run.objects.for_organisation(actor.organisation_id).select_for_update().get(pk=run.pk)
    if not undoable(locked):
        raise NotUndoable("This cannot be taken back.")
    if not locked.ended:
        runs.cancel(run_id=locked.pk, actor=actor)
    assert actor.organisation is not None
    made = runs.start(
        kind=KIND,
        organisation=actor.organisation,
        actor=actor,
        title=f"Undo: {locked.title}",
        subject="bulk:undo",
        params={"undo_of": locked.pk},
    )
    Run.objects.for_organisation(actor.organisation_id).filter(pk=locked.pk).update(
        params={**locked.params, "undone_by": made.pk}
    )
    return made


def undoable(run: Run) -> bool:
    """Whether *Undo* is offered: the action can be, nobody did, and it is not too long ago."""
    name = run.params.get("action")
    return (
        run.kind == KIND
        and name is not None
        and bulk_actions.action(name).undo is not None
        and "undone_by" not in run.params
        and run.created_at > timezone.now() - UNDO_FOR
    )


def run_for(viewer: User, run_id: int) -> Run:
    """One bulk run of the viewer's own; raises Missing."""
    found = (
        Run.objects.for_organisation(viewer.organisation_id)
        .filter(pk=run_id, kind=KIND, actor=viewer)
        .first()
    )
    if found is None:
        raise Missing("There is no such run.")
    return found


def outcome(run: Run) -> Outcome:
    """What the run came to so far. One query."""
    rows = (
        BulkItem.objects.for_organisation(run.organisation_id)
        .filter(run_id=run.params.get("undo_of", run.pk))
        .order_by()
        .values_list("state", "reason")
    )
    counts: Counter[tuple[str, str]] = Counter()
    for state, reason, count in rows.annotate(count=Count("pk")):
        counts[(state, reason)] += count
    skipped = {
        bulk_actions.WHY[reason]: count
        for (state, reason), count in counts.items()
        if state == BulkState.SKIPPED
    }
    states: Counter[str] = Counter()
    for (state, _), count in counts.items():
        states[state] += count
    return Outcome(
        changed=states[BulkState.CHANGED] + int(run.params.get("gone", 0)),
        erasing=int(run.params.get("erasing", 0)),
        unchanged=states[BulkState.UNCHANGED],
        undone=states[BulkState.UNDONE],
        skipped=skipped,
        unknown=int(run.params.get("unknown", 0)),
    )


def prune(*, now: datetime.datetime) -> int:
    """Forget whom runs older than :data:`UNDO_FOR` were about; returns how many rows went. Called once a day."""
    old = Run.objects.across_organisations("retention").filter(kind=KIND, created_at__lt=now - UNDO_FOR)
    gone, _ = BulkItem.objects.across_organisations("retention").filter(run__in=old.values("pk")).delete()
    return gone


# ── working ─────────────────────────────────────────────────────────────────


def _stopped(run: Run) -> None:
    """What was done before it was cancelled or failed is told all the same."""
    _tell(run)


@runs.kind(KIND, stopped=_stopped)
def step(run: Run) -> bool:
    """One slice; True while there is more."""
    assert run.actor is not None
    if "undo_of" in run.params:
        return _undo_slice(run)
    chosen = bulk_actions.action(run.params["action"])
    require(run.actor, chosen.right)
    if not run.params.get("gathered"):
        _gather(run)
        return True
    return _slice(run, chosen)


def _gather(run: Run) -> None:
    """Write down whom the run is about; ids that belong to nobody here are counted and left out."""
    whom = run.params["whom"]
    asked: int | None = None
    with transaction.atomic():
        with connection.cursor() as cursor:
            if "project" in whom:
                cursor.execute(_GATHER_PROJECT, [run.pk, run.organisation_id, whom["project"]])
            elif "ids" in whom:
                ids = sorted(set(whom["ids"]))
                asked = len(ids)
                cursor.execute(_GATHER, [run.pk, run.organisation_id, ids])
            else:
                assert run.actor is not None
                found = query.candidate_ids(viewer=run.actor, question=Question.from_json(whom["question"]))
                for ids in batches(found, 10_000):
                    cursor.execute(_GATHER, [run.pk, run.organisation_id, ids])
        total = BulkItem.objects.for_organisation(run.organisation_id).filter(run=run).count()
        confirmed = run.params["values"].get("confirmed", total)
        if confirmed != total:
            raise Conflict(
                f"You confirmed {confirmed:,} people and it would be {total:,} now. Nothing was done."
            )
        unknown = asked - total if asked is not None else 0
        runs.progress(run, total=total)
        _remember(run, gathered=True, unknown=unknown)


def _slice(run: Run, chosen: Action) -> bool:
    with transaction.atomic():
        items = _next(run.pk, run.organisation_id, BulkState.PENDING)
        if items:
            assert run.actor is not None
            changes = chosen.apply(run.actor, run.params["values"], [item.candidate_id for item in items])
            _write(items, changes)
            skipped = sum(item.state == BulkState.SKIPPED for item in items)
            for name, people in (("gone", changes.gone), ("erasing", changes.erasing)):
                if people:
                    _remember(run, **{name: int(run.params.get(name, 0)) + len(people)})
            runs.progress(run, done=run.done + len(items) - skipped, failed=run.failed + skipped)
            return True
        _tell(run)
        runs.finish(run, result={"summary": summary(outcome(run))})
    return False


def _tell(run: Run) -> None:
    """Once per run, when it ends: how many people it changed or took back."""
    original = run
    if "undo_of" in run.params:
        original = Run.objects.for_organisation(run.organisation_id).get(pk=run.params["undo_of"])
    chosen = bulk_actions.action(original.params["action"])
    result = outcome(run)
    count = result.undone if original is not run else result.changed
    if chosen.told is not None and count:
        assert run.actor is not None
        with suppress(
            NotAllowed, Missing
        ):  # they lost their role meanwhile: there is nobody to tell in its name
            chosen.told(run.actor, original.params["values"], count, original is not run)


def _remember(run: Run, **values: Any) -> None:
    run.params = {**run.params, **values}
    Run.objects.for_organisation(run.organisation_id).filter(pk=run.pk).update(params=run.params)


def _undo_slice(run: Run) -> bool:
    original = Run.objects.for_organisation(run.organisation_id).get(pk=run.params["undo_of"])
    if not original.ended:  # its last slice is still being written
        runs.rest(run, until=timezone.now() + datetime.timedelta(seconds=1), note="Waiting for it to stop")
    chosen = bulk_actions.action(original.params["action"])
    assert run.actor is not None
    require(run.actor, chosen.right)
    assert chosen.undo is not None
    with transaction.atomic():
        items = _next(original.pk, run.organisation_id, BulkState.CHANGED)
        if items:
            if not run.total:
                rows = BulkItem.objects.for_organisation(run.organisation_id).filter(
                    run=original, state=BulkState.CHANGED
                )
                runs.progress(run, total=rows.count())
            before = {item.candidate_id: item.before for item in items}
            back = chosen.undo(run.actor, original.params["values"], before)
            for item in items:
                item.state = BulkState.UNDONE if item.candidate_id in back else BulkState.UNCHANGED
            _save(items)
            runs.progress(run, done=run.done + len(items))
            return True
        _tell(run)
        runs.finish(run, result={"summary": f"{outcome(run).undone:,} taken back"})
    return False


def _next(run_id: int, organisation_id: int, state: BulkState) -> list[BulkItem]:
    rows = BulkItem.objects.for_organisation(organisation_id).filter(run_id=run_id, state=state)
    return list(rows.order_by("pk")[:SLICE])


def _write(items: Sequence[BulkItem], changes: bulk_actions.Changes) -> None:
    for item in items:
        if item.candidate_id in changes.before:
            item.state = BulkState.CHANGED
            item.before = changes.before[item.candidate_id]
        elif item.candidate_id in changes.skipped:
            item.state = BulkState.SKIPPED
            item.reason = changes.skipped[item.candidate_id]
        else:
            item.state = BulkState.UNCHANGED
    # A deleted person's item went with them, and that of somebody being erased goes now: both are counted on the run.
    left = [item for item in items if item.candidate_id not in changes.gone | changes.erasing]
    _save(left)
    done = [item.pk for item in items if item.candidate_id in changes.erasing]
    if done:
        BulkItem.objects.for_organisation(items[0].organisation_id).filter(pk__in=done).delete()


def _save(items: Collection[BulkItem]) -> None:
    if items:
        organisation_id = next(iter(items)).organisation_id
        BulkItem.objects.for_organisation(organisation_id).bulk_update(
            items, ["state", "reason", "before"], batch_size=SLICE
        )


def summary(result: Outcome) -> str:
    """The run in one line: "34 changed, 2 as they were, 1 skipped, 3 not found"."""
    parts = [f"{result.changed:,} changed"]
    if result.erasing:
        parts.append(f"{result.erasing:,} being erased")
    if result.unchanged:
        parts.append(f"{result.unchanged:,} as they were")
    if result.skipped:
        parts.append(f"{sum(result.skipped.values()):,} skipped")
    if result.unknown:
        parts.append(f"{result.unknown:,} not found")
    return ", ".join(parts)
