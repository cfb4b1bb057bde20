"""Opening a mailbox over IMAP, and finding the folder its owner calls Sent."""

from __future__ import annotations

import imaplib
import re
import time
from typing import cast

import imap_tools
from django.conf import settings

from foundation import egress
from outreach import slots
from outreach.models import Mailbox
from outreach.transports.base import MailboxTrouble, unreachable
from outreach.transports.login import Login, opened, reason_of

#: What "Sent" is called where the server names no special-use folder (RFC 6154), compared without case.
_SENT_NAMES = (
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "[gmail]/sent mail",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "envoyés",
    "messages envoyés",
    "éléments envoyés",
    "enviados",
    "mensajes enviados",
    "elementos enviados",
    "itens enviados",
    "inviati",
    "posta inviata",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "skickat",
    "skickade objekt",
    "sendt",
    "sendte elementer",
    "sendt post",
    "lähetetyt",
    "wysłane",
    "elementy wysłane",
    "odeslané",
    "odeslaná pošta",
    "elküldött",
    "trimise",
    "gönderilmiş öğeler",
    "отправленные",
    "надіслані",
    "已发送",
    "寄件備份",
    "送信済み",
    "送信済みアイテム",
    "보낸 편지함",
)
#: RFC 5530 §3: the login is refused for now, which says nothing about the password.
_LATER = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]|.{0,20}too many simultaneous", re.IGNORECASE
)


def open_for(mailbox: Mailbox) -> imap_tools.BaseMailBox:
    """The mailbox, logged in with what is stored of it; raises :class:`MailboxTrouble`."""

    def connect(login: Login) -> imap_tools.BaseMailBox:
        with slots.waiting(mailbox.imap_server):
            return open_mailbox(
                mailbox.imap_host,
                mailbox.imap_port,
                security=mailbox.imap_security,
                username=login.username,
                password=login.secret,
                bearer=login.bearer,
                timeout=settings.IMAP_TIMEOUT.total_seconds(),
            )

    return opened(mailbox, "imap", connect)


def open_mailbox(
    host: str,
    port: int,
    *,
    security: str,
    username: str,
    password: str,
    timeout: float,
    bearer: bool = False,
) -> imap_tools.BaseMailBox:
    """Connect and log in; raises :class:`MailboxTrouble` with the server's own words.

    ``bearer``: ``password`` is an access token (SASL XOAUTH2).
    """
    started = time.monotonic()
    try:
        box = egress.imap(host, port, security=cast("egress.Security", security), timeout=timeout)
    except egress.EgressRefused as problem:
        raise MailboxTrouble("private", str(problem)) from problem
    except egress.Unreachable as problem:
        waited = time.monotonic() - started
        raise unreachable(problem, host=host, waited=waited, patience=timeout) from problem
    try:
        if bearer:
            _log_in_with_token(box, Login(username, password, bearer=True))
        else:
            box.login(username, password, initial_folder=None)
    except MailboxTrouble:
        _hang_up(box)
        raise
    except imap_tools.MailboxLoginError as error:
        _hang_up(box)
        words = _words(error)
        raise MailboxTrouble("refused" if _LATER.match(words) else "auth", words) from error
    except imap_tools.ImapToolsError as error:
        _hang_up(box)
        raise MailboxTrouble("refused", str(error)[:500]) from error
    except TimeoutError as error:
        _hang_up(box)
        raise MailboxTrouble("timeout", f"{host} did not answer the login in time.") from error
    except (imaplib.IMAP4.error, OSError) as error:
        _hang_up(box)
        raise MailboxTrouble("cut", f"{host} closed the connection during the login.") from error
    return box


def _log_in_with_token(box: imap_tools.BaseMailBox, login: Login) -> None:
    """AUTHENTICATE XOAUTH2. A server that refuses says why in a challenge first, which is answered with nothing."""
    reasons: list[str] = []

    def answer(challenge: bytes) -> bytes:
        if not challenge:
            return login.xoauth2().encode()
        reasons.append(reason_of(challenge))
        return b""

    try:
        box.client.authenticate("XOAUTH2", answer)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        said = " ".join(str(error).split())[:500] or "The server refused the sign-in."
        reason = f" ({reasons[0]})" if reasons and reasons[0] else ""
        raise MailboxTrouble("refused" if _LATER.match(said) else "auth", f"{said}{reason}") from error


def folders(box: imap_tools.BaseMailBox) -> list[imap_tools.FolderInfo]:
    """All folders; imap_tools leaves the escape in front of a backslash in a name."""
    listed = box.folder.list()
    for folder in listed:
        folder.name = folder.name.replace("\\\\", "\\")
    return listed


def sent_folder(box: imap_tools.BaseMailBox) -> str | None:
    """The folder for sent mail: by special-use flag, else by name in several languages; None if there is none."""
    folders = box.folder.list()
    for folder in folders:
        if any(flag.lower() == "\\sent" for flag in folder.flags):
            return folder.name
    by_name = {_bare(folder): folder.name for folder in reversed(folders)}
    return next((by_name[name] for name in _SENT_NAMES if name in by_name), None)


def make_sent_folder(box: imap_tools.BaseMailBox) -> str:
    """Make "Sent", below INBOX where the server keeps everything there."""
    folders = box.folder.list()
    below = next(
        (f"INBOX{each.delim}" for each in folders if each.name.upper().startswith(f"INBOX{each.delim}")), ""
    )
    name = f"{below}Sent"
    box.folder.create(name)
    return name


def _bare(folder: imap_tools.FolderInfo) -> str:
    name = folder.name.casefold()
    prefix = f"inbox{folder.delim}".casefold()
    return name.removeprefix(prefix)


def _words(error: imap_tools.MailboxLoginError) -> str:
    """``('NO', [b'[AUTHENTICATIONFAILED] …'])`` as the server said it."""
    lines = error.command_result[1] if len(error.command_result) > 1 else []
    text = " ".join(line.decode("utf-8", "replace") for line in lines if isinstance(line, bytes))
    return " ".join(text.split())[:500] or "The server refused the login."


def _hang_up(box: imap_tools.BaseMailBox) -> None:
    box.client.shutdown()
