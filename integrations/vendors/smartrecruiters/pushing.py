"""One person to SmartRecruiters: made or brought up to date, put on a job, tagged, given properties.

Everything a person needs takes up to five calls. The record is certain after the first; what fails after that is
:class:`Incomplete`, and a later push, with what a search or read shows by then, does only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.base.errors import (
    ConnectorError,
    Incomplete,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RecordGone,
)
from integrations.base.records import (
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    RemoteRef,
    TargetKind,
    Values,
)
from integrations.vendors.smartrecruiters import assumed, fields, mapping, sources
from integrations.vendors.smartrecruiters.client import MaybeThere, SmartRecruitersClient


def read(client: SmartRecruitersClient, ref: RemoteRef) -> RemotePerson:
    """One person with all readable fields. Raises RecordGone."""
    try:
        row = client.get(f"/candidates/{ref.external_id}").data
        found = mapping.person(row)
        job = mapping.primary_job(row)
        place = f"/jobs/{job}" if job else ""
        told = mapping.properties(client.get(f"/candidates/{ref.external_id}{place}/properties").data)
    except NotFound as error:
        raise RecordGone(str(error)) from error
    return mapping.with_values(found, told)


class Push:
    """One push; ``search`` finds a person by address, for a create that was refused as if they were there."""

    def __init__(
        self,
        client: SmartRecruitersClient,
        write: PersonWrite,
        *,
        search: Callable[[str], RemotePerson | None],
    ) -> None:
        self._client = client
        self._write = write
        self._search = search
        self._left_out: dict[str, str] = {}
        self._tag = mapping.pool_tag(write.target)
        target = write.target
        self._job = target.external_id if target and target.kind is TargetKind.JOB else ""

    def carry_out(self, existing: RemotePerson | None) -> PushResult:
        """See :meth:`integrations.base.connector.Connector.push`."""
        if existing is not None:
            return self._update(existing)
        try:
            number = self._create(self._write.values)
        except MaybeThere as refusal:
            email = next(iter(mapping.strings(self._write.whole.get("email", ()))), "")
            found = self._search(email) if email else None
            if found is None:
                raise refusal
            return self._update(found)
        result = self._result(number, PushAction.CREATED)
        self._certain(result, lambda: self._properties(number, self._job))
        return self._result(number, PushAction.CREATED)

    # --- a person who is there ----------------------------------------------------------------------------

    def _update(self, existing: RemotePerson) -> PushResult:
        number, values = existing.external_id, self._write.values
        changed = False
        self._leave_out_what_is_for_creation()
        patch = mapping.changes(values, existing)
        if patch:
            self._patch(number, patch)
            changed = True
        if self._job and self._job not in existing.target_ids:
            number = self._attach(number, changed)
            changed = True
        tags = mapping.new_tags(values, existing, self._tag)
        if tags:
            self._then(number, changed, lambda: self._tags(number, tags))
            changed = True
        if mapping.property_values(values):
            job = self._job or mapping.primary_job(existing.raw)
            self._then(number, changed, lambda: self._properties(number, job))
            changed = True
        return self._result(number, PushAction.UPDATED if changed else PushAction.UNCHANGED)

    def _patch(self, number: str, patch: dict[str, Any]) -> None:
        try:
            self._client.patch(f"/candidates/{number}", body=patch)
        except NotFound as error:
            raise RecordGone(str(error)) from error

    def _attach(self, number: str, changed: bool) -> str:
        """On the job by ``POST`` with the address the record is known by; the id that came back."""
        made = number

        def post() -> None:
            nonlocal made
            made = self._create(self._write.whole, known=True)

        self._then(number, changed, post)
        return made

    def _leave_out_what_is_for_creation(self) -> None:
        for key in ("experience", "education", "source"):
            if self._write.values.get(key):
                self._left_out[key] = "SmartRecruiters takes it only when a person is made"

    # --- single calls -------------------------------------------------------------------------------------

    def _create(self, values: Values, *, known: bool = False) -> str:
        body = mapping.body(values, tag=self._tag)
        name = values.get("source")
        if isinstance(name, str) and name and not known:
            details = sources.details(self._client, name)
            if details:
                body["sourceDetails"] = details
            else:
                self._left_out["source"] = f"SmartRecruiters has no source called “{name}”; it says API"
        path = f"/jobs/{self._job}/candidates" if self._job else "/candidates"
        data = self._client.post(path, body=body).data
        try:
            return mapping.person(data).external_id
        except MalformedResponse as error:
            # A 2xx: the person is there, only we do not know where.
            raise OutcomeUnknown(str(error)) from error

    def _tags(self, number: str, tags: list[str]) -> None:
        self._client.post(f"/candidates/{number}/tags", body={"tags": tags}, empty=True)

    def _properties(self, number: str, job: str) -> None:
        """All at once for a person on a job; one by one, by a deprecated call, for one without."""
        wanted = mapping.property_values(self._write.values)
        if not wanted:
            return
        kinds = {key: kind for key, _label, kind in self._definitions()}
        rows = [row for key, value in wanted.items() if (row := self._spelled(key, value, kinds))]
        if job and rows:
            self._client.put(f"/candidates/{number}/jobs/{job}/properties", body=rows, empty=True)
        elif not job:
            for row in rows:
                body = {"value": row["value"]} if "value" in row else {}
                self._client.put(f"/candidates/{number}/properties/{row['id']}", body=body, empty=True)

    def _definitions(self) -> list[tuple[str, str, str]]:
        data = self._client.get("/configuration/candidate-properties").data
        return [fields.definition(row) for row in mapping.content(data)]

    def _spelled(self, key: str, value: Any, kinds: Mapping[str, str]) -> dict[str, Any] | None:
        if key not in kinds:
            self._left_out[fields.PROPERTY + key] = "SmartRecruiters has no such property any more"
            return None
        if value in ("", ()):
            return {"id": key}
        try:
            return {"id": key, "value": fields.spelled(kinds[key], value)}
        except ValueError as problem:
            self._left_out[fields.PROPERTY + key] = f"the property {problem}"
            return None

    # --- what became of it --------------------------------------------------------------------------------

    def _then(self, number: str, changed: bool, call: Callable[[], None]) -> None:
        """A call on a record that is there; after another one was carried out its failure leaves a half push."""
        if changed:
            self._certain(self._result(number, PushAction.UPDATED), call)
            return
        try:
            call()
        except NotFound as error:
            raise self._gone(error) from error

    def _gone(self, error: NotFound) -> ConnectorError:
        """Of a job there is a 404 too: then the target is what is gone, and not the record."""
        return error if self._job else RecordGone(str(error))

    def _certain(self, result: PushResult, call: Callable[[], None]) -> None:
        try:
            call()
        except ConnectorError as error:
            raise Incomplete(error, result=result) from error

    def _result(self, number: str, action: PushAction) -> PushResult:
        return PushResult(
            external_id=number,
            action=action,
            url=assumed.PERSON_PAGE.format(id=number),
            left_out=dict(self._left_out),
        )
