"""Each member reads times in the zone of their own profile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import engines
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.middleware import TimeZoneMiddleware
from accounts.models import AuditEntry, Role, User
from tests.outreach.making import user

pytestmark = pytest.mark.django_db


def in_zone(zone: str) -> User:
    member = user("nora", role=Role.ADMIN)
    member.time_zone = zone
    member.save()
    return member


def page_of(member: User) -> str:
    """The audit trail, which shows one moment: 23:30 in London, the next day in Auckland."""
    AuditEntry.objects.create(
        organisation=member.organisation,
        at=datetime(2026, 1, 12, 23, 30, tzinfo=UTC),
        table="campaigns_campaign",
        row=1,
        action="UPDATE",
    )
    client = Client()
    client.force_login(member)
    return client.get("/settings/audit/").content.decode()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Pacific/Auckland", "Tue 13 Jan 2026, 12:30 Auckland"),
        ("America/New_York", "Mon 12 Jan 2026, 18:30 New York"),
    ],
)
def test_a_page_shows_times_in_its_readers_zone(zone, shown):
    assert shown in page_of(in_zone(zone))


def test_a_zone_nobody_knows_costs_no_page():
    assert "Mon 12 Jan 2026, 23:30 UTC" in page_of(in_zone("Mars/Base"))


def test_one_request_leaves_no_zone_to_the_next():
    page_of(in_zone("Pacific/Auckland"))
    assert timezone.get_current_timezone_name() == "UTC"
    shown = engines["django"].from_string("{% when moment planned=True %}")
    assert "23:30" in shown.render({"moment": datetime(2026, 1, 12, 23, 30, tzinfo=UTC)})


def test_the_api_answers_in_utc_to_everybody():
    request = RequestFactory().get("/api/v1/campaigns/")
    request.user = in_zone("Pacific/Auckland")
    assert TimeZoneMiddleware(lambda _: timezone.get_current_timezone_name())(request) == "UTC"
