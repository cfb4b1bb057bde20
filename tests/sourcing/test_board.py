from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from foundation.models import Event
from foundation.problems import Invalid
from sourcing import board, board_selectors, projects, stages
from sourcing.models import ActivityKind, Candidate, Project, ProjectActivity, ProjectMember, Stage
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


def named(project: Project, name: str) -> Stage:
    return Stage.objects.for_organisation(project.organisation_id).get(project=project, name=name)


def order(project: Project, name: str) -> list[str]:
    rows = ProjectMember.objects.for_organisation(project.organisation_id).filter(
        project=project, stage__name=name
    )
    return [row.candidate.first_name for row in rows.select_related("candidate").order_by("position", "pk")]


def people(alice: User, names: str) -> list[Candidate]:
    return [make_candidate(alice.organisation, name) for name in names]


def test_whoever_enters_stands_on_top_of_the_first_stage(alice: User) -> None:
    ana, bo = people(alice, "AB")
    project = make_project(alice, people_in_it=[ana])
    projects.add_people(project=project, actor=alice, candidate_ids=[bo.pk])
    assert order(project, "Sourced") == ["B", "A"]


def test_a_row_written_by_somebody_who_knows_no_board_gets_its_place(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sourcing_projectmember (organisation_id, project_id, candidate_id, added_at)"
            " VALUES (%s, %s, %s, now())",
            [alice.organisation_id, project.pk, ana.pk],
        )
    member = ProjectMember.objects.for_organisation(alice.organisation_id).get(project=project)
    assert member.stage.name == "Sourced"
    assert member.position == -member.pk


def test_a_person_goes_below_the_one_that_was_named(alice: User) -> None:
    a, b, c, d = people(alice, "ABCD")
    project = make_project(alice, people_in_it=[a, b, c, d])
    interview = named(project, "Interview")
    board.move_people(project=project, actor=alice, candidate_ids=[a.pk, b.pk, c.pk], stage=interview)
    assert order(project, "Interview") == ["A", "B", "C"]
    board.move_people(project=project, actor=alice, candidate_ids=[d.pk], stage=interview, after=b.pk)
    assert order(project, "Interview") == ["A", "B", "D", "C"]
    board.move_people(project=project, actor=alice, candidate_ids=[c.pk, a.pk], stage=interview)
    assert order(project, "Interview") == ["C", "A", "B", "D"]
    board.move_people(project=project, actor=alice, candidate_ids=[c.pk], stage=interview, after=d.pk)
    assert order(project, "Interview") == ["A", "B", "D", "C"]


def test_a_neighbour_who_left_the_stage_meanwhile_does_not_stop_the_move(alice: User) -> None:
    a, b = people(alice, "AB")
    project = make_project(alice, people_in_it=[a, b])
    done = board.move_people(
        project=project, actor=alice, candidate_ids=[a.pk], stage=named(project, "Offer"), after=b.pk
    )
    assert done.moved == 1
    assert order(project, "Offer") == ["A"]


def test_a_gap_without_room_is_made_anew_and_the_order_stays(alice: User) -> None:
    a, b, c = people(alice, "ABC")
    project = make_project(alice, people_in_it=[a, b, c])
    rows = ProjectMember.objects.for_organisation(alice.organisation_id).filter(project=project)
    for person, position in ((a, 1.0), (b, 1.0000000000000002), (c, 5.0)):
        rows.filter(candidate=person).update(position=position)
    stage = named(project, "Sourced")
    board.move_people(project=project, actor=alice, candidate_ids=[c.pk], stage=stage, after=a.pk)
    assert order(project, "Sourced") == ["A", "C", "B"]


def test_strangers_and_people_elsewhere_are_counted_and_left_alone(alice: User, mallory: User) -> None:
    inside, outside = people(alice, "AB")
    hers = make_candidate(mallory.organisation)
    project = make_project(alice, people_in_it=[inside])
    done = board.move_people(
        project=project,
        actor=alice,
        candidate_ids=[inside.pk, outside.pk, hers.pk],
        stage=named(project, "Offer"),
    )
    assert (done.moved, done.unknown) == (1, 2)


def test_a_stage_of_another_project_is_refused(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project, other = make_project(alice, people_in_it=[ana]), make_project(alice, "Other")
    with pytest.raises(Invalid):
        board.move_people(project=project, actor=alice, candidate_ids=[ana.pk], stage=named(other, "Offer"))


def test_a_move_is_told_once_and_another_place_in_the_same_stage_is_not(alice: User) -> None:
    a, b = people(alice, "AB")
    project = make_project(alice, people_in_it=[a, b])
    Event.objects.across_organisations("tests").all().delete()
    offer = named(project, "Offer")
    board.move_people(project=project, actor=alice, candidate_ids=[a.pk, b.pk], stage=offer)
    board.move_people(project=project, actor=alice, candidate_ids=[b.pk], stage=offer)
    moved = ProjectActivity.objects.for_organisation(alice.organisation_id).filter(kind=ActivityKind.MOVED)
    assert [row.detail for row in moved] == [{"count": 2, "from": "Sourced", "to": "Offer"}]
    assert [event.kind for event in Event.objects.across_organisations("tests").all()] == [
        "project.members_changed"
    ]


def test_an_archived_project_moves_nobody(alice: User) -> None:
    ana = make_candidate(alice.organisation)
    project = make_project(alice, people_in_it=[ana])
    projects.archive(project=project, actor=alice)
    with pytest.raises(projects.Archived):
        board.move_people(project=project, actor=alice, candidate_ids=[ana.pk], stage=named(project, "Offer"))


# ── stages ──────────────────────────────────────────────────────────────────


def test_a_stage_is_added_renamed_and_put_elsewhere(alice: User) -> None:
    project = make_project(alice)
    made = stages.add(project=project, actor=alice, name=" Phone  screen ")
    assert made.name == "Phone screen"
    stages.rename(stage=made, actor=alice, name="Screen")
    ids = [stage.pk for stage in board_selectors.stages(alice, project)]
    stages.reorder(project=project, actor=alice, stage_ids=[ids[-1], *ids[:-1]])
    names = [stage.name for stage in board_selectors.stages(alice, project)]
    assert names[:2] == ["Screen", "Sourced"]


@pytest.mark.parametrize("name", ["", "   ", "\x00", "sourced", "SOURCED"])
def test_a_stage_needs_a_name_of_its_own(alice: User, name: str) -> None:
    with pytest.raises(Invalid):
        stages.add(project=make_project(alice), actor=alice, name=name)


def test_a_project_has_at_most_thirty_stages(alice: User) -> None:
    project = make_project(alice)
    for number in range(stages.MAX_STAGES - 7):
        stages.add(project=project, actor=alice, name=f"Stage {number}")
    with pytest.raises(Invalid):
        stages.add(project=project, actor=alice, name="One more")


def test_an_order_that_forgets_or_invents_a_stage_is_refused(alice: User) -> None:
    project, other = make_project(alice), make_project(alice)
    ids = [stage.pk for stage in board_selectors.stages(alice, project)]
    foreign = board_selectors.stages(alice, other)[0].pk
    for wrong in ([], ids[:-1], [*ids, ids[0]], [*ids[:-1], foreign]):
        with pytest.raises(Invalid):
            stages.reorder(project=project, actor=alice, stage_ids=wrong)


def test_removing_a_stage_moves_its_people_on_top_of_another_in_their_order(alice: User) -> None:
    a, b, c = people(alice, "ABC")
    project = make_project(alice, people_in_it=[a, b, c])
    offer, hired = named(project, "Offer"), named(project, "Hired")
    board.move_people(project=project, actor=alice, candidate_ids=[c.pk], stage=hired)
    board.move_people(project=project, actor=alice, candidate_ids=[a.pk, b.pk], stage=offer)
    with pytest.raises(Invalid):
        stages.remove(stage=offer, actor=alice, move_to=None)
    with pytest.raises(Invalid):
        stages.remove(stage=offer, actor=alice, move_to=offer)
    assert stages.remove(stage=offer, actor=alice, move_to=hired) == 2
    assert order(project, "Hired") == ["A", "B", "C"]


def test_the_last_stage_stays(alice: User) -> None:
    project = make_project(alice)
    *others, last = board_selectors.stages(alice, project)
    for stage in others:
        stages.remove(stage=stage, actor=alice, move_to=None)
    with pytest.raises(Invalid):
        stages.remove(stage=last, actor=alice, move_to=None)


def test_new_projects_begin_with_the_organisations_own_stages(alice: User, bob: User, mallory: User) -> None:
    stages.set_defaults(actor=alice, names=["To call", " ", "Called"])
    assert [stage.name for stage in board_selectors.stages(bob, make_project(bob))] == ["To call", "Called"]
    assert board_selectors.stages(mallory, make_project(mallory))[0].name == "Sourced"
    stages.set_defaults(actor=alice, names=[])
    assert board_selectors.stages(bob, make_project(bob))[0].name == "Sourced"


def test_a_default_stage_twice_is_refused(alice: User) -> None:
    with pytest.raises(Invalid):
        stages.set_defaults(actor=alice, names=["Call", "call"])


# ── size ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("view", ["table", "board"])
def test_the_candidates_tab_asks_as_many_queries_for_thirty_people_as_for_three(as_alice, alice, view):
    def queries(number: int) -> int:
        project = make_project(alice, people_in_it=people(alice, "A" * number))
        spread = board_selectors.stages(alice, project)
        for place, member in enumerate(project.members.all()):
            board.move_people(
                project=project,
                actor=alice,
                candidate_ids=[member.candidate_id],
                stage=spread[place % len(spread)],
            )
        as_alice.get(f"/projects/{project.pk}/?view={view}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert as_alice.get(f"/projects/{project.pk}/?view={view}").status_code == 200
        return len(captured)

    assert queries(3) == queries(30)


def test_a_stage_of_ten_thousand_shows_its_top_and_a_way_on(as_alice, alice: User) -> None:
    project = make_project(alice)
    Candidate.objects.bulk_create(
        Candidate(organisation=alice.organisation, first_name=f"P{number:05}") for number in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sourcing_candidate")  # as an import does after so many
    ids = Candidate.objects.for_organisation(alice.organisation_id).values_list("pk", flat=True)
    projects.add_people(project=project, actor=alice, candidate_ids=list(ids))
    page = as_alice.get(f"/projects/{project.pk}/?view=board")
    assert page.content.count(b"data-card=") == 20
    assert b"10,000" in page.content
    stage = named(project, "Sourced")
    tops = board_selectors.shown(alice, project, size=20)[stage.pk]
    following = page.context["board"][0]["next"]
    more = as_alice.get(following, headers={"HX-Request": "true", "HX-Target": f"more-{stage.pk}"})
    assert more.content.count(b"data-card=") == 20
    assert f'data-card="{tops[-1].candidate_id}"'.encode() not in more.content
    assert b"<html" not in more.content
