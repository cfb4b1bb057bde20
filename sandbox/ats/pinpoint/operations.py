"""Which call does what. Rights are checked before anything is looked at, as the vendor's 403 comes before its 422."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.ats.pinpoint import documents
from sandbox.ats.pinpoint.accounts import READ, RESOURCES, WRITE, CustomField, Key
from sandbox.ats.pinpoint.call import Call, Failure, related_id
from sandbox.ats.pinpoint.events import Events
from sandbox.ats.pinpoint.people import People
from sandbox.ats.pinpoint.records import Records
from sandbox.switches import Switches

_STATUSES = ("archived", "closed", "draft", "open")
_KINDS: dict[str, tuple[type, ...]] = {
    "varchar": (str,),
    "text": (str,),
    "integer": (int,),
    "decimal": (int, float),
    "date": (str,),
    "boolean": (bool,),
    "single_select": (str,),
    "multi_select": (list,),
}


class Operations:
    """The calls of one stand-in."""

    def __init__(self, records: Records, switches: Switches, events: Events) -> None:
        self._records = records
        self._events = events
        self._people = People(records, switches)

    def run(self, call: Call, key: Key) -> tuple[int, dict[str, Any]]:
        """Status and document of the reply; Failure otherwise."""
        resource = call.path[0] if call.path else ""
        if resource not in RESOURCES or len(call.path) > 2:
            raise Failure(404, ("Record not found", ""))
        what = READ if call.method == "GET" else WRITE
        if (resource, what) not in key.rights:
            raise Failure(403, ("You are not authorized to perform this action", ""))
        wanted = (call.method, resource, len(call.path) == 2)
        if wanted == ("POST", "applications", False):
            document, row = self._people.make(call)
            self._events.tell(call.account, "application_created", row)
            return 201, document
        if wanted == ("PUT", "applications", True):
            document, row = self._people.change(call)
            return 200, document
        if wanted == ("POST", "comments", False):
            return 201, self._add_comment(call)
        if wanted == ("POST", "custom_attributes", False):
            return 201, self._make_attribute(call)
        reply = {
            ("GET", "applications", False): self._people.list,
            ("GET", "applications", True): self._people.show,
            ("GET", "jobs", False): self._jobs,
            ("GET", "custom_fields", False): self._custom_fields,
            ("GET", "comments", False): self._comments,
            ("GET", "custom_attributes", False): self._attributes,
            ("PUT", "custom_attributes", True): self._change_attribute,
            ("DELETE", "custom_attributes", True): self._drop_attribute,
        }.get(wanted)
        if reply is None:
            raise Failure(405, ("Method not allowed", ""))
        return 200, reply(call)

    def _jobs(self, call: Call) -> dict[str, Any]:
        call.allow("filter[status]", "filter[visibility]", "filter[search]", "include", "locale")
        statuses = call.words("filter[status]", *_STATUSES)
        seen = call.words("filter[visibility]", "confidential", "external", "internal")
        search = call.query.get("filter[search]", "").lower()
        limit, skip = call.page()
        found = [
            job
            for job in call.account.jobs
            if (not statuses or job.status in statuses)
            and (not seen or job.visibility in seen)
            and search in job.title.lower()
        ]
        return {"data": [documents.job(job) for job in found[skip : skip + limit]], "meta": {}}

    def _custom_fields(self, call: Call) -> dict[str, Any]:
        call.allow("fields[custom_fields]")
        limit, skip = call.page()
        found = call.account.fields[skip : skip + limit]
        return {"data": [documents.custom_field(field) for field in found], "meta": {}}

    def _comments(self, call: Call) -> dict[str, Any]:
        call.allow("fields[comments]", "filter[commentable_id]", "filter[commentable_type]", "include")
        kinds = call.words("filter[commentable_type]", "Application", "JobSeeker")
        limit, skip = call.page()
        found = self._records.comments(call.account.name, _number(call, "filter[commentable_id]"))
        if kinds == ["JobSeeker"]:
            found = []
        only = call.words("fields[comments]")
        rows = [documents.comment(row, only) for row in found[skip : skip + limit]]
        return {"data": rows, "meta": {}}

    def _add_comment(self, call: Call) -> dict[str, Any]:
        attributes, relationships = call.resource("comments")
        if not str(attributes.get("body_text") or "").strip():
            raise Failure(422, ("Body text can't be blank", "/data/attributes/body_text"))
        number = self._application(call, related_id(relationships, "commentable", "applications"))
        row = self._records.add_comment(call.account.name, number, str(attributes["body_text"]))
        return {"data": documents.comment(row), "included": [], "meta": {}}

    def _attributes(self, call: Call) -> dict[str, Any]:
        call.allow("filter[custom_attributable_id]", "filter[custom_attributable_type]", "include")
        call.words(
            "filter[custom_attributable_type]", "Application", "Job", "JobTemplate", "JobSeeker", "Offer"
        )
        limit, skip = call.page()
        number = _number(call, "filter[custom_attributable_id]")
        found = self._records.attributes(call.account.name, [number] if number is not None else [])
        whole = "custom_field" in call.words("include", "custom_field", "custom_attributable")
        rows = [documents.attribute(call.account, row, whole=whole) for row in found[skip : skip + limit]]
        return {"data": rows, "included": [], "meta": {}}

    def _make_attribute(self, call: Call) -> dict[str, Any]:
        attributes, relationships = call.resource("custom_attributes")
        number = self._application(call, related_id(relationships, "custom_attributable", "applications"))
        field = call.account.field(related_id(relationships, "custom_field", "custom_fields"))
        if field is None or field.about != "application":
            raise Failure(422, ("Custom field must exist", "/data/relationships/custom_field"))
        held = self._records.attributes(call.account.name, [number])
        if any(row["field"] == field.id for row in held):
            raise Failure(422, ("Custom field has already been taken", "/data/relationships/custom_field"))
        return self._set(call, number, field, attributes)

    def _change_attribute(self, call: Call) -> dict[str, Any]:
        row = self._attribute(call)
        attributes, _ = call.resource("custom_attributes")
        field = call.account.field(row["field"])
        assert field is not None
        return self._set(call, row["application"], field, attributes)

    def _drop_attribute(self, call: Call) -> dict[str, Any]:
        self._records.drop_attribute(self._attribute(call))
        return {"meta": None}

    def _set(self, call: Call, number: int, field: CustomField, attributes: dict[str, Any]) -> dict[str, Any]:
        value = _value(field, attributes)
        made = self._records.set_attribute(call.account.name, number, field.id, value)
        row = self._records.attribute(call.account.name, made)
        assert row is not None
        return {"data": documents.attribute(call.account, row, whole=True), "included": [], "meta": {}}

    def _attribute(self, call: Call) -> dict[str, Any]:
        number = call.path[1]
        found = self._records.attribute(call.account.name, int(number)) if number.isdigit() else None
        if found is None:
            raise Failure(404, ("Record not found", ""))
        return found

    def _application(self, call: Call, number: str) -> int:
        if not number.isdigit() or self._records.application(call.account.name, int(number)) is None:
            raise Failure(404, ("Record not found", ""))
        return int(number)


def _number(call: Call, name: str) -> int | None:
    word = call.query.get(name)
    if word is None:
        return None
    if not word.isdigit():
        raise Failure(400, (f"Malformed query params: {name}", ""))
    return int(word)


def _value(field: CustomField, attributes: dict[str, Any]) -> Any:
    """The one value under the key of the field's type; 422 for another key, type or choice."""
    name = f"{field.field_type}_value"
    value = attributes.get(name)
    right = isinstance(value, _KINDS[field.field_type]) and set(attributes) == {name}
    if right and isinstance(value, bool):
        right = field.field_type == "boolean"
    if right and field.field_type == "date":
        right = _is_day(str(value))
    if right and field.field_type == "varchar":
        right = len(str(value)) <= 255
    chosen = value if isinstance(value, list) else [value]
    if right and field.options:
        right = all(each in field.options for each in chosen)
    if not right:
        raise Failure(422, (f"{field.name} is invalid", f"/data/attributes/{name}"))
    return value


def _is_day(value: str) -> bool:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True
