"""Reading mailboxes of a real Dovecot: nothing is missed, nothing is read into two rows, whatever happens between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from foundation import secrets
from foundation.models import Event
from outreach import slots
from outreach.inbound import fetch, leases
from outreach.models import InboundLocation, InboundMessage, Mailbox, MailboxFolder
from outreach.states import MailboxStatus, MessageStatus, Verdict
from tests.dovecot import Server, running
from tests.outreach import making
from tests.outreach.inbound.line import Line, line_to
from tests.outreach.inbound.mails import LATER, mail, ours, sent
from tests.outreach.making import NOW, fresh

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.mail,
]
#: One for every test here, so that each begins with an empty account.
USERS = [f"user{number}" for number in range(200)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(dict.fromkeys(USERS, "right"), sent="Verschicktes") as server:
        yield server


_users = iter(USERS)


@pytest.fixture
def box(server: Server) -> Mailbox:
    """A mailbox whose account is empty."""
    return making.mailbox(imap_port=server.imap_port, imap_username=next(_users))


@pytest.fixture
def line(server: Server, box: Mailbox) -> Iterator[Line]:
    """The same mailbox through a line that can be cut."""
    with line_to(server.imap_port) as relay:
        Mailbox.objects.across_organisations("test").filter(pk=box.pk).update(imap_port=relay.port)
        yield relay


def put(server: Server, box: Mailbox, raw: bytes, folder: str = "INBOX", at=LATER) -> None:
    server.put(box.imap_username, raw, folder=folder, at=at)


def read(box: Mailbox, now=LATER) -> fetch.Pass:
    return fetch.read_mailbox(box.pk, now=now)


def rows() -> list[InboundMessage]:
    return list(InboundMessage.objects.across_organisations("test").order_by("pk"))


def checkpoint(box: Mailbox, name: str = "INBOX") -> int:
    return MailboxFolder.objects.for_organisation(box.organisation_id).get(mailbox=box, name=name).last_uid


def answer(box: Mailbox, message) -> bytes:
    return mail(box, in_reply_to=f"<{message.our_message_id}>")


def test_a_pass_reads_what_is_new_once_and_says_when_all_was_read(server, box):
    message = sent(box)
    put(server, box, answer(box, message))
    assert read(box) == fetch.Pass(mails=1, complete=True)
    box.refresh_from_db()
    assert (box.read_completely_at, box.read_leased_by, box.read_lease_until) == (LATER, "", None)
    assert box.next_read_at > LATER
    (row,) = rows()
    assert (row.verdict, row.message_id, row.received_at) == (Verdict.REPLY, message.pk, LATER)
    assert row.body_text == "Yes, call me."
    assert read(box) == fetch.Pass(mails=0, complete=True)
    put(server, box, answer(box, message))
    assert read(box).mails == 1
    assert len(rows()) == 2


def test_an_empty_mailbox_is_read_completely(box):
    assert read(box) == fetch.Pass(mails=0, complete=True)
    box.refresh_from_db()
    assert box.read_completely_at == LATER
    assert rows() == []


def test_nothing_is_marked_as_seen(server, box):
    put(server, box, mail(box))
    read(box)
    with server.box(box.imap_username) as theirs:
        assert [each.flags for each in theirs.fetch(mark_seen=False)] in ([()], [("\\Recent",)])


def test_mail_older_than_the_link_is_not_read(server, box):
    put(server, box, mail(box, subject="Old"), at=NOW - timedelta(days=400))
    put(server, box, mail(box, subject="New"))
    assert read(box).mails == 1


def test_a_folder_made_later_is_read_from_its_first_mail(server, box):
    read(box)
    message = sent(box)
    put(server, box, answer(box, message), "Projects/Answers")
    assert read(box).mails == 1
    assert rows()[0].message_id == message.pk


def test_a_mail_that_was_moved_is_the_same_row_in_a_second_place(server, box):
    put(server, box, answer(box, sent(box)))
    read(box)
    with server.box(box.imap_username) as theirs:
        theirs.folder.create("Archive")
        theirs.move(theirs.uids(), "Archive")
    read(box)
    assert len(rows()) == 1
    places = InboundLocation.objects.across_organisations("test").order_by("pk")
    assert [place.folder for place in places] == ["INBOX", "Archive"]
    assert Event.objects.across_organisations("test").count() == 1


@pytest.mark.parametrize(
    "name",
    ['Re "quoted" one', "Entwürfe und Pläne", "Two words", "Q&A", "日本", "a(b)c", "back\\slash", "100%"],
)
def test_folders_of_any_name_are_read(server, box, name):
    message = sent(box)
    put(server, box, answer(box, message), name)
    assert read(box) == fetch.Pass(mails=1, complete=True)
    assert InboundLocation.objects.across_organisations("test").get().folder == name
    assert read(box) == fetch.Pass(mails=0, complete=True)


def test_drafts_are_not_read_and_deleted_mail_is(server, box):
    message = sent(box)
    put(server, box, mail(box, sender=box.address, subject="Draft"), "Drafts")
    put(server, box, answer(box, message), "Trash")
    assert read(box).mails == 1
    assert rows()[0].verdict == Verdict.REPLY


@pytest.mark.parametrize("name", ["Verschicktes", "Gesendete Objekte", "Envoyés", "Sent Items"])
def test_sent_is_found_by_flag_or_by_name_and_its_copies_prove_the_send(server, box, name):
    message = sent(box, status=MessageStatus.UNCERTAIN)
    put(server, box, ours(message), name)
    assert read(box).complete
    assert fresh(message).status == MessageStatus.SENT
    folder = MailboxFolder.objects.across_organisations("test").get(is_sent=True)
    assert folder.name == name
    assert rows()[0].verdict == Verdict.OWN_COPY


def test_500_mails_are_read_in_batches(server, box):
    message = sent(box)
    with server.box(box.imap_username) as theirs:
        for number in range(500):
            reply = answer(box, message) if number == 321 else mail(box, sender=f"p{number}@else.example")
            theirs.append(reply, dt=LATER)
    assert read(box) == fetch.Pass(mails=500, complete=True)
    found = rows()
    assert len(found) == 500
    assert [row.message_id for row in found if row.message_id] == [message.pk]
    assert sum(row.body_text != "" for row in found) == 1
    assert checkpoint(box) == 500


def test_renumbered_folders_are_read_again_into_the_same_rows(server, box):
    message = sent(box)
    put(server, box, answer(box, message), "Answers")
    read(box)
    with server.box(box.imap_username) as theirs:
        theirs.folder.delete("Answers")
    put(server, box, answer(box, message), "Answers")
    before = rows()
    assert read(box).mails == 1, "the new folder starts at UID 1 again"
    assert len(rows()) == len(before) + 1
    put(server, box, answer(box, message), "Answers")
    assert read(box).mails == 1


def test_when_the_server_renumbers_a_mail_that_is_known_it_is_not_told_again(server, box):
    put(server, box, answer(box, sent(box)))
    read(box)
    MailboxFolder.objects.across_organisations("test").update(uidvalidity=7, last_uid=4_000_000)
    assert read(box) == fetch.Pass(mails=1, complete=True)
    assert len(rows()) == 1
    assert Event.objects.across_organisations("test").count() == 1
    assert checkpoint(box) == 1
    assert read(box).mails == 0


def test_a_folder_that_is_deleted_is_nobodys_trouble(server, box):
    put(server, box, mail(box), "Short lived")
    read(box)
    with server.box(box.imap_username) as theirs:
        theirs.folder.delete("Short lived")
    assert read(box).complete


def test_a_large_mail_is_read_as_far_as_its_beginning(server, box):
    message = sent(box)
    put(server, box, answer(box, message) + b"x" * 76 + (b"\r\n" + b"y" * 76) * 40_000)
    began = rows()
    assert began == []
    assert read(box).complete
    (row,) = rows()
    assert row.message_id == message.pk
    assert len(row.body_text) <= 100_000


def test_two_copies_of_a_large_mail_with_other_trace_headers_are_one_row(server, box):
    raw = answer(box, sent(box)) + (b"y" * 76 + b"\r\n") * 40_000
    put(server, box, b"Received: from a by b\r\n" + raw)
    put(server, box, b"Received: from somewhere quite else by d\r\nX-Spam-Status: No\r\n" + raw, "Other")
    read(box)
    assert len(rows()) == 1


def test_a_wrong_password_needs_the_owner_with_the_servers_own_words(server, box):
    before = Mailbox.objects.across_organisations("test").get(pk=box.pk)
    making.seal(before, {"smtp_password": "x", "imap_password": "wrong"})
    assert read(box) == fetch.Pass()
    box.refresh_from_db()
    assert (box.status, box.status_code) == (MailboxStatus.NEEDS_RECONNECT, "auth")
    assert "Authentication failed" in box.server_words
    assert box.read_completely_at is None
    assert fetch.due(now=LATER + timedelta(days=1)) == []
    assert [e.kind for e in Event.objects.across_organisations("test")] == ["mailbox.changed"]


def test_a_password_that_cannot_be_read_any_more_needs_the_owner(box):
    Mailbox.objects.across_organisations("test").filter(pk=box.pk).update(
        secret=secrets.seal({"imap_password": "x"}, table="outreach_mailbox", row=box.pk + 1, organisation=1)
    )
    read(box)
    box.refresh_from_db()
    assert box.status == MailboxStatus.NEEDS_RECONNECT


def test_a_server_that_is_away_is_asked_less_and_less_often_and_no_pass_counts(box):
    Mailbox.objects.across_organisations("test").filter(pk=box.pk).update(imap_port=9)
    rests, now = [], LATER
    for _ in range(5):
        assert read(box, now) == fetch.Pass()
        box.refresh_from_db()
        rests.append((box.next_read_at - now).total_seconds())
        assert fetch.due(now=box.next_read_at - timedelta(seconds=1)) == []
        now = box.next_read_at
    assert rests == [5, 30, 120, 300, 300]
    assert (box.status, box.read_completely_at) == (MailboxStatus.CONNECTED, None)


def test_a_server_that_does_not_answer_costs_one_timeout(box, line, settings):
    settings.IMAP_TIMEOUT = timedelta(seconds=0.5)
    line.hold.set()
    assert read(box) == fetch.Pass()
    box.refresh_from_db()
    assert (box.read_failures, box.read_completely_at, box.read_leased_by) == (1, None, "")


def test_a_line_cut_at_any_byte_loses_nothing_and_doubles_nothing(server, box, line):
    message = sent(box)
    for number in range(4):
        put(server, box, mail(box, sender=f"p{number}@else.example", text="x" * 3000), "Box")
    put(server, box, answer(box, message), "Box")
    for cut_after in range(300, 22_000, 1500):
        line.cut_after = cut_after
        if read(box).complete:
            break
        box.refresh_from_db()
        assert box.read_completely_at is None
        assert MailboxFolder.objects.across_organisations("test").filter(name="Box", last_uid=5).count() == 0
    else:
        pytest.fail("the line was never long enough")
    assert cut_after > 15_000, "it was cut in the middle of mails before"
    assert len(rows()) == 5
    assert [event.kind for event in Event.objects.across_organisations("test")] == ["message.replied"]
    assert checkpoint(box, "Box") == 5


def test_a_crash_after_reading_and_before_the_checkpoint_reads_the_mail_into_the_same_row(server, box):
    put(server, box, answer(box, sent(box)))
    read(box)
    MailboxFolder.objects.across_organisations("test").update(last_uid=0)
    assert read(box).mails == 1
    assert len(rows()) == 1
    assert InboundLocation.objects.across_organisations("test").count() == 1
    assert Event.objects.across_organisations("test").count() == 1


def test_of_two_workers_one_reads(server, box, line):
    put(server, box, mail(box))
    line.hold.set()
    results = []

    def worker() -> None:
        try:
            results.append(read(box))
        finally:
            connection.close()

    first = threading.Thread(target=worker)
    first.start()
    while not line.connections:
        pass
    assert read(box) == fetch.Pass()
    assert fetch.due(now=LATER) == []
    line.hold.clear()
    first.join(60)
    assert results == [fetch.Pass(mails=1, complete=True)]


def test_a_lease_left_by_a_dead_worker_runs_out(server, box):
    leased = Mailbox.objects.across_organisations("test").filter(pk=box.pk)
    leased.update(read_leased_by="dead", read_lease_until=Now() + timedelta(seconds=60))
    assert (read(box), fetch.due(now=LATER)) == (fetch.Pass(), [])
    leased.update(read_lease_until=Now() - timedelta(seconds=1))
    assert fetch.due(now=LATER) == [box.pk]
    assert read(box).complete


def test_a_worker_whose_lease_was_taken_stops_and_does_not_claim_a_complete_pass(server, box, monkeypatch):
    put(server, box, mail(box))
    monkeypatch.setattr(leases, "_RENEW_AFTER", -1.0)
    take = leases.take

    def taken_over(mailbox_id: int, token: str) -> bool:
        found = take(mailbox_id, token)
        Mailbox.objects.across_organisations("test").filter(pk=mailbox_id).update(read_leased_by="another")
        return found

    monkeypatch.setattr(leases, "take", taken_over)
    assert read(box) == fetch.Pass()
    box.refresh_from_db()
    assert (box.read_leased_by, box.read_completely_at) == ("another", None)


def test_a_server_that_holds_its_share_of_slots_is_asked_later(server, box):
    where = f"127.0.0.1:{server.imap_port}"
    total, slots.process.total = slots.process.total, 4
    try:
        for _ in range(3):
            assert slots.process.enter(where)
        assert read(box) == fetch.Pass()
        box.refresh_from_db()
        assert (box.next_read_at, box.read_failures, box.read_leased_by) == (
            LATER + timedelta(seconds=2),
            0,
            "",
        )
        for _ in range(3):
            slots.process.leave(where)
        assert read(box).complete
    finally:
        slots.process.total = total


def test_a_paused_mailbox_is_still_read_and_a_removed_one_is_not(server, box):
    put(server, box, mail(box))
    box.status = MailboxStatus.REMOVED
    box.save()
    assert (read(box), fetch.due(now=LATER)) == (fetch.Pass(), [])
    box.status = MailboxStatus.PAUSED
    box.save()
    assert read(box).complete
