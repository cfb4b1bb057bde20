"""Both sides of a mailbox from what somebody typed: what was left out follows from its provider, its address, or the
other side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from outreach import presets
from outreach.models import Mailbox
from outreach.probing import Server

#: What is known of both sides besides the passwords.
FIELDS = tuple(
    f"{side}_{name}" for side in ("smtp", "imap") for name in ("host", "port", "security", "username")
)


class Servers(TypedDict):
    """Both sides, as ``mailboxes.link`` takes them."""

    smtp: Server
    imap: Server


def of_address(address: str) -> dict[str, Any]:
    """Where the address's provider answers, or where most servers of its domain do."""
    preset = presets.preset_for(address)
    return {name: getattr(preset, name) for name in FIELDS if not name.endswith("_username")}


def of_mailbox(mailbox: Mailbox) -> dict[str, Any]:
    """What a linked mailbox uses."""
    return {name: getattr(mailbox, name) for name in FIELDS}


def typed(values: Mapping[str, Any], *, address: str) -> Servers:
    """Without a user name it is the address; the reading side without its own logs in as the sending one."""
    username = values.get("smtp_username") or address
    return {
        "smtp": Server(
            host=values["smtp_host"],
            port=values["smtp_port"],
            security=values["smtp_security"],
            username=username,
            password=values["smtp_password"],
        ),
        "imap": Server(
            host=values["imap_host"],
            port=values["imap_port"],
            security=values["imap_security"],
            username=values.get("imap_username") or username,
            password=values.get("imap_password") or values["smtp_password"],
        ),
    }
