"""News goes up by event: written with the change, delivered at least once, in order per subject.

:func:`emit` writes one event and one delivery per consumer in the caller's transaction. :func:`deliver` takes a
delivery, runs its consumer and deletes the delivery in ONE transaction, so a crash at any point either did both
or neither. Celery is told on commit only to be quick; beat finds everything else. A consumer of much news takes it in
batches (:func:`in_batches`, :func:`deliver_batches`), with the same promises.
See docs/architecture.md, "Facts go down by call, news goes up by event".
"""

from __future__ import annotations

import datetime
import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from foundation import transactions
from foundation.models import Delivery, Event

log = structlog.get_logger(__name__)

Consumer = Callable[[Event], None]
BatchConsumer = Callable[[Sequence[Event]], None]

#: Waits after the first, second … failure; after the last one the delivery is dead.
BACKOFF = tuple(
    datetime.timedelta(seconds=seconds) for seconds in (1, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600)
)
RETENTION = datetime.timedelta(days=30)

_consumers: dict[str, Consumer] = {}
_batches: dict[str, BatchConsumer] = {}
_by_kind: dict[str, list[str]] = {}
_WAKE_KEY = "foundation:deliver:woken"
#: First key of the advisory lock; the second is made of the consumer's name.
_TURN = 7_003
#: Seconds between two wake-ups of a stream of news (:func:`one_stream`).
_STREAM_WAKES = 0.5

#: Event and deliveries in one statement, planned once per connection (migration 0005): emitting is on the path of
#: every message that is sent.
_EMIT = "foundation_emit(%s, %s, %s, %s::text[], %s::text[])"


class OutsideTransaction(RuntimeError):
    """``emit`` outside ``transaction.atomic``: the news could be lost, or told of something rolled back."""


def consumer(name: str, *kinds: str) -> Callable[[Consumer], Consumer]:
    """Registers ``fn(event)`` under ``name`` for ``kinds``. It must be idempotent and use no network.

    The module is imported in its app's ``AppConfig.ready()``. Registering the same function again (a reload)
    changes nothing; another function under a taken name is a bug and raises.
    """

    def register(fn: Consumer) -> Consumer:
        taken = _consumers.get(name)
        if taken is not None and taken.__qualname__ != fn.__qualname__:
            raise ValueError(f"a consumer named {name} is registered already")
        _consumers[name] = fn
        _owe(name, kinds)
        return fn

    return register


def in_batches(name: str, *kinds: str) -> Callable[[BatchConsumer], BatchConsumer]:
    """As :func:`consumer` for ``fn(events)``: many at once, in the order of their ids, by one process at a time.

    When it raises, each event is given to it alone; one that fails waits and holds only its own subject.
    """

    def register(fn: BatchConsumer) -> BatchConsumer:
        _batches[name] = fn
        _owe(name, kinds)
        return fn

    return register


def _owe(name: str, kinds: Iterable[str]) -> None:
    for kind in kinds:
        names = _by_kind.setdefault(kind, [])
        if name not in names:
            names.append(name)


def unregister(name: str) -> None:
    """Forgets a consumer (tests that bring their own)."""
    _consumers.pop(name, None)
    _batches.pop(name, None)
    for names in _by_kind.values():
        if name in names:
            names.remove(name)


def emit(kind: str, *, organisation_id: int, subject: str, **ids: int | str | None) -> Event:
    """Writes the news in the running transaction; raises :class:`OutsideTransaction` outside one.

    ``subject`` is what it is about ("message:12"): each consumer gets a subject's events in the order of
    their ids. Two transactions that emit for one subject must lock the subject's row first, as every change of
    status does; otherwise their order is not defined. ``ids`` are ids, never names or addresses.
    """
    [(pk, created_at)] = _write(kind, organisation_id, {subject: ids})
    return Event(
        pk=pk, organisation_id=organisation_id, kind=kind, subject=subject, ids=ids, created_at=created_at
    )


def emit_many(kind: str, *, organisation_id: int, news: Mapping[str, Mapping[str, int | str | None]]) -> None:
    """The same news about many subjects in one statement: ``{subject: ids}``; otherwise as :func:`emit`."""
    if news:
        _write(kind, organisation_id, news)


def within(
    kind: str, *, organisation_id: int, subject: str, **ids: int | str | None
) -> tuple[str, Sequence[Any]]:
    """:func:`emit` as part of the statement that makes the change: an expression for it, and its parameters.

    For what is done once per message that is sent. The news is written when the expression is evaluated, in the running
    transaction; raises :class:`OutsideTransaction` outside one.
    """
    return f"(SELECT count(*) FROM {_EMIT})", _call(  # noqa: S608 - this module's own words
        kind, organisation_id, {subject: ids}
    )


def _write(
    kind: str, organisation_id: int, news: Mapping[str, Mapping[str, int | str | None]]
) -> list[tuple[int, datetime.datetime]]:
    values = _call(kind, organisation_id, news)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT event_id, emitted_at FROM {_EMIT}", values)  # noqa: S608 - this module's own words
        written: list[tuple[int, datetime.datetime]] = cursor.fetchall()
    return written


def _call(
    kind: str, organisation_id: int, news: Mapping[str, Mapping[str, int | str | None]]
) -> Sequence[Any]:
    """The parameters of ``_EMIT``; whoever owes news is woken once the running transaction commits."""
    if not transactions.inside():
        raise OutsideTransaction(f"{kind} must be emitted inside the transaction of the change it tells of")
    names = _by_kind.get(kind, [])
    if names:
        transaction.on_commit(_wake, robust=True)
    return [organisation_id, kind, list(news), [json.dumps(ids) for ids in news.values()], names]


@dataclass
class _Stream:
    """When the last wake-up of a stream was, and whether one is owed since."""

    woken_at: float = -math.inf
    owed: bool = False


_stream: ContextVar[_Stream | None] = ContextVar("beckon_events_stream", default=None)


@contextmanager
def one_stream() -> Iterator[None]:
    """Commits inside wake a worker at once, then at most every half second, and once more at the end.

    For work that tells of something many times a second: asking Redis each time would cost more than telling.
    """
    stream = _Stream()
    token = _stream.set(stream)
    try:
        yield
    finally:
        _stream.reset(token)
        if stream.owed:
            _wake_anyway()


def _wake_anyway() -> None:
    """Outside a commit: without Redis the news waits for beat, as it does inside one."""
    try:
        _wake()
    except Exception:
        log.warning("events.wake_failed", exc_info=True)


def _wake() -> None:
    """Tells a worker, unless one was told and has not looked yet (it clears the key before it looks)."""
    stream = _stream.get()
    if stream is not None:
        now = time.monotonic()
        stream.owed = now < stream.woken_at + _STREAM_WAKES
        if stream.owed:
            return
        stream.woken_at = now
    from foundation.tasks import deliver_events  # noqa: PLC0415 - tasks import this module

    if cache.add(_WAKE_KEY, 1, timeout=5):
        deliver_events.apply_async(retry=False)


def heard() -> None:
    """The worker was woken: from here on a commit wakes again. Called before looking, so nothing falls between."""
    cache.delete(_WAKE_KEY)


# ── delivering ──────────────────────────────────────────────────────────────


def _open() -> QuerySet[Delivery]:
    """Deliveries that are first of their subject for their consumer: a held subject hides its followers."""
    earlier = Delivery.objects.across_organisations("order within a consumer").filter(
        consumer=OuterRef("consumer"), subject=OuterRef("subject"), pk__lt=OuterRef("pk")
    )
    return (
        Delivery.objects.across_organisations("the deliverer serves all")
        .filter(dead=False, not_before__lte=Now())
        .filter(~Exists(earlier))
    )


def deliver(*, limit: int = 200, consumers: Collection[str] | None = None) -> int:
    """Delivers what is due, at most ``limit``; returns how many consumers ran to their end.

    Any number of processes may call it at once. ``consumers`` narrows it to those names. A consumer that raises
    is rolled back alone and tried again later (:data:`BACKOFF`); it holds only its own subject.
    """
    names = set(_consumers if consumers is None else consumers) & _consumers.keys()
    delivered = tried = 0
    while tried < limit:
        due = list(
            _open().filter(consumer__in=names).order_by("pk").values_list("pk", flat=True)[: limit - tried]
        )
        results = [_deliver_one(pk) for pk in due]
        delivered += results.count(True)
        tried += sum(result is not None for result in results)
        # Nothing due, all taken by others, or only failures: the next call looks again.
        if True not in results:
            break
    return delivered


def _deliver_one(pk: int) -> bool | None:
    """True: done. False: failed, will be tried again or is dead. None: someone else has it."""
    try:
        with transaction.atomic():
            delivery = (
                _open()
                .filter(pk=pk)
                .select_related("event")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if delivery is None:
                return None
            try:
                with transaction.atomic():
                    _consumers[delivery.consumer](delivery.event)
            except Exception as error:  # noqa: BLE001 - any failure of a consumer is recorded on its delivery
                _failed(delivery, error)
                return False
            delivery.delete()
            return True
    except (OperationalError, InterfaceError) as error:
        # A lost connection took the record of the failure with it. Not counted: the delivery is due as before.
        if not connection.is_usable():
            connection.close()
            raise
        log.warning("events.delivery_interrupted", delivery=pk, failure=type(error).__name__)
        return False


def deliver_batches(*, limit: int = 500, consumers: Collection[str] | None = None) -> int:
    """Gives each consumer of batches what is due, at most ``limit``; returns how many events were taken.

    A consumer whose turn another process has is left out. ``consumers`` narrows it to those names.
    """
    names = set(_batches if consumers is None else consumers) & _batches.keys()
    return sum(_deliver_batch(name, _batches[name], limit) for name in sorted(names))


def _deliver_batch(name: str, fn: BatchConsumer, limit: int) -> int:
    held = Delivery.objects.across_organisations("order within a consumer").filter(
        Q(dead=True) | Q(not_before__gt=Now()),
        consumer=name,
        subject=OuterRef("subject"),
        pk__lt=OuterRef("pk"),
    )
    due = Delivery.objects.across_organisations("the deliverer serves all").filter(
        ~Exists(held), consumer=name, dead=False, not_before__lte=Now()
    )
    with transaction.atomic():
        if not _my_turn(name):
            return 0
        rows = list(due.select_related("event").order_by("event_id")[:limit])
        if not rows:
            return 0
        try:
            with transaction.atomic():
                fn([row.event for row in rows])
            done = rows
        except Exception as error:  # noqa: BLE001 - which of them it was is found below, and recorded there
            log.warning("events.batch_failed", consumer=name, failure=type(error).__name__, count=len(rows))
            done = _one_by_one(rows, fn)
        ids = [row.pk for row in done]
        Delivery.objects.across_organisations("by primary key").filter(pk__in=ids).delete()
        return len(done)


def _one_by_one(rows: Sequence[Delivery], fn: BatchConsumer) -> list[Delivery]:
    done, held = [], set()
    for row in rows:
        if row.subject in held:
            continue
        try:
            with transaction.atomic():
                fn([row.event])
        except Exception as error:  # noqa: BLE001 - any failure of a consumer is recorded on its delivery
            _failed(row, error)
            held.add(row.subject)
        else:
            done.append(row)
    return done


def _my_turn(name: str) -> bool:
    """Whether this transaction is the one that serves the consumer; the others need not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_TURN, name])
        row = cursor.fetchone()
    return bool(row and row[0])


def _failed(delivery: Delivery, error: Exception) -> None:
    attempts = delivery.attempts + 1
    dead = attempts > len(BACKOFF)
    wait = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    failure = f"{type(error).__module__}.{type(error).__qualname__}"[:200]
    Delivery.objects.across_organisations("by primary key").filter(pk=delivery.pk).update(
        attempts=attempts, dead=dead, failure=failure, not_before=Now() + wait
    )
    (log.error if dead else log.warning)(
        "events.delivery_dead" if dead else "events.delivery_failed",
        delivery=delivery.pk,
        consumer=delivery.consumer,
        event_id=delivery.event_id,
        attempts=attempts,
        failure=failure,
        exc_info=error,
    )


def revive(deliveries: Iterable[int]) -> int:
    """A person says "try again": dead or waiting deliveries are due at once, with all their tries."""
    return (
        Delivery.objects.across_organisations("the installation's administrator")
        .filter(pk__in=list(deliveries))
        .update(dead=False, attempts=0, not_before=Now())
    )


def prune(*, now: datetime.datetime) -> int:
    """Deletes events older than the retention that are owed to nobody; returns how many."""
    owed = Delivery.objects.across_organisations("retention").filter(event=OuterRef("pk"))
    old = Event.objects.across_organisations("retention").filter(
        ~Exists(owed), created_at__lt=now - RETENTION
    )
    deleted, _ = old.delete()
    return deleted


def waiting() -> dict[str, int]:
    """How many deliveries are due for longer than a minute, and how many are dead; for ``/readyz`` and logs."""
    rows = Delivery.objects.across_organisations("health")
    late = rows.filter(dead=False, not_before__lt=Now() - datetime.timedelta(minutes=1))
    return {"late": late.count(), "dead": rows.filter(dead=True).count()}
