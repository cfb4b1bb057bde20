"""Opens: never without the setting, and counted apart from machines and from our own people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from campaigns import editing, statistics
from campaigns.models import Campaign
from outreach.models import Message, Open
from outreach.unsubscribe import reference_of
from tests.campaigns import making
from tests.outreach.making import user
from tests.outreach.test_opening import FIREFOX, GMAIL

pytestmark = pytest.mark.django_db
_PICTURE = re.compile(r'<img src="[^"]+(/o/[^"]+\.gif)" width="1" height="1" alt="">')


@pytest.fixture(autouse=True)
def _nobody_signed_in():
    cache.clear()


def settings_of(made: Campaign, **changed) -> dict[str, object]:
    return {
        "name": made.name, "mailbox": made.mailbox, "preference": made.preference, "specific_time": None,
        "zone": made.zone, "allowed_days": [], "daily_limit": None, "prefer": made.prefer, "strict_type": False,
        **changed,
    }  # fmt: skip


def tracked(*names: str) -> Campaign:
    made = making.campaign(*names)
    editing.change_settings(campaign=made, actor=made.owner, **settings_of(made, track_opens=True))
    return making.started(making.fresh(made))


def picture_of(message: Message) -> str:
    found = _PICTURE.search(message.body_html)
    assert found, message.body_html
    return found[1]


def load(path: str, *, agent: str = FIREFOX, client: Client | None = None, address: str = "203.0.113.9"):
    client = client or Client()
    return client.get(path, headers={"User-Agent": agent}, REMOTE_ADDR=address)


def opens(message: Message) -> dict[str, int]:
    rows = Open.objects.for_organisation(message.organisation_id).filter(message=message)
    return dict(rows.values_list("opener", "times"))


def left(message: Message, *, before: timedelta = timedelta(hours=2)) -> Message:
    making.settle(message, "sent", now=timezone.now() - before)
    return message


def test_without_the_setting_no_message_has_a_picture():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    assert "<img" not in message.body_html
    assert "/o/" not in message.body_text


def test_an_open_by_a_person_is_counted_once_at_its_step_and_machines_are_not():
    made = tracked("Ada", "Grace")
    ada, grace = (left(message) for message in making.written(made))
    path = picture_of(ada)
    for _ in range(3):
        answer = load(path)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/gif"
        assert "no-store" in answer["Cache-Control"]
        assert "sessionid" not in answer.cookies
    load(path, agent=GMAIL)
    Client().head(path, headers={"User-Agent": FIREFOX})
    load(picture_of(grace), agent="Mozilla/5.0")
    assert opens(ada) == {"person": 3, "gmail": 1, "not_a_reader": 1}
    assert opens(grace) == {"apple": 1}
    assert [line.opened for line in statistics.by_step(making.fresh(made))] == [1, 0]
    page = Client()
    page.force_login(made.owner)
    assert "Opened" in page.get(f"/campaigns/{made.pk}/").content.decode()


def test_an_open_within_seconds_of_sending_is_a_machines():
    made = tracked("Ada")
    message = left(making.written(made)[0], before=timedelta(seconds=2))
    load(picture_of(message))
    assert opens(message) == {"too_soon": 1}


def test_members_of_the_organisation_are_told_apart_by_session_and_by_where_they_signed_in():
    made = tracked("Ada")
    message = left(making.written(made)[0])
    alice = Client()
    alice.force_login(made.owner)
    load(picture_of(message), client=alice, address="198.51.100.1")
    assert opens(message) == {"own": 1}
    office = "198.51.100.20"
    Client(REMOTE_ADDR=office).post("/accounts/login/", {"login": made.owner.email, "password": "secret"})
    load(picture_of(message), address=office)
    assert opens(message) == {"own": 2}
    # Mallory's own sign-in says nothing about Alice's organisation.
    mallory = user("mallory")
    Client(REMOTE_ADDR="198.51.100.30").post(
        "/accounts/login/", {"login": mallory.email, "password": "secret"}
    )
    load(picture_of(message), address="198.51.100.30")
    assert opens(message) == {"own": 2, "person": 1}


def test_switched_off_nothing_is_recorded_any_more_and_new_messages_carry_nothing():
    made = tracked("Ada", "Grace")
    first = left(making.written(made, limit=1)[0])
    made = making.fresh(made)
    Campaign.objects.for_organisation(made.organisation_id).filter(pk=made.pk).update(status="paused")
    editing.change_settings(
        campaign=making.fresh(made), actor=made.owner, **settings_of(made, track_opens=False)
    )
    Campaign.objects.for_organisation(made.organisation_id).filter(pk=made.pk).update(status="running")
    assert load(picture_of(first)).status_code == 200
    assert opens(first) == {}
    (second,) = making.written(made)
    assert "<img" not in second.body_html


@pytest.mark.parametrize("reference", ["x", "open.x.y", "%00", "..%2f..", "a" * 3000])
def test_a_forged_reference_gets_the_picture_and_leaves_nothing(reference):
    answer = load(f"/o/{reference}.gif")
    assert answer.status_code in {200, 404}
    assert Open.objects.across_organisations("a test").count() == 0


def test_the_reference_of_the_picture_opens_no_unsubscribe_page_and_the_other_way_round():
    made = tracked("Ada")
    message = left(making.written(made)[0])
    reference = picture_of(message).removeprefix("/o/").removesuffix(".gif")
    assert Client().get(f"/u/{reference}/").status_code == 404
    load(f"/o/{reference_of(message.token)}.gif")
    assert opens(message) == {}


def test_a_message_that_has_not_left_was_opened_by_nobody():
    made = tracked("Ada")
    (message,) = making.written(made)
    load(picture_of(message))
    assert opens(message) == {}
