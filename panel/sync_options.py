"""*Sync as* in the side panel, with the options behind its arrow: per system its settings and the fields people fill.

What counts, who locked it and who may write it are said by ``sync_settings`` and ``setting_changes``; here it is only
put together. Everything is read when it is asked, so what an administrator decides is effective at once (F36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.permissions import Feature, has_feature
from integrations import (
    companies,
    company_choice,
    field_decisions,
    field_entries,
    opening,
    selectors,
    setting_changes,
    setting_rows,
    sync_settings,
)
from integrations.base.records import FieldKind
from integrations.models import CompanyMatch, Connection, FieldRow, LinkState
from integrations.sync_settings import ADD, ADD_WORDS, JOB, NOTE_WORDS, NOTES, Level, Lock, Setting
from sourcing.models import Candidate, RecordType

#: The kinds of control a form has for a vendor's kinds of field.
_CONTROLS: Mapping[FieldKind, str] = {
    FieldKind.TEXT: "text",
    FieldKind.LINK: "text",
    FieldKind.LONG_TEXT: "long_text",
    FieldKind.NUMBER: "number",
    FieldKind.DATE: "date",
    FieldKind.YES_NO: "boolean",
    FieldKind.CHOICE: "choice",
    FieldKind.CHOICES: "choices",
    FieldKind.TEXTS: "texts",
    FieldKind.EMAILS: "texts",
    FieldKind.PHONES: "texts",
    FieldKind.LINKS: "texts",
}
CONTROLS = ("text", "long_text", "number", "date", "boolean", "choice", "choices", "texts")
#: ``job``: one of ``choices.jobs``.
SETTING_CONTROLS = ("boolean", "choice", "choices", "job")
#: Where a value stands that nobody set.
DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value that can be chosen, and its words."""

    value: Any
    label: str


@dataclass(frozen=True, kw_only=True)
class SettingShown:
    """One setting for this person: what counts and where that was set; ``own`` is what stands at the person itself.

    ``lock`` says who locked it and when; an administrator may edit it all the same.
    """

    name: str
    label: str
    help: str
    control: str
    value: Any
    own: Any
    words: str
    set_at: Level | str
    lock: Lock | None
    editable: bool
    choices: Sequence[Choice]


@dataclass(frozen=True, kw_only=True)
class FieldShown:
    """One displayed field. ``mapped``: what fills it where nobody types anything."""

    id: int
    label: str
    control: str
    mandatory: bool
    value: Any
    mapped: str
    choices: Sequence[Choice]
    longest: int | None


@dataclass(frozen=True, kw_only=True)
class System:
    """One connected system. ``takes``: it has records of this type; if not, there is nothing to set."""

    connection: Connection
    takes: bool
    settings: Sequence[SettingShown]
    displayed: Sequence[FieldShown]
    has_companies: bool
    company: CompanyMatch | None


@dataclass(frozen=True, kw_only=True)
class Options:
    """*Sync as* and everything behind it; ``record_types`` are those some system has."""

    record_type: str
    record_types: Sequence[str]
    systems: Sequence[System]


def options(*, viewer: User, record_type: str, candidate: Candidate | None = None) -> Options:
    """For a person, or for one who is not made yet. Empty where the organisation has no integrations."""
    connected = has_feature(viewer.organisation, Feature.INTEGRATIONS)
    connections = list(selectors.syncing_connections(viewer)) if connected else []
    known = {value for row in connections for value in opening.vendor_of(row).record_types}
    variables = field_decisions.variables_of(viewer.tenant_id) if connections else {}
    return Options(
        record_type=record_type,
        record_types=[
            value for value in RecordType.values if value in known or value == RecordType.CANDIDATE
        ],
        systems=[_system(viewer, row, record_type, candidate, variables) for row in connections],
    )


def _system(
    viewer: User,
    connection: Connection,
    record_type: str,
    candidate: Candidate | None,
    variables: Mapping[str, str],
) -> System:
    takes = record_type in opening.vendor_of(connection).record_types
    if not takes:
        return System(
            connection=connection, takes=False, settings=(), displayed=(), has_companies=False, company=None
        )
    typed = setting_rows.entered(connection, record_type, candidate=candidate)
    has_companies = company_choice.has_companies(connection, record_type)
    return System(
        connection=connection,
        takes=True,
        settings=_settings(viewer, connection, record_type, candidate),
        displayed=[
            _field(row, typed.get(row.key), variables)
            for row in field_entries.offered(connection, record_type)
        ],
        has_companies=has_companies,
        company=_company(connection, candidate) if has_companies and candidate is not None else None,
    )


def _settings(
    viewer: User, connection: Connection, record_type: str, candidate: Candidate | None
) -> list[SettingShown]:
    system = opening.vendor_of(connection)
    held = setting_rows.held(connection, record_type, user=viewer, candidate=candidate)
    shown = []
    for setting in sync_settings.offered(Level.PERSON, system.capabilities):
        stored = held.get(setting.name, ())
        counts = sync_settings.resolve(setting.name, stored)
        own = next((one.value for one in stored if one.level is Level.PERSON), None)
        shown.append(
            SettingShown(
                name=setting.name,
                label=sync_settings.label(setting.name, system.setting_words, system=system.display_name),
                help=setting.help.format(system=system.display_name),
                control=_control(setting),
                value=counts.value,
                own=own,
                words=_words(setting.name, counts.value),
                set_at=counts.level or DEFAULT,
                lock=counts.lock,
                editable=setting_changes.may_write(viewer, connection, Level.PERSON, locked=counts.locked),
                choices=_choices(setting),
            )
        )
    return shown


def _words(name: str, value: Any) -> str:
    """The vendor's number for a job says nothing to people."""
    if name == JOB:
        return "One is chosen" if value else "No job"
    return sync_settings.words(name, value)


def _control(setting: Setting) -> str:
    if isinstance(setting.default, bool):
        return "boolean"
    return {ADD: "choice", NOTES: "choices", JOB: "job"}[setting.name]


def _choices(setting: Setting) -> list[Choice]:
    if isinstance(setting.default, bool):
        return [
            Choice(value=value, label=sync_settings.words(setting.name, value)) for value in (True, False)
        ]
    offered: Mapping[str, Mapping[Any, str]] = {ADD: ADD_WORDS, NOTES: NOTE_WORDS}
    words = offered.get(setting.name, {})
    return [Choice(value=value.value, label=label) for value, label in words.items()]


def _field(row: FieldRow, typed: Any, variables: Mapping[str, str]) -> FieldShown:
    return FieldShown(
        id=row.pk,
        label=row.label,
        control=_CONTROLS[FieldKind(row.kind)],
        mandatory=row.mandatory,
        value=list(typed) if isinstance(typed, tuple) else typed,
        mapped=variables.get(row.variable, ""),
        choices=[Choice(value=option["id"], label=option["label"]) for option in row.options],
        longest=row.longest,
    )


def _company(connection: Connection, candidate: Candidate) -> CompanyMatch | None:
    match = companies.chosen(connection, candidate, candidate.company)
    return match if match is not None and match.state == LinkState.LINKED else None
