"""The signature under a message: where it stands, and that it stays text."""

from __future__ import annotations

import email
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry
from foundation.problems import Invalid, Missing, NotAllowed
from outreach import mailbox_sender
from outreach.inbound import ingest
from outreach.outbox import wire
from outreach.rendering import render
from outreach.signatures import signed
from outreach.states import Verdict
from tests.outreach import making
from tests.outreach.inbound import mails
from tests.outreach.inbound.mails import LATER, mail, sent

SIGNATURE = "Alice Marsh\nhttps://acme.example/jobs"


def test_it_stands_above_the_offer_to_unsubscribe() -> None:
    made = render("Hi", "Dear Ada,\n\nhow are you?", {}, unsubscribe_link="https://x.example/u/1/")
    text, html = signed(made.text, made.html, SIGNATURE)
    assert text == (
        "Dear Ada,\n\nhow are you?\n\n-- \nAlice Marsh\nhttps://acme.example/jobs\n\n"
        "If you do not want to hear from me again: https://x.example/u/1/"
    )
    assert html.index("how are you") < html.index("Alice Marsh") < html.index("unsubscribe</a>")
    assert '<a href="https://acme.example/jobs">' in html


def test_it_stands_above_a_quoted_mail() -> None:
    text, _ = signed("Yes.\n\nOn 1 May, Ada wrote:\n> Is it remote?\n> Ada", "<p>Yes.</p>", "Alice")
    assert text == "Yes.\n\n-- \nAlice\n\nOn 1 May, Ada wrote:\n> Is it remote?\n> Ada"


def test_without_one_nothing_changes() -> None:
    assert signed("a", "<p>a</p>", " \n ") == ("a", "<p>a</p>")


@given(st.text(max_size=80), st.text(max_size=60))
def test_nothing_in_it_becomes_markup_and_nothing_of_the_text_is_lost(text: str, signature: str) -> None:
    plain, html = signed(text, "<p>body</p>", f"<b onclick=x>{signature}")
    assert "<b onclick" not in html
    assert text.rstrip() in plain or "\n\n" in text
    assert "<p>body</p>" in html


# At the door


@pytest.fixture
def box(db):
    return making.mailbox(display_name="Alice Sender")


def wired(message, box) -> email.message.EmailMessage:
    return email.message_from_bytes(wire.content(message, box), policy=default)


def test_a_message_leaves_with_signature_and_alias(box):
    mailbox_sender.change(
        actor=box.owner, mailbox_id=box.pk, signature="Alice\r\n<b>Acme</b>\0", reply_to=" Jobs@Acme.example "
    )
    box.refresh_from_db()
    made = wired(sent(box), box)
    assert made["Reply-To"] == "Alice Sender <jobs@acme.example>"
    assert made["From"] == f"Alice Sender <{box.address}>"
    plain = made.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert plain.endswith("-- \nAlice\n<b>Acme</b>")
    assert "Alice<br>\n&lt;b&gt;Acme&lt;/b&gt;" in made.get_body(("html",)).get_content().replace(
        "\r\n", "\n"
    )


def test_without_an_alias_there_is_no_reply_to(box):
    mailbox_sender.change(actor=box.owner, mailbox_id=box.pk, signature="", reply_to=box.address.upper())
    box.refresh_from_db()
    assert box.reply_to == ""
    assert wired(sent(box), box)["Reply-To"] is None


@pytest.mark.parametrize("by", ["id", "address"])
def test_an_answer_to_the_alias_is_matched_as_any_other(box, by):
    message = sent(box, candidate_id=making.person(box).pk)
    box.reply_to = "jobs@acme.example"
    box.save()
    fields = {"in_reply_to": f"<{message.our_message_id}>"} if by == "id" else {}
    row = mails.read(box, mail(box, to="jobs@acme.example", **fields))
    assert (row.verdict, row.candidate_id) == (Verdict.REPLY, message.candidate_id)


def test_what_the_owner_writes_from_the_alias_is_no_answer(box):
    message = sent(box, "jobs@acme.example", candidate_id=making.person(box).pk)
    box.reply_to = "jobs@acme.example"
    box.save()
    row = mails.read(
        box, mail(box, sender="Jobs <Jobs@acme.example>", in_reply_to=f"<{message.our_message_id}>")
    )
    assert row.verdict == Verdict.OTHER


def test_what_the_owner_sent_from_the_alias_is_their_own_mail(box):
    box.reply_to = "jobs@acme.example"
    box.save()
    raw = mail(box, sender="Jobs <jobs@acme.example>", to="eva@home.example")
    assert mails.read(box, raw).verdict == Verdict.OTHER
    place = ingest.Place("Sent", 1, 900, is_sent=True)
    row = ingest.ingest(mailbox=box, raw=raw, place=place, received_at=LATER, now=LATER)
    assert row.verdict == Verdict.OWN_COPY


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"signature": "x" * 2001, "reply_to": ""}, "signature"),
        ({"signature": "", "reply_to": "not an address"}, "reply_to"),
        ({"signature": "", "reply_to": "a@b.example\r\nBcc: x@evil.example"}, "reply_to"),
        ({"signature": "", "reply_to": "a@b.example, x@evil.example"}, "reply_to"),
    ],
)
def test_what_cannot_stand_in_a_mail_is_refused_at_its_field(box, values, field):
    with pytest.raises(Invalid) as refused:
        mailbox_sender.change(actor=box.owner, mailbox_id=box.pk, **values)
    assert list(refused.value.fields) == [field]


def test_who_may_change_it(box):
    for actor, problem in (
        (making.user("bob", of=box.organisation), NotAllowed),
        (making.user("mallory", of=making.organisation("Evil")), Missing),
    ):
        with pytest.raises(problem):
            mailbox_sender.change(actor=actor, mailbox_id=box.pk, signature="x", reply_to="")


@pytest.mark.django_db(transaction=True)
def test_a_change_is_in_the_audit_trail():
    box = making.mailbox()
    mailbox_sender.change(actor=box.owner, mailbox_id=box.pk, signature="", reply_to="jobs@acme.example")
    entries = AuditEntry.objects.filter(organisation=box.organisation_id, table="outreach_mailbox")
    assert any("reply_to" in entry.changes for entry in entries)
