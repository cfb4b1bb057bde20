"""Asking both mail servers whether they let us in, before anything is stored; what they say stands beside its field."""

from __future__ import annotations

from dataclasses import dataclass, field

import imap_tools
from django.conf import settings

from foundation.problems import Invalid
from outreach import provider_words
from outreach.models import Mailbox
from outreach.transports.base import MailboxTrouble
from outreach.transports.imap import make_sent_folder, open_for, open_mailbox, sent_folder
from outreach.transports.login import Login, opened
from outreach.transports.smtp import open_session

#: Trouble → the field of the form it stands beside; the rest stands at the host.
_FIELD = {"auth": "password", "tls": "security", "refused": "security"}
_SAYS = {
    "auth": "The {side} server refused the login: {words}",
    "dns": "The {side} server was not found: {words}",
    "connect": "The {side} server could not be reached: {words}",
    "tls": "No protected line to the {side} server: {words}",
    "timeout": "The {side} server did not answer in time: {words}",
    "cut": "The {side} server hung up: {words}",
    "refused": "The {side} server refused us: {words}",
    "private": "The {side} server cannot be used: {words}",
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """One side of a mailbox. ``security`` is one of ``Security``; ``bearer``: the password is an access token."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    bearer: bool = False

    @property
    def login(self) -> Login:
        """As the transports take it."""
        return Login(self.username, self.password, bearer=self.bearer)


class MailboxRefused(Invalid):
    """One or both mail servers did not let us in."""

    code = "mailbox_refused"


def check(*, address: str, smtp: Server, imap: Server) -> str:
    """Log in at both servers; the name of the Sent folder. Raises :class:`MailboxRefused` naming every fault."""
    faults: dict[str, str] = {}
    sent = ""
    probe = Mailbox(
        address=address,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_security=smtp.security,
        smtp_username=smtp.username,
    )
    try:
        open_session(probe, smtp.login).close()
    except MailboxTrouble as trouble:
        faults |= _fault("smtp", trouble)
    try:
        sent = _check_imap(imap)
    except MailboxTrouble as trouble:
        faults |= _fault("imap", trouble)
    if faults:
        raise MailboxRefused("The account was not linked; nothing was stored.", fields=faults)
    return sent


def check_stored(mailbox: Mailbox) -> None:
    """Log in at both servers with what is stored. Raises the first :class:`MailboxTrouble`."""
    opened(mailbox, "smtp", lambda login: open_session(mailbox, login)).close()
    open_for(mailbox).logout()


def _check_imap(server: Server) -> str:
    box = open_mailbox(
        server.host,
        server.port,
        security=server.security,
        username=server.username,
        password=server.password,
        bearer=server.bearer,
        timeout=settings.IMAP_TIMEOUT.total_seconds(),
    )
    with box:
        try:
            return sent_folder(box) or make_sent_folder(box)
        except (imap_tools.ImapToolsError, OSError) as error:
            raise MailboxTrouble("refused", str(error)[:300]) from error


def _fault(side: str, trouble: MailboxTrouble) -> dict[str, str]:
    """The server's words, and beside them what they mean where that is known."""
    said = _SAYS[trouble.kind].format(side=side.upper(), words=trouble)
    advice = provider_words.advice(str(trouble))
    return {f"{side}_{_FIELD.get(trouble.kind, 'host')}": f"{said} {advice}".strip()}
