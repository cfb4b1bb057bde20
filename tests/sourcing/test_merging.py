from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from foundation.models import Event
from foundation.problems import Invalid
from sourcing import (
    contact_points,
    erasing,
    known_again,
    merging,
    people,
    person_data,
    projects,
    selectors,
    suppressing,
    suppression,
)
from sourcing.merging_columns import NotUndoable
from sourcing.models import (
    Candidate,
    ContactStatus,
    CustomField,
    DuplicatePair,
    ErasureReason,
    Origin,
    OtherValue,
    PairState,
    PersonMerge,
    Project,
    ProjectMember,
    Suppression,
    SuppressionReason,
)
from sourcing.search import facts, query
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 5, 12, 12, tzinfo=datetime.UTC)
#: Made anew, or telling of the merge itself.
NOT_COMPARED = {
    "sourcing.PersonMerge",
    "sourcing.MatchKey",
    "sourcing.PersonSearch",
    "sourcing.PersonSearchSample",
}
NOISE = {"updated_at", "version"}


def everything(organisation_id: int) -> dict[str, list[dict[str, Any]]]:
    """All rows about people, as the database sees them."""
    found = {}
    tables = {label for label, _ in person_data.claimed()} - NOT_COMPARED
    for label in sorted({*tables, "sourcing.Candidate"}):
        table = apps.get_model(label)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT to_jsonb(t) FROM {table} t WHERE organisation_id = %s ORDER BY id",  # noqa: S608 - our tables
                [organisation_id],
            )
            rows = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
        found[label] = [{name: value for name, value in row.items() if name not in NOISE} for row in rows]
    return found


def test_the_survivor_keeps_its_values_and_blanks_are_filled(alice: User) -> None:
    stays = make_candidate(alice.organisation, "Jonas", "Lehner", title="CTO", skills=["Rust"])
    goes = make_candidate(
        alice.organisation, "Jon", "Lehner", title="Engineer", company="Voltra", skills=["rust", "Go"],
        linkedin_url="linkedin.com/in/jonas",
    )  # fmt: skip
    made = merging.merge(survivor=stays, other=goes, actor=alice, choices={"first_name": "other"})
    stays.refresh_from_db()
    assert (stays.first_name, stays.title, stays.company) == ("Jon", "CTO", "Voltra")
    assert stays.skills == ["Rust", "Go"]
    assert stays.linkedin_key == "linkedin.com/in/jonas"
    assert not Candidate.objects.for_organisation(alice.tenant_id).filter(pk=goes.pk).exists()
    assert merging.survivor_of(alice.tenant_id, goes.pk) == stays.pk
    assert query.people(viewer=alice, text="voltra").people == [stays]
    kinds = Event.objects.for_organisation(alice.tenant_id).filter(subject=f"candidate:{stays.pk}")
    assert "candidate.merged" in kinds.values_list("kind", flat=True)
    assert made.undoable


def beside(person: Candidate) -> set[tuple[str, str, str]]:
    """Field, value and source of what stands beside the values shown."""
    rows = OtherValue.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return set(rows.values_list("field", "value", "source"))


def test_a_value_that_lost_stands_beside_the_one_shown_and_says_where_it_came_from(alice: User) -> None:
    CustomField.objects.create(organisation_id=alice.tenant_id, key="level", label="Level", kind="text")
    stays = make_candidate(
        alice.organisation, title="CTO", company="Voltra", source="Lever", custom={"level": "high"}
    )
    goes = make_candidate(
        alice.organisation, title="Engineer", company="Nova", location="Berlin", source="CSV", custom={"level": "low"}
    )  # fmt: skip
    made = merging.merge(survivor=stays, other=goes, actor=alice, choices={"company": "other"})
    stays.refresh_from_db()
    assert (stays.title, stays.company, stays.custom) == ("CTO", "Nova", {"level": "high"})
    assert beside(stays) == {
        ("title", "Engineer", "CSV"),
        ("company", "Voltra", "Lever"),
        ("custom.level", "low", "CSV"),
    }
    # What came from the other says so, although no entry of its own told of it there.
    assert {name: entry["source"] for name, entry in stays.provenance.items()} == {
        "company": "CSV",
        "location": "CSV",
    }
    (title,) = OtherValue.objects.for_organisation(alice.tenant_id).filter(field="title")
    people.use_value(other=title, actor=alice)
    stays.refresh_from_db()
    assert stays.title == "Engineer"
    undone = merging.undo_merge(merge=made, actor=alice)
    assert (undone.survivor.title, undone.survivor.company, undone.other.title) == (
        "Engineer",
        "Voltra",
        "Engineer",
    )
    assert beside(undone.survivor) == {("title", "CTO", "Lever")}


def test_what_stood_beside_either_stands_once_and_not_beside_itself(alice: User) -> None:
    stays = make_candidate(alice.organisation, title="CTO")
    goes = make_candidate(alice.organisation, title="Engineer")
    for person, value in ((stays, "Engineer"), (stays, "Boss"), (goes, "CTO"), (goes, "Boss")):
        person.other_values.create(
            organisation_id=alice.tenant_id, field="title", value=value, origin=Origin.IMPORTED, seen_at=NOON
        )
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    assert {value for _, value, _ in beside(stays)} == {"Engineer", "Boss"}
    merging.undo_merge(merge=made, actor=alice)
    assert {value for _, value, _ in beside(stays)} == {"Engineer", "Boss"}
    assert {value for _, value, _ in beside(goes)} == {"CTO", "Boss"}


def test_addresses_are_joined_and_private_ones_stay_their_adders(alice: User, bob: User) -> None:
    stays = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])
    goes = make_candidate(alice.organisation, emails=["b@x.example", "c@x.example"])
    contact_points.add_email(candidate=goes, actor=bob, type="personal", value="secret@home.example")
    contact_points.add_email(candidate=goes, actor=alice, type="personal", value="b2@x.example")
    contact_points.mark_bounced(
        organisation_id=goes.organisation_id,
        candidate_id=goes.pk,
        address="b@x.example",
        at=NOON,
        cause="5.1.1",
    )
    merging.merge(survivor=stays, other=goes, actor=alice)

    def seen(viewer: User) -> list[str]:
        return [point.value for point in selectors.contact_points(viewer=viewer, candidate=stays)]

    assert seen(alice) == ["a@x.example", "b@x.example", "c@x.example", "b2@x.example"]
    assert seen(bob) == ["a@x.example", "b@x.example", "c@x.example", "secret@home.example"]
    assert stays.contact_points.get(value="b@x.example").status == ContactStatus.BOUNCED


def test_an_opt_out_of_either_holds_for_every_address_of_both(alice: User) -> None:
    stays = make_candidate(alice.organisation, emails=["a@x.example"])
    goes = make_candidate(alice.organisation, emails=["b@x.example"])
    suppressing.suppress_person(candidate=goes, actor=None)
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    organisation_id = stays.organisation_id
    assert suppression.suppressed_people(organisation_id, [stays.pk]) == {stays.pk}
    assert suppression.is_suppressed(organisation_id, None, "a@x.example")
    again = make_candidate(alice.organisation, "Returned", emails=["a@x.example"])
    assert suppression.suppressed_people(organisation_id, [again.pk]) == {again.pk}
    merging.undo_merge(merge=made, actor=alice)
    assert suppression.suppressed_people(organisation_id, [stays.pk, goes.pk]) == {goes.pk}
    assert not suppression.is_suppressed(organisation_id, stays.pk, "a@x.example")
    assert suppression.is_suppressed(organisation_id, goes.pk, "b@x.example")


def test_an_opt_out_since_the_merge_holds_for_both_after_undoing(alice: User) -> None:
    stays, goes = (
        make_candidate(alice.organisation),
        make_candidate(alice.organisation, emails=["b@x.example"]),
    )
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    suppressing.suppress_person(candidate=stays, actor=None)
    undone = merging.undo_merge(merge=made, actor=alice)
    assert suppression.suppressed_people(stays.organisation_id, [stays.pk, goes.pk]) == {stays.pk, goes.pk}
    assert any("no more e-mail" in text for text in undone.left)


def test_of_two_opt_outs_the_one_that_is_harder_to_lift_stays(alice: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation)
    suppressing.suppress_person(candidate=stays, actor=alice, reason=SuppressionReason.MANUAL)
    suppressing.suppress_person(candidate=goes, actor=None, reason=SuppressionReason.COMPLAINT)
    merging.merge(survivor=stays, other=goes, actor=alice)
    assert Suppression.objects.for_organisation(alice.tenant_id).get(candidate=stays).reason == "complaint"


def test_projects_stand_once_and_facts_follow(alice: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, "Jon")
    both = make_project(alice, "Both", [stays, goes])
    own = make_project(alice, "Own", [goes])
    facts.set([goes.pk], "ats:1", "exported", ["CATS"])
    merging.merge(survivor=stays, other=goes, actor=alice)
    members = ProjectMember.objects.for_organisation(alice.tenant_id).filter(candidate=stays)
    assert sorted(members.values_list("project_id", flat=True)) == sorted([both.pk, own.pk])
    assert facts.of(stays.pk, "ats:1", "exported") == ["CATS"]


def test_not_a_duplicate_is_remembered_through_a_merge(alice: User) -> None:
    one, two, three = (make_candidate(alice.organisation, name) for name in ("Ana", "Ana", "Anna"))
    DuplicatePair.objects.create(
        organisation_id=alice.tenant_id, first=two, second=three, score=70, state=PairState.NOT_DUPLICATE
    )
    DuplicatePair.objects.create(organisation_id=alice.tenant_id, first=one, second=three, score=80)
    made = merging.merge(survivor=one, other=two, actor=alice)
    pair = DuplicatePair.objects.for_organisation(alice.tenant_id).get()
    assert (pair.first_id, pair.second_id, pair.state) == (one.pk, three.pk, "not_duplicate")
    merging.undo_merge(merge=made, actor=alice)
    states = DuplicatePair.objects.for_organisation(alice.tenant_id).values_list(
        "first_id", "second_id", "state"
    )
    assert set(states) == {(one.pk, three.pk, "open"), (two.pk, three.pk, "not_duplicate")}


def test_a_merge_that_saw_an_older_version_is_refused(alice: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation)
    people.edit_candidate(candidate=goes, actor=alice, version=1, changes={"title": "CTO"})
    with pytest.raises(people.Changed):
        merging.merge(survivor=stays, other=goes, actor=alice, versions={stays.pk: 1, goes.pk: 1})


def test_nobody_is_merged_with_themselves_or_a_stranger(alice: User, mallory: User) -> None:
    person, stranger = make_candidate(alice.organisation), make_candidate(mallory.organisation)
    for other in (person, stranger):
        with pytest.raises(Invalid):
            merging.merge(survivor=person, other=other, actor=alice)
    with pytest.raises(Invalid):
        merging.merge(
            survivor=person,
            other=make_candidate(alice.organisation),
            actor=alice,
            choices={"organisation": "other"},
        )


def test_three_who_are_merged_in_a_ring_end_as_one_person(alice: User) -> None:
    one, two, three = (make_candidate(alice.organisation, name) for name in ("A", "B", "C"))
    merging.merge(survivor=two, other=one, actor=alice)
    merging.merge(survivor=three, other=two, actor=alice)
    # The third merge was decided on before the others happened.
    with pytest.raises(selectors.CandidateMerged) as told:
        merging.merge(survivor=one, other=three, actor=alice)
    assert told.value.survivor_id == three.pk
    assert Candidate.objects.for_organisation(alice.tenant_id).get() == three


def test_a_merge_with_somebody_erased_since_says_why_it_cannot_be_undone(alice: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation)
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    erasing.erase(candidate=stays, actor=alice, reason=ErasureReason.REQUEST, block=False)
    with pytest.raises(NotUndoable, match="erased"):
        merging.undo_merge(merge=made, actor=alice)
    assert not Candidate.objects.for_organisation(alice.tenant_id).exists()


def test_old_addresses_lead_on_through_several_merges(alice: User) -> None:
    one, two, three = (make_candidate(alice.organisation, name) for name in ("A", "B", "C"))
    first = merging.merge(survivor=two, other=three, actor=alice)
    second = merging.merge(survivor=one, other=two, actor=alice)
    assert merging.survivor_of(alice.tenant_id, three.pk) == one.pk
    assert merging.former_ids(one) == [one.pk, three.pk, two.pk]
    # The older one may be undone first: what came from three goes back to three, the rest stays where it is.
    merging.undo_merge(merge=first, actor=alice)
    assert merging.survivor_of(alice.tenant_id, three.pk) is None
    merging.undo_merge(merge=second, actor=alice)
    assert merging.former_ids(one) == [one.pk]


def test_undoing_leaves_alone_what_changed_since_and_says_so(alice: User) -> None:
    stays = make_candidate(alice.organisation, title="")
    goes = make_candidate(alice.organisation, title="CTO", linkedin_url="linkedin.com/in/jonas")
    project = make_project(alice, "Munich", [goes])
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    stays.refresh_from_db()
    people.edit_candidate(
        candidate=stays, actor=alice, version=stays.version, changes={"title": "CEO", "linkedin_url": ""}
    )
    make_candidate(alice.organisation, "Third", linkedin_url="linkedin.com/in/jonas")
    projects.remove_people(project=project, actor=alice, candidate_ids=[stays.pk])
    undone = merging.undo_merge(merge=made, actor=alice)
    assert (undone.survivor.title, undone.other.title, undone.other.linkedin_key) == ("CEO", "CTO", "")
    assert any("project member" in text for text in undone.left)
    assert any("LinkedIn" in text for text in undone.left)
    assert not project.members.exists()


def test_a_merge_is_undone_once_and_not_after_ninety_days(alice: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation)
    made = merging.merge(survivor=stays, other=goes, actor=alice, now=NOON)
    assert merging.prune(now=NOON + datetime.timedelta(days=89)) == 0
    merging.undo_merge(merge=made, actor=alice)
    with pytest.raises(NotUndoable):
        merging.undo_merge(merge=made, actor=alice)
    again = merging.merge(survivor=stays, other=goes, actor=alice, now=NOON)
    assert merging.prune(now=NOON + datetime.timedelta(days=90)) == 1
    with pytest.raises(NotUndoable):
        merging.undo_merge(merge=again, actor=alice)
    assert merging.survivor_of(alice.tenant_id, goes.pk) == stays.pk


def test_erasing_leaves_nothing_of_the_other_in_the_record(alice: User) -> None:
    stays = make_candidate(alice.organisation)
    goes = make_candidate(alice.organisation, "Zebedee", emails=["zebedee@x.example"])
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    merging.scrub(alice.tenant_id, stays.pk)
    made.refresh_from_db()
    assert "ebedee" not in json.dumps([made.record, made.other_name])
    assert PersonMerge.objects.for_organisation(alice.tenant_id).get().other_id == goes.pk


def test_an_app_that_forgets_to_say_what_becomes_of_its_rows_stops_every_merge() -> None:
    assert [
        data.app for data in person_data.registered() if data.move is None or data.move_back is None
    ] == []


#: What may have happened to one of two people before they are merged.
THINGS = st.sampled_from(
    ["email a", "email b", "private alice", "private bob", "pin", "bounce", "project", "opt out", "fact", "profile",
     "school", "school twice", "not a duplicate", "skills", "title", "level", "other title", "edit"]
)  # fmt: skip


def happen(thing: str, person: Candidate, third: Candidate, project: Project, alice: User, bob: User) -> None:
    organisation = person.organisation
    if thing.startswith("email"):
        value = f"{thing[-1]}@x.example"
        person.contact_points.get_or_create(
            kind="email",
            normalised=value,
            shared=True,
            defaults={"organisation": organisation, "origin": "imported", "value": value},
        )
        known_again.traces_added(person.organisation_id, [person.pk])
    elif thing.startswith("private"):
        user = alice if thing.endswith("alice") else bob
        if not person.contact_points.filter(added_by=user, shared=False).exists():
            contact_points.add_email(
                candidate=person, actor=user, type="personal", value=f"{user.pk}@home.example"
            )
    elif thing == "pin" and (point := person.contact_points.first()) is not None:
        contact_points.pin(contact_point=point, actor=point.added_by or alice)
    elif thing == "bounce":
        contact_points.mark_bounced(
            organisation_id=person.organisation_id,
            candidate_id=person.pk,
            address="a@x.example",
            at=NOON,
            cause="x",
        )
    elif thing == "project":
        projects.add_people(project=project, actor=alice, candidate_ids=[person.pk])
    elif thing == "opt out":
        suppressing.suppress_person(candidate=person, actor=alice)
    elif thing == "fact":
        facts.set([person.pk], "campaigns", "status", [f"Started {person.pk}"])
    elif thing == "profile":
        person.social_profiles.get_or_create(
            organisation=organisation, network="web", url="https://x.example/j"
        )
    elif thing.startswith("school"):
        person.education.create(organisation=organisation, school="TUM", position=person.education.count())
    elif thing == "not a duplicate":
        first, second = sorted([person, third], key=lambda one: one.pk)
        DuplicatePair.objects.for_organisation(organisation).get_or_create(
            organisation=organisation, first=first, second=second, defaults={"state": PairState.NOT_DUPLICATE}
        )
    elif thing == "level":
        Candidate.objects.for_organisation(organisation).filter(pk=person.pk).update(
            custom={"level": f"level {person.pk}"}
        )
    elif thing == "other title":
        for value in ("Engineer", f"CTO {third.pk - 1}"):
            person.other_values.get_or_create(
                organisation=organisation,
                field="title",
                value=value,
                defaults={"origin": Origin.IMPORTED, "seen_at": NOON},
            )
    elif thing == "edit":
        people.edit_candidate(
            candidate=person,
            actor=alice,
            version=Candidate.unguarded.get(pk=person.pk).version,
            changes={"location": f"Berlin {person.pk}"},
        )
    elif thing in {"skills", "title"}:
        said: object = ["Go", str(person.pk)] if thing == "skills" else f"CTO {person.pk}"
        Candidate.objects.for_organisation(organisation).filter(pk=person.pk).update(**{thing: said})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(st.tuples(THINGS, st.booleans()), max_size=10),
    theirs=st.sets(st.sampled_from(["first_name", "title", "skills", "linkedin_key", "custom", "location"])),
)
def test_merging_and_undoing_changes_nothing(
    alice: User, bob: User, history: list[tuple[str, bool]], theirs: set[str]
) -> None:
    stays, goes, third = (make_candidate(alice.organisation, name) for name in ("Jonas", "Jon", "Third"))
    project = make_project(alice)
    for thing, to_first in history:
        happen(thing, stays if to_first else goes, third, project, alice, bob)
    before = everything(stays.organisation_id)
    made = merging.merge(survivor=stays, other=goes, actor=alice, choices=dict.fromkeys(theirs, "other"))
    undone = merging.undo_merge(merge=made, actor=alice)
    assert undone.left == []
    assert everything(stays.organisation_id) == before
