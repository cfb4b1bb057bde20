"""Runs through the API: one's own, whatever began them."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from foundation import runs
from foundation.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice: User) -> Run:
    return runs.start(
        kind="planning", organisation=alice.organisation, actor=alice, title="Import people.csv"
    )


def test_everybody_reads_their_own_runs(
    as_alice: Client, as_bob: Client, as_mallory: Client, run: Run
) -> None:
    (listed,) = as_alice.get("/api/v1/runs/?live=true").json()["results"]
    assert (listed["id"], listed["title"], listed["status"]) == (run.pk, "Import people.csv", "queued")
    assert as_alice.get(f"/api/v1/runs/{run.pk}/").json() == listed
    for stranger in (as_bob, as_mallory):
        assert stranger.get("/api/v1/runs/").json()["results"] == []
        assert stranger.get(f"/api/v1/runs/{run.pk}/").status_code == 404
        assert stranger.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 404


def test_a_run_is_stopped_once(as_alice: Client, run: Run) -> None:
    stopped = as_alice.post(f"/api/v1/runs/{run.pk}/cancel/")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "cancelled")
    assert as_alice.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 409
    assert as_alice.get("/api/v1/runs/?live=true").json()["results"] == []
    assert len(as_alice.get("/api/v1/runs/").json()["results"]) == 1
