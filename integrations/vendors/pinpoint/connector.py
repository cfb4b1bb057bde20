"""Pinpoint: people on jobs, as applications.

Documents: vendor file "API Reference" 1.0.23, https://developers.pinpointhq.com for what is newer. What they leave open
is in ``assumed.py``.

Quirks, each pinned by a test in ``tests/integrations/pinpoint/``:

- a person exists only on a job; the same person on another job is another record (``test_push.py``).
- making one e-mails the applicant unless ``skip_notifications_on_create`` says not to: never left out, never tried
  without (``test_push.py``).
- no filter by e-mail: the applications of the job are read and compared (``test_find.py``).
- summary cannot be changed afterwards; custom attributes are read as display text (``test_fields.py``).
- tags are read as names and written with a context (``test_push.py``).
- comments notify the hiring team (``remarks``).
- webhooks are made by hand in the vendor's settings; there is no call for it (``test_webhooks.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import ClassVar

from integrations.base.connector import Connector
from integrations.base.errors import NotFound, RecordGone
from integrations.base.records import (
    Capability,
    ChangePage,
    Note,
    Option,
    PersonKeys,
    PersonWrite,
    PushResult,
    RemoteField,
    RemotePerson,
    RemoteRef,
    Target,
    TargetKind,
    WebhookCall,
)
from integrations.vendors.pinpoint import (
    finding,
    jsonapi,
    lists,
    mapping,
    notes,
    pulling,
    pushing,
    webhooks,
)
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.forms import PinpointCredentialsForm


class PinpointConnector(Connector[PinpointClient]):
    """See the module."""

    slug = "pinpoint"
    display_name = "Pinpoint"
    mark = "PP"
    summary = "Applicant tracking. Export candidates to jobs and hear what becomes of them."
    needs_email = True
    needs_job = True
    defaults_by_admins_only = True
    test_record = False
    capabilities = frozenset(
        {
            Capability.ADD_NOTE,
            Capability.FIND_NOTE,
            Capability.FIND_PERSON,
            Capability.LIST_FIELDS,
            Capability.LIST_JOBS,
            Capability.LIST_JOB_STATUSES,
            Capability.PULL_CHANGES,
            Capability.PUSH_PERSON,
            Capability.READ_PERSON,
            Capability.RECEIVE_WEBHOOK,
        }
    )
    client_class = PinpointClient
    credentials_form = PinpointCredentialsForm
    account_named_by = ("subdomain",)
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.JOB: "Job"}
    target_notes: ClassVar[dict[TargetKind, str]] = {
        TargetKind.JOB: (
            "Pinpoint makes an application on the job for each candidate, without e-mailing them. On another job the "
            "same person is another application."
        )
    }
    not_offered: ClassVar[dict[TargetKind, str]] = {
        TargetKind.POOL: (
            "Pinpoint's API shows its talent pipeline and lets nobody be added to it: export people as candidates, to "
            "a job."
        )
    }
    remarks: ClassVar[tuple[str, ...]] = (
        (
            "Pinpoint tells the hiring team of every comment (“New comment received”): each note sent there notifies "
            "them. Its author is the system user of the company."
        ),
        (
            "Experience and education go into the summary of an application, as text, when it is made. Pinpoint does "
            "not let a summary be changed afterwards."
        ),
        "Pinpoint's API cannot remove an application: undoing an export leaves it there, to be removed by hand.",
        "Pinpoint cannot look people up by e-mail: all applications of the job are read, once per person exported.",
    )

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        """See ``mapping.FIELDS``."""
        del record_type
        return mapping.FIELDS

    def check(self) -> None:
        """One job, if there is any."""
        jsonapi.rows(self.client.get("/jobs", params={"page[size]": "1"}).data)

    def prove_write(self) -> str:
        """By an application that must be refused for its content; see ``pushing.prove``."""
        return pushing.prove(self.client)

    def prove_look_up(self) -> str:
        """One application of any job, if there is any."""
        params = {"page[size]": "1", "fields[applications]": "id"}
        jsonapi.rows(self.client.get("/applications", params=params).data)
        return "Allowed."

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        """The jobs of the account; a key sees those of everybody."""
        del acting_as
        return lists.jobs(self.client, statuses)

    def list_job_statuses(self) -> tuple[Option, ...]:
        """The same for every account."""
        return lists.JOB_STATUSES

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        """Those of every application, then the account's custom ones."""
        return (*self.standard_fields(record_type), *lists.custom_fields(self.client))

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        """Among the applications of ``target``; without one there is nobody to be found."""
        del record_type, acting_as
        return finding.find(self.client, keys, target) if target is not None and keys else ()

    def read(self, ref: RemoteRef) -> RemotePerson:
        """One application with its stage, tags and custom attributes."""
        params = {"include": "stage,custom_attributes", "extra_fields[applications]": "tags"}
        try:
            data = self.client.get(f"/applications/{ref.external_id}", params=params).data
        except NotFound as error:
            raise RecordGone(str(error)) from error
        return mapping.person(jsonapi.one(data), jsonapi.included(data), self._definitions)

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        """An application is made or changed; see ``pushing``."""
        return pushing.push(self.client, write, existing)

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        """A comment on the application."""
        del earlier, acting_as
        return notes.add(self.client, ref, note)

    def find_note(self, ref: RemoteRef, note: Note) -> bool:
        """By the mark in its text."""
        return notes.is_there(self.client, ref, note)

    def changes(self, *, cursor: str) -> ChangePage:
        """Applications by the moment of their change; see ``pulling``."""
        return pulling.changes(self.client, cursor, self._definitions)

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        """Whom a delivery concerns; see ``webhooks``."""
        return webhooks.receive(headers=headers, body=body, secrets=secrets)

    @cached_property
    def _definitions(self) -> tuple[RemoteField, ...]:
        """The custom fields, asked for once in the life of this connector, which is one piece of work."""
        return lists.custom_fields(self.client)
