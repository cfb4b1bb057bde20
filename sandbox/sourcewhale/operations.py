"""What each call does. Replies are those third-party clients rely on; the vendor publishes requests only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.hooks import Hooks
from sandbox.sourcewhale import schemas
from sandbox.sourcewhale.accounts import Account
from sandbox.sourcewhale.records import SEARCH_KEYS, Person, Records
from sandbox.switches import Switches

_HOOK_KINDS = ("candidateCreated", "candidateUpdated")
_METRICS = ("sent", "openedProp", "repliedProp", "interestedProp", "bookedProp")
_STATISTICS = ("sourced", "sent", "opened", "clicked", "replied", "interested", "notInterested", "booked")


class Failure(Exception):
    """An answer that is an error: status, and the words that go into ``error``."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True)
class Call:
    """One permitted request; ``body`` is parsed JSON, ``origin`` is how the caller reached this server."""

    account: Account
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    origin: str

    def checked(self, schema: str) -> dict[str, Any]:
        """The body, if it fits the published schema; else 400 with the first problem."""
        wrong = schemas.problem(schema, self.body)
        if wrong:
            raise Failure(400, wrong)
        assert isinstance(self.body, dict)
        return self.body


class Operations:
    """The eight calls."""

    def __init__(self, records: Records, switches: Switches, hooks: Hooks) -> None:
        self._records = records
        self._switches = switches
        self._hooks = hooks
        self._calls: dict[str, tuple[str, Callable[[Call], Any]]] = {
            "/v1/campaigns/list": ("GET", self._campaigns),
            "/v1/projects/list": ("GET", self._projects),
            "/v1/candidates/add": ("POST", self._add),
            "/v1/candidates/modify": ("POST", self._modify),
            "/v1/candidates/search": ("GET", self._search),
            "/v1/statistics/dashboard": ("GET", self._statistics),
            "/v1/zapier/subscribe": ("POST", self._subscribe),
            "/v1/zapier/unsubscribe": ("POST", self._unsubscribe),
        }

    def run(self, call: Call) -> Any:
        """The JSON value of the reply; Failure otherwise."""
        if call.path not in self._calls:
            raise Failure(404, "Not found")
        method, operation = self._calls[call.path]
        if call.method != method:
            raise Failure(405, "Method not allowed", {"Allow": method})
        return operation(call)

    def _campaigns(self, call: Call) -> Any:
        user = (call.query.get("userEmail") or call.account.users[0]).lower()
        found = [campaign for campaign in call.account.campaigns if campaign.owner == user]
        if partner := call.query.get("partner"):
            wanted = {
                name.removeprefix("partner."): value
                for name, value in call.query.items()
                if name.startswith("partner.")
            }
            found = [
                campaign
                for campaign in found
                if campaign.partner == partner and wanted.items() <= campaign.partner_fields.items()
            ]
        metrics = call.query.get("includeMetrics", "").lower() == "true"
        people = self._records.people(call.account.name) if metrics else []
        rows = []
        for campaign in found:
            row: dict[str, Any] = {"campaignId": campaign.id, "campaignName": campaign.name}
            if metrics:
                row["sourced"] = sum(person.campaign_id == campaign.id for person in people)
                row |= dict.fromkeys(_METRICS, 0)
            rows.append(row)
        return {"campaigns": rows}

    def _projects(self, call: Call) -> Any:
        return {
            "projects": [{"projectId": each.id, "projectName": each.name} for each in call.account.projects]
        }

    def _add(self, call: Call) -> Any:
        body = call.checked("CandidatesAdd")
        if not body["candidates"]:
            raise Failure(400, "candidates: at least one is needed")
        campaign, projects = body.get("campaignId", ""), body.get("projectIds", [])
        if campaign and campaign not in {each.id for each in call.account.campaigns}:
            raise Failure(404, f"campaignId: there is no campaign {campaign}")
        if unknown := set(projects) - {each.id for each in call.account.projects}:
            raise Failure(404, f"projectIds: there is no project {min(unknown)}")
        ids = []
        for given in body["candidates"]:
            known = None
            if self._switches.sourcewhale_duplicates == "update":
                known = self._records.with_email(call.account.name, given.get("emails", []))
            membership = {
                "campaign_id": campaign,
                "project_ids": projects,
                "index_delay": self._switches.sourcewhale_index_delay,
                "send": body.get("sendImmediately", False),
            }
            if known:
                person = self._records.update(known, given, **membership)
            else:
                person = self._records.create(call.account.name, given, **membership)
            self._tell(call.account, _HOOK_KINDS[known is not None], person)
            ids.append(person.id)
        return {"url": f"{call.origin}/sourcewhale/people/{ids[0]}", "candidateIds": ids}

    def _modify(self, call: Call) -> Any:
        given = call.checked("CandidatesModify").get("candidate")
        if not given or not given.get("candidateId"):
            raise Failure(400, "candidate.candidateId is required")
        for name in schemas.HISTORY:
            if name in given:
                raise Failure(400, f"candidate.{name} cannot be modified")
        try:
            person = self._records.get(call.account.name, given["candidateId"])
        except KeyError:
            raise Failure(404, "Candidate not found") from None
        person = self._records.update(person, given, index_delay=self._switches.sourcewhale_index_delay)
        self._tell(call.account, "candidateUpdated", person)
        return "success"

    def _search(self, call: Call) -> Any:
        key, value = call.query.get("key", ""), call.query.get("value", "")
        if key not in SEARCH_KEYS:
            raise Failure(400, f"key must be one of {', '.join(SEARCH_KEYS)}")
        if not value:
            raise Failure(400, "value is required")
        return {"candidates": [row(person) for person in self._records.search(call.account.name, key, value)]}

    def _statistics(self, call: Call) -> Any:
        days = {}
        for name in ("from", "to"):
            try:
                days[name] = dt.date.fromisoformat(call.query.get(name, ""))
            except ValueError:
                raise Failure(400, f"{name} must be a date (YYYY-MM-DD)") from None
        added = sum(
            days["from"] <= dt.datetime.fromtimestamp(person.created_at, dt.UTC).date() <= days["to"]
            for person in self._records.people(call.account.name)
        )
        team = [
            {"userId": user, "userIds": [user], "name": user.partition("@")[0].title(), "email": user}
            for user in call.account.users
        ]
        nothing = dict.fromkeys(_STATISTICS, 0)
        counts = {user: {"email": dict(nothing)} for user in call.account.users}
        counts[call.account.users[0]]["email"]["sourced"] = added
        return {"counts": counts, "team": team}

    def _subscribe(self, call: Call) -> Any:
        body = call.checked("ZapierSubscribe")
        if not body.get("url", "").startswith(("http://", "https://")):
            raise Failure(400, "url is required")
        if body.get("subscriptionType") not in _HOOK_KINDS:
            raise Failure(400, f"subscriptionType must be one of {', '.join(_HOOK_KINDS)}")
        return {"id": self._records.subscribe(call.account.name, body["url"], body["subscriptionType"])}

    def _unsubscribe(self, call: Call) -> Any:
        number = call.checked("ZapierUnsubscribe").get("subscriptionId", "")
        if not self._records.unsubscribe(call.account.name, number):
            raise Failure(404, "Subscription not found")
        return "success"

    def _tell(self, account: Account, kind: str, person: Person) -> None:
        for url in self._records.hooks(account.name, kind):
            self._hooks.tell(url, row(person))


def row(person: Person) -> dict[str, Any]:
    """A record as search gives it."""
    fields = person.fields
    links = fields.get("socialLinks", [])
    name = fields.get("name") or f"{fields.get('firstName', '')} {fields.get('lastName', '')}".strip()
    texts = ("firstName", "lastName", "role", "company", "location", "city", "state", "country")
    return {
        "candidateId": person.id,
        "name": name,
        **{key: fields.get(key, "") for key in texts},
        "emails": fields.get("emails", []),
        "phones": fields.get("phones", []),
        "linkedinUrl": next((link for link in links if "linkedin.com" in link), ""),
        "socialLinks": links,
        "projectIds": person.project_ids,
        "campaignId": person.campaign_id or None,
        "stage": "sourced",
        "status": "active" if person.outreach_started else "paused" if person.campaign_id else "",
        "opens": 0,
        "clicks": 0,
        "lastSentTo": None,
        "createdAt": int(person.created_at),
        "lastContacted": None,
        "lastActivity": int(person.updated_at),
        "unparsedName": name,
        "unparsedCompany": fields.get("company", ""),
        "experience": fields.get("experience", []),
    }
