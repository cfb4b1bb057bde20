"""What a transport is: one session to the sender's own mail server, and what the server answered.

A transport decides nothing: it says at which stage what was answered, and the outbox turns that into a status
(``outbox.outcomes``). Trouble before a message is named (connect, TLS, login) belongs to the mailbox and is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from foundation.egress import Unreachable
from foundation.problems import Problem


class Stage(StrEnum):
    """How far the handing-over of one message got."""

    #: MAIL and RCPT: nothing of the message has left.
    ENVELOPE = "envelope"
    #: DATA was said: from here on a lost line proves nothing.
    DATA = "data"


class Answer(StrEnum):
    """What the server made of it."""

    ACCEPTED = "accepted"
    #: 5xx
    REFUSED = "refused"
    #: 4xx
    LATER = "later"
    #: The line was lost or nothing came in time.
    LOST = "lost"


@dataclass(frozen=True)
class Reply:
    """One answer: ``code`` is the SMTP code (0 for a lost line), ``text`` the server's words."""

    answer: Answer
    stage: Stage
    code: int = 0
    text: str = ""


class MailboxTrouble(Problem):
    """The mailbox cannot be used at all; whatever was to be sent is as it was.

    ``kind``: ``auth`` (the password is refused), ``dns``, ``connect``, ``tls``, ``timeout``, ``cut`` (the server
    hung up), ``refused`` (the server does not talk to us), ``private`` (the address is not allowed).
    """

    code: ClassVar[str] = "mailbox_trouble"
    status: ClassVar[int] = 422

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def unreachable(problem: Unreachable, *, host: str, waited: float, patience: float) -> MailboxTrouble:
    """The trouble of a mailbox whose server could not be talked to; ``waited`` and ``patience`` in seconds.

    The mail libraries report a greeting that never came as a closed line; the clock knows better.
    """
    if problem.kind == "cut" and waited >= 0.9 * patience:
        return MailboxTrouble("timeout", f"{host} did not answer in time.")
    return MailboxTrouble(problem.kind, str(problem))


class Session(Protocol):
    """An open, logged-in line to one mailbox's server. Used by one thread at a time."""

    alive: bool

    def envelope(self, sender: str, recipient: str, *, size: int, meanwhile: Callable[[], None]) -> Reply:
        """MAIL and RCPT. ``meanwhile`` is called once if the server makes us wait."""

    def data(self, content: bytes) -> Reply:
        """DATA and the message; from the first word on a lost line is a lost line after DATA."""

    def reset(self) -> None:
        """Forget the envelope."""

    def close(self) -> None:
        """Say goodbye; never raises."""
