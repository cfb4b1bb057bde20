from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import dovecot
from sandbox.dovecot import Dovecot, DovecotMissing
from tests.dovecot import running

ADDRESS = "alice@demo.example"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running({ADDRESS: "secret"}) as server:
        yield server


@pytest.mark.mail
def test_dovecot_shows_what_is_delivered_and_takes_what_is_appended(server: Dovecot) -> None:
    server.deliver(ADDRESS, b"Subject: one\r\n\r\nwords\r\n")
    with imaplib.IMAP4("127.0.0.1", server.imap_port, timeout=10) as session:
        session.login(ADDRESS, "secret")
        session.select("INBOX", readonly=True)
        _, found = session.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
        assert isinstance(found[0], tuple)
        assert found[0][1] == b"Subject: one\r\n\r\nwords\r\n"
        session.create("Sent")
        assert session.append("Sent", r"(\Seen)", "", b"Subject: copy\r\n\r\nx\r\n")[0] == "OK"
        assert b"\\Sent" in b"".join(line for line in session.list()[1] if isinstance(line, bytes))


@pytest.mark.mail
def test_dovecot_speaks_tls_and_refuses_a_wrong_password(server: Dovecot) -> None:
    trusting = ssl.create_default_context(cafile=str(server.certificate))
    with imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, timeout=10, ssl_context=trusting) as session:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            session.login(ADDRESS, "wrong")
        session.login(ADDRESS, "secret")


def test_a_missing_dovecot_is_a_typed_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dovecot, "_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DovecotMissing, match="apt-get install"):
        Dovecot.start(tmp_path, {})
