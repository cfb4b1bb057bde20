"""People: their list, one person, tags, and where they stand on a job."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sandbox.ats.smartrecruiters import accounts, configuration, jobs
from sandbox.ats.smartrecruiters.call import Call, Failure, as_object, limit_of, start_of
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.records import Records
from sandbox.ats.smartrecruiters.rules import Rules
from sandbox.http_server import Response

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PATCHABLE = frozenset({"firstName", "lastName", "email", "phoneNumber", "location", "web"})
_WHEN = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class Candidates:
    """What is under ``/candidates`` and ``/jobs/…/candidates``, properties apart."""

    def __init__(self, records: Records, rules: Rules, hooks: Hooks) -> None:
        self._records, self._rules, self._hooks = records, rules, hooks

    def page(self, call: Call) -> Any:
        """One page of people, as their list shows them."""
        query = call.request.query
        limit = limit_of(query.get("limit", "10"))
        rows = self._records.people(
            after=start_of(query.get("pageId", "0")),
            limit=limit + 1,
            words=query.get("q", ""),
            updated_after=_moment(query.get("updatedAfter", "")),
            everybody=self._rules.talent_pool_searchable,
        )
        content = [_list_item(row) for _number, row in rows[:limit]]
        answer = {"limit": limit, "offset": 0, "totalFound": self._records.total(), "content": content}
        if len(rows) > limit:
            answer["nextPageId"] = str(rows[limit - 1][0])
        return answer

    def create(self, call: Call, job: str) -> Any:
        """A new person, on ``job`` unless it is empty; what becomes of a known address is a rule."""
        if job:
            jobs.job(call, job)
        body = _candidate(call.body)
        configuration.check_source(body.pop("sourceDetails", None))
        known = self._records.with_email(body["email"])
        if known is not None and self._rules.duplicates == "conflict":
            raise Failure(409, "CANDIDATE_ALREADY_EXISTS", "A candidate with this e-mail exists")
        if known is not None and job and self._rules.duplicates == "attach":
            self._hooks.tell("application.created", {"candidate_id": known["id"], "job_id": job})
            return self._records.put(_with_application(known, job))
        row = {
            "internal": False,
            "phoneNumber": "",
            "location": {},
            "web": {},
            "tags": [],
            "education": [],
            "experience": [],
            "secondaryAssignments": [],
            **body,
        }
        if job:
            row = _with_application(row, job)
        made = self._records.create(row, index_delay=self._rules.index_delay)
        self._hooks.tell("candidate.created", {"id": made["id"]})
        return made

    def person(self, call: Call) -> dict[str, Any]:
        """The one whom the path names first; Failure 404 for nobody."""
        found = self._records.get(call.parts[0])
        if found is None:
            raise Failure(404, "CANDIDATE_NOT_FOUND", "Candidate not found")
        return found

    def patch(self, call: Call) -> Any:
        """Change what may be changed."""
        row = self.person(call)
        body = as_object(call.body)
        other = set(body) - _PATCHABLE
        if other:
            raise Failure(400, "VALIDATION_ERROR", f"Cannot be changed: {', '.join(sorted(other))}")
        for name, value in body.items():
            row[name] = {**row.get(name, {}), **value} if name in {"location", "web"} else value
        if not row["firstName"] or not row["lastName"] or not _EMAIL.fullmatch(row["email"]):
            raise Failure(400, "VALIDATION_ERROR", "firstName, lastName and email cannot be blank")
        _check_location(row["location"])
        changed = self._records.put(row)
        self._hooks.tell("candidate.updated", {"id": row["id"]})
        return changed

    def delete(self, call: Call) -> Any:
        """Forget somebody."""
        if not self._records.delete(call.parts[0]):
            raise Failure(404, "CANDIDATE_NOT_FOUND", "Candidate not found")
        self._hooks.tell("candidate.deleted", {"id": call.parts[0]})
        return Response(204)

    def add_tags(self, call: Call) -> Any:
        """Tags beside those that are there."""
        row = self.person(call)
        given = _tags(as_object(call.body).get("tags"))
        row["tags"] = list(dict.fromkeys([*row["tags"], *given]))
        self._records.put(row)
        self._hooks.tell("candidate.updated", {"id": row["id"]})
        return {"tags": row["tags"]}

    def put_status(self, call: Call) -> Any:
        """Where somebody stands on a job."""
        row, job = self.person(call), call.parts[1]
        status = str(as_object(call.body).get("status"))
        for each in _assignments(row):
            if each["job"]["id"] == job:
                each["status"] = status
                self._records.put(row)
                self._hooks.tell("application.status.updated", {"candidate_id": row["id"], "job_id": job})
                return Response(204)
        raise Failure(404, "JOB_NOT_FOUND", "The candidate is not on this job")


def _list_item(row: dict[str, Any]) -> dict[str, Any]:
    left_out = {"education", "experience", "web", "phoneNumber"}
    return {name: value for name, value in row.items() if name not in left_out} | {"actions": {}}


def _moment(word: str) -> float:
    if not word:
        return 0.0
    try:
        return dt.datetime.fromisoformat(word).timestamp()
    except ValueError:
        raise Failure(400, "VALIDATION_ERROR", "updatedAfter takes yyyy-MM-ddTHH:mm:ss.SSSZZ") from None


def _candidate(value: Any) -> dict[str, Any]:
    body = as_object(value)
    for name in ("firstName", "lastName"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Failure(400, "VALIDATION_ERROR", f"{name} is required")
    if not isinstance(body.get("email"), str) or not _EMAIL.fullmatch(body["email"]):
        raise Failure(400, "VALIDATION_ERROR", "email is required")
    _check_location(body.get("location", {}))
    _tags(body.get("tags", []))
    for entry in [*body.get("education", []), *body.get("experience", [])]:
        for name in ("startDate", "endDate"):
            if name in entry and not _WHEN.fullmatch(str(entry[name])):
                raise Failure(400, "VALIDATION_ERROR", f"{name} is not a date")
        if len(entry.get("description", "")) > 4000:
            raise Failure(400, "VALIDATION_ERROR", "description takes 4000 characters")
    if any(not entry.get("institution") or not entry.get("degree") for entry in body.get("education", [])):
        raise Failure(400, "VALIDATION_ERROR", "institution and degree are required")
    return dict(body)


def _check_location(value: Any) -> None:
    code = as_object(value).get("countryCode")
    if code is not None and (not isinstance(code, str) or len(code) != 2):
        raise Failure(400, "VALIDATION_ERROR", "countryCode has two letters")


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 100 or any(len(str(each)) > 50 for each in value):
        raise Failure(400, "VALIDATION_ERROR", "tags are at most 100 texts of at most 50 characters")
    return [str(each) for each in value]


def _assignments(row: dict[str, Any]) -> list[dict[str, Any]]:
    primary = row.get("primaryAssignment")
    return [*([primary] if primary else []), *row.get("secondaryAssignments", [])]


def jobs_of(row: dict[str, Any]) -> set[str]:
    """The jobs somebody is on."""
    return {each["job"]["id"] for each in _assignments(row)}


def _with_application(row: dict[str, Any], job: str) -> dict[str, Any]:
    if job in jobs_of(row):
        return row
    older = _assignments(row)
    made = {
        "job": {"id": job, "title": accounts.JOBS[job]["title"], "actions": {}},
        "status": "NEW",
        "actions": {},
    }
    return {**row, "primaryAssignment": made, "secondaryAssignments": older}
