"""Marks, overrides and what a person puts right: for this campaign only, and never a burst."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Role
from campaigns import answers, intervening, lifecycle, marking, overriding, reactions, standing
from campaigns.models import Campaign, Recipient
from campaigns.states import Hold, HoldReason, Progress
from foundation import events
from foundation.models import Event
from foundation.problems import Invalid, Missing, NotAllowed
from outreach.models import InboundMessage, Message
from outreach.states import MessageStatus, Verdict
from sourcing import selectors as people
from sourcing import suppression
from sourcing.models import Candidate
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db

RUNNING = NOW + timedelta(hours=1)


def as_(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


@pytest.fixture
def made() -> Campaign:
    """Step 1 has gone to Ada; step 2 is planned."""
    campaign = making.started(making.campaign("Ada"))
    lifecycle.end_of_grace(now=RUNNING)
    (first,) = making.written(campaign, now=RUNNING)
    making.settle(first, MessageStatus.SENT, now=RUNNING, sending_at=RUNNING)
    return making.fresh(campaign)


def ada(made: Campaign) -> Recipient:
    return making.recipient(made, "Ada")


def reply(made: Campaign, **values) -> InboundMessage:
    message = Message.objects.for_organisation(made.organisation_id).order_by("pk").first()
    return InboundMessage.objects.create(
        organisation_id=made.organisation_id,
        mailbox=made.mailbox,
        received_at=RUNNING + timedelta(hours=2),
        read_at=RUNNING + timedelta(hours=2),
        **{
            "raw_hash": "r1",
            "verdict": Verdict.REPLY,
            "certainty": "sure",
            "message": message,
            "candidate_id": message.candidate_id,
            "from_address": message.to_address,
            **values,
        },
    )


def mark(made: Campaign, interest: str, reason: str = "", **values) -> bool:
    return marking.mark(
        recipient=ada(made), interest=interest, reason=reason, actor=made.owner, now=RUNNING, **values
    )


def test_interested_implies_a_reply_and_tells_search_and_others(made):
    assert mark(made, "interested", "wants  more\nmoney")
    found = ada(made)
    assert (found.progress, found.planned_at) == (Progress.REPLIED, None)
    assert (found.interest, found.interest_reason) == ("interested", "wants more money")
    kinds = Event.objects.for_organisation(made.organisation_id).values_list("kind", flat=True)
    assert "recipient.interest_changed" in kinds
    assert not mark(made, "interested", "wants more money"), "the same again changes nothing"


def test_not_interested_suppresses_nobody_and_taking_a_mark_back_starts_nothing(made):
    mark(made, "not_interested", "Location")
    found = ada(made)
    assert not suppression.is_suppressed(made.organisation_id, found.candidate_id, "ada@work.example")
    mark(made, "")
    assert (ada(made).interest, ada(made).progress) == ("", Progress.REPLIED)


def test_a_mark_corrects_the_newest_answer(made):
    row = reply(made, interest="interested", interest_phrase="sounds great")
    mark(made, "not_now")
    row.refresh_from_db()
    assert (row.interest, row.meaning) == ("interested", "not_now")


def test_an_unknown_mark_is_refused_and_rights_hold(made):
    with pytest.raises(Invalid):
        mark(made, "in_love")
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        marking.mark(recipient=ada(made), interest="interested", actor=vera, now=RUNNING)


def test_what_was_read_from_an_answer_marks_its_recipient_but_never_against_a_person(made):
    row = reply(made, interest="interested")
    event = {"organisation_id": made.organisation_id, "inbound_id": row.pk, "now": RUNNING}
    reactions.replied(**event)
    reactions.interest_read(**event, user_id=None)
    found = ada(made)
    assert (found.interest, found.interest_by, found.progress) == ("interested", None, Progress.REPLIED)
    mark(made, "not_interested")
    reactions.interest_read(**event, user_id=None)
    assert ada(made).interest == "not_interested"


def test_not_a_reply_goes_on_where_it_stood(made):
    planned = ada(made).planned_at
    row = reply(made, interest="interested")
    event = {"organisation_id": made.organisation_id, "inbound_id": row.pk, "now": RUNNING}
    reactions.replied(**event)
    reactions.interest_read(**event, user_id=None)
    assert ada(made).planned_at is None
    answers.not_a_reply(recipient_id=ada(made).pk, actor=made.owner, now=RUNNING)
    found = ada(made)
    assert (found.progress, found.next_step.position, found.planned_at) == (Progress.STARTED, 2, planned)
    assert found.interest == ""
    row.refresh_from_db()
    assert (row.verdict, row.meaning) == (Verdict.OTHER, "")
    with pytest.raises(answers.NothingToTakeBack):
        answers.not_a_reply(recipient_id=found.pk, actor=made.owner, now=RUNNING)


def test_not_a_reply_long_after_is_planned_anew_and_not_at_once(made):
    reactions.replied(organisation_id=made.organisation_id, inbound_id=reply(made).pk, now=RUNNING)
    late = RUNNING + timedelta(days=30)
    answers.not_a_reply(recipient_id=ada(made).pk, actor=made.owner, now=late)
    assert ada(made).planned_at >= late + timedelta(minutes=20)


def test_stopped_by_hand_can_start_again(made):
    client = as_(made.owner)
    client.post(f"/recipients/{ada(made).pk}/stop/")
    assert ada(made).progress == Progress.STOPPED
    client.post(f"/recipients/{ada(made).pk}/start-again/")
    assert ada(made).progress == Progress.STARTED
    assert ada(made).planned_at is not None


@pytest.mark.parametrize(("is_reply", "progress"), [(True, Progress.REPLIED), (False, Progress.STARTED)])
def test_a_possible_reply_is_answered_by_a_person(made, is_reply, progress):
    row = reply(made, certainty="possible")
    reactions.possibly_replied(organisation_id=made.organisation_id, inbound_id=row.pk)
    assert ada(made).hold == Hold.POSSIBLE_REPLY
    page = as_(made.owner).get(f"/recipients/{ada(made).pk}/").content.decode()
    assert "Yes, a reply" in page
    answers.answer_doubt(recipient_id=ada(made).pk, is_reply=is_reply, actor=made.owner, now=RUNNING)
    assert (ada(made).progress, ada(made).hold) == (progress, Hold.NONE)
    row.refresh_from_db()
    assert (row.verdict == Verdict.REPLY) is is_reply


def test_what_is_said_for_this_campaign_is_written_and_the_profile_stays(made):
    found = ada(made)
    before = Candidate.objects.for_organisation(made.organisation_id).values().get(pk=found.candidate_id)
    intervening.override_fields(
        recipient_id=found.pk,
        values={"first_name": "Adele\r\nBcc: x", "company": "  ", "title": "CTO"},
        actor=made.owner,
    )
    assert ada(made).overrides == {"first_name": "Adele Bcc: x", "title": "CTO"}
    made.mailbox.read_completely_at = ada(made).planned_at
    made.mailbox.save(update_fields=["read_completely_at"])
    (second,) = making.written(made, now=ada(made).planned_at)
    assert "Step 2, Adele Bcc: x." in second.body_text
    assert second.to_name == "Adele Bcc: x Probe"
    after = Candidate.objects.for_organisation(made.organisation_id).values().get(pk=found.candidate_id)
    assert after == before


def test_a_message_that_waits_is_written_anew(made):
    found = ada(made)
    made.mailbox.read_completely_at = found.planned_at
    made.mailbox.save(update_fields=["read_completely_at"])
    (second,) = making.written(made, now=found.planned_at)
    intervening.override_fields(recipient_id=found.pk, values={"first_name": "Adele"}, actor=made.owner)
    second.refresh_from_db()
    assert "Adele" in second.body_text


def test_a_missing_variable_that_is_said_lets_the_person_go_on(made):
    with transaction.atomic():
        standing.put_on_hold(ada(made), Hold.NEEDS_ATTENTION, reason=HoldReason.VARIABLE_MISSING)
    intervening.override_fields(recipient_id=ada(made).pk, values={"company": "Acme"}, actor=made.owner)
    assert ada(made).hold == Hold.NONE


def test_the_dialogue_opens_beside_the_list_and_has_a_page_of_its_own(made):
    alice = as_(made.owner)
    beside = f"/campaigns/{made.pk}/recipients/?recipient={ada(made).pk}"
    part = alice.get(beside, headers={"HX-Request": "true", "HX-Target": "drawer"}).content.decode()
    assert "data-drawer" in part
    assert "<html" not in part
    whole = alice.get(beside).content.decode()
    assert "<html" in whole
    assert "data-drawer" in whole
    own = alice.get(f"/recipients/{ada(made).pk}/").content.decode()
    for words in ("Pause Campaign", "In this campaign only", "Add email", "Interested", "Send now"):
        assert words in own
    assert own.rindex("Add email") > own.index("Addresses"), "at the bottom (seed 002)"
    other = making.campaign("Zoe", alice=made.owner)
    assert alice.get(f"/campaigns/{other.pk}/recipients/?recipient={ada(made).pk}").status_code == 404


def test_pause_campaign_stands_on_the_right_of_the_row(made):
    page = as_(made.owner).get(f"/campaigns/{made.pk}/recipients/").content.decode()
    assert f"/recipients/{ada(made).pk}/pause/" in page
    as_(made.owner).post(f"/recipients/{ada(made).pk}/pause/")
    page = as_(made.owner).get(f"/campaigns/{made.pk}/recipients/").content.decode()
    assert f"/recipients/{ada(made).pk}/pause/" not in page


def test_marks_and_fields_by_the_web(made):
    alice, url = as_(made.owner), f"/recipients/{ada(made).pk}/"
    assert alice.post(f"{url}mark/", {"as": "meeting"}).status_code == 302
    assert ada(made).interest == "meeting"
    assert alice.post(f"{url}mark/", {"interest": "in_love"}).status_code == 422
    alice.post(f"{url}fields/", {"full_name": "Ада Лавлейс", "company": "<b>Acme</b>"})
    page = alice.get(url).content.decode()
    assert "&lt;b&gt;Acme&lt;/b&gt;" in page
    assert "<b>Acme</b>" not in page
    assert alice.post(f"{url}fields/", {"title": "x" * 201}).status_code == 422


def test_the_address_set_for_this_campaign_is_shown_and_can_be_forgotten(made):
    alice, url = as_(made.owner), f"/recipients/{ada(made).pk}/"
    alice.post(f"{url}address/", {"address": "only@here.example"})
    assert "only@here.example" in alice.get(url).content.decode()
    emails = people.contact_points(viewer=made.owner, candidate=ada(made).candidate)
    assert "only@here.example" not in [point.value for point in emails], "never the profile"
    alice.post(f"{url}address/", {"rules": "1"})
    assert ada(made).override_address == ""


def test_another_organisation_finds_nobody(made):
    mallory = user("mallory")
    with pytest.raises(Missing):
        answers.not_a_reply(recipient_id=ada(made).pk, actor=mallory, now=RUNNING)
    with pytest.raises(Missing):
        intervening.override_fields(recipient_id=ada(made).pk, values={}, actor=mallory)


def test_events_reach_search(made):
    mark(made, "interested")
    told = (
        Event.objects.for_organisation(made.organisation_id).filter(kind="recipient.interest_changed").get()
    )
    assert told.ids["interest"] == "interested"
    assert "search.facts" in events._by_kind["recipient.interest_changed"]


@pytest.mark.parametrize(
    ("overrides", "full"),
    [
        ({"first_name": "Adele"}, "Adele Probe"),
        ({"full_name": "A. Probe"}, "A. Probe"),
        ({"first_name": "X", "full_name": "Y"}, "Y"),
        ({}, "Ada Probe"),
    ],
)
def test_parts_of_a_name_make_the_full_one(overrides, full):
    names = {"first_name": "Ada", "last_name": "Probe", "full_name": "Ada Probe"}
    assert overriding.applied(names, overrides)["full_name"] == full


def test_nothing_unknown_or_endless_is_kept():
    kept = overriding.cleaned({"title": "x" * 500, "password": "y", "company": "\u202eevil\x00"})
    assert set(kept) == {"title", "company"}
    assert len(kept["title"]) == overriding.LONGEST
    assert kept["company"].isprintable()


def test_rows_written_without_overrides_have_none(made):
    """The column's own default counts for rows of an earlier version and for whoever writes by SQL."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_recipient SET overrides = DEFAULT")
    assert ada(made).overrides == {}
