"""Everything that is not one person: users, tags, definitions, jobs, lists, pipelines, companies, feed, webhooks."""

from __future__ import annotations

from typing import Any

from sandbox.ats.cats.accounts import JOB_STATUSES, PIPELINE_STATUSES, WORKFLOWS
from sandbox.ats.cats.call import DONE, Call, Failure, Reply
from sandbox.ats.cats.feed import EVENTS, Feed
from sandbox.ats.cats.people import SINGULAR, pipeline_row
from sandbox.ats.cats.records import Records

_EVENTS_PER_CALL = 25


class Directory:
    """The calls of an account as a whole."""

    def __init__(self, records: Records, feed: Feed) -> None:
        self._records = records
        self._feed = feed

    def run(self, call: Call) -> Reply:
        """Answer, or Failure 404."""
        first, rest = call.path[0], call.path[1:]
        if first in ("site", "users", "tags") and not rest and call.method == "GET":
            return self._read(call, first)
        if rest[:1] == ("custom_fields",) and len(rest) == 1 and call.method == "GET":
            return call.listed("custom_fields", call.account.custom_fields.get(first, []))
        if rest[:1] == ("lists",):
            return self._lists(call, first)
        known = {
            "jobs": self._jobs,
            "pipelines": self._pipelines,
            "companies": self._companies,
            "events": self._events,
            "webhooks": self._webhooks,
        }
        if first not in known:
            raise Failure(404, "Resource not found.")
        return known[first](call)

    def _read(self, call: Call, what: str) -> Reply:
        if what == "site":
            return Reply(body={"id": 1, "name": call.account.name})
        return call.listed(what, call.account.users if what == "users" else call.account.tags)

    def _jobs(self, call: Call) -> Reply:
        if call.method != "GET" or len(call.path) > 2:
            raise Failure(404, "Resource not found.")
        if len(call.path) == 1:
            return call.listed("jobs", call.account.jobs)
        if call.path[1] == "statuses":
            return call.listed("statuses", JOB_STATUSES)
        return Reply(body=_one(call.account.jobs, call.number(1)))

    def _lists(self, call: Call, kind: str) -> Reply:
        lists = call.account.lists.get(kind, [])
        if len(call.path) == 2 and call.method == "GET":
            return call.listed("lists", lists)
        if kind not in SINGULAR or len(call.path) < 4 or call.path[3] != "items":
            raise Failure(404, "Resource not found.")
        number = _one(lists, call.number(2))["id"]
        name, items = f"{SINGULAR[kind]}_id", f"items of {kind}"
        held = self._records.all(call.account.name, items, about=number)
        if call.method == "GET":
            return call.listed("items", [{"id": row["id"], name: row[name]} for row in held])
        if call.method == "DELETE" and len(call.path) == 5:
            self._records.remove(_one(held, call.number(4))["id"])
            return DONE
        if call.method != "POST":
            raise Failure(405, "Method not allowed.")
        there = {row[name] for row in held}
        for item in call.checked("items")["items"]:
            if self._records.get(call.account.name, kind, item.get(name, 0)) is None:
                raise Failure(422, f"items: there is no {SINGULAR[kind]} {item.get(name)}.")
            if item[name] not in there:
                self._records.add(call.account.name, items, {name: item[name]}, about=number)
        return Reply(status=201, location=f"/{kind}/lists/{number}/items")

    def _pipelines(self, call: Call) -> Reply:
        rest = call.path[1:]
        if rest[:1] == ("workflows",):
            if len(rest) == 1:
                return call.listed("workflows", WORKFLOWS)
            number = _one(WORKFLOWS, call.number(2))["id"]
            return call.listed("statuses", [row for row in PIPELINE_STATUSES if row["workflow_id"] == number])
        if not rest and call.method == "POST":
            return self._put_on_job(call)
        if not rest:
            return call.listed(
                "pipelines", [pipeline_row(row) for row in self._records.all(call.account.name, "pipelines")]
            )
        row = self._records.get(call.account.name, "pipelines", call.number(1))
        if row is None:
            raise Failure(404, "Resource not found.")
        if len(rest) == 2 and rest[1] == "status" and call.method == "POST":
            return self._move(call, row)
        if call.method == "DELETE":
            self._records.remove(row["id"])
            self._feed.tell(
                call.account.name, "pipeline.deleted", pipeline_row(row), candidate_id=row["candidate_id"]
            )
            return DONE
        return Reply(body=pipeline_row(row))

    def _put_on_job(self, call: Call) -> Reply:
        given = call.checked("pipelines")
        if self._records.get(call.account.name, "candidates", given["candidate_id"]) is None:
            raise Failure(422, "candidate_id: there is no such candidate.")
        job = next((row for row in call.account.jobs if row["id"] == given["job_id"]), None)
        if job is None:
            raise Failure(404, "There is no such job.")
        if job["status_id"] == JOB_STATUSES[-1]["id"]:
            raise Failure(422, "job_id: the job is closed.", fields={"job_id": ["The job is closed."]})
        body = {**given, "workflow_id": WORKFLOWS[0]["id"], "status_id": PIPELINE_STATUSES[0]["id"]}
        number = self._records.add(call.account.name, "pipelines", body, about=given["candidate_id"])
        row = pipeline_row(self._records.get(call.account.name, "pipelines", number) or {})
        self._feed.tell(call.account.name, "pipeline.created", row, candidate_id=given["candidate_id"])
        return Reply(status=201, location=f"/pipelines/{number}")

    def _move(self, call: Call, row: dict[str, Any]) -> Reply:
        status = _one(PIPELINE_STATUSES, call.checked("status")["status_id"])["id"]
        keys = ("candidate_id", "job_id", "rating", "workflow_id")
        self._records.replace(row["id"], {**{key: row.get(key) for key in keys}, "status_id": status})
        changed = pipeline_row({**row, "status_id": status})
        self._feed.tell(
            call.account.name, "pipeline.status_changed", changed, candidate_id=row["candidate_id"]
        )
        return DONE

    def _companies(self, call: Call) -> Reply:
        made = [_company_row(row) for row in self._records.all(call.account.name, "companies")]
        known = [*call.account.companies, *made]
        if call.method == "GET" and call.path[1:] == ("search",):
            words = set(call.query.get("query", "").lower().split())
            found = [row for row in known if not words or words & set(row["name"].lower().split())]
            return call.listed("companies", found)
        if call.method == "GET":
            return (
                call.listed("companies", known)
                if len(call.path) == 1
                else Reply(body=_one(known, call.number(1)))
            )
        if call.method != "POST" or len(call.path) != 1:
            raise Failure(405, "Method not allowed.")
        given = call.checked("company")
        same = [row for row in known if row["name"].lower() == given["name"].lower()]
        if same and call.query.get("check_duplicate") == "true":
            raise Failure(409, "A duplicate record was found.")
        number = self._records.add(call.account.name, "companies", given)
        self._feed.tell(call.account.name, "company.created", {"id": number, "name": given["name"]})
        return Reply(status=201, location=f"/companies/{number}")

    def _events(self, call: Call) -> Reply:
        after, since = (call.query.get(f"starting_after_{name}", "") for name in ("id", "timestamp"))
        if not (after or since) or not (after or since).isdigit():
            raise Failure(400, "starting_after_id or starting_after_timestamp is required.")
        found = self._records.events(
            call.account.name,
            after=int(after) if after else 0,
            since=float(since) if since and not after else 0.0,
            limit=_EVENTS_PER_CALL + 1,
        )
        rows = found[:_EVENTS_PER_CALL]
        body: dict[str, Any] = {
            "count": len(rows),
            "starting_after_id": int(after) if after else None,
            "starting_after_timestamp": int(since) if since else None,
            "last_id": rows[-1]["id"] if rows else None,
            "_links": {"next": {"href": f"{call.url}/events"}} if len(found) > len(rows) else {},
            "_embedded": {"events": rows},
        }
        return Reply(body=body)

    def _webhooks(self, call: Call) -> Reply:
        held = self._records.all(call.account.name, "webhooks")
        if len(call.path) == 2:
            row = _one(held, call.number(1))
            if call.method == "DELETE":
                self._records.remove(row["id"])
                return DONE
            return Reply(body=_hook_row(row))
        if call.method == "GET":
            # The vendor's trap: there is always a next page, and it is empty.
            return call.listed("webhooks", [_hook_row(row) for row in held], false_next=True)
        given = call.checked("webhook")
        if unknown := set(given["events"]) - EVENTS:
            raise Failure(422, f"events: there is no event {min(unknown)}.")
        return Reply(
            status=201, location=f"/webhooks/{self._records.add(call.account.name, 'webhooks', given)}"
        )


def _one(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    found = next((row for row in rows if row["id"] == number), None)
    if found is None:
        raise Failure(404, "Resource not found.")
    return found


def _hook_row(row: dict[str, Any]) -> dict[str, Any]:
    """Without the secret: it is not told again."""
    return {key: row[key] for key in ("id", "events", "target_url")}


def _company_row(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: row.get(key) for key in ("id", "name", "website", "address", "owner_id")}
    return {**shown, "phones": {"main": None, "fax": None, "other": None}, "_embedded": {"custom_fields": []}}
