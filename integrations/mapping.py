"""A candidate in the words of connectors, and per field what will be written, kept back or is missing.

Pure: the caller reads the rows (``exporting.person_data``), this decides. The same result feeds the push, the
preview and the item's log, so they cannot disagree. "Protected" comes with field settings and is deliberately
absent until then.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.base.records import Education, Employment, PersonKeys, PersonRecord


class Outcome(enum.StrEnum):
    """What becomes of one field in one push."""

    WRITTEN = "written"
    KEPT = "kept back"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """One line of an item's log. Never holds a value: the log is read by people who may not see it."""

    field: str
    outcome: Outcome
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """The stored form."""
        return {"field": self.field, "outcome": self.outcome.value, "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """One e-mail address or phone the exporter may see. ``dead``: bounced or marked invalid."""

    value: str
    dead: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonData:
    """One of our people, as far as the exporter may see them. Lists are in relevance order."""

    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    location: str = ""
    emails: tuple[Reachable, ...] = ()
    phones: tuple[Reachable, ...] = ()
    social_links: tuple[str, ...] = ()
    experience: tuple[Employment, ...] = ()
    education: tuple[Education, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What goes over: the record, how to recognise it there, and the log."""

    record: PersonRecord
    keys: PersonKeys
    fields: tuple[FieldOutcome, ...]


def payload(
    person: PersonData,
    *,
    source_label: str,
    own_dummy: str,
    send_dummy: bool,
    cannot_hold: Iterable[str] = (),
) -> Payload:
    """Turn a person into what a connector sends.

    ``own_dummy`` is the address generated for this person earlier or now, else empty; it leaves only when
    ``send_dummy`` is set and the person has no address at all. Dead addresses stay here but still help to
    recognise the person there. ``cannot_hold`` names fields of PersonRecord the vendor has no place for.
    """
    live_emails = tuple(email.value for email in person.emails if not email.dead)
    record = PersonRecord(
        first_name=person.first_name,
        last_name=person.last_name,
        emails=live_emails,
        own_dummy=own_dummy,
        send_dummy=send_dummy and not person.emails,
        phones=tuple(phone.value for phone in person.phones if not phone.dead),
        social_links=person.social_links,
        location=person.location,
        source=source_label,
        experience=person.experience or _current_position(person),
        education=person.education,
    )
    keys = PersonKeys(
        markers=(own_dummy,) if own_dummy else (),
        emails=tuple(email.value for email in person.emails),
        social_links=person.social_links,
        phones=record.phones,
        name=record.full_name,
    )
    return Payload(record=record, keys=keys, fields=_log(person, record, frozenset(cannot_hold)))


def _current_position(person: PersonData) -> tuple[Employment, ...]:
    """Title and company of somebody whose history is unknown are their current position."""
    if not (person.title or person.company):
        return ()
    return (Employment(title=person.title, company=person.company),)


def _log(person: PersonData, record: PersonRecord, cannot_hold: frozenset[str]) -> tuple[FieldOutcome, ...]:
    lines = [_line("name", "Name", bool(record.full_name), cannot_hold)]
    lines += _reachable_lines("emails", "E-mail", person.emails, record.sent_emails, cannot_hold)
    if record.send_dummy and record.sent_emails:
        lines[-1] = FieldOutcome("E-mail", Outcome.WRITTEN, "a generated address")
    lines += _reachable_lines("phones", "Phone", person.phones, record.phones, cannot_hold)
    lines += [
        _line(name, label, bool(getattr(record, name)), cannot_hold)
        for name, label in (
            ("source", "Source"),
            ("location", "Location"),
            ("social_links", "Social media URL"),
            ("experience", "Experience"),
            ("education", "Education"),
        )
    ]
    return tuple(lines)


def _reachable_lines(
    name: str, label: str, known: tuple[Reachable, ...], sent: tuple[str, ...], cannot_hold: frozenset[str]
) -> list[FieldOutcome]:
    dead = sum(one.dead for one in known)
    lines = [FieldOutcome(label, Outcome.KEPT, f"{dead} bounced or invalid")] if dead else []
    if sent or not dead:
        lines.append(_line(name, label, bool(sent), cannot_hold))
    return lines


def _line(name: str, label: str, filled: bool, cannot_hold: frozenset[str]) -> FieldOutcome:
    if not filled:
        return FieldOutcome(label, Outcome.MISSING)
    if name in cannot_hold:
        return FieldOutcome(label, Outcome.KEPT, "cannot be held there")
    return FieldOutcome(label, Outcome.WRITTEN)
