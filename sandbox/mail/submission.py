"""The submission server: SMTP with login, on aiosmtpd, with everything that can go wrong on demand."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mail.behaviour import Behaviour, account_name, of_address, strongest
from sandbox.mail.ledger import Submission
from sandbox.mail.postoffice import PostOffice
from sandbox.mail.xoauth2 import REFUSED, bearer_of
from sandbox.switches import Switches

# aiosmtpd logs each command, and warns of its own deprecated attribute at each login.
logging.getLogger("mail.log").setLevel(logging.ERROR)

BAD_LOGIN = "535 5.7.8 Authentication failed: the user name or the password is wrong"
LOGINS_REFUSED = "535 5.7.8 Authentication failed: logins are refused at the moment"
LOGIN_OVER = "421 4.7.0 The access token has expired, closing connection"
NO_SUCH_USER = "550 5.1.1 {}: Recipient address rejected: User unknown"
GREYLISTED = "451 4.7.1 {}: Recipient address rejected: Greylisted, please try again later"
_HANG_POLL = 0.05
_END = b"\r\n.\r\n"
_LONGEST_LINE = 998  # RFC 5322 §2.1.1; a client that sends bare LF runs into it soon


class SubmissionServer:
    """Makes one protocol object per connection; knows passwords and who was greylisted."""

    def __init__(
        self,
        office: PostOffice,
        switches: Switches,
        passwords: Mapping[str, str],
        opens: Callable[[str], str],
    ) -> None:
        self.office = office
        self.switches = switches
        self._passwords = passwords
        #: The account that an access token opens now, or nothing.
        self.opens = opens
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
        return self._no_login(account, answer)

    async def auth_XOAUTH2(self, server: SubmissionProtocol, args: list[str]) -> AuthResult:
        """aiosmtpd's hook: a Bearer token. A refusal is a challenge with the reason first, then the 535."""
        given: Any = args[1].encode() if len(args) > 1 else await server.challenge_auth("")
        if len(args) == 1 and isinstance(given, bytes):
            given = base64.b64encode(given)
        user, token = bearer_of(given) if isinstance(given, bytes) else ("", "")
        if user and self.opens(token) == user and not self.switches.smtp_refuse_logins:
            server.bearer = token
            return AuthResult(success=True, auth_data=user)
        await server.challenge_auth(REFUSED)
        return self._no_login(user, LOGINS_REFUSED if self.switches.smtp_refuse_logins else BAD_LOGIN)

    def _no_login(self, account: str, answer: str) -> AuthResult:
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
        if server.bearer and self.switches.oauth_sessions_end and not self.opens(server.bearer):
            return LOGIN_OVER
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
        #: The access token of the login; empty for a password.
        self.bearer = ""
        self._cut_in_the_middle = False
        self._complete: asyncio.Future[bytes] | None = None
        self._collected = bytearray()
        self._searched = 0

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

    async def smtp_DATA(self, arg: str | None) -> None:
        """DATA as aiosmtpd has it, but read in blocks: line by line costs more than all the rest together."""
        assert self.envelope is not None
        assert self.session is not None
        if not self.envelope.rcpt_tos or arg:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        switches = self.world.switches
        if switches.take_smtp_cut("data"):
            self.cut("data", ", ".join(self.envelope.rcpt_tos))
            return
        dropped = switches.drop_at == "middle" and strongest(self.envelope.rcpt_tos, Behaviour.DROP)
        self._cut_in_the_middle = dropped or switches.take_smtp_cut("middle")
        content = await self._content()
        problem = _problem(content, self.data_size_limit or len(content))
        if problem:
            self.book("data", problem, ", ".join(self.envelope.rcpt_tos))
        else:
            self.envelope.content = self.envelope.original_content = content
        status = problem or await self.world.handle_DATA(self, self.session, self.envelope)
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _content(self) -> bytes:
        """Everything up to the lone dot, dots unstuffed (RFC 5321 §4.5.2)."""
        self._complete = self.loop.create_future()
        # The line end before the first line lets an empty message end like any other.
        self._collected = bytearray(b"\r\n")
        self._searched = 0
        # What a client that does not wait for 354 sent along with DATA; asyncio has no public way to ask for it.
        held: bytearray = self._reader._buffer  # type: ignore[attr-defined] # noqa: SLF001
        early = bytes(held)
        held.clear()
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        if early:
            self.data_received(early)
        content: bytes = await self._complete
        return content.replace(b"\r\n..", b"\r\n.")[2:]

    def data_received(self, data: bytes) -> None:
        """Collect a message while DATA waits for one; everything else goes to aiosmtpd's reader."""
        if self._complete is None or self._complete.done():
            super().data_received(data)
            return
        if self._cut_in_the_middle:
            assert self.envelope is not None
            self.cut("middle", ", ".join(self.envelope.rcpt_tos))
            return
        self._collected += data
        end = self._collected.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._collected) - len(_END) + 1)
            return
        rest = bytes(self._collected[end + len(_END) :])
        self._complete.set_result(bytes(self._collected[: end + 2]))
        if rest:
            super().data_received(rest)

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


def _problem(content: bytes, limit: int) -> str:
    if len(content) > limit:
        return "552 5.3.4 Error: too much mail data"
    if max(map(len, content.split(b"\r\n"))) > _LONGEST_LINE:
        return "500 5.5.2 Line too long (see RFC 5321 4.5.3.1.6)"
    return ""
