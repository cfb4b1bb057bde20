from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from campaigns.models import Recipient
from foundation import runs
from foundation.models import Event, Run, RunStatus
from foundation.problems import Invalid, Missing, NotAllowed
from sourcing import archiving, board, bulk, collaborators, erasing, files, projects
from sourcing.bulk import NotUndoable, Whom
from sourcing.models import (
    BulkItem,
    Candidate,
    ErasureReceipt,
    PersonSearch,
    Project,
    ProjectActivity,
    ProjectMember,
    Stage,
)
from sourcing.search.question import Question
from tests.campaigns import making
from tests.sourcing.factories import make_candidate, make_project, make_user

pytestmark = pytest.mark.django_db


def people(actor: User, names: str, **values: object) -> list[Candidate]:
    return [make_candidate(actor.organisation, name, **values) for name in names]


def done(actor: User, action: str, whom: Whom, **values: object) -> Run:
    run = bulk.start(actor=actor, action=action, whom=whom, values=values)
    return worked(run)


def worked(run: Run) -> Run:
    while runs.work(run.pk):
        pass
    run.refresh_from_db()
    return run


def ids(found: list[Candidate]) -> Whom:
    return Whom(ids=tuple(person.pk for person in found))


def tags(actor: User) -> dict[str, list[str]]:
    rows = Candidate.objects.for_organisation(actor.organisation_id).order_by("first_name")
    return dict(rows.values_list("first_name", "tags"))


def inside(project: Project) -> dict[str, str]:
    rows = ProjectMember.objects.for_organisation(project.organisation_id).filter(project=project)
    return dict(rows.order_by("position").values_list("candidate__first_name", "stage__name"))


# ── tags ────────────────────────────────────────────────────────────────────


def test_a_tag_is_put_on_those_who_have_it_not_and_undoing_leaves_the_others(alice: User) -> None:
    (ana,) = people(alice, "A", tags=["java"])
    found = [ana, *people(alice, "BC")]
    run = done(alice, "tag", ids(found), tag=" Java ")
    assert tags(alice) == {"A": ["java"], "B": ["Java"], "C": ["Java"]}
    assert run.result["summary"] == "2 changed, 1 as they were"
    assert (run.status, run.total, run.done) == (RunStatus.DONE, 3, 3)
    back = worked(bulk.undo(actor=alice, run_id=run.pk))
    assert tags(alice) == {"A": ["java"], "B": [], "C": []}
    assert back.result["summary"] == "2 taken back"


def test_a_tag_taken_off_comes_back_as_it_was_written(alice: User) -> None:
    found = [*people(alice, "A", tags=["Java", "x"]), *people(alice, "B", tags=["JAVA"])]
    run = done(alice, "untag", ids(found), tag="java")
    assert tags(alice) == {"A": ["x"], "B": []}
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert tags(alice) == {"A": ["x", "Java"], "B": ["JAVA"]}


def test_undo_takes_back_only_what_is_still_as_the_run_left_it(alice: User) -> None:
    ana, bo = people(alice, "AB")
    run = done(alice, "tag", ids([ana, bo]), tag="x")
    Candidate.objects.for_organisation(alice.organisation_id).filter(pk=ana.pk).update(tags=[])
    back = worked(bulk.undo(actor=alice, run_id=run.pk))
    assert back.result["summary"] == "1 taken back"


def news(actor: User, kind: str = "candidate.updated") -> list[dict[str, object]]:
    rows = Event.objects.for_organisation(actor.organisation_id).filter(kind=kind)
    return [event.ids for event in rows.order_by("pk")]


@pytest.mark.parametrize("action", ["tag", "untag"])
def test_a_changed_tag_is_told_about_each_person_it_changed_in_one_statement(
    alice: User, action: str
) -> None:
    has = ["x"] if action == "untag" else []
    found = people(alice, "AB", tags=has)
    people(alice, "C", tags=["y"])
    run = bulk.start(actor=alice, action=action, whom=ids(found), values={"tag": "x"})
    with CaptureQueriesContext(connection) as queries:
        worked(run)
    told = {"actor_id": alice.pk, "fields": "tags"}
    assert news(alice) == [{"candidate_id": person.pk, **told} for person in found]
    assert sum("foundation_emit(" in each["sql"] for each in queries) == 1


def test_a_person_with_two_hundred_tags_is_skipped_and_said_so(alice: User) -> None:
    found = people(alice, "A", tags=[f"t{number}" for number in range(200)])
    run = done(alice, "tag", ids(found), tag="x")
    assert bulk.outcome(run).skipped == {"has 200 tags already": 1}
    assert run.failed == 1


def test_a_tagged_person_is_found_by_the_tag(alice: User) -> None:
    from sourcing.search import query  # noqa: PLC0415

    found = people(alice, "A")
    done(alice, "tag", ids(found), tag="quarterback")
    assert [person.pk for person in query.people(viewer=alice, text="quarterback").people] == [found[0].pk]
    assert PersonSearch.objects.for_organisation(alice.organisation_id).count() == 1


@pytest.mark.parametrize("tag", ["", "  ", "\x00", "\u200b"])
def test_a_tag_needs_words(alice: User, tag: str) -> None:
    with pytest.raises(Invalid):
        bulk.start(actor=alice, action="tag", whom=Whom(ids=(1,)), values={"tag": tag})


# ── whom ────────────────────────────────────────────────────────────────────


def test_ids_of_strangers_are_left_out_and_said_so(alice: User, mallory: User) -> None:
    (ana,) = people(alice, "A")
    hers = make_candidate(mallory.organisation, "Hers")
    run = done(alice, "tag", Whom(ids=(ana.pk, hers.pk, 2**40, ana.pk)), tag="x")
    assert run.result["summary"] == "1 changed, 2 not found"
    assert tags(mallory) == {"Hers": []}


def test_a_whole_question_is_everybody_it_finds_and_nobody_else(alice: User, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "SLICE", 7)
    people(alice, "ABCDEFGHIJKLMNOPQRST", title="Nurse")
    people(alice, "Z", title="Cook")
    run = done(alice, "tag", Whom(question=Question(text="nurse")), tag="x")
    assert (run.total, run.done) == (20, 20)
    assert tags(alice)["Z"] == []


def test_everybody_of_a_project(alice: User) -> None:
    found = people(alice, "AB")
    people(alice, "C")
    project = make_project(alice, people_in_it=found)
    assert done(alice, "tag", Whom(project_id=project.pk), tag="x").total == 2


# ── projects ────────────────────────────────────────────────────────────────


def test_adding_to_a_project_is_one_entry_and_undoing_takes_out_who_was_added(alice: User) -> None:
    ana, bo, cy = people(alice, "ABC")
    project = make_project(alice, people_in_it=[ana])
    run = done(alice, "add_to_project", ids([ana, bo, cy]), project_id=project.pk)
    assert set(inside(project)) == {"A", "B", "C"}
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert set(inside(project)) == {"A"}
    rows = ProjectActivity.objects.for_organisation(alice.organisation_id).filter(project=project)
    assert [(row.kind, row.detail.get("count")) for row in rows.order_by("pk")][-2:] == [
        ("joined", 2),
        ("left", 2),
    ]


def test_removing_comes_back_to_its_stage_place_and_date(alice: User) -> None:
    found = people(alice, "ABC")
    project = make_project(alice, people_in_it=found)
    offer = Stage.objects.for_organisation(alice.organisation_id).get(project=project, name="Offer")
    board.move_people(project=project, actor=alice, candidate_ids=[p.pk for p in found], stage=offer)
    before = list(
        project.members.order_by("position").values("candidate_id", "stage_id", "position", "added_at")
    )
    run = done(alice, "remove_from_project", ids(found), project_id=project.pk)
    assert inside(project) == {}
    worked(bulk.undo(actor=alice, run_id=run.pk))
    after = list(
        project.members.order_by("position").values("candidate_id", "stage_id", "position", "added_at")
    )
    assert after == before


def test_moving_to_a_stage_and_back(alice: User) -> None:
    found = people(alice, "ABC")
    project = make_project(alice, people_in_it=found[:2])
    offer = Stage.objects.for_organisation(alice.organisation_id).get(project=project, name="Offer")
    run = done(alice, "move_stage", ids(found), project_id=project.pk, stage_id=offer.pk)
    assert inside(project) == {"A": "Offer", "B": "Offer"}
    assert bulk.outcome(run).skipped == {"is not in the project any more": 1}
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert inside(project) == {"A": "Sourced", "B": "Sourced"}


def test_who_lost_the_role_meanwhile_changes_nobody_more(alice: User, bob: User) -> None:
    found = people(alice, "AB")
    project = make_project(alice)
    run = bulk.start(actor=bob, action="add_to_project", whom=ids(found), values={"project_id": project.pk})
    collaborators.set_visibility(project=project, actor=alice, visibility="confidential")
    run = worked(run)
    assert (run.status, run.problem_code) == (RunStatus.FAILED, "project_missing")
    assert inside(project) == {}


def test_a_project_archived_meanwhile_stops_the_run(alice: User) -> None:
    project = make_project(alice)
    run = bulk.start(
        actor=alice, action="add_to_project", whom=ids(people(alice, "A")), values={"project_id": project.pk}
    )
    projects.archive(project=project, actor=alice)
    assert worked(run).problem_code == "project_archived"


@pytest.mark.parametrize("values", [{}, {"project_id": "1"}, {"project_id": True}, {"project_id": None}])
def test_a_project_is_named_by_its_number(alice: User, values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        bulk.start(actor=alice, action="add_to_project", whom=Whom(ids=(1,)), values=values)


def test_another_organisations_project_is_not_there(alice: User, mallory: User) -> None:
    hers = make_project(mallory)
    with pytest.raises(Missing):
        bulk.start(actor=alice, action="add_to_project", whom=Whom(ids=(1,)), values={"project_id": hers.pk})


# ── deleting ────────────────────────────────────────────────────────────────


def test_deleting_needs_the_number_and_erases_who_was_in_a_campaign(alice: User) -> None:
    campaign = making.campaign("Bo", alice=alice)
    bo = Candidate.objects.for_organisation(alice.organisation_id).get(first_name="Bo")
    found = [*people(alice, "AC"), bo]
    refused = done(alice, "delete", ids(found), confirmed=2)
    assert refused.status == RunStatus.FAILED
    assert len(tags(alice)) == 3
    run = done(alice, "delete", ids(found), confirmed=3)
    assert list(tags(alice)) == ["Bo"]
    assert run.result["summary"] == "2 changed, 1 being erased"
    assert (run.done, run.failed) == (3, 0)
    worked(Run.objects.for_organisation(alice.organisation_id).get(kind=erasing.KIND))
    assert tags(alice) == {}
    receipt = ErasureReceipt.objects.for_organisation(alice.organisation_id).get()
    assert (receipt.person, receipt.blocked) == (bo.pk, False)
    assert not Recipient.objects.for_organisation(alice.organisation_id).filter(campaign=campaign).exists()
    assert bulk.outcome(run).erasing == 1
    assert not bulk.undoable(run)
    with pytest.raises(NotUndoable):
        bulk.undo(actor=alice, run_id=run.pk)


@pytest.mark.django_db(transaction=True)
def test_deleting_somebody_takes_their_files_and_archives_from_the_disk(alice: User) -> None:
    (ana,) = people(alice, "A")
    kept, _ = files.keep(
        candidate=ana, actor=alice, upload=SimpleUploadedFile("cv.txt", b"Ana, nurse", "text/plain")
    )
    archive = archiving.request(candidate=ana, actor=alice)
    assert archive.run is not None
    worked(archive.run)
    archive.refresh_from_db()
    stored = [(each.file.storage, each.file.name) for each in (kept, archive)]
    assert all(storage.exists(name) for storage, name in stored)
    run = done(alice, "delete", ids([ana]), confirmed=1)
    assert run.result["summary"] == "1 changed"
    assert not any(storage.exists(name) for storage, name in stored)


# ── runs ────────────────────────────────────────────────────────────────────


def test_a_killed_worker_goes_on_and_changes_nobody_twice(alice: User, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "SLICE", 2)
    found = people(alice, "ABCDE")
    run = bulk.start(actor=alice, action="tag", whom=ids(found), values={"tag": "x"})
    calls = iter(range(10))
    real = bulk._slice

    def dies(*arguments: object) -> bool:
        if next(calls) == 2:
            raise SystemExit
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "_slice", dies)
    with pytest.raises(SystemExit):
        runs.work(run.pk)
    Run.objects.for_organisation(alice.organisation_id).filter(pk=run.pk).update(lease_until=None)
    run = worked(run)
    assert (run.status, run.done) == (RunStatus.DONE, 5)
    assert all(found == ["x"] for found in tags(alice).values())
    versions = Candidate.objects.for_organisation(alice.organisation_id).values_list("version", flat=True)
    assert set(versions) == {2}


def test_a_cancelled_run_stops_and_what_it_did_can_be_taken_back(alice: User, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "SLICE", 2)
    found = people(alice, "ABCDE")
    project = make_project(alice)
    run = bulk.start(actor=alice, action="add_to_project", whom=ids(found), values={"project_id": project.pk})
    real = bulk._slice

    def presses_cancel(this: Run, chosen: object) -> bool:
        more = real(this, chosen)  # type: ignore[arg-type]
        Run.objects.for_organisation(alice.organisation_id).filter(pk=this.pk).update(cancel_requested=True)
        return more

    monkeypatch.setattr(bulk, "_slice", presses_cancel)
    run = worked(run)
    assert (run.status, run.done, len(inside(project))) == (RunStatus.CANCELLED, 2, 2)
    told = ProjectActivity.objects.for_organisation(alice.organisation_id).filter(kind="joined")
    assert [row.detail["count"] for row in told] == [2]
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert inside(project) == {}


def test_a_run_is_undone_once_by_its_starter_within_thirty_days(alice: User, bob: User) -> None:
    run = done(alice, "tag", ids(people(alice, "A")), tag="x")
    with pytest.raises(Missing):
        bulk.undo(actor=bob, run_id=run.pk)
    bulk.undo(actor=alice, run_id=run.pk)
    with pytest.raises(NotUndoable):
        bulk.undo(actor=alice, run_id=run.pk)
    old = done(alice, "tag", ids(people(alice, "B")), tag="x")
    past = timezone.now() - datetime.timedelta(days=31)
    Run.objects.for_organisation(alice.organisation_id).filter(pk=old.pk).update(created_at=past)
    with pytest.raises(NotUndoable):
        bulk.undo(actor=alice, run_id=old.pk)
    assert bulk.prune(now=timezone.now()) == 1
    assert BulkItem.objects.for_organisation(alice.organisation_id).filter(run=old).count() == 0


def test_a_viewer_tags_nobody(alice: User) -> None:
    viewer = make_user(alice.organisation, "Vic", Role.VIEWER)
    with pytest.raises(NotAllowed):
        bulk.start(actor=viewer, action="tag", whom=Whom(ids=(1,)), values={"tag": "x"})


def test_an_action_nobody_knows_is_refused(alice: User) -> None:
    with pytest.raises(Invalid):
        bulk.start(actor=alice, action="explode", whom=Whom(ids=(1,)), values={})


# ── pages ───────────────────────────────────────────────────────────────────


def test_a_small_selection_is_tagged_before_the_page_answers_and_the_toast_undoes_it(as_alice, alice) -> None:
    found = people(alice, "AB")
    chosen = {"candidate": [person.pk for person in found]}
    assert as_alice.post("/people/tag/", chosen).status_code == 200
    page = as_alice.post("/people/tag/", chosen | {"choose": "1", "tag": "x"}, follow=True)
    assert tags(alice) == {"A": ["x"], "B": ["x"]}
    run = Run.objects.for_organisation(alice.organisation_id).get()
    assert f'action="/runs/{run.pk}/undo/"' in page.content.decode()
    result = as_alice.post(f"/runs/{run.pk}/undo/", follow=True)
    assert tags(alice) == {"A": [], "B": []}
    assert result.status_code == 200


def test_deleting_asks_for_the_number(as_alice, alice) -> None:
    chosen = {"candidate": [person.pk for person in people(alice, "AB")]}
    assert "Type 2 to confirm" in as_alice.post("/people/delete/", chosen).content.decode()
    wrong = as_alice.post("/people/delete/", chosen | {"choose": "1", "confirmed": "3"})
    assert wrong.status_code == 422
    as_alice.post("/people/delete/", chosen | {"choose": "1", "confirmed": "2"})
    assert tags(alice) == {}


def test_nobody_ticked_is_said_so(as_alice) -> None:
    assert as_alice.post("/people/tag/", {}).status_code == 422


def test_a_colleagues_run_is_not_there(as_bob, alice) -> None:
    run = done(alice, "tag", ids(people(alice, "A")), tag="x")
    assert as_bob.get(f"/runs/{run.pk}/").status_code == 404
    assert as_bob.post(f"/runs/{run.pk}/undo/").status_code == 404
    assert as_bob.get(f"/api/v1/bulk/{run.pk}/").status_code == 404
