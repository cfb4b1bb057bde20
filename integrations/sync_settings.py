"""The sync settings of a connection: what may be set, at which levels, and which value counts (docs/behaviour.md §8).

Pure. Resolution: organisation → user → campaign → person; the nearest one that says something wins, unless the
organisation locked the setting: then a lower value counts only if an administrator wrote it.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from foundation.problems import Invalid
from integrations.base.records import Capability, NoteKind


class Level(enum.StrEnum):
    """Where a value is set; the later one is nearer to the person."""

    ORGANISATION = "organisation"
    USER = "user"
    CAMPAIGN = "campaign"
    PERSON = "person"


class AddWhen(enum.StrEnum):
    """When a person is added to the other system."""

    ADDED = "added"
    REPLIED = "replied"
    INTERESTED = "interested"
    NEVER = "never"


ADD_WORDS: Mapping[AddWhen, str] = {
    AddWhen.ADDED: "When added to a campaign",
    AddWhen.REPLIED: "When they reply",
    AddWhen.INTERESTED: "When they are interested",
    AddWhen.NEVER: "Never",
}
NOTE_WORDS: Mapping[NoteKind, str] = {
    NoteKind.EMAIL_SENT: "E-mail sent",
    NoteKind.REPLY_RECEIVED: "Reply received",
    NoteKind.BOUNCED: "Bounced",
    NoteKind.CALL: "Call",
    NoteKind.LINKEDIN_MESSAGE: "LinkedIn message",
    NoteKind.SMS: "SMS",
    NoteKind.TASK_DONE: "Task done",
    NoteKind.INTEREST_CHANGED: "Interest changed",
}

_ALL = tuple(Level)
_UPPER = (Level.ORGANISATION, Level.USER)
_LOWER = (Level.CAMPAIGN, Level.PERSON)
_ORGANISATION = (Level.ORGANISATION,)


class SettingRefused(Invalid):
    """The value is not one of the setting's, or it cannot be set there."""

    code: ClassVar[str] = "sync_setting_refused"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its words, its default and where it may be set."""

    name: str
    label: str
    default: Any
    levels: tuple[Level, ...]
    help: str = ""
    #: It means something only where the vendor can do one of these.
    needs: frozenset[Capability] = frozenset({Capability.PUSH_PERSON})


ADD = "add"
ONLY_SYNCED = "only_synced"
NOTES = "notes"
JOB = "job"
NO_MERGE = "no_merge"
MANUAL_UPDATES = "manual_updates"
STOP_ON_STANDING = "stop_on_standing"

SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            ONLY_SYNCED,
            "Only add notes to synced records",
            default=False,
            levels=_ALL,
            help="With “when they reply” or “when they are interested” below, notes are only added in {system} once a "
            "person has been marked as “interested” or “replied”. Off: at once to a record that exists, otherwise kept "
            "until there is one.",
            needs=frozenset({Capability.ADD_NOTE}),
        ),
        Setting(
            ADD,
            "When adding to a campaign",
            AddWhen.NEVER.value,
            _ALL,
            "Sync when they are added, when they respond, or when they respond positively and are interested.",
        ),
        Setting(
            NOTES,
            "Create notes upon",
            (),
            _ALL,
            "For which outreach types a note is pushed in {system}.",
            needs=frozenset({Capability.ADD_NOTE}),
        ),
        Setting(
            JOB,
            "Job",
            "",
            _LOWER,
            "The job in {system} on which people are put.",
            needs=frozenset({Capability.LIST_JOBS}),
        ),
        Setting(
            NO_MERGE,
            "Do not merge with existing contacts in {system}",
            default=False,
            levels=_UPPER,
            help="Turning this toggle on will create duplicates in {system}.",
            needs=frozenset({Capability.FIND_PERSON}),
        ),
        Setting(
            MANUAL_UPDATES,
            "Sync manual contact updates to {system}",
            default=False,
            levels=_UPPER,
            help="Automatically update {system} with any manual changes made by your team to contact fields in Beckon, "
            "such as name, company, role, location and more. Private addresses never go.",
        ),
        Setting(
            STOP_ON_STANDING,
            "Stop campaigns for people {system} says are hired, rejected or off-limits",
            default=False,
            levels=_ORGANISATION,
            needs=frozenset({Capability.PULL_CHANGES, Capability.RECEIVE_WEBHOOK}),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Lock:
    """That a setting is locked: by whom, by name, and when."""

    by: str = "an admin"
    at: datetime.datetime | None = None

    def said(self, what: str, *, zone: datetime.tzinfo) -> str:
        """The sentence for somebody who is refused; the day is that of ``zone``."""
        day = f" on {self.at.astimezone(zone):%d %b %Y}" if self.at is not None else ""
        return f"“{what}” was locked by {self.by}{day} for everybody but admins."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One stored value. ``by_admin``: its writer was an administrator when writing it; a ``lock`` only above all."""

    level: Level
    value: Any
    by_admin: bool = False
    lock: Lock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What counts, where it was set (None: nobody said anything) and the lock on it, if there is one.

    ``ignored`` are nearer values the lock keeps from counting: they are shown struck through and count again later.
    """

    value: Any
    level: Level | None
    lock: Lock | None
    ignored: tuple[Level, ...] = ()

    @property
    def locked(self) -> bool:
        """Whether lower values of non-administrators do not count."""
        return self.lock is not None


def stored_default(name: str) -> Any:
    """What counts when nobody said anything, as a row would hold it."""
    default = SETTINGS[name].default
    return list(default) if isinstance(default, tuple) else default


def offered(level: Level, capabilities: Collection[Capability]) -> tuple[Setting, ...]:
    """The settings a vendor with these capabilities has at a level, in the order they are shown."""
    return tuple(
        setting
        for setting in SETTINGS.values()
        if level in setting.levels and not setting.needs.isdisjoint(capabilities)
    )


def label(name: str, own_words: Mapping[str, str], *, system: str) -> str:
    """What the setting is called; ``own_words`` are the vendor's (``Connector.setting_words``)."""
    return own_words.get(name, SETTINGS[name].label).format(system=system)


def words(name: str, value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "On" if value else "Off"
    if name == ADD:
        return ADD_WORDS[AddWhen(value)]
    if name == NOTES:
        return ", ".join(NOTE_WORDS[NoteKind(kind)] for kind in value) or "None"
    return str(value) or "None"


def clean(name: str, value: Any, *, level: Level) -> Any:
    """The value as it is stored. Raises :class:`SettingRefused`."""
    setting = SETTINGS.get(name)
    if setting is None or level not in setting.levels:
        raise SettingRefused("This cannot be set here.", fields={name: "This cannot be set here."})
    if isinstance(setting.default, bool):
        if isinstance(value, bool):
            return value
        raise SettingRefused("Say yes or no.", fields={name: "Say yes or no."})
    if name == ADD:
        if value in set(AddWhen):
            return AddWhen(value).value
        raise SettingRefused("Choose when people are added.", fields={name: "Choose one of those offered."})
    if name == NOTES:
        wanted = set(value) if isinstance(value, list | tuple) else {None}
        if wanted <= set(NOTE_WORDS):
            return [kind.value for kind in NOTE_WORDS if kind in wanted]
        raise SettingRefused("Choose activities.", fields={name: "Choose some of those offered."})
    if isinstance(value, str) and len(value) <= 200:
        return value.strip()
    raise SettingRefused("Choose a job.", fields={name: "Choose one of those offered."})


def resolve(name: str, held: Iterable[Held]) -> Resolved:
    """Which of the stored values of one setting counts."""
    setting = SETTINGS[name]
    by_level = {one.level: one for one in held if one.level in setting.levels}
    lock = by_level[Level.ORGANISATION].lock if Level.ORGANISATION in by_level else None
    ignored: list[Level] = []
    found: Held | None = None
    for level in reversed(Level):
        one = by_level.get(level)
        if one is None:
            continue
        if lock is not None and level is not Level.ORGANISATION and not one.by_admin:
            ignored.append(level)
        elif found is None:
            found = one
    if found is None:
        return Resolved(value=setting.default, level=None, lock=lock, ignored=tuple(ignored))
    return Resolved(value=found.value, level=found.level, lock=lock, ignored=tuple(ignored))


def pushes(add: str, *, added: bool, replied: bool, interested: bool) -> bool:
    """Whether a person is to be in the other system by now. Interested implies replied, both imply added."""
    return {
        AddWhen.ADDED: added or replied or interested,
        AddWhen.REPLIED: replied or interested,
        AddWhen.INTERESTED: interested,
        AddWhen.NEVER: False,
    }[AddWhen(add)]


class NoteFate(enum.StrEnum):
    """What becomes of a note the settings ask for (docs/behaviour.md §8)."""

    #: To the record that exists, at once.
    SEND = "send"
    #: Until a record is made.
    KEEP = "keep"
    DROP = "drop"


def note_fate(add: str, *, only_synced: bool, reached: bool, linked: bool) -> NoteFate:
    """Decide for one note at the moment of its event.

    ``reached``: the person was marked as ``add`` demands *before* the event; ``linked``: a record there is known.
    """
    if add == AddWhen.NEVER:
        return NoteFate.SEND if linked else NoteFate.DROP
    if only_synced and add in (AddWhen.REPLIED, AddWhen.INTERESTED) and not reached:
        return NoteFate.DROP
    return NoteFate.SEND if linked else NoteFate.KEEP
