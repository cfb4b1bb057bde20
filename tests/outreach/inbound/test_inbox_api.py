"""The Inbox over the API: what the page shows and does, and no more of a private address."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from foundation.problems import PROBLEM_JSON
from outreach import lending
from outreach.models import InboundMessage, Mailbox, Message, MessageOrigin
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, mail, read, sent
from tests.outreach.inbound.test_inbox import answered, browser, known
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db

INBOX = "/api/v1/inbox/"
JSON = "application/json"


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def one(row: InboundMessage) -> str:
    return f"{INBOX}{row.pk}/"


def change(client: Client, row: InboundMessage, **said):
    return client.patch(one(row), said, content_type=JSON)


def test_the_list_has_the_filters_of_the_page_and_refuses_another(box):
    row = answered(box, "Eva", subject="About it", text="Sounds great, tell me more.")
    alice = browser(box.owner)
    (listed,) = alice.get(INBOX).json()["results"]
    assert (listed["id"], listed["who"], listed["from"]) == (row.pk, "Eva", "eva@home.example")
    assert (listed["kind"], listed["needs_answer"], listed["subject"]) == ("reply", True, "About it")
    assert listed["interest"] == listed["read_as"] == "interested"
    assert listed["interest_phrase"].lower() in listed["text"].lower()
    for show, count in (("answer", 1), ("interested", 1), ("bounced", 0), ("away", 0)):
        assert len(alice.get(f"{INBOX}?show={show}").json()["results"]) == count, show
    refused = alice.get(f"{INBOX}?show=everything")
    assert (refused.status_code, refused["Content-Type"]) == (422, PROBLEM_JSON)


def test_one_conversation_holds_what_was_sent_and_what_came_oldest_first(box):
    row = answered(box, "Eva", text="Yes.\n\n> Hello there.")
    told = browser(box.owner).get(one(row)).json()
    assert told["mail"]["id"] == row.pk
    ours, theirs = told["entries"]
    assert (ours["sent"], ours["came"], ours["address"]) == (row.message_id, None, "eva@home.example")
    assert (theirs["sent"], theirs["came"]["id"]) == (None, row.pk)
    assert "Yes." in theirs["text"]
    assert (told["may_answer"], told["why_not"]) == (True, "")


def test_a_colleague_who_may_not_send_from_the_mailbox_is_told_why(box):
    row = answered(box)
    bob = browser(making.user("bob", of=box.organisation))
    told = bob.get(one(row)).json()
    assert not told["may_answer"]
    assert box.address in told["why_not"]
    refused = bob.post(f"{one(row)}replies/", {"body": "Hello"}, content_type=JSON)
    assert refused.status_code == 403


def test_a_correction_is_kept_beside_what_was_read(box):
    row = answered(box, text="Sounds great, tell me more.")
    alice = browser(box.owner)
    mail_told = change(alice, row, interest="not_now").json()["mail"]
    assert (mail_told["interest"], mail_told["read_as"]) == ("not_now", "interested")
    assert mail_told["corrected_at"]
    assert change(alice, row, interest="").json()["mail"]["interest"] == ""
    assert change(alice, row, interest="in love").status_code == 422


def test_setting_aside_and_back(box):
    row = answered(box)
    alice = browser(box.owner)
    assert not change(alice, row, needs_answer=False).json()["mail"]["needs_answer"]
    assert alice.get(f"{INBOX}?show=answer").json()["results"] == []
    assert change(alice, row, needs_answer=True).json()["mail"]["needs_answer"]


def test_everything_is_read_for_who_says_so_alone(box):
    alice, bob = browser(box.owner), browser(making.user("bob", of=box.organisation))
    row = answered(box, "Eva", text="Sounds great.")
    InboundMessage.objects.for_organisation(box.organisation_id).update(received_at=making.real_now())
    path = f"{INBOX}?show=unread"
    assert [mail["id"] for mail in alice.get(path).json()["results"]] == [row.pk]
    assert alice.post(f"{INBOX}read/").status_code == 204
    assert alice.get(path).json()["results"] == []
    assert [mail["id"] for mail in bob.get(path).json()["results"]] == [row.pk]


def test_what_is_left_out_of_a_change_stays(box):
    row = answered(box, text="Sounds great, tell me more.")
    told = change(browser(box.owner), row).json()["mail"]
    assert (told["interest"], told["needs_answer"], told["corrected_at"]) == ("interested", True, None)


def test_an_answer_is_queued_once_however_often_the_request_is_repeated(box):
    row = answered(box)
    alice = browser(box.owner)
    asked = {"content_type": JSON, "headers": {"Idempotency-Key": "once"}}
    first = alice.post(f"{one(row)}replies/", {"body": "Let us talk."}, **asked)
    again = alice.post(f"{one(row)}replies/", {"body": "Let us talk."}, **asked)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.json()["to"], first.json()["status"]) == ("eva@home.example", "queued")
    replies = Message.objects.for_organisation(box.organisation_id).filter(origin=MessageOrigin.REPLY)
    assert "Let us talk." in replies.get().body_text
    assert not alice.get(one(row)).json()["mail"]["needs_answer"]


def test_an_empty_an_endless_or_no_answer_is_refused(box):
    row = answered(box)
    alice = browser(box.owner)
    for body in ({"body": ""}, {"body": " \n"}, {"body": "x" * 50_001}, {"body": None}, {}):
        refused = alice.post(f"{one(row)}replies/", body, content_type=JSON)
        assert (refused.status_code, refused["Content-Type"]) == (422, PROBLEM_JSON), str(body)[:40]
    assert not Message.objects.for_organisation(box.organisation_id).filter(origin="reply").exists()


def test_a_private_address_is_nobody_elses(box):
    known(box, "Max", "max@secret.example", private_to=box.owner)
    person = known(box, "Max", "max@work.example")
    box_message = sent(box, "max@secret.example", candidate_id=person.pk, private_to_id=box.owner_id)
    raw = mail(
        box,
        sender="Max <max@secret.example>",
        text="Write to max@secret.example.",
        in_reply_to=f"<{box_message.our_message_id}>",
    )
    row = read(box, raw, at=LATER)
    bob = browser(making.user("bob", of=box.organisation, role=Role.ADMIN))
    for answer in (bob.get(INBOX), bob.get(one(row))):
        assert answer.status_code == 200
        assert "secret.example" not in answer.content.decode()
        assert "private address" in answer.content.decode()


def test_private_mail_and_another_organisations_are_not_there(box):
    hidden = read(box, mail(box, sender="mum@family.example", subject="Sunday"))
    row = answered(box)
    assert browser(box.owner).get(one(hidden)).status_code == 404
    mallory = browser(making.user("mallory", of=making.organisation("Else"), role=Role.ADMIN))
    assert mallory.get(INBOX).json()["results"] == []
    for answer in (
        mallory.get(one(row)),
        change(mallory, row, needs_answer=False),
        mallory.post(f"{one(row)}replies/", {"body": "Hello"}, content_type=JSON),
    ):
        assert answer.status_code == 404


def test_what_somebody_writes_to_a_lender_after_the_answer_is_the_lenders_own(box):
    alice = making.user("alice", of=box.organisation)
    lending.lend(actor=box.owner, mailbox_id=box.pk, user_id=alice.pk, now=NOW)
    first = answered(box, "Eva")
    later = read(box, mail(box, sender="Eva <eva@home.example>", subject="Sunday", text="Lunch?"))
    InboundMessage.objects.for_organisation(box.organisation_id).filter(pk=later.pk).update(
        received_at=first.received_at.replace(hour=23), certainty="address", message=None,
        candidate_id=first.candidate_id,
    )  # fmt: skip
    assert [row["id"] for row in browser(alice).get(INBOX).json()["results"]] == [first.pk]
    assert browser(alice).get(one(later)).status_code == 404
    assert browser(box.owner).get(one(later)).status_code == 200
