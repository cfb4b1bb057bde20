"""Proving a connection: permissions, then one test record, each with a plain line of result (docs/behaviour.md §8).

The record "Beckon connection test" has a fixed generated address, is looked for before it is made so that
repeats reuse it, is attached to no campaign or job and never counts as exported. One call of ``step`` makes one
check, so a killed worker repeats one check and no more.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from foundation import runs
from foundation.models import Run
from foundation.problems import Problem
from integrations import dummies, field_table, mapping, opening, registry, same_account, webhooks
from integrations.base.connector import Connector
from integrations.base.errors import AuthError, ConnectorError, OutcomeUnknown, RateLimited
from integrations.base.records import (
    Capability,
    PersonKeys,
    PersonWrite,
    RemotePerson,
    RemoteRef,
    TargetKind,
)
from integrations.models import Connection, ConnectionStatus, Export
from integrations.states import check_connection
from sourcing.models import RecordType

WAITING, PASSED, FAILED, LEFT_OUT = "waiting", "ok", "failed", "left out"

KIND = "integrations.verification"


def first_lines(found: type[Connector], *, pools: bool) -> list[dict[str, str]]:
    """The checks a vendor's connection goes through, all waiting."""
    words = {kind: word.lower() for kind, word in found.target_words.items()}
    checks = [("key", "Credentials accepted")]
    if found.supports(Capability.LIST_JOBS):
        checks.append(("jobs", f"May list {words[TargetKind.JOB]}s"))
    if pools and found.supports(Capability.LIST_POOLS):
        checks.append(("pools", f"May list {words[TargetKind.POOL]}s"))
    if found.supports(Capability.LIST_FIELDS):
        checks.append(("fields", "May read the fields of a record"))
    if found.supports(Capability.FIND_PERSON):
        checks.append(("find", "May look up people"))
    checks.append(("record", "Test record sent" if found.test_record else "May write people"))
    return [{"check": check, "title": title, "state": WAITING, "text": ""} for check, title in checks]


@runs.kind(KIND)
def step(run: Run) -> bool:
    """Make the next check of the connection named in ``run.params``; True while more are waiting."""
    connection = (
        Connection.objects.for_organisation(run.organisation_id)
        .select_related("organisation", "created_by")
        .filter(pk=run.params["connection_id"], verification_run=run)
        .first()
    )
    if connection is None or connection.status != ConnectionStatus.VERIFYING:
        runs.finish(run, result={"summary": "No longer needed"})
        return False
    lines: list[dict[str, Any]] = connection.verification
    line = next((line for line in lines if line["state"] == WAITING), None)
    if line is not None:
        _check(connection, line, run)
        if line["state"] == FAILED:
            for later in lines:
                later["state"] = LEFT_OUT if later["state"] == WAITING else later["state"]
        Connection.objects.for_organisation(run.organisation_id).filter(
            pk=connection.pk, verification_run=run
        ).update(verification=lines)
        runs.progress(run, done=sum(line["state"] == PASSED for line in lines))
        return True
    _settle(connection, lines, run)
    return False


def _check(connection: Connection, line: dict[str, Any], run: Run) -> None:
    """Run one check and write its outcome into ``line``."""
    try:
        connector = opening.open_connector(connection)
        line["text"] = _CHECKS[line["check"]](connection, connector, run)
        line["state"] = PASSED
    except RateLimited as error:
        seconds = max(int(error.retry_after.total_seconds()), 1)
        line["state"], line["text"] = FAILED, f"{error} Verify again in {seconds} s."
    except AuthError as error:
        said = str(error).rstrip(".")
        line["state"] = FAILED
        line["text"] = f"The credentials were not accepted: enter them again. The server said: {said}."
    except Problem as error:
        line["state"], line["text"] = FAILED, str(error)


def _settle(connection: Connection, lines: list[dict[str, Any]], run: Run) -> None:
    """All checks passed: connected. Otherwise back, with the first failure as the reason."""
    failed = next((line for line in lines if line["state"] != PASSED), None)
    with transaction.atomic():
        row = (
            Connection.objects.for_organisation(connection.organisation_id)
            .select_for_update()
            .get(pk=connection.pk)
        )
        if row.status == ConnectionStatus.VERIFYING:
            # A connection that worked before keeps its place and asks to be reconnected.
            back = ConnectionStatus.NEEDS_RECONNECT if row.verified_at else ConnectionStatus.DRAFT
            new = back if failed else ConnectionStatus.CONNECTED
            check_connection(row.status, new)
            row.status = new
            row.trouble = f"{failed['title']}: {failed['text']}"[:500] if failed else ""
            row.verified_at = row.verified_at if failed else timezone.now()
            row.not_before = None
            row.save(update_fields=["status", "trouble", "verified_at", "not_before"])
            waiting = Export.objects.for_organisation(row.organisation_id).filter(
                connection=row, run__isnull=False
            )
            runs.hasten(waiting.values_list("run_id", flat=True))
            if not failed and webhooks.made_by_hand(registry.connector_class(row.vendor)):
                webhooks.ensure(row)
    if failed:
        runs.fail(run, code="verification_failed", text=f"{failed['title']}: {failed['text']}")
    else:
        runs.finish(run, result={"summary": "Connected"})


def _acting_as(connection: Connection, run: Run) -> str:
    return opening.acting_as(connection, run.actor) if run.actor else ""


def _key(connection: Connection, connector: Connector, _run: Run) -> str:
    connector.check()
    same_account.told(connection, connector)
    return f"{connector.display_name} took them."


def _jobs(connection: Connection, connector: Connector, run: Run) -> str:
    return _counted(connector.list_jobs(acting_as=_acting_as(connection, run)))


def _pools(connection: Connection, connector: Connector, run: Run) -> str:
    return _counted(connector.list_pools(acting_as=_acting_as(connection, run)))


def _counted(targets: tuple[Any, ...]) -> str:
    return f"{len(targets)} found." if targets else "Allowed; there are none yet."


def _find(connection: Connection, connector: Connector, run: Run) -> str:
    if not connector.test_record:
        return connector.prove_look_up()
    found = _test_records(connection, connector, run)
    return "The test record of an earlier verification was found." if found else "Allowed."


def _record(connection: Connection, connector: Connector, run: Run) -> str:
    """Reuse the test record or make it. A create that may have happened is looked for after the index delay."""
    if not connector.test_record:
        return connector.prove_write()
    acting_as = _acting_as(connection, run)
    if connector.supports(Capability.FIND_PERSON) and _test_records(connection, connector, run):
        _remember_try(connection, None)
        return f"“Beckon connection test” is already in {connector.display_name} and was used again."
    tried = connection.test_record_tried_at
    wait = tried + settings.VENDOR_INDEX_DELAY - timezone.now() if tried else datetime.timedelta(0)
    if wait > datetime.timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        raise OutcomeUnknown(
            f"A test record may be on its way. Verify again in {seconds} s: it is looked for first."
        )
    _remember_try(connection, timezone.now())
    payload = mapping.payload(
        mapping.PersonData(first_name="Beckon", last_name="connection test"),
        rules=field_table.known(connection, RecordType.CANDIDATE),
        source_label=connection.source_label,
        own_dummy=_test_address(connection),
        send_dummy=True,
    )
    try:
        made = connector.push(
            PersonWrite(values=payload.values, whole=payload.whole, acting_as=acting_as), existing=None
        )
    except OutcomeUnknown as error:
        seconds = int(settings.VENDOR_INDEX_DELAY.total_seconds())
        raise OutcomeUnknown(
            f"{error} The test record may be there all the same. Verify again in {seconds} s: it is looked for first."
        ) from error
    except ConnectorError:
        _remember_try(connection, None)
        raise
    _remember_try(connection, None)
    if not connector.supports(Capability.DELETE_PERSON):
        return f"“Beckon connection test” was sent to {connector.display_name}. You may delete it there."
    try:
        connector.delete(RemoteRef(external_id=made.external_id))
    except ConnectorError as error:
        return f"“Beckon connection test” was sent to {connector.display_name}; removing it again failed: {error}"[
            :300
        ]
    return f"“Beckon connection test” was sent to {connector.display_name} and removed again."


def _fields(connection: Connection, _connector: Connector, _run: Run) -> str:
    return f"{field_table.discover(connection)} found."


def _test_records(connection: Connection, connector: Connector, run: Run) -> tuple[RemotePerson, ...]:
    return connector.find(
        _test_keys(connection),
        record_type=RecordType.CANDIDATE,
        target=None,
        acting_as=_acting_as(connection, run),
    )


def _test_address(connection: Connection) -> str:
    return dummies.address(dummies.TEST_NUMBER, organisation=connection.organisation)


def _test_keys(connection: Connection) -> PersonKeys:
    return PersonKeys(markers=(_test_address(connection),), name="Beckon connection test")


def _remember_try(connection: Connection, moment: datetime.datetime | None) -> None:
    connection.test_record_tried_at = moment
    connection.save(update_fields=["test_record_tried_at"])


_CHECKS = {"key": _key, "jobs": _jobs, "pools": _pools, "fields": _fields, "find": _find, "record": _record}
