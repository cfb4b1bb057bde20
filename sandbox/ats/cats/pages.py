"""The readable side of the stand-in CATS: people with all fields, their jobs, activities, requests."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.ats.cats.accounts import PIPELINE_STATUSES
from sandbox.ats.cats.people import SINGULAR
from sandbox.ats.cats.records import Records
from sandbox.http_server import Request, Response
from sandbox.pages import SHOWN, clock, link, numbers, page, pairs, requests_page, table

_STATUSES = {row["id"]: row["title"] for row in PIPELINE_STATUSES}


def handle(request: Request, records: Records) -> Response:
    """One page under ``/cats/``."""
    path = request.path.removeprefix("/cats").strip("/")
    if path == "":
        return _people(records)
    if path == "requests":
        return requests_page("Requests to CATS", records.requests(limit=SHOWN))
    if found := re.fullmatch(r"(candidates|contacts)/(\d+)", path):
        return _one(records, found[1], int(found[2]))
    return Response.html(page("Not found", "<p>There is no such page.</p>"), 404)


def _people(records: Records) -> Response:
    counts = records.counts()
    body = numbers(
        {
            "candidates": counts["candidates"],
            "contacts": counts["contacts"],
            "companies made": counts["companies"],
            "on jobs": counts["pipelines"],
            "activities": counts["activities"],
            "second records": counts["duplicates"],
        }
    )
    for kind in SINGULAR:
        people = records.all("", kind)
        rows = [
            (
                link(f"/cats/{kind}/{each['id']}", _name(each)),
                ", ".join(row["email"] for row in each.get("emails", [])),
                each.get("title") or "",
                each.get("current_employer") or each.get("company_id") or "",
                clock(each["updated_at"]),
            )
            for each in reversed(people[-SHOWN:])
        ]
        head = ["Name", "E-mail", "Title", "Employer or company", "Changed (UTC)"]
        body += f"<h2>{kind.title()}</h2>" + table(head, rows, empty="Nobody yet.")
    body += f"<p>{link('/cats/requests', 'Requests')}</p>"
    return Response.html(page("CATS", body))


def _one(records: Records, kind: str, number: int) -> Response:
    person = next((each for each in records.all("", kind) if each["id"] == number), None)
    if person is None:
        return Response.html(page("Not found", "<p>There is no such person.</p>"), 404)
    hidden = ("about", "created_at", "updated_at")
    told = [
        (name, _value(value))
        for name, value in person.items()
        if name not in hidden and value not in ("", [], None)
    ]
    jobs = [
        (row["job_id"], _STATUSES.get(row["status_id"], row["status_id"]), clock(row["created_at"]))
        for row in records.all("", "pipelines", about=number)
    ]
    notes = [
        (row.get("date") or "", row["type"], row.get("notes") or "", row.get("regarding_id") or "")
        for row in records.all("", "activities", about=number)
    ]
    body = (
        pairs(
            [
                *told,
                ("Created (UTC)", clock(person["created_at"])),
                ("Changed (UTC)", clock(person["updated_at"])),
            ]
        )
        + "<h2>Jobs</h2>"
        + table(["Job", "Status", "Since (UTC)"], jobs, empty="On no job.")
        + "<h2>Activities</h2>"
        + table(["Date", "Type", "Notes", "Regarding"], notes, empty="No activity.")
    )
    return Response.html(page(_name(person), body))


def _name(person: dict[str, Any]) -> str:
    return f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip() or str(person["id"])


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
