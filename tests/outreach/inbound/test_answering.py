"""The Inbox as a place to work: conversations, what an answer means, and answering from the mailbox."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Role, User
from foundation.models import Event
from foundation.problems import Conflict, Invalid, NotAllowed
from outreach import replying
from outreach.inbound import selectors
from outreach.models import InboundMessage, Mailbox, Message
from outreach.outbox import wire
from sourcing import suppressing, suppression
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, mail, read, sent
from tests.outreach.inbound.test_inbox import browser, known, page
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db

ANSWERED_AT = LATER + timedelta(hours=1)


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def answered(box: Mailbox, name: str = "Eva", *, at=LATER, text: str = "I'd love to hear more.", **values):
    address = f"{name.lower()}@home.example"
    message = Message.objects.for_organisation(box.organisation_id).filter(to_address=address).first()
    if message is None:
        message = sent(box, address, candidate_id=known(box, name, address).pk)
    raw = mail(
        box, sender=f"{name} <{address}>", in_reply_to=f"<{message.our_message_id}>", text=text, **values
    )
    return read(box, raw, at=at)


def shown(user: User, only: str = "all") -> list[str]:
    return [row.from_name for row in selectors.inbox(user, only=only)]


def conversation(user: User, row: InboundMessage) -> str:
    return browser(user).get(reverse("outreach:inbound", args=[row.pk])).content.decode()


def test_a_conversation_is_one_row_with_its_newest_mail(box):
    answered(box, "Eva", subject="First")
    answered(box, "Ada", at=LATER + timedelta(minutes=1))
    answered(box, "Eva", subject="Second", at=LATER + timedelta(minutes=2))
    assert shown(box.owner) == ["Eva", "Ada"]
    html = page(box.owner)
    assert "Second" in html
    assert "First" not in html


def test_what_an_answer_says_is_read_marked_and_filtered(box):
    row = answered(box, text="Hi Alice,\nsounds good, I'd love to hear more.\n\nBest\nEva")
    answered(box, "Ada", text="Not interested.")
    answered(box, "Bea", text="Hm.")
    assert (row.interest, row.interest_phrase) == ("interested", "love to hear")
    assert shown(box.owner, "interested") == ["Eva"]
    assert "<mark>love to hear</mark>" in conversation(box.owner, row)


def test_one_press_corrects_it_and_what_was_read_is_kept(box):
    row = answered(box)
    url = reverse("outreach:inbound_interest", args=[row.pk])
    browser(box.owner).post(url, {"as": "not_interested"})
    row.refresh_from_db()
    assert (row.interest, row.meaning, row.corrected_by) == ("interested", "not_interested", box.owner)
    assert shown(box.owner, "interested") == []
    told = Event.objects.for_organisation(box.organisation_id).filter(kind="message.interest_corrected")
    assert [event.ids["inbound_id"] for event in told] == [row.pk]
    browser(box.owner).post(url, {"as": ""})
    row.refresh_from_db()
    assert row.meaning == ""
    assert "<mark>" not in conversation(box.owner, row)
    assert browser(box.owner).post(url, {"as": "in_love"}).status_code == 422


def test_nobody_is_suppressed_by_what_was_read(box):
    row = answered(box, text="Please stop emailing me. I'm not interested.")
    assert row.interest == "not_interested"
    assert not suppression.is_suppressed(box.organisation_id, row.candidate_id, row.from_address)


def test_quoted_text_is_kept_folded_and_not_read(box):
    row = answered(box, text="Ok.\n\nOn Tuesday Alice wrote:\n> I'd love to hear more from you.")
    assert row.body_text == "Ok."
    assert "love to hear" in row.quoted_text
    assert row.interest == ""
    html = conversation(box.owner, row)
    assert html.index("<details") < html.index("love to hear more from you")


def test_an_answer_leaves_through_the_outbox_in_the_same_thread(box):
    row = answered(box, message_id="theirs@home.example", references="<first@acme.example>")
    answer = browser(box.owner).post(
        reverse("outreach:inbound_reply", args=[row.pk]), {"body": "Great!\r\nTuesday?"}
    )
    assert answer.status_code == 302
    message = Message.objects.for_organisation(box.organisation_id).get(origin="reply")
    assert (message.rank, message.mailbox_id, message.candidate_id) == (1, box.pk, row.candidate_id)
    assert message.subject == "Re: Hello"
    message.claimed_at = NOW
    raw = email.message_from_bytes(wire.content(message, box))
    assert raw["In-Reply-To"] == "<theirs@home.example>"
    assert "<first@acme.example>" in raw["References"]
    assert raw["References"].split()[-1] == "<theirs@home.example>"
    assert raw["List-Unsubscribe"] is None
    text = raw.get_payload()[0].get_payload(decode=True).decode()
    assert text.startswith("Great!\r\nTuesday?")
    assert "> I'd love to hear more." in text
    assert "On its way" in conversation(box.owner, row)


def test_needs_answer_is_over_when_somebody_answers_or_sets_it_aside(box):
    row = answered(box)
    other = answered(box, "Ada")
    assert set(shown(box.owner, "answer")) == {"Eva", "Ada"}
    replying.reply(row=row, body="Yes.", actor=box.owner, now=ANSWERED_AT)
    assert shown(box.owner, "answer") == ["Ada"]
    url = reverse("outreach:inbound_done", args=[other.pk])
    browser(box.owner).post(url, {"done": "yes"})
    assert shown(box.owner, "answer") == []
    browser(box.owner).post(url, {"done": "no"})
    assert shown(box.owner, "answer") == ["Ada"]
    # A new mail of the person asks again.
    answered(box, at=ANSWERED_AT + timedelta(days=1), text="And?")
    assert set(shown(box.owner, "answer")) == {"Eva", "Ada"}


def test_an_answer_from_a_mail_program_counts_too(box):
    answered(box)
    by_hand = mail(box, sender=f"Alice <{box.address}>", to="eva@home.example", text="Call you later")
    read(box, by_hand, at=ANSWERED_AT, folder="Sent", in_sent=True)
    assert shown(box.owner, "answer") == []


def test_only_who_may_send_from_the_mailbox_answers(box):
    row = answered(box)
    bob = making.user("bob", of=box.organisation)
    with pytest.raises(NotAllowed, match="send from"):
        replying.reply(row=row, body="Hi", actor=bob, now=ANSWERED_AT)
    assert "can answer here" in conversation(bob, row)
    vera = making.user("vera", of=box.organisation, role=Role.VIEWER)
    assert (
        browser(vera).post(reverse("outreach:inbound_reply", args=[row.pk]), {"body": "x"}).status_code == 403
    )
    mallory = making.user("mallory")
    assert (
        browser(mallory).post(reverse("outreach:inbound_reply", args=[row.pk]), {"body": "x"}).status_code
        == 404
    )
    assert not Message.objects.for_organisation(box.organisation_id).filter(origin="reply").exists()


def test_a_private_address_is_answered_only_by_its_owner(box):
    bob = making.user("bob", of=box.organisation)
    eva = known(box, "Eva", "eva@secret.example", private_to=bob)
    message = sent(box, "eva@secret.example", candidate_id=eva.pk, private_to_id=bob.pk)
    text = (
        "Hello.\nWrite to EVA@secret.example\n\nOn Monday eva@secret.example wrote:\n> Hi eva@secret.example"
    )
    row = read(
        box,
        mail(box, sender="Eva <eva@secret.example>", in_reply_to=f"<{message.our_message_id}>", text=text),
    )
    assert "eva@secret.example" in conversation(bob, row).lower()
    html = conversation(box.owner, row)
    assert "eva@secret.example" not in html.lower()
    assert "private address" in html
    with pytest.raises(NotAllowed, match="private"):
        replying.reply(row=row, body="Hi", actor=box.owner, now=ANSWERED_AT)


def test_an_answer_to_ones_own_private_address_stays_private(box):
    eva = known(box, "Eva", "eva@secret.example", private_to=box.owner)
    message = sent(box, "eva@secret.example", candidate_id=eva.pk)
    row = read(box, mail(box, sender="Eva <eva@secret.example>", in_reply_to=f"<{message.our_message_id}>"))
    answer = replying.reply(row=row, body="Hi", actor=box.owner, now=ANSWERED_AT)
    assert answer.private_to == box.owner


def test_nobody_on_the_do_not_contact_list_is_answered(box):
    row = answered(box)
    suppressing.suppress_address(
        organisation=box.organisation, address=row.from_address, actor=box.owner, reason="manual"
    )
    with pytest.raises(Conflict, match="do-not-contact"):
        replying.reply(row=row, body="Hi", actor=box.owner, now=ANSWERED_AT)
    said = browser(box.owner).post(reverse("outreach:inbound_reply", args=[row.pk]), {"body": "Hi"})
    assert said.status_code == 422
    assert "do-not-contact" in said.content.decode()


@pytest.mark.parametrize("body", ["", " \n\t", "x" * 50_001])
def test_an_empty_or_endless_answer_is_refused(box, body):
    with pytest.raises(Invalid):
        replying.reply(row=answered(box), body=body, actor=box.owner, now=ANSWERED_AT)


def test_ids_that_are_none_do_not_break_the_answer(box):
    row = answered(box, references="<ok@home.example> <no at> <ünicode@x.example>", message_id="a b@c")
    answer = replying.reply(row=row, body="Hi", actor=box.owner, now=ANSWERED_AT)
    answer.claimed_at = NOW
    assert b"ok@home.example" in wire.content(answer, box)


def test_hostile_names_and_texts_show_as_text(box):
    row = answered(box, text="<script>alert(1)</script> I'd love to hear more \u202egnp.exe")
    html = conversation(box.owner, row)
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html


def test_a_damaged_mail_still_shows(box):
    message = sent(box, "eva@home.example", candidate_id=known(box, "Eva", "eva@home.example").pk)
    broken = mail(box, in_reply_to=f"<{message.our_message_id}>").replace(
        b"text/plain; charset=utf-8", b"multipart/mixed; boundary=never"
    )
    row = read(box, broken)
    assert row.verdict == "reply"
    assert browser(box.owner).get(reverse("outreach:inbound", args=[row.pk])).status_code == 200
    assert "Eva" in page(box.owner)
