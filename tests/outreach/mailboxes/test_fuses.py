"""The fuse: a mailbox stops itself before its name is spoilt, and goes on when a person says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry, Role
from foundation.events import deliver
from foundation.problems import Conflict, Invalid, Missing, NotAllowed
from outreach import fuses, mailbox_health, mailboxes
from outreach.fuse_rule import FuseRule
from outreach.inbound import ingest
from outreach.models import FuseKind, FuseTrip, Mailbox
from outreach.outbox import proofs
from outreach.outbox.explaining import why_not_yet
from outreach.states import FailureClass, MailboxStatus, Reason
from tests.outreach import making
from tests.outreach.inbound import mails
from tests.outreach.making import NOW, fresh

pytestmark = pytest.mark.django_db(transaction=True)
EVERYBODY = "a test looks at everything"


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def send(box: Mailbox, count: int):
    """``count`` messages that left a moment ago."""
    found = [mails.sent(box, f"p{box.messages.count()}@example.org") for _ in range(count)]
    for message in found:
        message.sending_at = making.real_now() - timedelta(minutes=5)
        message.save(update_fields=["sending_at"])
    return found


def bounce(*messages, failure_class: FailureClass = FailureClass.HARD) -> None:
    for message in messages:
        proofs.note_bounce(
            message.pk,
            failure_class=failure_class,
            code="5.1.1",
            text="User unknown",
            now=making.real_now(),
        )
    deliver()


def status(box: Mailbox) -> tuple[str, str]:
    box.refresh_from_db()
    return box.status, box.status_code


@given(
    sent=st.integers(0, 5_000),
    cases=st.integers(0, 200),
    per_mille=st.integers(0, 1000),
    least=st.integers(1, 20),
)
def test_a_fuse_never_blows_below_its_share_or_its_least_number(sent, cases, per_mille, least) -> None:
    blows = FuseRule(per_mille, least).blows(sent=sent, cases=cases)
    assert blows == (per_mille > 0 and cases >= least and cases * 1000 >= per_mille * sent)


def test_the_fifth_dead_address_among_a_hundred_stops_the_mailbox_and_shows_the_cases(box):
    messages = send(box, 100)
    bounce(*messages[:4])
    assert status(box) == ("connected", "")
    bounce(messages[4])
    assert status(box) == (MailboxStatus.PAUSED, Reason.FUSE_BOUNCES)
    assert box.server_words == "5 of 100 messages went to addresses that do not exist."
    trip = fuses.blown(box)
    assert (trip.kind, trip.sent, trip.cases) == (FuseKind.BOUNCES, 100, 5)
    assert trip.message_ids == [message.pk for message in messages[:5]]


def test_four_of_four_are_no_rate_and_soft_bounces_are_no_case(box):
    bounce(*send(box, 4))
    bounce(*send(box, 20), failure_class=FailureClass.SOFT)
    assert status(box) == ("connected", "")


def test_addresses_refused_before_data_count_as_bounces(box):
    messages = send(box, 10)
    for message in messages[:5]:
        message.status, message.failure_class = "refused", FailureClass.HARD
        message.settled_at, message.sending_at = making.real_now(), None
        message.save()
    assert fuses.look(box, now=making.real_now()).cases == 5
    assert fuses.blown(box).sent == 10


def test_what_is_older_than_the_window_does_not_count(box):
    messages = send(box, 6)
    bounce(*messages[:4])
    later = making.real_now() + timedelta(days=8)
    assert [each.cases for each in fuses.standings(box, now=later)] == [0, 0]


def test_the_second_complaint_stops_the_mailbox(box):
    messages = send(box, 100)
    for message in messages[:2]:
        raw = complaint(message)
        ingest.ingest(
            mailbox=box,
            raw=raw,
            place=ingest.Place("INBOX", 1, message.pk),
            received_at=making.real_now(),
            now=making.real_now(),
        )
        deliver()
    assert status(box) == (MailboxStatus.PAUSED, Reason.FUSE_COMPLAINTS)
    assert fuses.blown(box).message_ids == [message.pk for message in messages[:2]]


def complaint(message) -> bytes:
    """A report as RFC 5965 wants it."""
    head = mails.ours(message).partition(b"\r\n\r\n")[0].decode()
    return "\r\n".join(
        [
            "From: feedback@receiver.example",
            f"To: {message.mailbox.address}",
            "Subject: complaint",
            f"Message-ID: <arf{message.pk}@receiver.example>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=feedback-report; boundary="XX"',
            "",
            "--XX",
            "Content-Type: text/plain",
            "",
            "This is an email abuse report.",
            "--XX",
            "Content-Type: message/feedback-report",
            "",
            "Feedback-Type: abuse",
            "User-Agent: Receiver/1",
            "Version: 1",
            "",
            "--XX",
            "Content-Type: message/rfc822",
            "",
            head,
            "",
            "--XX--",
            "",
        ]
    ).encode()


def blow(box: Mailbox) -> None:
    bounce(*send(box, 6))
    assert status(box)[0] == MailboxStatus.PAUSED


def test_nothing_but_a_person_with_a_reason_lets_it_go_on(box):
    blow(box)
    alice = box.owner
    with pytest.raises(Conflict, match="stopped itself"):
        mailboxes.resume(actor=alice, mailbox_id=box.pk, now=NOW)
    mailbox_health.end_pauses(now=NOW + timedelta(days=400))
    assert status(box)[0] == MailboxStatus.PAUSED
    for reason in ("", "  \n", "x" * 501):
        with pytest.raises(Invalid):
            fuses.go_on(actor=alice, mailbox_id=box.pk, reason=reason, now=NOW)
    fuses.go_on(actor=alice, mailbox_id=box.pk, reason="An old list; it was cleaned.", now=making.real_now())
    assert status(box) == ("connected", "")
    trip = FuseTrip.objects.for_organisation(box.organisation_id).get()
    assert (trip.released_by, trip.reason) == (alice, "An old list; it was cleaned.")


def test_going_on_is_in_the_audit_trail_and_counts_anew(box):
    blow(box)
    fuses.go_on(actor=box.owner, mailbox_id=box.pk, reason="Cleaned", now=making.real_now())
    entry = AuditEntry.objects.get(organisation=box.organisation_id, table="outreach_fusetrip")
    assert entry.changes["reason"] == ["", "Cleaned"]
    bounce(*send(box, 4))
    assert status(box) == ("connected", ""), "the old cases are over"
    bounce(*send(box, 1))
    assert status(box) == (MailboxStatus.PAUSED, Reason.FUSE_BOUNCES)
    assert fuses.blown(box).cases == 5


def test_a_pause_of_the_provider_that_ends_does_not_end_the_fuse(box):
    mailbox_health.stopped_by_provider(box, "4.7.28 too many", until=NOW + timedelta(hours=1))
    blow(box)
    mailbox_health.end_pauses(now=NOW + timedelta(days=400))
    assert status(box) == (MailboxStatus.PAUSED, Reason.FUSE_BOUNCES)


def test_connecting_again_does_not_put_in_a_new_fuse(box):
    blow(box)
    mailbox_health.needs_reconnect(box, code="auth", words="535 no", now=NOW)
    box.refresh_from_db()
    box.status = MailboxStatus.CONNECTED
    mailbox_health.keep_fuse(box)
    assert (box.status, box.status_code) == (MailboxStatus.PAUSED, Reason.FUSE_BOUNCES)


def test_who_may_let_it_go_on(box):
    blow(box)
    bob = making.user("bob", of=box.organisation)
    mallory = making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)
    for actor, problem in ((bob, NotAllowed), (mallory, Missing)):
        with pytest.raises(problem):
            fuses.go_on(actor=actor, mailbox_id=box.pk, reason="x", now=NOW)
    admin = making.user("ada", of=box.organisation, role=Role.ADMIN)
    fuses.go_on(actor=admin, mailbox_id=box.pk, reason="x", now=NOW)
    fuses.go_on(actor=admin, mailbox_id=box.pk, reason="twice", now=NOW)
    assert FuseTrip.objects.for_organisation(box.organisation_id).get().reason == "x"


def test_a_waiting_message_says_that_the_mailbox_stopped_itself(box):
    (waiting,) = making.write(box)
    blow(box)
    assert why_not_yet(message=fresh(waiting), now=NOW).reason is Reason.FUSE_BOUNCES


def test_a_share_of_nought_is_no_fuse(box, settings):
    settings.FUSE_BOUNCES_PER_MILLE = 0
    bounce(*send(box, 10))
    assert status(box) == ("connected", "")
