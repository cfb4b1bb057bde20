"""Deliveries on their way: claimed, called side by side, settled.

At least once: a delivery is claimed with a lease before the call and settled after it, so one whose worker died is sent
again. In order of its subject: of a subject only the first open one is claimed. A receiver that is away holds its own
deliveries alone: one of them asks from time to time whether it is back.

Calls run in threads, which see no database; claiming and settling are statements for many deliveries each, in the
thread that called :func:`visit`.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from foundation.secrets import SecretUnreadable
from publishing import calling, endpoints, feed
from publishing.calling import Answer, Lines, Meaning
from publishing.models import Endpoint, WebhookDelivery
from publishing.states import LONGEST_WAIT, TRANSITIONS, DeliveryStatus, next_try, wait

log = structlog.get_logger(__name__)

#: Calls under way together, and of one endpoint.
_AT_ONCE, _OF_ONE = 32, 8
#: Seconds that the first answer waits for others: settling costs as much for eight as for one. It does not wait for
#: calls that were begun longer ago than the second number.
_TOGETHER, _PROMPT = 0.01, 0.1
#: Deliveries claimed of one endpoint at a time, and held in all before more are claimed.
_AT_A_TIME, _STOCK = 32, 256
#: Seconds from one look for more to the next, while there is something to begin: it costs as much as several calls.
_LOOK_AGAIN = 0.05
#: Longer than all that is held of one endpoint may take.
_LEASE_SECONDS = 120
#: One visit at a time in the whole installation is fast enough. It spares work and keeps no promise: two would share
#: the deliveries, as their claims are exclusive.
_VISIT, _VISIT_SECONDS = "publishing:visit", 40

_W, _S = DeliveryStatus.WAITING, DeliveryStatus.SENDING

# The first of each subject, the oldest first; of an endpoint that was away the one that asks whether it is back.
# Whoever claims the same row a moment later finds it no longer waiting.
_CLAIM = """
    WITH due AS (
        SELECT first.id FROM publishing_endpoint e CROSS JOIN LATERAL (
            SELECT d.id FROM publishing_webhookdelivery d
             WHERE d.endpoint_id = e.id AND d.status = 'waiting' AND d.not_before <= statement_timestamp()
               AND NOT EXISTS (
                   SELECT FROM publishing_webhookdelivery b
                    WHERE b.endpoint_id = d.endpoint_id AND b.subject = d.subject AND b.id < d.id
                      AND b.status IN ('waiting', 'sending'))
             ORDER BY d.id LIMIT CASE WHEN e.failures > 0 THEN 1 ELSE %s END
        ) first
         WHERE e.active AND e.not_before <= statement_timestamp() AND NOT e.id = ANY(%s::bigint[])
           AND (e.failures = 0 OR %s)
         LIMIT %s
    )
    UPDATE publishing_webhookdelivery d
       SET status = 'sending', claim_token = %s, lease_until = statement_timestamp() + make_interval(secs => %s)
      FROM due WHERE d.id = due.id AND d.status = 'waiting'
    RETURNING d.id
"""
_SETTLE = """
    UPDATE publishing_webhookdelivery d
       SET status = told.status, attempts = d.attempts + 1, not_before = told.not_before, answer = told.answer,
           answer_status = told.answer_status, took_ms = told.took_ms, tried_at = statement_timestamp(),
           claim_token = NULL, lease_until = NULL
      FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::int[], %s::int[])
        AS told (id, status, not_before, answer, answer_status, took_ms)
     WHERE d.id = told.id AND d.claim_token = %s
    RETURNING d.id
"""


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours to send, with all its call needs."""

    delivery: WebhookDelivery
    endpoint: Endpoint
    secrets: Sequence[str]
    event: Mapping[str, Any]


@dataclass(frozen=True)
class _Call:
    """A call under way, and when it was begun (``time.monotonic``)."""

    claimed: Claimed
    begun: float


def visit(*, seconds: float = 20.0) -> int:
    """Deliver what is due until there is nothing or the time is over; returns how many calls were made.

    Does nothing while another process visits.
    """
    if not cache.add(_VISIT, 1, timeout=_VISIT_SECONDS):
        return 0
    try:
        return _visit(time.monotonic() + seconds)
    finally:
        cache.delete(_VISIT)


def _visit(until: float) -> int:
    take_back()
    with Lines() as lines, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook") as threads:
        visit = _Visit(lines, threads)
        while visit.go_on(until):
            pass
        return visit.calls


class _Visit:
    """What one visit has claimed: ``ready`` by endpoint in order, and the calls under way."""

    def __init__(self, lines: Lines, threads: ThreadPoolExecutor) -> None:
        self.calls = 0
        self._lines, self._threads = lines, threads
        self._token = uuid.uuid4()
        self._ready: defaultdict[int, deque[Claimed]] = defaultdict(deque)
        self._busy: Counter[int] = Counter()
        self._under_way: dict[Future[Answer], _Call] = {}
        self._looked = 0.0

    def go_on(self, until: float) -> bool:
        """Claim, call, settle; False when nothing is left to do or the time is over."""
        now = time.monotonic()
        # While a receiver keeps the visit waiting for its answer, the others' events go on.
        if now < until or (self._under_way and now < until + calling.TIMEOUT):
            self._claim(also_failing=now < until)
            self._begin()
        else:
            self._put_back(*self._ready)
        if not self._under_way:
            return False
        wait_for(self._under_way, timeout=0.5, return_when=FIRST_COMPLETED)
        prompt = time.monotonic() - _PROMPT
        wait_for([each for each, call in self._under_way.items() if call.begun > prompt], timeout=_TOGETHER)
        done = [each for each in self._under_way if each.done()]
        ended = [(self._under_way.pop(each).claimed, each.result()) for each in done]
        if ended:
            self._end(ended)
        return True

    def _claim(self, *, also_failing: bool) -> None:
        """Get more where little is left; what is enough for a while is left alone."""
        now = time.monotonic()
        can_begin = any(self._busy[pk] < _OF_ONE for pk in self._ready)
        if can_begin and now < self._looked + _LOOK_AGAIN:
            return
        if sum(map(len, self._ready.values())) >= _STOCK:
            return
        self._looked = now
        stocked = {pk for pk, waiting in self._ready.items() if len(waiting) >= _OF_ONE}
        slow = {pk for pk, count in self._busy.items() if count >= _OF_ONE}
        # Of one that was away, one event asks whether it is back.
        calls = self._under_way.values()
        asked = {each.claimed.endpoint.pk for each in calls if each.claimed.endpoint.failures}
        for each in claim(self._token, without=[*stocked | slow | asked], also_failing=also_failing):
            self._ready[each.endpoint.pk].append(each)

    def _begin(self) -> None:
        """Call, those with the fewest calls under way first."""
        for pk in sorted(self._ready, key=lambda pk: self._busy[pk]):
            waiting = self._ready[pk]
            while waiting and self._busy[pk] < _OF_ONE and len(self._under_way) < _AT_ONCE:
                each = waiting.popleft()
                future = self._threads.submit(
                    calling.call, self._lines, each.endpoint.url, secrets=each.secrets, event=each.event
                )
                self._under_way[future] = _Call(each, time.monotonic())
                self._busy[pk] += 1
            if not waiting:
                del self._ready[pk]

    def _end(self, ended: Sequence[tuple[Claimed, Answer]]) -> None:
        self.calls += len(ended)
        settle(self._token, ended)
        for claimed, answer in ended:
            self._busy[claimed.endpoint.pk] -= 1
            if answer.meaning in {Meaning.AWAY, Meaning.GONE}:
                self._put_back(claimed.endpoint.pk)

    def _put_back(self, *endpoint_ids: int) -> None:
        """What was claimed for these and not begun waits again, untried."""
        ids = [each.delivery.pk for pk in endpoint_ids for each in self._ready.pop(pk, ())]
        if ids:
            WebhookDelivery.objects.across_organisations("the sender serves all").filter(
                pk__in=ids, claim_token=self._token
            ).update(status=_W, claim_token=None, lease_until=None)


def claim(token: uuid.UUID, *, without: Sequence[int] = (), also_failing: bool = True) -> list[Claimed]:
    """The next deliveries of every endpoint but those named ``without`` become ours."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [_AT_A_TIME, list(without), also_failing, _STOCK, token, _LEASE_SECONDS])
            ids = [row[0] for row in cursor.fetchall()]
        rows = (
            WebhookDelivery.objects.across_organisations("the sender serves all")
            .filter(pk__in=ids)
            .select_related("endpoint", "event")
            .order_by("pk")
        )
        found = list(rows)
    opened: dict[int, list[str]] = {}
    claimed = []
    for row in found:
        if row.endpoint_id not in opened:
            opened[row.endpoint_id] = _opened(row.endpoint)
        if opened[row.endpoint_id]:
            claimed.append(Claimed(row, row.endpoint, opened[row.endpoint_id], feed.payload(row.event)))
    return claimed


def _opened(endpoint: Endpoint) -> list[str]:
    """Its secrets; none, and the endpoint is off, when they cannot be read any more."""
    try:
        return endpoints.secrets_of(endpoint)
    except SecretUnreadable as unreadable:
        log.error("publishing.secret_unreadable", endpoint=endpoint.pk, code=unreadable.code)  # noqa: TRY400 - no trace: it says nothing more
        _switch_off(endpoint.pk, "Its secret cannot be read any more. Make a new one and switch it on.")
        return []


def settle(token: uuid.UUID, ended: Sequence[tuple[Claimed, Answer]]) -> None:
    """Write down what came of the calls; a delivery that is no longer ours stays as it is."""
    now = timezone.now()
    told: list[tuple[int, str, Any, str, int | None, int]] = []
    for claimed, answer in ended:
        row = claimed.delivery
        status, due = _outcome(row, answer, now)
        assert status in TRANSITIONS[_S]
        told.append((row.pk, str(status), due, answer.text[:500], answer.status, answer.took_ms))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [*map(list, zip(*told, strict=True)), token])
        _judge(ended, now)


def _outcome(row: WebhookDelivery, answer: Answer, now: Any) -> tuple[DeliveryStatus, Any]:
    if answer.meaning is Meaning.TAKEN:
        return DeliveryStatus.DELIVERED, now
    due = next_try(failures=row.attempts + 1, now=now, give_up_at=row.give_up_at)
    return (DeliveryStatus.DEAD, now) if due is None else (_W, due)


def _judge(ended: Sequence[tuple[Claimed, Answer]], now: Any) -> None:
    """What the answers say of their endpoints: there again, away, or not to be called any more."""
    by_endpoint: dict[int, list[Answer]] = {}
    for claimed, answer in ended:
        by_endpoint.setdefault(claimed.endpoint.pk, []).append(answer)
    rows = Endpoint.objects.across_organisations("the sender serves all")
    for pk, answers in sorted(by_endpoint.items()):
        meanings = {answer.meaning for answer in answers}
        if Meaning.GONE in meanings:
            _switch_off(pk, "The receiver answered 410: it does not want to be called any more.")
        elif Meaning.AWAY in meanings:
            away = next(answer for answer in answers if answer.meaning is Meaning.AWAY)
            endpoint = rows.select_for_update().get(pk=pk)
            if endpoint.not_before <= now:  # else this call was under way with one that has failed already
                endpoint.failures += 1
            endpoint.failing_since = endpoint.failing_since or now
            endpoint.not_before = now + max(wait(endpoint.failures), min(away.wait or wait(1), LONGEST_WAIT))
            endpoint.trouble = (away.text or f"It answered {away.status}.")[:300]
            endpoint.save(update_fields=["failures", "failing_since", "not_before", "trouble"])
        else:
            taken = {"delivered_at": now} if Meaning.TAKEN in meanings else {}
            rows.filter(pk=pk).update(failures=0, failing_since=None, trouble="", **taken)


def _switch_off(endpoint_id: int, why: str) -> None:
    Endpoint.objects.across_organisations("by primary key").filter(pk=endpoint_id).update(
        active=False, off_reason=why
    )


def take_back() -> int:
    """What a worker that died had claimed waits again."""
    return (
        WebhookDelivery.objects.across_organisations("the sender serves all")
        .filter(status=_S, lease_until__lt=timezone.now())
        .update(status=_W, claim_token=None, lease_until=None)
    )
