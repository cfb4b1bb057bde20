"""The IMAP server: listening, reading commands, hanging and cutting. What commands do is in ``imap_session``.

IMAP4rev1 (RFC 3501) as far as mail readers use it, with LITERAL+, UIDPLUS, IDLE, SASL-IR, UNSELECT and ID. No
special-use flags: a client finds Sent by its name, as at many providers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping

from sandbox.mail.imap_session import Session
from sandbox.mail.imap_syntax import BadCommand, Word, literal_at_end, tokens
from sandbox.mail.store import MailStore
from sandbox.switches import Switches

_LONGEST_LINE = 256 * 1024
_LARGEST_LITERAL = 40 * 1024 * 1024
_HANG_POLL = 0.05


class Cut(Exception):
    """The line was cut on purpose."""


class ImapServer:
    """All connections of one mail world."""

    def __init__(
        self,
        store: MailStore,
        switches: Switches,
        passwords: Mapping[str, str],
        opens: Callable[[str], str],
    ) -> None:
        self.store = store
        self.switches = switches
        self.passwords = passwords
        #: The account that an access token opens now, or nothing.
        self.opens = opens
        self.connections: set[asyncio.Task[None]] = set()

    async def listen(
        self, host: str, port: int, *, tls: ssl.SSLContext, implicit: bool
    ) -> asyncio.base_events.Server:
        """Listen with STARTTLS on offer, or (``implicit``) with TLS from the first byte."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self.connections.add(task)
            try:
                await Connection(self, reader, writer, None if implicit else tls).run()
            finally:
                self.connections.discard(task)

        return await asyncio.start_server(
            serve, host, port, limit=_LONGEST_LINE, ssl=tls if implicit else None
        )

    async def close(self) -> None:
        """End every connection."""
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)


class Connection:
    """One client's line: bytes in, bytes out."""

    def __init__(
        self,
        server: ImapServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        starttls: ssl.SSLContext | None,
    ) -> None:
        self.server = server
        self.starttls = starttls
        self._reader = reader
        self._writer = writer
        self.session = Session(self, server.store, server.switches, server.passwords, server.opens)

    async def run(self) -> None:
        """Greet, then answer commands until the client leaves, is thrown out or the line is cut."""
        try:
            await self._while_hanging()
            self.send(f"* OK [CAPABILITY {self.session.capabilities()}] mail.sandbox.example ready")
            await self.flush()
            while not self.session.ended:
                await self._one_command()
        except (ConnectionError, asyncio.IncompleteReadError, Cut, ssl.SSLError):
            pass  # the client is gone or was cut off; there is nobody left to tell
        except asyncio.LimitOverrunError:
            self.send("* BYE the command line is too long")
        except asyncio.CancelledError:
            # Only ``ImapServer.close`` cancels, and it awaits the end; a stream callback that stays
            # cancelled is reported by asyncio as an error.
            self.send("* BYE the server is going down")
        finally:
            self.session.unselect()
            self._writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await self._writer.wait_closed()

    def send(self, line: str | bytes) -> None:
        """Queue one answer line, or a block that ends with one."""
        self._writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def flush(self) -> None:
        """Wait until the client takes what was sent; not before the server stops hanging."""
        await self._while_hanging()
        await self._writer.drain()

    async def cut(self, sent: bytes) -> None:
        """Send the beginning of an answer and reset the line."""
        self._writer.write(sent)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()
        await asyncio.sleep(0.02)  # a reset overtakes bytes the client has not read yet
        self._writer.transport.abort()
        raise Cut

    def hang_up(self) -> None:
        """Close after what was sent, also while the client's next command is being waited for."""
        self._writer.close()

    async def line(self) -> bytes:
        """The next line without its end."""
        return (await self._reader.readuntil(b"\r\n"))[:-2]

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on encrypted; nothing the client sent before counts (RFC 3501 §6.2.1)."""
        await self._writer.start_tls(context)
        self.starttls = None

    def _acknowledge_quickly(self) -> None:
        """Spare clients that send a literal and its line end in two writes the 40 ms of a delayed ACK (Linux)."""
        if hasattr(socket, "TCP_QUICKACK"):
            self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    async def _while_hanging(self) -> None:
        while self.server.switches.imap_hang:
            await asyncio.sleep(_HANG_POLL)

    async def _one_command(self) -> None:
        line = await self._reader.readuntil(b"\r\n")
        tag = line.split(b" ", 1)[0].strip().decode("ascii", "replace") or "*"
        try:
            words = await self._with_literals(line[:-2])
            await self._while_hanging()
            if len(words) < 2 or not isinstance(words[1], Word):
                raise BadCommand("a command is a tag and a word")
            await self.session.handle(tag, str(words[1]).upper(), words[2:])
        except BadCommand as problem:
            self.send(f"{tag} BAD {problem}")
        await self.flush()

    async def _with_literals(self, line: bytes) -> list[Word | bytes | list]:
        literals: list[bytes] = []
        whole = line
        while (announced := literal_at_end(line)) is not None:
            length, waits = announced
            if length > _LARGEST_LITERAL:
                raise BadCommand("[TOOBIG] the literal is too large")
            if waits:
                self.send("+ go on")
                await self.flush()
                self._acknowledge_quickly()
            literals.append(await self._reader.readexactly(length))
            line = await self.line()
            whole += line
        return tokens(whole, literals)
