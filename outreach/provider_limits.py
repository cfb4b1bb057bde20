"""What the large providers allow a mailbox in 24 hours; ours stays at half of it (docs/behaviour.md §1). Pure data.

Only published figures stand here. A provider that is not listed is unknown and sets no ceiling of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ProviderLimit:
    """``daily`` messages in 24 hours from one mailbox, and the page that says so."""

    provider: str
    daily: int
    source: str


_GMAIL = ProviderLimit("Gmail", 500, "support.google.com/mail/answer/22839")
_WORKSPACE = ProviderLimit("Google Workspace", 2_000, "support.google.com/a/answer/166852")
_MICROSOFT_365 = ProviderLimit(
    "Microsoft 365",
    10_000,
    "learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits",
)
_OWN_ADDRESSES: Mapping[str, ProviderLimit] = {"gmail.com": _GMAIL, "googlemail.com": _GMAIL}
#: SMTP server → the plan of whoever sends there from an own domain.
_SERVERS: Mapping[str, ProviderLimit] = {
    "smtp.gmail.com": _WORKSPACE,
    "smtp-relay.gmail.com": _WORKSPACE,
    "smtp.office365.com": _MICROSOFT_365,
}


def provider_limit(*, address: str, smtp_host: str) -> ProviderLimit | None:
    """The limit of the provider behind an address; None if it is not known."""
    domain = address.rpartition("@")[2].strip().lower()
    server = smtp_host.strip().rstrip(".").lower()
    return _OWN_ADDRESSES.get(domain) or _SERVERS.get(server)
