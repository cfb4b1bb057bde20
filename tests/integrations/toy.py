"""Toy: a vendor that can do everything a connector may declare, on a loopback socket, breakable at will.

Records, notes and changes live in :class:`ToyServer`; :class:`ToyConnector` speaks to it over real HTTP and is
registered by the fixture ``toy`` as a fifth vendor would be: a class and one registry line.
"""

# ruff: noqa: ARG002 - the arguments are the contract's

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from integrations.base.connector import Connector, CredentialsForm
from integrations.base.errors import MalformedResponse, NotFound, RecordGone, SignatureRefused
from integrations.base.http import VendorClient
from integrations.base.records import (
    Capability,
    ChangePage,
    Company,
    Education,
    Employment,
    FieldKind,
    Note,
    Option,
    PersonKeys,
    PersonWrite,
    PushAction,
    PushResult,
    RemoteField,
    RemotePerson,
    RemoteRef,
    Standing,
    Subscription,
    Target,
    TargetKind,
    UpdateRule,
    WebhookCall,
)
from integrations.base.throttle import Pace
from tests.integrations.vendor_server import Answer, Seen, VendorServer, serve

KEY = "toy-key-0001"
FIELDS = (
    RemoteField(key="first", label="First name", default_variable="first_name"),
    RemoteField(key="last", label="Last name", default_variable="last_name"),
    RemoteField(key="emails", label="E-mails", kind=FieldKind.EMAILS, default_variable="emails"),
    RemoteField(key="title", label="Title", default_variable="title"),
    RemoteField(key="level", label="Level", custom=True),
    RemoteField(key="work", label="Work", kind=FieldKind.EXPERIENCE),
    RemoteField(key="schools", label="Schools", kind=FieldKind.EDUCATION),
    RemoteField(key="skills", label="Skills"),
)
#: A contact there belongs to a company (switched on by the fixture ``toy_contacts``).
CONTACT_FIELDS = (
    *FIELDS,
    RemoteField(key="company", label="Company", updatable=False, readable=False, default_variable="company"),
    RemoteField(key="company_id", label="Company id", default_rule=UpdateRule.PROTECTED),
    RemoteField(
        key="owner_id",
        label="Owner",
        kind=FieldKind.CHOICE,
        options=(Option(id="o1", label="Olga"),),
        default_rule=UpdateRule.PROTECTED,
    ),
)

Fault = Answer | Callable[[Callable[[], Answer]], Answer]


@dataclass
class ToyServer:
    """Whoever was sent, their notes, and the feed of changes. ``faults`` by "POST /notes", in order."""

    server: VendorServer
    key: str = KEY
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    #: Companies by id: their name, and what else is known of them.
    companies: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    #: Ids in the order in which they changed; the cursor is a place in it.
    feed: list[str] = field(default_factory=list)
    page: int = 2
    hooks: dict[str, str] = field(default_factory=dict)

    def fail(self, call: str, *faults: Fault) -> None:
        self.faults.setdefault(call, []).extend(faults)

    def add(self, key: str, **row: Any) -> None:
        """Somebody made a record there by hand."""
        self.people[key] = {"id": key, "emails": [], "jobs": [], **row}
        self.feed.append(key)

    def change(self, key: str, **row: Any) -> None:
        self.people[key].update(row)
        self.feed.append(key)

    def calls(self, method: str, ending: str) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.method == method and seen.path.endswith(ending)]

    def answer(self, seen: Seen) -> Answer:
        if seen.headers.get("x-key") != self.key:
            return Answer(status=401, body={"message": "Unknown key"})
        waiting = self.faults.get(f"{seen.method} {'/' + seen.path.rsplit('/', 1)[-1]}")
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, Answer):
            return fault
        return fault(lambda: self._work(seen)) if fault else self._work(seen)

    def _work(self, seen: Seen) -> Answer:
        parts = seen.path.strip("/").split("/")
        match (seen.method, *parts):
            case ("GET", "changes"):
                start = int(seen.params.get("cursor") or 0)
                ids = self.feed[start : start + self.page]
                rows = [self.people.get(key, {"id": key, "gone": True}) for key in ids]
                end = start + len(ids)
                return Answer(body={"rows": rows, "cursor": str(end), "more": end < len(self.feed)})
            case ("POST", "hooks"):
                self.hooks["h1"] = seen.body["url"]
                return Answer(body={"id": "h1"})
            case ("POST", "unhook"):
                self.hooks.pop(seen.body["id"], None)
                return Answer()
            case ("GET", "companies"):
                words = set(seen.params["name"].casefold().split())
                hits = {
                    key: row
                    for key, row in self.companies.items()
                    if words & set(row["name"].casefold().split())
                }
                return Answer(body={"rows": hits})
            case ("POST", "companies"):
                key = f"c{len(self.companies) + 1}"
                self.companies[key] = seen.body
                return Answer(body={"id": key})
            case ("POST", "people") if seen.body.get("company_id", "c1") not in {"c1", *self.companies}:
                return Answer(status=422, body={"message": "No such company", "wrong": "company_id"})
            case ("GET", "people"):
                wanted = set(seen.params["emails"].split(","))
                hits = [row for row in self.people.values() if wanted & set(row["emails"])]
                return Answer(body={"rows": hits})
            case ("POST", "people"):
                key = f"t{len(self.people) + 1}"
                self.people[key] = {"id": key, "emails": [], "jobs": [], **seen.body}
                self.feed.append(key)
                return Answer(body=self.people[key])
            case (method, "people", key, *rest):
                if key not in self.people:
                    return Answer(status=404, body={"message": "No such person"})
                return self._of_one(method, key, rest, seen.body)
        return Answer(status=404, body={"message": "No such path"})

    def _of_one(self, method: str, key: str, rest: list[str], body: Any) -> Answer:
        if method == "DELETE":
            return Answer(body=self.people.pop(key))
        if rest == ["notes"] and method == "POST":
            self.notes.setdefault(key, []).append(body["text"])
            return Answer(body={"id": f"{key}-{len(self.notes[key])}"})
        if rest == ["notes"]:
            return Answer(body={"rows": self.notes.get(key, [])})
        if method == "POST":
            job = body.pop("job", "")
            self.people[key].update(body)
            self.people[key]["jobs"] += [job] if job else []
            self.feed.append(key)
        return Answer(body=self.people[key])


class ToyClient(VendorClient):
    @classmethod
    def pace(cls) -> Pace:
        return Pace(calls=1000, burst=1000)

    def base_url(self) -> str:
        return str(settings.TOY_URL)

    def auth_headers(self) -> Mapping[str, str]:
        return {"X-Key": self._credentials["api_key"]}

    def error_detail(self, data: Any) -> tuple[str, Mapping[str, str]]:
        if not isinstance(data, dict):
            return "", {}
        wrong = data.get("wrong", "")
        return data.get("message", ""), {wrong: data["message"]} if wrong else {}


class ToyForm(CredentialsForm):
    api_key = forms.CharField()


class ToyConnector(Connector[ToyClient]):
    slug = "toy"
    display_name = "Toy"
    mark = "TY"
    summary = "A vendor of the tests."
    capabilities = frozenset(
        {
            Capability.FIND_PERSON,
            Capability.READ_PERSON,
            Capability.PUSH_PERSON,
            Capability.DELETE_PERSON,
            Capability.LIST_FIELDS,
            Capability.LIST_JOBS,
            Capability.ADD_NOTE,
            Capability.FIND_NOTE,
            Capability.FIND_COMPANIES,
            Capability.LIST_COMPANY_FIELDS,
            Capability.MAKE_COMPANY,
            Capability.PULL_CHANGES,
            Capability.SUBSCRIBE,
            Capability.RECEIVE_WEBHOOK,
        }
    )
    client_class = ToyClient
    credentials_form = ToyForm
    target_words: ClassVar[dict[TargetKind, str]] = {TargetKind.JOB: "Job"}
    record_types = frozenset({"candidate"})
    company_key = "company_id"
    company_name_key = "company"
    owner_key = "owner_id"

    def check(self) -> None:
        self.client.get("/changes")

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        return CONTACT_FIELDS if record_type == "contact" else FIELDS

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        return (Target(kind=TargetKind.JOB, external_id="j1", name="Ruby lead"),)

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        mails = ",".join((*keys.markers, *keys.emails))
        rows = self.client.get("/people", params={"emails": mails}).data["rows"] if mails else []
        return tuple(_person(row) for row in rows)

    def read(self, ref: RemoteRef) -> RemotePerson:
        try:
            return _person(self.client.get(f"/people/{ref.external_id}").data)
        except NotFound as error:
            raise RecordGone(str(error)) from error

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        body = {
            key: [asdict(item) if is_dataclass(item) else item for item in value]
            if isinstance(value, tuple)
            else value
            for key, value in write.values.items()
        }
        attach = write.target is not None and (
            existing is None or write.target.external_id not in existing.target_ids
        )
        if existing is None:
            made = self.client.post("/people", body=body).data
            if write.target is not None:
                self.client.post(f"/people/{made['id']}", body={"job": write.target.external_id})
            return PushResult(external_id=made["id"], action=PushAction.CREATED)
        if not body and not attach:
            return PushResult(external_id=existing.external_id, action=PushAction.UNCHANGED)
        if attach and write.target is not None:
            body["job"] = write.target.external_id
        self.client.post(f"/people/{existing.external_id}", body=body)
        return PushResult(external_id=existing.external_id, action=PushAction.UPDATED)

    def delete(self, ref: RemoteRef) -> None:
        with suppress(NotFound):
            self.client.delete(f"/people/{ref.external_id}")

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        path = f"/people/{ref.external_id}/notes"
        try:
            return str(self.client.post(path, body={"text": note.marked}).data["id"])
        except NotFound as error:
            raise RecordGone(str(error)) from error

    def find_note(self, ref: RemoteRef, note: Note) -> bool:
        rows = self.client.get(f"/people/{ref.external_id}/notes").data["rows"]
        return any(f"[Beckon {note.key}]" in row for row in rows)

    def find_companies(self, name: str) -> tuple[Company, ...]:
        rows = self.client.get("/companies", params={"name": name}).data["rows"]
        return tuple(
            Company(
                external_id=key,
                name=row["name"],
                hints={hint: text for hint, text in row.items() if hint in ("town", "warning")},
            )
            for key, row in rows.items()
        )

    def list_company_fields(self) -> tuple[Option, ...]:
        return (Option(id="town", label="Town"), Option(id="warning", label="Beware"))

    def make_company(self, name: str, *, owner_id: str, acting_as: str) -> Company:
        body = {"name": name, "owner": owner_id or acting_as}
        return Company(external_id=self.client.post("/companies", body=body).data["id"], name=name)

    def changes(self, *, cursor: str) -> ChangePage:
        page = self.client.get("/changes", params={"cursor": cursor}).data
        rows = page["rows"]
        return ChangePage(
            people=tuple(_person(row) for row in rows if not row.get("gone")),
            gone=tuple(RemoteRef(external_id=row["id"]) for row in rows if row.get("gone")),
            cursor=page["cursor"],
            more=page["more"],
        )

    def subscribe(self, *, url: str, secret: str) -> Subscription:
        made = self.client.post("/hooks", body={"url": url, "secret": secret}).data
        return Subscription(external_id=made["id"], secret=secret)

    def unsubscribe(self, subscription: Subscription) -> None:
        self.client.post("/unhook", body={"id": subscription.external_id})

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        given = headers.get("x-signature", "")
        if not any(hmac.compare_digest(given, signed(body, secret)) for secret in secrets):
            raise SignatureRefused("The signature is not Toy's.")
        try:
            said = json.loads(body)
            return WebhookCall(
                delivery_id=said["delivery"],
                event=said["event"],
                changed=tuple(RemoteRef(external_id=key) for key in said.get("changed", [])),
                gone=tuple(RemoteRef(external_id=key) for key in said.get("gone", [])),
                echo={"X-Challenge": said["challenge"]} if "challenge" in said else {},
            )
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedResponse("Toy said something unheard of.") from error


def signed(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _person(row: dict[str, Any]) -> RemotePerson:
    values = {key: row[key] for key in ("first", "last", "title", "level", "skills") if key in row}
    for key, kind in (("work", Employment), ("schools", Education)):
        if key in row:
            values[key] = tuple(kind(**entry) for entry in row[key])
    return RemotePerson(
        external_id=row["id"],
        first_name=row.get("first", ""),
        last_name=row.get("last", ""),
        emails=tuple(row["emails"]),
        values=values | {"emails": tuple(row["emails"])},
        target_ids=frozenset(row["jobs"]),
        standing=Standing(row["standing"]) if row.get("standing") else None,
    )


@contextmanager
def toy_server(key: str = KEY) -> Iterator[ToyServer]:
    server = VendorServer()
    vendor = ToyServer(server, key)
    server.answer = vendor.answer
    with serve(server):
        yield vendor
