"""A candidate in a vendor's fields, and per field what will be written, is kept, is protected or is missing, and why.

Pure: the caller reads the rows (``person_variables``, ``field_table``), this decides. The same result feeds the push,
the dry run, *try on a person* and the item's log, so they cannot disagree. Rules: docs/behaviour.md §8.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from integrations.base.records import (
    UNITED_KINDS,
    Education,
    Employment,
    FieldKind,
    PersonKeys,
    RemoteField,
    RemotePerson,
    UpdateRule,
    Value,
)
from integrations.base.uniting import SAME, united
from integrations.base.variables import SOCIAL
from integrations.converting import DoesNotFit, fitted, is_blank


class Outcome(enum.StrEnum):
    """What becomes of one field in one push."""

    WRITTEN = "written"
    KEPT = "kept"
    PROTECTED = "protected"
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
    """One of our people, as far as the exporter may see them. Lists are in relevance order.

    ``texts`` are string variables other than names and addresses, ``custom.<key>`` among them; ``social`` is each
    network's profile.
    """

    first_name: str = ""
    last_name: str = ""
    title: str = ""
    company: str = ""
    emails: tuple[Reachable, ...] = ()
    phones: tuple[Reachable, ...] = ()
    social_links: tuple[str, ...] = ()
    social: Mapping[str, str] = field(default_factory=dict)
    skills: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    experience: tuple[Employment, ...] = ()
    education: tuple[Education, ...] = ()
    texts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One row of a connection's *Fields* table."""

    field: RemoteField
    variable: str = ""
    rule: UpdateRule = UpdateRule.ALWAYS
    mandatory: bool = False

    @classmethod
    def default(cls, remote: RemoteField) -> FieldRule:
        """The row before anybody changed it."""
        return cls(field=remote, variable=remote.default_variable, rule=remote.default_rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What goes over. ``values`` is to be written, ``whole`` the record as it stands afterwards; ``digests`` of what
    is written are kept on the link. ``missing`` are the labels of fields without which the person may not go.
    """

    values: dict[str, Value]
    whole: dict[str, Value]
    keys: PersonKeys
    fields: tuple[FieldOutcome, ...]
    missing: tuple[str, ...]
    digests: dict[str, str]

    @property
    def log(self) -> list[dict[str, str]]:
        """The lines as they are stored."""
        return [line.as_json() for line in self.fields]


def variables(
    person: PersonData, *, source_label: str, own_dummy: str = "", send_dummy: bool = False
) -> dict[str, Any]:
    """Every variable of a person by its name (``base.variables``); blank ones too.

    ``own_dummy`` is the address generated for this person earlier or now; it is among the e-mails only when
    ``send_dummy`` is set and the person has no address in any state (docs/behaviour.md §7). Dead addresses stay here.
    """
    emails = tuple(email.value for email in person.emails if not email.dead)
    if send_dummy and own_dummy and not person.emails:
        emails = (own_dummy,)
    phones = tuple(phone.value for phone in person.phones if not phone.dead)
    return {
        **person.texts,
        **person.social,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "full_name": " ".join(part for part in (person.first_name, person.last_name) if part),
        "title": person.title,
        "company": person.company,
        "source": source_label,
        "email": next(iter(emails), ""),
        "phone": next(iter(phones), ""),
        "emails": emails,
        "phones": phones,
        "social_links": person.social_links,
        "skills": person.skills,
        "tags": person.tags,
        "experience": person.experience or _current_position(person),
        "education": person.education,
    }


def keys(person: PersonData, *, own_dummy: str = "") -> PersonKeys:
    """How the person may be recognised there; dead addresses still help."""
    return PersonKeys(
        markers=(own_dummy,) if own_dummy else (),
        emails=tuple(email.value for email in person.emails),
        social_links=person.social_links,
        phones=tuple(phone.value for phone in person.phones if not phone.dead),
        name=" ".join(part for part in (person.first_name, person.last_name) if part),
    )


def payload(
    person: PersonData,
    *,
    rules: Iterable[FieldRule],
    source_label: str,
    own_dummy: str = "",
    send_dummy: bool = False,
    entered: Mapping[str, Any] | None = None,
    existing: RemotePerson | None = None,
    written: Mapping[str, str] | None = None,
) -> Payload:
    """Decide every field of ``rules``.

    ``entered`` holds what people typed for single fields, by key; it goes before the mapped variable. ``existing`` is
    what the vendor holds, None for a create; ``written`` the digests of what we wrote last, for fields that cannot be
    read back.
    """
    known = variables(person, source_label=source_label, own_dummy=own_dummy, send_dummy=send_dummy)
    typed = entered or {}
    decided = _Decided()
    for rule in rules:
        ours = typed.get(rule.field.key)
        if is_blank(ours):
            ours = known.get(rule.variable, "") if rule.variable else ""
        _decide(decided, rule, ours, existing=existing, written=written or {}, own_dummy=own_dummy)
    lines = _with_dead(tuple(decided.lines), person)
    if send_dummy and own_dummy and not person.emails:
        lines = _with_dummy(lines, decided)
    return Payload(
        values=decided.values,
        whole=decided.whole,
        keys=keys(person, own_dummy=own_dummy),
        fields=lines,
        missing=tuple(decided.missing),
        digests={key: digest(value) for key, value in decided.values.items()},
    )


#: What an export promises (seed 000) → the variables by which a vendor takes it, any of them.
PROMISED: Mapping[str, tuple[str, ...]] = {
    "Name": ("full_name", "first_name", "last_name"),
    "E-mail": ("emails", "email"),
    "Phone": ("phones", "phone"),
    "Source": ("source",),
    "Location": ("location", "city", "region", "country", "country_code"),
    "Social media URL": ("social_links", *SOCIAL),
    "Experience": ("experience",),
    "Education": ("education",),
}


def not_held(rules: Iterable[FieldRule]) -> tuple[str, ...]:
    """What an export promises and no field of this connection takes, said before a run (docs/behaviour.md §7)."""
    mapped = {rule.variable for rule in rules if rule.variable}
    return tuple(words for words, names in PROMISED.items() if mapped and not mapped & set(names))


def digest(value: Value) -> str:
    """A short hash of a value, to tell later whether it is still ours; reveals nothing."""
    plain = [asdict(item) if isinstance(item, Employment | Education) else item for item in _listed(value)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:20]


@dataclass(slots=True)
class _Decided:
    values: dict[str, Value] = field(default_factory=dict)
    whole: dict[str, Value] = field(default_factory=dict)
    lines: list[FieldOutcome] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    #: Keys of e-mail fields among those written.
    emails: list[str] = field(default_factory=list)

    def say(self, rule: FieldRule, outcome: Outcome, why: str = "") -> None:
        self.lines.append(FieldOutcome(rule.field.label, outcome, why))


def _decide(
    decided: _Decided,
    rule: FieldRule,
    ours: Any,
    *,
    existing: RemotePerson | None,
    written: Mapping[str, str],
    own_dummy: str,
) -> None:
    remote = rule.field
    tells = existing is not None and remote.readable and remote.key in existing.values
    held = existing.values[remote.key] if tells and existing is not None else ""
    if held == own_dummy and own_dummy:
        held = ""
    if not is_blank(held):
        decided.whole[remote.key] = held
    asked_for = rule.mandatory or (remote.required and existing is None)
    try:
        value, note = fitted(ours, remote) if not is_blank(ours) else ("", "")
    except DoesNotFit as error:
        decided.say(rule, Outcome.MISSING, f"what we have does not fit: {error}")
        if asked_for:
            decided.missing.append(remote.label)
        return
    if is_blank(value):
        if asked_for and is_blank(held):
            decided.missing.append(remote.label)
        if asked_for or rule.variable:
            decided.say(rule, Outcome.MISSING)
        return
    if remote.kind in UNITED_KINDS:
        value = _united(remote.kind, held, value, own_dummy)
    if existing is not None:
        refusal = _refusal(rule, held, value, tells=tells, written=written)
        if refusal is not None:
            decided.say(rule, *refusal)
            if not tells:
                decided.whole[remote.key] = value
            return
    elif not remote.creatable:
        decided.say(rule, Outcome.KEPT, "can only be set later there")
        return
    decided.values[remote.key] = decided.whole[remote.key] = value
    if own_dummy and (value == own_dummy or value == (own_dummy,)):
        decided.emails.append(remote.label)
    decided.say(rule, Outcome.WRITTEN, note)


def _refusal(
    rule: FieldRule, held: Value, value: Value, *, tells: bool, written: Mapping[str, str]
) -> tuple[Outcome, str] | None:
    """Why a field of a record that exists is not written, or None."""
    remote = rule.field
    if rule.rule is UpdateRule.PROTECTED:
        return Outcome.PROTECTED, "protected: written at creation only"
    if not remote.updatable:
        return Outcome.KEPT, "cannot be changed there after creation"
    if tells and _same(remote.kind, held, value):
        return Outcome.KEPT, "the same there"
    if rule.rule is UpdateRule.IF_BLANK:
        if not tells:
            return Outcome.KEPT, "only if blank, and it cannot be read there"
        if not is_blank(held):
            return Outcome.KEPT, "only if blank, and there is a value there"
    if not tells and written.get(remote.key) == digest(value):
        return Outcome.KEPT, "sent before, unchanged here"
    return None


def _united(kind: FieldKind, held: Value, value: Value, own_dummy: str) -> Value:
    """What is there and what is ours; only our own dummy goes once a real address is known."""
    theirs = [item for item in _listed(held) if isinstance(item, str)]
    ours = [item for item in _listed(value) if isinstance(item, str)]
    if own_dummy and any(item.casefold() != own_dummy.casefold() for item in ours):
        theirs = [item for item in theirs if item.casefold() != own_dummy.casefold()]
    return united(theirs, ours, same=SAME[kind])


def _same(kind: FieldKind, held: Value, value: Value) -> bool:
    if kind in UNITED_KINDS:
        return tuple(_listed(held)) == tuple(_listed(value))
    if kind is FieldKind.CHOICES:
        return set(_listed(held)) == set(_listed(value))
    return held == value


def _listed(value: Value) -> list[Any]:
    if isinstance(value, tuple):
        return list(value)
    return [] if is_blank(value) else [value]


def _current_position(person: PersonData) -> tuple[Employment, ...]:
    """Title and company of somebody whose history is unknown are their current position."""
    if not (person.title or person.company):
        return ()
    return (Employment(title=person.title, company=person.company),)


def _with_dead(lines: tuple[FieldOutcome, ...], person: PersonData) -> tuple[FieldOutcome, ...]:
    """Addresses and phones that stay here because they are dead are said, not passed over in silence."""
    told = list(lines)
    for label, points in (("E-mail", person.emails), ("Phone", person.phones)):
        dead = sum(point.dead for point in points)
        if dead:
            told.append(FieldOutcome(label, Outcome.KEPT, f"{dead} bounced or invalid"))
    return tuple(told)


def _with_dummy(lines: tuple[FieldOutcome, ...], decided: _Decided) -> tuple[FieldOutcome, ...]:
    return tuple(
        FieldOutcome(line.field, line.outcome, "a generated address")
        if line.field in decided.emails and line.outcome is Outcome.WRITTEN
        else line
        for line in lines
    )
