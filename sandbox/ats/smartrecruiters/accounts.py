"""What an account has besides people: users, jobs, candidate properties, sources, and the keys that open it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

COMPANY = {"identifier": "DemoTalent", "name": "Demo Talent"}
CLIENT_ID = "beckon-smartrecruiters-client"
CLIENT_SECRET = "beckon-smartrecruiters-secret"  # noqa: S105 - printed for everybody, loopback only
#: A customer's own client, as SmartRecruiters gives one to each customer of a partner.
CUSTOMER_CLIENT_ID = "demo-talent-client"
CUSTOMER_CLIENT_SECRET = "demo-talent-secret-6f1d"  # noqa: S105 - as above


@dataclass(frozen=True)
class Caller:
    """Who calls: a key has every right, somebody who signed in has the scopes they allowed."""

    user: str
    administrator: bool = True
    #: None: every right.
    scopes: frozenset[str] | None = None
    #: Jobs this caller may not see: answered 401 with PERMISSION_DENIED, as the vendor does.
    hidden_jobs: frozenset[str] = field(default_factory=frozenset)

    def may(self, *scopes: str) -> bool:
        """Whether any of ``scopes`` was allowed."""
        return self.scopes is None or bool(self.scopes & set(scopes))


KEYS = {
    "DCRA1-demo-7d1f4a90c2e84b5f": Caller("user-admin"),
    "DCRA1-recruiter-b86c0d3372aa": Caller(
        "user-recruiter", administrator=False, hidden_jobs=frozenset({"job-secret"})
    ),
    "DCRA1-reader-15e9f2d0a4c81b77": Caller(
        "user-recruiter",
        administrator=False,
        scopes=frozenset({"candidates_read", "jobs_read", "configuration_read"}),
    ),
}
USERS = {
    "user-admin": {
        "email": "admin@demo.example",
        "firstName": "Ada",
        "lastName": "Admin",
        "role": "ADMINISTRATOR",
    },
    "user-recruiter": {
        "email": "rita@demo.example",
        "firstName": "Rita",
        "lastName": "Recruiter",
        "role": "BASIC",
    },
}
_TITLES = (
    ("job-platform", "Platform engineer", "REF101A", "SOURCING"),
    ("job-data", "Data engineer", "REF102B", "INTERVIEW"),
    ("job-lead", "Analytics lead", "REF103C", "CREATED"),
    ("job-offer", "Product designer", "REF104D", "OFFER"),
    ("job-secret", "Head of Something", "REF105E", "SOURCING"),
    ("job-filled", "Office manager", "REF106F", "FILLED"),
    ("job-hold", "Field sales, north", "REF107G", "ON_HOLD"),
    ("job-gone", "Field sales, south", "REF108H", "CANCELLED"),
)
JOBS: dict[str, dict[str, Any]] = {
    number: {
        "id": number,
        "title": title,
        "refNumber": reference,
        "status": status,
        "postingStatus": "PUBLIC",
        "createdOn": "2026-01-12T09:00:00.000Z",
        "updatedOn": "2026-11-02T09:00:00.000Z",
        "location": {"country": "United Kingdom", "countryCode": "gb", "city": "London", "remote": False},
        "actions": {},
    }
    for number, title, reference, status in _TITLES
}
PROPERTIES: dict[str, dict[str, Any]] = {
    "prop-notice": {"label": "Notice period", "type": "TEXT"},
    "prop-salary": {"label": "Expected salary", "type": "CURRENCY"},
    "prop-remote": {"label": "Open to remote work", "type": "BOOLEAN"},
    "prop-start": {"label": "Available from", "type": "DATE"},
    "prop-years": {"label": "Years of experience", "type": "NUMBER"},
    "prop-level": {"label": "Level", "type": "SINGLE_SELECT"},
    "prop-owner": {"label": "Owner", "type": "USER"},
}
LEVELS = {"level-junior": "Junior", "level-senior": "Senior", "level-staff": "Staff"}
SOURCES: dict[str, dict[str, Any]] = {
    "SOURCING": {"label": "Sourcing", "subtypes": [], "values": {"source-beckon": "Beckon"}},
    "JOBBOARD": {
        "label": "Job board",
        "subtypes": ["FREE", "PAID"],
        "values": {"source-board": "Board of jobs"},
    },
}


def as_told(key: str) -> dict[str, Any]:
    """A key for ``sandbox.json``: whose it is and its scopes, None for every right."""
    caller = KEYS[key]
    return {
        "key": key,
        "user": USERS[caller.user]["email"],
        "scopes": None if caller.scopes is None else sorted(caller.scopes),
    }
