"""The organisation's settings about people through the API: administrators read and change them, nobody else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from sourcing import retention
from sourcing.models import Candidate
from sourcing.search import index
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
JSON = "application/json"


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", body or {}, JSON, headers=headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "synonyms/"),
        ("post", "synonyms/"),
        ("delete", "synonyms/1/"),
        ("get", "projects/default-stages/"),
        ("put", "projects/default-stages/"),
        ("get", "duplicates/rule/"),
        ("patch", "duplicates/rule/"),
        ("get", "privacy-rules/"),
        ("patch", "privacy-rules/"),
    ],
)
def test_who_may_not_edit_the_organisation_is_refused(as_bob: Client, method: str, path: str) -> None:
    assert send(as_bob, method, path).status_code == 403


# ── the rule of duplicates ──────────────────────────────────────────────────


def test_the_rule_of_duplicates_is_changed_by_what_is_sent(as_alice: Client, as_mallory: Client) -> None:
    here = "duplicates/rule/"
    before = as_alice.get(f"/api/v1/{here}")
    assert before.json() == {"keys": ["email", "profile"], "every": False, "refuse": False}
    sent = {"keys": ["phone", "email"]}
    changed = send(as_alice, "patch", here, sent, **{"If-Match": before["ETag"]})
    assert changed.json() == {"keys": ["email", "phone"], "every": False, "refuse": False}
    assert send(as_alice, "patch", here, {"refuse": True}).json() == {**changed.json(), "refuse": True}
    late = send(as_alice, "patch", here, {"keys": []}, **{"If-Match": before["ETag"]})
    assert (late.status_code, late.json()["current"]["refuse"]) == (412, True)
    assert send(as_alice, "patch", here, {"keys": []}).json()["keys"] == []
    assert as_mallory.get(f"/api/v1/{here}").json() == before.json(), "every organisation has its own"
    wrong = send(as_alice, "patch", here, {"keys": ["shoe size"]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["keys"])


def test_the_first_change_of_a_setting_tells_what_held_before(as_alice: Client, alice: User) -> None:
    send(as_alice, "patch", "duplicates/rule/", {"refuse": True})
    (entry,) = AuditEntry.objects.filter(table="sourcing_duplicaterule")
    assert (entry.actor_id, entry.changes) == (alice.pk, {"refuse": [False, True]})


# ── what is decided about privacy ───────────────────────────────────────────


def test_privacy_rules_are_changed_by_what_is_sent_and_proposals_follow(
    as_alice: Client, alice: User
) -> None:
    before = as_alice.get("/api/v1/privacy-rules/")
    assert (before.json()["notices"], before.json()["retention_days"]) == (False, None)
    old = make_candidate(alice.organisation, "Old")
    long_ago = timezone.now() - datetime.timedelta(days=900)
    rows = Candidate.objects.for_organisation(alice.organisation_id).filter(pk=old.pk)
    rows.update(created_at=long_ago, updated_at=long_ago)
    index.refresh([old.pk])
    sent = {"retention_days": 730, "retention_reason": "Two years"}
    changed = send(as_alice, "patch", "privacy-rules/", sent, **{"If-Match": before["ETag"]})
    assert changed.json() == {**before.json(), **sent}
    assert [row.candidate for row in retention.proposals(alice)] == [old]
    never = send(as_alice, "patch", "privacy-rules/", {"retention_days": None, "notices": True})
    assert never.json() == {**before.json(), "notices": True, "retention_reason": "Two years"}
    assert not retention.proposals(alice)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"retention_days": 730}, "retention_reason"),
        ({"retention_days": 7}, "retention_days"),
        ({"notice_days": 91}, "notice_days"),
        ({"resume_days": 1}, "resume_days"),
    ],
)
def test_privacy_rules_that_make_no_sense_are_refused(
    as_alice: Client, sent: dict[str, int], field: str
) -> None:
    refused = send(as_alice, "patch", "privacy-rules/", sent)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])


# ── words that mean the same ────────────────────────────────────────────────


def test_synonyms_are_added_listed_and_removed(as_alice: Client, as_mallory: Client) -> None:
    made = send(as_alice, "post", "synonyms/", {"word": "SWE", "same_as": "software engineer"})
    assert made.status_code == 201
    turned = send(as_alice, "post", "synonyms/", {"word": "Software Engineer", "same_as": "swe"})
    assert (turned.status_code, turned.json()["code"]) == (409, "synonym_there")
    same = send(as_alice, "post", "synonyms/", {"word": "SWE", "same_as": "swe"})
    assert (same.status_code, list(same.json()["errors"])) == (422, ["same_as"])
    send(as_alice, "post", "synonyms/", {"word": "PM", "same_as": "product manager"})
    listed = as_alice.get("/api/v1/synonyms/").json()["results"]
    assert [row["word"] for row in listed] == ["PM", "SWE"]
    assert as_mallory.get("/api/v1/synonyms/").json()["results"] == []
    here = f"synonyms/{made.json()['id']}/"
    statuses = [send(client, "delete", here).status_code for client in (as_mallory, as_alice, as_alice)]
    assert statuses == [404, 204, 404]


# ── the stages of new projects ──────────────────────────────────────────────


def test_new_projects_begin_with_the_stages_that_were_set(as_alice: Client, as_mallory: Client) -> None:
    here = "projects/default-stages/"
    before = as_alice.get(f"/api/v1/{here}")
    changed = send(as_alice, "put", here, {"names": ["To call", "Called"]}, **{"If-Match": before["ETag"]})
    assert changed.json() == {"names": ["To call", "Called"]}
    late = send(as_alice, "put", here, {"names": []}, **{"If-Match": before["ETag"]})
    assert (late.status_code, late.json()["current"]) == (412, changed.json())
    project = send(as_alice, "post", "projects/", {"name": "Munich"}).json()["id"]
    stages = as_alice.get(f"/api/v1/projects/{project}/stages/").json()
    assert [stage["name"] for stage in stages] == ["To call", "Called"]
    twice = send(as_alice, "put", here, {"names": ["Call", "call"]})
    assert (twice.status_code, list(twice.json()["errors"])) == (422, ["names"])
    assert as_mallory.get(f"/api/v1/{here}").json() == before.json()
    assert send(as_alice, "put", here, {"names": []}).json() == before.json(), "those Beckon comes with"
