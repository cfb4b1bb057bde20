"""An import is taken back: what is still ours goes, what became somebody's stays and is listed."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run, RunStatus
from sourcing import contact_points, known_again, people, projects, suppressing, suppression
from sourcing.importing import staging, undoing, uploading
from sourcing.importing.undoing import TooLate
from sourcing.models import (
    Candidate,
    ContactPoint,
    ContactStatus,
    Experience,
    ImportChange,
    ImportRun,
    ImportSlice,
    OtherValue,
    PersonSearch,
    ProjectMember,
    SocialProfile,
)
from sourcing.search import index, query
from tests.sourcing.factories import csv_bytes, finish, import_csv, make_candidate, make_project, upload

pytestmark = pytest.mark.django_db

HEADER = ["First Name", "Last Name", "Email", "Title", "Profile URL", "Company", "Start Date"]
JONAS = ["Jonas", "Lehner", "jonas@x.example", "CTO", "https://linkedin.com/in/jonas", "Voltra", "2020"]
IDA = ["Ida", "Hansen", "ida@x.example", "CEO", "", "Fjell", ""]
FILE = csv_bytes(HEADER, JONAS, IDA)


def undo(alice: User, import_run: ImportRun) -> Run:
    begun = undoing.start(import_run=import_run, actor=alice, now=timezone.now())
    assert begun.undo_run_id is not None
    while runs.work(begun.undo_run_id):
        pass
    return Run.objects.for_organisation(alice.organisation_id).get(pk=begun.undo_run_id)


def everybody(alice: User) -> list[Candidate]:
    return list(Candidate.objects.for_organisation(alice.organisation_id).order_by("pk"))


def kept(import_run: ImportRun) -> dict[str, list[str]]:
    rows = ImportChange.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return {row.candidate.name: row.kept for row in rows}


def overwriting(alice: User, data: bytes, **chosen: str) -> ImportRun:
    import_run = upload(alice, data)
    uploading.settle(
        import_run,
        staging.field_mapping(import_run),
        actor=alice,
        source_name="May list",
        project=None,
        chosen=chosen,
    )
    return finish(uploading.start(import_run=import_run, actor=alice))


def test_people_the_import_made_are_gone_with_everything_it_wrote_about_them(alice: User) -> None:
    project = make_project(alice)
    done = import_csv(alice, FILE, project=project)
    assert len(everybody(alice)) == 2
    run = undo(alice, done)
    assert (run.status, run.result["taken_back"], run.result["kept"]) == (RunStatus.DONE, 2, 0)
    for model in (Candidate, ContactPoint, Experience, SocialProfile, PersonSearch, ProjectMember):
        assert not model.objects.for_organisation(alice.organisation_id).exists(), model
    assert query.people(viewer=alice, text="").people == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "what", ["edited", "private address", "bounced", "in a project", "contacted", "pinned"]
)
def test_a_person_somebody_changed_or_used_since_stays_and_is_listed(alice: User, what: str) -> None:
    done = import_csv(alice, FILE)
    jonas = everybody(alice)[0]
    point = jonas.contact_points.get()
    if what == "edited":
        people.edit_candidate(candidate=jonas, actor=alice, version=1, changes={"title": "Boss"})
    elif what == "private address":
        contact_points.add_email(candidate=jonas, actor=alice, type="personal", value="mine@x.example")
    elif what == "bounced":
        contact_points.mark_bounced(
            organisation_id=jonas.organisation_id,
            candidate_id=jonas.pk,
            address="jonas@x.example",
            at=timezone.now(),
            cause="5.1.1",
        )
    elif what == "in a project":
        projects.add_people(project=make_project(alice), actor=alice, candidate_ids=[jonas.pk])
    elif what == "contacted":
        people.contacted(jonas.pk, timezone.now(), alice)
    else:
        contact_points.pin(contact_point=point, actor=alice)
    run = undo(alice, done)
    assert [person.name for person in everybody(alice)] == ["Jonas Lehner"]
    assert jonas.contact_points.filter(pk=point.pk).exists()
    assert (run.result["taken_back"], run.result["kept"]) == (1, 1)
    assert kept(done) == {"Jonas Lehner": ["used"]}


def test_an_opt_out_outlives_the_undoing(alice: User) -> None:
    done = import_csv(alice, FILE)
    suppressing.suppress_person(candidate=everybody(alice)[0], actor=alice)
    undo(alice, done)
    assert everybody(alice) == []
    assert suppression.is_suppressed(done.organisation_id, None, "jonas@x.example")


def test_values_go_back_where_they_are_still_ours(alice: User) -> None:
    jonas = make_candidate(
        alice.organisation,
        "Jonas",
        "",
        actor=alice,
        title="Architect",
        emails=["jonas@x.example"],
        skills=["SQL"],
    )
    done = overwriting(alice, FILE, title="overwrite", company="overwrite")
    jonas.refresh_from_db()
    assert (jonas.title, jonas.last_name, jonas.company) == ("CTO", "Lehner", "Voltra")
    people.edit_candidate(candidate=jonas, actor=alice, version=jonas.version, changes={"company": "Other"})
    undo(alice, done)
    jonas.refresh_from_db()
    assert (jonas.title, jonas.last_name, jonas.company) == ("Architect", "", "Other")
    assert jonas.linkedin_key == ""
    assert set(jonas.provenance) <= {"company"}
    assert kept(done) == {"Jonas": ["company"]}
    # What the hand edit replaced stays; the import's own are gone.
    others = OtherValue.objects.for_organisation(alice.organisation_id)
    assert set(others.values_list("field", "value")) == {("company", "Voltra")}
    assert query.people(viewer=alice, text="architect").people == [jonas]


def test_addresses_profiles_positions_and_places_in_the_project_go(alice: User) -> None:
    jonas = make_candidate(alice.organisation, "Jonas", "Lehner", emails=["jonas@x.example"])
    project = make_project(alice)
    data = csv_bytes(HEADER, [*JONAS[:2], "jonas@x.example; new@x.example", *JONAS[3:]])
    done = import_csv(alice, data, project=project)
    assert jonas.contact_points.count() == 2
    assert jonas.experience.count() == jonas.social_profiles.count() == jonas.memberships.count() == 1
    undo(alice, done)
    assert list(jonas.contact_points.values_list("normalised", flat=True)) == ["jonas@x.example"]
    assert jonas.experience.count() == jonas.social_profiles.count() == jonas.memberships.count() == 0


def test_an_address_that_was_used_since_stays(alice: User) -> None:
    jonas = make_candidate(alice.organisation, "Jonas", "Lehner", emails=["jonas@x.example"])
    done = import_csv(alice, csv_bytes(["Email"], ["jonas@x.example; new@x.example"]))
    jonas.contact_points.filter(normalised="new@x.example").update(status=ContactStatus.VERIFIED)
    undo(alice, done)
    assert jonas.contact_points.count() == 2
    assert kept(done) == {"Jonas Lehner": ["address"]}


@pytest.mark.django_db(transaction=True)
def test_a_later_import_that_met_the_person_keeps_them(alice: User) -> None:
    first = import_csv(alice, FILE)
    import_csv(alice, csv_bytes(["Email"], ["jonas@x.example; later@x.example"]))
    undo(alice, first)
    assert [person.name for person in everybody(alice)] == ["Jonas Lehner"]


def test_an_import_can_be_undone_for_thirty_days(alice: User) -> None:
    done = import_csv(alice, FILE)
    later = timezone.now() + datetime.timedelta(days=30, minutes=1)
    with pytest.raises(TooLate, match="30 days"):
        undoing.start(import_run=done, actor=alice, now=later)


def test_what_is_needed_for_undoing_is_forgotten_after_thirty_days(alice: User) -> None:
    make_candidate(alice.organisation, "Jonas", "", emails=["jonas@x.example"])
    import_csv(alice, FILE)
    assert undoing.prune(now=timezone.now()) == 0
    assert undoing.prune(now=timezone.now() + datetime.timedelta(days=30, minutes=1)) == 1
    assert not ImportSlice.objects.for_organisation(alice.organisation_id).exists()
    assert not ImportChange.objects.for_organisation(alice.organisation_id).exists()
    assert len(everybody(alice)) == 2


def test_an_import_is_undone_once(alice: User) -> None:
    done = import_csv(alice, FILE)
    undo(alice, done)
    done.refresh_from_db()
    with pytest.raises(TooLate, match="already"):
        undoing.start(import_run=done, actor=alice, now=timezone.now())


def test_a_cancelled_import_can_be_undone_too(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 1)
    begun = uploading.start(import_run=upload(alice, FILE), actor=alice)
    assert begun.run_id is not None
    run_id = begun.run_id
    real = known_again.traces_added

    def cancelled_meanwhile(organisation_id: int, ids: list[int]) -> None:
        real(organisation_id, ids)
        Run.objects.for_organisation(alice.organisation_id).filter(pk=run_id).update(cancel_requested=True)

    monkeypatch.setattr(known_again, "traces_added", cancelled_meanwhile)
    begun = finish(begun)
    assert len(everybody(alice)) == 1
    undo(alice, begun)
    assert everybody(alice) == []


def test_a_worker_that_dies_between_two_slices_is_followed_by_one_that_goes_on(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 1)
    done = import_csv(alice, FILE)
    begun = undoing.start(import_run=done, actor=alice, now=timezone.now())
    assert begun.undo_run_id is not None
    real, calls = index.refresh, []

    def dies_in_the_second(ids: set[int]) -> None:
        calls.append(ids)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(ids)

    monkeypatch.setattr(index, "refresh", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        runs.work(begun.undo_run_id)
    assert [person.name for person in everybody(alice)] == ["Jonas Lehner"]
    monkeypatch.setattr(index, "refresh", real)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    while runs.work(begun.undo_run_id):
        pass
    assert everybody(alice) == []
    begun.refresh_from_db()
    assert begun.undo_run is not None
    assert begun.undo_run.done == 2


def test_another_organisations_people_are_never_touched(alice: User, mallory: User) -> None:
    done = import_csv(alice, FILE)
    import_csv(mallory, FILE)
    ours = ImportSlice.objects.for_organisation(alice.organisation_id).get()
    theirs = list(Candidate.objects.for_organisation(mallory.organisation_id).values_list("pk", flat=True))
    ours.made = [*ours.made, *theirs]
    ours.save()
    undo(alice, done)
    assert len(everybody(mallory)) == 2
