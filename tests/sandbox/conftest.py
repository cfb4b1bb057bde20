"""One sandbox for all tests here; each test begins with default switches and empty books."""

from __future__ import annotations

import imaplib
import smtplib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from sandbox.client import Sandbox

ACCOUNTS = {"alice@demo.example": "alice secret", "bob@demo.example": "b:o b"}


@dataclass(frozen=True)
class Mail:
    """Alice's side of the mail world: real smtplib and imaplib against the sandbox."""

    world: Sandbox
    address: str = "alice@demo.example"

    def smtp(self) -> smtplib.SMTP:
        """A logged-in submission session."""
        session = smtplib.SMTP(self.world.host, self.world.smtp_port, timeout=10)
        try:
            session.login(self.address, self.world.password(self.address))
        except (smtplib.SMTPException, OSError):
            session.close()
            raise
        return session

    def send(self, to: str, *, text: str = "Hello there", **headers: str) -> str:
        """Submit one message; its Message-ID. Keyword names become headers, ``_`` for ``-``."""
        message = EmailMessage()
        message["From"], message["To"] = self.address, to
        message["Subject"] = headers.pop("Subject", "A post in Zürich")
        message["Message-ID"] = headers.pop("Message_ID", f"<{uuid.uuid4().hex}@demo.example>")
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        with self.smtp() as session:
            session.send_message(message)
        return str(message["Message-ID"])

    def imap(self) -> imaplib.IMAP4:
        """A logged-in reading session."""
        session = imaplib.IMAP4(self.world.host, self.world.imap_port, timeout=10)
        try:
            session.login(self.address, self.world.password(self.address))
        except (imaplib.IMAP4.error, OSError):
            session.shutdown()
            raise
        return session

    def fetch(self, folder: str = "INBOX") -> list[bytes]:
        """The bytes of every message in a folder, in order of UID."""
        with self.imap() as session:
            session.select(folder, readonly=True)
            _, found = session.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
            return [part[1] for part in found if isinstance(part, tuple)]


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox"), accounts=ACCOUNTS) as world:
        yield world


@pytest.fixture
def world(running_world: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, with default switches (answers come at once), empty books and empty folders."""
    running_world.reset()
    running_world.control(answer_delay=0.0)
    running_world.clear()
    for address in ACCOUNTS:
        for folder in ("INBOX", "Sent"):
            _empty(running_world, address, folder)
    yield running_world
    running_world.reset()


@pytest.fixture
def mail(world: Sandbox) -> Mail:
    return Mail(world)


def _empty(world: Sandbox, address: str, folder: str) -> None:
    if world.mailboxes()[address][folder]["messages"]:
        with Mail(world, address).imap() as session:
            session.select(folder)
            session.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
            session.expunge()
