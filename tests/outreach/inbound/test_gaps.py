"""The gap meter on a real Dovecot: what was not recorded is found and fetched, and nothing else is called missing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts.models import Role
from foundation.models import Event
from foundation.problems import Conflict, Missing, NotAllowed
from outreach.inbound import fetch, gaps, ingest, slices, uids
from outreach.inbound.gaps import compare
from outreach.models import FolderGap, GapMeter, InboundLocation, InboundMessage, Mailbox, MailboxFolder
from outreach.states import MailboxStatus, Verdict
from tests.dovecot import Server, running
from tests.outreach import making
from tests.outreach.inbound.line import Line, line_to
from tests.outreach.inbound.mails import LATER, mail, sent
from tests.outreach.making import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.mail]
USERS = [f"gap{number}" for number in range(60)]
EVERYBODY = "a test looks at everything"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(dict.fromkeys(USERS, "right")) as server:
        yield server


_users = iter(USERS)


@pytest.fixture
def box(server: Server) -> Mailbox:
    row = making.mailbox(imap_port=server.imap_port, imap_username=next(_users))
    GapMeter.objects.create(organisation_id=row.organisation_id, mailbox=row, due_at=NOW)
    return row


@pytest.fixture
def line(server: Server, box: Mailbox) -> Iterator[Line]:
    with line_to(server.imap_port) as relay:
        Mailbox.objects.across_organisations("test").filter(pk=box.pk).update(imap_port=relay.port)
        yield relay


def put(server: Server, box: Mailbox, *raws: bytes, folder: str = "INBOX", at=LATER) -> None:
    with server.box(box.imap_username) as theirs:
        if folder != "INBOX" and not theirs.folder.exists(folder):
            theirs.folder.create(folder)
        for raw in raws:
            theirs.append(raw, folder, dt=at)


def read(box: Mailbox, now=LATER) -> None:
    assert fetch.read_mailbox(box.pk, now=now).complete


def compare_all(box: Mailbox, now=LATER) -> GapMeter:
    """Turns until there is nothing more to do at once."""
    GapMeter.objects.for_organisation(box.organisation_id).filter(mailbox=box).update(due_at=now)
    while compare(box.pk, now=now):
        pass
    return meter(box)


def meter(box: Mailbox) -> GapMeter:
    return GapMeter.objects.for_organisation(box.organisation_id).get(mailbox=box)


def figures(box: Mailbox, name: str = "INBOX") -> dict[str, int]:
    row = FolderGap.objects.for_organisation(box.organisation_id).get(mailbox=box, name=name)
    return {key: getattr(row, key) for key in ("present", "recorded", "fetched", "left", "waiting")}


def of(present: int, recorded: int, *, fetched: int = 0, left: int = 0, waiting: int = 0) -> dict[str, int]:
    return {"present": present, "recorded": recorded, "fetched": fetched, "left": left, "waiting": waiting}


def rows() -> list[InboundMessage]:
    return list(InboundMessage.objects.across_organisations(EVERYBODY).order_by("pk"))


def forget(*found: InboundMessage) -> None:
    InboundMessage.objects.across_organisations(EVERYBODY).filter(pk__in=[row.pk for row in found]).delete()


def test_a_mailbox_that_was_read_has_no_gap(server, box):
    put(server, box, *[mail(box, sender=f"p{n}@else.example") for n in range(5)])
    put(server, box, mail(box), folder="Archive/2026")
    read(box)
    found = compare_all(box)
    assert (found.begun_at, found.ended_at, found.trouble, found.under_way) == (LATER, LATER, "", False)
    assert found.due_at == LATER + timedelta(days=1)
    assert figures(box) == of(5, 5)
    assert figures(box, "Archive/2026") == of(1, 1)


def test_rows_deleted_behind_our_back_are_fetched_again_with_their_verdict_and_match(server, box):
    message = sent(box)
    put(server, box, mail(box, in_reply_to=f"<{message.our_message_id}>"))
    put(server, box, *[mail(box, sender=f"p{n}@else.example") for n in range(20)])
    read(box)
    forget(*[row for row in rows() if row.pk % 3 == 0 or row.message_id])
    lost = 21 - len(rows())
    compare_all(box)
    assert figures(box) == of(21, 21 - lost, fetched=lost)
    assert len(rows()) == 21
    assert [row.verdict for row in rows() if row.message_id == message.pk] == [Verdict.REPLY]
    assert compare_all(box, LATER + timedelta(days=1)).trouble == ""
    assert figures(box) == of(21, 21)


def test_mail_that_the_reader_stepped_over_is_fetched(server, box):
    """The checkpoint stands behind mails that were never read."""
    put(server, box, mail(box))
    read(box)
    message = sent(box)
    put(server, box, mail(box, in_reply_to=f"<{message.our_message_id}>"), mail(box, sender="x@else.example"))
    MailboxFolder.objects.across_organisations(EVERYBODY).filter(mailbox=box, name="INBOX").update(last_uid=3)
    compare_all(box)
    assert figures(box) == of(3, 1, fetched=2)
    assert [e.kind for e in Event.objects.across_organisations(EVERYBODY)] == ["message.replied"]


def test_a_folder_that_the_reader_never_saw_is_fetched(server, box):
    put(server, box, mail(box))
    put(
        server, box, mail(box, sender="a@else.example"), mail(box, sender="b@else.example"), folder="Filtered"
    )
    read(box)
    InboundMessage.objects.across_organisations(EVERYBODY).filter(locations__folder="Filtered").delete()
    MailboxFolder.objects.across_organisations(EVERYBODY).filter(name="Filtered").delete()
    compare_all(box)
    assert figures(box, "Filtered") == of(2, 0, fetched=2)


def test_mail_newer_than_the_last_reading_waits_for_it_and_is_not_missing(server, box):
    put(server, box, mail(box))
    read(box)
    put(server, box, mail(box), mail(box))
    compare_all(box)
    assert figures(box) == of(1, 1, waiting=2)
    assert len(rows()) == 1


def test_when_the_reading_stands_still_newer_mail_is_missing_and_fetched(server, box):
    put(server, box, mail(box))
    read(box)
    put(server, box, mail(box), mail(box))
    compare_all(box, LATER + timedelta(hours=2))
    assert figures(box) == of(3, 1, fetched=2)


def test_mails_without_a_message_id_and_with_the_same_one_are_told_apart(server, box):
    def without(text: str) -> bytes:
        return mail(box, text=text).replace(b"Message-ID:", b"X-No-Id:")

    twice = [mail(box, message_id="same@home.example", text=text) for text in ("one", "two")]
    put(server, box, without("a"), without("b"), *twice, twice[0])
    read(box)
    assert len(rows()) == 4, "the same bytes twice are one row"
    compare_all(box)
    assert figures(box) == of(5, 5)
    bare = [row for row in rows() if not row.message_id_hash]
    double = [row for row in rows() if row.message_id_hash]
    forget(bare[0], double[1])
    compare_all(box)
    assert figures(box) == of(5, 3, fetched=2)
    assert len(rows()) == 4


def test_a_mail_in_three_folders_is_one_row_and_no_gap(server, box):
    raw = mail(box)
    for folder in ("INBOX", "All", "Work"):
        put(server, box, raw, folder=folder)
    read(box)
    compare_all(box)
    assert [figures(box, name) for name in ("INBOX", "All", "Work")] == [of(1, 1)] * 3
    InboundLocation.objects.across_organisations(EVERYBODY).filter(folder="Work").delete()
    compare_all(box)
    assert figures(box, "Work") == of(1, 0, fetched=1)
    assert len(rows()) == 1


def test_a_uid_given_a_second_time_is_not_taken_for_the_mail_recorded_there(server, box):
    put(server, box, mail(box), mail(box))
    read(box)
    first, second = rows()
    # As after a server that renumbers without saying so.
    places = InboundLocation.objects.across_organisations(EVERYBODY)
    places.filter(inbound=second).update(uid=9)
    places.filter(inbound=first).update(uid=2)
    forget(second)
    compare_all(box)
    assert figures(box) == of(2, 0, fetched=2)
    assert {(row.message_id_hash, place.uid) for row in rows() for place in row.locations.all()} == {
        (first.message_id_hash, 1),
        (second.message_id_hash, 2),
    }


def test_a_renumbered_folder_is_left_to_the_reader_and_then_has_no_gap(server, box):
    put(server, box, mail(box), mail(box))
    read(box)
    MailboxFolder.objects.across_organisations(EVERYBODY).filter(mailbox=box).update(uidvalidity=7)
    InboundLocation.objects.across_organisations(EVERYBODY).update(uidvalidity=7)
    found = compare_all(box)
    row = FolderGap.objects.across_organisations(EVERYBODY).get(mailbox=box, name="INBOX")
    assert "numbered this folder anew" in row.trouble
    assert found.due_at == LATER + timedelta(hours=6), "it is not green, and is looked at again sooner"
    read(box)
    compare_all(box)
    assert figures(box) == of(2, 2)
    assert len(rows()) == 2


def test_a_folder_renumbered_between_two_turns_is_counted_anew(server, box, monkeypatch):
    monkeypatch.setattr(gaps, "CHUNK", 2)
    put(server, box, *[mail(box) for _ in range(6)], folder="Work")
    read(box)
    assert compare(box.pk, now=LATER, turn=timedelta(0))
    FolderGap.objects.across_organisations(EVERYBODY).filter(name="Work").update(uidvalidity=3)
    while compare(box.pk, now=LATER):
        pass
    assert figures(box, "Work") == of(6, 6)


def test_older_mail_than_the_window_is_not_compared(server, box, settings):
    settings.GAP_WINDOW_DAYS = 30
    put(server, box, mail(box), at=LATER - timedelta(days=40))
    put(server, box, mail(box), at=LATER)
    read(box)
    forget(*rows())
    assert compare_all(box).since == LATER - timedelta(days=30)
    assert figures(box) == of(1, 0, fetched=1)
    settings.GAP_WINDOW_DAYS = 0
    assert compare_all(box).since == box.created_at
    assert figures(box) == of(2, 1, fetched=1)


def test_a_line_cut_anywhere_loses_no_figure_and_is_no_end(server, box, line, monkeypatch):
    monkeypatch.setattr(gaps, "CHUNK", 5)
    put(server, box, *[mail(box, sender=f"p{n}@else.example", text="x" * 900) for n in range(40)])
    read(box)
    forget(*[row for row in rows() if row.pk % 2])
    stops = []
    for cut_after in range(400, 60_000, 1_700):
        line.cut_after = cut_after
        found = compare_all(box)
        if found.ended_at is not None:
            break
        assert found.trouble
        assert found.failures
        stops.append(FolderGap.objects.across_organisations(EVERYBODY).filter(name="INBOX").first())
    reached = [row.lowest_uid for row in stops if row and row.lowest_uid]
    assert len(set(reached)) > 3, "it went on where it was cut"
    assert reached == sorted(reached, reverse=True)
    assert figures(box)["present"] == 40
    assert figures(box)["left"] == 0
    assert len(rows()) == 40
    assert (meter(box).trouble, meter(box).failures) == ("", 0)


def test_what_cannot_be_stored_is_named_with_the_reason_and_keeps_no_other_out(server, box, monkeypatch):
    put(server, box, *[mail(box, text=f"number {n}") for n in range(6)])
    read(box)
    forget(*rows())
    bare_row = ingest.bare_row

    def refused(mailbox, parsed, *rest):
        row = bare_row(mailbox, parsed, *rest)
        if "number 3" in parsed.text:
            row.raw_hash = "longer than the column" * 10
        return row

    monkeypatch.setattr(ingest, "bare_row", refused)
    monkeypatch.setattr(slices, "bare_row", refused)
    found = compare_all(box)
    assert figures(box) == of(6, 0, fetched=5, left=1)
    row = FolderGap.objects.across_organisations(EVERYBODY).get(mailbox=box, name="INBOX")
    assert row.unfetched == [{"uid": 4, "why": "The mail could not be stored."}]
    assert found.due_at == LATER + timedelta(hours=6)
    monkeypatch.undo()
    compare_all(box, LATER + timedelta(hours=6))
    assert figures(box)["left"] == 0


def test_a_mail_that_is_deleted_while_it_is_compared_is_no_gap(server, box, monkeypatch):
    put(server, box, mail(box), mail(box))
    read(box)
    forget(*rows())
    take = gaps.FolderReading.take

    def deleted_before(reading, wanted, valid):
        with server.box(box.imap_username) as theirs:
            theirs.folder.set("INBOX")
            theirs.delete(["1"])
        # Dovecot still gives it to a session that knew it; others do not.
        return take(reading, [uid for uid in wanted if uid != 1], valid) | {1}

    monkeypatch.setattr(gaps.FolderReading, "take", deleted_before)
    compare_all(box)
    assert figures(box) == of(1, 0, fetched=1)


def test_a_wrong_password_says_so_and_rests_longer_and_longer(box):
    making.seal(box, {"smtp_password": "x", "imap_password": "wrong"})
    rests = []
    now = LATER
    for _ in range(5):
        assert not compare(box.pk, now=now)
        found = meter(box)
        assert "Authentication failed" in found.trouble
        rests.append(found.due_at - now)
        now = found.due_at
    assert rests == [timedelta(minutes=n) for n in (1, 5, 30, 120, 120)]
    assert found.ended_at is None


def test_two_workers_do_not_compare_one_mailbox_at_once(server, box, monkeypatch):
    put(server, box, mail(box))
    read(box)
    inside = []
    go = gaps._Comparison.go

    def meanwhile(comparison, where):
        inside.append(compare(box.pk, now=LATER))
        return go(comparison, where)

    monkeypatch.setattr(gaps._Comparison, "go", meanwhile)
    assert not compare(box.pk, now=LATER)
    assert inside == [False]
    assert figures(box) == of(1, 1)


def test_a_folder_that_is_gone_leaves_the_table(server, box):
    put(server, box, mail(box), folder="Short lived")
    read(box)
    compare_all(box)
    with server.box(box.imap_username) as theirs:
        theirs.folder.delete("Short lived")
    compare_all(box)
    assert not FolderGap.objects.across_organisations(EVERYBODY).filter(name="Short lived").exists()


def test_every_mailbox_that_is_read_is_due_once_a_day(box):
    other = making.mailbox(box.owner)
    young = making.mailbox(box.owner, created_at=LATER - timedelta(minutes=5))
    removed = making.mailbox(box.owner, status=MailboxStatus.REMOVED)
    assert set(gaps.due(now=LATER)) == {box.pk, other.pk}
    assert young.pk in gaps.due(now=LATER + timedelta(hours=1))
    assert removed.pk not in gaps.due(now=LATER + timedelta(days=9))


def test_compare_now_is_for_the_owner_and_admins_and_only_while_it_is_read(box):
    alice, bob = box.owner, making.user("bob", of=box.organisation)
    with pytest.raises(NotAllowed):
        gaps.ask(actor=bob, mailbox_id=box.pk, now=LATER)
    with pytest.raises(Missing):
        gaps.ask(actor=making.user("mallory", of=making.organisation("Evil")), mailbox_id=box.pk, now=LATER)
    gaps.ask(actor=making.user("ada", of=box.organisation, role=Role.ADMIN), mailbox_id=box.pk, now=LATER)
    GapMeter.objects.across_organisations(EVERYBODY).update(due_at=LATER + timedelta(days=1))
    assert gaps.ask(actor=alice, mailbox_id=box.pk, now=LATER)
    assert meter(box).due_at == LATER
    Mailbox.objects.across_organisations(EVERYBODY).filter(pk=box.pk).update(status="needs_reconnect")
    with pytest.raises(Conflict):
        gaps.ask(actor=alice, mailbox_id=box.pk, now=LATER)


@pytest.mark.slow
def test_a_large_folder_is_compared_in_flat_memory_and_turns(server, box, monkeypatch):
    """Ranges and chunks far below the folder's size; what is held does not grow with it."""
    put(server, box, mail(box), folder="Large", at=making.real_now())
    for number in range(1199):
        server.deliver(box.imap_username, mail(box, sender=f"p{number}@else.example"), "Large")
    Mailbox.objects.across_organisations("test").filter(pk=box.pk).update(created_at=making.real_now())
    monkeypatch.setattr(uids, "RANGE", 300)
    now = making.real_now() + timedelta(minutes=1)
    read(box, now)
    forget(*rows()[100:130], *rows()[900:910])
    tracemalloc.start()
    compare_all(box, now)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert figures(box, "Large") == of(1200, 1160, fetched=40)
    assert peak < 4_000_000
