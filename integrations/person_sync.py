"""One push task: whether it is still asked for, what it needs, the write (``writing``), the settled row.

Settings are read here, when the task runs, so a change is effective at once (docs/behaviour.md §8). What a person has
to do first ends as *Needs attention* with that sentence; what is not asked for any more ends as *Not needed*.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from integrations import (
    claims,
    companies,
    dummies,
    field_table,
    links,
    mapping,
    milestones,
    notes,
    opening,
    person_variables,
    setting_rows,
    sync_settings,
    writing,
)
from integrations.base.connector import Connector
from integrations.base.records import Capability, Target, TargetKind
from integrations.models import Reason, RemoteLink, SyncStatus, SyncTask
from integrations.states import Ended


def carry_out(task: SyncTask) -> Ended | None:
    """Write the person and settle the task; what ended it otherwise is returned. Raises the connector's errors,
    ClaimLost."""
    found = opening.vendor_of(task.connection)
    link = links.of(task.connection, task.candidate)
    sure = link if link is not None and links.is_sure(link) else None
    ended = _not_asked(task, found, sure) or _waits_for_somebody(task, found, sure)
    if ended is not None:
        return ended
    return _write(task, _order(task, link))


def _setting(task: SyncTask, name: str) -> Any:
    return setting_rows.resolved(
        task.connection,
        task.candidate.record_type,
        name,
        user=task.user,
        campaign=task.campaign,
        candidate=task.candidate,
    ).value


def _not_asked(task: SyncTask, found: type[Connector], link: RemoteLink | None) -> Ended | None:
    if not found.supports(Capability.PUSH_PERSON) or task.candidate.record_type not in found.record_types:
        text = f"{found.display_name} has no {task.candidate.record_type}s."
        return Ended(SyncStatus.SKIPPED, Reason.NO_SUCH_RECORD_TYPE, text)
    if task.campaign is None:
        if link is None:
            text = f"There is no record at {found.display_name} to bring up to date."
            return Ended(SyncStatus.SKIPPED, Reason.NO_RECORD, text)
        wanted = bool(_setting(task, sync_settings.MANUAL_UPDATES))
    else:
        reached = milestones.of(task.candidate, task.campaign)
        wanted = reached.push(_setting(task, sync_settings.ADD))
    if wanted:
        return None
    return Ended(SyncStatus.SKIPPED, Reason.NOT_WANTED, "The settings do not ask for it any more.")


def _waits_for_somebody(task: SyncTask, found: type[Connector], link: RemoteLink | None) -> Ended | None:
    if found.needs_job and task.campaign is not None and not _setting(task, sync_settings.JOB):
        text = f"Choose a {found.display_name} job for the campaign or the person."
        return Ended(SyncStatus.ATTENTION, Reason.NO_TARGET, text)
    if link is None and found.needs_email and not any(not one.dead for one in _person(task).emails):
        text = f"{found.display_name} needs an e-mail address: add one to the person."
        return Ended(SyncStatus.ATTENTION, Reason.NO_EMAIL, text)
    return None


def _person(task: SyncTask) -> mapping.PersonData:
    """As far as who added the person to the campaign sees them; an edit never takes private addresses along."""
    viewer = task.user if task.campaign is not None else None
    return person_variables.of(viewer=viewer, candidate=task.candidate)


def _order(task: SyncTask, link: RemoteLink | None) -> writing.Order:
    person = _person(task)
    connection, candidate = task.connection, task.candidate
    # Syncs send no generated address; one drawn for an export finds the person there, and is replaced.
    dummy = dummies.address_of(candidate, organisation=task.organisation)
    job = _setting(task, sync_settings.JOB) if task.campaign is not None else ""
    return writing.Order(
        connection=connection,
        connector=opening.open_connector(connection),
        candidate=candidate,
        link=link,
        plan=partial(
            mapping.payload,
            person,
            rules=field_table.known(connection, candidate.record_type),
            source_label=connection.source_label,
            own_dummy=dummy,
            entered=companies.entered(connection, candidate, campaign=task.campaign),
        ),
        keys=mapping.keys(person, own_dummy=dummy),
        target=Target(kind=TargetKind.JOB, external_id=job, name=job) if job else None,
        acting_as=opening.acting_as(connection, task.user) if task.user is not None else "",
        renew=partial(claims.renew, task),
        made=_nothing,
        merge=not _setting(task, sync_settings.NO_MERGE),
    )


def _nothing() -> None:
    """A sync is not undone: which record it made is on the link."""


def _write(task: SyncTask, order: writing.Order) -> Ended | None:
    system = order.connector.display_name
    end = writing.write(order)
    if isinstance(end, writing.Waits):
        claims.give_back(task, not_before=end.until, counted=False, why=f"Looking whether {system} has it.")
        return None
    if isinstance(end, writing.Unsearchable):
        return Ended(SyncStatus.ATTENTION, Reason.UNSEARCHABLE, end.said(system))
    if isinstance(end, writing.Missing):
        named = ", ".join(end.payload.missing)
        text = f"{named} must be filled for {system}: fill it on the person or the campaign."
        return Ended(SyncStatus.ATTENTION, Reason.MISSING_FIELD, text, end.payload.log)
    if isinstance(end, companies.Undecided):
        return Ended(SyncStatus.ATTENTION, Reason.COMPANY, end.said(system))
    assert isinstance(end, writing.Written)
    _settle(task, order, end)
    return None


def _settle(task: SyncTask, order: writing.Order, end: writing.Written) -> None:
    """Task, link, kept notes and news in one transaction and only with our token."""
    text = end.said(order.connector.display_name)
    with transaction.atomic():
        claims.done(task, text=text, fields=writing.told(end, task.connection, task.candidate.record_type))
        links.record(
            task.connection,
            task.candidate,
            end.result,
            digests=end.digests,
            made_by_us=end.created,
            exported=False,
        )
        notes.release(task.connection, task.candidate)
