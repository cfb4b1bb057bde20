"""The properties of people: what is set, and setting them."""

from __future__ import annotations

from typing import Any

from sandbox.ats.smartrecruiters import accounts
from sandbox.ats.smartrecruiters.call import Call, Failure, as_object
from sandbox.ats.smartrecruiters.candidates import Candidates, jobs_of
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.records import Records
from sandbox.http_server import Response


class Properties:
    """What is under ``/candidates/…/properties``, also for one of their jobs."""

    def __init__(self, records: Records, hooks: Hooks, candidates: Candidates) -> None:
        self._records, self._hooks, self._candidates = records, hooks, candidates

    def of_person(self, call: Call) -> Any:
        """All that are set; an empty object for none."""
        self._candidates.person(call)
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

    def put(self, call: Call) -> Any:
        """Set one, or forget it when no value is given."""
        return self._set(call, [{"id": call.parts[1], **as_object(call.body)}])

    def put_of_job(self, call: Call) -> Any:
        """Set or forget several, for somebody who is on the job."""
        if call.parts[1] not in jobs_of(self._candidates.person(call)):
            raise Failure(404, "JOB_NOT_FOUND", "The candidate is not on this job")
        if not isinstance(call.body, list):
            raise Failure(400, "VALIDATION_ERROR", "An array is expected")
        return self._set(call, [as_object(each) for each in call.body])

    def _set(self, call: Call, rows: list[dict[str, Any]]) -> Response:
        row, values = self._candidates.person(call), self._records.properties(call.parts[0])
        for each in rows:
            number = str(each.get("id"))
            if number not in accounts.PROPERTIES:
                raise Failure(404, "PROPERTY_NOT_FOUND", "No such property")
            if "value" not in each:
                values.pop(number, None)
                continue
            _check(accounts.PROPERTIES[number]["type"], each["value"])
            values[number] = each["value"]
        self._records.put(row, values)
        self._hooks.tell("application.fields.updated", {"candidate_id": row["id"]})
        return Response(204)


def _check(kind: str, value: Any) -> None:
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
