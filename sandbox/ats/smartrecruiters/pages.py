"""The readable side: people with their applications, notes, requests."""

from __future__ import annotations

import json

from sandbox.ats.smartrecruiters.records import Records
from sandbox.http_server import Request, Response
from sandbox.pages import SHOWN, Markup, clock, esc, link, page, pairs, table


def handle(request: Request, records: Records) -> Response:
    """One page under ``/smartrecruiters/``."""
    path = request.path.removeprefix("/smartrecruiters").strip("/")
    if path == "":
        return _people(records)
    if path == "requests":
        return _requests(records)
    person = records.get(path.removeprefix("people/")) if path.startswith("people/") else None
    if person is not None:
        return _one(records, person)
    return Response.html(page("Not found", "<p>There is no such page.</p>"), 404)


def _people(records: Records) -> Response:
    rows = [
        (
            link(f"/smartrecruiters/people/{row['id']}", f"{row['firstName']} {row['lastName']}"),
            row["email"],
            (row.get("primaryAssignment") or {}).get("job", {}).get("title", "talent pool"),
            ", ".join(row.get("tags", [])),
            row["updatedOn"],
        )
        for _number, row in reversed(records.people()[-SHOWN:])
    ]
    body = table(["Name", "E-mail", "Job", "Tags", "Changed (UTC)"], rows, empty="Nobody is here yet.")
    mailed = [each for each in records.messages() if each["mailed"]]
    if mailed:
        body = (
            f'<p class="bad">{len(mailed)} notes mentioned a user: they would have been e-mailed.</p>' + body
        )
    body += f"<p>{link('/smartrecruiters/requests', 'Requests')}</p>"
    return Response.html(page("SmartRecruiters", body))


def _one(records: Records, row: dict[str, object]) -> Response:
    number = str(row["id"])
    values: list[tuple[str, object]] = [
        (name, Markup(f"<pre>{esc(json.dumps(value, indent=1))}</pre>")) for name, value in row.items()
    ]
    values.append(("properties", json.dumps(records.properties(number))))
    notes = table(
        ["When", "Visibility", "Text"],
        [(each["createdOn"], each["visibility"], each["content"]) for each in records.messages(number)],
        empty="No notes.",
    )
    name = f"{row['firstName']} {row['lastName']}"
    return Response.html(page(name, f"{pairs(values)}<h2>Notes</h2>{notes}"))


def _requests(records: Records) -> Response:
    rows = [
        (clock(each["at"]), each["method"], each["path"], each["status"], each["note"], each["body"][:200])
        for each in records.requests(limit=SHOWN)
    ]
    head = ["When (UTC)", "Method", "Path", "Status", "Note", "Body"]
    return Response.html(page("Requests at SmartRecruiters", table(head, rows, empty="None yet.")))
