"""Writing sync settings: who may set what where, and the lock (docs/behaviour.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.models import Role, User
from campaigns.models import Campaign
from foundation.problems import Invalid, NotAllowed
from integrations import opening, setting_rows, sync_settings
from integrations.field_decisions import take_turns
from integrations.models import Connection, SyncSetting
from integrations.sync_settings import SETTINGS, Level, Lock
from sourcing.models import Candidate


class SettingLocked(NotAllowed):
    """An administrator locked the setting for everybody else."""

    code: ClassVar[str] = "setting_locked"


class AdminsOnly(NotAllowed):
    """Only administrators set this."""

    code: ClassVar[str] = "admins_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands: at most one of the three is given, none of them means the organisation."""

    user: User | None = None
    campaign: Campaign | None = None
    candidate: Candidate | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.user, self.campaign, self.candidate)) > 1:
            raise ValueError("a value stands at one level")

    @property
    def level(self) -> Level:
        """The level the object belongs to."""
        if self.candidate is not None:
            return Level.PERSON
        if self.campaign is not None:
            return Level.CAMPAIGN
        return Level.USER if self.user is not None else Level.ORGANISATION

    @property
    def columns(self) -> dict[str, Any]:
        """As the row names it."""
        return {"user": self.user, "campaign": self.campaign, "candidate": self.candidate}


#: The organisation's own values.
TEAM = Place()


def may_write(actor: User, connection: Connection, level: Level, *, locked: bool) -> bool:
    """Whether :func:`write` would let ``actor`` set a value at a level; the right to edit the object is the door's."""
    return _refusal(actor, connection, level, lock=Lock() if locked else None) is None


@transaction.atomic
def write(
    *, actor: User | None, connection: Connection, record_type: str, place: Place, values: Mapping[str, Any]
) -> None:
    """Set values by setting; None takes the value there away, so that the next level above counts again.

    ``actor`` None: the installation's administrators.

    What stands there already is left as it is, with who wrote it: a page may send all it shows. Everything is
    refused or nothing. Raises SettingRefused (a value or level that does not exist, a record type the vendor does not
    have), SettingLocked, AdminsOnly. A value of the organisation that goes takes its lock with it.
    """
    check_record_type(connection, record_type)
    take_turns(connection)
    stored = {row.name: row for row in _rows(connection, record_type, place)}
    locked = locks(connection, record_type)
    system = opening.vendor_of(connection)
    here = {setting.name for setting in sync_settings.offered(place.level, system.capabilities)}
    for name, raw in values.items():
        if name not in here:
            text = f"{system.display_name} has no such setting here."
            raise sync_settings.SettingRefused(text, fields={name: text})
        value = None if raw is None else sync_settings.clean(name, raw, level=place.level)
        row = stored.get(name)
        if (row is None and value is None) or (row is not None and row.value == value):
            continue
        refused = _refusal(actor, connection, place.level, lock=locked.get(name), name=name)
        if refused is not None:
            raise refused
        if value is None:
            assert row is not None
            row.delete()
            continue
        _store(actor, connection, record_type, place, name, {"value": value})


@transaction.atomic
def lock(
    *,
    actor: User | None,
    connection: Connection,
    record_type: str,
    name: str,
    locked: bool,
    by: str = "the installation’s administrators",
) -> None:
    """The lock icon of one organisation setting: while on, lower values count only if an administrator wrote them.

    ``by`` names who locks it when it is no member.

    A setting nobody set is locked at its default. Who locked it first is kept, by name. Raises AdminsOnly,
    SettingRefused.
    """
    check_record_type(connection, record_type)
    if not _is_admin(actor):
        raise AdminsOnly("Only administrators lock settings.")
    _check_lockable(name)
    take_turns(connection)
    row = _rows(connection, record_type, TEAM).filter(name=name).first()
    if row is None and not locked:
        return
    if row is not None and row.locked == locked:
        return
    changes = {
        "value": row.value if row is not None else sync_settings.stored_default(name),
        "locked": locked,
        "locked_by": (actor.name if actor is not None else by)[:200] if locked else "",
        "locked_at": timezone.now() if locked else None,
    }
    _store(actor, connection, record_type, TEAM, name, changes)


def locks(connection: Connection, record_type: str) -> dict[str, Lock]:
    """The settings that are locked now, with who did it and when."""
    rows = _rows(connection, record_type, TEAM).filter(locked=True)
    return {row.name: lock for row in rows if (lock := setting_rows.lock_of(row)) is not None}


def is_locked(connection: Connection, record_type: str, name: str) -> bool:
    """Whether the setting is locked now. Raises SettingRefused as :func:`lock` does."""
    check_record_type(connection, record_type)
    _check_lockable(name)
    return name in locks(connection, record_type)


def check_record_type(connection: Connection, record_type: str) -> None:
    """Raise Invalid unless our people may be that there."""
    found = opening.vendor_of(connection)
    if record_type not in found.record_types:
        text = f"{found.display_name} has no {record_type}s."
        raise Invalid(text, fields={"record_type": text})


def _check_lockable(name: str) -> None:
    setting = SETTINGS.get(name)
    if setting is None or Level.ORGANISATION not in setting.levels or setting.levels == (Level.ORGANISATION,):
        raise sync_settings.SettingRefused("This cannot be locked.", fields={name: "This cannot be locked."})


def _refusal(
    actor: User | None, connection: Connection, level: Level, *, lock: Lock | None, name: str = ""
) -> NotAllowed | None:
    if _is_admin(actor):
        return None
    system = opening.vendor_of(connection)
    if level is Level.ORGANISATION:
        return AdminsOnly("Only administrators set what counts for the team.")
    if level is Level.USER and system.defaults_by_admins_only:
        return AdminsOnly(f"Only administrators set defaults for {system.display_name}.")
    if lock is not None:
        what = sync_settings.label(name, system.setting_words, system=system.display_name) if name else ""
        return SettingLocked(lock.said(what, zone=ZoneInfo(connection.organisation.time_zone)))
    return None


def _is_admin(user: User | None) -> bool:
    return user is None or user.role == Role.ADMIN


def _rows(connection: Connection, record_type: str, place: Place) -> Any:
    return SyncSetting.objects.for_organisation(connection.organisation_id).filter(
        connection=connection,
        record_type=record_type,
        **{
            f"{name}__isnull" if value is None else name: True if value is None else value
            for name, value in place.columns.items()
        },
    )


def _store(
    actor: User | None,
    connection: Connection,
    record_type: str,
    place: Place,
    name: str,
    changes: dict[str, Any],
) -> None:
    SyncSetting.unguarded.update_or_create(
        organisation_id=connection.organisation_id,
        connection=connection,
        record_type=record_type,
        name=name,
        **place.columns,
        defaults={**changes, "by_admin": _is_admin(actor), "written_by": actor},
    )
