"""Who may call: made-up accounts with their API keys, users, campaigns and projects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Campaign:
    """A live campaign of one user."""

    id: str
    name: str
    owner: str
    partner: str = ""
    partner_fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """A project of an account."""

    id: str
    name: str


@dataclass(frozen=True)
class Account:
    """One customer; the first user is the administrator, who stands in where no ``userEmail`` is given."""

    name: str
    users: tuple[str, ...]
    campaigns: tuple[Campaign, ...]
    projects: tuple[Project, ...]


@dataclass(frozen=True)
class Key:
    """An API key; ``allowed`` is False for one whose account may not use the API."""

    key: str
    account: Account
    allowed: bool = True


def make_keys(users: list[str]) -> dict[str, Key]:
    """Keys by their text: a main account with ``users``, a second one, and a key without rights."""
    main = _account(
        "Demo Talent", tuple(users), ("Backend engineers, spring", "Data people, warm"), partner=True
    )
    second = _account("Second Search", ("eve@second.example",), ("Sales leads",))
    keys = (
        Key("sw-key-demo-7d1f4a90c2e84b5f", main),
        Key("sw-key-second-b86c0d3372aa49e1", second),
        Key("sw-key-without-rights-15e9f2d0", main, allowed=False),
    )
    return {each.key: each for each in keys}


def _account(
    name: str, users: tuple[str, ...], campaigns: tuple[str, ...], *, partner: bool = False
) -> Account:
    made = [
        Campaign(_id(name, user, title), f"{title} ({user.partition('@')[0]})", user)
        for user in users
        for title in campaigns
    ]
    if partner and users:
        made.append(
            Campaign(_id(name, "partner"), "From the partner desk", users[0], "bullhorn", {"region": "north"})
        )
    projects = tuple(
        Project(_id(name, "project", title), title)
        for title in ("Platform team", "Analytics lead", "Talent pool")
    )
    return Account(name, users, tuple(made), projects)


def _id(*words: str) -> str:
    """24 hexadecimal digits like the vendor's, the same at every start."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:24]
