"""Hunter: e-mail finder, API v2. Public documentation: https://hunter.io/api-documentation/v2 (docs/finding.md).

One e-mail address per person, at work. Hunter counts a request only when it found one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foundation.throttle import Pace
from sourcing.finding.providers.base import Contact, Provider, Question
from sourcing.models import ContactKind, ContactType

#: Seconds Hunter may look for an address; it documents 3 to 20.
MAX_DURATION = 20
#: 401: key missing or wrong. 429: the month's requests are used up (not a pace limit at Hunter).
NEEDS_ADMIN = frozenset({401, 429})
#: Hunter answers 403 when it is asked too fast.
PAUSES = frozenset({403})
#: 404: nothing found. 451: the person asked Hunter not to process their data.
NOTHING = frozenset({404, 451})


class Hunter(Provider):
    """One Hunter account."""

    slug = "hunter"
    display_name = "Hunter"
    kinds = frozenset({ContactKind.EMAIL.value})
    default_base_url = "https://api.hunter.io/v2"
    # 15 requests a second and 500 a minute; the second is the tighter one over a run.
    pace = Pace(calls=500, seconds=60, burst=10)

    @classmethod
    def can_ask(cls, question: Question) -> bool:
        """First and last name, and the company."""
        return bool(question.first_name and question.last_name and question.company)

    def auth_headers(self) -> Mapping[str, str]:
        """The key in its own header."""
        return {"X-API-KEY": self._key}

    def words(self, data: Any) -> str:
        """``{"errors": [{"id", "code", "details"}]}``"""
        errors = data.get("errors") if isinstance(data, dict) else None
        first = errors[0] if isinstance(errors, list) and errors else errors
        details = first.get("details") if isinstance(first, dict) else ""
        return details if isinstance(details, str) else ""

    def find(self, question: Question, kind: str) -> tuple[Contact, ...]:
        """The most likely address at the person's company; empty for none and for other kinds than e-mail."""
        if kind != ContactKind.EMAIL:
            return ()
        params = {
            "first_name": question.first_name,
            "last_name": question.last_name,
            "company": question.company,
            "max_duration": str(MAX_DURATION),
        }
        reply = self.get("/email-finder", params=params)
        if reply.status in NOTHING:
            return ()
        if reply.status != 200:
            raise self.failure(reply, needs_admin=NEEDS_ADMIN, pauses=PAUSES)
        found = reply.data.get("data") if isinstance(reply.data, dict) else None
        if not isinstance(found, dict) or "email" not in found:
            raise self.malformed()
        email = found["email"]
        if email is None or email == "":
            return ()
        if not isinstance(email, str):
            raise self.malformed()
        verification = found.get("verification")
        status = verification.get("status") if isinstance(verification, dict) else None
        return (Contact(email, ContactType.WORK, verified=status == "valid"),)
