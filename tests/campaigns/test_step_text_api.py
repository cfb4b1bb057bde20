"""The text of a step over the API: checked, sent to oneself, its files; the whole sequence for one person."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role
from campaigns import variants
from campaigns.models import Campaign, Step
from outreach.models import Message
from tests.campaigns import making
from tests.campaigns.test_campaigns_api import call
from tests.outreach.making import organisation, user
from tests.outreach.test_texts_api import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave() -> Campaign:
    return making.campaign("Ada")


def first(wave: Campaign) -> Step:
    return Step.objects.for_organisation(wave.organisation_id).get(campaign=wave, position=1)


def address(wave: Campaign, further: str = "") -> str:
    return f"campaigns/{wave.pk}/steps/{first(wave).pk}/{further}"


def test_a_step_is_checked_as_it_is_stored_and_as_it_would_be(wave) -> None:
    alice = wave.owner
    told = call(alice, "POST", address(wave, "checks/"), {}).json()
    assert (told["sendable"], told["preview"]["subject"]) == (True, "Hello Ada")
    told = call(alice, "POST", address(wave, "checks/"), {"body": "Hi {{ school }}"}).json()
    assert any("1 of 1 person has no “School”" in each["text"] for each in told["findings"])
    assert "“school” is empty" in told["preview"]["problem"]
    variants.add(step=first(wave), actor=alice)
    call(alice, "PATCH", address(wave, "variants/B/"), {"subject": "Another"})
    assert (
        call(alice, "POST", address(wave, "checks/"), {"letter": "B"}).json()["preview"]["subject"]
        == "Another"
    )
    assert call(alice, "POST", address(wave, "checks/"), {"letter": "C"}).status_code == 404
    assert first(wave).body.startswith("Dear")


def test_a_test_of_a_step_goes_to_oneself_as_somebody_would_get_it(wave) -> None:
    alice = wave.owner
    answer = call(alice, "POST", address(wave, "tests/"), {"body": "Hi {{ first_name }}"})
    assert (answer.status_code, answer.json()["to"]) == (201, alice.email)
    message = Message.objects.for_organisation(wave.organisation_id).get(pk=answer.json()["id"])
    assert (message.created_by, message.body_text.startswith("Hi Ada")) == (alice, True)
    refused = call(alice, "POST", address(wave, "tests/"), {"body": "Hi {{ school }}"})
    assert (refused.status_code, "For Ada" in refused.json()["detail"]) == (422, True)


def test_a_manual_task_is_no_e_mail(wave) -> None:
    steps = f"campaigns/{wave.pk}/steps/"
    task = call(wave.owner, "POST", steps, {"kind": "call", "body": "Ask."}).json()["id"]
    for act in ("checks", "tests"):
        assert call(wave.owner, "POST", f"{steps}{task}/{act}/", {}).status_code == 422


def test_the_whole_sequence_is_shown_for_one_person(wave) -> None:
    alice, ada = wave.owner, making.recipient(wave, "Ada")
    parts = call(alice, "GET", f"campaigns/{wave.pk}/preview/?recipient={ada.pk}").json()
    assert [(part["position"], part["preview"]["person"]) for part in parts] == [
        (1, "Ada Probe"),
        (2, "Ada Probe"),
    ]
    assert call(alice, "GET", f"campaigns/{wave.pk}/preview/?fields=position").json() == [
        {"position": 1},
        {"position": 2},
    ]
    for wrong, status in (("0", 404), ("x", 422)):
        assert call(alice, "GET", f"campaigns/{wave.pk}/preview/?recipient={wrong}").status_code == status


def test_attachments_of_a_step_and_its_variants_are_chosen_and_stay(wave) -> None:
    alice = wave.owner
    cv = kept(alice, "cv.pdf", b"%PDF-1.4 cv")
    variants.add(step=first(wave), actor=alice)
    for door in ("", "variants/B/"):
        before = call(alice, "GET", address(wave, door))
        assert before.json()["attachments"] == []
        changed = call(
            alice, "PATCH", address(wave, door), {"attachments": [cv]}, **{"If-Match": before["ETag"]}
        )
        assert changed.status_code == 200
        assert call(alice, "GET", address(wave, door)).json()["attachments"] == [cv]
        call(alice, "PATCH", address(wave, door), {"subject": "Hi"})
        assert call(alice, "GET", address(wave, door)).json()["attachments"] == [cv]
        strange = kept(user("mallory", of=organisation(f"Else {door}")), "x.pdf", b"%PDF-1.4 x")
        refused = call(alice, "PATCH", address(wave, door), {"attachments": [strange]})
        assert (refused.status_code, refused.json()["code"]) == (422, "file_refused")


def test_a_picture_that_is_not_shown_any_more_does_not_become_an_attachment(wave) -> None:
    alice = wave.owner
    picture = kept(alice, "a.png", b"\x89PNG\r\n\x1a\n")
    variants.add(step=first(wave), actor=alice)
    for door in ("", "variants/B/"):
        html = f'<p>Look: <img src="/outreach/files/{picture}/"></p>'
        call(alice, "PATCH", address(wave, door), {"body_html": html})
        call(alice, "PATCH", address(wave, door), {"body": "Nothing to see."})
        assert call(alice, "GET", address(wave, door)).json()["attachments"] == []


def test_a_viewer_and_a_stranger_ask_nothing(wave) -> None:
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    mallory: Any = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    for act in ("checks/", "tests/"):
        assert call(vera, "POST", address(wave, act), {}).status_code == 403
        assert call(mallory, "POST", address(wave, act), {}).status_code == 404
    assert call(vera, "GET", f"campaigns/{wave.pk}/preview/").status_code == 200
    assert call(mallory, "GET", f"campaigns/{wave.pk}/preview/").status_code == 404
