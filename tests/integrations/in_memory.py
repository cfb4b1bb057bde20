"""A vendor in memory: for rules of the engine that no one vendor of ours shows whole."""

# ruff: noqa: ARG002, ARG003 - the arguments are the interface's

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone

from integrations.base.connector import Connector, CredentialsForm
from integrations.base.errors import RecordGone
from integrations.base.http import VendorClient
from integrations.base.records import (
    Capability,
    FieldKind,
    PersonKeys,
    PersonWrite,
    PushAction,
    PushResult,
    RemoteField,
    RemotePerson,
    RemoteRef,
    Target,
    TargetKind,
    Value,
)
from integrations.base.throttle import Pace

FIELDS = (
    RemoteField(key="name", label="Name", default_variable="full_name"),
    RemoteField(key="title", label="Title", default_variable="title"),
    RemoteField(key="emails", label="E-mail", kind=FieldKind.EMAILS, default_variable="emails"),
)
JOB = Target(kind=TargetKind.JOB, external_id="job-1", name="Ruby lead")


class InMemoryClient(VendorClient):
    """Nothing is called."""

    @classmethod
    def pace(cls) -> Pace:
        return Pace(calls=1000, burst=1000)

    def base_url(self) -> str:
        return "http://127.0.0.1:9"

    def auth_headers(self) -> Mapping[str, str]:
        return {}

    def error_detail(self, data: Any) -> tuple[str, Mapping[str, str]]:
        return "", {}


class InMemoryConnector(Connector[InMemoryClient]):
    """Keeps its records on the class: ``people`` maps ids to values; a test clears it."""

    slug = "memory"
    display_name = "Memory"
    mark = "ME"
    summary = "In memory."
    capabilities = frozenset(
        {
            Capability.DELETE_PERSON,
            Capability.FIND_PERSON,
            Capability.LIST_FIELDS,
            Capability.LIST_JOBS,
            Capability.PUSH_PERSON,
            Capability.READ_PERSON,
        }
    )
    client_class = InMemoryClient
    credentials_form = CredentialsForm
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.JOB: "Job"}

    people: ClassVar[dict[str, dict[str, Value]]] = {}
    touched: ClassVar[dict[str, datetime.datetime]] = {}

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        return FIELDS

    def check(self) -> None:
        return

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        return FIELDS

    def list_jobs(self, *, acting_as: str, statuses: Any = ()) -> tuple[Target, ...]:
        return (JOB,)

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        return tuple(
            self._shown(pk)
            for pk, values in self.people.items()
            if set(keys.emails) & {*values["emails"]}  # type: ignore[misc]
        )

    def read(self, ref: RemoteRef) -> RemotePerson:
        if ref.external_id not in self.people:
            raise RecordGone("It is gone.")
        return self._shown(ref.external_id)

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        pk = existing.external_id if existing is not None else f"t{len(self.people) + 1}"
        blank: dict[str, Value] = {"name": "", "title": "", "emails": ()}
        self.people[pk] = {**self.people.get(pk, blank), **write.values}
        self.touched[pk] = timezone.now()
        return PushResult(external_id=pk, action=PushAction.UPDATED if existing else PushAction.CREATED)

    def delete(self, ref: RemoteRef) -> None:
        self.people.pop(ref.external_id, None)

    def _shown(self, pk: str) -> RemotePerson:
        values = self.people[pk]
        emails = values["emails"]
        assert isinstance(emails, tuple)
        return RemotePerson(
            external_id=pk,
            emails=tuple(str(email) for email in emails),
            values=values,
            updated_at=self.touched.get(pk),
        )
