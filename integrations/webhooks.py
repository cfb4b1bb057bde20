"""The address at which a vendor tells us of changes: made, subscribed, ended, and what is answered there.

The key in the address says which connection it is; the vendor's signature, where it signs, says that it is the vendor.
A delivery is stored and answered at once; what it is about is done by a worker (``webhook_calls``).
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import ClassVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from foundation import secrets
from foundation.problems import Invalid, Missing, Problem
from integrations import opening
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, MalformedResponse
from integrations.base.records import Capability, Subscription
from integrations.models import CallStatus, Connection, ConnectionStatus, Hook, WebhookCall

log = structlog.get_logger(__name__)

TABLE = "integrations_hook"
#: No vendor's delivery is larger; a larger one is refused unread.
MOST_BYTES = 1024 * 1024
#: Of several signing secrets the last two count: the vendor may change over in its own time.
SECRETS = 2


class NoSuchHook(Missing):
    """Nobody's address, or that of a connection that was removed."""

    code: ClassVar[str] = "hook_missing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor hears."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


# --- the address ------------------------------------------------------------------------------------------


def hook_of(connection: Connection) -> Hook | None:
    """The connection's address, if one was made."""
    return _rows(connection).first()


def ensure(connection: Connection) -> Hook:
    """The connection's address, made now if there is none."""
    with transaction.atomic():
        Connection.objects.for_organisation(connection.organisation_id).select_for_update().get(
            pk=connection.pk
        )
        known = hook_of(connection)
        if known is not None:
            return known
        key = randomness.token_urlsafe(32)
        made = Hook.objects.for_organisation(connection.organisation_id).create(
            organisation_id=connection.organisation_id,
            connection=connection,
            key_hash=secrets.token_hash(key),
        )
        _seal(made, key, [randomness.token_urlsafe(32)])
        return made


def made_by_hand(found: type[Connector]) -> bool:
    """Whether the vendor sends webhooks that only its own pages can make: people need our address there."""
    return found.supports(Capability.RECEIVE_WEBHOOK) and not found.supports(Capability.SUBSCRIBE)


def address(hook: Hook) -> str:
    """The whole address, for the vendor and for the administrator who enters it there."""
    key, _known = _open(hook)
    return f"{settings.PUBLIC_URL}{reverse('integrations:hook', args=[key])}"


def set_secret(*, actor: User, connection: Connection, secret: str) -> None:
    """The signing secret the vendor's own page shows, where webhooks are made there. Raises Invalid."""
    secret = secret.strip()
    if not 8 <= len(secret) <= 500 or not secret.isascii():
        raise Invalid("Copy the whole secret.", fields={"secret": "8–500 characters, as shown there."})
    hook = ensure(connection)
    with transaction.atomic():
        row = _rows(connection).select_for_update().get(pk=hook.pk)
        key, known = _open(row)
        _seal(row, key, [secret, *known][:SECRETS])
        row.secret_set_by = actor
        row.save(update_fields=["secret_set_by"])
    log.info("hook.secret_set", connection_id=connection.pk, user_id=actor.pk)


def subscribe(connection: Connection) -> bool:
    """Ask the vendor to call the address; whether it will. Its refusal is kept for the connection's page."""
    found = opening.vendor_of(connection)
    if not (found.supports(Capability.SUBSCRIBE) and found.supports(Capability.RECEIVE_WEBHOOK)):
        return False
    hook = ensure(connection)
    if hook.subscription_id:
        return True
    key, known = _open(hook)
    try:
        made = opening.open_connector(connection).subscribe(url=address(hook), secret=known[0])
    except ConnectorError as error:
        _rows(connection).filter(pk=hook.pk).update(trouble=str(error)[:500])
        return False
    with transaction.atomic():
        row = _rows(connection).select_for_update().filter(pk=hook.pk).first()
        if row is None:
            return False
        row.subscription_id, row.trouble = made.external_id[:500], ""
        row.save(update_fields=["subscription_id", "trouble"])
        if made.secret and made.secret != known[0]:
            _seal(row, key, [made.secret, *known][:SECRETS])
    return True


def end(connection: Connection) -> None:
    """The connection is removed: its address is nobody's at once; the vendor hears of it after the commit.

    Call inside the removing transaction, while the credential is still there.
    """
    hook = hook_of(connection)
    if hook is None:
        return
    if hook.subscription_id:
        try:
            _key, known = _open(hook)
            ended = Subscription(external_id=hook.subscription_id, secret=known[0])
            connector = opening.open_connector(connection)
            transaction.on_commit(partial(_unsubscribe, connector, ended), robust=True)
        except Problem as error:
            log.info("hook.not_unsubscribed", connection_id=connection.pk, code=error.code)
    hook.delete()


def _unsubscribe(connector: Connector, subscription: Subscription) -> None:
    try:
        connector.unsubscribe(subscription)
    except ConnectorError as error:
        # The address answers 404 from now on; vendors give up on such.
        log.info("hook.not_unsubscribed", vendor=connector.slug, code=error.code)


# --- a delivery -------------------------------------------------------------------------------------------


def receive(*, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Store one delivery and say what to answer; a repeated one is the same row.

    ``headers`` have lower-case names. Raises :class:`NoSuchHook`, SignatureRefused.
    """
    hook = (
        Hook.objects.across_organisations("the key says whose it is")
        .select_related("connection")
        .filter(key_hash=secrets.token_hash(key))
        .exclude(connection__status=ConnectionStatus.REMOVED)
        .first()
    )
    if hook is None:
        raise NoSuchHook("There is nothing here.")
    found = opening.vendor_of(hook.connection)
    if not found.supports(Capability.RECEIVE_WEBHOOK):
        raise NoSuchHook("There is nothing here.")
    _key, known = _open(hook)
    try:
        call = found.receive(headers=headers, body=body, secrets=tuple(known))
    except MalformedResponse as error:
        _store(hook, f"unreadable:{secrets.token_hash(body.hex())}", body, reason=str(error))
        return Answer()
    if call.changed or call.gone:
        _store(
            hook,
            call.delivery_id,
            body,
            event=call.event[:100],
            changed=[asdict(ref) for ref in call.changed],
            gone=[asdict(ref) for ref in call.gone],
        )
    return Answer(status=call.status, headers=call.echo)


def _store(hook: Hook, delivery_id: str, body: bytes, *, reason: str = "", **values: object) -> None:
    from integrations.tasks import follow_webhooks  # noqa: PLC0415 - tasks import the engine

    organisation_id, connection_id = hook.organisation_id, hook.connection_id
    with transaction.atomic():
        WebhookCall.objects.bulk_create(
            [
                WebhookCall(
                    organisation_id=organisation_id,
                    connection_id=connection_id,
                    delivery_id=delivery_id[:200],
                    body=body,
                    status=CallStatus.FAILED if reason else CallStatus.RECEIVED,
                    reason=reason[:500],
                    **values,
                )
            ],
            ignore_conflicts=True,
        )
        if not reason:
            transaction.on_commit(
                lambda: follow_webhooks.apply_async(args=(organisation_id, connection_id), retry=False),
                robust=True,
            )


# --- rows -------------------------------------------------------------------------------------------------


def _rows(connection: Connection) -> QuerySet[Hook]:
    return Hook.objects.for_organisation(connection.organisation_id).filter(connection=connection)


def _open(hook: Hook) -> tuple[str, list[str]]:
    values = secrets.unseal(hook.sealed, table=TABLE, row=hook.pk, organisation=hook.organisation_id)
    return values["key"], values["secrets"]


def _seal(hook: Hook, key: str, known: list[str]) -> None:
    values = {"key": key, "secrets": known}
    hook.sealed = secrets.seal(values, table=TABLE, row=hook.pk, organisation=hook.organisation_id)
    hook.save(update_fields=["sealed"])
