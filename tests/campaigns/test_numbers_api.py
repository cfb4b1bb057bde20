"""The numbers of a campaign and the outreach report over the API: what the pages show, for whoever sees those."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from campaigns import reporting, statistics
from campaigns.models import Campaign
from tests.campaigns import making
from tests.outreach.making import organisation, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave() -> Campaign:
    """Step 1 has gone to Ada a moment ago, and to Bea, where it bounced."""
    made = making.started(making.campaign("Ada", "Bea", addresses={"Bea": ["bea@work.example"]}))
    now = timezone.now()
    first, second = making.written(made)
    making.settle(first, "sent", now=now)
    making.settle(second, "refused", now=now, failure_class="hard")
    return making.fresh(made)


def get(someone, path: str):
    client = Client()
    client.force_login(someone)
    return client.get(f"/api/v1/{path}")


def test_the_numbers_of_a_campaign_are_those_of_its_overview(wave):
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    told = get(vera, f"campaigns/{wave.pk}/numbers/").json()
    assert told["standings"] == statistics.standings(wave) == {"started": 1, "bounced": 1}
    assert [(each["stage"], each["people"], each["of_before"]) for each in told["funnel"]] == [
        ("Recipients", 2, None),
        ("Written to", 2, 100),
        ("Delivered", 1, 50),
        ("Replied", 0, 0),
        ("Interested", 0, 0),
    ]
    assert [(each["position"], each["sent"], each["bounced"], each["opened"]) for each in told["steps"]] == [
        (1, 2, 1, None),
        (2, 0, 0, None),
    ]
    assert [(each["sent"], each["bounced"], each["replied"]) for each in told["days"]] == [(2, 1, 0)]
    assert told["members"] == [
        {"member": wave.owner.name, "added": 2, "written_to": 2, "delivered": 1, "replied": 0}
    ]


def test_only_what_is_asked_for_is_counted(wave):
    with CaptureQueriesContext(connection) as asked:
        told = get(wave.owner, f"campaigns/{wave.pk}/numbers/?fields=standings").json()
    assert list(told) == ["standings"]
    assert not any("campaigns_attempt" in each["sql"] for each in asked.captured_queries)


def test_the_report_is_that_of_the_page_for_the_days_it_offers(wave):
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    told = get(vera, "reports/outreach/").json()
    page = reporting.report(viewer=vera, now=timezone.now(), days=30)
    assert (told["first"], told["last"]) == (page.first.isoformat(), page.last.isoformat())
    line = {"sent": 2, "bounced": 1, "single": 0, "written_to": 2, "replied": 0}
    assert told["lines"] == [{"member": wave.owner.name, **line}]
    assert told["total"] == {"member": "Everybody", **line}
    assert told["days"] == [{"day": page.last.isoformat(), "sent": 2, "bounced": 1, "replied": 0}]
    assert get(vera, "reports/outreach/?days=7").json()["total"] == told["total"]
    refused = get(vera, "reports/outreach/?days=8")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["days"])


def test_a_stranger_finds_no_campaign_and_nothing_in_the_report(wave):
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    assert get(mallory, f"campaigns/{wave.pk}/numbers/").status_code == 404
    told = get(mallory, "reports/outreach/").json()
    assert (told["lines"], told["total"]["sent"], told["days"]) == ([], 0, [])
