"""The readable side of the stand-in Pinpoint: applications with all fields, comments, requests."""

from __future__ import annotations

import re

from sandbox.ats.pinpoint.accounts import STAGES, make_keys
from sandbox.ats.pinpoint.documents import display
from sandbox.ats.pinpoint.records import Application, Records
from sandbox.http_server import Request, Response
from sandbox.pages import SHOWN, clock, link, numbers, page, pairs, requests_page, table

_ACCOUNTS = {key.account.name: key.account for key in make_keys()}


def handle(request: Request, records: Records) -> Response:
    """One page under ``/pinpoint/``."""
    path = request.path.removeprefix("/pinpoint").strip("/")
    if path == "":
        return _applications(records)
    if path == "requests":
        return requests_page("Requests to Pinpoint", records.requests(limit=SHOWN))
    if found := re.fullmatch(r"applications/(\d+)", path):
        return _one(records, int(found[1]))
    return Response.html(page("Not found", "<p>There is no such page.</p>"), 404)


def _applications(records: Records) -> Response:
    counts = records.counts()
    emailed = counts["emailed"]
    warning = f'<p class="bad">{emailed} applicants were e-mailed by Pinpoint.</p>' if emailed else ""
    rows = [
        (
            link(f"/pinpoint/applications/{row.id}", _name(row)),
            row.fields.get("email", ""),
            _job(row),
            STAGES[row.stage],
            clock(row.updated_at),
        )
        for row in records.everybody(limit=SHOWN)
    ]
    body = (
        numbers(
            {
                "applications": counts["applications"],
                "second ones of a person on a job": counts["duplicates"],
                "comments": counts["comments"],
                "comments written twice": counts["comments_doubled"],
            }
        )
        + warning
        + table(["Name", "E-mail", "Job", "Stage", "Changed (UTC)"], rows, empty="Nobody has applied yet.")
        + f"<p>{link('/pinpoint/requests', 'Requests')}</p>"
    )
    return Response.html(page("Pinpoint", body))


def _one(records: Records, number: int) -> Response:
    found = (records.application(name, number) for name in _ACCOUNTS)
    row = next((row for row in found if row is not None), None)
    if row is None:
        return Response.html(page("Not found", "<p>There is no such application.</p>"), 404)
    account = _ACCOUNTS[row.account]
    custom = []
    for each in records.attributes(row.account, [row.id]):
        field = account.field(each["field"])
        custom.append((field.name if field else each["field"], display(each["value"])))
    body = (
        pairs(
            [
                ("Account", row.account),
                ("Job", _job(row)),
                ("Stage", STAGES[row.stage]),
                *((name, value) for name, value in row.fields.items() if value),
                ("Tags", ", ".join(f"{tag['name']} ({tag['context']})" for tag in row.tags)),
                *custom,
                ("E-mailed on creation", "yes" if row.emailed else "no"),
                ("Created (UTC)", clock(row.created_at)),
                ("Changed (UTC)", clock(row.updated_at)),
            ]
        )
        + "<h2>Comments</h2>"
        + table(
            ["Time (UTC)", "Text"],
            [(clock(each["created_at"]), each["text"]) for each in records.comments(row.account, row.id)],
            empty="No comment.",
        )
    )
    return Response.html(page(_name(row), body))


def _name(row: Application) -> str:
    return f"{row.fields.get('first_name', '')} {row.fields.get('last_name', '')}".strip() or str(row.id)


def _job(row: Application) -> str:
    job = _ACCOUNTS[row.account].job(row.job)
    return job.title if job else row.job
