"""SMTP submission: sessions through the egress door, each stage of a message told apart, a pool per process.

A session logs in once and carries many messages. In doubt it is thrown away: after a lost line, an answer out
of place, a reset that failed. Only one worker at a time holds a mailbox's lease, so the pool holds at most one
idle session per mailbox.
"""

from __future__ import annotations

import base64
import hashlib
import select
import smtplib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from django.conf import settings

from foundation import egress
from outreach import slots
from outreach.models import Mailbox
from outreach.transports.base import Answer, MailboxTrouble, Reply, Stage, unreachable
from outreach.transports.login import Login, opened, reason_of

#: How long an answer to MAIL may take before the caller does its other work first.
_PATIENCE = 0.2
#: Idle sessions older than this are asked NOOP before use; much older ones are closed.
_ASK_AFTER = 5.0
_CLOSE_AFTER = 60.0
_TEXT = 500
#: Answers to a login that mean "not with this password"; others are the server's momentary trouble.
_WRONG_PASSWORD = frozenset({530, 534, 535})


def words(raw: bytes | str) -> str:
    """A server's answer as one readable line."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return " ".join(text.split())[:_TEXT]


@dataclass
class SmtpSession:
    """One logged-in connection. ``server`` is counted in ``slots`` while a call is unanswered."""

    smtp: smtplib.SMTP
    server: str
    alive: bool = True
    used_at: float = field(default_factory=time.monotonic)

    def envelope(self, sender: str, recipient: str, *, size: int, meanwhile: Callable[[], None]) -> Reply:
        """MAIL and RCPT; a refusal leaves the session usable."""
        options = [f"size={size}"] if self.smtp.has_extn("size") else []
        if not (sender + recipient).isascii():
            if not self.smtp.has_extn("smtputf8"):
                return Reply(
                    Answer.REFUSED, Stage.ENVELOPE, 553, "5.6.7 The server takes no international addresses"
                )
            self.smtp.command_encoding = "utf-8"
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        try:
            with slots.waiting(self.server):
                # Not smtplib.mail(): between question and answer the caller may have something to write down.
                self.smtp.putcmd("mail", " ".join(["FROM:" + smtplib.quoteaddr(sender), *options]))
                self._do_meanwhile(meanwhile)
                code, text = self.smtp.getreply()
                if code == 250:
                    code, text = self.smtp.rcpt(recipient)
        except (smtplib.SMTPException, OSError) as error:
            return self._lost(Stage.ENVELOPE, error)
        finally:
            self.smtp.command_encoding = "ascii"
        return self._reply(Stage.ENVELOPE, code, text, accepted=(250, 251))

    def data(self, content: bytes) -> Reply:
        """The message itself; anything but a clear answer is a lost line."""
        sock = self.smtp.sock
        try:
            with slots.waiting(self.server):
                if sock is not None:
                    sock.settimeout(2 * settings.SMTP_TIMEOUT.total_seconds())
                code, text = self.smtp.data(content)
                if sock is not None:
                    sock.settimeout(settings.SMTP_TIMEOUT.total_seconds())
        except smtplib.SMTPDataError as error:
            # The answer to DATA was not 354: a plain no, nothing of the message has left.
            return self._reply(Stage.DATA, error.smtp_code, error.smtp_error, accepted=())
        except (smtplib.SMTPException, OSError) as error:
            return self._lost(Stage.DATA, error)
        self.used_at = time.monotonic()
        return self._reply(Stage.DATA, code, text, accepted=(250,))

    def reset(self) -> None:
        """Forget the envelope; a session that cannot is thrown away."""
        try:
            with slots.waiting(self.server):
                code, _ = self.smtp.rset()
            self.alive = self.alive and code == 250
        except (smtplib.SMTPException, OSError):
            self.alive = False

    def close(self) -> None:
        """QUIT if the line still stands; never raises."""
        with suppress(smtplib.SMTPException, OSError):
            if self.alive:
                self.smtp.quit()
            else:
                self.smtp.close()
        self.alive = False

    def usable(self) -> bool:
        """Whether the session may be used now; asks the server when it has been idle."""
        idle = time.monotonic() - self.used_at
        if not self.alive or idle > _CLOSE_AFTER:
            return False
        if idle > _ASK_AFTER:
            with suppress(smtplib.SMTPException, OSError), slots.waiting(self.server):
                return self.smtp.noop()[0] == 250
            return False
        return True

    def _do_meanwhile(self, meanwhile: Callable[[], None]) -> None:
        if self.smtp.sock is not None and not select.select([self.smtp.sock], [], [], _PATIENCE)[0]:
            meanwhile()

    def _reply(self, stage: Stage, code: int, raw: bytes | str, *, accepted: tuple[int, ...]) -> Reply:
        text = words(raw)
        if code in accepted:
            return Reply(Answer.ACCEPTED, stage, code, text)
        if code == 421 or not 400 <= code < 600:
            # 421: the server hangs up after this. An answer out of place: we no longer know where we are.
            self.alive = False
        else:
            self.reset()
        if 500 <= code < 600:
            return Reply(Answer.REFUSED, stage, code, text)
        if 400 <= code < 500 or stage is Stage.ENVELOPE:
            return Reply(Answer.LATER, stage, code, text)
        return Reply(Answer.LOST, stage, code, text)

    def _lost(self, stage: Stage, error: Exception) -> Reply:
        self.alive = False
        return Reply(Answer.LOST, stage, 0, words(str(error)))


def open_session(mailbox: Mailbox, login: Login) -> SmtpSession:
    """Connect and log in with ``login``; raises :class:`MailboxTrouble` with the server's own words."""
    timeout, started = settings.SMTP_TIMEOUT.total_seconds(), time.monotonic()
    try:
        with slots.waiting(mailbox.smtp_server):
            smtp = egress.smtp(
                mailbox.smtp_host,
                mailbox.smtp_port,
                security=cast("egress.Security", mailbox.smtp_security),
                timeout=timeout,
                local_hostname=mailbox.address.rpartition("@")[2],
            )
            _log_in(smtp, login)
    except egress.EgressRefused as problem:
        raise MailboxTrouble("private", str(problem)) from problem
    except egress.Unreachable as problem:
        waited = time.monotonic() - started
        raise unreachable(problem, host=mailbox.smtp_host, waited=waited, patience=timeout) from problem
    except smtplib.SMTPResponseException as error:
        raise MailboxTrouble("refused", f"{error.smtp_code} {words(error.smtp_error)}") from error
    return SmtpSession(smtp, mailbox.smtp_server)


def _log_in(smtp: smtplib.SMTP, login: Login) -> None:
    if not login.username:
        return
    try:
        if login.bearer:
            _log_in_with_token(smtp, login)
        else:
            smtp.login(login.username, login.secret)
    except smtplib.SMTPAuthenticationError as error:
        smtp.close()
        kind = "auth" if error.smtp_code in _WRONG_PASSWORD else "refused"
        raise MailboxTrouble(kind, f"{error.smtp_code} {words(error.smtp_error)}") from error
    except smtplib.SMTPNotSupportedError as error:
        smtp.close()
        raise MailboxTrouble("refused", "The server offers no login on this line.") from error
    except smtplib.SMTPResponseException as error:
        smtp.close()
        raise MailboxTrouble("refused", f"{error.smtp_code} {words(error.smtp_error)}") from error
    except (smtplib.SMTPException, OSError) as error:
        smtp.close()
        kind = "timeout" if "timed out" in str(error) else "cut"
        raise MailboxTrouble(kind, words(str(error))) from error


def _log_in_with_token(smtp: smtplib.SMTP, login: Login) -> None:
    """AUTH XOAUTH2. A server that refuses says why in a challenge first, which is answered with an empty line."""
    if "XOAUTH2" not in str(smtp.esmtp_features.get("auth", "")).upper().split():
        raise smtplib.SMTPNotSupportedError
    coded = base64.b64encode(login.xoauth2().encode()).decode()
    code, text = smtp.docmd("AUTH", f"XOAUTH2 {coded}")
    reason = ""
    if code == 334:
        reason = reason_of(text)
        code, text = smtp.docmd("")
    if code not in {235, 503}:
        said = text + f" ({reason})".encode() if reason else text
        raise smtplib.SMTPAuthenticationError(code, said)


@dataclass
class Pool:
    """Idle sessions of this process, one per mailbox at most."""

    _idle: dict[int, tuple[str, SmtpSession]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, mailbox: Mailbox) -> SmtpSession:
        """An open session of this mailbox; connects if there is no usable one."""
        with self._lock:
            version, session = self._idle.pop(mailbox.pk, ("", None))
        if session is not None:
            if version == _version(mailbox) and session.usable():
                return session
            session.close()
        return opened(mailbox, "smtp", lambda login: open_session(mailbox, login))

    def give_back(self, mailbox: Mailbox, session: SmtpSession) -> None:
        """Keep the session for later if it is in order; close what has been idle for long."""
        now = time.monotonic()
        with self._lock:
            if session.alive:
                self._idle[mailbox.pk] = (_version(mailbox), session)
            old = [pk for pk, (_, idle) in self._idle.items() if now - idle.used_at > _CLOSE_AFTER]
            leftover = [self._idle.pop(pk)[1] for pk in old]
        if not session.alive:
            leftover.append(session)
        for idle in leftover:
            idle.close()

    def clear(self) -> None:
        """Close everything (process end, tests)."""
        with self._lock:
            idle, self._idle = list(self._idle.values()), {}
        for _, session in idle:
            session.close()


def _version(mailbox: Mailbox) -> str:
    """Changes whenever a session opened before must not be used any more."""
    parts = (
        mailbox.smtp_server,
        mailbox.smtp_security,
        mailbox.smtp_username,
        mailbox.secret,
        str(mailbox.linked_at),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


#: The one pool of this process.
pool = Pool()
