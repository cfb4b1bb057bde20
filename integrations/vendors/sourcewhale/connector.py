"""SourceWhale, receiving side: people in, campaigns and projects listed.

Documents: https://sourcewhale.app/public-api/swagger (requests only) and the vendor's help page "SourceWhale
Public API – Overview & Capabilities". What they leave open is in ``assumed.py``.

Quirks, each pinned by a test in ``tests/integrations/sourcewhale/``:

- ``modify`` can neither attach to a campaign or project nor change history: both need ``add`` again, with the
  address the record is known by, and that may make a second record (``test_push.py``).
- ``campaigns/list`` answers only with campaigns of ``userEmail`` (``test_lists.py``).
- search is one value of one key per call; there is no "get by id" and no search by name (``test_find.py``).
- projects stand for jobs: the API has none (``test_lists.py``).
- a campaign entered through the API stands still until somebody resumes it there (``target_notes``).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from integrations.base.connector import Connector
from integrations.base.errors import (
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RecordGone,
    TemporaryError,
)
from integrations.base.paging import OnePage, pages
from integrations.base.records import (
    Capability,
    Note,
    PersonKeys,
    PersonWrite,
    PushAction,
    PushResult,
    RemoteField,
    RemotePerson,
    RemoteRef,
    Subscription,
    Target,
    TargetKind,
    WebhookCall,
)
from integrations.vendors.sourcewhale import mapping, webhooks
from integrations.vendors.sourcewhale.client import SourceWhaleClient
from integrations.vendors.sourcewhale.forms import SourceWhaleCredentialsForm

_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


class SourceWhaleConnector(Connector[SourceWhaleClient]):
    """See the module."""

    slug = "sourcewhale"
    display_name = "SourceWhale"
    mark = "SW"
    summary = "Outreach. Export people to campaigns and projects."
    begin_word = "Connect"
    creates_whole = True
    notes_on_own_records_only = True
    notes_are_one_text = True
    capabilities = frozenset(
        {
            Capability.ADD_NOTE,
            Capability.FIND_PERSON,
            Capability.LIST_FIELDS,
            Capability.LIST_JOBS,
            Capability.LIST_POOLS,
            Capability.PUSH_PERSON,
            Capability.RECEIVE_WEBHOOK,
            Capability.SUBSCRIBE,
        }
    )
    client_class = SourceWhaleClient
    credentials_form = SourceWhaleCredentialsForm
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.POOL: "Campaign", TargetKind.JOB: "Job"}
    target_notes: ClassVar[dict[TargetKind, str]] = {
        TargetKind.POOL: (
            "Due to the nature of the API integration, sending a prospect to a Campaign in SourceWhale will "
            "not follow your campaign setup. You will need to kick-off and resume the campaign steps within "
            "SourceWhale."
        ),
        TargetKind.JOB: "SourceWhale has no jobs of its own: its projects stand for them.",
    }

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        """See ``mapping.FIELDS``."""
        del record_type
        return mapping.FIELDS

    def check(self) -> None:
        """List the projects as the key's administrator."""
        self.list_jobs(acting_as="")

    def list_pools(self, *, acting_as: str) -> tuple[Target, ...]:
        """The live campaigns of ``acting_as``; the vendor shows a user's own campaigns only."""
        return self._targets("/v1/campaigns/list", TargetKind.POOL, acting_as)

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        """The projects of the account; they have no status, so ``statuses`` leaves none out."""
        del statuses
        return self._targets("/v1/projects/list", TargetKind.JOB, acting_as)

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        """The fixed fields; SourceWhale has no custom ones but four numbered variables."""
        return self.standard_fields(record_type)

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        """By our own dummy, then e-mail, then social link, then phone; oldest record first.

        A phone is shared by families and switchboards, so it counts only together with the name.
        """
        del record_type, target
        for key, value in _questions(keys):
            found = self._search(key, value, acting_as)
            if key == "phone":
                found = tuple(row for row in found if _name(row) == keys.name.casefold())
            if found:
                return tuple(sorted(found, key=lambda row: (row.created_at or _NEVER, row.external_id)))
        return ()

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        """``add`` for new people, attachments and history; ``modify`` for plain fields; else nothing."""
        target = write.target
        if existing is None:
            return self._add(mapping.body(write.values), target, PushAction.CREATED, write.acting_as)
        changed = mapping.body(mapping.plain(write.values))
        attach = target is not None and target.external_id not in existing.target_ids
        if not attach and not mapping.HISTORY & write.values.keys():
            return self._modify(existing, changed, write.acting_as)
        if changed:
            # First: ``add`` matches by e-mail, so the record must know the addresses that ``add`` will name.
            self._modify(existing, changed, write.acting_as)
        whole = mapping.body(write.whole)
        return self._add(whole, target if attach else None, PushAction.UPDATED, write.acting_as)

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        """Dated lines in ``comments``, rewritten whole from our own copy, so that a repeat changes nothing.

        Only on records that we made (``notes_on_own_records_only``): the text of others is not ours to rewrite.
        """
        body = {"candidate": {"candidateId": ref.external_id, "comments": mapping.comments((*earlier, note))}}
        try:
            self.client.post("/v1/candidates/modify", body=body, params=_user(acting_as))
        except NotFound as error:
            raise RecordGone(str(error)) from error
        except OutcomeUnknown as error:
            raise TemporaryError(str(error)) from error
        return ""

    def _targets(self, path: str, kind: TargetKind, acting_as: str) -> tuple[Target, ...]:
        walk = pages(
            lambda params: self.client.get(path, params=params), params=_user(acting_as), paginator=OnePage()
        )
        return tuple(target for data in walk for target in mapping.targets(data, kind))

    def _search(self, key: str, value: str, acting_as: str) -> tuple[RemotePerson, ...]:
        params = {"key": key, "value": value, **_user(acting_as)}
        data = self.client.get("/v1/candidates/search", params=params).data
        return tuple(mapping.person(row) for row in mapping.rows(data, "candidates"))

    def _add(
        self, body: dict[str, Any], target: Target | None, action: PushAction, acting_as: str
    ) -> PushResult:
        request = mapping.add_body(body, target)
        data = self.client.post("/v1/candidates/add", body=request, params=_user(acting_as)).data
        try:
            external_id, url = mapping.added_id(data)
        except MalformedResponse as error:
            # A 2xx: the person is there, only we do not know where.
            raise OutcomeUnknown(str(error)) from error
        return PushResult(external_id=external_id, action=action, url=url)

    def _modify(self, existing: RemotePerson, changed: dict[str, Any], acting_as: str) -> PushResult:
        if not changed:
            return PushResult(external_id=existing.external_id, action=PushAction.UNCHANGED)
        body = {"candidate": {"candidateId": existing.external_id, **changed}}
        try:
            self.client.post("/v1/candidates/modify", body=body, params=_user(acting_as))
        except NotFound as error:
            raise RecordGone(str(error)) from error
        return PushResult(external_id=existing.external_id, action=PushAction.UPDATED)

    def subscribe(self, *, url: str, secret: str) -> Subscription:
        """REST hooks for people made and changed; unsigned, so ``url`` has to be unguessable (``webhooks``)."""
        del secret
        return Subscription(external_id=webhooks.subscribe(self.client, url))

    def unsubscribe(self, subscription: Subscription) -> None:
        """End both hooks."""
        webhooks.unsubscribe(self.client, subscription.external_id)

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        """Whom a delivery concerns; see ``webhooks``."""
        del headers, secrets
        return webhooks.read(body)


def _user(acting_as: str) -> dict[str, str]:
    """``userEmail``: left out, SourceWhale takes an administrator."""
    return {"userEmail": acting_as} if acting_as else {}


def _questions(keys: PersonKeys) -> Iterator[tuple[str, str]]:
    for value in (*keys.markers, *keys.emails):
        yield "email", value
    for value in keys.social_links:
        yield "socialLink", value
    for value in keys.phones:
        yield "phone", value


def _name(row: RemotePerson) -> str:
    return f"{row.first_name} {row.last_name}".strip().casefold()
