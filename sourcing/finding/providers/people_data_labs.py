"""People Data Labs: person enrichment, API v5, after https://docs.peopledatalabs.com (docs/finding.md).

E-mail addresses and telephone numbers. A match is charged there even if it holds less than was hoped for, so
``required`` asks for matches with the wanted fields only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foundation.throttle import Pace
from sourcing.finding.providers.base import MOST_CONTACTS, Contact, Provider, Question
from sourcing.finding.providers.errors import NeedsAdmin
from sourcing.models import ContactKind, ContactType

#: How sure the match has to be, of 10 (the documentation's own examples use 6).
MIN_LIKELIHOOD = 6
#: 401: key; 402: no credits left; 403: the plan does not include it.
NEEDS_ADMIN = frozenset({401, 402, 403})
PAUSES = frozenset({429})

EMAIL_FIELDS = ("work_email", "personal_emails", "emails")
PHONE_FIELDS = ("mobile_phone", "phone_numbers")
REQUIRED = {ContactKind.EMAIL.value: "emails", ContactKind.PHONE.value: "phone_numbers"}
#: Types of the entries of ``emails``; all others are Other.
EMAIL_TYPES = {
    "current_professional": ContactType.WORK,
    "professional": ContactType.WORK,
    "personal": ContactType.PERSONAL,
}


class PeopleDataLabs(Provider):
    """One People Data Labs account."""

    slug = "people_data_labs"
    display_name = "People Data Labs"
    kinds = frozenset({ContactKind.EMAIL.value, ContactKind.PHONE.value})
    default_base_url = "https://api.peopledatalabs.com/v5"
    # 100 a minute for free keys, 1,000 for paid ones; the smaller one is kept, and 429 says when to go on.
    pace = Pace(calls=100, seconds=60, burst=10)

    @classmethod
    def can_ask(cls, question: Question) -> bool:
        """A profile link, or the whole name and a company."""
        return bool(question.linkedin or (question.first_name and question.last_name and question.company))

    def auth_headers(self) -> Mapping[str, str]:
        """The key in its own header."""
        return {"X-Api-Key": self._key}

    def words(self, data: Any) -> str:
        """``{"status", "error": {"type", "message"}}``"""
        error = data.get("error") if isinstance(data, dict) else None
        message = error.get("message") if isinstance(error, dict) else ""
        return message if isinstance(message, str) else ""

    def find(self, question: Question, kind: str) -> tuple[Contact, ...]:
        """All addresses or numbers of the one person that matches; empty for no match."""
        given = {
            "profile": question.linkedin,
            "first_name": question.first_name,
            "last_name": question.last_name,
            "company": question.company,
        }
        fields = EMAIL_FIELDS if kind == ContactKind.EMAIL else PHONE_FIELDS
        params = {
            **{name: value for name, value in given.items() if value},
            "min_likelihood": str(MIN_LIKELIHOOD),
            "required": REQUIRED[kind],
            "data_include": ",".join(fields),
        }
        reply = self.get("/person/enrich", params=params)
        if reply.status == 404:
            return ()
        if reply.status != 200:
            raise self.failure(reply, needs_admin=NEEDS_ADMIN, pauses=PAUSES)
        data = reply.data.get("data") if isinstance(reply.data, dict) else None
        if not isinstance(data, dict):
            raise self.malformed()
        if any(data.get(name) is True for name in fields):
            raise NeedsAdmin("Your People Data Labs plan tells that there is contact data, but not which.")
        read = _emails(data) if kind == ContactKind.EMAIL else _phones(data)
        first: dict[str, Contact] = {}
        for contact in read:
            first.setdefault(contact.value.lower(), contact)
        return tuple(first.values())[:MOST_CONTACTS]


def _emails(data: Mapping[str, Any]) -> Iterator[Contact]:
    """The present work address first, then personal ones, then everything else."""
    if isinstance(data.get("work_email"), str):
        yield Contact(data["work_email"], ContactType.WORK)
    for value in _texts(data.get("personal_emails")):
        yield Contact(value, ContactType.PERSONAL)
    entries = data.get("emails")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("address"), str):
            yield Contact(entry["address"], EMAIL_TYPES.get(str(entry.get("type")), ContactType.OTHER))


def _phones(data: Mapping[str, Any]) -> Iterator[Contact]:
    """The mobile number first."""
    if isinstance(data.get("mobile_phone"), str):
        yield Contact(data["mobile_phone"], ContactType.MOBILE)
    for value in _texts(data.get("phone_numbers")):
        yield Contact(value, ContactType.OTHER)


def _texts(value: Any) -> Iterator[str]:
    yield from (entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
