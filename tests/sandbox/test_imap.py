from __future__ import annotations

import imaplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from imap_tools import AND, H, MailBoxUnencrypted, MailMessageFlags

from sandbox.client import Sandbox
from tests.sandbox.conftest import Mail

ALICE = "alice@demo.example"


def mailbox(world: Sandbox) -> MailBoxUnencrypted:
    return MailBoxUnencrypted(world.host, world.imap_port, timeout=10).login(ALICE, world.password(ALICE))


@contextmanager
def cut(session: imaplib.IMAP4) -> Iterator[imaplib.IMAP4]:
    """A session that the server will end: closed without the goodbye of its own ``with``, which would fail."""
    try:
        yield session
    finally:
        session.shutdown()


def put(world: Sandbox, count: int, text: str = "words") -> None:
    for number in range(count):
        world.deliver(
            ALICE, f"Subject: number {number}\r\nMessage-ID: <{number}@x>\r\n\r\n{text}\r\n".encode()
        )


def uids(session: imaplib.IMAP4, *criteria: str) -> list[int]:
    _, (found,) = session.uid("SEARCH", *criteria)
    return [int(each) for each in found.split()]


def test_wrong_passwords_and_refused_logins_are_told_apart(world: Sandbox) -> None:
    with imaplib.IMAP4(world.host, world.imap_port, timeout=10) as session:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            session.login(ALICE, "wrong")
        world.control(imap_refuse_logins=True)
        with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
            session.login(ALICE, world.password(ALICE))


def test_login_works_in_plain_with_starttls_and_over_tls(world: Sandbox) -> None:
    trusting = ssl.create_default_context(cafile=str(world.certificate))
    answer = f"\0{ALICE}\0{world.password(ALICE)}".encode()
    with imaplib.IMAP4("127.0.0.1", world.imap_port, timeout=10) as session:
        session.authenticate("PLAIN", lambda _challenge: answer)
        assert session.state == "AUTH"
    with imaplib.IMAP4("127.0.0.1", world.imap_port, timeout=10) as session:
        session.starttls(trusting)
        session.login(ALICE, world.password(ALICE))
        assert session.select()[0] == "OK"
    with imaplib.IMAP4_SSL("127.0.0.1", world.imaps_port, timeout=10, ssl_context=trusting) as session:
        session.login(ALICE, world.password(ALICE))
        assert "STARTTLS" not in session.capabilities


def test_the_usual_folders_are_listed_without_special_use_flags(world: Sandbox) -> None:
    with mailbox(world) as box:
        folders = box.folder.list()
    assert [folder.name for folder in folders] == ["INBOX", "Sent", "Drafts", "Trash", "Archive"]
    assert {flag for folder in folders for flag in folder.flags} == {"\\HasNoChildren"}


def test_uids_grow_in_order_of_arrival_and_ranges_find_what_is_new(world: Sandbox, mail: Mail) -> None:
    put(world, 3)
    with mail.imap() as session:
        session.select("INBOX", readonly=True)
        first = uids(session, "ALL")
        assert first == sorted(first)
        put(world, 2)
        assert uids(session, "UID", f"{first[-1] + 1}:*") == [first[-1] + 1, first[-1] + 2]
        # RFC 3501: ``*`` is the last message, so a range beyond the end still names that one.
        assert uids(session, "UID", f"{first[-1] + 50}:*") == [first[-1] + 2]
        _, found = session.uid(
            "FETCH", f"{first[0]}:{first[1]}", "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
        )
    assert [part[1] for part in found if isinstance(part, tuple)] == [
        b"Subject: number 0\r\n\r\n",
        b"Subject: number 1\r\n\r\n",
    ]


def test_imap_tools_reads_marks_and_appends(world: Sandbox) -> None:
    put(world, 3)
    with mailbox(world) as box:
        assert [m.subject for m in box.fetch(AND(seen=False), mark_seen=True, bulk=True)] == [
            "number 0",
            "number 1",
            "number 2",
        ]
        assert list(box.fetch(AND(seen=False))) == []
        box.append(b"Subject: copy\nMessage-ID: <c1@x>\n\nsent\n", "Sent", flag_set=[MailMessageFlags.SEEN])
        box.folder.set("Sent")
        (copy,) = box.fetch(AND(header=[H("Message-ID", "<c1@x>")]))
        assert (copy.subject, copy.flags) == ("copy", ("\\Seen",))
        assert box.folder.status("Sent")["MESSAGES"] == 1


def test_appending_to_a_folder_that_is_not_there_says_try_create(world: Sandbox, mail: Mail) -> None:
    with mail.imap() as session:
        status, words = session.append("Nowhere", "", "", b"Subject: x\r\n\r\nx\r\n")
        assert (status, words[0][:11]) == ("NO", b"[TRYCREATE]")
        assert session.create('"Gesendet &- mehr"')[0] == "OK"
        assert session.append('"Gesendet &- mehr"', "", "", b"Subject: x\r\n\r\nx\r\n")[0] == "OK"
        assert session.delete('"Gesendet &- mehr"')[0] == "OK"


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (["SUBJECT", '"grü"'], [2]),
        (["HEADER", "Message-ID", '"<b@x>"'], [2]),
        (["FROM", "carla"], [1]),
        (["BODY", "needle"], [1]),
        (["TEXT", "carla"], [1]),
        (["NOT", "BODY", "needle"], [2, 3]),
        (["OR", "FROM", "carla", "LARGER", "4000"], [1, 3]),
        (["(UNSEEN", "SMALLER", "4000)"], [1, 2]),
        (["SINCE", "1-Jan-2001"], [1, 2, 3]),
        (["BEFORE", "1-Jan-2001"], []),
        (["SENTON", "4-Mar-2026"], [2]),
        (["2:*", "ANSWERED"], []),
    ],
)
def test_search_keys(world: Sandbox, mail: Mail, criteria: list[str], expected: list[int]) -> None:
    world.deliver(ALICE, b"From: carla@x.example\r\nSubject: one\r\n\r\na needle here\r\n")
    world.deliver(
        ALICE,
        b"Subject: =?utf-8?q?viele_Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <b@x>\r\n"
        b"Date: Wed, 04 Mar 2026 10:00:00 +0100\r\n\r\ntwo\r\n",
    )
    world.deliver(ALICE, b"Subject: three\r\n\r\n" + b"long\r\n" * 1000)
    with mail.imap() as session:
        session.select("INBOX", readonly=True)
        encoded = [word.encode() for word in criteria]
        _, (found,) = session.search(None, *encoded)  # type: ignore[arg-type]
    assert [int(number) for number in found.split()] == expected


def test_what_the_sandbox_cannot_do_is_answered_bad_and_never_made_up(world: Sandbox, mail: Mail) -> None:
    put(world, 1)
    with mail.imap() as session:
        session.select()
        for items in ("(ENVELOPE)", "(BODYSTRUCTURE)", "(BODY.PEEK[1])"):
            with pytest.raises(imaplib.IMAP4.error, match="not supported by the sandbox"):
                session.fetch("1", items)


def test_reading_with_examine_changes_nothing(world: Sandbox, mail: Mail) -> None:
    put(world, 1)
    with mail.imap() as session:
        session.select("INBOX", readonly=True)
        session.fetch("1", "(BODY[])")
        assert session._simple_command("STORE", "1", "+FLAGS", r"(\Deleted)")[0] == "NO"
    with mail.imap() as session:
        session.select()
        assert uids(session, "SEEN") == []
        session.fetch("1", "(BODY[])")
        assert len(uids(session, "SEEN")) == 1


def test_part_of_a_message_can_be_fetched(world: Sandbox, mail: Mail) -> None:
    world.deliver(ALICE, b"Subject: x\r\n\r\n0123456789\r\n")
    with mail.imap() as session:
        session.select()
        _, found = session.fetch("1", "(BODY.PEEK[TEXT]<2.5>)")
    assert found[0] == (b"1 (BODY[TEXT]<2> {5}", b"23456")


def test_idle_tells_of_new_mail_at_once(world: Sandbox) -> None:
    with mailbox(world) as box:
        box.folder.set("INBOX")
        timer = threading.Timer(0.2, put, (world, 1))
        timer.start()
        begin = time.monotonic()
        assert box.idle.wait(timeout=30) == [b"* 1 EXISTS"]
        assert time.monotonic() - begin < 10
        timer.join()


def test_another_session_sees_what_is_expunged(world: Sandbox, mail: Mail) -> None:
    put(world, 3)
    with mail.imap() as one, mail.imap() as other:
        one.select()
        other.select()
        one.store("2", "+FLAGS", r"(\Deleted)")
        one.expunge()
        other.noop()
        assert other.response("EXPUNGE") == ("EXPUNGE", [b"2"])
        _, found = other.fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    assert isinstance(found[0], tuple)
    assert found[0][1] == b"Subject: number 2\r\n\r\n"


def test_moving_gives_new_uids(world: Sandbox) -> None:
    put(world, 2)
    with mailbox(world) as box:
        box.folder.set("INBOX")
        box.move(box.uids(), "Archive")
        assert box.folder.status("INBOX")["MESSAGES"] == 0
        box.folder.set("Archive")
        assert [m.subject for m in box.fetch()] == ["number 0", "number 1"]
        box.delete(box.uids())


def test_a_rebuilt_folder_has_another_uidvalidity_and_ends_sessions_that_read_it(
    world: Sandbox, mail: Mail
) -> None:
    put(world, 2)
    with cut(mail.imap()) as session:
        session.select()
        before = int(session.response("UIDVALIDITY")[1][0])
        session.store("1", "+FLAGS", r"(\Deleted)")
        session.expunge()
        after = world.change_uid_validity(ALICE)
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            session.noop()
    assert after > before
    with mail.imap() as session:
        session.select()
        assert int(session.response("UIDVALIDITY")[1][0]) == after
        assert uids(session, "ALL") == [1]
    assert b"number 1" in mail.fetch()[0]


def test_the_line_is_cut_in_the_middle_of_a_fetch(world: Sandbox, mail: Mail) -> None:
    put(world, 1, text="long " * 5000)
    world.control(imap_cut_next=1, imap_cut_after=300)
    with cut(mail.imap()) as session:
        session.select()
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            session.uid("FETCH", "1:*", "(BODY.PEEK[])")
    assert len(mail.fetch()) == 1


def test_a_hanging_server_neither_greets_nor_answers(world: Sandbox, mail: Mail) -> None:
    with mail.imap() as session:
        world.control(imap_hang=True)
        with socket.create_connection((world.host, world.imap_port), 5) as line:
            line.settimeout(0.2)
            with pytest.raises(TimeoutError):
                line.recv(1)
        world.control(imap_hang=False)
        assert session.noop()[0] == "OK"


def test_nonsense_is_answered_and_the_line_stays_open(world: Sandbox) -> None:
    with socket.create_connection((world.host, world.imap_port), 5) as line, line.makefile("rwb") as wire:
        assert wire.readline().startswith(b"* OK")
        for sent in (
            b"a",
            b'b LOGIN "open',
            b"c SELECT INBOX",
            b"d FROB",
            b"e LOGIN {3+}\r\nx)( y",
            b"\xff\xfe z",
        ):
            wire.write(sent + b"\r\n")
            wire.flush()
            assert wire.readline().split(b" ")[1] in (b"BAD", b"NO")
        wire.write(b"z NOOP\r\n")
        wire.flush()
        assert wire.readline() == b"z OK NOOP completed\r\n"


def test_two_thousand_messages_are_read_quickly(world: Sandbox, mail: Mail) -> None:
    raw = b"Subject: bulk\r\n\r\n" + b"a line of text\r\n" * 100
    command = b"x APPEND Archive {%d+}\r\n%b\r\n" % (len(raw), raw)
    with mail.imap() as session:
        for _ in range(20):
            session.send(command * 100)
            assert all(session.readline().startswith(b"x OK") for _ in range(100))
        session.select("Archive")
        begin = time.monotonic()
        _, found = session.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
        fetched = time.monotonic() - begin
        assert sum(isinstance(part, tuple) for part in found) == 2000
        begin = time.monotonic()
        for _ in range(50):
            session.noop()
        polled = (time.monotonic() - begin) / 50
        session.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        session.expunge()
    # Fifty times what an idle machine needs: slower than this is a fault of the server, not of the machine.
    assert fetched < 25
    assert polled < 0.25
