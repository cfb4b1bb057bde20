"""The people of the demo organisation, as `make demo` prints them and `load_demo` makes them.

The demo listens on loopback only, so its passwords are no secret.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

PASSWORD = "beckon-demo"  # noqa: S105 - printed for everybody, loopback only


@dataclasses.dataclass(frozen=True)
class Login:
    """One person who can log in; ``role`` is a value of ``accounts`` roles, ``can`` what that means here."""

    email: str
    name: str
    role: Literal["admin", "recruiter", "viewer"]
    can: str
    password: str = PASSWORD


ORGANISATION = "Larkfield Search"
LOGINS = (
    Login(
        "alice@larkfield.example", "Alice Marsh", "admin", "everything, also members, mailboxes, integrations"
    ),
    Login("bob@larkfield.example", "Bob Okafor", "recruiter", "people, projects, campaigns"),
    Login("vera@larkfield.example", "Vera Lindqvist", "viewer", "looks, changes nothing"),
)
