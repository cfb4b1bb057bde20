"""CATS (catsone, API v3): candidates and contacts, jobs and lists, activities, the event feed, webhooks.

Documents: https://docs.catsone.com/api/v3/. What they leave open is in ``assumed.py``.

Quirks, each pinned by a test in ``tests/integrations/cats/``:

- the only search parameter is ``query``: with any other name CATS answers with everybody (``test_find.py``).
- written and read shapes differ: arrays of e-mails go in, ``{primary, secondary}`` comes out (``test_mapping.py``).
- a PUT takes neither e-mails nor phones; each has its own place and its own row id (``test_push.py``).
- POST replaces tags, PUT adds them (``test_push.py``).
- ``/webhooks`` advertises a next page that is not there; totals are sometimes texts (``test_lists.py``).
- a contact needs a company and an owner before it can be made (``test_companies.py``).
- some hundred calls an hour are all there is: every question is asked as rarely as it can be (``client.pace``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from integrations.base.connector import Connector
from integrations.base.errors import NotFound
from integrations.base.records import (
    Capability,
    ChangePage,
    Company,
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
from integrations.vendors.cats import (
    companies,
    fields,
    finding,
    mapping,
    notes,
    pulling,
    pushing,
    webhooks,
)
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.fields import PATHS
from integrations.vendors.cats.forms import CatsCredentialsForm
from integrations.vendors.cats.lists import rows, walk
from integrations.vendors.cats.reading import Reader


class CatsConnector(Connector[CatsClient]):
    """See the module."""

    slug = "cats"
    display_name = "CATS"
    mark = "CA"
    summary = "Applicant tracking. Export and sync candidates and contacts, notes, jobs and lists."
    begin_word = "Activate"
    capabilities = frozenset(Capability)
    client_class = CatsClient
    credentials_form = CatsCredentialsForm
    record_types = frozenset({"candidate", "contact"})
    company_types = frozenset({"contact"})
    company_key = "company_id"
    company_name_key = "company"
    owner_key = "owner_id"
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.POOL: "List", TargetKind.JOB: "Job"}
    target_notes: ClassVar[dict[TargetKind, str]] = {
        TargetKind.POOL: "Candidates go to a list of candidates, people synced as contacts to a list of contacts.",
        TargetKind.JOB: "Contacts cannot be put on a job: they fail, saying so.",
    }
    remarks: ClassVar[tuple[str, ...]] = (
        "CATS allows 500 calls an hour, a new person costs about five: a large export takes hours, by itself.",
        "Tags must exist in CATS before a person can get them.",
        "A contact needs a company: the one of the same name is used, an unknown one is made, look-alikes ask you.",
    )

    def __init__(self, client: CatsClient) -> None:
        super().__init__(client)
        self._reader = Reader(client)

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        """The owner's choices are the account's users: only :meth:`list_fields` knows them."""
        return fields.standard(record_type, users=())

    def check(self) -> None:
        """List one user: needs no right but that of the key."""
        rows(self.client.get("/users", params={"page": "1", "per_page": "1"}).data, "users")

    def list_pools(self, *, acting_as: str) -> tuple[Target, ...]:
        """The lists of candidates and of contacts; an account's lists are everybody's."""
        del acting_as
        found = [
            mapping.pool(row, record_type)
            for record_type in ("candidate", "contact")
            for row in walk(self.client, f"/{PATHS[record_type]}/lists", "lists")
        ]
        return _by_name(found)

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        """The jobs of the account. A row names its status by id only (``list_job_statuses`` has the words)."""
        del acting_as
        found = [mapping.job(row) for row in walk(self.client, "/jobs", "jobs")]
        return _by_name([job for job in found if not statuses or job.status in statuses])

    def list_job_statuses(self) -> tuple[Option, ...]:
        """The statuses a job may have."""
        return tuple(mapping.status(row) for row in walk(self.client, "/jobs/statuses", "statuses"))

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        """Standard and custom fields; users are the choices of owners and of custom fields that name one."""
        users = tuple(user for user, _email in fields.users(self.client))
        return (
            *fields.standard(record_type, users=users),
            *fields.custom(self.client, record_type, users=users),
        )

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        """By our own dummy, each e-mail, then link and phone among those of the name; the oldest record first."""
        del target, acting_as
        return finding.find(self.client, keys, record_type=record_type)

    def read(self, ref: RemoteRef) -> RemotePerson:
        """The record and, for a candidate, the jobs they are on and how far they got."""
        return self._reader.read(ref)

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        """See ``pushing``."""
        work = pushing.Push(self.client, write)
        return work.create() if existing is None else work.update(existing)

    def delete(self, ref: RemoteRef) -> None:
        """Delete a record; one that is gone is no error."""
        try:
            self.client.delete(f"/{PATHS[ref.record_type]}/{ref.external_id}")
        except NotFound:
            return

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        """An activity on the person, by whoever the key belongs to."""
        del earlier, acting_as
        return notes.add(self.client, ref, note)

    def find_note(self, ref: RemoteRef, note: Note) -> bool:
        """Whether one of the person's activities is it."""
        return notes.is_there(self.client, ref, note)

    def find_companies(self, name: str) -> tuple[Company, ...]:
        """Companies CATS finds for the name."""
        return companies.search(self.client, name)

    def list_company_fields(self) -> tuple[Option, ...]:
        """Website, phone, address, country and the account's own fields."""
        return companies.list_fields(self.client)

    def make_company(self, name: str, *, owner_id: str, acting_as: str) -> Company:
        """A company with an owner."""
        return companies.make(self.client, name, owner_id=owner_id, acting_as=acting_as)

    def changes(self, *, cursor: str) -> ChangePage:
        """See ``pulling``."""
        return pulling.changes(self.client, cursor, read=self.read)

    def subscribe(self, *, url: str, secret: str) -> Subscription:
        """One webhook for people and pipelines."""
        return webhooks.subscribe(self.client, url=url, secret=secret)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End it."""
        webhooks.unsubscribe(self.client, subscription)

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        """See ``webhooks``."""
        return webhooks.receive(headers=headers, body=body, secrets=secrets)


def _by_name(found: list[Target]) -> tuple[Target, ...]:
    return tuple(sorted(found, key=lambda target: (target.name.casefold(), target.external_id)))
