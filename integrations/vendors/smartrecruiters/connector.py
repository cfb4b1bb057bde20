"""SmartRecruiters: people to its talent pool and its jobs, notes, changes and webhooks.

Documents: the vendor's Customer API file and developers.smartrecruiters.com. What they leave open is in
``assumed.py``. Quirks, each pinned by a test in ``tests/integrations/smartrecruiters/``:

- the search finds only people with an application, and nobody by address exactly (``test_find.py``);
- ``PATCH`` takes few fields; tags and properties have calls of their own, history is for creation (``test_push.py``);
- 401 with ``PERMISSION_DENIED`` is about one job or person (``test_client.py``);
- notes can be written by everybody and read back by administrators only (``test_notes.py``);
- a subscription is active once our own address has answered a handshake (``test_webhooks.py``).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.conf import settings

from integrations.base.connector import Connector
from integrations.base.errors import Forbidden, MalformedResponse, NotFound, RecordGone
from integrations.base.fields import distinct
from integrations.base.http import Reply
from integrations.base.oauth import OAuthClient
from integrations.base.paging import pages
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
    Subscription,
    Target,
    TargetKind,
    WebhookCall,
)
from integrations.vendors.smartrecruiters import fields, mapping, notes, pulling, pushing, webhooks
from integrations.vendors.smartrecruiters.client import SmartRecruitersClient
from integrations.vendors.smartrecruiters.forms import SmartRecruitersCredentialsForm
from integrations.vendors.smartrecruiters.paging import PAGE, NextPage

#: What a two-way sync needs; ``messages_read`` so that an unconfirmed note can be looked for.
SCOPES = (
    "candidates_read",
    "candidates_create",
    "candidates_manage",
    "jobs_read",
    "messages_read",
    "messages_write",
    "configuration_read",
    "users_read",
    "user_me_read",
    "webhooks_manage",
)
_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


class SmartRecruitersConnector(Connector[SmartRecruitersClient]):
    """See the module."""

    setting_words: ClassVar[Mapping[str, str]] = {
        "add": "Add Candidate to {system}",
        "notes": "Create new notes from",
    }
    slug = "smartrecruiters"
    display_name = "SmartRecruiters"
    mark = "SR"
    summary = "Applicant tracking. Export people to the talent pool and to jobs, keep both sides in step."
    capabilities = frozenset(Capability) - {
        Capability.FIND_COMPANIES,
        Capability.LIST_COMPANY_FIELDS,
        Capability.MAKE_COMPANY,
    }
    client_class = SmartRecruitersClient
    credentials_form = SmartRecruitersCredentialsForm
    account_named_by = ("client_id",)
    needs_email = True
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.POOL: "Talent Pool", TargetKind.JOB: "Job"}
    target_notes: ClassVar[dict[TargetKind, str]] = {
        TargetKind.POOL: (
            "People in the talent pool without an application cannot be searched through the API of SmartRecruiters: "
            "Beckon knows those it sent by their number there."
        ),
    }
    remarks: ClassVar[tuple[str, ...]] = (
        "Notes are seen by everybody in SmartRecruiters who may see the person. They mention and e-mail nobody.",
        "Experience and education are sent when a person is made there; SmartRecruiters lets nobody change them later.",
        "One e-mail address and one phone number fit: those already there stay.",
    )

    @classmethod
    def oauth(cls) -> OAuthClient | None:
        """This installation's app at SmartRecruiters, from the settings."""
        needed = {
            "SMARTRECRUITERS_CLIENT_ID": settings.SMARTRECRUITERS_CLIENT_ID,
            "SMARTRECRUITERS_CLIENT_SECRET": settings.SMARTRECRUITERS_CLIENT_SECRET,
        }
        return OAuthClient(
            authorize_url=settings.SMARTRECRUITERS_AUTHORIZE_URL,
            token_url=settings.SMARTRECRUITERS_TOKEN_URL,
            client_id=settings.SMARTRECRUITERS_CLIENT_ID,
            client_secret=settings.SMARTRECRUITERS_CLIENT_SECRET,
            scopes=SCOPES,
            missing=tuple(name for name, value in needed.items() if not value),
        )

    @classmethod
    def finds_everybody(cls, target: Target | None) -> bool:
        """Whether a search that finds nobody proves that nobody is there: only for people on a job."""
        return target is not None and target.kind is TargetKind.JOB

    def check(self) -> None:
        """The company; somebody who may not see it is asked who they are."""
        try:
            answer = self.client.get("/configuration/company").data
        except Forbidden:
            answer = self.client.get("/users/me").data
        if not isinstance(answer, dict) or not {"identifier", "id"} & answer.keys():
            raise MalformedResponse("The answer names neither a company nor a user.")

    def account_id(self) -> str:
        """The company's identifier; empty for somebody who may not see the company."""
        try:
            answer = self.client.get("/configuration/company").data
        except Forbidden:
            return ""
        return str(answer.get("identifier") or "") if isinstance(answer, dict) else ""

    # --- where people can go ------------------------------------------------------------------------------

    def list_pools(self, *, acting_as: str) -> tuple[Target, ...]:
        """The talent pool, plain and with each tag that the people touched last carry; tags have no list."""
        del acting_as
        rows = mapping.content(self.client.get("/candidates", params={"limit": PAGE}).data)
        return mapping.pools(distinct(tag for row in rows for tag in mapping.tags(row)))

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        """Jobs by title, of the named statuses when any are."""
        del acting_as
        walk = self._walk("/jobs", {"limit": PAGE, "sort": "job_id"})
        jobs = (mapping.job(row) for data in walk for row in mapping.content(data))
        wanted = (job for job in jobs if not statuses or job.status in statuses)
        return tuple(sorted(wanted, key=lambda job: (job.name.casefold(), job.external_id)))

    def list_job_statuses(self) -> tuple[Option, ...]:
        """As documented; no call tells them."""
        return mapping.JOB_STATUSES

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        """See ``fields.STANDARD``."""
        del record_type
        return fields.STANDARD

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        """Standard fields, then candidate properties with the choices of single selects."""
        del record_type
        return (*fields.STANDARD, *(self._property(row) for row in self._definitions()))

    # --- one person ---------------------------------------------------------------------------------------

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        """By each address, compared here: ``q`` looks for words. Links and phones cannot be looked up."""
        del record_type, target, acting_as
        for email in (*keys.markers, *keys.emails):
            found = [row for row in self._search(email) if email.casefold() in map(str.casefold, row.emails)]
            if found:
                return tuple(sorted(found, key=lambda row: (row.created_at or _NEVER, row.external_id)))
        return ()

    def read(self, ref: RemoteRef) -> RemotePerson:
        """One person with properties: those of the job touched last, or the person's own."""
        return pushing.read(self.client, ref)

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        """See ``pushing``."""
        return pushing.Push(self.client, write, search=self._known).carry_out(existing)

    def delete(self, ref: RemoteRef) -> None:
        """Remove a person; one that is not there any more is no error."""
        try:
            self.client.delete(f"/candidates/{ref.external_id}")
        except NotFound:
            return

    # --- notes --------------------------------------------------------------------------------------------

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        """A share on the profile that mentions nobody, seen by all who may see the person."""
        del earlier, acting_as
        body = {"content": notes.content(note, ref.external_id), "shareWith": {"openNote": True}}
        try:
            data = self.client.post("/messages/shares", body=body).data
        except NotFound as error:
            raise RecordGone(str(error)) from error
        return str(data.get("id") or "") if isinstance(data, Mapping) else ""

    def find_note(self, ref: RemoteRef, note: Note) -> bool:
        """Whether a share with our mark is on the profile. Raises Forbidden for all but administrators."""
        mark = f"[Beckon {note.key}]"
        for data in self._walk("/messages", {"candidateId": ref.external_id, "limit": PAGE}):
            rows = data if isinstance(data, list) else mapping.content(data)
            if any(mark in str(row.get("content") or "") for row in rows if isinstance(row, Mapping)):
                return True
        return False

    # --- changes ------------------------------------------------------------------------------------------

    def changes(self, *, cursor: str) -> ChangePage:
        """Everybody at first, then by ``updatedAfter``; see ``pulling``."""
        return pulling.changes(self.client, cursor)

    def subscribe(self, *, url: str, secret: str) -> Subscription:
        """Subscribe, take a key, and let SmartRecruiters greet ``url``; one of the same address is replaced."""
        del secret
        return webhooks.subscribe(self.client, url)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End it."""
        webhooks.unsubscribe(self.client, subscription.external_id)

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        """See ``webhooks``."""
        return webhooks.receive(headers=headers, body=body, secrets=secrets)

    # --- inside -------------------------------------------------------------------------------------------

    def _walk(self, path: str, params: dict[str, str]) -> Any:
        def fetch(current: Mapping[str, str]) -> Reply:
            return self.client.get(path, params=current)

        return pages(fetch, params=params, paginator=NextPage())

    def _search(self, words: str) -> list[RemotePerson]:
        data = self.client.get("/candidates", params={"q": words, "limit": PAGE}).data
        return [mapping.person(row) for row in mapping.content(data)]

    def _known(self, email: str) -> RemotePerson | None:
        found = self.find(PersonKeys(emails=(email,)), record_type="candidate", target=None, acting_as="")
        return next(iter(found), None)

    def _definitions(self) -> list[tuple[str, str, str]]:
        data = self.client.get("/configuration/candidate-properties").data
        return [fields.definition(row) for row in mapping.content(data)]

    def _property(self, row: tuple[str, str, str]) -> RemoteField:
        number, label, kind = row
        options: tuple[Option, ...] = ()
        if kind == "SINGLE_SELECT":
            data = self.client.get(f"/configuration/candidate-properties/{number}/values").data
            options = tuple(fields.option(each) for each in mapping.content(data))
        return fields.remote_field(number, label, kind, options)
