"""What deliveries are about, done by a worker: whom they name is read again at the vendor and taken in."""

from __future__ import annotations

import datetime
import time

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations import links, mapping, opening, person_variables, receiving
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, NotFound, RateLimited, TemporaryError
from integrations.base.records import Capability, RemotePerson, RemoteRef
from integrations.models import CallStatus, Connection, ConnectionStatus, RemoteLink, WebhookCall

log = structlog.get_logger(__name__)

VISIT_SECONDS = 20.0
#: After so many tries it is given up: the next reading of the feed says the same.
TRIES = 6
#: The wait after the first, second … failure, times the number of failures.
WAIT = datetime.timedelta(seconds=30)
#: Longer than reading everybody one delivery names; whoever dies with it holds the others up for so long.
LEASE = datetime.timedelta(seconds=120)
_UNFINISHED = (
    f"Beckon could not finish this in {TRIES} tries; its log says why. The next reading tells the same."
)
#: Namespace of the advisory lock under which a delivery of a connection is taken.
_FOLLOWING = 0x426C
#: How long deliveries are known, so that a repeat is recognised.
RETENTION = datetime.timedelta(days=7)


def due(*, now: datetime.datetime) -> list[tuple[int, int]]:
    """(organisation, connection) with deliveries that wait."""
    rows = WebhookCall.objects.across_organisations("the worker serves all").filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        status=CallStatus.RECEIVED,
        connection__status=ConnectionStatus.CONNECTED,
    )
    return sorted(set(rows.values_list("organisation_id", "connection_id")))


def follow(*, organisation_id: int, connection_id: int) -> int:
    """Deal with what waits at one connection, in order, for up to 20 s; how many deliveries.

    Nothing is done while another worker follows one of the connection: that worker goes on with the next, so no answer
    of the vendor is overtaken by an older one.
    """
    until = time.monotonic() + VISIT_SECONDS
    done = 0
    while time.monotonic() < until:
        call = _next(organisation_id, connection_id)
        if call is None or not _one(call):
            break
        done += 1
    return done


def prune(*, now: datetime.datetime) -> int:
    """Forget deliveries older than :data:`RETENTION`; returns how many."""
    old = WebhookCall.objects.across_organisations("retention").filter(received_at__lt=now - RETENTION)
    deleted, _ = old.delete()
    return deleted


@transaction.atomic
def _next(organisation_id: int, connection_id: int) -> WebhookCall | None:
    """The first delivery that is due, taken with a lease; None when there is none, or while one is followed.

    A try counts from here, so that one at which the worker ends, or Beckon itself fails, is not repeated for ever.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [_FOLLOWING, connection_id])
    now = timezone.now()
    rows = _waiting(organisation_id).filter(connection_id=connection_id)
    if rows.filter(lease_until__gt=Now()).exists():
        return None
    ready = (
        rows.filter(
            Q(not_before__isnull=True) | Q(not_before__lte=now),
            Q(connection__not_before__isnull=True) | Q(connection__not_before__lte=now),
            connection__status=ConnectionStatus.CONNECTED,
        )
        .select_related("connection", "connection__organisation")
        .order_by("pk")
    )
    while (call := ready.first()) is not None and call.attempts >= TRIES:
        log.error("webhook_call_given_up", call=call.pk, connection=connection_id)
        _end(call, CallStatus.FAILED, _UNFINISHED)
    if call is not None:
        call.attempts += 1
        _row(call).update(lease_until=Now() + LEASE, attempts=call.attempts)
    return call


def _one(call: WebhookCall) -> bool:
    """One delivery; False when the vendor made it wait."""
    connection = call.connection
    try:
        connector = opening.open_connector(connection)
        missing = [RemoteRef(**ref) for ref in call.gone]
        found = []
        for ref in (RemoteRef(**row) for row in call.changed):
            try:
                person = _read(connection, connector, ref)
            except NotFound:
                missing.append(ref)
                continue
            found += [person] if person is not None else []
    except RateLimited as error:
        _row(call).update(lease_until=None, attempts=F("attempts") - 1)
        Connection.objects.for_organisation(call.organisation_id).filter(pk=connection.pk).update(
            not_before=timezone.now() + error.retry_after
        )
        return False
    except ConnectorError as error:
        return _failed(call, error)
    receiving.take(connection, found)
    receiving.gone(connection, missing)
    _end(call, CallStatus.DONE, "")
    return True


def _read(connection: Connection, connector: Connector, ref: RemoteRef) -> RemotePerson | None:
    """The record as it is now. Where one record cannot be read, whom we are linked to is searched for."""
    if connector.supports(Capability.READ_PERSON):
        return connector.read(ref)
    link = (
        RemoteLink.objects.for_organisation(connection.organisation_id)
        .filter(connection=connection, remote_id=ref.external_id)
        .select_related("candidate")
        .first()
    )
    if link is None or links.sure(connection, link.candidate) is None:
        return None
    keys = mapping.keys(person_variables.of(viewer=None, candidate=link.candidate))
    found = connector.find(keys, record_type=ref.record_type, target=None, acting_as="") if keys else ()
    return next((person for person in found if person.external_id == ref.external_id), None)


def _failed(call: WebhookCall, error: ConnectorError) -> bool:
    if not isinstance(error, TemporaryError) or call.attempts >= TRIES:
        _end(call, CallStatus.FAILED, str(error))
        return True
    _row(call).update(
        not_before=timezone.now() + WAIT * call.attempts,
        lease_until=None,
        reason=str(error)[:500],
    )
    return False


def _end(call: WebhookCall, status: CallStatus, reason: str) -> None:
    _row(call).update(status=status, reason=reason[:500], body=b"", not_before=None)


def _row(call: WebhookCall) -> QuerySet[WebhookCall]:
    return _waiting(call.organisation_id).filter(pk=call.pk)


def _waiting(organisation_id: int) -> QuerySet[WebhookCall]:
    return WebhookCall.objects.for_organisation(organisation_id).filter(status=CallStatus.RECEIVED)
