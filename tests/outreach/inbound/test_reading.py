"""Read and unread in the Inbox, for each member alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from foundation.problems import Missing
from outreach import lending
from outreach.inbound import answering, reading, selectors, unread
from outreach.models import InboundMessage, InboundReading, Mailbox
from tests.outreach import making
from tests.outreach.inbound.mails import mail, read, report, sent
from tests.outreach.inbound.test_inbox import answered, browser, known
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Mailbox:
    """A mailbox whose owner and colleagues joined long before anything came."""
    made = making.mailbox()
    making.user("bob", of=made.organisation)
    User.objects.filter(organisation=made.organisation).update(date_joined=NOW - timedelta(days=400))
    made.owner.refresh_from_db()
    return made


def bob(box: Mailbox) -> User:
    return User.objects.get(organisation=box.organisation, name="Bob")


def count(viewer: User, *, now: datetime = NOW + timedelta(days=1)) -> int:
    return unread.count(viewer, now=now)


def names(viewer: User, *, now: datetime = NOW + timedelta(days=1)) -> list[str]:
    rows = unread.listed(viewer, show="unread", now=now)
    return [row.candidate.name for row in rows if row.candidate]


def test_an_answer_is_new_to_everybody_until_each_has_opened_it(box):
    row = answered(box)
    assert (count(box.owner), count(bob(box))) == (1, 1)
    reading.opened(actor=box.owner, inbound_ids=[row.pk], now=NOW)
    assert (count(box.owner), count(bob(box))) == (0, 1)


def test_two_answers_of_one_person_are_one_conversation(box):
    first = answered(box, "Eva")
    raw = mail(box, sender="Eva <eva@home.example>", in_reply_to=f"<{first.message.our_message_id}>")
    second = read(box, raw, at=first.received_at + timedelta(minutes=5))
    answered(box, "Ada")
    assert count(box.owner) == 2
    rows = unread.listed(box.owner, show="unread", now=NOW + timedelta(days=1))
    assert second in rows
    assert first not in rows
    (found,) = unread.among(box.owner, [second], now=NOW + timedelta(days=1)).values()
    assert set(found) == {first.pk, second.pk}


def test_bounces_and_automatic_answers_are_never_new(box):
    read(box, report(sent(box, "max@home.example", candidate_id=known(box, "Max", "max@home.example").pk)))
    away = sent(box, "ooo@home.example", candidate_id=known(box, "Olga", "ooo@home.example").pk)
    read(box, mail(box, auto_submitted="auto-replied", in_reply_to=f"<{away.our_message_id}>"))
    assert InboundMessage.objects.for_organisation(box.organisation_id).count() == 2
    assert count(box.owner) == 0


def test_what_somebody_has_dealt_with_is_not_new_to_the_others(box):
    row = answered(box)
    answering.set_done(row=row, done=True, actor=box.owner, now=NOW)
    assert count(bob(box)) == 0


def test_it_is_new_for_30_days_and_only_since_the_member_joined(box):
    row = answered(box)
    assert count(box.owner, now=row.received_at + timedelta(days=29)) == 1
    assert count(box.owner, now=row.received_at + timedelta(days=31)) == 0
    late = making.user("late", of=box.organisation)
    assert late.date_joined > row.received_at
    assert count(late) == 0


def test_whatever_a_member_set_back_is_unread_again_for_that_member(box):
    row = read(
        box, report(sent(box, "max@home.example", candidate_id=known(box, "Max", "max@home.example").pk))
    )
    reading.set_back(actor=box.owner, row=row, now=NOW)
    reading.set_back(actor=box.owner, row=row, now=NOW)
    assert names(box.owner) == ["Max"]
    assert names(bob(box)) == []
    assert names(box.owner, now=NOW + timedelta(days=300)) == ["Max"]
    reading.opened(actor=box.owner, inbound_ids=[row.pk], now=NOW)
    assert names(box.owner) == []


def test_marking_all_as_read_leaves_what_comes_later(box):
    first = answered(box, "Eva")
    reading.set_back(actor=box.owner, row=first, now=NOW)
    reading.read_all(actor=box.owner, now=first.received_at + timedelta(minutes=1))
    reading.read_all(actor=box.owner, now=first.received_at + timedelta(minutes=2))
    assert (count(box.owner), count(bob(box))) == (0, 1)
    answered(box, "Ada", at=first.received_at + timedelta(minutes=3))
    assert names(box.owner) == ["Ada"]


def test_opening_twice_writes_once(box):
    row = answered(box)
    reading.opened(actor=box.owner, inbound_ids=[row.pk], now=NOW)
    with CaptureQueriesContext(connection) as asked:
        reading.opened(actor=box.owner, inbound_ids=[row.pk], now=NOW + timedelta(hours=1))
    assert not [query for query in asked if "INSERT" in query["sql"] or "UPDATE" in query["sql"]]
    (seen,) = reading.seen_by(row)
    assert (seen.user, seen.at) == (box.owner, NOW)


def test_a_borrower_is_told_only_of_what_she_may_see(box):
    manager = making.user("manager", of=box.organisation, role=Role.MAILBOX_OWNER)
    lent = making.mailbox(manager)
    lending.lend(actor=manager, mailbox_id=lent.pk, user_id=box.owner_id, now=NOW)
    first = answered(lent, "Eva")
    raw = mail(lent, sender="Eva <eva@home.example>", subject="Sunday", text="Lunch?")
    private = read(lent, raw, at=first.received_at + timedelta(minutes=5))
    with pytest.raises(Missing):
        selectors.mail(box.owner, private.pk)
    (listed,) = unread.listed(box.owner, show="unread", now=NOW + timedelta(days=1))
    assert listed == first
    reading.opened(actor=box.owner, inbound_ids=[first.pk], now=NOW)
    assert count(box.owner) == 0


def test_another_organisation_is_told_nothing(box):
    answered(box)
    mallory = making.user("mallory", of=making.organisation("Else"), role=Role.ADMIN)
    User.objects.filter(pk=mallory.pk).update(date_joined=NOW - timedelta(days=400))
    mallory.refresh_from_db()
    assert count(mallory) == 0


# ── on the pages: they look at the clock, so the mail comes now ─────────────


def just_now(box: Mailbox, name: str = "Eva") -> InboundMessage:
    return answered(box, name, at=datetime.now(UTC))


def inbox_page(client: Client, query: str = "") -> str:
    return client.get(f"{reverse('outreach:inbox')}{query}").content.decode()


def test_the_list_marks_it_the_navigation_counts_it_and_opening_reads_it(box):
    row = just_now(box)
    alice = browser(box.owner)
    html = inbox_page(alice)
    assert ", unread</span>" in html
    assert '1<span class="sr"> unread</span>' in html
    opened = alice.get(reverse("outreach:inbound", args=[row.pk])).content.decode()
    assert '<span class="sr"> unread</span>' not in opened
    assert ", unread</span>" not in inbox_page(alice)
    assert "You have read everything" in inbox_page(alice, "?show=unread")
    assert ">Eva<" in inbox_page(browser(bob(box)), "?show=unread")


def test_the_conversation_names_the_colleagues_who_have_seen_it(box):
    row = just_now(box)
    browser(box.owner).get(reverse("outreach:inbound", args=[row.pk]))
    html = browser(bob(box)).get(reverse("outreach:inbound", args=[row.pk])).content.decode()
    assert "Seen by <bdi>Alice</bdi>." in html


def test_marking_as_unread_and_marking_all_as_read(box):
    row = just_now(box)
    alice = browser(box.owner)
    alice.get(reverse("outreach:inbound", args=[row.pk]))
    back = alice.post(reverse("outreach:inbound_unread", args=[row.pk]))
    assert (back.status_code, back.url) == (302, reverse("outreach:inbox"))
    assert ", unread</span>" in inbox_page(alice)
    alice.post(reverse("outreach:inbox_read"))
    assert ", unread</span>" not in inbox_page(alice)


def test_the_api_reads_without_marking_and_marks_when_asked(box):
    row = just_now(box)
    vera = making.user("vera", of=box.organisation, role=Role.VIEWER)
    User.objects.filter(pk=vera.pk).update(date_joined=NOW)
    client = browser(vera)
    path = f"/api/v1/inbox/{row.pk}/"
    assert client.get(path).json()["mail"]["unread"]
    assert client.get(path).json()["mail"]["unread"]
    assert not client.patch(path, {"unread": False}, content_type="application/json").json()["mail"]["unread"]
    assert client.get("/api/v1/inbox/?show=unread").json()["results"] == []
    assert client.patch(path, {"unread": True}, content_type="application/json").json()["mail"]["unread"]
    assert [each["id"] for each in client.get("/api/v1/inbox/?show=unread").json()["results"]] == [row.pk]
    refused = client.patch(path, {"unread": True, "needs_answer": False}, content_type="application/json")
    assert refused.status_code == 403
    assert InboundReading.objects.for_organisation(box.organisation_id).count() == 1


def test_the_navigation_asks_a_few_questions_however_much_is_unread(box):
    for name in ("Ada", "Bea", "Cleo"):
        answered(box, name)
    with CaptureQueriesContext(connection) as asked:
        assert count(box.owner) == 3
    assert len(asked) <= 2
