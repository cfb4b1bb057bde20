"""Our records in SourceWhale's words and back.

Mapped from the start is exactly the field list of seed 000: name, e-mails, phones, source, location, social links;
experience (title, company, dates); education (school, degree, dates). An administrator may map more of what the vendor
takes. ``sendImmediately`` is never true: it would start outreach to a real person. ``dominantRace`` and ``gender``,
which the vendor's file also offers, are never sent.
"""

from __future__ import annotations

from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, distinct, read, text, texts, unix_seconds
from integrations.base.records import (
    UNITED_KINDS,
    Education,
    Employment,
    FieldKind,
    Note,
    RemoteField,
    RemotePerson,
    Target,
    TargetKind,
    Value,
    Values,
)
from integrations.vendors.sourcewhale import assumed

#: What a record holds. ``comments`` is deliberately absent: notes are kept there.
FIELDS = (
    RemoteField(key="name", label="Name", default_variable="full_name"),
    RemoteField(key="firstName", label="First name", default_variable="first_name"),
    RemoteField(key="lastName", label="Last name", default_variable="last_name"),
    RemoteField(key="emails", label="E-mail", kind=FieldKind.EMAILS, default_variable="emails"),
    RemoteField(key="phones", label="Phone", kind=FieldKind.PHONES, default_variable="phones"),
    # Written at creation only: a row does not show it, and the customer may have changed it.
    RemoteField(key="source", label="Source", readable=False, updatable=False, default_variable="source"),
    RemoteField(key="location", label="Location", default_variable="location"),
    RemoteField(
        key="socialLinks", label="Social media URL", kind=FieldKind.LINKS, default_variable="social_links"
    ),
    RemoteField(
        key="experience",
        label="Experience",
        kind=FieldKind.EXPERIENCE,
        readable=False,
        default_variable="experience",
    ),
    RemoteField(
        key="education",
        label="Education",
        kind=FieldKind.EDUCATION,
        readable=False,
        default_variable="education",
    ),
    RemoteField(key="role", label="Role"),
    RemoteField(key="company", label="Company"),
    RemoteField(key="city", label="City"),
    RemoteField(key="state", label="State"),
    RemoteField(key="country", label="Country"),
    RemoteField(key="headline", label="Headline", readable=False),
    RemoteField(key="summary", label="Summary", kind=FieldKind.LONG_TEXT, readable=False),
    RemoteField(key="skills", label="Skills", kind=FieldKind.TEXTS, readable=False),
    RemoteField(key="keywords", label="Keywords", kind=FieldKind.TEXTS, readable=False),
    RemoteField(key="customVariable", label="Custom variable 1", custom=True, readable=False),
    RemoteField(key="customVariable2", label="Custom variable 2", custom=True, readable=False),
    RemoteField(key="customVariable3", label="Custom variable 3", custom=True, readable=False),
    RemoteField(key="customVariable4", label="Custom variable 4", custom=True, readable=False),
)
#: Only ``add`` takes these.
HISTORY = frozenset({"experience", "education"})

#: A row of ``candidates/search``. The vendor documents none; keys as two independent clients read them.
PERSON = (
    Field("external_id", "candidateId", required=True),
    Field("first_name", "firstName"),
    Field("last_name", "lastName"),
    Field("emails", "emails", texts),
    Field("phones", "phones", texts),
    Field("created_at", "createdAt", unix_seconds),
    Field("updated_at", "lastActivity", unix_seconds),
)
VALUES = tuple(
    Field(field.key, field.key, texts if field.kind in UNITED_KINDS else text)
    for field in FIELDS
    if field.readable
)
MEMBERSHIP = (
    Field("campaign", assumed.ROW_CAMPAIGN_KEY),
    Field("projects", assumed.ROW_PROJECTS_KEY, texts),
)
CAMPAIGN = (Field("external_id", "campaignId", required=True), Field("name", "campaignName"))
PROJECT = (Field("external_id", "projectId", required=True), Field("name", "projectName"))
ADDED = (Field("candidates", "candidateIds", texts, required=True), Field("url", "url"))


def rows(data: Any, key: str) -> list[Any]:
    """The list under ``key``; its absence is a changed API, not an empty list."""
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise MalformedResponse(f"The answer has no list of {key}.")
    return found


def targets(data: Any, kind: TargetKind) -> tuple[Target, ...]:
    """Campaigns or projects by name; one without a name shows its id."""
    key, table = ("campaigns", CAMPAIGN) if kind is TargetKind.POOL else ("projects", PROJECT)
    found = [read(table, row) for row in rows(data, key)]
    made = (
        Target(kind=kind, external_id=row["external_id"], name=row.get("name") or row["external_id"])
        for row in found
    )
    return tuple(sorted(made, key=lambda target: target.name.casefold()))


def person(row: Any) -> RemotePerson:
    """One search row. ``name`` alone is not split: who needs the parts sends them."""
    membership = read(MEMBERSHIP, row)
    attached = distinct([membership.get("campaign", ""), *membership.get("projects", ())])
    blank: dict[str, Value] = {
        field.key: () if field.kind in UNITED_KINDS else "" for field in FIELDS if field.readable
    }
    person_values = read(PERSON, row)
    values = {**blank, **read(VALUES, row)}
    # Rows without ``name`` are seen; it is the two parts together.
    values["name"] = values["name"] or f"{values['firstName']} {values['lastName']}".strip()
    return RemotePerson(**person_values, values=values, target_ids=frozenset(attached), raw=row)


def body(values: Values) -> dict[str, Any]:
    """Values in the vendor's spelling; blank ones are left out so that they blank nothing there."""
    spelled = {key: _spelled(value) for key, value in values.items()}
    return {key: value for key, value in spelled.items() if value}


def plain(values: Values) -> dict[str, Value]:
    """What both ``add`` and ``modify`` take."""
    return {key: value for key, value in values.items() if key not in HISTORY}


def add_body(candidate: dict[str, Any], target: Target | None) -> dict[str, Any]:
    """The whole ``add`` request for one person (see ``assumed``)."""
    body: dict[str, Any] = {"candidates": [candidate], "sendImmediately": False}
    if target is not None and target.kind is TargetKind.POOL:
        body["campaignId"] = target.external_id
    elif target is not None:
        body["projectIds"] = [target.external_id]
    return body


def comments(notes: tuple[Note, ...]) -> str:
    """Our notes as dated lines, the oldest first."""
    ordered = sorted(notes, key=lambda note: (note.at, note.key))
    return "\n".join(f"{note.at:%Y-%m-%d %H:%M} UTC: {' '.join(note.text.split())}" for note in ordered)


def added_id(data: Any) -> tuple[str, str]:
    """Id and page of the person just added."""
    answer = read(ADDED, data)
    return answer["candidates"][0], answer.get("url", "")


def _spelled(value: Value) -> Any:
    if not isinstance(value, tuple):
        return value
    return [_entry(item) for item in value]


def _entry(item: str | Employment | Education) -> Any:
    if isinstance(item, Employment):
        return _filled(role=item.title, company=item.company, startedAt=item.started, endedAt=item.ended)
    if isinstance(item, Education):
        return _filled(school=item.school, degree=item.degree, startedAt=item.started, endedAt=item.ended)
    return item


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
