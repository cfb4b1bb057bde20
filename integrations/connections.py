"""Connecting, editing and removing a vendor's account (seed 000; docs/behaviour.md §7, §8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Invalid
from integrations import claims, opening, registry, same_account, webhooks
from integrations.base.connector import Connector
from integrations.base.records import Capability
from integrations.models import Connection, ConnectionStatus, Export, VendorIdentity
from integrations.states import check_connection
from integrations.verifying import first_lines
from sourcing.normalising import clean_text

LONGEST_NAME = 60

#: What may be ticked on the Capabilities tab, in its order.
EXPORT = "export"
POOLS = "pools"
PULL = "pull"


class NameTaken(Invalid):
    """Another connection to the vendor is called that; the first one needs no name, a further one does."""

    code: ClassVar[str] = "connection_name_taken"


def offered(found: type[Connector]) -> tuple[str, ...]:
    """The boxes of a vendor's Capabilities tab."""
    pairs = (
        (EXPORT, Capability.PUSH_PERSON),
        (POOLS, Capability.LIST_POOLS),
        (PULL, Capability.PULL_CHANGES),
    )
    return tuple(box for box, capability in pairs if found.supports(capability))


def begin(
    *,
    actor: User,
    vendor: str,
    capabilities: Collection[str],
    name: str = "",
    again: Connection | None = None,
) -> Connection:
    """*Confirm Choices* of a new connection: a draft that waits for its credentials.

    ``name`` tells it from the vendor's other accounts. ``again`` is a removed connection that is "the same account as
    before": it comes back with its links and logs, and its name unless another is given. A draft of that name is taken
    over, so a second click changes nothing. Raises Invalid for choices the vendor does not offer or none, NameTaken,
    SameAccount (what is to come again is connected meanwhile), Missing for an unknown vendor.
    """
    chosen = _chosen(registry.connector_class(vendor), capabilities)
    called = _cleaned(name) or (again.name if again is not None else "")
    try:
        with transaction.atomic():
            return _draft(actor, vendor, called, chosen, again)
    except IntegrityError:
        # Another click was first; its draft is the one.
        with transaction.atomic():
            return _draft(actor, vendor, called, chosen, None)


@transaction.atomic
def connect(
    *,
    actor: User,
    vendor: str,
    capabilities: Collection[str],
    values: Mapping[str, str],
    name: str = "",
    again: Connection | None = None,
) -> Connection:
    """:func:`begin` and :func:`submit` in one; nothing is begun when the credential is refused.

    ``values`` are of :func:`credential`. Raises what both raise.
    """
    row = begin(actor=actor, vendor=vendor, capabilities=capabilities, name=name, again=again)
    submit(actor=actor, connection=row, values=dict(values))
    row.refresh_from_db()
    return row


def credential(vendor: str, given: Mapping[str, str]) -> dict[str, str]:
    """What the vendor's own form makes of what was entered. Raises Invalid by the form's fields, Missing."""
    form = registry.connector_class(vendor).credentials_form(given)
    unknown = dict.fromkeys(sorted(set(given) - set(form.fields)), "There is no such field.")
    if form.is_valid() and not unknown:
        return dict(form.cleaned_data)
    wrong = {name: " ".join(map(str, said)) for name, said in form.errors.items()}
    text = wrong.pop(NON_FIELD_ERRORS, "")
    raise Invalid(text, fields={**wrong, **unknown} or {"credentials": text})


def choose(
    *,
    actor: User,  # noqa: ARG001 - the trail names the actor
    connection: Connection,
    capabilities: Collection[str] | None = None,
    name: str | None = None,
) -> Connection:
    """Change the ticks of a connection, and its ``name``, whichever is given. Raises Invalid as :func:`begin`."""
    given = {"capabilities": capabilities, "name": name}
    if capabilities is not None:
        connection.capabilities = _chosen(registry.connector_class(connection.vendor), capabilities)
    if name is not None:
        connection.name = _cleaned(name)
    try:
        with transaction.atomic():
            connection.save(update_fields=[field for field, value in given.items() if value is not None])
    except IntegrityError:
        raise _taken(connection.vendor, connection.name) from None
    return connection


def submit(*, actor: User, connection: Connection, values: dict[str, str]) -> Run:
    """*Submit* of the Credentials tab: seal the credential and start the verification.

    ``values`` come from the vendor's own form. The old credential is gone at once: it may be the one that
    leaked. Returns the run to watch. Raises SameAccount, naming the connection that has it; nothing changes then.
    """
    account = opening.account_of(connection.vendor, values)
    try:
        with transaction.atomic():
            row = _locked(connection)
            _become(row, ConnectionStatus.VERIFYING)
            row.secret = opening.seal(row, values)
            row.account = account
            row.save(update_fields=["status", "secret", "account"])
            return _start_verification(row, actor)
    except IntegrityError:
        holder = same_account.holder(connection, account=account)
        if holder is None:
            raise
        raise same_account.taken(holder) from None


def verify(*, actor: User, connection: Connection) -> Run:
    """Check an established or failed connection again with the credential it has. Raises NoCredential."""
    with transaction.atomic():
        row = _locked(connection)
        if not row.secret:
            raise opening.NoCredential("Enter the credentials first.")
        _become(row, ConnectionStatus.VERIFYING)
        row.save(update_fields=["status"])
        return _start_verification(row, actor)


def verifying(connection: Connection) -> bool:
    """Whether checks are being made right now."""
    run = connection.verification_run
    return connection.status == ConnectionStatus.VERIFYING and run is not None and not run.ended


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
        verification = row.verification_run
        under_way = [verification.pk] if verification is not None and not verification.ended else []
        for run_id in [*open_runs, *under_way]:
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


@transaction.atomic
def set_identity(*, actor: User, connection: Connection, email: str) -> None:
    """The actor's own address at the vendor; empty goes back to the login e-mail. Raises Invalid."""
    email = email.strip()
    _locked(connection)
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


def _draft(actor: User, vendor: str, name: str, chosen: list[str], again: Connection | None) -> Connection:
    live = _live(actor.tenant_id).select_for_update().filter(vendor=vendor, name__iexact=name).first()
    if live is not None and live.status != ConnectionStatus.DRAFT:
        raise _taken(vendor, name)
    if live is None and again is not None:
        live = _locked(again)
        _become(live, ConnectionStatus.DRAFT)
        # Which account it is will be known with its credential.
        live.name, live.account = name, ""
        there = same_account.holder(live, account_there=live.account_there) if live.account_there else None
        if there is not None:
            raise same_account.taken(there)
    if live is None:
        live = Connection(organisation=actor.organisation, vendor=vendor, name=name, created_by=actor)
    live.capabilities = chosen
    live.save()
    return live


def _live(organisation_id: int) -> QuerySet[Connection]:
    return Connection.objects.for_organisation(organisation_id).exclude(status=ConnectionStatus.REMOVED)


def _cleaned(name: str) -> str:
    cleaned = clean_text(name)
    if len(cleaned) > LONGEST_NAME:
        text = f"Give a name of at most {LONGEST_NAME} characters."
        raise Invalid(text, fields={"name": text})
    return cleaned


def _taken(vendor: str, name: str) -> NameTaken:
    system = registry.display_name(vendor)
    text = (
        f"Another {system} connection is called “{name}”. Give this one another name."
        if name
        else f"{system} is connected already. Give this account a name that tells it from the other."
    )
    return NameTaken(text, fields={"name": text})


def _chosen(found: type[Connector], capabilities: Collection[str]) -> list[str]:
    if EXPORT not in capabilities:
        raise Invalid("Tick Export to continue.", fields={"capabilities": "Tick Export to continue."})
    boxes = offered(found)
    if not set(capabilities) <= set(boxes):
        text = f"{found.display_name} offers {', '.join(boxes)}."
        raise Invalid(text, fields={"capabilities": text})
    return [box for box in boxes if box in capabilities]


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
        title=f"Verifying {row.label}",
        subject=f"connection:{row.pk}",
        total=len(row.verification),
        params={"connection_id": row.pk},
    )
    row.save(update_fields=["verification", "verification_run"])
    return row.verification_run
