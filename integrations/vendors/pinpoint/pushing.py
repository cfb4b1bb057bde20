"""Writing a person: an application is made or changed, then its tags and custom attributes, each call by itself.

Everything after the first call may be called again: what is there already is not written twice, because the mapping
decides by what a read of the application shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.base.errors import (
    ConnectorError,
    Forbidden,
    Incomplete,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RecordGone,
    Rejected,
)
from integrations.base.records import (
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    Target,
    Value,
    Values,
)
from integrations.vendors.pinpoint import assumed, fields, mapping
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.jsonapi import MOST_ROWS, one, related, row_id, walk

#: What is said of a value that was refused, rather than failing all that comes after it.
_LEFT_OUT = (NotFound, Rejected)


def push(client: PinpointClient, write: PersonWrite, existing: RemotePerson | None) -> PushResult:
    """See ``Connector.push``. On another job the person is another record, made whole."""
    job = write.target
    if existing is not None and job is not None and job.external_id not in existing.target_ids:
        existing, write = None, _whole(write)
    if existing is None:
        return _create(client, write, job)
    return _update(client, write.values, existing)


def prove(client: PinpointClient) -> str:
    """Ask for an application that Pinpoint must refuse; how it refuses tells whether we may make one.

    Raises Forbidden, and Rejected when the attribute that keeps Pinpoint from e-mailing people is unknown there.
    """
    try:
        made = client.post("/applications", body=mapping.new_application({}, assumed.NO_JOB))
    except (Rejected, NotFound) as refusal:
        _mind_silence(refusal)
        return "Allowed: an application without a name was refused for its content, as it must be."
    raise MalformedResponse(
        f"Pinpoint took application {row_id(one(made.data))} without a name or a job. Please remove it there."
    )


def _whole(write: PersonWrite) -> PersonWrite:
    return PersonWrite(
        values=write.whole,
        whole=write.whole,
        record_type=write.record_type,
        target=write.target,
        acting_as=write.acting_as,
    )


def _create(client: PinpointClient, write: PersonWrite, job: Target | None) -> PushResult:
    if job is None:
        raise Rejected("A person exists in Pinpoint only on a job. Choose a Pinpoint job.")
    try:
        reply = client.post("/applications", body=mapping.new_application(write.values, job.external_id))
    except Rejected as refusal:
        _mind_silence(refusal)
        raise
    try:
        number = row_id(one(reply.data))
    except MalformedResponse as error:
        # A 2xx: the person is there, only we do not know where.
        raise OutcomeUnknown(str(error)) from error
    result = PushResult(external_id=number, action=PushAction.CREATED)
    return _rest(client, result, write.values, held=(), had_attributes=False)


def _update(client: PinpointClient, values: Values, existing: RemotePerson) -> PushResult:
    number = existing.external_id
    attributes = {key: value for key, value in values.items() if key in mapping.UPDATABLE}
    if attributes:
        _put(client, number, attributes)
    action = PushAction.UPDATED if attributes else PushAction.UNCHANGED
    return _rest(
        client,
        PushResult(external_id=number, action=action),
        values,
        held=mapping.tags(existing.raw),
        had_attributes=True,
    )


def _rest(
    client: PinpointClient,
    result: PushResult,
    values: Values,
    *,
    held: tuple[tuple[str, str], ...],
    had_attributes: bool,
) -> PushResult:
    """Tags and custom attributes. The record is certain from here on: a failure is Incomplete once anything changed."""
    left_out: dict[str, str] = {}
    custom = {key: value for key, value in values.items() if fields.is_custom(key)}
    written = 0
    try:
        if mapping.TAGS in values:
            written += _tag(client, result.external_id, values[mapping.TAGS], held, left_out)
        if custom:
            known = _attribute_ids(client, result.external_id) if had_attributes else {}
            for key, value in custom.items():
                written += _attribute(client, result.external_id, key, value, known, left_out)
    except ConnectorError as error:
        if result.action is PushAction.UNCHANGED and not written:
            raise
        raise Incomplete(error, result=_done(result, written, left_out)) from error
    return _done(result, written, left_out)


def _done(result: PushResult, written: int, left_out: dict[str, str]) -> PushResult:
    action = result.action
    if action is PushAction.UNCHANGED and written:
        action = PushAction.UPDATED
    return PushResult(external_id=result.external_id, action=action, url=result.url, left_out=left_out)


def _put(client: PinpointClient, number: str, attributes: Mapping[str, object]) -> None:
    try:
        client.put(f"/applications/{number}", body=mapping.changed_application(number, attributes))
    except NotFound as error:
        raise RecordGone(str(error)) from error


def _tag(
    client: PinpointClient,
    number: str,
    wanted: Value,
    held: tuple[tuple[str, str], ...],
    left_out: dict[str, str],
) -> int:
    """Add what is not there; take away what is not wanted any more (an undo). The number of calls that changed it."""
    names = {str(tag).casefold(): str(tag) for tag in wanted if tag} if isinstance(wanted, tuple) else {}
    there = {tag.casefold() for tag, _ in held}
    new = [tag for key, tag in names.items() if key not in there]
    calls: list[dict[str, object]] = []
    if new:
        calls.append({assumed.ADD_TAGS: [{"tag": tag, "context": assumed.TAG_CONTEXT} for tag in new]})
    calls += [
        {assumed.REMOVE_TAG: {"tag": tag, "context": context}}
        for tag, context in held
        if tag.casefold() not in names
    ]
    written = 0
    for attributes in calls:
        try:
            _put(client, number, attributes)
            written += 1
        except Rejected as refusal:
            left_out[mapping.TAGS] = str(refusal)
    return written


def _attribute_ids(client: PinpointClient, number: str) -> dict[str, str]:
    """The application's custom attributes by the id of their field."""
    params = {
        "filter[custom_attributable_id]": number,
        "filter[custom_attributable_type]": "Application",
        "include": "custom_field",
    }
    rows = walk(client, "/custom_attributes", params, size=MOST_ROWS)
    return {field: row_id(row) for row in rows for _, field in related(row, "custom_field")}


def _attribute(
    client: PinpointClient,
    number: str,
    key: str,
    value: Value,
    known: Mapping[str, str],
    left_out: dict[str, str],
) -> int:
    """Write one custom attribute: changed where there is one, made where there is none, removed when blank."""
    field_id = key.partition(":")[2]
    attribute_id = known.get(field_id)
    try:
        if value in ("", ()):
            if attribute_id is None:
                return 0
            client.delete(f"/custom_attributes/{attribute_id}")
            return 1
        data: dict[str, object] = {"type": "custom_attributes", "attributes": fields.spelled(key, value)}
        if attribute_id is not None:
            client.put(f"/custom_attributes/{attribute_id}", body={"data": {"id": attribute_id, **data}})
            return 1
        data["relationships"] = {
            "custom_field": {"data": {"type": "custom_fields", "id": field_id}},
            "custom_attributable": {"data": {"type": "applications", "id": number}},
        }
        client.post("/custom_attributes", body={"data": data})
        return 1
    except _LEFT_OUT as refusal:
        left_out[key] = str(refusal)
    except Forbidden:
        left_out[key] = "The API key may not write custom attributes."
    except (ValueError, ArithmeticError) as error:
        left_out[key] = str(error) or "The value does not fit the field."
    return 0


def _mind_silence(refusal: ConnectorError) -> None:
    """A refusal that names the attribute by which nobody is e-mailed is said loudly. Nothing is sent without it."""
    told = f"{refusal} {' '.join(getattr(refusal, 'fields', {}))}"
    if assumed.SKIP_NOTIFICATIONS in told:
        raise Rejected(
            f"This Pinpoint account does not know “{assumed.SKIP_NOTIFICATIONS}”. Without it Pinpoint would e-mail "
            f"the person, so nobody is sent. Pinpoint said: {refusal}"
        ) from refusal
