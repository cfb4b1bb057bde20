"""The Outbox page: planned steps beside written messages, in one list by time, as one viewer may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from campaigns import lifecycle
from campaigns.models import Campaign, Recipient
from outreach.models import Lane, Message
from outreach.outbox import scheduled
from sourcing.models import ContactPoint, Project, Visibility
from tests.campaigns import making
from tests.outreach.making import real_now, user, write

pytestmark = pytest.mark.django_db


def as_(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


@pytest.fixture
def made() -> Campaign:
    """Started a moment ago by the real clock: Ada, Bea and Cy are planned, an answer is written between them."""
    made = making.started(making.campaign("Ada", "Bea", "Cy"), now=timezone.now())
    for minutes, name in enumerate(("Ada", "Bea", "Cy"), start=1):
        Recipient.objects.for_organisation(made.organisation_id).filter(candidate__first_name=name).update(
            planned_at=real_now() + timedelta(days=1, hours=minutes)
        )
    write(
        made.mailbox,
        "reply@example.org",
        origin="reply",
        rank=1,
        to_name="Rita",
        planned_at=real_now() + timedelta(days=1, hours=1, minutes=30),
    )
    return made


def names(viewer) -> list[str]:
    lines, _ = scheduled.page(viewer, after=None, size=50, now=real_now())
    return [line.who for line in lines]


def test_planned_steps_and_written_messages_stand_in_one_list_by_time(made):
    assert names(made.owner) == ["Ada Probe", "Rita", "Bea Probe", "Cy Probe"]


def test_its_pages_join_without_a_gap_in_both_directions(made):
    seen, after = [], None
    while True:
        lines, page = scheduled.page(made.owner, after=after, size=1, now=real_now())
        seen += [line.who for line in lines]
        if page.next is None:
            break
        after = page.next
    assert seen == ["Ada Probe", "Rita", "Bea Probe", "Cy Probe"]
    back, previous = [], page.previous
    while previous:
        lines, page = scheduled.page(made.owner, after=previous, size=1, now=real_now())
        back += [line.who for line in lines]
        previous = page.previous
    assert back == ["Bea Probe", "Rita", "Ada Probe"]


def test_rows_of_the_same_moment_are_each_shown_once(made):
    moment = real_now() + timedelta(days=2)
    Recipient.objects.for_organisation(made.organisation_id).update(planned_at=moment)
    Message.objects.for_organisation(made.organisation_id).update(planned_at=moment)
    seen, after = [], None
    while True:
        lines, page = scheduled.page(made.owner, after=after, size=1, now=real_now())
        seen += [line.who for line in lines]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == ["Ada Probe", "Bea Probe", "Cy Probe", "Rita"]


def test_every_row_says_why_not_yet(made):
    page = as_(made.owner).get("/outreach/outbox/").content.decode()
    assert "When started" in page or "after a delay" in page or "grace" in page.lower()
    lifecycle.pause(campaign=made, actor=made.owner, now=real_now())
    Recipient.objects.for_organisation(made.organisation_id).update(planned_at=real_now())
    lines, _ = scheduled.page(made.owner, after=None, size=50, now=real_now())
    assert [line.why.reason for line in lines if line.key.startswith("p")] == ["campaign_held"] * 3
    assert all(line.why.text for line in lines)


def test_no_address_of_a_planned_step_is_told(made):
    page = as_(made.owner).get("/outreach/outbox/").content.decode()
    for point in ContactPoint.objects.for_organisation(made.organisation_id):
        assert point.value not in page


def test_the_list_costs_the_same_whatever_its_length(made):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            scheduled.page(made.owner, after=None, size=50, now=real_now())
        return len(seen)

    few = queries()
    write(made.mailbox, *[f"p{n}@example.org" for n in range(30)], origin="reply", planned_at=real_now())
    Message.objects.for_organisation(made.organisation_id).update(not_before=real_now() + timedelta(days=1))
    assert queries() <= few + 1


def test_it_costs_the_same_however_many_campaigns_stand_on_the_page(made):
    bob = user("bob", of=made.organisation)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            lines, _ = scheduled.page(bob, after=None, size=50, now=real_now())
        assert all(line.acts.send_now for line in lines)
        return len(seen)

    def limited() -> None:
        Lane.objects.for_organisation(made.organisation_id).update(daily_limit=100)

    limited()
    one = queries()
    for name in ("Dee", "Eli", "Fay"):
        making.started(making.campaign(name, alice=made.owner), now=real_now())
    limited()
    assert queries() == one
    assert {"Dee Probe", "Eli Probe", "Fay Probe"} < set(names(bob))


def test_a_row_that_went_while_the_page_was_read_is_missing_and_nothing_else(made):
    """The keys are read first: between the two reads Bea's step is taken out."""
    bea = making.recipient(made, "Bea")

    def meanwhile(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if 'FROM "campaigns_recipient"' in sql and " IN " in sql and "ORDER BY" in sql:
            Recipient.objects.for_organisation(made.organisation_id).filter(pk=bea.pk).update(planned_at=None)
        return found

    with connection.execute_wrapper(meanwhile):
        lines, page = scheduled.page(made.owner, after=None, size=50, now=real_now())
    assert [line.who for line in lines] == ["Ada Probe", "Rita", "Cy Probe"]
    assert page.next is None


def test_strangers_see_nothing_and_a_hidden_project_does_not_exist(made):
    bob = user("bob", of=made.organisation)
    assert names(user("mallory")) == []
    assert len(names(bob)) == 4
    Project.objects.for_organisation(made.organisation_id).update(visibility=Visibility.CONFIDENTIAL)
    assert names(bob) == ["Rita"], "mail without a campaign is the organisation's"
    assert len(names(made.owner)) == 4
    Recipient.objects.for_organisation(made.organisation_id).update(
        planned_at=real_now() - timedelta(hours=1)
    )
    lane_message = write(made.mailbox, "hidden@example.org", lane_id=made.lane_id)[0]
    assert as_(bob).get(f"/outreach/outbox/{lane_message.pk}/").status_code == 404
    assert as_(made.owner).get(f"/outreach/outbox/{lane_message.pk}/").status_code == 200


def test_the_menu_is_offered_to_who_may_and_works_from_the_list(made):
    alice = as_(made.owner)
    ada = making.recipient(made, "Ada")
    base = f"/recipients/{ada.pk}/steps/{ada.next_step_id}/"
    page = alice.get("/outreach/outbox/").content.decode()
    for words in ("Send now", "Don't send before", "Edit this one message", "Cancel"):
        assert words in page.replace("&#x27;", "'")
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    assert base not in as_(vera).get("/outreach/outbox/").content.decode()
    moved = alice.post(f"{base}now/", {"next": "/outreach/outbox/"})
    assert moved.url == "/outreach/outbox/"
    assert alice.post(f"{base}now/", {"next": "https://evil.example/"}).url == f"/recipients/{ada.pk}/"
    moment = (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert alice.post(f"{base}not-before/", {"moment": moment}).status_code == 302
    assert alice.post(f"{base}not-before/", {"moment": "2020-01-01T10:00"}).status_code == 422
    assert alice.post(f"{base}edit/", {"subject": "", "body": "{{ nobody }}"}).status_code == 422
    assert alice.post(f"{base}edit/", {"subject": "", "body": "Only you."}).status_code == 302
    assert "Only you." in alice.get(f"{base}edit/").content.decode()
    assert "edited" in alice.get("/outreach/outbox/").content.decode()
    alice.post(f"{base}cancel/")
    assert making.recipient(made, "Ada").next_step.position == 2
    late = alice.post(f"{base}now/", follow=True).content.decode()
    assert "too late" in late


def test_uncertain_messages_are_answered_one_by_one_and_together(made):
    rows = write(made.mailbox, *[f"u{n}@example.org" for n in range(4)], origin="single")
    Message.objects.for_organisation(made.organisation_id).filter(pk__in=[r.pk for r in rows]).update(
        status="uncertain", settled_at=real_now(), sending_at=real_now()
    )
    alice, mallory = as_(made.owner), as_(user("mallory"))
    page = alice.get("/outreach/outbox/?show=uncertain").content.decode()
    assert "It was sent" in page
    assert "Send again" in page
    ids = [row.pk for row in rows]
    mallory.post("/outreach/outbox/uncertain/answer/", {"message": ids, "was_sent": "no"})
    alice.post("/outreach/outbox/uncertain/answer/", {"message": ids[:2], "was_sent": "yes"})
    alice.post("/outreach/outbox/uncertain/answer/", {"message": ids[2:3], "was_sent": "no"})
    found = Message.objects.for_organisation(made.organisation_id).filter(pk__in=ids).order_by("pk")
    assert list(found.values_list("status", flat=True)) == ["sent", "sent", "queued", "uncertain"]
    again = alice.post(
        "/outreach/outbox/uncertain/answer/", {"message": ids[:1], "was_sent": "no"}, follow=True
    )
    assert "Nothing of that is uncertain any more" in again.content.decode()


@pytest.mark.parametrize("cursor", ["x", "WzAsImEiXQ", "WzAsMSwyLDNd"])
def test_a_broken_link_to_a_page_is_said(made, cursor):
    assert as_(made.owner).get("/outreach/outbox/", {"after": cursor}).status_code == 400
