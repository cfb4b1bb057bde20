"""Who may call: made-up accounts with their API keys, jobs, stages and custom fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Resources a key may be given rights on, and what is done to them.
RESOURCES = ("applications", "comments", "custom_attributes", "custom_fields", "jobs")
READ, WRITE = "read", "write"


@dataclass(frozen=True)
class Job:
    """A job of an account. ``needs`` are attributes every applicant must have beyond the usual three."""

    id: str
    title: str
    status: str = "open"
    visibility: str = "external"
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomField:
    """A custom field; ``about`` is the kind of record that has it."""

    id: str
    name: str
    field_type: str
    options: tuple[str, ...] = ()
    about: str = "application"


@dataclass(frozen=True)
class Account:
    """One customer, known by the subdomain. ``enabled`` False: the integration was not activated there."""

    name: str
    subdomain: str
    jobs: tuple[Job, ...] = ()
    fields: tuple[CustomField, ...] = ()
    enabled: bool = True

    def job(self, number: str) -> Job | None:
        """One job, or None."""
        return next((job for job in self.jobs if job.id == number), None)

    def field(self, number: str) -> CustomField | None:
        """One custom field, or None."""
        return next((each for each in self.fields if each.id == number), None)


@dataclass(frozen=True)
class Key:
    """An API key with its rights: pairs of a resource and ``read`` or ``write``."""

    key: str
    account: Account
    rights: frozenset[tuple[str, str]] = field(default_factory=frozenset)


#: Every job has the same stages; the first is where an application begins.
STAGES: dict[str, str] = {
    "700": "applied",
    "701": "review",
    "702": "interview",
    "703": "offer",
    "704": "hired",
    "705": "rejected",
}
_COLOURS = ("Maroon", "Vermillion", "Blue", "Black and white")
_ALL = frozenset((name, what) for name in RESOURCES for what in (READ, WRITE))
_READING = frozenset((name, READ) for name in RESOURCES)


def make_keys() -> tuple[Key, ...]:
    """A main account with all rights and with reading only, a second account, one that was not activated."""
    main = Account(
        name="Demo Talent",
        subdomain="demo-talent",
        jobs=(
            Job("1000044", "Platform engineer"),
            Job("1000045", "Analytics lead", visibility="confidential"),
            Job("1000046", "Field engineer", needs=("phone",)),
            Job("1000047", "Office manager", status="closed"),
            Job("1000048", "Head of research", status="draft"),
            Job("1000049", "Night porter", status="archived"),
        ),
        fields=(
            CustomField("1000101", "Favourite colour", "single_select", _COLOURS),
            CustomField("1000102", "Favourite colours", "multi_select", _COLOURS),
            CustomField("1000103", "Lucky number", "integer"),
            CustomField("1000104", "Day rate", "decimal"),
            CustomField("1000105", "May relocate", "boolean"),
            CustomField("1000106", "Free from", "date"),
            CustomField("1000107", "Remarks", "text"),
            CustomField("1000108", "Badge", "varchar"),
            CustomField("1000109", "Budget", "decimal", about="job"),
        ),
    )
    second = Account(name="Second Search", subdomain="second", jobs=(Job("1000090", "Sales lead"),))
    asleep = Account(name="Not Activated", subdomain="not-activated", enabled=False)
    return (
        Key("pp-key-demo-5e2a9c04b7d1", main, _ALL),
        Key("pp-key-second-c81f03aa6e72", second, _ALL),
        Key("pp-key-reading-only-90d4", main, _READING),
        Key("pp-key-not-activated-3b77", asleep, _ALL),
    )


def as_told(key: Key) -> dict[str, Any]:
    """A key for ``sandbox.json``."""
    return {
        "key": key.key,
        "account": key.account.name,
        "subdomain": key.account.subdomain,
        "rights": _rights(key),
    }


def _rights(key: Key) -> str:
    if not key.account.enabled:
        return "none, not activated (403)"
    return "all" if ("applications", WRITE) in key.rights else "reading"
