"""Raw bytes become one row, one verdict, one match and the news of it; on a real database."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.models import Event
from foundation.secrets import sign
from outreach.models import InboundLocation, InboundMessage, Mailbox, Message, SendTry
from outreach.outbox import claims, leases, transitions
from outreach.states import FailureClass, MessageStatus, Verdict
from sourcing import suppression
from sourcing.models import ContactPoint, ContactStatus
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, link, mail, ours, read, report, sent
from tests.outreach.making import NOW, fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def eva(box: Mailbox, *addresses: str):
    person = making.person(box, "Eva")
    for address in addresses or ("eva@home.example",):
        ContactPoint.objects.create(
            organisation_id=box.organisation_id,
            candidate=person,
            kind="email",
            value=address,
            normalised=address,
            origin="imported",
        )
    return person


def status_of(person, address: str) -> str:
    rows = ContactPoint.objects.for_organisation(person.organisation_id)
    return rows.get(candidate=person, normalised=address).status


def news(*kinds: str) -> list[str]:
    rows = Event.objects.across_organisations("test").order_by("pk")
    found = [event.kind for event in rows]
    return [kind for kind in found if kind in kinds] if kinds else found


def rows() -> int:
    return InboundMessage.objects.across_organisations("test").count()


# ── bounces ─────────────────────────────────────────────────────────────────


def test_a_report_that_names_our_message_and_its_address_ends_both(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    row = read(box, report(message))
    message = fresh(message)
    assert (row.verdict, row.message_id, row.candidate_id) == (Verdict.BOUNCE, message.pk, person.pk)
    assert (message.status, message.failure_class) == (MessageStatus.BOUNCED, FailureClass.HARD)
    assert "User unknown" in message.reason_text
    assert status_of(person, "eva@home.example") == ContactStatus.BOUNCED
    assert news() == ["message.bounced"]


def test_a_mail_of_theirs_shows_that_the_address_is_in_use_and_a_report_does_not(box):
    person = eva(box, "eva@home.example", "eva@work.example")
    message = sent(box, candidate_id=person.pk)
    points = ContactPoint.objects.for_organisation(box.organisation_id).filter(candidate=person)
    points.update(last_seen_at=NOW - timedelta(days=900))
    read(box, report(message, recipient="forwarded-to@elsewhere.example"))
    assert set(points.values_list("last_seen_at", flat=True)) == {NOW - timedelta(days=900)}
    row = read(box, mail(box, in_reply_to=f"<{message.our_message_id}>"))
    assert row.verdict == Verdict.REPLY
    seen = dict(points.values_list("normalised", "last_seen_at"))
    assert seen == {"eva@home.example": row.received_at, "eva@work.example": NOW - timedelta(days=900)}


def test_a_report_about_another_address_changes_nothing(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    row = read(box, report(message, recipient="forwarded-to@elsewhere.example"))
    assert row.verdict == Verdict.BOUNCE
    assert "not the one written to" in row.explanation
    assert fresh(message).status == MessageStatus.SENT
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN
    assert news() == []


def test_a_report_that_names_none_of_our_messages_changes_nothing(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    row = read(box, report(message, returned="Message-ID: <somebody@else.example>\r\nSubject: Hello"))
    assert (row.verdict, row.message_id, row.subject) == (Verdict.BOUNCE, None, "")
    assert fresh(message).status == MessageStatus.SENT
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN


@pytest.mark.parametrize("back", ["Message-ID", "X-Beckon-Ref", "References"])
def test_one_returned_field_is_enough(box, back):
    message = sent(box)
    head = ours(message).partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    kept = "\r\n".join(line for line in head.split("\r\n") if line.startswith(f"{back}:"))
    assert kept
    read(box, report(message, returned=kept))
    assert fresh(message).status == MessageStatus.BOUNCED


@pytest.mark.parametrize(
    ("status", "words", "failure"),
    [
        ("4.4.1", "451 4.4.1 no answer from host", FailureClass.SOFT),
        ("5.2.2", "552 5.2.2 mailbox full", FailureClass.SOFT),
        ("5.7.1", "550 5.7.1 blocked by our blocklist", FailureClass.POLICY),
        ("5.3.4", "552 5.3.4 message too big", FailureClass.CONTENT),
    ],
)
def test_only_a_dead_address_is_marked(box, status, words, failure):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    read(box, report(message, status=status, words=words))
    message = fresh(message)
    assert (message.status, message.failure_class) == (MessageStatus.BOUNCED, failure)
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN


def test_a_delay_is_only_noted(box):
    message = sent(box)
    row = read(box, report(message, action="delayed", status="4.4.1", words="451 trying again"))
    assert (row.verdict, row.message_id) == (Verdict.DELAYED, message.pk)
    assert fresh(message).status == MessageStatus.SENT
    assert news() == []


def test_a_report_without_a_recipient_ends_the_message_as_soft_and_leaves_the_address(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    words = (
        "I'm sorry to have to inform you that your message could not be delivered.\n"
        "550 5.1.1 user unknown\n\n------ This is a copy of your message ------\n"
        f"Message-ID: <{message.our_message_id}>\nSubject: Hello\n"
    )
    raw = mail(box, sender="MAILER-DAEMON@mx.corp.example", subject="failure notice", text=words)
    row = read(box, raw)
    assert (row.verdict, row.message_id) == (Verdict.BOUNCE, message.pk)
    message = fresh(message)
    if message.failure_class == FailureClass.HARD:
        pytest.fail("an address nobody named must not die")
    assert (message.status, message.failure_class) == (MessageStatus.BOUNCED, FailureClass.SOFT)
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN


def test_a_second_report_changes_nothing_not_even_an_address_that_was_mended(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    read(box, report(message))
    ContactPoint.objects.for_organisation(box.organisation_id).update(status=ContactStatus.UNKNOWN)
    read(box, report(message))
    assert rows() == 2
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN
    assert news() == ["message.bounced"]


@pytest.mark.parametrize("before", [MessageStatus.UNCERTAIN, MessageStatus.SENDING])
def test_a_report_proves_that_an_unsettled_message_was_sent_and_then_bounced_it(box, before):
    message = sent(box, status=before)
    read(box, report(message))
    message = fresh(message)
    assert (message.status, message.sent_at) == (MessageStatus.BOUNCED, NOW)
    assert news() == ["message.sent", "message.bounced"]


# ── answers ─────────────────────────────────────────────────────────────────


def by_id(message: Message) -> dict[str, str]:
    return {"in_reply_to": f"<{message.our_message_id}>"}


def by_reference(message: Message) -> dict[str, str]:
    return {"references": f"<x@y.example>\r\n <beckon.ref.{sign(message.token)}@beckon.example>"}


def by_quoted_id(message: Message) -> dict[str, str]:
    return {"text": f"Yes.\n\n> Message-ID: <{message.our_message_id}>\n> Subject: Hello"}


@pytest.mark.parametrize("how", [by_id, by_reference, by_quoted_id])
@pytest.mark.parametrize("sender", ["eva@home.example", "somebody.else@firm.example"])
def test_an_answer_that_names_our_message_counts_from_any_sender(box, how, sender):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    row = read(box, mail(box, sender=sender, subject="Something else", **how(message)))
    assert (row.verdict, row.message_id, row.candidate_id) == (Verdict.REPLY, message.pk, person.pk)
    assert (row.from_address, row.subject) == (sender, "Something else")
    assert news() == ["message.replied"]


def test_an_answer_to_the_id_the_provider_gave_counts(box):
    message = sent(box)
    copy = ours(message).replace(message.our_message_id.encode(), b"NEW@outlook.example", 1)
    copy = f"X-Microsoft-Original-Message-ID: <{message.our_message_id}>\r\n".encode() + copy
    assert read(box, copy, in_sent=True).verdict == Verdict.OWN_COPY
    assert fresh(message).provider_message_ids == ["NEW@outlook.example"]
    row = read(box, mail(box, sender="x@y.example", in_reply_to="<NEW@outlook.example>"))
    assert row.message_id == message.pk


def test_the_token_in_a_thread_goes_before_older_ids_beside_it(box):
    first = sent(box)
    second = sent(box, references=first.our_message_id, in_reply_to=first.our_message_id)
    references = (
        f"<beckon.ref.{sign(second.token)}@beckon.example> <{first.our_message_id}> <unknown@outlook.example>"
    )
    row = read(box, mail(box, in_reply_to="<unknown@outlook.example>", references=references))
    assert row.message_id == second.pk


def test_a_forged_token_proves_nothing(box):
    message = sent(box)
    forged = f"{message.token}.AAAAAAAAAAAAAAAA"
    row = read(box, mail(box, sender="x@y.example", references=f"<beckon.ref.{forged}@beckon.example>"))
    assert (row.message_id, row.candidate_id, row.subject) == (None, None, "")
    bare = read(box, mail(box, sender="x@y.example", references=f"<{message.token}>"))
    assert bare.message_id is None
    assert news() == []


def test_a_quoted_link_counts_from_a_known_address_and_asks_from_an_unknown_one(box):
    person = eva(box, "eva@home.example", "eva@work.example")
    message = sent(box, candidate_id=person.pk)
    text = f"Yes!\n\n> Hello there\n> {link(message)}"
    known = read(box, mail(box, sender="eva@work.example", text=text))
    assert known.message_id == message.pk
    assert news() == ["message.replied"]
    unknown = read(box, mail(box, sender="assistant@firm.example", subject="Fwd: Hello", text=text))
    assert unknown.message_id == message.pk
    assert news() == ["message.replied", "message.possible_reply"]


def test_a_new_thread_from_any_known_address_of_the_person_is_an_answer(box):
    person = eva(box, "eva@home.example", "eva@work.example")
    sent(box, candidate_id=person.pk)
    row = read(box, mail(box, sender="EVA@Work.example", subject="About your offer"))
    assert (row.verdict, row.candidate_id, row.message_id) == (Verdict.REPLY, person.pk, None)
    assert "eva" not in row.explanation.lower()
    event = Event.objects.across_organisations("test").get()
    assert (event.kind, event.subject) == ("message.replied", f"candidate:{person.pk}")


def test_mail_that_came_before_we_wrote_is_nobodys_answer(box):
    person = eva(box)
    sent(box, candidate_id=person.pk)
    row = read(box, mail(box, subject="Lunch?"), at=NOW - timedelta(seconds=2))
    assert (row.candidate_id, row.subject) == (None, "")
    assert news() == []


def test_an_answer_within_the_second_of_sending_counts_though_servers_cut_the_second(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    begun = NOW.replace(microsecond=700_000)
    Message.objects.across_organisations("test").filter(pk=message.pk).update(sending_at=begun)
    assert read(box, mail(box), at=NOW).candidate_id == person.pk


def test_an_address_another_mailbox_wrote_to_is_private_mail_here(box):
    person = eva(box)
    sent(box, candidate_id=person.pk)
    other = making.mailbox(box.owner)
    row = read(other, mail(other))
    assert (row.candidate_id, row.from_address) == (None, "")


def test_an_answer_that_lands_in_a_colleagues_mailbox_counts_by_id(box):
    message = sent(box)
    other = making.mailbox(making.user("bob", of=box.organisation))
    row = read(other, mail(other, sender="eva@home.example", **by_id(message)))
    assert row.message_id == message.pk


def test_ids_and_tokens_of_another_organisation_change_nothing(box):
    theirs = making.mailbox(making.user("mallory", of=making.organisation("Evil")))
    person = eva(box)
    message = sent(box, candidate_id=person.pk, status=MessageStatus.UNCERTAIN)
    for raw in (
        mail(theirs, **by_id(message)),
        mail(theirs, **by_reference(message)),
        mail(theirs, text=link(message)),
        mail(theirs, subject=f"unsubscribe {sign(message.token)}"),
        report(message),
    ):
        row = read(theirs, raw)
        assert (row.message_id, row.candidate_id) == (None, None)
    read(theirs, ours(message), in_sent=True)
    assert fresh(message).status == MessageStatus.UNCERTAIN
    assert fresh(message).provider_message_ids == []
    assert status_of(person, "eva@home.example") == ContactStatus.UNKNOWN
    assert suppression.suppressed_people(box.organisation_id, [person.pk]) == set()
    assert news() == []


def test_an_automatic_answer_is_noted_with_its_return_date_in_the_owners_zone(box):
    box.owner.time_zone = "Europe/Berlin"
    box.owner.save()
    box = Mailbox.objects.across_organisations("test").select_related("owner").get(pk=box.pk)
    message = sent(box)
    row = read(
        box,
        mail(
            box,
            subject="Automatic reply: Hello",
            text="I am out of the office until 20 May 2026.",
            auto_submitted="auto-replied",
            **by_id(message),
        ),
    )
    assert row.verdict == Verdict.AUTO_REPLY
    assert row.returns_at is not None
    assert row.returns_at.astimezone(UTC).date().isoformat() in {"2026-05-20", "2026-05-21"}
    assert news() == ["message.auto_replied"]


# ── opting out ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sender", ["eva@home.example", "forwarded@elsewhere.example"])
def test_the_mailto_wish_is_known_by_its_signed_reference_whoever_sends_it(box, sender):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    row = read(box, mail(box, sender=sender, subject=f"unsubscribe {sign(message.token)}", text=""))
    assert (row.verdict, row.message_id) == (Verdict.UNSUBSCRIBE, message.pk)
    assert suppression.suppressed_people(box.organisation_id, [person.pk]) == {person.pk}
    assert news() == ["candidate.opted_out"]


def test_a_wish_without_a_reference_counts_from_a_known_address(box):
    person = eva(box)
    sent(box, candidate_id=person.pk)
    for _ in range(2):
        read(box, mail(box, subject="Unsubscribe"))
    assert suppression.suppressed_people(box.organisation_id, [person.pk]) == {person.pk}
    assert news() == ["candidate.opted_out"]


def test_a_forged_reference_from_a_stranger_opts_nobody_out(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    read(box, mail(box, sender="x@y.example", subject=f"unsubscribe {message.token}.AAAAAAAAAAAAAAAA"))
    assert suppression.suppressed_people(box.organisation_id, [person.pk]) == set()


def test_a_spam_complaint_is_an_opt_out(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    raw = (
        f"From: abuse@isp.example\r\nTo: {box.address}\r\nSubject: FW: Hello\r\nMessage-ID: <arf@isp.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="YY"\r\n\r\n'
        "--YY\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n"
        "--YY\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
        "--YY\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode() + ours(message)
    row = read(box, raw + b"\r\n--YY--\r\n")
    assert (row.verdict, row.message_id) == (Verdict.COMPLAINT, message.pk)
    assert suppression.suppressed_people(box.organisation_id, [person.pk]) == {person.pk}


# ── our own copies ──────────────────────────────────────────────────────────


def test_the_copy_in_sent_proves_an_uncertain_send_and_no_second_copy_is_made(box):
    message = sent(box, status=MessageStatus.UNCERTAIN)
    row = read(box, ours(message), folder="Sent", in_sent=True)
    message = fresh(message)
    assert (row.verdict, row.subject, row.from_address) == (Verdict.OWN_COPY, "", "")
    assert (message.status, message.sent_at, message.copy_due_at) == (MessageStatus.SENT, NOW, None)
    assert message.provider_message_ids == []
    assert news() == ["message.sent"]
    tries = SendTry.objects.across_organisations("test").filter(message=message)
    assert [each.outcome for each in tries] == ["seen_in_sent"]


def test_the_copy_of_a_provider_that_rewrites_ids_is_known_by_our_header(box):
    message = sent(box)
    copy = ours(message).replace(message.our_message_id.encode(), b"77@provider.example", 1)
    read(box, copy, in_sent=True)
    assert fresh(message).provider_message_ids == ["77@provider.example"]
    assert news() == []


def test_a_mail_written_by_hand_is_told_once_for_each_person_it_went_to(box):
    person = eva(box)
    raw = mail(box, sender=box.address, to="Eva <eva@home.example>, x@y.example", subject="Hi Eva")
    row = read(box, raw, in_sent=True)
    read(box, raw, in_sent=True)
    assert (row.verdict, row.subject) == (Verdict.OWN_COPY, "")
    event = Event.objects.across_organisations("test").get()
    assert event.kind == "candidate.written_by_hand"
    assert event.ids == {"candidate_id": person.pk, "mailbox_id": box.pk, "inbound_id": row.pk}


def test_a_mail_by_hand_that_is_met_elsewhere_first_is_known_once_it_is_seen_in_sent(box):
    eva(box)
    raw = mail(box, sender=box.address, to="eva@home.example")
    assert read(box, raw, folder="Archive").verdict == Verdict.OTHER
    assert read(box, raw, folder="Sent", in_sent=True).verdict == Verdict.OWN_COPY
    read(box, raw, folder="Sent", in_sent=True)
    assert rows() == 1
    assert news() == ["candidate.written_by_hand"]


def test_what_beckon_sent_for_another_organisation_from_the_same_account_is_not_by_hand(box):
    eva(box)
    theirs = making.mailbox(making.user("mallory", of=making.organisation("Evil")), address=box.address)
    read(box, ours(sent(theirs)), in_sent=True)
    assert news() == []


# ── exactly once, and private ───────────────────────────────────────────────


def test_a_private_mail_leaves_only_date_hash_and_verdict(box):
    eva(box)
    row = read(box, mail(box, sender="Mum <mum@family.example>", subject="Sunday", text="Dinner at eight?"))
    stored = InboundMessage.objects.for_organisation(box.organisation_id).values().get(pk=row.pk)
    assert row.verdict == Verdict.REPLY
    for name in ("from_address", "from_name", "subject", "body_text", "rfc_message_id", "references"):
        assert stored[name] == "", name
    assert stored["message_id"] is None
    assert stored["candidate_id"] is None
    assert len(stored["message_id_hash"]) == 64
    assert "mum" not in str(stored).lower()
    assert "Dinner" not in str(stored)


def test_the_same_mail_in_three_folders_is_one_row_with_three_places(box):
    message = sent(box)
    raw = mail(box, **by_id(message))
    first = read(box, b"Received: from a by b\r\n" + raw, folder="INBOX")
    second = read(box, b"Received: from c by d\r\nX-Spam-Status: No\r\n" + raw, folder="Archive/2026")
    assert first.pk == second.pk
    assert rows() == 1
    assert read(box, raw, folder="[Gmail]/All Mail").pk == first.pk
    places = InboundLocation.objects.across_organisations("test").order_by("pk")
    assert [place.folder for place in places] == ["INBOX", "Archive/2026", "[Gmail]/All Mail"]
    assert news() == ["message.replied"]


def test_the_same_mail_read_twice_is_one_row_and_one_place(box):
    message = sent(box)
    raw = mail(box, **by_id(message))
    read(box, raw, uid=5)
    read(box, raw, uid=5)
    assert rows() == 1
    assert InboundLocation.objects.across_organisations("test").count() == 1
    assert news() == ["message.replied"]


def test_readers_that_meet_a_mail_at_once_make_one_row_and_tell_it_once(box):
    person = eva(box)
    message = sent(box, candidate_id=person.pk)
    raw = report(message)
    start = threading.Barrier(6)
    found, errors = [], []

    def reader(number: int) -> None:
        try:
            start.wait(60)
            found.append(read(box, raw, folder=f"Folder {number}").pk)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(set(found)) == 1
    assert rows() == 1
    assert InboundLocation.objects.across_organisations("test").count() == 6
    assert news() == ["message.bounced"]


def test_news_row_and_match_stand_or_fall_together(box, monkeypatch):
    message = sent(box)
    raw = mail(box, **by_id(message))

    def pulled(*_: object, **__: object) -> None:
        raise RuntimeError("the plug was pulled")

    with monkeypatch.context() as broken:
        broken.setattr("foundation.events.emit", pulled)
        with pytest.raises(RuntimeError, match="pulled"):
            read(box, raw)
    assert rows() == 0
    assert read(box, raw).message_id == message.pk
    assert news() == ["message.replied"]


def test_an_answer_that_overtakes_our_settle_proves_the_message_and_the_worker_changes_nothing(box):
    making.write(box, "eva@home.example")
    lease = leases.take(box.pk)
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    assert transitions.begin(lease, message, now=NOW) is None
    row = read(box, mail(box, **by_id(message)))
    assert row.message_id == message.pk
    late = transitions.Outcome(status=MessageStatus.UNCERTAIN, word="line_lost")
    assert transitions.settle(message, late, now=LATER) is False
    again = transitions.Outcome(status=MessageStatus.QUEUED, word="later", not_before=LATER)
    assert transitions.settle(message, again, now=LATER) is False
    message = fresh(message)
    assert (message.status, message.sent_at) == (MessageStatus.SENT, NOW)
    assert message.copy_due_at == LATER, "the copy in Sent is still to be made"
    assert news() == ["message.sent", "message.replied"]


# ── hostile mail ────────────────────────────────────────────────────────────


def deep(levels: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(levels)
    )
    return b"From: x@y.example\r\nMessage-ID: <deep@x.example>\r\nMIME-Version: 1.0\r\n" + head + b"\r\nhi"


HOSTILE = {
    "nested": deep(3000),
    "50 levels": deep(50),
    "broken charset": b"From: x@y.example\r\nContent-Type: text/plain; charset=x-nobody-knows\r\n\r\n\xff\xfe\x80 ja",
    "30 MB attachment": b"From: x@y.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
    b"--q\r\nContent-Type: text/plain\r\n\r\nHi\r\n--q\r\nContent-Type: application/zip\r\n"
    b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b"QUJD" * 7_500_000
    + b"\r\n--q--",
    "forwarded": b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"hi",
    "nul": b"From: a\0b@c.example\r\nSubject: N\0UL\r\nMessage-ID: <nul\0@x.example>\r\n\r\nte\0xt",
    "surrogates": b"From: x@y.example\r\nSubject: =?utf-8?b?7aCA?=\r\nMessage-ID: <s@x.example>\r\n\r\n\xed\xa0\x80",
    "no end of headers": b"X: " + b"y" * 3_000_000,
    "many headers": b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\nhi",
    "20 MB": b"From: x@y.example\r\nMessage-ID: <big@x.example>\r\n\r\n"
    + b"lorem ipsum dolor \r\n" * 1_000_000,
    "20 MB of base64": b"From: x@y.example\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b"QUJD" * 5_000_000,
    "long ids": b"References: " + b"<" + b"a" * 990 + b"@x.example> " * 2000 + b"\r\n\r\nhi",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("matched", [True, False], ids=["answers us", "private"])
def test_hostile_mail_is_one_row_in_bounded_time(box, name, matched):
    message = sent(box)
    raw = HOSTILE[name]
    if matched:
        raw = f"In-Reply-To: <{message.our_message_id}>\r\n".encode() + raw
    began = time.process_time()
    row = read(box, raw)
    assert time.process_time() - began < 5, "seconds of this process alone, whatever else the machine does"
    row.refresh_from_db()
    assert rows() == 1
    assert (row.message_id == message.pk) is matched
    assert "\0" not in row.subject + row.body_text + row.from_address
    assert len(row.body_text) <= 100_000


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=400), fields=st.binary(max_size=200))
def test_any_bytes_are_stored_and_found_again(junk, fields):
    box = making.mailbox()
    message = sent(box)
    raw = fields.replace(b"\n", b" ") + f"\r\nIn-Reply-To: <{message.our_message_id}>\r\n\r\n".encode() + junk
    first = read(box, raw)
    assert read(box, raw).pk == first.pk


def test_a_date_that_cannot_be_is_no_trouble(box):
    message = sent(box)
    raw = mail(box, **by_id(message)).replace(f"{LATER:%Y}".encode(), b"99999")
    assert read(box, raw, at=datetime(2026, 5, 12, 12, 0, tzinfo=UTC)).message_id == message.pk
