"""Everybody of a project, or of a search, is added to a campaign over the API by one call."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns import screening
from campaigns.models import Campaign
from sourcing import projects
from sourcing import selectors as people
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave() -> Campaign:
    """Nobody is in it; Ada and Bea are in its project, Cleo is in none."""
    made = making.campaign()
    found = [making.person(made.owner, name, f"{name}@work.example") for name in ("Ada", "Bea")]
    projects.add_people(project=made.project, actor=made.owner, candidate_ids=[each.pk for each in found])
    making.person(made.owner, "Cleo", "cleo@work.example")
    return made


def add(wave: Campaign, **said):
    client = Client()
    client.force_login(wave.owner)
    return client.post(f"/api/v1/campaigns/{wave.pk}/recipients/", said, content_type="application/json")


def in_it(wave: Campaign) -> set[str]:
    return set(wave.recipients.values_list("candidate__first_name", flat=True))


def test_everybody_of_the_project_is_added(wave):
    assert len(add(wave, everybody=True).json()["added"]) == 2
    assert in_it(wave) == {"Ada", "Bea"}


def test_whom_a_search_finds_is_added_and_joins_the_project_if_asked(wave):
    assert len(add(wave, question={"text": "Ada"}).json()["added"]) == 1
    assert len(add(wave, question={"text": "Cleo"}, join_project=True).json()["added"]) == 1
    assert in_it(wave) == {"Ada", "Cleo"}
    assert len(people.project_candidate_ids(wave.owner, wave.project)) == 3


def test_whom_something_speaks_against_is_added_if_all_are(wave):
    making.started(making.campaign("Dora", alice=wave.owner))
    dora = {"text": "Dora"}
    assert len(add(wave, question=dora).json()["left_out"]) == 1
    assert len(add(wave, question=dora, anyway_all=True).json()["added"]) == 1


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"text": " "},
        {"txt": "Ada"},
        {"text": "Ada", "filters": {"shoe_size": ["42"]}},
        {"text": "Ada", "filters": {"skill": "Rust"}},
        {"text": "Ada", "order": []},
    ],
)
def test_a_question_of_which_something_would_fall_away_adds_nobody(wave, question):
    refused = add(wave, question=question)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["question"])
    assert in_it(wave) == set()


def test_a_search_that_finds_too_many_adds_nobody(wave, monkeypatch):
    monkeypatch.setattr(screening, "FROM_SEARCH", 0)
    assert add(wave, question={"text": "Ada"}).status_code == 422
    assert in_it(wave) == set()


def test_exactly_one_way_says_who_is_meant(wave):
    for said in ({}, {"everybody": True, "candidates": [1]}, {"question": {"text": "A"}, "candidates": []}):
        refused = add(wave, **said)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["candidates"]), said
