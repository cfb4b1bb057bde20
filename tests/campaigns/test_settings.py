"""The Settings tab, the project's Outreach Settings, and what a change does to a campaign under way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from campaigns import editing, lifecycle, reactions, recipient_email, selectors
from campaigns.models import Campaign, Recipient
from campaigns.states import Hold
from foundation.problems import Invalid
from outreach import closing
from outreach.models import InboundMessage, Mailbox
from sourcing.models import Candidate
from tests.campaigns import making
from tests.outreach.making import NOW, mailbox, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
#: What the form sends when nothing was touched.
FORM = {
    "name": "Wave",
    "preference": "when_started",
    "zone": "UTC",
    "prefer": "no_preference",
    "recent_days": "30",
}


def change(made: Campaign, *, now=NOW + HOUR, **values) -> None:
    """Save the tab with these values changed, and do what it starts."""
    kept = {
        "name": made.name,
        "mailbox": made.mailbox,
        "preference": made.preference,
        "specific_time": made.specific_time,
        "zone": made.zone,
        "allowed_days": made.allowed_days,
        "daily_limit": made.daily_limit,
        "prefer": made.prefer,
        "strict_type": made.strict_type,
    }
    editing.change_settings(campaign=made, actor=made.owner, now=now, **{**kept, **values})
    making.plan(made)


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_what_is_planned_within_the_grace_stays_when_the_preference_changes():
    made = making.started(making.campaign("Ada"))
    before = making.recipient(made, "Ada").planned_at
    change(made, preference="best_time", now=NOW + timedelta(minutes=10))
    assert making.recipient(made, "Ada").planned_at == before
    assert making.fresh(made).lane.held == ""


def test_an_unsent_first_step_goes_through_the_table_again():
    made = making.campaign("Ada")
    change(made, preference="specific_time", specific_time=time(18, 0))
    made = making.started(making.fresh(made))
    assert making.recipient(made, "Ada").planned_at.hour == 18
    change(made, preference="when_started", now=NOW + 2 * HOUR)
    assert making.recipient(made, "Ada").planned_at == NOW + 2 * HOUR + timedelta(minutes=20)


def test_people_already_started_take_the_clock_time_of_the_new_preference():
    made = making.started(making.campaign("Ada", steps=3))
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + HOUR)
    change(made, preference="specific_time", specific_time=time(20, 0), now=NOW + 2 * HOUR)
    ada = making.recipient(made, "Ada")
    assert ada.planned_at.date() == (NOW + timedelta(days=3)).date()
    anchor = datetime.combine(ada.planned_at.date(), time(20), ZoneInfo("UTC"))
    assert abs(ada.planned_at - anchor) <= timedelta(minutes=20)
    assert ada.branch == "switched_specific"


def test_another_zone_and_other_days_move_what_is_planned():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + HOUR)
    change(made, zone="America/New_York", now=NOW + 2 * HOUR)
    planned = making.recipient(made, "Ada").planned_at.astimezone(ZoneInfo("America/New_York"))
    assert (planned.date(), planned.hour) == (date(2026, 5, 15), 9)
    change(making.fresh(made), allowed_days=[0], now=NOW + 3 * HOUR)
    planned = making.recipient(made, "Ada").planned_at.astimezone(ZoneInfo("America/New_York"))
    assert (planned.date(), planned.hour) == (date(2026, 5, 18), 9)


def test_another_account_asks_for_a_pause_first():
    made = making.started(making.campaign("Ada"))
    other = mailbox(made.owner)
    with pytest.raises(editing.AlreadyStarted):
        change(made, mailbox=other)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + HOUR)
    change(making.fresh(made), mailbox=other)
    assert making.fresh(made).mailbox == other
    assert making.fresh(made).lane.held == "paused"


def test_holidays_are_obeyed_by_the_campaigns_that_say_so_and_at_once():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + HOUR)
    boss = user("boss", of=made.organisation, role="admin")
    closing.add_holiday(actor=boss, day=date(2026, 5, 15), name="Day off")
    assert making.fresh(made).lane.holidays == []
    change(made, obeys_holidays=True, now=NOW + 2 * HOUR)
    assert making.recipient(made, "Ada").planned_at.date() == date(2026, 5, 16)
    closing.add_holiday(actor=boss, day=date(2026, 5, 16), name="Another")
    due = making.recipient(made, "Ada").planned_at
    Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=due, next_send_at=due)
    assert making.written(made, now=due) == []
    ada = making.recipient(made, "Ada")
    assert ada.planned_at.date() == date(2026, 5, 17)
    assert "holiday" in ada.plan_text


def test_sending_hours_hold_what_misses_them_until_the_next_day_that_is_open():
    made = making.campaign("Ada")
    boss = user("boss", of=made.organisation, role="admin")
    closing.set_office_hours(actor=boss, opens=time(8), closes=time(9))
    made = making.started(making.fresh(made))
    assert making.written(made, now=NOW + HOUR) == []
    assert making.recipient(made, "Ada").planned_at == datetime(2026, 5, 13, 8, tzinfo=ZoneInfo("UTC"))
    closing.set_office_hours(actor=boss, opens=None, closes=None)
    assert len(making.written(made, now=NOW + timedelta(days=1))) == 1


@pytest.mark.parametrize(
    ("opens", "closes"), [(time(9), None), (None, time(9)), (time(9), time(9)), (time(10), time(9))]
)
def test_hours_that_are_none_are_refused(opens, closes):
    boss = user("boss", role="admin")
    with pytest.raises(Invalid):
        closing.set_office_hours(actor=boss, opens=opens, closes=closes)


def test_when_somebody_replies_the_colleagues_wait_where_the_campaign_says_so():
    made = making.started(making.campaign("Ada", "Bea", "Cleo"))
    rows = Candidate.objects.for_organisation(made.organisation_id)
    for name, company in (("Ada", "Voltra"), ("Bea", "voltra"), ("Cleo", "Other")):
        rows.filter(first_name=name).update(company=company)
    messages = making.written(made)
    for message in messages:
        making.settle(message, "sent")
    change(made, hold_company=True)
    first = next(message for message in messages if "ada" in message.to_address)
    inbound = InboundMessage.objects.create(
        organisation_id=made.organisation_id,
        mailbox=made.mailbox,
        raw_hash="h",
        received_at=NOW + 5 * HOUR,
        read_at=NOW + 5 * HOUR,
        verdict="reply",
        message=first,
        candidate_id=first.candidate_id,
    )
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=NOW + 6 * HOUR)
    assert [making.recipient(made, name).hold for name in ("Bea", "Cleo")] == [Hold.PAUSED, Hold.NONE]
    assert making.recipient(made, "Bea").hold_code == "company_replied"


def test_the_words_before_the_unsubscribe_link_are_the_campaigns_own():
    made = making.started(making.campaign("Ada"))
    change(made, unsubscribe_text='No more?\r\nBcc: x <b>"')
    (message,) = making.written(made)
    assert 'No more? Bcc: x <b>": ' in message.body_text
    assert "<b>" not in message.body_html


def test_the_projects_tab_sets_each_campaign_and_what_new_ones_begin_with():
    made = making.campaign("Ada")
    alice = _as(made.owner)
    page = alice.get(f"/projects/{made.project_id}/outreach-settings/").content.decode()
    assert "If preferred email address type isn't available, don't send to other address types" in page
    alice.post(
        f"/projects/{made.project_id}/outreach-settings/",
        {f"prefer-{made.pk}": "work", f"strict-{made.pk}": "1", "prefer-new": "personal", "strict-new": "1"},
    )
    assert (making.fresh(made).prefer, making.fresh(made).strict_type) == ("work", True)
    new = editing.create_campaign(project=made.project, name="Next", actor=made.owner)
    assert (new.prefer, new.strict_type) == ("personal", True)
    alice.post(
        f"/projects/{made.project_id}/outreach-settings/",
        {f"prefer-{made.pk}": "no_preference", f"strict-{made.pk}": "1"},
    )
    assert not making.fresh(made).strict_type, "the box means nothing without a preference"
    refused = alice.post(f"/projects/{made.project_id}/outreach-settings/", {f"prefer-{made.pk}": "nonsense"})
    assert refused.status_code == 422
    assert recipient_email.defaults_of(made.project).prefer == "personal"
    assert _as(user("mallory")).get(f"/projects/{made.project_id}/outreach-settings/").status_code == 404


def test_the_settings_tab_keeps_everything_it_shows():
    made = making.campaign("Ada")
    alice = _as(made.owner)
    page = alice.get(f"/campaigns/{made.pk}/settings/").content.decode()
    for words in (
        "Best Time",
        "Specific Time",
        "When the campaign is started (default)",
        "When To Send Preference",
    ):
        assert words in page
    saved = alice.post(
        f"/campaigns/{made.pk}/settings/",
        FORM
        | {
            "mailbox": made.mailbox_id,
            "preference": "specific_time",
            "specific_time": "09:15",
            "allowed_days": ["0", "2"],
            "obeys_holidays": "1",
            "daily_limit": "40",
            "hold_company": "1",
            "recent_days": "7",
            "unsubscribe_text": "Stop",
        },
    )
    assert saved.status_code == 302
    now = making.fresh(made)
    assert (now.specific_time, now.allowed_days, now.daily_limit) == (time(9, 15), [0, 2], 40)
    assert (now.obeys_holidays, now.hold_company, now.recent_days, now.unsubscribe_text) == (
        True,
        True,
        7,
        "Stop",
    )
    assert now.lane.obeys_holidays
    for bad in (
        {"specific_time": ""},
        {"zone": "Mars/Olympus"},
        {"recent_days": "-1"},
        {"allowed_days": ["7"]},
    ):
        form = FORM | {"preference": "specific_time", "specific_time": "09:15"} | bad
        assert alice.post(f"/campaigns/{made.pk}/settings/", form).status_code == 422


def test_an_administrator_keeps_holidays_hours_and_the_grace():
    made = making.campaign("Ada")
    boss = _as(user("boss", of=made.organisation, role="admin"))
    boss.post("/outreach/sending/", {"start_grace_minutes": "45", "opens": "08:00", "closes": "18:30"})
    made = making.fresh(made)
    assert made.organisation.start_grace_minutes == 45
    assert (made.lane.opens, made.lane.closes) == (time(8), time(18, 30))
    assert boss.post("/outreach/sending/", {"opens": "18:00", "closes": "08:00"}).status_code == 422
    assert boss.post("/outreach/sending/", {"start_grace_minutes": "121"}).status_code == 422
    boss.post("/outreach/sending/holidays/add/", {"date": "2026-12-25", "name": " Christmas  Day "})
    boss.post("/outreach/sending/holidays/add/", {"date": "2026-12-25", "name": "Christmas"})
    (day,) = closing.holidays(made.organisation_id)
    assert day.name == "Christmas"
    assert (
        boss.post("/outreach/sending/holidays/add/", {"date": "2026-02-30", "name": "x"}).status_code == 422
    )
    stranger = _as(user("mallory", role="admin"))
    assert stranger.post(f"/outreach/sending/holidays/{day.pk}/remove/").status_code == 404
    boss.post(f"/outreach/sending/holidays/{day.pk}/remove/")
    assert not closing.holidays(made.organisation_id).exists()
    reader = _as(made.owner)
    assert "Administrators change this." in reader.get("/outreach/sending/").content.decode()
    assert reader.post("/outreach/sending/", {"start_grace_minutes": "1"}).status_code == 403


def test_a_pause_with_a_date_ends_by_itself_and_never_in_a_burst():
    made = making.started(making.campaign("Ada"))
    until = NOW + timedelta(days=2)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + timedelta(minutes=5), resume_at=until)
    assert lifecycle.resume_due(now=until - timedelta(seconds=1)) == 0
    assert lifecycle.resume_due(now=until) == 1
    making.plan(made)
    made = making.fresh(made)
    assert (made.status, made.resume_at) == ("starting", None)
    assert making.recipient(made, "Ada").planned_at == until + timedelta(minutes=20)


def test_a_pause_that_cannot_end_says_why_and_is_not_tried_again():
    made = making.started(making.campaign("Ada"))
    until = NOW + timedelta(days=2)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW, resume_at=until)
    Mailbox.objects.for_organisation(made.organisation_id).update(status="needs_reconnect")
    assert lifecycle.resume_due(now=until) == 0
    made = making.fresh(made)
    assert (made.status, made.resume_at) == ("paused", None)
    assert "not connected" in made.lane.held_text


def test_the_page_pauses_until_a_local_moment_and_refuses_a_past_one():
    made = making.started(making.campaign("Ada"))
    Campaign.objects.for_organisation(made.organisation_id).update(zone="Asia/Tokyo")
    alice = _as(made.owner)
    assert alice.post(f"/campaigns/{made.pk}/pause/", {"resume_at": "2001-01-01T09:00"}).status_code == 422
    assert alice.post(f"/campaigns/{made.pk}/pause/", {"resume_at": "soon"}).status_code == 422
    alice.post(f"/campaigns/{made.pk}/pause/", {"resume_at": "2099-01-01T09:00"})
    assert making.fresh(made).resume_at == datetime(2099, 1, 1, tzinfo=ZoneInfo("UTC"))
    assert "It goes on by itself" in alice.get(f"/campaigns/{made.pk}/").content.decode()


def test_people_keep_their_place_when_settings_are_saved_unchanged():
    made = making.started(making.campaign("Ada"))
    before = list(Recipient.objects.for_organisation(made.organisation_id).values())
    change(made)
    assert list(Recipient.objects.for_organisation(made.organisation_id).values()) == before
    assert selectors.campaign_for(made.owner, made.pk).lane.held == ""
