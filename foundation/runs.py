"""Long pieces of work with items, progress, cancel and result; one worker at a time, whatever happens.

A kind of run is a function that does one bounded bit of work per call, in its own transactions, and says whether
there is more. :func:`work` leases the run by the database's clock, calls the function for up to 20 seconds and
goes away; a task or the sweep calls it again. A worker that dies leaves a lease that runs out.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from foundation import transactions
from foundation.models import RUN_ENDS, Run, RunStatus
from foundation.problems import Conflict, Missing, Problem

log = structlog.get_logger(__name__)

Step = Callable[[Run], bool]
Stopped = Callable[[Run], None]

LEASE = datetime.timedelta(seconds=90)
#: One visit of a worker; a step must be short against the lease.
VISIT_SECONDS = 20.0
#: A rest up to this long has its own wake-up; a longer one is ended by the sweep.
SOON_SECONDS = 60.0
#: Deadlocks, lock waits and lost connections in a row before the run fails.
STUMBLES = 3

TRANSITIONS: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED}),
    RunStatus.RUNNING: RUN_ENDS,
}


@dataclass(frozen=True)
class Kind:
    """A registered kind of run: its step, the queue of its tasks, and what is put in order when it stops early."""

    name: str
    step: Step
    queue: str
    stopped: Stopped | None = None


_kinds: dict[str, Kind] = {}


class Resting(Exception):
    """A signal from a step to :func:`work`, no error: nothing is due, this visit is over (see :func:`rest`)."""


class LeaseLost(RuntimeError):
    """Another worker holds this run now: stop at once, write nothing more."""


def kind(name: str, *, queue: str = "default", stopped: Stopped | None = None) -> Callable[[Step], Step]:
    """Registers ``fn(run) -> bool`` (True: more to do) as the step of runs of ``name``.

    ``stopped(run)`` is called in the transaction in which such a run ends cancelled or failed, to close what is
    left of it.
    """

    def register(fn: Step) -> Step:
        taken = _kinds.get(name)
        if taken is not None and taken.step.__qualname__ != fn.__qualname__:
            raise ValueError(f"a kind of run named {name} is registered already")
        _kinds[name] = Kind(name, fn, queue, stopped)
        return fn

    return register


def queue_of(name: str) -> str:
    """The Celery queue of a kind; the default one for a kind this process does not know."""
    return _kinds[name].queue if name in _kinds else "default"


def _rows() -> Any:
    return Run.objects.across_organisations("a run is found by its id; callers check the organisation")


# ── beginning and ending ────────────────────────────────────────────────────


def start(
    *,
    kind: str,
    organisation: Any,
    actor: Any,
    title: str,
    subject: str = "",
    total: int = 0,
    params: Mapping[str, Any] | None = None,
) -> Run:
    """Makes a queued run; a worker is told when the transaction commits. ``actor`` is a User or None."""
    run = Run.objects.create(
        organisation=organisation,
        kind=kind,
        actor=actor,
        title=title[:200],
        subject=subject,
        total=total,
        params=dict(params or {}),
    )
    transaction.on_commit(lambda: wake(run.pk, kind), robust=True)
    return run


def wake(run_id: int, kind: str, *, after: float = 0) -> None:
    """Tells a worker to look at the run in ``after`` seconds; losing this costs only the time until the next sweep."""
    from foundation.tasks import run_step  # noqa: PLC0415 - tasks import this module

    run_step.apply_async(args=(run_id,), queue=queue_of(kind), retry=False, countdown=after)


def own(actor: Any) -> QuerySet[Run]:
    """The runs that ``actor`` began."""
    return Run.objects.for_organisation(actor.organisation_id).filter(actor=actor)


def own_for(actor: Any, run_id: int) -> Run:
    """One run of the actor's own; raises Missing for somebody else's as for none."""
    found = own(actor).filter(pk=run_id).first()
    if found is None:
        raise Missing("There is no such run.")
    return found


def progress(
    run: Run, *, done: int | None = None, failed: int | None = None, total: int | None = None, note: str = ""
) -> None:
    """Stores absolute counts. Raises :class:`LeaseLost` when this worker no longer holds the run.

    Called inside a step's own transaction it locks the run's row until the commit: nobody else can take the run
    over between the work and its count, so a slice is never counted, or done, twice.
    """
    values = {
        name: value
        for name, value in (("done", done), ("failed", failed), ("total", total))
        if value is not None
    }
    if note:
        values["note"] = note[:200]  # type: ignore[assignment]
    _held(run, **values, lease_until=Now() + LEASE)
    for name, value in values.items():
        setattr(run, name, value)


def rest(run: Run, *, until: datetime.datetime, note: str = "") -> NoReturn:
    """Nothing is due before ``until``: ends this visit and gives the run back; it is taken up again from then on.

    Called by a step outside a transaction; does not return. A run at rest is held by nobody, so cancelling it ends
    it at once. Raises :class:`LeaseLost`.
    """
    values: dict[str, Any] = {"note": note[:200]} if note else {}
    _held(run, **values, lease_token="", lease_until=until)
    seconds = (until - timezone.now()).total_seconds()
    if seconds <= SOON_SECONDS:
        wake(run.pk, run.kind, after=max(seconds, 0) + 0.1)
    raise Resting


def hasten(run_ids: Collection[int]) -> int:
    """What runs at rest waited for has come: they are due now. Returns how many were at rest."""
    resting = _rows().filter(pk__in=list(run_ids), status=RunStatus.RUNNING, lease_token="")
    due = list(resting.values_list("pk", "kind"))
    resting.update(lease_until=None)
    for run_id, name in due:
        transaction.on_commit(partial(wake, run_id, name), robust=True)
    return len(due)


def finish(run: Run, *, result: Mapping[str, Any]) -> None:
    """The run is done; ``result`` is what its page shows. Raises :class:`LeaseLost`."""
    _end(run, RunStatus.DONE, result=dict(result))


def fail(run: Run, *, code: str, text: str) -> None:
    """The run stops with a reason a person can read. Raises :class:`LeaseLost`."""
    _end(run, RunStatus.FAILED, problem_code=code[:60], problem_text=text[:500])


def _held(run: Run, **values: Any) -> None:
    """Compare-and-set by the lease: zero rows mean that someone else decided."""
    held = _rows().filter(pk=run.pk, lease_token=run.lease_token, status=RunStatus.RUNNING)
    if not run.lease_token or not held.update(**values):
        raise LeaseLost(f"run {run.pk}")


def _end(run: Run, status: RunStatus, **values: Any) -> None:
    assert status in TRANSITIONS[RunStatus.RUNNING]
    with transaction.atomic():
        _held(run, status=status, ended_at=Now(), lease_until=None, **values)
        run.status = status
        for name, value in values.items():
            setattr(run, name, value)
        _stopped(run)


def _stopped(run: Run) -> None:
    """Lets the kind close what is left of a run that ended before its work did."""
    registered = _kinds.get(run.kind)
    if run.status != RunStatus.DONE and registered is not None and registered.stopped is not None:
        registered.stopped(run)


def cancel(*, run_id: int, actor: Any) -> Run:
    """Asks a run to stop before its next step; one that nobody has begun ends at once.

    Raises Missing for another organisation's run, Conflict for one that has ended.
    """
    with transaction.atomic():
        own = Run.objects.for_organisation(actor.organisation_id)
        run = own.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise Missing
        if run.ended:
            raise Conflict("It has ended already.")
        if not run.cancel_requested:
            run.cancel_requested, run.cancelled_by = True, actor
        nobody_has_it = run.status == RunStatus.QUEUED or not run.lease_token  # not begun, or at rest
        if nobody_has_it:
            run.status = RunStatus.CANCELLED
            run.ended_at = timezone.now()
        run.save(update_fields=["cancel_requested", "cancelled_by", "status", "ended_at"])
        if nobody_has_it:
            _stopped(run)
    return run


def asked_to_stop(run: Run) -> bool:
    """Whether somebody cancelled the run under way: a step that goes on for long looks, and returns True."""
    return bool(_rows().filter(pk=run.pk, cancel_requested=True).exists())


# ── working ─────────────────────────────────────────────────────────────────


def _lease(run_id: int) -> Run | None:
    """Takes the run if nobody holds it; the database's clock decides."""
    token = uuid.uuid4().hex
    free = _rows().filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        pk=run_id,
        status__in=[RunStatus.QUEUED, RunStatus.RUNNING],
    )
    taken = free.update(
        status=RunStatus.RUNNING,
        lease_token=token,
        lease_until=Now() + LEASE,
        started_at=Coalesce(F("started_at"), Now()),
    )
    if not taken:
        return None
    run: Run = _rows().select_related("organisation", "actor").get(pk=run_id)
    return run if run.lease_token == token else None


def work(run_id: int) -> bool:
    """One visit of a worker: at most 20 s of steps. True when there is more to do.

    A :class:`Problem` that a step raises becomes the run's typed failure; any other exception is logged with
    the run's id and becomes ``unexpected``. Deadlocks and lock timeouts are tried again.
    """
    run = _lease(run_id)
    if run is None:
        return False
    with (
        structlog.contextvars.bound_contextvars(run_id=run.pk, run_kind=run.kind),
        transactions.without_statement_timeout(),
        # What a run changes is told as its starter's, as if the page had done it.
        transactions.settings_for_each_transaction(lambda: _who(run)),
    ):
        try:
            return _visit(run)
        except Resting:
            return False
        except LeaseLost:
            log.warning("runs.lease_lost")
            return False


def _who(run: Run) -> Mapping[str, str]:
    return {**transactions.system(run.kind), **transactions.who(run.actor, f"run:{run.pk}")}


def _visit(run: Run) -> bool:
    registered = _kinds.get(run.kind)
    if registered is None:
        fail(run, code="unknown_kind", text="This version does not know this kind of work.")
        return False
    until = time.monotonic() + VISIT_SECONDS
    stumbles = 0
    while True:
        if asked_to_stop(run):
            _end(run, RunStatus.CANCELLED)
            return False
        try:
            more = registered.step(run)
            stumbles = 0
        except (LeaseLost, Resting):
            raise
        except Problem as problem:
            log.info("runs.failed", code=problem.code)
            fail(run, code=problem.code, text=problem.text)
            return False
        except (OperationalError, InterfaceError) as error:
            stumbles += 1
            _stumbled(run, stumbles, error)
            more = stumbles < STUMBLES
        except (
            Exception
        ):  # any bug of a kind ends its run as failed; a worker that dies would try it for ever
            log.exception("runs.broke")
            fail(
                run,
                code="unexpected",
                text=f"Something broke on our side (run {run.pk}). It was written down.",
            )
            return False
        if not more:
            _settle(run)
            return False
        if time.monotonic() >= until:
            _held(run, lease_until=None)
            return True
        _held(run, lease_until=Now() + LEASE)


def _stumbled(run: Run, stumbles: int, error: Exception) -> None:
    """The database said "not now": wait a little and try the same step again, a few times."""
    log.warning("runs.stumbled", failure=type(error).__name__, stumbles=stumbles)
    if not connection.is_usable():
        connection.close()
    if stumbles >= STUMBLES:
        fail(run, code="database", text="The database was busy for too long. Start it again.")
        return
    time.sleep(0.2 * stumbles)


def _settle(run: Run) -> None:
    """The step said there is no more: done, unless it ended the run itself."""
    if run.status == RunStatus.RUNNING:
        finish(run, result=run.result)


def sweep() -> int:
    """Wakes live runs that nobody holds (lost wake-up, dead worker); returns how many."""
    stale = list(
        _rows()
        .filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
            status__in=[RunStatus.QUEUED, RunStatus.RUNNING],
        )
        .order_by("pk")
        .values_list("pk", "kind")[:500]
    )
    for run_id, name in stale:
        wake(run_id, name)
    return len(stale)
