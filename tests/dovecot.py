"""A real Dovecot for tests: ``sandbox.dovecot``, skipped where there is none, with a mail program to it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import imap_tools
import pytest

from sandbox.dovecot import Dovecot, DovecotMissing


class Server(Dovecot):
    """A running server with what a person does to their mailbox."""

    @contextmanager
    def box(self, address: str) -> Iterator[imap_tools.BaseMailBox]:
        """The owner's own mail program."""
        box = imap_tools.MailBoxUnencrypted("127.0.0.1", self.imap_port).login(
            address, self.accounts[address]
        )
        try:
            yield box
        finally:
            box.logout()

    def put(self, address: str, raw: bytes, *, folder: str = "INBOX", at: datetime) -> None:
        """A mail that arrives in a folder at a moment; the folder is made if it is not there."""
        with self.box(address) as box:
            if folder != "INBOX" and not box.folder.exists(folder):
                box.folder.create(folder)
            box.append(raw, folder, dt=at)


@contextmanager
def running(accounts: Mapping[str, str], *, sent: str = "Sent", tokeninfo_url: str = "") -> Iterator[Server]:
    """Started over an empty folder. Where Dovecot is missing the test is skipped; in CI it has to be there."""
    # pytest's own folders are closed to other users, and their names too long for a socket.
    with tempfile.TemporaryDirectory(prefix="dovecot", dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        try:
            server = Server.start(Path(directory), accounts, sent=sent, tokeninfo_url=tokeninfo_url)
        except DovecotMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        with server:
            yield server
