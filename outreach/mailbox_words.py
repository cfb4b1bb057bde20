"""How a mailbox is, in words: what stands against it, what that means, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from outreach import provider_words
from outreach.models import BreakSide, LoginKind, Mailbox
from outreach.states import MailboxStatus, Reason


@dataclass(frozen=True)
class Health:
    """One mailbox's health.

    ``code`` for the API: ``connected``, ``unreachable``, ``needs_relinking``, ``paused_by_limit``,
    ``refused_by_policy``, ``stopped_itself``, ``paused``, ``removed``. ``word`` is on the badge. ``server_words`` are
    the server's own.
    """

    code: str
    word: str
    text: str = ""
    advice: str = ""
    server_words: str = ""

    @property
    def fine(self) -> bool:
        """Nothing stands against it."""
        return not self.text


_STOPPED_ITSELF = "Look at the cases on the account's own page; there it is let go on, with a reason."
_PAUSES = {
    Reason.FUSE_BOUNCES.value: (
        "stopped_itself",
        "Paused",
        "It stopped itself before its name suffers: too many of its messages went to addresses that do not exist.",
        _STOPPED_ITSELF,
    ),
    Reason.FUSE_COMPLAINTS.value: (
        "stopped_itself",
        "Paused",
        "It stopped itself before its name suffers: too many people called its messages spam.",
        _STOPPED_ITSELF,
    ),
    Reason.SERVER_QUOTA.value: (
        "paused_by_limit",
        "Paused by limit",
        "Its provider takes no more mail from it for now; answers are still read.",
        "Sending goes on by itself; a lower limit keeps it from happening again.",
    ),
    Reason.POLICY_REFUSED.value: (
        "refused_by_policy",
        "Refused by policy",
        "Mail from this account is refused for what it is; sending is paused before its name suffers.",
        "Look at what was sent and to whom, and at SPF, DKIM and DMARC of the domain; then press Resume.",
    ),
}
_UNREACHABLE = {
    BreakSide.SENDING.value: "Its mail server cannot be reached for sending. Messages wait, and Beckon keeps trying.",
    BreakSide.READING.value: "Its inbox cannot be read, so no follow-up leaves. Beckon keeps trying.",
}
_SIGN_IN = "Sign in again."
_PASSWORD = "Enter the password again."  # noqa: S105 - a sentence


def health(mailbox: Mailbox, *, broken: Collection[str] = ()) -> Health:
    """What its row says; ``broken`` are the sides whose break has lasted long enough to be told (``breaks``)."""
    words, status = mailbox.server_words, MailboxStatus(mailbox.status)
    if status is MailboxStatus.REMOVED:
        return Health("removed", "Removed", "This account was disconnected.")
    if status is MailboxStatus.NEEDS_RECONNECT:
        usual = _PASSWORD if mailbox.login == LoginKind.PASSWORD else _SIGN_IN
        return Health(
            "needs_relinking",
            "Needs re-linking",
            "Nothing is sent or read until this account is linked again. Its campaigns are paused and then go on by "
            "themselves.",
            provider_words.advice(words) or usual,
            words,
        )
    if status is MailboxStatus.PAUSED:
        code, word, text, usual = _PAUSES.get(
            mailbox.status_code, ("paused", "Paused", "Sending is paused. Answers are still read.", "")
        )
        return Health(code, word, text, provider_words.advice(words) or usual, words)
    sides = [text for side, text in _UNREACHABLE.items() if side in broken]
    if sides:
        return Health(
            "unreachable", "Cannot be reached", " ".join(sides), provider_words.advice(words), words
        )
    if mailbox.send_failures and words:
        return Health("connected", "Connected", "The last try did not work.", "", words)
    return Health("connected", "Connected")
