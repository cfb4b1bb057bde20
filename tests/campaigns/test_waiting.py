"""Why not yet: one sentence for every next step, on the page and in the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Role
from campaigns import lifecycle, selectors, waiting
from campaigns.models import Campaign, Recipient
from outreach.models import Lane, LaneDay, Mailbox
from outreach.states import Reason
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def why(made: Campaign, *, now=NOW + HOUR):
    return waiting.why(selectors.recipient_for(made.owner, making.recipient(made, "Ada").pk), now=now)


def running() -> Campaign:
    made = making.started(making.campaign("Ada"))
    Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=NOW + HOUR)
    return made


def test_a_draft_and_a_paused_campaign_say_so():
    made = making.campaign("Ada")
    assert why(made).text == "The campaign is not started."
    made = making.started(made)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW, resume_at=NOW + 9 * HOUR)
    found = why(made)
    assert (found.reason, found.text, found.until) == (
        Reason.CAMPAIGN_HELD,
        f"Paused by {made.owner.name}",
        NOW + 9 * HOUR,
    )


def test_what_is_not_due_says_by_which_rule_it_was_planned():
    found = why(running(), now=NOW)
    assert (found.reason, found.until) == (Reason.GRACE, NOW + timedelta(minutes=20))
    assert found.text.startswith("When started")


def test_what_is_due_says_what_holds_the_mailbox_or_the_campaign():
    made = running()
    assert why(made).reason == Reason.IN_LINE
    boxes = Mailbox.objects.for_organisation(made.organisation_id)
    boxes.update(next_send_at=NOW + 2 * HOUR, min_gap_seconds=60, max_gap_seconds=60)
    assert why(made).reason == Reason.MAILBOX_GAP
    boxes.update(status="needs_reconnect")
    assert why(made).reason == Reason.MAILBOX_RECONNECT
    boxes.update(status="connected", next_send_at=NOW)
    Lane.objects.for_organisation(made.organisation_id).update(daily_limit=1)
    LaneDay.objects.create(organisation_id=made.organisation_id, lane=made.lane, date=NOW.date(), used=1)
    found = why(made)
    assert (found.reason, found.until) == (Reason.CAMPAIGN_DAY, NOW + timedelta(days=1, minutes=20))


def test_a_follow_up_waits_for_the_inbox_to_be_read():
    made = running()
    (message,) = making.written(made)
    making.settle(message, "sent", now=NOW + HOUR)
    assert why(made, now=NOW + timedelta(days=4)).reason == Reason.INBOX_NOT_READ


def test_who_is_on_hold_or_at_an_end():
    made = running()
    rows = Recipient.objects.for_organisation(made.organisation_id)
    rows.update(hold="needs_attention", hold_text="No address.")
    assert why(made).text == "No address."
    rows.update(hold="none", progress="replied")
    assert why(made) is None


def test_the_api_says_it_for_everybody_of_a_campaign():
    made = making.campaign("Ada", "Bea")
    client = Client()
    client.force_login(user("vera", of=made.organisation, role=Role.VIEWER))
    path = f"/api/v1/campaigns/{made.pk}/recipients/"
    rows = client.get(path).json()["results"]
    assert [(row["standing"], row["why_not_yet"]) for row in rows] == [
        ("Not Started", "The campaign is not started.")
    ] * 2
    assert client.get(path, {"standing": "bounced"}).json()["results"] == []
    assert client.post(path, {"candidates": [1]}, "application/json").status_code == 403
