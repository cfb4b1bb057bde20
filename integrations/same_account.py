"""Each account at a vendor is connected once, and a connection stays with its account: its links name records of it.

What was typed tells most accounts apart; where the vendor says which account a credential opens, that decides too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import IntegrityError, transaction

from foundation.problems import Invalid
from foundation.secrets import fingerprint
from integrations.base.connector import Connector
from integrations.models import Connection, ConnectionStatus, LinkState, RemoteLink


class SameAccount(Invalid):
    """The account is connected already: twice, everybody would be read and written twice."""

    code: ClassVar[str] = "account_connected_already"


class OtherAccount(Invalid):
    """The credential opens another account than the one the connection's people are linked in."""

    code: ClassVar[str] = "other_account"


def holder(connection: Connection, **which: str) -> Connection | None:
    """The other connection of the organisation that has the account, if it is not removed."""
    rows = Connection.objects.for_organisation(connection.organisation_id).filter(**which)
    return rows.exclude(status=ConnectionStatus.REMOVED).exclude(pk=connection.pk).first()


def taken(by: Connection) -> SameAccount:
    """The refusal, naming who has it."""
    return SameAccount(f"{by.label} has this account already. Each account is connected once.")


def told(connection: Connection, connector: Connector) -> None:
    """Keep which account the vendor says it is. Raises :class:`SameAccount`, :class:`OtherAccount`, the connector's
    errors; nothing is kept then, nor where the vendor does not say.
    """
    name = connector.account_id()
    if not name:
        return
    account = fingerprint(f"{connection.vendor}\naccount={name}")
    if connection.account_there not in ("", account) and _linked(connection):
        raise OtherAccount(
            f"These credentials open another {connector.display_name} account than the one people of "
            f"{connection.label} are linked in. Add it as a connection of its own."
        )
    connection.account_there = account
    try:
        with transaction.atomic():
            connection.save(update_fields=["account_there"])
    except IntegrityError:
        other = holder(connection, account_there=account)
        if other is None:
            raise
        raise taken(other) from None


def _linked(connection: Connection) -> bool:
    rows = RemoteLink.objects.for_organisation(connection.organisation_id)
    return rows.filter(connection=connection, state=LinkState.LINKED).exists()
