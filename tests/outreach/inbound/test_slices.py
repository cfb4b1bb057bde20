"""Many mails read together end as they would one by one, in fewer questions."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation.models import Event
from outreach.inbound import ingest, slices
from outreach.inbound.ingest import Place
from outreach.models import InboundLocation, InboundMessage
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, link, mail, report, sent

pytestmark = pytest.mark.django_db(transaction=True)
EVERYBODY = "test"


@pytest.fixture
def box():
    return making.mailbox()


def arrived(*raws, folder="INBOX", first=1, is_sent=False):
    return [
        slices.Arrived(raw, Place(folder, 1, first + number, is_sent=is_sent), LATER)
        for number, raw in enumerate(raws)
    ]


def read(box, *raws, **where):
    return slices.ingest_all(mailbox=box, mails=arrived(*raws, **where), now=LATER)


def stored(box):
    """Everything that reading leaves, without the numbers of its rows."""
    rows = (
        InboundMessage.objects.for_organisation(box.organisation_id).filter(mailbox=box).order_by("raw_hash")
    )
    shown = [
        {
            field.attname: getattr(row, field.attname)
            for field in row._meta.concrete_fields
            if field.attname not in {"id", "mailbox_id"}
        }
        for row in rows
    ]
    places = InboundLocation.objects.for_organisation(box.organisation_id).filter(mailbox=box)
    return shown, sorted(places.values_list("inbound__raw_hash", "folder", "uidvalidity", "uid"))


def news(number=0):
    return mail(
        None, to="x@y.example", sender=f"News <news{number}@shop.example>", list_unsubscribe="<https://s/u>"
    )


def a_day(message):
    """Every kind of mail about ``message`` and about nobody, the same bytes each time."""
    box = message.mailbox
    ids = {"in_reply_to": f"<{message.our_message_id}>"}
    return [
        news(1),
        mail(box, message_id="answer@home.example", **ids),
        mail(box, sender="Friend <friend@home.example>", message_id="friend@home.example", text="Dinner?"),
        mail(box, message_id="known@home.example", text="By the way."),
        mail(
            box,
            sender="Else <else@home.example>",
            message_id="quoting@home.example",
            text=f"No: {link(message)}",
        ),
        report(message),
        report(message, recipient="somebody@else.example", returned="Subject: another mail"),
        mail(box, sender=f"Me <{box.address}>", message_id="self@home.example", text="Note to myself"),
        mail(box, sender="", message_id="nobody@home.example"),
        b"",
        b"\xff\xfe\x00 no mail at all",
    ]


def left_by(box, reading):
    """What ``reading`` leaves in the database, which is then as before."""
    with transaction.atomic():
        reading()
        events = Event.objects.across_organisations(EVERYBODY)
        left = (*stored(box), sorted(events.values_list("kind", "subject")))
        transaction.set_rollback(True)
    return left


def test_a_slice_leaves_what_its_mails_leave_one_by_one(box):
    raws = a_day(sent(box))

    def one_by_one():
        for each in arrived(*raws):
            ingest.ingest(mailbox=box, raw=each.raw, place=each.place, received_at=LATER, now=LATER)

    rows, places, told = left_by(box, lambda: read(box, *raws))
    assert (rows, places, told) == left_by(box, one_by_one)
    assert (len(rows), len(places)) == (len(raws), len(raws))
    assert "message.replied" in {kind for kind, _ in told}
    assert "message.bounced" in {kind for kind, _ in told}


def test_mail_that_concerns_nobody_costs_no_question_of_its_own(box):
    few, many = [news(n) for n in range(3)], [news(100 + n) for n in range(40)]
    with CaptureQueriesContext(connection) as for_few:
        read(box, *few)
    with CaptureQueriesContext(connection) as for_many:
        read(box, *many, first=100)
    assert len(for_many) == len(for_few)
    assert InboundMessage.objects.for_organisation(box.organisation_id).count() == 43


def test_the_same_mail_twice_in_a_slice_is_one_row_with_two_places(box):
    again = news()
    first, second = read(box, again, again)
    assert first.pk == second.pk
    assert InboundLocation.objects.for_organisation(box.organisation_id).count() == 2


def test_reading_a_slice_again_adds_only_the_new_places(box):
    raws = [news(n) for n in range(3)]
    read(box, *raws)
    read(box, *raws)
    assert InboundLocation.objects.for_organisation(box.organisation_id).count() == 3
    read(box, *raws, folder="Archive")
    assert InboundMessage.objects.for_organisation(box.organisation_id).count() == 3
    assert InboundLocation.objects.for_organisation(box.organisation_id).count() == 6


def test_a_mail_whose_place_was_taken_is_stored_with_the_others(box):
    read(box, news(1))
    rows = read(box, news(2), news(3))
    assert len({row.pk for row in rows}) == 2
    assert InboundMessage.objects.for_organisation(box.organisation_id).count() == 3


def test_another_reader_storing_one_of_them_meanwhile_takes_none_of_the_others_away(box, monkeypatch):
    raws = [news(n) for n in range(4)]
    strangers = slices.matching.strangers

    def meanwhile(mails, *, mailbox):
        place = Place("Archive", 1, 77)
        ingest.ingest(mailbox=box, raw=raws[2], place=place, received_at=LATER, now=LATER)
        return strangers(mails, mailbox=mailbox)

    monkeypatch.setattr(slices.matching, "strangers", meanwhile)
    rows = read(box, *raws)
    assert len({row.pk for row in rows}) == 4
    assert InboundMessage.objects.for_organisation(box.organisation_id).count() == 4
    assert InboundLocation.objects.for_organisation(box.organisation_id).count() == 5


def test_an_answer_in_the_middle_of_private_mail_is_found(box):
    message = sent(box)
    answer = mail(box, in_reply_to=f"<{message.our_message_id}>")
    rows = read(box, *[news(n) for n in range(20)], answer, *[news(n) for n in range(20, 40)])
    assert [row.message_id for row in rows if row.certainty] == [message.pk]
    assert Event.objects.across_organisations(EVERYBODY).filter(kind="message.replied").count() == 1


def test_own_mail_in_sent_is_never_a_strangers(box):
    (row,) = read(box, news(), folder="Sent", is_sent=True)
    assert row.verdict == "own_copy"


def test_slices_are_cut_by_number_and_by_size():
    small = arrived(*[b"x"] * 120)
    assert [len(each) for each in slices.cut(small)] == [50, 50, 20]
    large = arrived(b"x" * 900_000, b"y" * 200_000, b"z" * 3_000_000, b"w")
    assert [len(each) for each in slices.cut(large)] == [1, 1, 1, 1]
    assert list(slices.cut([])) == []
