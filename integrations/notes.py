"""Notes at vendors: one row per activity, kept until there is a record, written once whatever happens on the way.

``writing`` is committed before the vendor is asked. Found so by the next worker, the note is looked for after the
vendor's index delay; where the vendor cannot look, a person has to. A vendor that keeps all notes as one text is just
asked again: that changes nothing (docs/architecture.md, "Integrations").
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from integrations import claims, links, milestones, opening, setting_rows, sync_queue, sync_settings
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, OutcomeUnknown, RecordGone
from integrations.base.records import Capability, Note, NoteKind, RemoteRef
from integrations.models import Connection, NoteState, Reason, RemoteLink, RemoteNote, SyncStatus, SyncTask
from integrations.states import Ended
from integrations.sync_settings import NoteFate
from sourcing.models import Candidate


def tell(
    connection: Connection,
    candidate: Candidate,
    *,
    kind: NoteKind,
    subject: str,
    at: datetime.datetime,
    text: str,
    user: User | None,
    campaign: Campaign | None,
) -> None:
    """An activity happened: keep, send or leave out its note as the settings say. Call in a transaction.

    ``subject`` names the activity; a repeated call with the same one changes nothing.
    """
    found = opening.vendor_of(connection)
    link = links.sure(connection, candidate)
    if not found.supports(Capability.ADD_NOTE) or candidate.record_type not in found.record_types:
        return
    if link is not None and found.notes_on_own_records_only and not link.created_by_us:
        return
    fate = _fate(connection, candidate, kind, at, user=user, campaign=campaign, linked=link is not None)
    if fate is NoteFate.DROP:
        return
    made, new = RemoteNote.objects.for_organisation(connection.organisation_id).get_or_create(
        organisation_id=connection.organisation_id,
        connection=connection,
        candidate=candidate,
        record_type=candidate.record_type,
        subject=subject,
        defaults={
            "kind": kind,
            "at": at,
            "text": text,
            "user": user,
            "campaign": campaign,
            "job_id": setting_rows.resolved(
                connection,
                candidate.record_type,
                sync_settings.JOB,
                user=user,
                campaign=campaign,
                candidate=candidate,
            ).value,
            "state": NoteState.QUEUED if fate is NoteFate.SEND else NoteState.KEPT,
        },
    )
    if new and fate is NoteFate.SEND:
        sync_queue.note(made)


def _fate(
    connection: Connection,
    candidate: Candidate,
    kind: NoteKind,
    at: datetime.datetime,
    *,
    user: User | None,
    campaign: Campaign | None,
    linked: bool,
) -> NoteFate:
    if kind is NoteKind.OPT_OUT:
        # Whatever is ticked: a record there must say that the person wants no more mail.
        return NoteFate.SEND if linked else NoteFate.DROP
    chosen = {
        name: setting_rows.resolved(
            connection, candidate.record_type, name, user=user, campaign=campaign, candidate=candidate
        ).value
        for name in (sync_settings.NOTES, sync_settings.ADD, sync_settings.ONLY_SYNCED)
    }
    if kind.value not in chosen[sync_settings.NOTES]:
        return NoteFate.DROP
    add = chosen[sync_settings.ADD]
    return sync_settings.note_fate(
        add,
        only_synced=chosen[sync_settings.ONLY_SYNCED],
        reached=milestones.of(candidate, campaign, before=at).push(add),
        linked=linked,
    )


def release(connection: Connection, candidate: Candidate) -> None:
    """There is a record now: what was kept for it is written. Call in the transaction that links it."""
    kept = RemoteNote.objects.for_organisation(connection.organisation_id).filter(
        connection=connection,
        candidate=candidate,
        record_type=candidate.record_type,
        state=NoteState.KEPT,
    )
    for row in kept.order_by("at", "pk").select_for_update():
        row.state = NoteState.QUEUED
        row.save(update_fields=["state"])
        sync_queue.note(row)


# --- one note ---------------------------------------------------------------------------------------------


def carry_out(task: SyncTask) -> Ended | None:
    """Write the task's note and settle it; what ended it otherwise is returned. Raises the connector's errors,
    ClaimLost."""
    note = task.note
    assert note is not None
    found = opening.vendor_of(task.connection)
    if note.state == NoteState.SENT:
        return Ended(SyncStatus.SKIPPED, Reason.REPLACED, "It was written before.")
    if note.state == NoteState.DROPPED:
        return Ended(SyncStatus.SKIPPED, Reason.NOT_WANTED, "It was cancelled.")
    if note.state == NoteState.QUEUED and not _still_wanted(task, note):
        _become(note, NoteState.DROPPED)
        text = "The settings do not ask for it any more."
        return Ended(SyncStatus.SKIPPED, Reason.NOT_WANTED, text)
    link = links.sure(task.connection, task.candidate)
    if link is None:
        _become(note, NoteState.KEPT)
        text = f"Kept until the person has a record at {found.display_name}."
        return Ended(SyncStatus.SKIPPED, Reason.NO_RECORD, text)
    if found.notes_on_own_records_only and not link.created_by_us:
        _become(note, NoteState.DROPPED)
        text = f"{found.display_name} takes notes only on records made here."
        return Ended(SyncStatus.SKIPPED, Reason.NOT_OURS, text)
    if note.state == NoteState.WRITING and not found.notes_are_one_text:
        ended = _looked_for(task, note, found, link)
        if ended is not None or note.state == NoteState.WRITING:
            return ended
        if note.state == NoteState.SENT:
            return None
    return _write(task, note, found, link)


def _still_wanted(task: SyncTask, note: RemoteNote) -> bool:
    if note.kind == NoteKind.OPT_OUT:
        return True
    chosen = setting_rows.resolved(
        task.connection,
        task.candidate.record_type,
        sync_settings.NOTES,
        user=task.user,
        campaign=task.campaign,
        candidate=task.candidate,
    )
    return note.kind in chosen.value


def _looked_for(task: SyncTask, note: RemoteNote, found: type[Connector], link: RemoteLink) -> Ended | None:
    """It may have been written: settle it when it is there, take it back to the queue when it is not.

    It stays ``writing`` while the vendor's index may not know it yet.
    """
    if not found.supports(Capability.FIND_NOTE):
        text = f"{found.display_name} may have this note already. Look there, then retry or cancel."
        return Ended(SyncStatus.ATTENTION, Reason.UNCONFIRMED, text)
    assert note.writing_since is not None
    seen_after = note.writing_since + settings.VENDOR_INDEX_DELAY
    if timezone.now() < seen_after:
        text = f"Looking whether {found.display_name} has it."
        claims.give_back(task, not_before=seen_after, counted=False, why=text)
        return None
    connector = opening.open_connector(task.connection)
    if connector.find_note(_ref(link), _told(note)):
        _settle(task, note, remote_id="")
    else:
        _become(note, NoteState.QUEUED)
    return None


def _write(task: SyncTask, note: RemoteNote, found: type[Connector], link: RemoteLink) -> Ended | None:
    earlier = _earlier(note) if found.notes_are_one_text else ()
    connector = opening.open_connector(task.connection)
    acting_as = opening.acting_as(task.connection, task.user) if task.user is not None else ""
    with transaction.atomic():
        claims.renew(task)
        _become(note, NoteState.WRITING)
    try:
        remote_id = connector.add_note(_ref(link), _told(note), earlier=earlier, acting_as=acting_as)
    except OutcomeUnknown:
        # It stays "writing": looked for before anything is written again.
        raise
    except RecordGone:
        with transaction.atomic():
            links.gone(link)
            _become(note, NoteState.KEPT)
        text = f"The record at {found.display_name} is gone; the note is kept until there is a new one."
        return Ended(SyncStatus.SKIPPED, Reason.NO_RECORD, text)
    except ConnectorError:
        _become(note, NoteState.QUEUED)
        raise
    _settle(task, note, remote_id=remote_id)
    return None


def _settle(task: SyncTask, note: RemoteNote, *, remote_id: str) -> None:
    with transaction.atomic():
        claims.done(task)
        note.remote_id = remote_id[:200]
        note.save(update_fields=["remote_id"])
        _become(note, NoteState.SENT)


def looked(note: RemoteNote) -> None:
    """A person looked there and asks to write it: the unconfirmed write no longer holds it back."""
    if note.state == NoteState.WRITING:
        _become(note, NoteState.QUEUED)


def _become(note: RemoteNote, state: NoteState) -> None:
    note.state = state
    values = {"state": state, "writing_since": Now() if state == NoteState.WRITING else None}
    RemoteNote.objects.for_organisation(note.organisation_id).filter(pk=note.pk).update(**values)


def _earlier(note: RemoteNote) -> tuple[Note, ...]:
    rows = RemoteNote.objects.for_organisation(note.organisation_id).filter(
        connection_id=note.connection_id,
        candidate_id=note.candidate_id,
        record_type=note.record_type,
        state=NoteState.SENT,
    )
    return tuple(_told(row) for row in rows.order_by("at", "pk"))


def _told(row: RemoteNote) -> Note:
    return Note(key=f"n{row.pk}", kind=NoteKind(row.kind), at=row.at, text=row.text, job_id=row.job_id)


def _ref(link: RemoteLink) -> RemoteRef:
    return RemoteRef(external_id=link.remote_id, record_type=link.record_type)
