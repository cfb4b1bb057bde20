"""Stand-ins for Hunter's e-mail finder and People Data Labs' person enrichment, under ``/finding/``.

Both know everybody by rule, so nothing has to be loaded: the first name decides what happens, all else is made from
the name and the company. Numbers are from ranges nobody has.

========== ==========================================================================================
first name what happens
========== ==========================================================================================
Nobody     404, nothing found
Unsure     an address that accepts everything (Hunter: ``accept_all``)
Claimed    451, the person asked not to be told of (Hunter)
Busy       asked to wait: 403 at Hunter, 429 with Retry-After at People Data Labs
Broken     500
Slow       the answer comes after ``finding_slow`` seconds
Hang       never an answer
Cut        the line is reset
Liar       200 with half of the JSON
Bounce     an address whose mail bounces in the mail world
========== ==========================================================================================

Hunter also knows nothing of anybody whose last name has an odd number of letters; People Data Labs knows nearly
everybody, so asking one after the other makes a difference.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any

from sandbox.http_server import CutLine, Request, Response
from sandbox.switches import Switches

HUNTER_KEY = "hunter-key-demo-5c1d8e02"
PDL_KEY = "pdl-key-demo-91f4b7aa"
#: 402 at People Data Labs, 429 at Hunter: the account is used up.
EMPTY_KEY = "key-without-credits-0b7e3c"
_KEPT = 500


@dataclass(frozen=True)
class Asked:
    """One request, for the page; without the key."""

    provider: str
    person: str
    company: str
    status: int


class Finding:
    """Answers ``/finding/hunter/`` and ``/finding/pdl/``."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.asked: list[Asked] = []

    def addresses(self, url: str) -> dict[str, Any]:
        """For ``sandbox.json``: base URLs and keys."""
        return {
            "hunter": {"base_url": f"{url}/finding/hunter", "key": HUNTER_KEY},
            "people_data_labs": {"base_url": f"{url}/finding/pdl", "key": PDL_KEY},
            "empty_key": EMPTY_KEY,
        }

    def clear(self) -> None:
        """Forget who was asked about."""
        self.asked.clear()

    async def handle(self, request: Request) -> Response:
        """One call to either."""
        providers = {
            "/finding/hunter/email-finder": ("Hunter", HUNTER_KEY, _hunter, 429),
            "/finding/pdl/person/enrich": ("People Data Labs", PDL_KEY, _people_data_labs, 402),
        }
        found = providers.get(request.path)
        if found is None or request.method != "GET":
            return Response.json(
                {"errors": [{"id": "not_found", "code": 404, "details": "No such call"}]}, 404
            )
        name, key, answer, used_up = found
        given = request.headers.get("x-api-key", "")
        if given == EMPTY_KEY:
            response = _refused(used_up, "You have reached the limit of your plan")
        elif given != key:
            response = _refused(401, "No user found for the API key supplied")
        else:
            response = await self._misbehave(request.query.get("first_name", "").casefold(), answer(request))
        who = f"{request.query.get('first_name', '')} {request.query.get('last_name', '')}".strip()
        self.asked.append(Asked(name, who, request.query.get("company", ""), response.status))
        del self.asked[:-_KEPT]
        return response

    async def _misbehave(self, word: str, response: Response) -> Response:
        if word == "cut":
            raise CutLine
        if word == "hang":
            await asyncio.Event().wait()
        if word == "slow":
            await asyncio.sleep(self._switches.finding_slow)
        if word == "broken":
            return _refused(500, "Internal server error")
        if word == "liar":
            return Response(200, response.body[: len(response.body) // 2], "application/json")
        return response


def _hunter(request: Request) -> Response:
    asked = request.query
    first, last = asked.get("first_name", ""), asked.get("last_name", "")
    company = asked.get("domain") or asked.get("company", "")
    if not (first and last and company):
        return _refused(400, "You are missing the first_name, last_name, domain or company parameter")
    word = first.casefold()
    if word == "claimed":
        return _refused(451, "The person asked us not to process their data")
    if word == "busy":
        return _refused(403, "You have reached the rate limit")
    knows = word not in ("nobody",) and (len(last) % 2 == 0 or word in _MISBEHAVING)
    email = _address(first, last, company) if knows else None
    status = "accept_all" if word == "unsure" else "valid"
    data: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "email": email,
        "score": 94 if email else None,
        "domain": _domain(company),
        "accept_all": status == "accept_all",
        "position": None,
        "company": company,
        "sources": [],
        "verification": {"date": "2026-11-01", "status": status} if email else {"date": None, "status": None},
    }
    return Response.json({"data": data, "meta": {"params": {"first_name": first, "last_name": last}}})


def _people_data_labs(request: Request) -> Response:
    asked = request.query
    first, last, company = (asked.get(name, "") for name in ("first_name", "last_name", "company"))
    if not (asked.get("profile") or (first and last and company)):
        return _refused(400, "Request must contain a profile, or a name with a company")
    word = first.casefold()
    if word == "busy":
        return Response.json(
            _error("rate_limit_error", "You have hit your rate limit", 429), 429, {"Retry-After": "2"}
        )
    if word == "nobody" or not (first and last):
        return Response.json(_error("not_found", "No records were found matching your request", 404), 404)
    wanted = set(asked.get("data_include", "").split(",")) - {""}
    work = _address(first, last, company or "somewhere")
    home = f"{_plain(first)}.{_plain(last)}@post.example"
    number = f"+44770090{zlib.crc32(f'{first} {last}'.encode()) % 1000:04d}"
    record = {
        "id": f"sandbox_{zlib.crc32(f'{first} {last}'.encode()):08x}",
        "full_name": f"{first} {last}".lower(),
        "work_email": work,
        "personal_emails": [home],
        "emails": [{"address": work, "type": "current_professional"}, {"address": home, "type": "personal"}],
        "mobile_phone": number,
        "phone_numbers": [number],
    }
    data = {name: value for name, value in record.items() if not wanted or name in wanted}
    return Response.json({"status": 200, "likelihood": 9, "data": data})


_MISBEHAVING = ("unsure", "slow", "liar", "bounce")


def _refused(status: int, words: str) -> Response:
    """Both vendors' shapes in one body: ours read one or the other."""
    return Response.json(
        {
            "errors": [{"id": "refused", "code": status, "details": words}],
            **_error("refused", words, status),
        },
        status,
    )


def _error(kind: str, words: str, status: int) -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "message": words}}


def _address(first: str, last: str, company: str) -> str:
    return f"{_plain(first)}.{_plain(last)}@{_domain(company)}"


def _domain(company: str) -> str:
    """``voltra.example`` for "Voltra GmbH"; a domain stays what it is."""
    if re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", company):
        return company
    return f"{_plain(company) or 'company'}.example"


def _plain(text: str) -> str:
    """Letters and digits of a name in ASCII; ``x`` for one that has none."""
    decomposed = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", decomposed)[:40] or "x"
