from __future__ import annotations

import pytest

from accounts.models import User
from foundation.problems import Invalid
from sourcing import projects, selectors
from sourcing.models import Candidate
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
