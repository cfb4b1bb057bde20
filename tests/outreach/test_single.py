"""A single e-mail to one person: from a template, now or later, to an address the writer may see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from foundation.problems import Conflict, Invalid, NotAllowed
from outreach import lending, personal, single, tabs, templates
from outreach.contents import Content
from outreach.models import Message, MessageOrigin
from outreach.outbox import queue
from outreach.rendering import MissingValue, PlaceholderEmpty
from outreach.states import MessageStatus, Turn
from sourcing import contact_points, suppressing
from tests.campaigns.making import person
from tests.outreach.making import NOW, mailbox, user

pytestmark = pytest.mark.django_db
TEXT = Content("A question, {{ first_name }}", "Hi Ada", "<p>Hi <b>{{ first_name }}</b></p>")


@pytest.fixture
def alice():
    return user()


@pytest.fixture
def box(alice):
    return mailbox(alice)


@pytest.fixture
def ada(alice):
    return person(alice, "Ada", "ada@work.example", "ada@home.example")


def point(candidate, value: str = "ada@work.example"):
    return candidate.contact_points.get(value=value)


def send(alice, box, ada, **values) -> Message:
    return single.send(
        **{
            "candidate": ada,
            "actor": alice,
            "mailbox": box,
            "address": point(ada),
            "content": TEXT,
            "token": queue.mint_token(),
            "now": NOW,
            **values,
        }
    )


def test_it_goes_through_the_outbox_before_any_campaign(alice, box, ada) -> None:
    message = send(alice, box, ada)

    assert message.status == MessageStatus.QUEUED
    assert (message.origin, message.rank) == (MessageOrigin.SINGLE, Turn.REPLY_OR_SINGLE)
    assert (message.subject, message.body_text) == ("A question, Ada", "Hi Ada")
    assert "<b>Ada</b>" in message.body_html
    assert (message.to_name, message.to_address) == ("Ada Probe", "ada@work.example")
    assert message.planned_at == NOW
    assert message.candidate == ada


def test_it_waits_for_its_minute(alice, box, ada) -> None:
    at = NOW + timedelta(days=2)
    message = send(alice, box, ada, at=at)
    assert (message.planned_at, message.not_before) == (at, at)


@pytest.mark.parametrize("at", [NOW - timedelta(hours=1), NOW + timedelta(days=800)])
def test_a_time_that_is_over_or_years_away_is_refused(alice, box, ada, at) -> None:
    with pytest.raises(Invalid) as caught:
        send(alice, box, ada, at=at)
    assert "at" in caught.value.fields


def test_a_text_that_cannot_be_made_is_refused_and_says_why(alice, box, ada) -> None:
    with pytest.raises(MissingValue, match="title"):
        send(alice, box, ada, content=Content("s", "As {{ title }}"))
    with pytest.raises(PlaceholderEmpty, match="why you"):
        send(alice, box, ada, content=Content("s", "Hi [[why you]]"))
    with pytest.raises(Invalid, match="subject"):
        send(alice, box, ada, content=Content("", "Hi"))
    assert not Message.objects.for_organisation(alice.organisation).exists()


def test_pressing_twice_sends_once(alice, box, ada) -> None:
    token = queue.mint_token()
    assert send(alice, box, ada, token=token).pk == send(alice, box, ada, token=token).pk
    assert Message.objects.for_organisation(alice.organisation).count() == 1


def test_a_token_that_is_somebody_elses_tells_nothing(alice, box, ada) -> None:
    mallory = user("mallory")
    theirs = send(mallory, mailbox(mallory), person(mallory, "Eve", "ada@work.example"))
    with pytest.raises(Conflict, match="Open the page again"):
        send(alice, box, ada, token=theirs.token)


def test_a_private_address_is_its_adders_alone(alice, box, ada) -> None:
    bob = user("bob", of=alice.organisation)
    own = contact_points.add_email(candidate=ada, actor=alice, type="personal", value="own@home.example")
    bobs_box = mailbox(bob)

    message = send(alice, box, ada, address=own)
    assert message.private_to == alice
    assert "own@home.example" not in [each.value for each, _ in single.addresses(bob, ada)]
    with pytest.raises(Invalid) as caught:
        send(bob, bobs_box, ada, address=own)
    assert "not one of this person" in caught.value.fields["address"]
    lines = tabs.messages_of(ada, bob)["lines"]
    assert [line.sent.address for line in lines] == ["private address"]


def test_who_asked_for_no_more_mail_gets_none(alice, box, ada) -> None:
    suppressing.suppress_person(candidate=ada, actor=alice, reason="opt_out")
    with pytest.raises(Invalid) as caught:
        send(alice, box, ada)
    assert "do-not-contact" in caught.value.fields["address"]


def test_a_dead_address_is_not_offered(alice, box, ada) -> None:
    contact_points.set_status(contact_point=point(ada), actor=alice, status="invalid")
    assert [problem for _, problem in single.addresses(alice, ada)] == ["invalid", ""]
    with pytest.raises(Invalid):
        send(alice, box, ada)


def test_only_a_mailbox_of_ones_own_or_lent_can_be_the_sender(alice, box, ada) -> None:
    bob = user("bob", of=alice.organisation)
    with pytest.raises(Invalid) as caught:
        send(bob, box, ada)
    assert "mailbox" in caught.value.fields
    lender = user("harry", of=alice.organisation, role=Role.MAILBOX_OWNER)
    lent = mailbox(lender)
    with pytest.raises(Invalid):
        send(bob, lent, ada)
    lending.lend(actor=lender, mailbox_id=lent.pk, user_id=bob.pk, now=NOW)
    assert send(bob, lent, ada).mailbox == lent


def test_a_viewer_cannot_write(alice, box, ada) -> None:
    with pytest.raises(NotAllowed):
        send(user("vera", of=alice.organisation, role=Role.VIEWER), box, ada)


def test_a_header_cannot_be_started_from_subject_or_name(alice, box, ada) -> None:
    ada.first_name = "Ada\r\nBcc: all@example.com"
    ada.save()
    message = send(alice, box, ada, content=Content("Hi {{ first_name }}\r\nX: y", "Hi"))
    assert "\n" not in message.subject
    assert message.subject.startswith("Hi Ada Bcc: all@example.com")


def test_it_is_on_the_timeline_once_it_was_sent_and_the_person_counts_as_contacted(alice, box, ada) -> None:
    message = send(alice, box, ada)
    assert personal.timeline(ada, alice, 10) == []
    Message.objects.for_organisation(alice.organisation).filter(pk=message.pk).update(
        status=MessageStatus.SENT, sent_at=NOW
    )
    (moment,) = personal.timeline(ada, alice, 10)
    assert moment.text == "E-mail sent"
    assert "A question, Ada" in moment.note
    (line,) = tabs.messages_of(ada, alice)["lines"]
    assert line.sent.word == "Sent"


# *Send me a test*


def test_a_test_goes_to_the_member_and_hangs_on_nobody(alice, box, ada) -> None:
    message = single.send_test(content=TEXT, candidate=ada, actor=alice, mailbox=None, now=NOW)
    assert (message.origin, message.to_address, message.candidate) == (MessageOrigin.TEST, alice.email, None)
    assert message.body_text == "Hi Ada"
    assert tabs.messages_of(ada, alice)["lines"] == []


def test_a_test_without_a_person_shows_what_would_stand_where(alice, box) -> None:
    content = Content("For {{ first_name }}", "As {{ title }}, [[why you]]")
    message = single.send_test(content=content, candidate=None, actor=alice, mailbox=box, now=NOW)
    assert message.subject == "For [First name]"
    assert message.body_text == "As [Job title], [[why you]]"


def test_a_test_needs_an_account_to_be_sent_from(alice) -> None:
    with pytest.raises(single.NoSender):
        single.send_test(content=TEXT, candidate=None, actor=alice, mailbox=None)


# The page


def form(box, ada, **values) -> dict[str, str]:
    return {
        "mailbox": str(box.pk),
        "address": str(point(ada).pk),
        "subject": "Hello",
        "body": "Hi {{ first_name }}",
        "when": "now",
        "at": "",
        "token": queue.mint_token(),
        **values,
    }


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_the_page_begins_with_a_template_and_sends(alice, box, ada) -> None:
    template = templates.save(actor=alice, name="First", shared=False, content=TEXT)
    client = _as(alice)
    page = client.get(f"/outreach/write/{ada.pk}/?template={template.pk}").content.decode()
    assert "A question, {{ first_name }}" in page
    assert "A question, Ada" in page
    answer = client.post(f"/outreach/write/{ada.pk}/", form(box, ada))
    assert answer.url == f"/people/{ada.pk}/?tab=messages"
    sent = Message.objects.for_organisation(alice.organisation).get()
    assert sent.body_text == "Hi Ada"
    assert "Single e-mail" in client.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("zone", "typed", "expected"),
    [
        ("Europe/Berlin", "2027-01-15T09:30", datetime(2027, 1, 15, 8, 30, tzinfo=UTC)),
        ("America/New_York", "2027-01-15T09:30", datetime(2027, 1, 15, 14, 30, tzinfo=UTC)),
        # 02:30 does not exist on this night; it moves on by the gap.
        ("Europe/Berlin", "2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        # 02:30 comes twice on this night: the first.
        ("Europe/Berlin", "2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_later_minute_is_one_of_the_writers_zone(
    alice, box, ada, zone, typed, expected, time_machine
) -> None:
    time_machine.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    alice.time_zone = zone
    alice.save()
    _as(alice).post(f"/outreach/write/{ada.pk}/", form(box, ada, when="later", at=typed))
    assert Message.objects.for_organisation(alice.organisation).get().planned_at == expected


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"when": "later"}, "Choose day and time."),
        ({"when": "later", "at": "tomorrow"}, "Write day and time"),
        ({"when": "later", "at": "2001-01-01T00:00"}, "still to come"),
        ({"subject": ""}, "The subject is empty."),
        ({"body": "{{ title }}"}, "is empty and has no fallback"),
        ({"body": "[[why you]]"}, "has not been filled in"),
        ({"address": "999999"}, "Select a valid choice"),
        ({"mailbox": "999999"}, "Select a valid choice"),
        ({"token": "x"}, "422"),
        ({"body": "x" * 60_000}, "50,000"),
    ],
)
def test_what_is_wrong_stands_on_the_page_and_nothing_is_sent(alice, box, ada, values, says) -> None:
    answer = _as(alice).post(f"/outreach/write/{ada.pk}/", form(box, ada, **values))
    assert answer.status_code == 422
    assert says == "422" or says in answer.content.decode()
    assert not Message.objects.for_organisation(alice.organisation).exists()


def test_a_refused_mail_keeps_the_attachments_that_were_just_added(alice, box, ada) -> None:
    paper = SimpleUploadedFile("ad.pdf", b"%PDF-1.7")
    answer = _as(alice).post(f"/outreach/write/{ada.pk}/", form(box, ada, body="{{ title }}", attach=paper))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "ad.pdf" in page
    assert 'name="attachment"' in page


def test_a_stranger_cannot_write_to_ones_people(box, ada) -> None:
    assert _as(user("mallory")).get(f"/outreach/write/{ada.pk}/").status_code == 404


# API


def test_a_single_mail_is_written_over_the_api(alice, box, ada) -> None:
    client = _as(alice)
    data = {
        "candidate": ada.pk,
        "contact_point": point(ada).pk,
        "mailbox": box.pk,
        "subject": "Hello {{ first_name }}",
        "body": "Hi",
        "at": (timezone.now() + timedelta(days=1)).isoformat(),
    }
    answer = client.post("/api/v1/messages/", data, content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["subject"], answer.json()["status"]) == ("Hello Ada", "queued")
    for wrong in ({"body": "{{ title }}"}, {"mailbox": 0}, {"at": "2001-01-01T00:00Z"}, {"subject": ""}):
        refused = client.post("/api/v1/messages/", {**data, **wrong}, content_type="application/json")
        assert refused.status_code == 422, wrong
    eve = person(user("mallory"), "Eve", "eve@work.example")
    refused = client.post("/api/v1/messages/", {**data, "candidate": eve.pk}, content_type="application/json")
    assert refused.status_code == 404
    assert Message.objects.for_organisation(alice.organisation).count() == 1
