from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from foundation import events, runs
from foundation.models import Event, Run
from foundation.problems import Conflict, Invalid
from sourcing import (
    contact_points,
    duplicate_scan,
    duplicates,
    matching,
    meeting,
    merging,
    merging_certain,
    people,
)
from sourcing.importing.repeated import same_people
from sourcing.matching import Key, Person
from sourcing.models import Candidate, DuplicatePair, DuplicateScan, MatchKey, PairState
from tests.sourcing.factories import csv_bytes, import_csv, make_candidate

pytestmark = pytest.mark.django_db


def deliver() -> None:
    while events.deliver(consumers=["sourcing.duplicates"]):
        pass


def pairs(user: User) -> set[tuple[int, int]]:
    return set(duplicates.open_pairs(user).values_list("first_id", "second_id"))


def scan(user: User) -> DuplicateScan:
    started = duplicate_scan.start(actor=user)
    assert started.run_id is not None
    while runs.work(started.run_id):
        pass
    started.refresh_from_db()
    assert started.run is not None
    assert started.run.status == "done", started.run.problem_text
    return started


def test_two_people_with_one_address_are_a_pair_as_soon_as_the_news_is_read(
    alice: User, mallory: User
) -> None:
    one = make_candidate(alice.organisation, emails=["jonas@x.example"])
    two = make_candidate(alice.organisation, "J.", emails=["jonas@x.example"])
    make_candidate(mallory.organisation, emails=["jonas@x.example"])
    deliver()
    pair = duplicates.open_pairs(alice).get()
    assert (pair.first_id, pair.second_id, pair.certain) == (one.pk, two.pk, True)
    assert "email" in pair.reasons
    assert not duplicates.open_pairs(mallory).exists()


def test_an_edit_takes_a_pair_away_again(alice: User) -> None:
    one = make_candidate(alice.organisation, company="Voltra")
    make_candidate(alice.organisation, company="Voltra GmbH")
    deliver()
    assert len(pairs(alice)) == 1
    people.edit_candidate(
        candidate=one, actor=alice, version=1, changes={"first_name": "Wei", "last_name": "Chen"}
    )
    deliver()
    assert pairs(alice) == set()


def test_a_private_address_pairs_nobody_and_its_key_is_never_stored(alice: User, bob: User) -> None:
    one = make_candidate(alice.organisation, "Ana", "Diaz")
    two = make_candidate(alice.organisation, "Ann", "Other")
    for person in (one, two):
        contact_points.add_email(candidate=person, actor=bob, type="personal", value="own@home.example")
    deliver()
    assert pairs(alice) == set()
    keys = MatchKey.objects.for_organisation(alice.organisation_id).values_list("key", flat=True)
    assert matching.hashed("e:own@home.example") not in keys
    asked = Person(emails=["own@home.example"])
    found = {
        user.name: duplicates.find(organisation_id=one.organisation_id, person=asked, viewer=user)
        for user in (alice, bob)
    }
    assert found["Alice Aubert"] == []
    assert {one.pk, two.pk} == {entry.candidate.pk for entry in found["Bob Berger"]}


def test_not_a_duplicate_is_never_asked_again(alice: User) -> None:
    one = make_candidate(alice.organisation, emails=["jonas@x.example"])
    make_candidate(alice.organisation, emails=["jonas@x.example"])
    deliver()
    pair = duplicates.open_pairs(alice).get()
    duplicates.decide(pair=pair, actor=alice, duplicate=False)
    people.edit_candidate(candidate=one, actor=alice, version=1, changes={"title": "CTO"})
    deliver()
    scan(alice)
    assert pairs(alice) == set()
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (PairState.NOT_DUPLICATE, alice)
    duplicates.decide(pair=pair, actor=alice, duplicate=True)
    assert len(pairs(alice)) == 1


def test_a_scan_finds_what_was_there_before_and_forgets_what_no_longer_holds(alice: User) -> None:
    one, two = (make_candidate(alice.organisation, company="Voltra") for _ in range(2))
    three = make_candidate(alice.organisation, "Wei", "Chen")
    DuplicatePair.objects.create(organisation_id=alice.tenant_id, first=one, second=three, score=80)
    done = scan(alice)
    assert pairs(alice) == {(one.pk, two.pk)}
    assert (done.people, done.pairs, done.skipped) == (3, 1, 0)
    before = set(MatchKey.objects.for_organisation(alice.organisation_id).values_list("key", "candidate_id"))
    scan(alice)
    assert (
        set(MatchKey.objects.for_organisation(alice.organisation_id).values_list("key", "candidate_id"))
        == before
    )


def test_a_key_that_too_many_share_is_left_out_and_reported(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "BLOCK", 3)
    for _ in range(4):
        make_candidate(alice.organisation, company="Voltra")
    twins = [
        make_candidate(alice.organisation, company="Voltra", emails=["x@x.example"]).pk for _ in range(2)
    ]
    done = scan(alice)
    assert pairs(alice) == {(twins[0], twins[1])}
    assert done.skipped_kinds == {"c": 1, "w": 1}
    assert done.run is not None
    assert "2 too common keys left out" in done.run.result["summary"]
    deliver()
    assert pairs(alice) == {(twins[0], twins[1])}


def test_ten_thousand_people_of_one_name_cost_a_walk_and_no_comparison(alice: User) -> None:
    assert alice.organisation is not None
    Candidate.unguarded.bulk_create(
        Candidate(organisation=alice.organisation, first_name="Jonas", last_name="Lehner", company="Voltra")
        for _ in range(10_000)
    )
    done = scan(alice)
    assert (done.people, done.compared, done.pairs) == (10_000, 0, 0)
    assert done.skipped_kinds == {"c": 1, "w": 1}
    asked = Person(first_name="Jonas", last_name="Lehner", company="Voltra")
    assert duplicates.likely(alice.tenant_id, {1: asked}) == {}


def test_a_scan_goes_on_after_a_crash_and_runs_once_at_a_time(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_scan, "_PEOPLE_AT_ONCE", 2)
    monkeypatch.setattr(duplicate_scan, "_BLOCKS_AT_ONCE", 1)
    ids = [make_candidate(alice.organisation, emails=[f"{n // 2}@x.example"]).pk for n in range(6)]
    started = duplicate_scan.start(actor=alice)
    with pytest.raises(duplicate_scan.ScanUnderWay):
        duplicate_scan.start(actor=alice)
    assert started.run_id is not None
    run = runs._lease(started.run_id)
    assert run is not None
    for _ in range(5):
        assert duplicate_scan.step(run)
    # The worker dies here; another one finds the run once its lease has run out.
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    while runs.work(started.run_id):
        pass
    assert {(ids[0], ids[1]), (ids[2], ids[3]), (ids[4], ids[5])} <= pairs(alice)


def test_everything_certain_is_merged_in_a_run_and_the_rest_is_left(alice: User) -> None:
    sure = [make_candidate(alice.organisation, "Ana", "Diaz", emails=["ana@x.example"]) for _ in range(3)]
    likely = [make_candidate(alice.organisation, company="Voltra") for _ in range(2)]
    deliver()
    run = merging_certain.start(actor=alice)
    while runs.work(run.pk):
        pass
    run.refresh_from_db()
    assert run.status == "done"
    assert "2 merged" in run.result["summary"]
    left = Candidate.objects.for_organisation(alice.organisation_id).filter(first_name="Ana")
    assert left.get().pk in {person.pk for person in sure}
    assert pairs(alice) == {tuple(sorted(person.pk for person in likely))}
    with pytest.raises(Conflict):
        merging_certain.start(actor=alice)


def test_who_was_active_last_survives_when_nobody_chooses(alice: User) -> None:
    older, newer = make_candidate(alice.organisation), make_candidate(alice.organisation)
    assert merging.better(older, newer)[0] == newer
    people.edit_candidate(candidate=older, actor=alice, version=1, changes={"title": "CTO"})
    older.refresh_from_db()
    assert merging.better(older, newer)[0] == merging.better(newer, older)[0] == older


def test_an_organisation_says_what_decides_and_whether_to_refuse(alice: User) -> None:
    make_candidate(alice.organisation, company="Voltra")
    deliver()
    person = Person(first_name="Jonas", last_name="Lehner", company="Voltra GmbH")
    organisation_id = alice.tenant_id
    (found,) = duplicates.check_new(
        organisation_id=organisation_id, person=person, viewer=alice, create_anyway=False
    )
    assert not found.certain
    assert alice.organisation is not None
    duplicates.set_rule(
        organisation=alice.organisation, actor=alice, keys=[Key.NAME_COMPANY], every=False, refuse=False
    )
    with pytest.raises(duplicates.PossibleDuplicate) as refused:
        duplicates.check_new(
            organisation_id=organisation_id, person=person, viewer=alice, create_anyway=False
        )
    assert refused.value.extra["duplicates"][0]["candidate_id"] == found.candidate.pk
    duplicates.check_new(organisation_id=organisation_id, person=person, viewer=alice, create_anyway=True)
    duplicates.set_rule(
        organisation=alice.organisation, actor=alice, keys=[Key.NAME_COMPANY], every=False, refuse=True
    )
    with pytest.raises(duplicates.PossibleDuplicate):
        duplicates.check_new(organisation_id=organisation_id, person=person, viewer=alice, create_anyway=True)
    with pytest.raises(Invalid):
        duplicates.set_rule(
            organisation=alice.organisation, actor=alice, keys=["shoe size"], every=False, refuse=False
        )


def test_an_import_asks_for_many_people_at_once(alice: User, django_assert_max_num_queries: Any) -> None:
    known = [make_candidate(alice.organisation, f"P{n}", "Q", emails=[f"{n}@x.example"]) for n in range(20)]
    linked = make_candidate(alice.organisation, "Link", "Ed", linkedin_url="linkedin.com/in/linked")
    rows = {n: Person(first_name=f"P{n}", last_name="Q", emails=[f"{n}@x.example"]) for n in range(30)}
    rows[30] = Person(profiles=["https://www.linkedin.com/in/Linked/"])
    # Somebody else's address: another name says that it is not the same person.
    rows[31] = Person(first_name="Wei", last_name="Chen", emails=["0@x.example"])
    with django_assert_max_num_queries(8):
        found = duplicates.known(alice.tenant_id, rows)
    assert found == {n: person.pk for n, person in enumerate(known)} | {30: linked.pk}


def test_an_import_knows_people_whose_address_or_profile_is_written_differently(alice: User) -> None:
    tagged = make_candidate(alice.organisation, "Ana", "Diaz", emails=["ana+jobs@gmail.com"])
    coder = make_candidate(alice.organisation, "Wei", "Chen")
    coder.social_profiles.create(
        organisation=alice.organisation, network="github", url="https://github.com/WeiChen"
    )
    duplicate_scan.look_at(alice.tenant_id, [tagged.pk, coder.pk])
    rows = {
        1: Person(first_name="Ana", last_name="Diaz", emails=["a.na@googlemail.com"]),
        2: Person(first_name="Wei", last_name="Chen", profiles=["github.com/weichen/"]),
    }
    assert duplicates.known(alice.tenant_id, rows) == {1: tagged.pk, 2: coder.pk}


def test_only_what_the_organisation_lets_decide_makes_somebody_known(alice: User) -> None:
    assert alice.organisation is not None
    there = make_candidate(
        alice.organisation, "Ana", "Diaz", company="Voltra", phones=[("+4930123456", "work")]
    )
    deliver()
    rows = {
        1: Person(first_name="Ana", last_name="Diaz", phones=["+4930123456"]),
        2: Person(first_name="Ana", last_name="Diaz", company="Voltra GmbH"),
    }
    assert duplicates.known(alice.tenant_id, rows) == {}
    for keys, expected in (({Key.PHONE}, {1: there.pk}), ({Key.NAME_COMPANY}, {2: there.pk})):
        duplicates.set_rule(
            organisation=alice.organisation, actor=alice, keys=keys, every=False, refuse=False
        )
        assert duplicates.known(alice.tenant_id, rows) == expected
    assert {row: found[0].candidate for row, found in duplicates.likely(alice.tenant_id, rows).items()} == {
        1: there,
        2: there,
    }


def test_a_users_own_private_address_makes_somebody_known_to_them_alone(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, "Ana", "Diaz")
    contact_points.add_email(candidate=person, actor=bob, type="personal", value="ana@home.example")
    rows = {7: Person(first_name="Ana", last_name="Diaz", emails=["ana@home.example"])}
    assert duplicates.known(alice.tenant_id, rows) == {}
    assert duplicates.known(alice.tenant_id, rows, viewer=alice) == {}
    assert duplicates.known(alice.tenant_id, rows, viewer=bob) == {7: person.pk}


def test_an_address_that_too_many_have_says_nothing_to_an_import(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "BLOCK", 2)
    rows = {1: Person(first_name="Ana", last_name="Diaz", emails=["placeholder@x.example"])}
    for _ in range(2):
        first = make_candidate(alice.organisation, "Ana", "Diaz", emails=["placeholder@x.example"])
    assert duplicates.known(alice.tenant_id, rows) == {1: first.pk - 1}
    make_candidate(alice.organisation, "Ana", "Diaz", emails=["placeholder@x.example"])
    assert duplicates.known(alice.tenant_id, rows) == {}


def test_people_who_come_together_are_compared_with_each_other(alice: User) -> None:
    rows = {
        1: Person(first_name="Ana", last_name="Diaz", emails=["ana@x.example"]),
        2: Person(first_name="Bob", last_name="Ross", emails=["ana@x.example"]),
        3: Person(first_name="Ana", last_name="Diaz", emails=["ana+cv@x.example", "a2@x.example"]),
        4: Person(first_name="Ana", last_name="Diaz", emails=["a2@x.example"]),
    }
    # The fourth agrees with the third only, who is the first.
    assert same_people(rows.items(), duplicates.rule_of(alice.tenant_id)) == {3: 1, 4: 1}


def test_thousands_of_rows_are_looked_up_in_parts(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    there = [make_candidate(alice.organisation, "A", "B", emails=[f"{n}@x.example"]).pk for n in range(5)]
    monkeypatch.setattr(duplicates, "AT_ONCE", 2)
    rows = {n: Person(first_name="A", last_name="B", emails=[f"{n}@x.example"]) for n in range(7)}
    assert duplicates.known(alice.tenant_id, rows) == dict(enumerate(there))


def test_many_changed_people_are_told_in_few_events(alice: User) -> None:
    ids = [make_candidate(alice.organisation, company="Voltra").pk for _ in range(2)]
    Event.objects.for_organisation(alice.organisation_id).delete()
    with transaction.atomic():
        duplicates.changed(alice.tenant_id, ids)
    assert Event.objects.for_organisation(alice.organisation_id).count() == 1
    deliver()
    assert pairs(alice) == {(ids[0], ids[1])}


def test_after_a_merge_and_after_undoing_it_pairs_are_looked_for_again(alice: User) -> None:
    one, two = (make_candidate(alice.organisation, emails=["a@x.example"]) for _ in range(2))
    three = make_candidate(alice.organisation, emails=["b@x.example"])
    deliver()
    assert pairs(alice) == {(one.pk, two.pk)}
    people.edit_candidate(
        candidate=three, actor=alice, version=1, changes={"linkedin_url": "linkedin.com/in/three"}
    )
    done = merging.merge(survivor=one, other=two, actor=alice)
    deliver()
    assert pairs(alice) == set()
    merging.undo_merge(merge=done, actor=alice)
    deliver()
    assert pairs(alice) == {(one.pk, two.pk)}


def test_people_of_an_imported_file_are_looked_at(alice: User) -> None:
    known = make_candidate(alice.organisation, "Ana", "Diaz", company="Nova")
    import_csv(alice, csv_bytes(["First Name", "Last Name", "Company"], ["Ana", "Diaz", "Nova Inc."]))
    deliver()
    ((first, _),) = pairs(alice)
    assert first == known.pk


def test_nothing_of_it_keeps_a_person_from_being_deleted(alice: User) -> None:
    one, two = (make_candidate(alice.organisation, emails=["a@x.example"]) for _ in range(2))
    deliver()
    one.delete()
    assert pairs(alice) == set()
    assert (
        MatchKey.objects.for_organisation(alice.organisation_id).values("candidate").distinct().count() == 1
    )
    duplicate_scan.look_at(alice.tenant_id, [one.pk or 0, two.pk, 999_999_999])


def test_somebody_who_vanishes_during_a_step_costs_only_the_step(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [make_candidate(alice.organisation, emails=["a@x.example"]).pk for _ in range(3)]
    started = duplicate_scan.start(actor=alice)
    real, calls = duplicate_scan._store, []

    def once_somebody_vanishes(organisation_id: int, found: object) -> None:
        calls.append(found)
        if len(calls) == 1:
            Candidate.unguarded.filter(pk=ids[2]).delete()
            raise IntegrityError
        real(organisation_id, found)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(duplicate_scan, "_store", once_somebody_vanishes)
    while runs.work(started.run_id or 0):
        pass
    started.refresh_from_db()
    assert started.run is not None
    assert started.run.status == "done"
    assert len(calls) == 2


@pytest.mark.parametrize("name", ["", "\u200b", "ى" * 300, "🦊", "'; DROP TABLE x; --", "\\", "a\tb\nc"])
def test_any_name_can_be_looked_at(alice: User, name: str) -> None:
    for _ in range(2):
        make_candidate(
            alice.organisation, name, "Lehner", company=name or "x", emails=[f"{len(name)}@x.example"]
        )
    deliver()
    assert len(pairs(alice)) == 1
