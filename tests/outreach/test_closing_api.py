"""Outreach Settings → Sending over the API: who reads, who changes, and what is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from outreach import closing
from tests.outreach import making

pytestmark = pytest.mark.django_db
SETTINGS, HOLIDAYS = "/api/v1/sending-settings/", "/api/v1/holidays/"


@pytest.fixture
def boss() -> User:
    return making.user("boss", role=Role.ADMIN)


@pytest.fixture
def lane(boss: User) -> Any:
    return making.lane(making.mailbox(boss), obeys_holidays=True)


def api(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(SETTINGS, body, "application/json", headers=headers)


def test_hours_and_grace_are_changed_together_and_reach_campaigns_at_once(boss: User, lane: Any) -> None:
    alice = api(boss)
    seen = alice.get(SETTINGS)
    assert seen.json() == {"start_grace_minutes": None, "opens": None, "closes": None}
    done = change(
        alice, {"start_grace_minutes": 5, "opens": "08:30", "closes": "18:00"}, **{"If-Match": seen["ETag"]}
    )
    assert done.json() == {"start_grace_minutes": 5, "opens": "08:30", "closes": "18:00"}
    lane.refresh_from_db()
    assert (lane.opens, lane.closes) == (datetime.time(8, 30), datetime.time(18))
    outdated = change(alice, {"start_grace_minutes": 9}, **{"If-Match": seen["ETag"]})
    assert (outdated.status_code, outdated.json()["current"]) == (412, done.json())
    assert change(alice, {"closes": "19:00"}).json() == done.json() | {"closes": "19:00"}


def test_what_is_refused_changes_neither(boss: User) -> None:
    alice = api(boss)
    for body, field in (
        ({"opens": "08:15", "closes": "18:00"}, "opens"),
        ({"opens": "08:00"}, "closes"),
        ({"opens": "08:00", "closes": "07:00"}, "closes"),
        ({"start_grace_minutes": 121}, "start_grace_minutes"),
    ):
        refused = change(alice, {"start_grace_minutes": 5, **body})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
        assert closing.sending(boss.tenant_id) == closing.Sending(None, None, None)
    bob = api(making.user("bob", of=boss.organisation))
    assert (bob.get(SETTINGS).status_code, change(bob, {}).status_code) == (200, 403)


def test_a_day_is_put_on_the_list_renamed_and_taken_off(boss: User, lane: Any) -> None:
    alice, day = api(boss), {"date": "2026-12-26", "name": "Boxing Day"}
    made = alice.post(HOLIDAYS, day)
    assert (made.status_code, made.json() | day) == (201, made.json())
    assert alice.post(HOLIDAYS, day | {"name": "St Stephen"}).json()["id"] == made.json()["id"]
    assert [row["name"] for row in alice.get(HOLIDAYS).json()["results"]] == ["St Stephen"]
    lane.refresh_from_db()
    assert lane.holidays == [datetime.date(2026, 12, 26)]
    assert closing.holidays(boss.tenant_id).get().created_by == boss
    one = f"{HOLIDAYS}{made.json()['id']}/"
    bob, mallory = (
        api(making.user("bob", of=boss.organisation)),
        api(making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)),
    )
    assert (bob.delete(one).status_code, mallory.delete(one).status_code) == (403, 404)
    assert mallory.get(HOLIDAYS).json()["results"] == []
    assert alice.delete(one).status_code == 204
    lane.refresh_from_db()
    assert lane.holidays == []
