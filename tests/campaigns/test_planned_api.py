"""Planned steps over the API: the line in the Outbox leads to the step, and the menu's acts are asked for below it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns import lifecycle
from campaigns.models import Campaign, StepChange
from outreach.models import Message
from outreach.states import Turn
from sourcing.models import Project, Visibility
from tests.campaigns import making
from tests.outreach.making import real_now, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Campaign:
    return making.started(making.campaign("Ada"), now=timezone.now())


def api(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def base(made: Campaign) -> str:
    ada = making.recipient(made, "Ada")
    return f"/api/v1/recipients/{ada.pk}/steps/{ada.next_step_id}/"


def post(client: Client, path: str, data: dict[str, object] | None = None):
    return client.post(path, data or {}, content_type="application/json")


def test_a_planned_step_stands_in_the_list_and_leads_to_itself(made):
    alice = api(made.owner)
    (line,) = alice.get("/api/v1/outbox/").json()["results"]
    assert (line["to"], line["note"], line["subject"]) == ("Ada Probe", "Wave · step 1", "Hello Ada")
    assert line["may"] == ["send_now", "not_before", "edit", "cancel"]
    assert line["url"] == f"http://testserver{base(made)}"
    told = alice.get(line["url"]).json()
    assert (told["position"], told["planned_at"]) == (1, line["planned_at"])
    assert told["why_not_yet"] == line["why_not_yet"]


def test_the_acts_of_the_menu_work(made):
    alice, path = api(made.owner), base(made)
    assert post(alice, f"{path}now/").status_code == 200
    assert making.recipient(made, "Ada").turn == Turn.MOVED_BY_HAND
    moment = real_now() + timedelta(days=9)
    told = post(alice, f"{path}not-before/", {"moment": moment.isoformat()})
    assert told.status_code == 200
    assert making.recipient(made, "Ada").planned_at == moment
    for wrong in ({}, {"moment": "2020-01-01T10:00Z"}, {"moment": "x"}):
        assert post(alice, f"{path}not-before/", wrong).status_code == 422, wrong
    assert post(alice, f"{path}cancel/").json()["planned_at"] is None
    assert making.recipient(made, "Ada").next_step.position == 2
    again = post(alice, f"{path}cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "not_planned")


def test_its_text_is_edited_for_this_person_and_given_back(made):
    alice, path = api(made.owner), f"{base(made)}text/"
    before = alice.get(path).json()
    assert (before["subject"], before["edited"]) == ("Hello {{ first_name }}", False)
    text = {"subject": "Only {{ first_name }}", "body": "  Only you, {{ first_name }}."}
    after = alice.put(path, text, content_type="application/json").json()
    assert after == {**text, "edited": True}
    assert alice.get("/api/v1/outbox/").json()["results"][0]["edited"] is True
    for wrong in ({}, {"body": " "}, {"body": "{{ nobody }}"}, {"body": "x" * 50_001}):
        assert alice.put(path, wrong, content_type="application/json").status_code == 422, wrong
    assert alice.delete(path).status_code == 204
    assert alice.get(path).json() == before


def test_a_paused_campaign_refuses_send_now_in_words(made):
    lifecycle.pause(campaign=made, actor=made.owner, now=real_now())
    refused = post(api(made.owner), f"{base(made)}now/")
    assert refused.status_code == 409
    assert "paused" in refused.json()["detail"]


def test_others_may_not_and_a_hidden_project_does_not_exist(made):
    path = base(made)
    vera, bob = user("vera", of=made.organisation, role=Role.VIEWER), user("bob", of=made.organisation)
    assert api(vera).get(path).status_code == 200
    acts = ("now/", "not-before/", "cancel/")
    for act in acts:
        assert post(api(vera), f"{path}{act}").status_code == 403, act
    assert api(vera).delete(f"{path}text/").status_code == 403
    Project.objects.for_organisation(made.organisation_id).update(visibility=Visibility.CONFIDENTIAL)
    for stranger in (bob, user("mallory")):
        assert api(stranger).get(path).status_code == 404
        assert api(stranger).get(f"{path}text/").status_code == 404
        assert [post(api(stranger), f"{path}{act}").status_code for act in acts] == [404, 404, 404]
    other = making.campaign("Eve", alice=made.owner)
    foreign = f"/api/v1/recipients/{making.recipient(made, 'Ada').pk}/steps/{other.steps.first().pk}/"
    assert api(made.owner).get(foreign).status_code == 404, "a step of another campaign"
    assert not StepChange.objects.for_organisation(made.organisation_id).exists()


def test_a_written_step_stands_in_the_dialogue_without_a_colleagues_private_address():
    made = making.started(making.campaign("Ada"))
    ada, bob = making.recipient(made, "Ada"), user("bob", of=made.organisation)
    (message,) = making.written(made)
    secret = "ada.secret@home.example"
    Message.objects.for_organisation(made.organisation_id).filter(pk=message.pk).update(
        to_address=secret,
        to_normalised=secret,
        private_to=made.owner_id,
        subject=f"For {secret}",
        reason_code="not_before",
        reason_text=f"450 {secret} is busy",
        not_before=real_now() + timedelta(hours=1),
    )
    page = f"/recipients/{ada.pk}/"
    assert secret in api(made.owner).get(page).content.decode()
    seen = api(bob).get(page)
    assert seen.status_code == 200
    assert secret not in seen.content.decode()
    assert f"/outreach/outbox/{message.pk}/now/" in seen.content.decode()
    assert f"/outreach/outbox/{message.pk}/edit/" not in seen.content.decode()
