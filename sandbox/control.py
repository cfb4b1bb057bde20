"""The control door: switches, books and mailboxes as JSON under ``/control``.

GET  /control                    every switch
POST /control                    change switches, all of them or none: {"smtp_hang": true}
POST /control/reset              every switch back to its default
GET  /control/ledger             counts, and answers still to come
GET  /control/ledger/messages    ?after=&recipient=&account=&limit=
GET  /control/ledger/messages/N  one with all headers; N.eml the bytes
GET  /control/ledger/duplicates  what arrived more than once
GET  /control/ledger/refused     refusals and cut lines
GET  /control/ledger/answers     bounces, replies and notes that went back
POST /control/ledger/clear       forget the books (mailboxes stay)
GET  /control/mailboxes          folders with UIDVALIDITY, next UID and number of messages
POST /control/deliver            put a mail into an INBOX: {"mailbox", "raw_base64"}, or instead of the last
                                 {"from", "subject", "text", "headers"}
POST /control/uidvalidity        rebuild a folder: {"mailbox", "folder"}
POST /control/flush              let every pending answer arrive now
GET  /control/sourcewhale        counts; /people and /requests the rows
GET  /control/sourcewhale/faults what failures are ordered; POST orders one: {"kind": "rate_limit", "times": 2}
POST /control/sourcewhale/faults/clear   and /control/sourcewhale/clear
GET  /control/cats               as for sourcewhale: /candidates, /contacts, /companies, /activities, /pipelines,
                                 /webhooks, /requests, /faults; POST /faults, /faults/clear, /clear
GET  /control/pinpoint           as for SourceWhale, and more: ``sandbox.ats.pinpoint.control``
GET  /control/oauth              tokens given out; POST /oauth/expire ends every access token now,
POST /control/oauth/withdraw     what an owner does at the provider: {"account"} loses every token
GET  /control/finding            whom the providers of contact data were asked about; POST /clear forgets them
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sandbox.ats.cats.api import Cats
from sandbox.faults import BadFault
from sandbox.finding.api import Finding
from sandbox.http_server import Request, Response
from sandbox.mail.postoffice import PostOffice, composed
from sandbox.mail.store import NoSuchAccount, NoSuchFolder
from sandbox.oauth.server import Authorization
from sandbox.sourcewhale.api import SourceWhale
from sandbox.switches import Switches, UnknownSwitch


class BadOrder(Exception):
    """A control request that cannot be done; answered 400 with the text."""


class Control:
    """Answers ``/control``."""

    def __init__(
        self,
        switches: Switches,
        office: PostOffice,
        sourcewhale: SourceWhale,
        finding: Finding,
        authorization: Authorization,
        cats: Cats,
    ) -> None:
        self._switches = switches
        self._office = office
        self._ledger = office.ledger
        self._sourcewhale = sourcewhale
        self._finding = finding
        self._authorization = authorization
        self._orders: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", ""): lambda _request: self._switches.as_dict(),
            ("POST", ""): self._change,
            ("POST", "/reset"): self._reset,
            ("GET", "/ledger"): lambda _request: {
                **self._ledger.summary(),
                "pending_answers": office.pending,
            },
            ("GET", "/ledger/messages"): self._messages,
            ("GET", "/ledger/duplicates"): lambda _request: self._ledger.duplicate_groups(),
            ("GET", "/ledger/refused"): lambda _request: self._ledger.refusals(),
            ("GET", "/ledger/answers"): lambda _request: self._ledger.answers(),
            ("POST", "/ledger/clear"): self._clear,
            ("GET", "/mailboxes"): self._mailboxes,
            ("POST", "/deliver"): self._deliver,
            ("POST", "/uidvalidity"): self._rebuild,
            ("POST", "/flush"): self._flush,
            ("GET", "/sourcewhale"): lambda _request: sourcewhale.counts(),
            ("GET", "/sourcewhale/people"): lambda _request: [
                asdict(each) for each in sourcewhale.records.people()
            ],
            ("GET", "/sourcewhale/requests"): lambda _request: sourcewhale.records.requests(),
            ("GET", "/sourcewhale/faults"): lambda _request: sourcewhale.faults.as_list(),
            ("POST", "/sourcewhale/faults"): self._order_fault,
            ("POST", "/sourcewhale/faults/clear"): self._clear_faults,
            ("POST", "/sourcewhale/clear"): self._clear_sourcewhale,
            **_cats_orders(cats),
            ("GET", "/oauth"): lambda _request: authorization.counts(),
            ("POST", "/oauth/expire"): self._expire_tokens,
            ("POST", "/oauth/withdraw"): self._withdraw_consent,
            ("GET", "/finding"): lambda _request: [asdict(each) for each in finding.asked],
            ("POST", "/finding/clear"): self._clear_finding,
        }

    async def handle(self, request: Request) -> Response:
        """Answer one request under ``/control``."""
        path = request.path.removeprefix("/control").rstrip("/")
        if found := re.fullmatch(r"/ledger/messages/(\d+)(\.eml)?", path):
            return self._message(int(found[1]), raw=bool(found[2]))
        # A page of another site cannot send this content type without asking first (CORS).
        if request.method == "POST" and request.headers.get("content-type") != "application/json":
            return Response.json({"error": "POST takes application/json"}, 415)
        order = self._orders.get((request.method, path))
        if order is None:
            return Response.json({"error": "there is no such control"}, 404)
        try:
            return Response.json(order(request))
        except (BadOrder, BadFault, UnknownSwitch) as problem:
            return Response.json({"error": str(problem)}, 400)
        except (NoSuchAccount, NoSuchFolder) as problem:
            return Response.json({"error": f"there is no {problem}"}, 404)

    def _change(self, request: Request) -> Any:
        self._switches.change(_object(request))
        return self._switches.as_dict()

    def _reset(self, _request: Request) -> Any:
        self._switches.reset()
        return self._switches.as_dict()

    def _messages(self, request: Request) -> Any:
        query = request.query
        return self._ledger.messages(
            after=_whole(query.get("after", "0")),
            recipient=query.get("recipient", ""),
            account=query.get("account", ""),
            limit=_whole(query.get("limit", "10000")),
        )

    def _message(self, number: int, *, raw: bool) -> Response:
        if raw:
            content = self._ledger.raw(number)
            if content is not None:
                return Response(
                    200, content, "text/plain; charset=utf-8", {"X-Content-Type-Options": "nosniff"}
                )
        found = self._ledger.message(number)
        return Response.json(found) if found else Response.json({"error": "no such message"}, 404)

    def _clear(self, _request: Request) -> Any:
        self._ledger.clear()
        return {"cleared": True}

    def _mailboxes(self, _request: Request) -> Any:
        return {
            address: {
                folder.name: {
                    "uid_validity": folder.uid_validity,
                    "uid_next": folder.uid_next,
                    "messages": len(folder.messages),
                }
                for folder in self._office.store.folders(address).values()
            }
            for address in self._office.store.accounts()
        }

    def _deliver(self, request: Request) -> Any:
        order = _object(request)
        mailbox = str(order.get("mailbox", ""))
        if "raw_base64" in order:
            try:
                raw = re.sub(rb"\r?\n", b"\r\n", base64.b64decode(order["raw_base64"], validate=True))
            except (ValueError, TypeError):
                raise BadOrder("raw_base64 is not base64") from None
            sender = str(order.get("from", ""))
        else:
            sender = str(order.get("from", "someone@elsewhere.example"))
            raw = composed(
                sender=sender,
                to=mailbox,
                subject=str(order.get("subject", "")),
                text=str(order.get("text", "")),
                headers={str(k): str(v) for k, v in dict(order.get("headers", {})).items()},
            )
        if not self._office.store.has_account(mailbox):
            raise NoSuchAccount(mailbox)
        return {"uid": self._office.deliver(mailbox, raw, envelope_from=sender)}

    def _rebuild(self, request: Request) -> Any:
        order = _object(request)
        mailbox, folder = str(order.get("mailbox", "")), str(order.get("folder", "INBOX"))
        return {"uid_validity": self._office.store.change_uid_validity(mailbox, folder)}

    def _order_fault(self, request: Request) -> Any:
        self._sourcewhale.faults.order(_object(request))
        return self._sourcewhale.faults.as_list()

    def _clear_faults(self, _request: Request) -> Any:
        self._sourcewhale.faults.clear()
        return []

    def _clear_sourcewhale(self, _request: Request) -> Any:
        self._sourcewhale.records.clear()
        return {"cleared": True}

    def _expire_tokens(self, _request: Request) -> Any:
        return {"expired": self._authorization.grants.expire()}

    def _withdraw_consent(self, request: Request) -> Any:
        return {"ended": self._authorization.grants.withdraw(str(_object(request).get("account", "")))}

    def _clear_finding(self, _request: Request) -> Any:
        self._finding.clear()
        return {"cleared": True}

    def _flush(self, _request: Request) -> Any:
        self._office.flush()
        return {"pending_answers": self._office.pending}


def _cats_orders(cats: Cats) -> dict[tuple[str, str], Callable[[Request], Any]]:
    def order(request: Request) -> Any:
        cats.faults.order(_object(request))
        return cats.faults.as_list()

    def clear_faults(_request: Request) -> Any:
        cats.faults.clear()
        return []

    def clear(_request: Request) -> Any:
        cats.clear()
        return {"cleared": True}

    def rows(kind: str) -> Callable[[Request], Any]:
        return lambda _request: cats.records.all("", kind)

    kinds = ("candidates", "contacts", "companies", "activities", "pipelines", "webhooks")
    return {
        ("GET", "/cats"): lambda _request: cats.counts(),
        **{("GET", f"/cats/{kind}"): rows(kind) for kind in kinds},
        ("GET", "/cats/requests"): lambda _request: cats.records.requests(),
        ("GET", "/cats/faults"): lambda _request: cats.faults.as_list(),
        ("POST", "/cats/faults"): order,
        ("POST", "/cats/faults/clear"): clear_faults,
        ("POST", "/cats/clear"): clear,
    }


def _object(request: Request) -> dict[str, Any]:
    try:
        value = request.json()
    except ValueError:
        raise BadOrder("the body is not JSON") from None
    if not isinstance(value, dict):
        raise BadOrder("the body is not a JSON object")
    return value


def _whole(word: str) -> int:
    if not word.isdigit():
        raise BadOrder(f"{word!r} is not a number")
    return int(word)
