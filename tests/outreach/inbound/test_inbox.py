"""The Inbox page and the timeline: what came back, and what of it each person may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from outreach import personal
from outreach.inbound import selectors
from outreach.models import InboundMessage, Mailbox, Message
from sourcing import person_data
from sourcing.models import Candidate, ContactPoint
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, link, mail, read, report, sent
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, query: str = "") -> str:
    answer = browser(user).get(f"{reverse('outreach:inbox')}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def known(box: Mailbox, name: str, address: str, *, private_to: User | None = None) -> Candidate:
    person = making.person(box, name)
    ContactPoint.objects.create(
        organisation_id=box.organisation_id,
        candidate=person,
        kind="email",
        value=address,
        normalised=address,
        origin="added" if private_to else "imported",
        shared=private_to is None,
        added_by=private_to,
    )
    return person


def answered(box: Mailbox, name: str = "Eva", *, at=LATER, **values) -> InboundMessage:
    address = f"{name.lower()}@home.example"
    message = sent(box, address, candidate_id=known(box, name, address).pk)
    raw = mail(box, sender=f"{name} <{address}>", in_reply_to=f"<{message.our_message_id}>", **values)
    return read(box, raw, at=at)


def test_an_empty_inbox_says_what_will_come(box):
    assert "Nothing has come back yet" in page(box.owner)
    for show, words in (
        ("answer", "Nobody is waiting"),
        ("bounced", "Nothing has bounced"),
        ("away", "Nobody is out"),
    ):
        assert words in page(box.owner, f"?show={show}")


def test_newest_first_with_person_subject_and_what_it_is(box):
    answered(box, "Eva", subject="First")
    answered(box, "Ada", subject="Second", at=LATER + timedelta(minutes=1))
    html = page(box.owner)
    assert html.index(">Ada<") < html.index(">Eva<")
    assert "Replied" in html
    assert "Second" in html


def test_private_mail_is_neither_listed_nor_reachable(box):
    row = read(box, mail(box, sender="mum@family.example", subject="Sunday"))
    assert "Nothing has come back yet" in page(box.owner)
    assert browser(box.owner).get(reverse("outreach:inbound", args=[row.pk])).status_code == 404


def test_the_filters_say_what_they_list(box):
    answered(box, "Eva")
    dead = sent(box, "max@home.example", candidate_id=known(box, "Max", "max@home.example").pk)
    read(box, report(dead))
    away = sent(box, "ooo@home.example", candidate_id=known(box, "Olga", "ooo@home.example").pk)
    read(
        box,
        mail(
            box,
            subject="Automatic reply",
            text="Away until 20 May 2026.",
            auto_submitted="auto-replied",
            in_reply_to=f"<{away.our_message_id}>",
        ),
    )
    names = {
        show: [name for name in ("Eva", "Max", "Olga") if f">{name}<" in page(box.owner, f"?show={show}")]
        for show in ("all", "answer", "bounced", "away", "nonsense")
    }
    assert names == {
        "all": ["Eva", "Max", "Olga"],
        "answer": ["Eva"],
        "bounced": ["Max"],
        "away": ["Olga"],
        "nonsense": ["Eva", "Max", "Olga"],
    }
    assert "Out of office until" in page(box.owner, "?show=away")


def test_who_was_answered_no_longer_needs_an_answer(box):
    row = answered(box)
    (reply,) = making.write(box, "eva@home.example", origin="reply", candidate_id=row.candidate_id)
    Message.objects.for_organisation(box.organisation_id).filter(pk=reply.pk).update(
        status="sent", sending_at=LATER, sent_at=LATER + timedelta(minutes=5)
    )
    assert "Nobody is waiting" in page(box.owner, "?show=answer")


def test_an_answer_that_left_before_the_mail_came_is_none_to_it(box):
    row = answered(box)
    (reply,) = making.write(box, "eva@home.example", origin="reply", candidate_id=row.candidate_id)
    rows = Message.objects.for_organisation(box.organisation_id).filter(pk=reply.pk)
    rows.update(status="sent", sending_at=LATER, sent_at=LATER - timedelta(minutes=1))
    assert ">Eva<" in page(box.owner, "?show=answer")
    rows.update(status="sent", sent_at=None)
    assert ">Eva<" in page(box.owner, "?show=answer"), "nobody knows yet that it was sent"


def test_a_doubtful_match_is_shown_as_a_question(box):
    message = sent(box, candidate_id=known(box, "Eva", "eva@home.example").pk)
    read(box, mail(box, sender="assistant@firm.example", text=f"See below.\n> {link(message)}"))
    assert "Possible reply" in page(box.owner)


def test_pages_are_turned_by_cursor(box, monkeypatch):
    monkeypatch.setattr("outreach.views.inbox.PER_PAGE", 2)
    for number, name in enumerate(("Ada", "Bea", "Cleo")):
        answered(box, name, at=LATER + timedelta(minutes=number))
    answer = browser(box.owner).get(reverse("outreach:inbox"))
    first = answer.content.decode()
    assert ">Cleo<" in first
    assert ">Ada<" not in first
    second = page(box.owner, f"?after={answer.context['page'].next}")
    assert ">Ada<" in second
    assert ">Cleo<" not in second


def test_the_conversation_shows_what_was_sent_above_what_came(box):
    row = answered(box, text="Yes, call me.\n\nOn Tuesday Alice wrote:\n> Hello there.")
    html = browser(box.owner).get(reverse("outreach:inbound", args=[row.pk])).content.decode()
    assert html.index("Hello there.") < html.index("<mark>")
    assert "It names a message of ours." in html


def test_markup_in_a_mail_is_text(box):
    row = answered(box, subject="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>")
    for html in (
        page(box.owner),
        browser(box.owner).get(reverse("outreach:inbound", args=[row.pk])).content.decode(),
    ):
        assert "<script>alert(1)" not in html
        assert "<img src=x" not in html


def test_another_organisation_sees_nothing_of_it(box):
    row = answered(box)
    mallory = making.user("mallory", role=Role.ADMIN)
    assert "Nothing has come back yet" in page(mallory)
    assert browser(mallory).get(reverse("outreach:inbound", args=[row.pk])).status_code == 404


def test_an_address_added_by_hand_is_shown_to_its_adder_only(box):
    alice = box.owner
    bob = making.user("bob", of=box.organisation, role=Role.ADMIN)
    person = known(box, "Eva", "eva@home.example", private_to=alice)
    message = sent(box, candidate_id=person.pk, private_to_id=alice.pk)
    row = read(box, mail(box, in_reply_to=f"<{message.our_message_id}>"))
    url = reverse("outreach:inbound", args=[row.pk])
    for viewer, address in ((alice, True), (bob, False)):
        for html in (page(viewer), browser(viewer).get(url).content.decode()):
            assert ("eva@home.example" in html) is address
            assert ("private address" in html) is not address
    assert "eva@home.example" not in row.explanation


def test_an_address_that_is_shared_as_well_is_shown(box):
    alice = box.owner
    bob = making.user("bob", of=box.organisation)
    person = known(box, "Eva", "eva@home.example", private_to=alice)
    ContactPoint.objects.create(
        organisation_id=box.organisation_id,
        candidate=person,
        kind="email",
        value="eva@home.example",
        normalised="eva@home.example",
        origin="imported",
    )
    sent(box, candidate_id=person.pk)
    read(box, mail(box))
    assert "eva@home.example" in page(bob)


def test_the_page_asks_the_database_a_fixed_number_of_times(box, django_assert_max_num_queries):
    for name in ("Ada", "Bea", "Cleo", "Dora", "Elsa", "Fay"):
        answered(box, name)
    rows = list(selectors.inbox(box.owner))
    with django_assert_max_num_queries(5):
        views = selectors.mail_views(box.owner, rows)
        assert [view.who for view in views] == ["Fay", "Elsa", "Dora", "Cleo", "Bea", "Ada"]


def test_the_timeline_tells_of_mail_both_ways(box):
    row = answered(box, subject="Re: Hello")
    dead = sent(box, "eva.old@home.example", candidate_id=row.candidate_id)
    read(box, report(dead))
    person = Candidate.objects.for_organisation(box.organisation_id).get(pk=row.candidate_id)
    moments = personal.timeline(person, box.owner, 50)
    assert sorted(moment.text for moment in moments) == [
        "E-mail bounced",
        "E-mail sent",
        "E-mail sent",
        "Replied · Interested",
    ]
    assert next(moment for moment in moments if moment.text.startswith("Replied")).quote == "Yes, call me."
    assert moments == sorted(moments, key=lambda moment: moment.at, reverse=True)
    lender = making.user("lender", of=box.organisation, role=Role.MAILBOX_OWNER)
    assert personal.timeline(person, lender, 50) == []
    assert {
        ("outreach.Message", "candidate"),
        ("outreach.InboundMessage", "candidate"),
    } <= person_data.claimed()


def test_the_timeline_hides_a_private_address_and_the_servers_words_about_it(box):
    alice = box.owner
    bob = making.user("bob", of=box.organisation)
    person = known(box, "Eva", "eva@home.example", private_to=alice)
    message = sent(box, candidate_id=person.pk, private_to_id=alice.pk)
    read(box, report(message, words="550 5.1.1 <eva@home.example> unknown"))
    assert "eva@home.example" not in str(personal.timeline(person, bob, 50))
    assert "eva@home.example" in str(personal.timeline(person, alice, 50))
    assert NOW < LATER
