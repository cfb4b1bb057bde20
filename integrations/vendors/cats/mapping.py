"""CATS' rows in our words and ours in theirs.

What is written is not what is read: arrays go in, ``{primary, secondary}`` comes out.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, distinct, read, text
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
from integrations.vendors.cats import assumed
from integrations.vendors.cats.fields import ADDRESS, ADDRESS_KEYS, CUSTOM, FLAGS, IDS, PATHS, PLAIN

#: Addresses that stand for "no address", ours or another installation's; only these are ever replaced.
_DUMMY = re.compile(r"no-email-(?:-?\d+)@\S+", re.IGNORECASE)


def moment(value: Any) -> datetime.datetime:
    """An RFC 3339 moment; without a zone it is UTC."""
    if not isinstance(value, str):
        raise ValueError("not a moment")
    try:
        found = datetime.datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("not a moment") from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


PERSON = (
    Field("external_id", "id", required=True),
    Field("first_name", "first_name"),
    Field("last_name", "last_name"),
    Field("created_at", "date_created", moment),
    Field("updated_at", "date_modified", moment),
)
TARGET = (
    Field("external_id", "id", required=True),
    Field("name", "name"),
    Field("title", "title"),
    Field("status", "status_id"),
)
STATUS = (Field("id", "id", required=True), Field("title", "title"), Field("mapping", "mapping"))


# --- reading ----------------------------------------------------------------------------------------------------------


def person(row: Any, record_type: str) -> RemotePerson:
    """A candidate or contact as a list, a search or a single read gives it. Raises MalformedResponse."""
    told = read(PERSON, row)
    emails, phones = addresses(row), numbers(row)
    values: dict[str, Value] = {}
    for key in PLAIN:
        if key in row:
            values[key] = _plain(key, row[key])
    if isinstance(row.get("address"), Mapping):
        for key in ADDRESS_KEYS:
            values[key] = _word(row["address"].get(key.removeprefix(ADDRESS)))
    if "emails" in row or "emails" in _embedded(row):
        values["emails"] = emails
    if "phones" in row or "phones" in _embedded(row):
        values["phones"] = phones
    values.update(_custom_values(row))
    return RemotePerson(
        **told,
        record_type=record_type,
        emails=emails,
        phones=phones,
        values=values,
        standing=standing(row),
        raw=row,
    )


def addresses(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Every e-mail address of a row, the primary one first, from whichever of the two shapes is there."""
    return _reached_at(row, "emails", "email", ("primary", "secondary"))


def numbers(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Every phone of a row."""
    return _reached_at(row, "phones", "number", ("cell", "work", "home", "other", "main"))


def standing(row: Mapping[str, Any]) -> Standing | None:
    """What the record itself says of leaving the person alone (``assumed``); pipelines may say more."""
    consent = row.get("consent_status")
    refused = isinstance(consent, str) and consent.strip().casefold() in assumed.REFUSED_CONSENT
    return Standing.OFF_LIMITS if refused or row.get("is_active") is False else None


def standing_on_jobs(statuses: Iterable[str]) -> Standing | None:
    """Of somebody whose pipelines are at ``statuses`` (words in any case): hired if any says so, rejected if all do."""
    words = [status.strip().casefold() for status in statuses]
    if any(word in assumed.HIRED_STATUSES for word in words):
        return Standing.HIRED
    if words and all(word in assumed.REJECTED_STATUSES for word in words):
        return Standing.REJECTED
    return None


def job(row: Any) -> Target:
    """A job; one without a title shows its id."""
    told = read(TARGET, row)
    return Target(
        kind=TargetKind.JOB,
        external_id=told["external_id"],
        name=told.get("title") or told["external_id"],
        status=told.get("status", ""),
    )


def pool(row: Any, record_type: str) -> Target:
    """A list. Lists of candidates and of contacts are numbered apart, so the id says which kind it is."""
    told = read(TARGET, row)
    name = told.get("name") or told.get("title") or told["external_id"]
    return Target(
        kind=TargetKind.POOL,
        external_id=f"{PATHS[record_type]}/{told['external_id']}",
        name=name if record_type == "candidate" else f"{name} (contacts)",
    )


def status(row: Any) -> Option:
    """A status of jobs."""
    told = read(STATUS, row)
    return Option(id=told["id"], label=told.get("title") or told["id"])


def is_dummy(address: str) -> bool:
    """Whether an address only stands for "none is known"."""
    return _DUMMY.fullmatch(address.strip()) is not None


# --- writing ----------------------------------------------------------------------------------------------------------


def create_body(values: Values) -> dict[str, Any]:
    """The body of a POST: everything a record can be made with in one call. Education goes into the notes."""
    body = plain_body(values)
    for place, email in enumerate(_texts(values.get("emails"))):
        body.setdefault("emails", []).append({"email": email, "is_primary": place == 0})
    for number in _texts(values.get("phones")):
        body.setdefault("phones", []).append(phone_body(number))
    address = {key.removeprefix(ADDRESS): values[key] for key in ADDRESS_KEYS if values.get(key)}
    if address:
        body["address"] = address
    custom = custom_values(values)
    if custom:
        body["custom_fields"] = [{"id": int(key), "value": value} for key, value in custom.items()]
    history = positions(values)
    if history:
        body["work_history"] = [assumed.work_history_row(position) for position in history]
    schooling = _schooling(values.get("education"))
    if schooling:
        body["notes"] = "\n\n".join(part for part in (str(body.get("notes") or ""), schooling) if part)
    return body


def plain_body(values: Values) -> dict[str, Any]:
    """The values that are keys of the record itself, in CATS' types."""
    body: dict[str, Any] = {}
    for key in sorted(PLAIN & values.keys()):
        value = values[key]
        if key in IDS:
            if str(value).isascii() and str(value).isdigit():
                body[key] = int(str(value))
        else:
            body[key] = list(value) if isinstance(value, tuple) else value
    return body


def address_body(values: Values, whole: Values) -> dict[str, Any]:
    """All of the address when any of it changes: ``values`` over what is there."""
    if not any(key in values for key in ADDRESS_KEYS):
        return {}
    merged = {key: values.get(key, whole.get(key, "")) for key in ADDRESS_KEYS}
    return {key.removeprefix(ADDRESS): value for key, value in merged.items()}


def phone_body(number: str) -> dict[str, Any]:
    """One phone of ours."""
    return {"number": number, "type": assumed.PHONE_TYPE}


def custom_values(values: Values) -> dict[str, Any]:
    """Custom values by CATS' number of the field."""
    return {
        key.removeprefix(CUSTOM): list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if key.startswith(CUSTOM) and key.removeprefix(CUSTOM).isdigit()
    }


def positions(values: Values) -> tuple[Employment, ...]:
    """The work history to be written."""
    found = values.get("work_history")
    return tuple(item for item in found if isinstance(item, Employment)) if isinstance(found, tuple) else ()


def same_position(row: Mapping[str, Any], position: Employment) -> bool:
    """Whether a row of the work history is this position: title, employer and beginning."""
    employer = row.get("employer")
    name = employer.get("name") if isinstance(employer, Mapping) else employer
    started = assumed.whole_date(position.started) if position.started else ""
    return (
        _word(row.get("title")).casefold(),
        _word(name).casefold(),
        _word(row.get("start_date"))[:10],
    ) == (
        position.title.strip().casefold(),
        position.company.strip().casefold(),
        started,
    )


def _schooling(found: Any) -> str:
    if not isinstance(found, tuple) or not found:
        return ""
    return "\n".join(["Education", *(_school(item) for item in found if isinstance(item, Education))])


def _school(item: Education) -> str:
    words = ", ".join(word for word in (item.degree, item.field, item.school) if word)
    if not (item.started or item.ended):
        return words
    return f"{words} ({item.started or '…'} – {item.ended or 'now'})"


def _texts(value: Any) -> tuple[str, ...]:
    return (
        distinct(item.strip() for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()
    )


def _embedded(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("_embedded")
    return found if isinstance(found, Mapping) else {}


def _reached_at(row: Mapping[str, Any], key: str, inner: str, order: tuple[str, ...]) -> tuple[str, ...]:
    """Values of the summary in ``order``, then of any other kind, then of the embedded rows; each once."""
    summary, embedded = row.get(key), _embedded(row).get(key)
    found: list[Any] = []
    if isinstance(summary, Mapping):
        found += [summary.get(kind) for kind in order]
        found += [value for kind, value in summary.items() if kind not in order]
    elif isinstance(summary, list):
        embedded = [*summary, *(embedded if isinstance(embedded, list) else [])]
    elif summary is not None:
        raise MalformedResponse(f"{key} in the answer is of another shape.")
    for one in embedded if isinstance(embedded, list) else []:
        found.append(one.get(inner) if isinstance(one, Mapping) else one)
    flat = [item for value in found for item in (value if isinstance(value, list) else [value])]
    return distinct(item.strip() for item in flat if isinstance(item, str))


def _plain(key: str, value: Any) -> Value:
    if key in FLAGS:
        return value is True
    if isinstance(value, list):
        return tuple(item.strip() for item in value if isinstance(item, str) and item.strip())
    return _word(value)


def _custom_values(row: Mapping[str, Any]) -> dict[str, Value]:
    found = _embedded(row).get("custom_fields")
    values: dict[str, Value] = {}
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and (number := _word(one.get("id"))):
            values[f"{CUSTOM}{number}"] = _custom(one.get("value"))
    return values


def _custom(value: Any) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(word for word in map(_word, value) if word)
    return _word(value)


def _word(value: Any) -> str:
    """A text of whatever stands there; nothing for null and for shapes that are no text."""
    if isinstance(value, float):
        return repr(value)
    try:
        return text(value)
    except ValueError:
        return ""
