"""``Idempotency-Key``: the same request again gets the same answer again, and is done once.

The row of a key is written in the transaction of the work itself: a crash leaves neither, so the next try does the
work. A twin that comes meanwhile waits for that transaction (at most ``lock_timeout``, then 409). Only answers that
say "done" (2xx) are kept, for 24 hours; a refused request has done nothing and may be corrected under the same key. One
with ``Cache-Control: no-store`` tells a secret and is kept sealed.

Work that calls other systems has no transaction around it (:func:`_once_outside`): there the key is taken first, for
at most :data:`LEASE`.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpResponse

from foundation import secrets
from foundation.models import IdempotentAnswer
from foundation.problems import Conflict, Invalid, Problem

HEADER = "Idempotency-Key"
RETENTION = datetime.timedelta(hours=24)
#: Longer than work that calls other systems takes; a key whose worker died is free again after it.
LEASE = datetime.timedelta(minutes=5)
TABLE = "foundation_idempotentanswer"
_NEVER_STORED = "no-store"
_LONGEST = 200
_INSERT = """
INSERT INTO foundation_idempotentanswer (organisation_id, scope, key, path, request_hash, status, body, content_type)
VALUES (%s, %s, %s, %s, %s, 0, '', '') ON CONFLICT (organisation_id, scope, key) DO NOTHING RETURNING id
"""
_ANSWER = """
UPDATE foundation_idempotentanswer SET status = %s, body = %s, sealed = %s, content_type = %s
WHERE id = %s AND status = 0
"""


class BadKey(Invalid):
    """The header is empty, too long, or holds what is not printable ASCII."""

    code = "bad_idempotency_key"
    status = 400
    sentence = f"An Idempotency-Key has 1 to {_LONGEST} printable characters."


class KeyReused(Invalid):
    """The key was used for another request within 24 hours."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request. Use a new key for a new request."


class StillWorking(Conflict):
    """A request with this key is being worked on."""

    code = "idempotency_key_in_use"
    sentence = "A request with this Idempotency-Key is being worked on. Ask again in a moment."


class AnswerForgotten(Problem):
    """It was done, and whom the answer told of has been erased since."""

    code = "answer_forgotten"
    status = 410
    sentence = "This was done before. What the answer told has been erased since."


def checked(key: str) -> str:
    """The key, if it is one; raises :class:`BadKey`."""
    if not 1 <= len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise BadKey
    return key


def hash_of(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same: method, address with its query, and body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def once(
    *,
    organisation_id: int,
    scope: str,
    key: str,
    path: str,
    request_hash: str,
    work: Callable[[], HttpResponse],
    calls_others: bool = False,
) -> HttpResponse:
    """The stored answer, or that of ``work()``, which runs in one transaction with the storing of its answer.

    ``calls_others``: ``work`` opens connections, which no transaction may wait for.
    Raises :class:`KeyReused`, :class:`StillWorking` and :class:`AnswerForgotten`.
    """
    if calls_others:
        return _once_outside(organisation_id, scope, key, path, request_hash, work)
    with transaction.atomic():
        try:
            claimed = _claim(organisation_id, scope, key, path, request_hash)
        except OperationalError as error:
            raise StillWorking from error
        if claimed is None:
            return _again(_rows(organisation_id, scope, key).get(), request_hash)
        response = work()
        if not 200 <= response.status_code < 300:
            transaction.set_rollback(True)
            return response
        _keep(organisation_id, claimed, response)
    return response


def _once_outside(
    organisation_id: int, scope: str, key: str, path: str, request_hash: str, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """The key is written first and given back when nothing was done; a twin meanwhile is told to come again.

    Accepted: who dies between the work and the writing of its answer has it done once more, after :data:`LEASE`.
    """
    try:
        claimed = _claim(organisation_id, scope, key, path, request_hash)
    except OperationalError as error:
        raise StillWorking from error
    if claimed is None:
        claimed = _taken_over(organisation_id, scope, key, request_hash)
    if claimed is None:
        known = _rows(organisation_id, scope, key).first()
        if known is None:  # given back at this moment
            raise StillWorking
        return _again(known, request_hash)
    done = False
    try:
        response = work()
        done = 200 <= response.status_code < 300
    finally:
        if not done:
            _rows(organisation_id, scope, key).filter(status=0).delete()
    if done:
        _keep(organisation_id, claimed, response)
    return response


def forget(rows: QuerySet[IdempotentAnswer]) -> int:
    """Take out of answers what they tell; the keys stay used. Returns how many."""
    return rows.update(status=AnswerForgotten.status, body="", sealed="")


def prune(*, now: datetime.datetime) -> int:
    """Delete answers older than 24 hours; returns how many."""
    old = IdempotentAnswer.objects.across_organisations("retention").filter(created_at__lt=now - RETENTION)
    deleted, _ = old.delete()
    return deleted


def _rows(organisation_id: int, scope: str, key: str) -> QuerySet[IdempotentAnswer]:
    return IdempotentAnswer.objects.for_organisation(organisation_id).filter(scope=scope, key=key)


def _claim(organisation_id: int, scope: str, key: str, path: str, request_hash: str) -> int | None:
    """Insert the key and give its row's id; waits for a twin's transaction, and is None when the twin did the work."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [organisation_id, scope, key, path[:300], request_hash])
        row = cursor.fetchone()
    return row[0] if row else None


def _taken_over(organisation_id: int, scope: str, key: str, request_hash: str) -> int | None:
    """The row of a twin that died at its work; None when it did not."""
    rows = _rows(organisation_id, scope, key).filter(
        status=0, request_hash=request_hash, created_at__lt=Now() - LEASE
    )
    row = rows.values_list("pk", flat=True).first()
    return row if row is not None and rows.update(created_at=Now()) else None


def _keep(organisation_id: int, row: int, response: HttpResponse) -> None:
    body, sealed = response.content.decode(), ""
    if _NEVER_STORED in response.headers.get("Cache-Control", ""):
        body, sealed = "", secrets.seal({"body": body}, table=TABLE, row=row, organisation=organisation_id)
    kind = response.headers.get("Content-Type", "")
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER, [response.status_code, body, sealed, kind, row])


def _again(row: IdempotentAnswer, request_hash: str) -> HttpResponse:
    if row.request_hash != request_hash:
        raise KeyReused
    if row.status == 0:
        raise StillWorking
    if row.status == AnswerForgotten.status:
        raise AnswerForgotten
    body = row.body
    if row.sealed:
        body = secrets.unseal(row.sealed, table=TABLE, row=row.pk, organisation=row.organisation_id)["body"]
    response = HttpResponse(body, status=row.status, content_type=row.content_type)
    if row.sealed:
        response["Cache-Control"] = _NEVER_STORED
    response["Idempotency-Replayed"] = "true"
    return response
