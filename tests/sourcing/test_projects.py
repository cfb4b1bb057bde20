from __future__ import annotations

import datetime
import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from foundation.models import Event
from foundation.problems import Invalid
from sourcing import activity, board, collaborators, people, projects, selectors, stages
from sourcing.models import Candidate, Project, ProjectActivity
from tests.campaigns import making
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


def test_people_are_in_a_project_once(alice: User) -> None:
    ana, bo = (make_candidate(alice.organisation, name) for name in ("Ana", "Bo"))
    project = make_project(alice, people_in_it=[ana])
    done = projects.add_people(project=project, actor=alice, candidate_ids=[ana.pk, bo.pk, bo.pk])
    assert (done.added, done.already, done.unknown) == (1, 1, 0)
    assert set(selectors.project_candidate_ids(alice, project)) == {ana.pk, bo.pk}


def test_another_organisations_people_are_nobody_here(alice: User, mallory: User) -> None:
    project = make_project(alice)
    hers = make_candidate(mallory.organisation)
    done = projects.add_people(project=project, actor=alice, candidate_ids=[hers.pk, 999_999_999])
    assert (done.added, done.unknown) == (0, 2)


def test_an_archived_project_takes_nobody_until_it_is_back(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice)
    projects.archive(project=project, actor=alice)
    with pytest.raises(projects.Archived):
        projects.add_people(project=project, actor=alice, candidate_ids=[ana.pk])
    assert list(selectors.visible_projects(alice)) == []
    assert list(selectors.visible_projects(alice, archived=True)) == [project]
    projects.bring_back(project=project, actor=alice)
    assert projects.add_people(project=project, actor=alice, candidate_ids=[ana.pk]).added == 1


def test_removing_somebody_leaves_them_in_the_crm(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    assert projects.remove_people(project=project, actor=alice, candidate_ids=[ana.pk]) == 1
    assert projects.remove_people(project=project, actor=alice, candidate_ids=[ana.pk]) == 0
    assert Candidate.objects.for_organisation(alice.organisation_id).filter(pk=ana.pk).exists()


@pytest.mark.parametrize("name", ["", "  ", "\x00"])
def test_a_project_needs_a_name(alice: User, name: str) -> None:
    assert alice.organisation is not None
    with pytest.raises(Invalid):
        projects.create(organisation=alice.organisation, actor=alice, name=name)


# ── copies and activity ─────────────────────────────────────────────────────


def entries(alice: User, project: Project) -> list[str]:
    page = activity.entries(viewer=alice, project=project)
    return [f"{entry.who} {entry.text}" for entry in page.rows]


def test_a_copy_has_stages_members_and_places_and_belongs_to_who_made_it(alice: User, bob: User) -> None:
    ana, bo = (make_candidate(alice.organisation, name) for name in ("Ana", "Bo"))
    project = make_project(alice, people_in_it=[ana, bo])
    collaborators.set_visibility(project=project, actor=alice, visibility="members")
    collaborators.set_role(project=project, actor=alice, user=bob, role="editor")
    extra = stages.add(project=project, actor=alice, name="Phone screen")
    stages.reorder(
        project=project,
        actor=alice,
        stage_ids=[extra.pk, *(stage.pk for stage in project.stages.exclude(pk=extra.pk))],
    )
    board.move_people(project=project, actor=alice, candidate_ids=[ana.pk], stage=extra)
    copy = projects.duplicate(project=project, actor=bob, name="Again", with_people=True)
    assert (copy.owner, copy.visibility) == (bob, "members")
    assert [row.user for row in copy.collaborators.all()] == [alice]
    names = [stage.name for stage in copy.stages.order_by("position")]
    assert names == [stage.name for stage in project.stages.order_by("position")]
    where = dict(copy.members.values_list("candidate__first_name", "stage__name"))
    assert where == {"Ana": "Phone screen", "Bo": "Sourced"}
    empty = projects.duplicate(project=project, actor=bob, name="Empty", with_people=False)
    assert empty.members.count() == 0


def test_what_happens_is_written_down_once(alice: User, bob: User) -> None:
    ana = make_candidate(alice.organisation, "Ana", "Silva")
    project = make_project(alice, people_in_it=[ana])
    projects.rename(project=project, actor=alice, name="Backend Zürich")
    projects.rename(project=project, actor=alice, name="Backend Zürich")
    collaborators.set_role(project=project, actor=alice, user=bob, role="editor")
    collaborators.remove(project=project, actor=alice, user=bob)
    collaborators.remove(project=project, actor=alice, user=bob)
    projects.archive(project=project, actor=alice)
    projects.archive(project=project, actor=alice)
    projects.bring_back(project=project, actor=bob)
    activity.comment(project=project, actor=bob, body="  Good people \n here ")
    assert entries(alice, project) == [
        "Bob Berger commented",
        "Bob Berger brought the project back",
        "Alice Aubert archived the project",
        "Alice Aubert took Bob Berger out of the members",
        "Alice Aubert made Bob Berger an editor",
        "Alice Aubert renamed the project to “Backend Zürich”",
        "Alice Aubert added Ana Silva",
        "Alice Aubert made the project",
    ]


@pytest.mark.parametrize("body", ["", " \n ", "\x00"])
def test_a_comment_needs_words(alice: User, body: str) -> None:
    with pytest.raises(Invalid):
        activity.comment(project=make_project(alice), actor=alice, body=body)


def test_activity_is_paged_without_losing_or_repeating_anything(alice: User) -> None:
    project = make_project(alice)
    for number in range(25):
        activity.comment(project=project, actor=alice, body=f"Remark {number}")
    ProjectActivity.objects.for_organisation(alice.organisation_id).update(at=timezone.now())
    seen: list[str] = []
    after: str | None = None
    while True:
        page = activity.entries(viewer=alice, project=project, after=after, size=10)
        seen += [entry.key for entry in page.rows]
        after = page.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 26


@pytest.mark.parametrize("after", ["x", "é", "W10", "WyIyMDI2LTAxLTAxIiwgMV0", "a" * 5_000])
def test_a_broken_cursor_is_a_bad_request(as_alice: Client, alice: User, after: str) -> None:
    path = f"/projects/{make_project(alice).pk}/activity/"
    assert as_alice.get(path, {"after": after}).status_code == 400


def test_campaigns_exports_and_imports_of_the_project_are_told_too(alice: User) -> None:
    campaign = making.campaign("Bo", alice=alice)
    assert "made the campaign Wave" in " ".join(entries(alice, campaign.project))


def test_an_erased_person_takes_their_entries_along(alice: User) -> None:
    ana = make_candidate(alice.organisation, "Ana", "Silva")
    project = make_project(alice, people_in_it=[ana])
    activity.comment(project=project, actor=alice, body="Ana Silva is shy", candidate_id=ana.pk)
    ana.delete()
    assert entries(alice, project) == ["Alice Aubert made the project"]


def test_news_of_a_project_is_told_as_events(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    projects.archive(project=project, actor=alice)
    rows = Event.objects.across_organisations("tests").filter(subject=f"project:{project.pk}").order_by("pk")
    assert [row.kind for row in rows] == ["project.created", "project.members_changed", "project.updated"]


# ── pages ───────────────────────────────────────────────────────────────────


def test_a_card_moved_by_script_gets_the_counts_and_by_form_the_board(as_alice: Client, alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    offer = project.stages.get(name="Offer")
    path = f"/projects/{project.pk}/move/"
    sent = {"candidate": ana.pk, "stage": offer.pk, "after": ""}
    answer = as_alice.post(path, sent, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"])["board-moved"]["counts"][str(offer.pk)] == 1
    plain = as_alice.post(path, sent, follow=True)
    assert plain.redirect_chain[0][0] == f"/projects/{project.pk}/?view=board"
    asked = as_alice.post(path, {"one": ana.pk})
    assert b"goes to" in asked.content
    assert as_alice.post(path, {"candidate": ana.pk, "stage": 999_999}).status_code == 404
    assert as_alice.post(path, {"stage": offer.pk}).status_code == 422


def test_a_refused_move_tells_the_script_why(as_alice: Client, alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    projects.archive(project=project, actor=alice)
    offer = project.stages.get(name="Offer")
    answer = as_alice.post(
        f"/projects/{project.pk}/move/",
        {"candidate": ana.pk, "stage": offer.pk},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    assert "archived" in answer["X-Problem"]


def test_the_last_view_is_remembered(as_alice: Client, alice: User) -> None:
    project = make_project(alice, people_in_it=[make_candidate(alice.organisation)])
    assert b"data-board=" not in as_alice.get(project.url).content
    as_alice.get(f"{project.url}?view=board")
    assert b"data-board=" in as_alice.get(project.url).content


def test_who_was_written_to_lately_is_said_before_one_adds_them(as_alice: Client, alice: User) -> None:
    ana = make_candidate(alice.organisation, "Ana")
    people.contacted(ana.pk, timezone.now() - datetime.timedelta(days=3), alice)
    old = make_candidate(alice.organisation, "Old")
    people.contacted(old.pk, timezone.now() - datetime.timedelta(days=90), alice)
    page = as_alice.get(f"/projects/{make_project(alice).pk}/add/").content.decode()
    assert page.count("Last e-mail") == 1


def test_hostile_names_stay_text(as_alice: Client, alice: User) -> None:
    name = "\u202eevil\u200b <img src=x onerror=alert(1)>"
    person = make_candidate(alice.organisation, name, title="<script>alert(1)</script>")
    project = make_project(alice, name, [person])
    stages.add(project=project, actor=alice, name="<b>x</b>")
    for path in ("?view=table", "?view=board", "activity/", "stages/", "members/", "share/", "add/"):
        page = as_alice.get(f"/projects/{project.pk}/{path}").content
        assert b"<img src=x" not in page
        assert b"<script>alert" not in page
        assert b"<b>x</b>" not in page


def test_a_stage_is_shifted_and_removed_on_its_page(as_alice: Client, alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    first, second = project.stages.order_by("position")[:2]
    here = f"/projects/{project.pk}/stages/"
    as_alice.post(f"{here}{second.pk}/shift/", {"to": "left"})
    assert project.stages.order_by("position").first() == second
    assert as_alice.post(f"{here}{first.pk}/remove/", {}).status_code == 422
    as_alice.post(f"{here}{first.pk}/remove/", {"move_to": second.pk})
    assert project.members.get().stage == second
    other = make_project(alice, "Other")
    assert as_alice.post(f"{here}{other.stages.first().pk}/rename/", {"name": "x"}).status_code == 404  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Ana Zürich", "Ana Zürich"), ("ليلى", "\u2068ليلى\u2069"), ("a\u202eb", "\u2068a\u202eb\u2069")],
)
def test_a_name_that_could_turn_the_line_is_set_apart(name: str, shown: str) -> None:
    assert activity.sentence("joined", {"count": 1}, name) == f"added {shown}"


def test_projects_are_shown_as_cards_with_the_same_numbers(as_alice, alice):
    make_project(alice, "Backend Munich", [make_candidate(alice.organisation)])
    cards = as_alice.get("/projects/?view=cards").content.decode()
    assert "<table" not in cards
    assert "Backend Munich" in cards
    assert "Replies, 7 days" in cards
    assert "<table" in as_alice.get("/projects/").content.decode()
