"""A mail as one flat record, for support: the verdict of ``classify`` in the words of RFC 3464 and 5965. Pure.

``manage.py classify_mail`` writes these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

from outreach.inbound.classify import Classified, classify
from outreach.inbound.parse import ParsedMail, parse
from outreach.states import FailureClass, Verdict

_BOUNCES: Mapping[FailureClass | None, str] = {
    FailureClass.HARD: "hard",
    FailureClass.SOFT: "soft",
    FailureClass.CONTENT: "content",
    FailureClass.POLICY: "policy",
    # Our own provider's refusal: like a policy it spares the address and stops the mailbox.
    FailureClass.MAILBOX: "policy",
}
_KINDS: Mapping[Verdict, str] = {
    Verdict.DELAYED: "delayed",
    Verdict.DELIVERED: "delivered",
    Verdict.REPLY: "reply",
    # A person (or her mail program) wrote it; only its subject asks to be left alone.
    Verdict.UNSUBSCRIBE: "reply",
    Verdict.AUTO_REPLY: "auto_reply",
    Verdict.COMPLAINT: "complaint",
    Verdict.OWN_COPY: "other",
    Verdict.OTHER: "other",
}


class Described(TypedDict):
    """``kind``: hard, soft, policy, content, complaint, delayed, delivered, auto_reply, reply or other.

    ``recipients`` are the lower-case addresses a report is about; ``status`` the enhanced code (RFC 3463);
    ``until`` the stated date of return, YYYY-MM-DD; ``visible_text`` what the writer wrote, without quotes.
    """

    kind: str
    recipients: list[str]
    status: str | None
    until: str | None
    visible_text: str
    why: str


def describe(raw: bytes, *, now: datetime | None = None) -> Described:
    """The record of one mail. "Tomorrow" counts from its own date; from ``now`` (aware) where it has none."""
    mail = parse(raw)
    found = classify(mail, now=mail.date or now or datetime.now(UTC))
    return Described(
        kind=_kind(found),
        recipients=_recipients(mail, found),
        status=found.code or None,
        until=found.returns_on.isoformat() if found.returns_on else None,
        visible_text=mail.reply_text.strip(),
        why=found.explanation,
    )


def nothing(why: str) -> Described:
    """The record of what is no mail or cannot be read."""
    return Described(kind="other", recipients=[], status=None, until=None, visible_text="", why=why)


def _kind(found: Classified) -> str:
    if found.verdict is Verdict.BOUNCE:
        return _BOUNCES[found.failure]
    if found.verdict is Verdict.UNSUBSCRIBE and found.rule == "arf":
        return "complaint"
    return _KINDS[found.verdict]


def _recipients(mail: ParsedMail, found: Classified) -> list[str]:
    named = found.recipients
    if _kind(found) == "complaint":
        named = (mail.report.original_recipient,) if mail.report.original_recipient else mail.returned.to
    elif found.verdict is Verdict.DELIVERED:
        named = tuple(one.recipient for one in mail.report.recipients)
    return list(dict.fromkeys(address.lower() for address in named if "@" in address))
