"""How a recipient answered, over the API."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from campaigns.models import Recipient
from foundation.problems import PROBLEM_JSON
from sourcing import suppression
from tests.campaigns import making
from tests.outreach.making import organisation, user

pytestmark = pytest.mark.django_db


def client_of(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


@pytest.fixture
def ada() -> Recipient:
    return making.recipient(making.started(making.campaign("Ada")), "Ada")


def mark(someone, recipient: Recipient, **said):
    path = f"/api/v1/recipients/{recipient.pk}/mark/"
    return client_of(someone).put(path, said, content_type="application/json")


def test_a_mark_with_its_reason_ends_the_campaign_and_suppresses_nobody(ada):
    alice = ada.campaign.owner
    told = mark(alice, ada, interest="not_interested", reason="Location").json()
    assert (told["interest"], told["interest_reason"], told["progress"]) == (
        "not_interested",
        "Location",
        "replied",
    )
    assert told["interest_at"]
    assert not suppression.is_suppressed(ada.organisation_id, ada.candidate_id, "ada@work.example")
    assert client_of(alice).get(f"/api/v1/recipients/{ada.pk}/").json() == told


def test_taking_it_back_starts_nothing(ada):
    alice = ada.campaign.owner
    mark(alice, ada, interest="meeting")
    told = client_of(alice).delete(f"/api/v1/recipients/{ada.pk}/mark/").json()
    assert (told["interest"], told["interest_reason"], told["progress"]) == ("", "", "replied")


def test_no_word_of_ours_or_an_endless_reason_is_refused(ada):
    alice = ada.campaign.owner
    for said in (
        {},
        {"interest": ""},
        {"interest": "in_love"},
        {"interest": "meeting", "reason": "x" * 201},
        {"interest": ["meeting"]},
    ):
        refused = mark(alice, ada, **said)
        assert (refused.status_code, refused["Content-Type"]) == (422, PROBLEM_JSON), said
    assert making.recipient(ada.campaign, "Ada").interest == ""


def test_a_viewer_only_looks_and_a_stranger_finds_nobody(ada):
    vera = user("vera", of=ada.organisation, role=Role.VIEWER)
    assert client_of(vera).get(f"/api/v1/recipients/{ada.pk}/").status_code == 200
    assert mark(vera, ada, interest="meeting").status_code == 403
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    assert client_of(mallory).get(f"/api/v1/recipients/{ada.pk}/").status_code == 404
    assert mark(mallory, ada, interest="meeting").status_code == 404


def test_the_people_of_a_campaign_tell_their_marks(ada):
    alice = ada.campaign.owner
    mark(alice, ada, interest="interested")
    (row,) = client_of(alice).get(f"/api/v1/campaigns/{ada.campaign_id}/recipients/").json()["results"]
    assert row["interest"] == "interested"
