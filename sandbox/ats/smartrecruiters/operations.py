"""What each call does, as the vendor's file says: rights, validation with its error codes, odd shapes."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.ats.smartrecruiters import accounts
from sandbox.ats.smartrecruiters.accounts import Caller
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.records import Records, stamp
from sandbox.ats.smartrecruiters.rules import Rules
from sandbox.http_server import Request, Response

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_CANDIDATE_TAG = re.compile(r"#\[CANDIDATE:([^\]]+)\]")
_MENTION = re.compile(r"@\[USER:([^\]]+)\]")
_PATCHABLE = frozenset({"firstName", "lastName", "email", "phoneNumber", "location", "web"})
_WHEN = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
EVENTS = frozenset(
    {"candidate.created", "candidate.updated", "candidate.deleted", "application.created"}
    | {"application.status.updated", "application.fields.updated", "job.created", "job.updated"}
)


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Call:
    """One permitted request; ``parts`` are the ids in its path, ``body`` is parsed JSON."""

    caller: Caller
    request: Request
    parts: tuple[str, ...]
    body: Any


class Operations:
    """Every operation by method and path."""

    def __init__(self, records: Records, rules: Rules, hooks: Hooks) -> None:
        self._records, self._rules, self._hooks = records, rules, hooks
        self._table: list[tuple[str, re.Pattern[str], tuple[str, ...], Callable[[Call], Any]]] = []
        for method, path, scopes, run in self._operations():
            pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))
            self._table.append((method, pattern, scopes, run))

    def _operations(self) -> list[tuple[str, str, tuple[str, ...], Callable[[Call], Any]]]:
        read, create, manage = ("candidates_read",), ("candidates_create",), ("candidates_manage",)
        configuration, hooks = ("configuration_read",), ("webhooks_manage", "webhooks_write")
        return [
            ("GET", "/configuration/company", configuration, lambda _call: accounts.COMPANY),
            ("GET", "/users/me", (), self._me),
            ("GET", "/candidates", read, self._list),
            ("POST", "/candidates", create, lambda call: self._create(call, "")),
            ("POST", "/jobs/{job}/candidates", create, lambda call: self._create(call, call.parts[0])),
            ("GET", "/candidates/{id}", read, lambda call: self._person(call)),
            ("PATCH", "/candidates/{id}", manage, self._patch),
            ("DELETE", "/candidates/{id}", manage, self._delete),
            ("POST", "/candidates/{id}/tags", manage, self._add_tags),
            ("GET", "/candidates/{id}/properties", read, self._properties),
            ("GET", "/candidates/{id}/jobs/{job}/properties", read, self._properties),
            ("PUT", "/candidates/{id}/properties/{property}", manage, self._put_property),
            ("PUT", "/candidates/{id}/jobs/{job}/properties", manage, self._put_properties),
            ("PUT", "/candidates/{id}/jobs/{job}/status", manage, self._put_status),
            ("GET", "/jobs", ("jobs_read",), self._jobs),
            ("GET", "/configuration/candidate-properties", configuration, self._definitions),
            ("GET", "/configuration/candidate-properties/{id}/values", configuration, self._options),
            ("GET", "/configuration/sources", configuration, self._sources),
            ("GET", "/configuration/sources/{type}/values", configuration, self._source_values),
            ("POST", "/messages/shares", ("messages_write",), self._share),
            ("GET", "/messages", ("messages_read",), self._messages),
            ("GET", "/subscriptions", hooks, lambda _call: _list(self._records.subscriptions())),
            ("POST", "/subscriptions", hooks, self._subscribe),
            ("DELETE", "/subscriptions/{id}", hooks, self._unsubscribe),
            ("POST", "/subscriptions/{id}/secret-key", hooks, self._secret_key),
        ]

    async def run(self, caller: Caller, request: Request, path: str, body: Any) -> Response:
        """The answer to one request."""
        if found := re.fullmatch(r"/subscriptions/([^/]+)/activation", path):
            return await self._activate(caller, request.method, found[1])
        for method, pattern, scopes, run in self._table:
            match = pattern.fullmatch(path)
            if match is None or method != request.method:
                continue
            if scopes and not caller.may(*scopes):
                raise Failure(403, "OAuthPermissionsException", "The token lacks a scope")
            answer = run(Call(caller, request, match.groups(), body))
            if isinstance(answer, Response):
                return answer
            return Response.json(answer, 201 if method == "POST" else 200)
        raise Failure(404, "NOT_FOUND", f"No {request.method} {path}")

    # ── people ──────────────────────────────────────────────────────────────

    def _me(self, call: Call) -> Any:
        return {"id": call.caller.user, "active": True, **accounts.USERS[call.caller.user]}

    def _list(self, call: Call) -> Any:
        query = call.request.query
        limit = _limit(query.get("limit", "10"))
        page = query.get("pageId", "0")
        if not page.isdigit():
            raise Failure(400, "INVALID_PAGE_ID", "Page id is not valid")
        rows = self._records.people(
            after=int(page),
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

    def _create(self, call: Call, job: str) -> Any:
        if job:
            self._job(call, job)
        body = _candidate(call.body)
        self._check_source(body.pop("sourceDetails", None))
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

    def _person(self, call: Call) -> dict[str, Any]:
        found = self._records.get(call.parts[0])
        if found is None:
            raise Failure(404, "CANDIDATE_NOT_FOUND", "Candidate not found")
        return found

    def _patch(self, call: Call) -> Any:
        row = self._person(call)
        body = _object(call.body)
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

    def _delete(self, call: Call) -> Any:
        if not self._records.delete(call.parts[0]):
            raise Failure(404, "CANDIDATE_NOT_FOUND", "Candidate not found")
        self._hooks.tell("candidate.deleted", {"id": call.parts[0]})
        return Response(204)

    def _add_tags(self, call: Call) -> Any:
        row = self._person(call)
        given = _tags(_object(call.body).get("tags"))
        row["tags"] = list(dict.fromkeys([*row["tags"], *given]))
        self._records.put(row)
        self._hooks.tell("candidate.updated", {"id": row["id"]})
        return {"tags": row["tags"]}

    # ── properties ──────────────────────────────────────────────────────────

    def _properties(self, call: Call) -> Any:
        self._person(call)
        values = self._records.properties(call.parts[0])
        if not values:
            return {}
        rows = []
        for number, value in values.items():
            row = {"id": number, "value": value, "actions": {}, **accounts.PROPERTIES[number]}
            if number == "prop-level":
                row["valueLabel"] = accounts.LEVELS.get(str(value), "")
            rows.append(row)
        return {"content": rows}

    def _put_property(self, call: Call) -> Any:
        return self._set(call, [{"id": call.parts[1], **_object(call.body)}])

    def _put_properties(self, call: Call) -> Any:
        if call.parts[1] not in _jobs_of(self._person(call)):
            raise Failure(404, "JOB_NOT_FOUND", "The candidate is not on this job")
        if not isinstance(call.body, list):
            raise Failure(400, "VALIDATION_ERROR", "An array is expected")
        return self._set(call, [_object(each) for each in call.body])

    def _set(self, call: Call, rows: list[dict[str, Any]]) -> Response:
        row, values = self._person(call), self._records.properties(call.parts[0])
        for each in rows:
            number = str(each.get("id"))
            if number not in accounts.PROPERTIES:
                raise Failure(404, "PROPERTY_NOT_FOUND", "No such property")
            if "value" not in each:
                values.pop(number, None)
                continue
            _check_property(accounts.PROPERTIES[number]["type"], each["value"])
            values[number] = each["value"]
        self._records.put(row, values)
        self._hooks.tell("application.fields.updated", {"candidate_id": row["id"]})
        return Response(204)

    def _put_status(self, call: Call) -> Any:
        row, job = self._person(call), call.parts[1]
        status = str(_object(call.body).get("status"))
        for each in _assignments(row):
            if each["job"]["id"] == job:
                each["status"] = status
                self._records.put(row)
                self._hooks.tell("application.status.updated", {"candidate_id": row["id"], "job_id": job})
                return Response(204)
        raise Failure(404, "JOB_NOT_FOUND", "The candidate is not on this job")

    # ── jobs and configuration ──────────────────────────────────────────────

    def _job(self, call: Call, number: str) -> dict[str, Any]:
        if number in call.caller.hidden_jobs:
            raise Failure(401, "PERMISSION_DENIED", "No access to this job")
        if number not in accounts.JOBS:
            raise Failure(404, "JOB_NOT_FOUND", "Job not found")
        return accounts.JOBS[number]

    def _jobs(self, call: Call) -> Any:
        query = call.request.query
        if query.get("pageId") and query.get("sort") != "job_id":
            raise Failure(400, "INVALID_PAGE_ID", "pageId requires sort=job_id")
        limit = _limit(query.get("limit", "10"))
        jobs = sorted(
            (each for number, each in accounts.JOBS.items() if number not in call.caller.hidden_jobs),
            key=lambda each: str(each["id"]),
        )
        left = [each for each in jobs if each["id"] > query.get("pageId", "")]
        answer = {"limit": limit, "offset": 0, "totalFound": len(jobs), "content": left[:limit]}
        if len(left) > limit:
            answer["nextPageId"] = left[limit - 1]["id"]
        return answer

    def _definitions(self, _call: Call) -> Any:
        availability = {"toUsers": "ALL", "context": ["PROFILE"], "forOrgFields": False}
        return _list(
            [
                {"id": number, "availability": availability, "actions": {}, **each}
                for number, each in accounts.PROPERTIES.items()
            ]
        )

    def _options(self, call: Call) -> Any:
        kind = accounts.PROPERTIES.get(call.parts[0], {}).get("type")
        if kind is None:
            raise Failure(404, "PROPERTY_NOT_FOUND", "No such property")
        if kind != "SINGLE_SELECT":
            raise Failure(400, "CANDIDATE_PROPERTY_NOT_SINGLE_SELECT", "Only single selects have values")
        return _list([{"id": number, "label": label} for number, label in accounts.LEVELS.items()])

    def _sources(self, _call: Call) -> Any:
        return _list(
            [
                {"id": number, "label": each["label"], "actions": {}}
                | ({"subtypes": [{"id": sub} for sub in each["subtypes"]]} if each["subtypes"] else {})
                for number, each in accounts.SOURCES.items()
            ]
        )

    def _source_values(self, call: Call) -> Any:
        found = accounts.SOURCES.get(call.parts[0])
        if found is None:
            raise Failure(404, "SOURCE_TYPE_NOT_FOUND", "No such source type")
        return _list([{"id": number, "label": label} for number, label in found["values"].items()])

    def _check_source(self, details: Any) -> None:
        if details is None:
            return
        kind = accounts.SOURCES.get(str(_object(details).get("sourceTypeId")))
        if kind is None:
            raise Failure(404, "SOURCE_TYPE_NOT_FOUND", "No such source type")
        if kind["subtypes"] and not details.get("sourceSubTypeId"):
            raise Failure(400, "SUBTYPE_REQUIRED", "A subtype is required")
        if details.get("sourceId") not in kind["values"]:
            raise Failure(400, "SOURCE_NOT_FOUND", "No such source")

    # ── notes ───────────────────────────────────────────────────────────────

    def _share(self, call: Call) -> Any:
        body = _object(call.body)
        content, share = str(body.get("content") or ""), body.get("shareWith") or {}
        if not 1 <= len(content) <= 10_000:
            raise Failure(400, "VALIDATION_ERROR", "content takes 1 to 10000 characters")
        if share.get("openNote") and share.get("everyone"):
            raise Failure(400, "INVALID_VISIBILITY_OPTIONS", "openNote and everyone exclude each other")
        tagged = _CANDIDATE_TAG.findall(content)
        if any(self._records.get(each) is None for each in tagged):
            raise Failure(400, "NO_ACCESS_TO_CANDIDATE", "No access to a tagged candidate")
        row = {
            "content": content,
            "createdOn": stamp(time.time()),
            "visibility": "OPEN" if share.get("openNote") else "PRIVATE",
            "authorId": call.caller.user,
            "mailed": _MENTION.findall(content),
            "context": {"applications": [{"candidateId": each} for each in tagged]},
        }
        return {"id": self._records.add_message(tagged[0] if tagged else "", row), "shareRequired": False}

    def _messages(self, call: Call) -> Any:
        if not call.caller.administrator:
            raise Failure(403, "PERMISSION_DENIED", "Only administrators may read messages")
        query = call.request.query
        if "candidateId" not in query:
            raise Failure(400, "VALIDATION_ERROR", "candidateId is required")
        rows, limit = self._records.messages(query["candidateId"]), _limit(query.get("limit", "10"))
        start = int(query.get("pageId", "0"))
        shown = [
            {name: each[name] for name in each if name != "mailed"} for each in rows[start : start + limit]
        ]
        headers = {}
        if len(rows) > start + limit:
            headers["Link"] = f'</messages?pageId={start + limit}&limit={limit}>; rel="next"'
        return Response.json(shown, headers=headers)

    # ── webhooks ────────────────────────────────────────────────────────────

    def _subscribe(self, call: Call) -> Any:
        body = _object(call.body)
        url, events = str(body.get("callbackUrl") or ""), body.get("events")
        if not isinstance(events, list) or not events or not set(events) <= EVENTS:
            raise Failure(422, "INVALID_EVENT", "An event is not known")
        # The vendor takes https only; the stand-in calls nothing but this machine, which has none.
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Failure(422, "INVALID_CALLBACK_URL", "callbackUrl must be https")
        if len(self._records.subscriptions()) >= 20:
            raise Failure(403, "SUBSCRIPTIONS_LIMIT_EXCEEDED", "At most 20 subscriptions")
        row = {
            "id": secrets.token_hex(8),
            "callbackUrl": url,
            "events": [{"name": each, "version": "v201910"} for each in events],
            "status": "inactive",
            "keys": [],
        }
        return _shown(self._records.subscribe(row))

    def _unsubscribe(self, call: Call) -> Any:
        if not self._records.unsubscribe(call.parts[0]):
            raise Failure(404, "SUBSCRIPTION_NOT_FOUND", "No such subscription")
        return Response(204)

    def _secret_key(self, call: Call) -> Any:
        row = self._subscription(call.parts[0])
        row["keys"] = [*row["keys"][-1:], secrets.token_urlsafe(16)]
        self._records.subscribe(row)
        return {"secretKey": row["keys"][-1]}

    def _subscription(self, number: str) -> dict[str, Any]:
        for row in self._records.subscriptions():
            if row["id"] == number:
                return row
        raise Failure(404, "SUBSCRIPTION_NOT_FOUND", "No such subscription")

    async def _activate(self, caller: Caller, method: str, number: str) -> Response:
        if method != "PUT":
            raise Failure(404, "NOT_FOUND")
        if not caller.may("webhooks_manage", "webhooks_write"):
            raise Failure(403, "NO_PERMISSION_TO_MANAGE_WEBHOOKS")
        row = self._subscription(number)
        if row["status"] == "active":
            raise Failure(409, "SUBSCRIPTION_ALREADY_ACTIVE")
        if not await self._hooks.handshake(row["callbackUrl"]):
            raise Failure(424, "HANDSHAKE_FAILED", "The callback did not answer with X-Hook-Secret")
        self._records.subscribe({**row, "status": "active"})
        return Response(204)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "keys"}


def _list(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalFound": len(rows), "content": [_shown(row) for row in rows]}


def _list_item(row: dict[str, Any]) -> dict[str, Any]:
    left_out = {"education", "experience", "web", "phoneNumber"}
    return {name: value for name, value in row.items() if name not in left_out} | {"actions": {}}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Failure(400, "VALIDATION_ERROR", "An object is expected")
    return value


def _limit(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 100:
        raise Failure(400, "VALIDATION_ERROR", "limit takes 1 to 100")
    return int(word)


def _moment(word: str) -> float:
    if not word:
        return 0.0
    try:
        return dt.datetime.fromisoformat(word).timestamp()
    except ValueError:
        raise Failure(400, "VALIDATION_ERROR", "updatedAfter takes yyyy-MM-ddTHH:mm:ss.SSSZZ") from None


def _candidate(value: Any) -> dict[str, Any]:
    body = _object(value)
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
    code = _object(value).get("countryCode")
    if code is not None and (not isinstance(code, str) or len(code) != 2):
        raise Failure(400, "VALIDATION_ERROR", "countryCode has two letters")


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 100 or any(len(str(each)) > 50 for each in value):
        raise Failure(400, "VALIDATION_ERROR", "tags are at most 100 texts of at most 50 characters")
    return [str(each) for each in value]


def _check_property(kind: str, value: Any) -> None:
    fits = {
        "BOOLEAN": isinstance(value, bool),
        "NUMBER": isinstance(value, int | float) and not isinstance(value, bool),
        "CURRENCY": isinstance(value, dict) and set(value) == {"code", "value"},
        "SINGLE_SELECT": value in accounts.LEVELS if isinstance(value, str) else False,
        "USER": value in accounts.USERS if isinstance(value, str) else False,
    }
    codes = {"SINGLE_SELECT": "VALUE_NOT_FOUND", "USER": "USER_NOT_FOUND", "CURRENCY": "CURRENCY_NOT_FOUND"}
    if not fits.get(kind, isinstance(value, str)):
        raise Failure(400, codes.get(kind, "INVALID_VALUE"), "The value does not fit the property")


def _assignments(row: dict[str, Any]) -> list[dict[str, Any]]:
    primary = row.get("primaryAssignment")
    return [*([primary] if primary else []), *row.get("secondaryAssignments", [])]


def _jobs_of(row: dict[str, Any]) -> set[str]:
    return {each["job"]["id"] for each in _assignments(row)}


def _with_application(row: dict[str, Any], job: str) -> dict[str, Any]:
    if job in _jobs_of(row):
        return row
    older = _assignments(row)
    made = {
        "job": {"id": job, "title": accounts.JOBS[job]["title"], "actions": {}},
        "status": "NEW",
        "actions": {},
    }
    return {**row, "primaryAssignment": made, "secondaryAssignments": older}
