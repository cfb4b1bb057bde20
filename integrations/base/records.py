"""The words connectors speak: frozen, without ORM, HTTP or a vendor's name in them."""

from __future__ import annotations

import datetime
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


class Capability(enum.StrEnum):
    """What a connector can do. Declared if and only if implemented (``tests/integrations/test_contract.py``).

    Notes, webhooks and change feeds are deliberately absent: nothing in the product uses them yet.
    """

    FIND_PERSON = "find_person"
    LIST_JOBS = "list_jobs"
    LIST_POOLS = "list_pools"
    PUSH_PERSON = "push_person"


class TargetKind(enum.StrEnum):
    """What an export attaches people to: prospects to a pool, candidates to a job (docs/behaviour.md §7)."""

    POOL = "pool"
    JOB = "job"


class PushAction(enum.StrEnum):
    """What a push did to the remote record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One campaign, list, project or job of the vendor."""

    kind: TargetKind
    external_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    """One position. Dates are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; a current one has no ``ended``."""

    title: str = ""
    company: str = ""
    started: str = ""
    ended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Education:
    """One school. Dates as in :class:`Employment`."""

    school: str = ""
    degree: str = ""
    started: str = ""
    ended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A person as we would like the vendor to hold them (the field list of seed 000).

    ``own_dummy`` is the address generated for this person, if one ever was (docs/behaviour.md §7). It leaves
    only when ``send_dummy`` is set and there is no real one; a connector takes it out of the remote record
    once there is.
    """

    first_name: str = ""
    last_name: str = ""
    emails: tuple[str, ...] = ()
    own_dummy: str = ""
    send_dummy: bool = False
    phones: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    location: str = ""
    source: str = ""
    experience: tuple[Employment, ...] = ()
    education: tuple[Education, ...] = ()

    @property
    def full_name(self) -> str:
        """First and last name with one space between them."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def sent_emails(self) -> tuple[str, ...]:
        """The addresses that leave: the real ones, else the dummy."""
        return self.emails or ((self.own_dummy,) if self.send_dummy and self.own_dummy else ())

    def history_digest(self) -> str:
        """A short hash of work and education history, for vendors that cannot show it back."""
        plain = [[asdict(job) for job in self.experience], [asdict(course) for course in self.education]]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKeys:
    """How a person may be recognised at the vendor, the surest first.

    ``markers`` are values only we can have written (a dummy address drawn for this person).
    ``name`` guards the weak keys: a phone number is shared by families and switchboards.
    """

    markers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.markers or self.emails or self.social_links or self.phones)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePerson:
    """What the vendor holds about a person, in our words."""

    external_id: str
    first_name: str = ""
    last_name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    location: str = ""
    #: Ids of the pools and jobs the record says it is on; empty when the vendor does not tell.
    target_ids: frozenset[str] = frozenset()
    created_at: datetime.datetime | None = None
    #: The vendor's own row; never read outside the connector.
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """Where the person is now. ``url`` is the vendor's page for it, or empty."""

    external_id: str
    action: PushAction
    url: str = ""
