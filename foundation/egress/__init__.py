"""The one door out: every connection to another machine is resolved once, checked, and made to what was checked.

A name that a customer typed (mail server, vendor, webhook) may point into our own network. So the name is resolved
here, every address it has is checked, and the socket goes to a checked address: there is no second look-up that
could answer differently. TLS, SNI and the Host header keep the name. ``EGRESS_ALLOWED_PRIVATE_NETWORKS`` lists
exceptions. A lint test forbids sockets, ``requests``, ``smtplib``, ``imaplib`` and ``urllib.request`` elsewhere.
"""

from __future__ import annotations

from foundation.egress.connecting import (
    EgressRefused,
    NetworkInTransaction,
    Unreachable,
    connect,
    permitted,
    refuse_inside_transaction,
)
from foundation.egress.http import Session, session
from foundation.egress.mail import MailBox, Security, imap, smtp
from foundation.egress.names import look_up

__all__ = [
    "EgressRefused",
    "MailBox",
    "NetworkInTransaction",
    "Security",
    "Session",
    "Unreachable",
    "connect",
    "imap",
    "look_up",
    "permitted",
    "refuse_inside_transaction",
    "session",
    "smtp",
]
