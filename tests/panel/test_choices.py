"""What a save can name: only what the caller may add people to."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role, User
from sourcing import people
from tests.campaigns import making as campaigns
from tests.integrations import making as integrations
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.panel.asking import panel
from tests.sourcing.factories import make_candidate, make_project, make_user

pytestmark = pytest.mark.django_db


def choices(user: User, kind: str, **asked: Any) -> list[tuple[str, str]]:
    answer = panel(user).get("/api/v1/panel/choices/", {"kind": kind, **asked})
    assert answer.status_code == 200, answer.content
    return [(each["name"], each["about"]) for each in answer.json()["results"]]


def test_projects_one_may_change_by_a_part_of_their_name(alice: User, bob: User, mallory: User) -> None:
    for name, visibility in (("Welders Q4", "organisation"), ("Welders, secret", "confidential")):
        made = make_project(alice, name)
        made.visibility = visibility
        made.save()
    gone = make_project(alice, "Welders Q3")
    gone.archived_at = gone.created_at
    gone.save()
    make_project(mallory, "Welders elsewhere")
    assert choices(bob, "project", q="welders") == [("Welders Q4", "Alice Aubert")]
    assert choices(bob, "project", q="%") == []
    vera = make_user(bob.organisation, "Vera", Role.VIEWER)
    assert choices(vera, "project") == choices(vera, "campaign") == []


def test_campaigns_that_are_not_over(alice: User, bob: User) -> None:
    for status in ("draft", "completed"):
        made = campaigns.campaign(alice=alice)
        made.status = status
        made.save()
    assert choices(bob, "campaign") == [("Wave", "Backend, draft")]
    made.project.visibility = "confidential"
    made.project.save()
    assert choices(bob, "campaign", q="wave") == [("Wave", "Backend, draft")]


def test_tags_that_somebody_has(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, "Ida")
    people.add_words(candidate=person, actor=alice, field="tags", words=["Welding", "wide"])
    assert choices(bob, "tag", q="wel") == [("Welding", "")]
    assert choices(bob, "tag", q="w") == []


def test_jobs_of_one_system(alice: User, whale: SmallSourceWhale) -> None:
    row = integrations.connection(alice)
    wrong = panel(alice).get("/api/v1/panel/choices/", {"kind": "job"})
    assert (wrong.status_code, wrong.json()["errors"]) == (422, {"connection": "Of which system?"})
    assert panel(alice).get("/api/v1/panel/choices/", {"kind": "nothing"}).status_code == 422
    listed = panel(alice).get("/api/v1/panel/choices/", {"kind": "job", "connection": row.pk})
    assert listed.status_code in {200, 422}
    assert panel(alice).get("/api/v1/panel/choices/", {"kind": "job", "connection": 10**9}).status_code == 404
