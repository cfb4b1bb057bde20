"""A SourceWhale small enough to break at will: it stores people, and does one wrong thing when told to.

``sandbox.sourcewhale`` is the faithful stand-in, used end to end; here a test says at which call the line is cut,
before or after the record was stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.integrations.vendor_server import Answer, Seen, VendorServer, serve

KEY = "sw-good-key-0001"


@dataclass
class SmallSourceWhale:
    """Campaigns ``spring`` and ``autumn``, project ``ruby``, and whoever was sent."""

    server: VendorServer
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Path → what happens at the next calls of it: an Answer instead of the work, or a function around it.
    faults: dict[str, list[Answer | Callable[[Callable[[], Answer]], Answer]]] = field(default_factory=dict)
    key: str = KEY
    #: Rows do not tell the campaign a person is on, as one client of the real API reports.
    tells_campaign: bool = False
    #: ``add`` of a known address makes another record, as nobody knows the real one not to.
    matches: bool = True

    @property
    def url(self) -> str:
        return self.server.url

    def calls(self, path: str) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path == f"/v1/candidates/{path}"]

    def fail(self, path: str, *faults: Answer | Callable[[Callable[[], Answer]], Answer]) -> None:
        self.faults.setdefault(f"/v1/{path}", []).extend(faults)

    def answer(self, seen: Seen) -> Answer:
        if seen.headers.get("api-key") != self.key:
            return Answer(status=401, body={"message": "Invalid API key"})
        waiting = self.faults.get(seen.path)
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, Answer):
            return fault
        return fault(lambda: self._work(seen)) if fault else self._work(seen)

    def _work(self, seen: Seen) -> Answer:
        match seen.path:
            case "/v1/projects/list":
                return Answer(body={"projects": [{"projectId": "ruby", "projectName": "Ruby lead"}]})
            case "/v1/campaigns/list":
                rows = [("spring", "Spring hiring"), ("autumn", "Autumn hiring")]
                named = [{"campaignId": key, "campaignName": name} for key, name in rows]
                return Answer(body={"campaigns": named})
            case "/v1/candidates/search":
                return Answer(body={"candidates": self._search(seen.params["key"], seen.params["value"])})
            case "/v1/candidates/add":
                return self._add(seen.body)
            case "/v1/candidates/modify":
                changes = dict(seen.body["candidate"])
                held = self.people.get(changes.pop("candidateId"))
                if held is None:
                    return Answer(status=404, body={"message": "No such candidate"})
                held.update(changes)
                return Answer(body="success")
        return Answer(status=404, body={"message": "No such path"})

    def _search(self, key: str, value: str) -> list[dict[str, Any]]:
        name = {"email": "emails", "socialLink": "socialLinks", "phone": "phones"}[key]
        hits = [row for row in self.people.values() if value in row.get(name, [])]
        hidden = set() if self.tells_campaign else {"campaignId"}
        return [{name: value for name, value in row.items() if name not in hidden} for row in hits]

    def _add(self, body: dict[str, Any]) -> Answer:
        (sent,) = body["candidates"]
        mails = set(sent.get("emails", []))
        known = next(
            (row for row in self.people.values() if self.matches and mails & set(row.get("emails", []))), None
        )
        row: dict[str, Any] = (
            known if known is not None else {"candidateId": f"c{len(self.people) + 1}", "projectIds": []}
        )
        row.update(sent)
        row["projectIds"] = [*row["projectIds"], *body.get("projectIds", [])]
        if "campaignId" in body:
            row["campaignId"] = body["campaignId"]
        self.people[row["candidateId"]] = row
        return Answer(
            body={
                "url": f"https://sourcewhale.app/c/{row['candidateId']}",
                "candidateIds": [row["candidateId"]],
            }
        )


def stored_then(answer: Answer) -> Callable[[Callable[[], Answer]], Answer]:
    """The work is done, but ``answer`` is what comes back."""

    def around(work: Callable[[], Answer]) -> Answer:
        work()
        return answer

    return around


@contextmanager
def small_sourcewhale() -> Iterator[SmallSourceWhale]:
    server = VendorServer()
    vendor = SmallSourceWhale(server)
    server.answer = vendor.answer
    with serve(server):
        yield vendor
