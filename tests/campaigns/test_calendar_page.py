"""The Calendar tab, the Start page and the countdown, as a recruiter sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import calendar, lifecycle
from campaigns.models import Campaign, Recipient
from outreach.models import Mailbox
from tests.campaigns import making
from tests.outreach.making import user

pytestmark = pytest.mark.django_db


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_the_calendar_of_a_draft_names_days_people_and_minutes():
    made = making.campaign("Ada", "Bea")
    page = _as(made.owner).get(f"/campaigns/{made.pk}/calendar/").content.decode()
    assert "As if Start Campaign were pressed now." in page
    assert "Ada Probe" in page
    second = timezone.now() + timedelta(minutes=20, days=3)
    shown = _as(made.owner).get(f"/campaigns/{made.pk}/calendar/", {"day": f"{second:%Y-%m-%d}"})
    assert [line.step.position for hour in shown.context["hours"] for line in hour.lines] == [2, 2]


@pytest.mark.parametrize("day", ["2026-13-01", "²", "", "9999-12-31", "0001-01-01"])
def test_a_day_without_anything_shows_the_first_one_that_has(day):
    made = making.campaign("Ada")
    page = _as(made.owner).get(f"/campaigns/{made.pk}/calendar/", {"day": day})
    assert page.status_code == 200
    assert page.context["day"] == page.context["calendar"].days[0]


def test_an_empty_campaign_says_what_the_calendar_is_for():
    made = making.campaign()
    assert "Nothing is planned" in _as(made.owner).get(f"/campaigns/{made.pk}/calendar/").content.decode()


def test_whoever_has_no_address_or_is_on_hold_is_in_no_minute():
    made = making.campaign("Ada", "Bea", "Cleo", addresses={"Bea": []})
    Recipient.objects.for_organisation(made.organisation_id).filter(
        pk=making.recipient(made, "Cleo").pk
    ).update(hold="paused")
    shown = calendar.of_campaign(making.fresh(made), now=timezone.now())
    assert {entry.person for entry in shown.planned} == {making.recipient(made, "Ada").pk}
    assert shown.held == 1


def test_a_paused_campaign_shows_the_dates_it_would_have_if_resumed_now():
    now = timezone.now()
    made = making.started(making.campaign("Ada"), now=now - timedelta(days=2))
    lifecycle.pause(campaign=made, actor=made.owner, now=now - timedelta(days=2))
    first = calendar.of_campaign(making.fresh(made), now=now).planned[0]
    assert first.at == now + timedelta(minutes=20)


def test_other_campaigns_of_the_mailbox_stand_in_the_same_line():
    now = timezone.now()
    made = making.campaign("Ada", steps=1)
    other = making.campaign("Zoe", alice=made.owner, steps=1)
    Mailbox.objects.for_organisation(made.organisation_id).filter(pk=made.mailbox_id).update(
        min_gap_seconds=600, max_gap_seconds=600
    )
    Campaign.objects.for_organisation(made.organisation_id).filter(pk=other.pk).update(mailbox=made.mailbox)
    making.started(making.fresh(other), now=now - timedelta(minutes=1))
    (entry,) = calendar.of_campaign(making.fresh(made), now=now).planned
    assert (entry.at, entry.about) == (now + timedelta(minutes=29), True)


def test_beyond_five_thousand_people_hours_are_shown_and_everybody_is_counted(monkeypatch):
    monkeypatch.setattr(calendar, "BY_THE_MINUTE", 5)
    monkeypatch.setattr(calendar, "_PARCELS", 3)
    made = making.campaign("Ada", "Bea", "Cleo", "Dora", "Eva", "Fay", "Gil", steps=2)
    for campaign in (made, making.started(made)):
        shown = calendar.of_campaign(making.fresh(campaign), now=timezone.now())
        assert shown.by_hours
        assert sum(day.messages for day in shown.days) == 14
    page = _as(made.owner).get(f"/campaigns/{made.pk}/calendar/").content.decode()
    assert "hours are shown" in page


def test_the_api_gives_the_same_calendar():
    made = making.campaign("Ada")
    answer = _as(made.owner).get(f"/api/v1/campaigns/{made.pk}/calendar/").json()
    assert [(entry["recipient"], entry["about"]) for entry in answer["planned"]] == [
        (making.recipient(made, "Ada").pk, False)
    ] * 2
    assert _as(user("mallory")).get(f"/api/v1/campaigns/{made.pk}/calendar/").status_code == 404


def test_start_shows_the_first_and_the_last_minute_and_how_many_leave_on_each_day():
    made = making.campaign("Ada", "Bea")
    page = _as(made.owner).get(f"/campaigns/{made.pk}/start/")
    first, last = page.context["first"], page.context["last"]
    assert last.at - first.at == pytest.approx(timedelta(days=3), abs=timedelta(minutes=41))
    assert [day.messages for day, _share in page.context["days"]] == [2, 2]
    assert "4 messages on 2 days" in page.content.decode()


def test_the_countdown_stands_on_every_tab_until_the_grace_is_over():
    now = timezone.now()
    made = making.started(making.campaign("Ada"), now=now - timedelta(minutes=5))
    for tab in ("", "steps/", "recipients/", "calendar/", "settings/"):
        page = _as(made.owner).get(f"/campaigns/{made.pk}/{tab}")
        assert 880 <= page.context["grace_left"] <= 900
        assert 'role="timer"' in page.content.decode()
    Campaign.objects.for_organisation(made.organisation_id).update(grace_until=now - timedelta(seconds=1))
    assert 'role="timer"' not in _as(made.owner).get(f"/campaigns/{made.pk}/").content.decode()


def test_start_names_every_reason_at_once():
    made = making.campaign()
    steps = made.steps.order_by("position")
    steps.filter(position=1).update(subject="", body="{{ nonsense }}")
    steps.filter(position=2).update(body="  ")
    Mailbox.objects.for_organisation(made.organisation_id).update(status="needs_reconnect")
    Campaign.objects.for_organisation(made.organisation_id).update(obeys_holidays=True, allowed_days=[0])
    today = timezone.now().date()
    made.lane.holidays = [today + timedelta(days=day) for day in range(4 * 366)]
    made.lane.save(update_fields=["holidays"])
    page = _as(made.owner).get(f"/campaigns/{made.pk}/start/").content.decode()
    for reason in (
        "is not connected",
        "Step 1 has no subject",
        "nonsense",
        "Step 2 has no text",
        "leave no day to send on",
        "Add people first",
    ):
        assert reason in page
