"""What one mail is: bounce, reply, automatic answer, opt-out …, by tables first. Pure.

Says what a mail is, never whose it is: matching does that. The rules are in ``bounce_rules``,
``auto_reply_rules`` and ``return_dates``, each with its sample; flufl.bounce is asked about reports that are
not written as RFC 3464 wants them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flufl.bounce import all_failures

from outreach.inbound.auto_reply_rules import sign_of_automat
from outreach.inbound.bounce_rules import Failure, failure_of
from outreach.inbound.headers import UNREADABLE
from outreach.inbound.parse import ParsedMail, Place
from outreach.inbound.reports import RecipientReport
from outreach.inbound.reports_in_words import before_copy, failed_in_words, fields_in_words
from outreach.inbound.return_dates import return_date
from outreach.states import FailureClass, Verdict

_SYSTEMS = re.compile(
    r"^(mailer-?daemon|post[-_.]?master|mail-?daemon|bounces?|no-?reply-?bounce|mdaemon|mail[-_.]?delivery|"
    r"microsoftexchange[0-9a-f]+)([+.=_-].*)?(@|$)",
    re.IGNORECASE,
)
#: Machines that are no mail systems by name; a report of theirs has to give our mail back and to say what happened.
_MACHINES = re.compile(
    r"^(no[-_.]?reply|do[-_.]?not[-_.]?reply|auto(mail|reply|responder)?)\b", re.IGNORECASE
)
_NOT_DELIVERED = re.compile(
    r"undeliver(able|ed)|(mail|message|delivery|mailing).{0,25}(fail(ed|ure)|returned|not delivered|error)"
    r"|returned (mail|to sender)|failure notice|nicht zugestellt|unzustellbar|zustellung.{0,20}fehl"
    r"|non[- ]remis|échec de la remise|no se ha podido entregar|mancato recapito|onbestelbaar"
    r"|delivery status notification|couldn't be delivered|配信不能|未送达",
    re.IGNORECASE,
)
_SAYS_IT_FAILED = re.compile(
    r"(could not|cannot|can't|couldn't|unable to|failed to) (be )?(deliver|send|forward)"
    r"|(delivery|message|mail|recipients?)\b.{0,60}\b(failed|aborted|refused|rejected|returned.{0,20}errors?)\b"
    r"|(error|trouble|problem)s? .{0,40}(delivering|sending|to deliver)|delivery errors|fatal errors"
    r"|^\s*(smtp; ?)?5\d\d[ -].{3,}|requested action not taken|送信でき|配信でき|不明です",
    re.IGNORECASE | re.MULTILINE,
)
_DELAYED = re.compile(
    r"\(delay\)|delayed|still (being )?(trying|retried)|(warning|notice)\W.{0,40}(delay|not delivered yet|still)"
    r"|could not send.{0,30}for (the )?past"
    r"|verzögert|delay notification|retard|no se ha entregado todavía",
    re.IGNORECASE,
)
#: The Junk Mail Reporting Program gives the mail back without a report of RFC 5965.
_HOTMAIL = re.compile(r"^\s*complaint about message from \d")
_UNSUBSCRIBE = re.compile(r"^\s*unsubscribe\b(?!\?)", re.IGNORECASE)
_FOREIGN_LIST = ("list-id", "list-unsubscribe", "feedback-id")
#: A mail read late: weekdays in it mean the week it was written in.
_FRESH = timedelta(days=10)
_LONGEST_FROM = 2_000
_LOGIN_CODES = frozenset((530, 534, 535, 538))
_AGAIN_IN = re.compile(
    r"(?:again|retry|wait)\b.{0,20}?\b(\d{1,4})\s*(second|minute|min|hour|hr|day)", re.IGNORECASE
)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_A_DAY = re.compile(r"daily|per day|24[ -]?h|5\.4\.5|5\.1\.90|day", re.IGNORECASE)


@dataclass(frozen=True)
class Classified:
    """The verdict on a mail. ``rule`` names what decided, ``explanation`` says it to people, without addresses.

    ``failure``, ``code``, ``recipients`` and ``diagnostic`` belong to bounces: class, enhanced code, the failed
    addresses as the report gives them, the server's own words. ``returns_on`` belongs to automatic answers.
    """

    verdict: Verdict
    rule: str
    explanation: str
    failure: FailureClass | None = None
    code: str = ""
    recipients: tuple[str, ...] = ()
    diagnostic: str = ""
    returns_on: date | None = None


def classify(
    mail: ParsedMail, *, now: datetime, own_addresses: Collection[str] = (), in_sent: bool = False
) -> Classified:
    """The verdict on ``mail``. ``own_addresses`` are the mailbox's, lower-case; ``now`` is aware.

    ``in_sent`` = read from the Sent folder: such mail is never a reply, whoever wrote it.
    """
    return (
        _own(mail, own_addresses, in_sent=in_sent)
        or _feedback(mail)
        or _delivery_report(mail)
        or _receipt(mail)
        or _other_bounce(mail)
        or _opt_out(mail)
        or _automatic(mail, now)
        or _written(mail)
    )


def classify_smtp_reply(code: int | None, text: str, stage: str = "") -> FailureClass:
    """The class of a server's refusal while sending. ``stage`` is where: connect, login, mail, rcpt or data.

    Our own provider answers here: a login it refuses, its own quota and its thresholds are the mailbox's
    trouble (:func:`stopped_until`), never the address's. Other 4xx are soft.
    """
    if stage == "login" or code in _LOGIN_CODES:
        return FailureClass.MAILBOX
    failure = failure_of(text).failure
    if failure is FailureClass.MAILBOX:
        return failure
    return FailureClass.SOFT if code is not None and 400 <= code < 500 else failure


def needs_login(code: int | None, text: str) -> bool:
    """Whether a refusal of class ``mailbox`` is about the login: it ends when a person reconnects, not by time."""
    found = failure_of(text)
    return code in _LOGIN_CODES or "log" in found.meaning


def stopped_until(text: str, *, now: datetime) -> datetime:
    """Until when a provider's quota stops its mailbox: what it states, else a day for daily limits, or an hour."""
    if match := _AGAIN_IN.search(text):
        return now + min(int(match[1]) * _UNITS[match[2][0].lower()], timedelta(days=2))
    return now + (timedelta(days=1) if _A_DAY.search(text) else timedelta(hours=1))


def _own(mail: ParsedMail, own_addresses: Collection[str], *, in_sent: bool) -> Classified | None:
    if in_sent:
        return Classified(Verdict.OWN_COPY, "sent folder", "It lies in the Sent folder.")
    ours = mail.sender.address.lower() in own_addresses
    if ours and any(found.place is Place.OWN_HEADER for found in mail.tokens):
        return Classified(Verdict.OWN_COPY, "own header", "It is a copy of a mail sent from this mailbox.")
    if ours:
        return Classified(Verdict.OTHER, "own address", "It was sent from this mailbox to itself.")
    return None


def _feedback(mail: ParsedMail) -> Classified | None:
    if mail.report.kind != "feedback-report":
        if _HOTMAIL.search(mail.subject) and mail.returned.to:
            return Classified(Verdict.COMPLAINT, "hotmail", "Outlook.com says that it was marked as junk.")
        return None
    kind = mail.report.feedback_type
    if kind == "opt-out":
        return Classified(Verdict.UNSUBSCRIBE, "arf", "A feedback report says that the person opted out.")
    if kind == "not-spam":
        return Classified(Verdict.OTHER, "arf", "A feedback report says that it was no spam.")
    return Classified(Verdict.COMPLAINT, "arf", f"A feedback report of type {kind or 'unknown'} came back.")


def _delivery_report(mail: ParsedMail) -> Classified | None:
    if mail.report.kind != "delivery-status":
        return None
    return _reported(mail, mail.report.recipients, "delivery report")


def _reported(mail: ParsedMail, reports: Collection[RecipientReport], rule: str) -> Classified | None:
    """The verdict on the recipients' blocks of a report; None if there are none."""
    by_action: dict[str, list[RecipientReport]] = {}
    for one in reports:
        by_action.setdefault(_action(one, mail), []).append(one)
    if failed := by_action.get("failed"):
        chosen = _ours_among(failed, mail)
        failure = failure_of(chosen.diagnostic, code=chosen.status)
        if failure.rule == "doubtful":
            failure = failure_of(before_copy(mail.text), code=chosen.status)
        people = tuple(dict.fromkeys(one.recipient for one in failed if "@" in one.recipient))
        return _bounce(failure, rule, people or mail.returned.to, chosen.diagnostic)
    if delayed := by_action.get("delayed"):
        return Classified(
            Verdict.DELAYED,
            rule,
            "The mail is delayed; the server goes on trying.",
            code=delayed[0].status,
            recipients=tuple(one.recipient for one in delayed),
            diagnostic=delayed[0].diagnostic,
        )
    return Classified(Verdict.DELIVERED, rule, "The mail was delivered or passed on.") if reports else None


def _receipt(mail: ParsedMail) -> Classified | None:
    if mail.report.kind != "disposition-notification":
        return None
    return Classified(
        Verdict.AUTO_REPLY, "read receipt", "A read receipt: the mail was displayed or deleted."
    )


def _other_bounce(mail: ParsedMail) -> Classified | None:
    """Reports that are not written as RFC 3464 wants them, by sender, subject, words and flufl.bounce."""
    failed = mail.header("x-failed-recipients")
    address = mail.sender.address
    from_system = bool(_SYSTEMS.match(address)) or not address
    no_return = "return-path" in mail.headers and not mail.header("return-path").strip("<> ")
    says_so = bool(_NOT_DELIVERED.search(mail.subject))
    from_machine = (no_return or bool(_MACHINES.match(address))) and not mail.returned.empty
    if not (failed or from_system or from_machine or (no_return and says_so)):
        return None
    told = before_copy(mail.text)
    if not says_so and (from_system or from_machine):
        says_so = bool(_SAYS_IT_FAILED.search(told))
        from_system = from_system or says_so
    if not failed and not from_system and not (no_return and says_so):
        return None
    if reported := _reported(mail, fields_in_words(told), "report in words"):
        return reported
    later, never = _second_opinion(mail)
    named = tuple(part.strip() for part in failed.split(",") if part.strip()) or never
    if _DELAYED.search(mail.subject) or (later and not named):
        return Classified(
            Verdict.DELAYED,
            "delay notice",
            "The mail is delayed; the server goes on trying.",
            recipients=later or failed_in_words(mail, told),
        )
    if not named and not says_so:
        if from_system and address:
            return Classified(
                Verdict.OTHER, "mail system", "A mail system wrote it; it names no failed address."
            )
        return None
    return _bounce(failure_of(told), "report in words", named or failed_in_words(mail, told), "")


def _opt_out(mail: ParsedMail) -> Classified | None:
    if not _UNSUBSCRIBE.search(mail.subject):
        return None
    return Classified(Verdict.UNSUBSCRIBE, "subject", "The subject asks to unsubscribe.")


def _automatic(mail: ParsedMail, now: datetime) -> Classified | None:
    sign = sign_of_automat(mail)
    if not sign:
        return None
    written = mail.date if mail.date is not None and timedelta(0) <= now - mail.date <= _FRESH else now
    stated = return_date(f"{mail.subject}\n\n{mail.reply_text or mail.text}", today=written.date())
    if stated is not None and stated <= now.date():
        stated = None
    told = f" Back on {stated.day} {stated:%B %Y}." if stated else ""
    return Classified(Verdict.AUTO_REPLY, "automat", sign + told, returns_on=stated)


def _written(mail: ParsedMail) -> Classified:
    if not mail.thread_ids and not mail.tokens:
        for name in _FOREIGN_LIST:
            if mail.header(name):
                return Classified(Verdict.OTHER, "mailing list", f"Bulk mail: the field {name} is there.")
        if not mail.sender.address:
            return Classified(Verdict.OTHER, "no sender", "It does not say who wrote it.")
    return Classified(Verdict.REPLY, "person", "A person wrote it.")


def _action(one: RecipientReport, mail: ParsedMail) -> str:
    """What happened to one recipient; without an Action field the status and the words tell."""
    if one.action in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        return one.action
    if one.status.startswith("2."):
        return "delivered"
    delayed = one.status.startswith("4.") and _DELAYED.search(f"{mail.subject}\n{mail.text[:1000]}")
    return "delayed" if delayed else "failed"


def _ours_among(failed: list[RecipientReport], mail: ParsedMail) -> RecipientReport:
    """The block about the address we wrote to, if the report returns our To; else the first one."""
    to = {address.lower() for address in mail.returned.to}
    return next((one for one in failed if {one.original.lower(), one.final.lower()} & to), failed[0])


def _bounce(failure: Failure, rule: str, people: tuple[str, ...], diagnostic: str) -> Classified:
    return Classified(
        Verdict.BOUNCE,
        f"{rule}, {failure.rule}",
        failure.explanation,
        failure=failure.failure,
        code=failure.code,
        recipients=people,
        diagnostic=diagnostic,
    )


def _second_opinion(mail: ParsedMail) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """flufl.bounce's failed addresses, for now and for good. Its detectors stumble over a missing From."""
    if not 0 < len(mail.header("from")) < _LONGEST_FROM:
        return (), ()
    try:
        later, never = all_failures(mail.source)
    except (*UNREADABLE, re.error):
        return (), ()
    return _sorted(later), _sorted(never)


def _sorted(found: Collection[bytes | str]) -> tuple[str, ...]:
    return tuple(sorted(one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in found))
