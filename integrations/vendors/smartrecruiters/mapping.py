"""Our records in SmartRecruiters' words and back. Which value goes is decided before; here it is only spelled.

Writing: ``POST`` takes everything, ``PATCH`` names, address, phone, location and web only, tags and properties have
calls of their own, education and experience can be given at creation only. Reading: rows of ``GET /candidates`` have
fewer keys than one record; a key that the answer does not hold is not known, and not blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, distinct, read, text, texts
from integrations.base.records import (
    Education,
    Employment,
    Option,
    RemotePerson,
    Standing,
    Target,
    TargetKind,
    Value,
    Values,
)
from integrations.vendors.smartrecruiters import assumed
from integrations.vendors.smartrecruiters.fields import LONGEST_TAG, PROPERTY, shown

_E = TypeVar("_E", Employment, Education)

#: The one talent pool there is; with a tag it is a pool of its own in the picker.
POOL = "pool"
POOL_TAG = "tag:"
#: Every status a job may have (JobStatus), in the order of its life; ``OTHER`` only ever comes back.
JOB_STATUSES = (
    Option(id="CREATED", label="Created"),
    Option(id="SOURCING", label="Sourcing"),
    Option(id="INTERVIEW", label="Interview"),
    Option(id="OFFER", label="Offer"),
    Option(id="FILLED", label="Filled"),
    Option(id="ON_HOLD", label="On hold"),
    Option(id="CANCELLED", label="Cancelled"),
    Option(id="OTHER", label="Other"),
)
LONGEST_TEXT = 200
LONGEST_DESCRIPTION = 4000
NESTED = ("location", "web")


def moment(value: Any) -> datetime:
    """An ISO 8601 moment; without a zone it is UTC."""
    if not isinstance(value, str):
        raise ValueError("not a moment")
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("not a moment") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


PERSON = (
    Field("external_id", "id", required=True),
    Field("first_name", "firstName"),
    Field("last_name", "lastName"),
    Field("email", "email"),
    Field("phone", "phoneNumber"),
    Field("tags", "tags", texts),
    Field("created_at", "createdOn", moment),
    Field("updated_at", "updatedOn", moment),
)
JOB = (
    Field("external_id", "id", required=True),
    Field("title", "title"),
    Field("number", "refNumber"),
    Field("status", "status"),
)


def content(data: Any) -> list[Any]:
    """The rows of a list; its absence is a changed API, not an empty list."""
    found = data.get("content") if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        raise MalformedResponse("The answer has no list of content.")
    return found


def job(row: Any) -> Target:
    """A job with its reference number, by which people there tell two of the same title apart."""
    values = read(JOB, row)
    title, number = values.get("title") or values["external_id"], values.get("number", "")
    return Target(
        kind=TargetKind.JOB,
        external_id=values["external_id"],
        name=f"{title} ({number})" if number else title,
        status=values.get("status", ""),
    )


def pools(tags: tuple[str, ...]) -> tuple[Target, ...]:
    """The talent pool, and the talent pool with each tag in use."""
    plain = Target(kind=TargetKind.POOL, external_id=POOL, name="Talent Pool")
    tagged = (
        Target(kind=TargetKind.POOL, external_id=POOL_TAG + tag, name=f"Talent Pool, tagged “{tag}”")
        for tag in sorted(tags, key=str.casefold)
    )
    return (plain, *tagged)


def pool_tag(target: Target | None) -> str:
    """The tag a pool stands for, or empty."""
    if target is None or target.kind is not TargetKind.POOL:
        return ""
    return target.external_id.removeprefix(POOL_TAG) if target.external_id.startswith(POOL_TAG) else ""


def person(row: Any) -> RemotePerson:
    """A candidate, from a list or alone."""
    found = read(PERSON, row)
    values: dict[str, Value] = {}
    for key, name in (("firstName", "first_name"), ("lastName", "last_name")):
        if key in row:
            values[key] = found.get(name, "")
    for key, name in (("email", "email"), ("phoneNumber", "phone")):
        if key in row:
            values[key] = (found[name],) if found.get(name) else ()
    if "tags" in row:
        values["tags"] = found.get("tags", ())
    values |= _nested(row)
    if isinstance(row.get("experience"), list):
        values["experience"] = tuple(
            _employment(each) for each in row["experience"] if isinstance(each, Mapping)
        )
    if isinstance(row.get("education"), list):
        values["education"] = tuple(
            _education(each) for each in row["education"] if isinstance(each, Mapping)
        )
    assignments = _assignments(row)
    return RemotePerson(
        external_id=found["external_id"],
        first_name=found.get("first_name", ""),
        last_name=found.get("last_name", ""),
        emails=(found["email"],) if found.get("email") else (),
        phones=(found["phone"],) if found.get("phone") else (),
        values=values,
        target_ids=frozenset(
            {POOL}
            | {POOL_TAG + tag for tag in found.get("tags", ())}
            | {number for number, _status in assignments if number}
        ),
        standing=standing(row),
        url=assumed.PERSON_PAGE.format(id=found["external_id"]),
        created_at=found.get("created_at"),
        updated_at=found.get("updated_at"),
        raw=row,
    )


def with_values(found: RemotePerson, more: Values) -> RemotePerson:
    """The same person with these values too."""
    return replace(found, values={**found.values, **more})


def tags(row: Any) -> tuple[str, ...]:
    """The tags of a row, without reading the rest of it."""
    listed = row.get("tags") if isinstance(row, Mapping) else None
    return texts(listed) if isinstance(listed, list) else ()


def primary_job(row: Mapping[str, Any]) -> str:
    """The job of the application that was touched last, or empty: whose properties are read and written."""
    assignment = row.get("primaryAssignment")
    return _job_of(assignment) if isinstance(assignment, Mapping) else ""


def standing(row: Mapping[str, Any]) -> Standing | None:
    """Hired on any job; rejected when the application touched last is."""
    assignments = _assignments(row)
    if any(status == "HIRED" for _number, status in assignments):
        return Standing.HIRED
    primary = row.get("primaryAssignment")
    rejected = isinstance(primary, Mapping) and primary.get("status") == "REJECTED"
    return Standing.REJECTED if rejected else None


def properties(data: Any) -> dict[str, Value]:
    """Values of a person's properties by field key; ``{}`` is how none are answered."""
    if not isinstance(data, Mapping):
        raise MalformedResponse("The answer has no list of content.")
    values: dict[str, Value] = {}
    for row in content(data) if data else []:
        if isinstance(row, Mapping) and row.get("id") is not None:
            value = shown(row)
            if value is not None:
                values[f"{PROPERTY}{text(row['id'])}"] = value
    return values


def body(values: Values, *, tag: str = "") -> dict[str, Any]:
    """Everything ``POST`` takes, blanks left out; ``tag`` is that of the talent pool."""
    found: dict[str, Any] = plain(values)
    tags = distinct([*strings(values.get("tags", ())), tag])
    if tags:
        found["tags"] = [each[:LONGEST_TAG] for each in tags]
    # An entry without a name for what it is would be refused with the whole person.
    found["experience"] = [
        _spelled_employment(each)
        for each in _entries(values, "experience", Employment)
        if each.title or each.company
    ]
    found["education"] = [
        _spelled_education(each) for each in _entries(values, "education", Education) if each.school
    ]
    return {key: value for key, value in found.items() if value not in ("", [], {})}


def plain(values: Values) -> dict[str, Any]:
    """The keys that ``PATCH`` takes too, as given: an empty text empties the field there."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        outer, _, inner = key.partition(".")
        if key in {"firstName", "lastName"}:
            found[key] = value
        elif key in {"email", "phoneNumber"}:
            found[key] = next(iter(strings(value)), "")
        elif outer in NESTED and inner and value:
            found.setdefault(outer, {})[inner] = value
    return found


def changes(values: Values, existing: RemotePerson) -> dict[str, Any]:
    """What ``PATCH`` has to say: one address and one phone fit, and the one that is there stays the first."""
    found = plain(values)
    for key in ("email", "phoneNumber"):
        if key in found and (not found[key] or (found[key],) == existing.values.get(key)):
            del found[key]
    return found


def new_tags(values: Values, existing: RemotePerson, tag: str) -> list[str]:
    """Tags to add: those named that are not there, however they are spelled."""
    there = {each.casefold() for each in strings(existing.values.get("tags", ()))}
    wanted = distinct([*strings(values.get("tags", ())), tag])
    return [each[:LONGEST_TAG] for each in wanted if each[:LONGEST_TAG].casefold() not in there]


def property_values(values: Values) -> dict[str, Value]:
    """Values of properties by their id."""
    return {key.removeprefix(PROPERTY): value for key, value in values.items() if key.startswith(PROPERTY)}


def _nested(row: Mapping[str, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for outer, inners in (
        ("location", ("city", "region", "country", "countryCode")),
        ("web", ("linkedin", "facebook", "twitter", "website", "skype")),
    ):
        if outer not in row:
            continue
        there = row[outer] if isinstance(row[outer], Mapping) else {}
        for inner in inners:
            # An older spelling of the vendor's own library is ``linkedIn``.
            value = there.get(inner) or (there.get("linkedIn") if inner == "linkedin" else None)
            values[f"{outer}.{inner}"] = value.strip() if isinstance(value, str) else ""
    return values


def _assignments(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(job, status) of every application the row tells of."""
    primary, others = row.get("primaryAssignment"), row.get("secondaryAssignments")
    every = [primary, *(others if isinstance(others, list) else [])]
    return [(_job_of(each), str(each.get("status") or "")) for each in every if isinstance(each, Mapping)]


def _job_of(assignment: Mapping[str, Any]) -> str:
    there = assignment.get("job")
    return str(there.get("id") or "") if isinstance(there, Mapping) else ""


def _employment(row: Mapping[str, Any]) -> Employment:
    return Employment(
        title=_text(row, "title"),
        company=_text(row, "company"),
        started=_text(row, "startDate"),
        ended="" if row.get("current") is True else _text(row, "endDate"),
        location=_text(row, "location"),
        description=_text(row, "description"),
    )


def _education(row: Mapping[str, Any]) -> Education:
    degree = _text(row, "degree")
    return Education(
        school=_text(row, "institution"),
        degree="" if degree == assumed.NO_DEGREE else degree,
        started=_text(row, "startDate"),
        ended="" if row.get("current") is True else _text(row, "endDate"),
        field=_text(row, "major"),
    )


def _spelled_employment(entry: Employment) -> dict[str, Any]:
    return _without_blanks(
        {
            "title": entry.title[:LONGEST_TEXT],
            "company": entry.company[:LONGEST_TEXT],
            "current": not entry.ended,
            "startDate": entry.started,
            "endDate": entry.ended,
            "location": entry.location[:LONGEST_TEXT],
            "description": entry.description[:LONGEST_DESCRIPTION],
        }
    )


def _spelled_education(entry: Education) -> dict[str, Any]:
    return _without_blanks(
        {
            "institution": entry.school[:LONGEST_TEXT],
            "degree": entry.degree[:LONGEST_TEXT] or assumed.NO_DEGREE,
            "major": entry.field[:LONGEST_TEXT],
            "current": False,
            "startDate": entry.started,
            "endDate": entry.ended,
        }
    )


def _without_blanks(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value != ""}


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def strings(value: Value) -> tuple[str, ...]:
    """The texts in a value of any shape."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, tuple) else ()


def _entries(values: Values, key: str, kind: type[_E]) -> list[_E]:
    given = values.get(key, ())
    return [each for each in given if isinstance(each, kind)] if isinstance(given, tuple) else []
