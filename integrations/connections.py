"""Connecting, editing and removing a vendor's account (seed 000; docs/behaviour.md §7, §8)."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict, Invalid
from integrations import claims, opening, registry, webhooks
from integrations.base.connector import Connector
from integrations.base.records import Capability
from integrations.models import Connection, ConnectionStatus, Export, VendorIdentity
from integrations.states import check_connection
from integrations.verifying import first_lines

#: What may be ticked on the Capabilities tab, in its order.
EXPORT = "export"
POOLS = "pools"
PULL = "pull"


class AlreadyConnected(Conflict):
    """The organisation is connected to this vendor; edit that connection instead."""

    code: ClassVar[str] = "already_connected"


def offered(found: type[Connector]) -> tuple[str, ...]:
    """The boxes of a vendor's Capabilities tab."""
    pairs = (
        (EXPORT, Capability.PUSH_PERSON),
        (POOLS, Capability.LIST_POOLS),
        (PULL, Capability.PULL_CHANGES),
    )
    return tuple(box for box, capability in pairs if found.supports(capability))


def begin(
    *, actor: User, vendor: str, capabilities: Collection[str], again: Connection | None = None
) -> Connection:
    """*Confirm Choices* of a new connection: a draft that waits for its credentials.

    ``again`` is a removed connection that is "the same account as before": it comes back with its links and
    logs. A draft of the same vendor is taken over, so a second click changes nothing. Raises Invalid for
    choices the vendor does not offer or none, AlreadyConnected, Missing for an unknown vendor.
    """
    chosen = _chosen(registry.connector_class(vendor), capabilities)
    try:
        with transaction.atomic():
            return _draft(actor, vendor, chosen, again)
    except IntegrityError:
        # Another click was first; its draft is the one.
        with transaction.atomic():
            return _draft(actor, vendor, chosen, None)


def choose(*, actor: User, connection: Connection, capabilities: Collection[str]) -> Connection:  # noqa: ARG001 - the trail names the actor
    """Change the ticks of a connection. Raises Invalid as :func:`begin`."""
    connection.capabilities = _chosen(registry.connector_class(connection.vendor), capabilities)
    connection.save(update_fields=["capabilities"])
    return connection


def submit(*, actor: User, connection: Connection, values: dict[str, str]) -> Run:
    """*Submit* of the Credentials tab: seal the credential and start the verification.

    ``values`` come from the vendor's own form. The old credential is gone at once: it may be the one that
    leaked. Returns the run to watch.
    """
    with transaction.atomic():
        row = _locked(connection)
        _become(row, ConnectionStatus.VERIFYING)
        row.secret = opening.seal(row, values)
        row.account = opening.account_of(row.vendor, values)
        row.save(update_fields=["status", "secret", "account"])
        return _start_verification(row, actor)


def verify(*, actor: User, connection: Connection) -> Run:
    """Check an established or failed connection again with the credential it has. Raises NoCredential."""
    with transaction.atomic():
        row = _locked(connection)
        if not row.secret:
            raise opening.NoCredential("Enter the credentials first.")
        _become(row, ConnectionStatus.VERIFYING)
        row.save(update_fields=["status"])
        return _start_verification(row, actor)


def remove(*, actor: User, connection: Connection) -> None:
    """Wipe the secret and cancel what is under way; links and logs stay (docs/behaviour.md §7)."""
    with transaction.atomic():
        row = _locked(connection)
        webhooks.end(row)
        _become(row, ConnectionStatus.REMOVED)
        row.secret = ""
        row.trouble = ""
        row.verification = []
        row.not_before = None
        row.save(update_fields=["status", "secret", "trouble", "verification", "not_before"])
        claims.cancel_tasks(row)
        open_runs = (
            Export.objects.for_organisation(row.organisation_id)
            .filter(connection=row, run__status__in=("queued", "running"))
            .values_list("run_id", flat=True)
        )
        for run_id in [*open_runs, *([row.verification_run_id] if row.verification_run_id else [])]:
            runs.cancel(run_id=run_id, actor=actor)


def needs_reconnect(connection: Connection, *, trouble: str) -> None:
    """The vendor no longer takes the credential: say so on the page; items wait until a person has acted."""
    with transaction.atomic():
        row = _locked(connection)
        if row.status != ConnectionStatus.CONNECTED:
            return
        _become(row, ConnectionStatus.NEEDS_RECONNECT)
        row.trouble = trouble[:500]
        row.save(update_fields=["status", "trouble"])


def set_source(*, actor: User, connection: Connection, label: str) -> None:  # noqa: ARG001 - the trail names the actor
    """What stands in the ``Source`` field of exported people. Raises Invalid when empty or too long."""
    label = " ".join(label.split())
    if not 0 < len(label) <= 100:
        raise Invalid(
            "Give a source of at most 100 characters.", fields={"source_label": "1–100 characters."}
        )
    connection.source_label = label
    connection.save(update_fields=["source_label"])


def set_identity(*, actor: User, connection: Connection, email: str) -> None:
    """The actor's own address at the vendor; empty goes back to the login e-mail. Raises Invalid."""
    email = email.strip()
    rows = VendorIdentity.objects.for_organisation(connection.organisation_id)
    if not email or email.casefold() == actor.email.casefold():
        rows.filter(connection=connection, user=actor).delete()
        return
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("This is not an e-mail address.", fields={"email": "Not an e-mail address."}) from None
    VendorIdentity.unguarded.update_or_create(
        organisation_id=connection.organisation_id,
        connection=connection,
        user=actor,
        defaults={"email": email},
    )


def _draft(actor: User, vendor: str, chosen: list[str], again: Connection | None) -> Connection:
    rows = Connection.objects.for_organisation(actor.organisation_id).select_for_update()
    live = rows.filter(vendor=vendor).exclude(status=ConnectionStatus.REMOVED).first()
    if live is not None and live.status != ConnectionStatus.DRAFT:
        raise AlreadyConnected("Your organisation is already connected to this system.")
    if live is None and again is not None:
        live = rows.get(pk=again.pk)
        _become(live, ConnectionStatus.DRAFT)
    if live is None:
        live = Connection(organisation=actor.organisation, vendor=vendor, created_by=actor)
    live.capabilities = chosen
    live.save()
    return live


def _chosen(found: type[Connector], capabilities: Collection[str]) -> list[str]:
    chosen = [box for box in offered(found) if box in capabilities]
    if EXPORT not in chosen:
        raise Invalid("Tick Export to continue.", fields={"capabilities": "Tick Export to continue."})
    return chosen


def _locked(connection: Connection) -> Connection:
    return (
        Connection.objects.for_organisation(connection.organisation_id)
        .select_for_update()
        .get(pk=connection.pk)
    )


def _become(row: Connection, status: ConnectionStatus) -> None:
    check_connection(row.status, status)
    row.status = status


def _start_verification(row: Connection, actor: User) -> Run:
    found = registry.connector_class(row.vendor)
    row.verification = first_lines(found, pools=POOLS in row.capabilities)
    row.verification_run = runs.start(
        kind="integrations.verification",
        organisation=row.organisation,
        actor=actor,
        title=f"Verifying {found.display_name}",
        subject=f"connection:{row.pk}",
        total=len(row.verification),
        params={"connection_id": row.pk},
    )
    row.save(update_fields=["verification", "verification_run"])
    return row.verification_run
