"""Candidates and contacts: the record, its sub-collections with rows of their own ids, and the two shapes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.ats.cats.call import DONE, Call, Failure, Reply
from sandbox.ats.cats.feed import Feed
from sandbox.ats.cats.records import Records
from sandbox.switches import Switches

SINGULAR = {"candidates": "candidate", "contacts": "contact"}
#: How a phone of each type is named in the summary of a read record; others are only in the embedded rows.
_SUMMARY = {
    "candidates": {"home": "home", "mobile": "cell", "work": "work"},
    "contacts": {"work": "work", "mobile": "cell", "other": "other"},
}
_PARTS = {"emails": "emails", "phones": "phones", "work_history": "work_history"}


class People:
    """Everything under ``/candidates/…`` and ``/contacts/…`` that is about one person."""

    def __init__(self, records: Records, switches: Switches, feed: Feed) -> None:
        self._records = records
        self._switches = switches
        self._feed = feed

    def run(self, call: Call) -> Reply:
        """Answer by the length of the path."""
        kind = call.path[0]
        if len(call.path) == 1:
            return self._collection(call, kind)
        if call.path[1] == "search":
            return self._search(call, kind)
        person = self._records.get(call.account.name, kind, call.number(1))
        if person is None:
            raise Failure(404, "Resource not found.")
        if len(call.path) == 2:
            return self._record(call, kind, person)
        part = call.path[2]
        if part in _PARTS:
            return self._part(call, kind, person, part)
        if part == "custom_fields":
            return self._custom(call, kind, person)
        if part == "tags":
            return self._tags(call, kind, person)
        if part == "activities":
            return self._activities(call, kind, person)
        if part == "pipelines" and call.method == "GET":
            rows = [
                pipeline_row(row)
                for row in self._records.all(call.account.name, "pipelines", about=person["id"])
            ]
            return call.listed("pipelines", rows)
        raise Failure(404, "Resource not found.")

    # --- the collection ---------------------------------------------------------------------------------------------

    def _collection(self, call: Call, kind: str) -> Reply:
        if call.method == "GET":
            span = call.span
            found, total = self._records.page(
                call.account.name, kind, offset=span.start, limit=span.stop - span.start
            )
            return call.listed(kind, [self.shown(kind, row) for row in found], total=total)
        if call.method != "POST":
            raise Failure(405, "Method not allowed.")
        given = call.checked(f"create {kind}")
        self._refuse(call, kind, given)
        body = {**given, "tags": []}
        body["custom"] = {str(row["id"]): row["value"] for row in given.get("custom_fields", [])}
        body.pop("custom_fields", None)
        number = self._records.add(call.account.name, kind, body)
        for part in _PARTS:
            body[part] = [{"id": self._row_id(call, part), **row} for row in given.get(part, [])]
        if kind == "contacts":
            body.setdefault("has_left_company", False)
        self._keep(call, kind, {**body, "id": number})
        self._feed.tell(
            call.account.name, f"{SINGULAR[kind]}.created", self.shown(kind, self._get(call, kind, number))
        )
        return Reply(status=201, location=f"/{kind}/{number}")

    def _refuse(self, call: Call, kind: str, given: dict[str, Any]) -> None:
        wanted = {row["email"].lower() for row in given.get("emails", [])}
        if call.query.get("check_duplicate", "false") == "true":
            for address in wanted:
                if self._records.search(call.account.name, kind, address):
                    raise Failure(409, "A duplicate record was found.")
        users = {user["id"] for user in call.account.users}
        if "owner_id" in given and given["owner_id"] not in users:
            raise Failure(
                422, "owner_id: there is no such user.", fields={"owner_id": ["There is no such user."]}
            )
        if "company_id" in given and not self._has_company(call, given["company_id"]):
            raise Failure(422, "company_id: there is no such company.", fields={"company_id": ["Not found."]})
        known = {row["id"] for row in call.account.custom_fields.get(kind, [])}
        for row in given.get("custom_fields", []):
            if row["id"] not in known:
                raise Failure(422, f"custom_fields: there is no field {row['id']}.")

    def _has_company(self, call: Call, number: int) -> bool:
        fixed = any(row["id"] == number for row in call.account.companies)
        return fixed or self._records.get(call.account.name, "companies", number) is not None

    def _search(self, call: Call, kind: str) -> Reply:
        if call.method == "POST":
            found = self._filtered(call, kind)
        elif not (query := call.query.get("query")):
            # The vendor's trap: any other parameter is overlooked, and everybody is the answer.
            found = [row["id"] for row in self._records.all(call.account.name, kind)]
        else:
            found = self._records.search(call.account.name, kind, query)
        rows = [self._records.get(call.account.name, kind, number) for number in found[call.span]]
        return call.listed(kind, [self.shown(kind, row) for row in rows if row], total=len(found))

    def _filtered(self, call: Call, kind: str) -> list[int]:
        asked = call.checked("filter")
        if asked.get("field") != "emails.primary" or asked.get("filter") not in ("exactly", "contains"):
            raise Failure(400, "This filter is not known.")
        value = str(asked.get("value", "")).lower()
        found = []
        for number in self._records.search(call.account.name, kind, value):
            row = self._records.get(call.account.name, kind, number)
            if row and (asked["filter"] == "contains" or (_primary(row) or "").lower() == value):
                found.append(number)
        return found

    # --- one record -------------------------------------------------------------------------------------------------

    def _record(self, call: Call, kind: str, person: dict[str, Any]) -> Reply:
        if call.method == "GET":
            return Reply(body=self.shown(kind, person))
        if call.method == "DELETE":
            self._records.remove(person["id"])
            self._feed.tell(call.account.name, f"{SINGULAR[kind]}.deleted", {"id": person["id"]})
            return DONE
        if call.method != "PUT":
            raise Failure(405, "Method not allowed.")
        given = call.checked(f"change {kind}")
        self._refuse(call, kind, given)
        return self._changed(call, kind, {**person, **given})

    def _part(self, call: Call, kind: str, person: dict[str, Any], part: str) -> Reply:
        rows: list[dict[str, Any]] = person.get(part, [])
        if len(call.path) == 3:
            if call.method == "GET":
                return call.listed(part, rows)
            if call.method == "POST":
                row = {"id": self._row_id(call, part), **call.checked(part)}
                self._changed(call, kind, {**person, part: _with(part, rows, row)})
                return Reply(status=201, location=f"/{kind}/{person['id']}/{part}/{row['id']}")
            raise Failure(405, "Method not allowed.")
        number = call.number(3)
        others = [row for row in rows if row["id"] != number]
        if len(others) == len(rows):
            raise Failure(404, "Resource not found.")
        if call.method == "DELETE":
            return self._changed(call, kind, {**person, part: others})
        if call.method != "PUT":
            raise Failure(405, "Method not allowed.")
        given = call.checked(part)
        changed = [{**row, **given} if row["id"] == number else row for row in rows]
        return self._changed(call, kind, {**person, part: changed})

    def _custom(self, call: Call, kind: str, person: dict[str, Any]) -> Reply:
        known = call.account.custom_fields.get(kind, [])
        if len(call.path) == 3:
            return call.listed("custom_fields", _custom_rows(person))
        number = call.number(3)
        if number not in {row["id"] for row in known}:
            raise Failure(404, "Resource not found.")
        if call.method != "PUT":
            return Reply(body={"id": number, "value": person.get("custom", {}).get(str(number))})
        value = call.checked("custom_field")["value"]
        return self._changed(
            call, kind, {**person, "custom": {**person.get("custom", {}), str(number): value}}
        )

    def _tags(self, call: Call, kind: str, person: dict[str, Any]) -> Reply:
        known = {row["id"]: row for row in call.account.tags}
        held: list[int] = person.get("tags", [])
        if len(call.path) == 4 and call.method == "DELETE":
            return self._changed(
                call, kind, {**person, "tags": [tag for tag in held if tag != call.number(3)]}
            )
        if call.method == "GET":
            return call.listed("tags", [known[tag] for tag in held if tag in known])
        given = [row["id"] for row in call.checked("tags")["tags"]]
        if unknown := set(given) - set(known):
            raise Failure(422, f"tags: there is no tag {min(unknown)}.")
        # POST replaces, PUT adds.
        kept = given if call.method == "POST" else [*held, *given]
        return self._changed(call, kind, {**person, "tags": list(dict.fromkeys(kept))})

    def _activities(self, call: Call, kind: str, person: dict[str, Any]) -> Reply:
        if call.method == "GET":
            found = self._records.all(call.account.name, "activities", about=person["id"])
            return call.listed("activities", [_activity_row(row) for row in found])
        given = call.checked("activities")
        body = {**given, "data_item": {"id": person["id"], "type": SINGULAR[kind]}}
        number = self._records.add(call.account.name, "activities", body, about=person["id"])
        self._feed.tell(call.account.name, "activity.created", {"id": number})
        return Reply(status=201, location=f"/activities/{number}")

    # --- keeping and showing ----------------------------------------------------------------------------------------

    def _changed(self, call: Call, kind: str, person: dict[str, Any]) -> Reply:
        self._keep(call, kind, person)
        row = self.shown(kind, self._get(call, kind, person["id"]))
        self._feed.tell(call.account.name, f"{SINGULAR[kind]}.updated", row)
        return DONE

    def _keep(self, call: Call, kind: str, person: dict[str, Any]) -> None:
        body = {
            key: value
            for key, value in person.items()
            if key not in ("id", "about", "created_at", "updated_at")
        }
        self._records.replace(person["id"], body)
        texts = [
            body.get("first_name") or "",
            body.get("last_name") or "",
            *body.get("social_media_urls", []),
        ]
        texts += [row["email"] for row in body.get("emails", [])]
        self._records.index(
            call.account.name, kind, person["id"], texts, delay=self._switches.cats_index_delay
        )

    def _get(self, call: Call, kind: str, number: int) -> dict[str, Any]:
        found = self._records.get(call.account.name, kind, number)
        assert found is not None
        return found

    def _row_id(self, call: Call, part: str) -> int:
        """Rows of sub-collections are numbered with everything else, so no id is anybody else's."""
        return self._records.add(call.account.name, f"row of {part}", {})

    def shown(self, kind: str, person: dict[str, Any]) -> dict[str, Any]:
        """A record as it is read: summaries out, arrays embedded."""
        hidden = {"about", "created_at", "updated_at", "custom", "tags", "emails", "phones", "work_history"}
        emails = [row["email"] for row in person.get("emails", [])]
        primary = _primary(person)
        phones = dict.fromkeys(_SUMMARY[kind].values())
        for row in person.get("phones", []):
            name = _SUMMARY[kind].get(row["type"])
            if name and phones[name] is None:
                phones[name] = row["number"]
        embedded = {
            "custom_fields": _custom_rows(person),
            "emails": person.get("emails", []),
            "phones": person.get("phones", []),
        }
        if kind == "candidates":
            embedded["work_history"] = person.get("work_history", [])
        return {
            **({"is_active": True, "is_hot": False, "consent_status": None} if kind == "candidates" else {}),
            **{key: value for key, value in person.items() if key not in hidden},
            "emails": {
                "primary": primary,
                "secondary": next((email for email in emails if email != primary), None),
            },
            "phones": phones,
            "date_created": moment(person["created_at"]),
            "date_modified": moment(person["updated_at"]),
            "_links": {"self": {"href": f"/{kind}/{person['id']}"}},
            "_embedded": embedded,
        }


def pipeline_row(row: dict[str, Any]) -> dict[str, Any]:
    """A candidate on a job."""
    keys = ("id", "candidate_id", "job_id", "rating", "workflow_id", "status_id")
    return {**{key: row.get(key) for key in keys}, "date_created": moment(row["created_at"])}


def moment(at: float) -> str:
    """Epoch seconds in RFC 3339."""
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds")


def _activity_row(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("id", "data_item", "date", "regarding_id", "type", "notes")
    return {
        **{key: row.get(key) for key in keys},
        "annotation": None,
        "date_created": moment(row["created_at"]),
    }


def _custom_rows(person: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": int(number), "value": value} for number, value in person.get("custom", {}).items()]


def _with(part: str, rows: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    if part == "emails" and row.get("is_primary"):
        rows = [{**each, "is_primary": False} for each in rows]
    return [*rows, row]


def _primary(person: dict[str, Any]) -> str | None:
    emails = person.get("emails", [])
    first = next((row for row in emails if row.get("is_primary")), next(iter(emails), None))
    return first["email"] if first else None
