"""The readable side of the stand-in SourceWhale: people with all fields, membership, requests."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sandbox.http_server import Request, Response
from sandbox.pages import SHOWN, clock, link, numbers, page, pairs, requests_page, table
from sandbox.sourcewhale.accounts import Account
from sandbox.sourcewhale.records import Person, Records


def handle(request: Request, records: Records, accounts: Sequence[Account]) -> Response:
    """One page under ``/sourcewhale/``."""
    path = request.path.removeprefix("/sourcewhale").strip("/")
    if path == "":
        return _people(records, accounts)
    if path == "requests":
        return requests_page("Requests to SourceWhale", records.requests(limit=SHOWN))
    if found := re.fullmatch(r"people/([0-9a-f]+)", path):
        return _one(records, accounts, found[1])
    return Response.html(page("Not found", "<p>There is no such page.</p>"), 404)


def _people(records: Records, accounts: Sequence[Account]) -> Response:
    people = records.people()
    counts = records.counts()
    rows = [
        (
            link(f"/sourcewhale/people/{each.id}", _name(each)),
            ", ".join(each.fields.get("emails", [])),
            each.fields.get("role", ""),
            each.fields.get("company", ""),
            _membership(each, accounts),
            clock(each.updated_at),
        )
        for each in reversed(people[-SHOWN:])
    ]
    started = counts["outreach_started"]
    warning = (
        f'<p class="bad">sendImmediately was set: outreach was started for {started}.</p>' if started else ""
    )
    body = (
        numbers(
            {
                "people": counts["people"],
                "second records": counts["duplicates"],
                "in a campaign": counts["in_a_campaign"],
                "in a project": counts["in_a_project"],
            }
        )
        + warning
        + table(
            ["Name", "E-mail", "Role", "Company", "Campaign, projects", "Changed (UTC)"],
            rows,
            empty="Nobody has been exported yet.",
        )
        + "<h2>Campaigns and projects</h2>"
        + table(
            ["Account", "Kind", "Name", "Of", "People"],
            [
                (
                    account.name,
                    "Campaign",
                    each.name,
                    each.owner,
                    sum(p.campaign_id == each.id for p in people),
                )
                for account in accounts
                for each in account.campaigns
            ]
            + [
                (account.name, "Project", each.name, "", sum(each.id in p.project_ids for p in people))
                for account in accounts
                for each in account.projects
            ],
            empty="None.",
        )
    )
    return Response.html(page("SourceWhale", body))


def _one(records: Records, accounts: Sequence[Account], number: str) -> Response:
    person = next((each for each in records.people() if each.id == number), None)
    if person is None:
        return Response.html(page("Not found", "<p>There is no such person.</p>"), 404)
    fields = [(name, _value(value)) for name, value in person.fields.items() if value not in ("", [])]
    body = pairs(
        [
            ("candidateId", person.id),
            ("Account", person.account),
            ("Campaign, projects", _membership(person, accounts)),
            ("Created (UTC)", clock(person.created_at)),
            ("Changed (UTC)", clock(person.updated_at)),
            *fields,
        ]
    )
    return Response.html(page(_name(person), body))


def _name(person: Person) -> str:
    fields = person.fields
    return (
        fields.get("name")
        or f"{fields.get('firstName', '')} {fields.get('lastName', '')}".strip()
        or person.id
    )


def _membership(person: Person, accounts: Sequence[Account]) -> str:
    names = {each.id: each.name for account in accounts for each in account.campaigns}
    names |= {each.id: each.name for account in accounts for each in account.projects}
    return ", ".join(names.get(each, each) for each in [person.campaign_id, *person.project_ids] if each)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, indent=1)
