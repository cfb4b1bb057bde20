"""Our records in SourceWhale's words and back.

Written is exactly the field list of seed 000: name, e-mails, phones, source, location, social links;
experience (title, company, dates); education (school, degree, dates). ``sendImmediately`` is never true: it
would start outreach to a real person. ``dominantRace`` and ``gender``, which the vendor's file also offers,
are never sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, distinct, read, texts, unix_seconds
from integrations.base.records import PersonRecord, RemotePerson, Target, TargetKind
from integrations.vendors.sourcewhale import assumed

#: A row of ``candidates/search``. The vendor documents none; keys as two independent clients read them.
PERSON = (
    Field("external_id", "candidateId", required=True),
    Field("first_name", "firstName"),
    Field("last_name", "lastName"),
    Field("emails", "emails", texts),
    Field("phones", "phones", texts),
    Field("social_links", "socialLinks", texts),
    Field("location", "location"),
    Field("created_at", "createdAt", unix_seconds),
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
    return RemotePerson(**read(PERSON, row), target_ids=frozenset(attached), raw=row)


def link_key(link: str) -> str:
    """How two spellings of one profile address compare: no scheme, ``www.``, query, end slash or case."""
    bare = link.strip().casefold().split("://")[-1]
    return bare.removeprefix("www.").split("?")[0].rstrip("/")


def plain_fields(record: PersonRecord) -> dict[str, Any]:
    """What both ``add`` and ``modify`` take; empty values are left out so that they blank nothing there."""
    body: dict[str, Any] = {
        "name": record.full_name,
        "firstName": record.first_name,
        "lastName": record.last_name,
        "emails": list(record.sent_emails),
        "phones": list(record.phones),
        "location": record.location,
        "socialLinks": list(record.social_links),
        "source": record.source,
    }
    return {name: value for name, value in body.items() if value}


def full_body(record: PersonRecord) -> dict[str, Any]:
    """What only ``add`` takes besides: work and education history."""
    body = plain_fields(record)
    experience = [
        _filled(role=job.title, company=job.company, startedAt=job.started, endedAt=job.ended)
        for job in record.experience
    ]
    education = [
        _filled(school=course.school, degree=course.degree, startedAt=course.started, endedAt=course.ended)
        for course in record.education
    ]
    if experience:
        body["experience"] = experience
    if education:
        body["education"] = education
    return body


def add_body(candidate: dict[str, Any], target: Target | None) -> dict[str, Any]:
    """The whole ``add`` request for one person (see ``assumed``)."""
    body: dict[str, Any] = {"candidates": [candidate], "sendImmediately": False}
    if target is not None and target.kind is TargetKind.POOL:
        body["campaignId"] = target.external_id
    elif target is not None:
        body["projectIds"] = [target.external_id]
    return body


def changed_fields(record: PersonRecord, existing: RemotePerson) -> dict[str, Any]:
    """The plain fields that differ from the remote row, lists whole.

    E-mails, phones and links are added to what is there, never taken away; only our own dummy address goes
    once a real one is known (docs/behaviour.md §7). ``source`` is written at creation only: a row does not
    show it, so it could not be compared, and the customer may have changed it.
    """
    held: dict[str, Any] = {
        "firstName": existing.first_name,
        "lastName": existing.last_name,
        "location": existing.location,
        "emails": list(existing.emails),
        "phones": list(existing.phones),
        "socialLinks": list(existing.social_links),
    }
    kept = [email for email in existing.emails if not _is_replaced_dummy(email, record)]
    wanted: dict[str, Any] = {
        "firstName": record.first_name,
        "lastName": record.last_name,
        "location": record.location,
        "emails": united(kept, record.sent_emails, same=str.casefold),
        "phones": united(existing.phones, record.phones, same=phone_key),
        "socialLinks": united(existing.social_links, record.social_links, same=link_key),
    }
    changed = {name: value for name, value in wanted.items() if value and value != held[name]}
    if "firstName" in changed or "lastName" in changed:
        changed["name"] = record.full_name
    return changed


def united(held: Iterable[str], ours: Iterable[str], *, same: Callable[[str], str]) -> list[str]:
    """What is there, then what is new; ``same`` says which spellings are one value."""
    seen: dict[str, str] = {}
    for value in (*held, *ours):
        seen.setdefault(same(value), value)
    return list(seen.values())


def phone_key(phone: str) -> str:
    """Digits decide whether two phones are one."""
    return "".join(sign for sign in phone if sign.isdigit()) or phone


def _is_replaced_dummy(email: str, record: PersonRecord) -> bool:
    return bool(record.emails) and email.casefold() == record.own_dummy.casefold()


def added_id(data: Any) -> tuple[str, str]:
    """Id and page of the person just added."""
    answer = read(ADDED, data)
    return answer["candidates"][0], answer.get("url", "")


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
