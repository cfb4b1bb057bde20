"""Steps of a campaign added, written, moved and taken out over the API."""

from __future__ import annotations

import pytest

from accounts.models import Role
from campaigns.models import Campaign
from tests.campaigns import making
from tests.campaigns.test_campaigns_api import call
from tests.outreach.making import mailbox, organisation, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave() -> Campaign:
    return making.campaign("Ada")


def steps(wave: Campaign) -> list[dict[str, object]]:
    return call(wave.owner, "GET", f"campaigns/{wave.pk}/steps/").json()


def test_a_step_is_added_moved_and_taken_out(wave):
    alice, address = wave.owner, f"campaigns/{wave.pk}/steps/"
    first, second = (step["id"] for step in steps(wave))
    added = call(alice, "POST", address, {"kind": "call", "subject": "Ring", "body": "Ask.", "days": 0})
    assert (added.status_code, added.json()["position"], added.json()["kind"]) == (201, 3, "call")
    moved = call(alice, "PATCH", f"{address}{added.json()['id']}/", {"position": 2}).json()
    assert [step["id"] for step in moved] == [first, added.json()["id"], second]
    assert call(alice, "DELETE", f"{address}{second}/").status_code == 204
    assert [step["id"] for step in steps(wave)] == [first, added.json()["id"]]


def test_what_is_left_out_of_a_step_stays(wave):
    alice, (first, second) = wave.owner, steps(wave)
    address = f"campaigns/{wave.pk}/steps/{second['id']}/"
    before = call(alice, "GET", address)
    told = call(alice, "PATCH", address, {"days": 5}, **{"If-Match": before["ETag"]}).json()
    assert told == [first, second | {"days": 5}]
    assert call(alice, "PATCH", address, {"days": 6}, **{"If-Match": before["ETag"]}).status_code == 412
    rich = call(alice, "PATCH", address, {"body_html": "<p>Dear <b>you</b></p>"}).json()[1]
    assert ("<b>" in rich["body_html"] or "<strong>" in rich["body_html"], rich["days"]) == (True, 5)
    assert call(alice, "PATCH", address, {"body": "Plain."}).json()[1]["body_html"] == ""


def test_a_change_that_is_refused_in_part_is_not_made(wave):
    alice, (_, second) = wave.owner, steps(wave)
    other = mailbox(alice, address="other@acme.example")
    address = f"campaigns/{wave.pk}/steps/{second['id']}/"
    refused = call(alice, "PATCH", address, {"mailbox": other.pk, "days": 0})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["days"])
    assert steps(wave)[1] == second


def test_a_step_of_a_campaign_under_way_is_written_before_it_counts(wave):
    made = making.started(wave)
    address = f"campaigns/{made.pk}/steps/"
    refused = call(made.owner, "POST", address, {})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["body"])
    assert call(made.owner, "POST", address, {"body": "Hello again."}).status_code == 201


def test_a_manual_task_has_neither_markup_nor_a_thread(wave):
    address = f"campaigns/{wave.pk}/steps/"
    task = call(wave.owner, "POST", address, {"kind": "call", "body": "Ask."}).json()
    for said in ({"body_html": "<p>Ask</p>"}, {"new_thread": True}):
        refused = call(wave.owner, "PATCH", f"{address}{task['id']}/", said)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, list(said))


def test_a_viewer_changes_no_step_and_a_stranger_finds_none(wave):
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    address, before = f"campaigns/{wave.pk}/steps/", steps(wave)
    one = f"{address}{before[1]['id']}/"
    for method, path, said in (("POST", address, {}), ("PATCH", one, {"days": 9}), ("DELETE", one, None)):
        assert call(vera, method, path, said).status_code == 403
        assert call(mallory, method, path, said).status_code == 404
    assert steps(wave) == before
