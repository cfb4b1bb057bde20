"""The submission server: SMTP with login, on aiosmtpd, with everything that can go wrong on demand."""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
from collections.abc import Mapping
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mail.behaviour import Behaviour, account_name, of_address, strongest
from sandbox.mail.ledger import Submission
from sandbox.mail.postoffice import PostOffice
from sandbox.switches import Switches

# aiosmtpd logs each command, and warns of its own deprecated attribute at each login.
logging.getLogger("mail.log").setLevel(logging.ERROR)

BAD_LOGIN = "535 5.7.8 Authentication failed: the user name or the password is wrong"
LOGINS_REFUSED = "535 5.7.8 Authentication failed: logins are refused at the moment"
NO_SUCH_USER = "550 5.1.1 {}: Recipient address rejected: User unknown"
GREYLISTED = "451 4.7.1 {}: Recipient address rejected: Greylisted, please try again later"
_HANG_POLL = 0.05


class SubmissionServer:
    """Makes one protocol object per connection; knows passwords and who was greylisted."""

    def __init__(self, office: PostOffice, switches: Switches, passwords: Mapping[str, str]) -> None:
        self.office = office
        self.switches = switches
        self._passwords = passwords
        self._greylisted: set[tuple[str, str]] = set()
        self.connections: set[SubmissionProtocol] = set()

    async def listen(
        self, host: str, port: int, *, tls: ssl.SSLContext, implicit: bool
    ) -> asyncio.base_events.Server:
        """Listen with STARTTLS on offer, or (``implicit``) with TLS from the first byte."""
        loop = asyncio.get_running_loop()

        def protocol() -> SubmissionProtocol:
            return SubmissionProtocol(self, loop, None if implicit else tls)

        return await loop.create_server(protocol, host, port, ssl=tls if implicit else None)

    def close(self) -> None:
        """End every connection."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.close()

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        """aiosmtpd's hook: right password, and logins not switched off."""
        assert isinstance(data, LoginPassword)
        account = data.login.decode("utf-8", "replace").strip().lower()
        known = self._passwords.get(account, "")
        right = bool(known) and hmac.compare_digest(data.password, known.encode())
        if right and not self.switches.smtp_refuse_logins:
            return AuthResult(success=True, auth_data=account)
        answer = LOGINS_REFUSED if self.switches.smtp_refuse_logins else BAD_LOGIN
        self.office.ledger.refuse(account=account, sender="", recipient="", stage="login", answer=answer)
        return AuthResult(success=False, handled=False, message=answer)

    async def handle_MAIL(
        self,
        server: SubmissionProtocol,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """aiosmtpd's hook: login first, then the switches."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.switches.take_smtp_cut("mail"):
            return server.cut("mail")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._refusal(server, "mail") or "250 2.1.0 OK"

    async def handle_RCPT(
        self,
        server: SubmissionProtocol,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """aiosmtpd's hook: what the address itself does at RCPT."""
        if self.switches.take_smtp_cut("rcpt"):
            return server.cut("rcpt", address)
        refusal = self._refusal(server, "rcpt", address) or self._refused_by_address(
            server, envelope, address
        )
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SubmissionProtocol, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook: the message is complete. It is booked before any delay or cut."""
        refusal = self._refusal(server, "data", ", ".join(envelope.rcpt_tos))
        if refusal:
            return refusal
        dropped = self.switches.drop_at == "answer" and strongest(envelope.rcpt_tos, Behaviour.DROP)
        cut = dropped or self.switches.take_smtp_cut("answer")
        delay = self.switches.smtp_data_delay
        if strongest(envelope.rcpt_tos, Behaviour.SLOW):
            delay += self.switches.slow_delay
        if not cut or self.switches.drop_keeps:
            assert isinstance(envelope.content, bytes)
            submission = Submission(
                account=str(session.auth_data),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=envelope.content,
            )
            queue_id = self.office.take(submission, answered=not cut)
        if delay:
            await asyncio.sleep(delay)
        if cut:
            return server.cut("answer", ", ".join(envelope.rcpt_tos))
        return f"250 2.0.0 OK: queued as {queue_id}"

    def _refusal(self, server: SubmissionProtocol, place: str, recipient: str = "") -> str:
        if self.switches.smtp_refuse_at != place:
            return ""
        server.book(place, self.switches.smtp_refuse_with, recipient)
        return self.switches.smtp_refuse_with

    def _refused_by_address(self, server: SubmissionProtocol, envelope: Envelope, address: str) -> str:
        if self.office.store.has_account(account_name(address)):
            return ""
        behaviour = of_address(address)
        answer = ""
        if behaviour is Behaviour.REJECT:
            answer = NO_SUCH_USER.format(address)
        elif behaviour is Behaviour.GREYLIST:
            pair = ((envelope.mail_from or "").lower(), address.lower())
            if pair not in self._greylisted:
                self._greylisted.add(pair)
                answer = GREYLISTED.format(address)
        if answer:
            server.book("rcpt", answer, address)
        return answer


class SubmissionProtocol(SMTP):
    """One connection: aiosmtpd's protocol, plus hanging and cutting."""

    def __init__(
        self, world: SubmissionServer, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            world,
            hostname="mail.sandbox.example",
            ident="ESMTP",
            tls_context=tls,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=world.authenticate,
            loop=loop,
        )
        self.world = world
        self._cut_after = 0

    async def _handle_client(self) -> None:
        self.world.connections.add(self)
        try:
            if self.world.switches.take_smtp_cut("greeting"):
                self.cut("greeting")
                return
            await super()._handle_client()
        finally:
            self.world.connections.discard(self)

    async def push(self, status: AnyStr) -> None:
        """Answer, unless the server hangs (then when it no longer does) or the line is cut."""
        while self.world.switches.smtp_hang:
            await asyncio.sleep(_HANG_POLL)
        if self.transport is not None and not self.transport.is_closing():
            await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:
        """Cut before 354, or set the trap for a cut in the middle, then go on as usual."""
        assert self.envelope is not None
        switches = self.world.switches
        recipients = ", ".join(self.envelope.rcpt_tos)
        if self.envelope.rcpt_tos and switches.take_smtp_cut("data"):
            self.cut("data", recipients)
            return
        dropped = switches.drop_at == "middle" and strongest(self.envelope.rcpt_tos, Behaviour.DROP)
        if self.envelope.rcpt_tos and (dropped or switches.take_smtp_cut("middle")):
            self._cut_after = 1
        await super().smtp_DATA(arg)

    def data_received(self, data: bytes) -> None:
        """The trap for a cut in the middle: the first bytes of the message are taken, the rest never."""
        if self._cut_after:
            self._cut_after = 0
            assert self.envelope is not None
            self.cut("middle", ", ".join(self.envelope.rcpt_tos))
            return
        super().data_received(data)

    def cut(self, stage: str, recipient: str = "") -> str:
        """Reset the connection without a word; the text is what the caller's hook may return, nobody reads it."""
        self.book(stage, "(the line was cut)", recipient)
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        return "421 cut"

    def book(self, stage: str, answer: str, recipient: str = "") -> None:
        """Write a refusal into the ledger."""
        account = (self.session.auth_data if self.session else None) or ""
        sender = (self.envelope.mail_from if self.envelope else None) or ""
        self.world.office.ledger.refuse(
            account=account, sender=sender, recipient=recipient, stage=stage, answer=answer
        )
