"""One press of Save: everything at once, each part as the page would do or refuse it, and never half of it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Organisation, Role, User
from campaigns.models import Recipient
from integrations import setting_changes, setting_rows
from integrations.models import FieldRow, RemoteLink, SyncTask
from panel import saving
from panel.api import views
from sourcing import contact_points, known_again, suppressing
from sourcing.finding import ledger, setup
from sourcing.models import Candidate, ContactPoint, Finding, Note, ProjectMember
from tests.campaigns import making as campaigns
from tests.integrations import making as integrations
from tests.integrations import syncs
from tests.integrations.toy import ToyServer
from tests.panel.asking import IDA, panel, save, saved
from tests.sourcing.factories import make_candidate, make_project, make_user

pytestmark = pytest.mark.django_db


def person_of(answer: dict[str, Any]) -> Candidate:
    return Candidate.objects.across_organisations("the one that was saved").get(pk=answer["person"]["id"])


def everybody(organisation: Organisation) -> int:
    return Candidate.objects.for_organisation(organisation).count()


def refused(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["what"], each["code"]) for each in answer["refused"]]


def test_a_new_person_comes_with_everything_that_was_chosen(bob: User, alice: User) -> None:
    wave = campaigns.campaign(alice=alice)
    project = make_project(bob, "Welders")
    answer = saved(
        bob,
        profile=IDA
        | {
            "location": "Berlin, Germany",
            "phones": ["01515 5501420"],
            "profiles": ["https://github.com/ida", "https://www.linkedin.com/in/ida?trk=x"],
            "skills": ["MIG", "TIG"],
            "experience": [
                {"title": "Welder", "company": "Northgate", "started": "2021-03", "ended": "2023"}
            ],
            "education": [{"school": "TU Berlin", "degree": "MSc"}],
        },
        record_type="contact",
        tags=["Welding", "welding"],
        note={"text": "Met at the fair.", "visibility": "project"},
        projects=[project.pk],
        campaigns=[wave.pk],
    )
    ida = person_of(answer)
    assert (answer["created"], answer["refused"]) == (True, [])
    assert answer["done"] == [
        "Added to Beckon.",
        "Tagged welding.",
        "Added to “Welders”.",
        "Note written.",
        "Added to the campaign “Wave”.",
    ]
    assert (ida.name, ida.company, ida.record_type, ida.linkedin_key, ida.owner_id, ida.source) == (
        "Ida Hansen",
        "Voltra",
        "contact",
        "linkedin.com/in/ida",
        bob.pk,
        "Browser: github.com",
    )
    points = ida.contact_points.values_list("normalised", "shared", "source")
    assert set(points) == {
        ("ida@voltra.example", True, "Browser: github.com"),
        ("+4915155501420", True, "Browser: github.com"),
    }
    assert set(ida.social_profiles.values_list("network", "url")) == {
        ("linkedin", "https://www.linkedin.com/in/ida"),
        ("github", "https://github.com/ida"),
    }
    assert ida.experience.get().started == "2021-03"
    assert ida.education.get().school == "TU Berlin"
    assert (ida.skills, ida.tags) == (["MIG", "TIG"], ["welding"])
    assert Note.objects.for_organisation(bob.organisation_id).get().project == project
    assert {each["name"] for each in answer["person"]["projects"]} == {"Welders", "Backend"}
    assert [each["status"] for each in answer["person"]["campaigns"]] == ["Not Started"]


def test_somebody_known_gets_what_they_lack_and_keeps_what_they_have(
    bob: User, northgate: Organisation
) -> None:
    known = make_candidate(northgate, "Ida", "Hansen", company="Northgate", emails=["ida@voltra.example"])
    page = IDA | {"emails": ["ida@voltra.example", "ida@home.example"], "skills": ["MIG"]}
    answer = saved(bob, candidate=known.pk, profile=page, tags=["welding"])
    known.refresh_from_db()
    assert not answer["created"]
    assert answer["done"] == [
        "Added from the page: 1 e-mail address, 1 profile, title, skills.",
        "Tagged welding.",
    ]
    assert (known.title, known.company, known.skills) == ("Welding engineer", "Northgate", ["MIG"])
    assert known.provenance["title"]["source"] == "Browser: github.com"
    assert known.provenance["title"]["by"] == bob.pk
    assert list(known.contact_points.values_list("normalised", "shared")) == [
        ("ida@voltra.example", True),
        ("ida@home.example", True),
    ]
    again = saved(bob, candidate=known.pk, profile=page, tags=["welding"])
    assert again["done"] == ["Tagged welding."]
    assert again["person"]["version"] == known.version


def test_what_a_colleague_keeps_to_themselves_is_neither_told_nor_shared(
    alice: User, bob: User, northgate: Organisation
) -> None:
    known = make_candidate(northgate, "Ida", "Hansen")
    contact_points.add_email(candidate=known, actor=bob, type="personal", value="ida@voltra.example")
    contact_points.add_email(candidate=known, actor=alice, type="personal", value="ida@home.example")
    page = IDA | {"emails": ["ida@voltra.example", "ida@home.example"]}
    answer = saved(alice, candidate=known.pk, profile=page)
    assert "1 e-mail address" in answer["done"][0]
    rows = known.contact_points.order_by("pk").values_list("normalised", "shared", "added_by")
    assert list(rows) == [
        ("ida@voltra.example", False, bob.pk),
        ("ida@home.example", False, alice.pk),
        ("ida@voltra.example", True, None),
    ]


def test_somebody_who_certainly_exists_is_named_instead_of_made_again(
    bob: User, northgate: Organisation
) -> None:
    known = make_candidate(northgate, "Ida", "Hansen", emails=["ida@voltra.example"])
    answer = save(bob, key="same")
    assert (answer.status_code, answer.json()["code"]) == (409, "possible_duplicate")
    assert answer.json()["duplicates"][0]["candidate_id"] == known.pk
    assert save(bob, key="same", create_anyway=True).status_code == 201
    assert everybody(northgate) == 2


def test_the_same_key_saves_once_and_a_save_needs_one(bob: User, northgate: Organisation) -> None:
    first, again = save(bob, key="k1"), save(bob, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert everybody(northgate) == 1
    bare = panel(bob).post("/api/v1/panel/saves/", {"profile": IDA}, content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (422, "idempotency_key_required")


def test_the_example_of_the_reference_is_a_save(bob: User) -> None:
    named = {"projects": [], "campaigns": [], "sync": []}
    answer = saved(bob, **views.SAVE | named)
    assert answer["done"] == ["Added to Beckon.", "Tagged welding.", "Note written."]
    assert answer["person"]["name"] == "Ida Hansen"


@pytest.mark.parametrize("part", ["_tag", "_join", "_write", "_enrol"])
def test_a_crash_between_two_parts_leaves_nothing_and_the_same_key_does_it_later(
    monkeypatch: pytest.MonkeyPatch, alice: User, northgate: Organisation, part: str
) -> None:
    wave, project = campaigns.campaign(alice=alice), make_project(alice, "Welders")
    wanted: dict[str, Any] = {
        "tags": ["x"], "note": {"text": "x"}, "projects": [project.pk], "campaigns": [wave.pk],
    }  # fmt: skip

    def crash(*_given: object) -> None:
        raise RuntimeError("the lights went out")

    with monkeypatch.context() as dark:
        dark.setattr(saving._Parts, part, crash)
        with pytest.raises(RuntimeError):
            save(alice, key="once", **wanted)
    for model in (Candidate, ContactPoint, Note, ProjectMember, Recipient):
        assert not model.objects.for_organisation(northgate).exists()
    assert save(alice, key="once", **wanted).json()["refused"] == []


def test_a_part_that_is_refused_is_told_and_the_rest_is_done(alice: User, bob: User) -> None:
    known = make_candidate(bob.organisation, "Ida", "Hansen")
    suppressing.suppress_person(candidate=known, actor=alice)
    wave, over = campaigns.campaign(alice=alice), campaigns.campaign(alice=alice)
    over.status = "completed"
    over.save()
    theirs = make_project(alice, "Members")
    theirs.visibility = "members"
    theirs.save()
    closed = make_project(alice, "Closed")
    closed.archived_at = closed.created_at
    closed.save()
    answer = saved(
        bob,
        candidate=known.pk,
        profile=IDA | {"emails": ["ida@", "ida@voltra.example"], "phones": ["12"]},
        tags=["welding"],
        note={"text": "x", "visibility": "project"},
        projects=[closed.pk],
        campaigns=[wave.pk, over.pk],
        get_email=True,
    )
    assert refused(answer) == [
        ("email", "invalid_address"),
        ("phone", "invalid_phone"),
        ("project", "project_archived"),
        ("campaign", "suppressed"),
        ("campaign", "campaign_over"),
        ("get_email", "no_provider"),
    ]
    assert [each["id"] for each in answer["refused"]][-3:] == [wave.pk, over.pk, None]
    assert answer["refused"][3]["detail"] == "Ida Hansen is on the do-not-contact list."
    assert "Tagged welding." in answer["done"]
    assert save(bob, candidate=known.pk, projects=[theirs.pk]).status_code == 404


def test_a_campaign_that_something_speaks_against_waits_for_anyway(alice: User, bob: User) -> None:
    running = campaigns.started(campaigns.campaign("Ada", alice=alice))
    other = campaigns.campaign(alice=alice)
    ada = campaigns.recipient(running, "Ada").candidate_id
    first = saved(bob, candidate=ada, profile={}, campaigns=[other.pk])
    assert refused(first) == [("campaign", "doubtful")]
    assert first["refused"][0]["detail"] == "In Wave by Alice Aubert."
    second = saved(bob, candidate=ada, profile={}, campaigns=[other.pk, running.pk], anyway=True)
    assert second["done"] == ["Added to the campaign “Wave”.", "In the campaign “Wave” already."]


def test_ids_of_others_stop_a_save_before_it_begins(bob: User, mallory: User, alice: User) -> None:
    hers, project = make_candidate(mallory.organisation, "Hers"), make_project(mallory, "Hers")
    wave, row = campaigns.campaign(), integrations.connection(mallory)
    for body in (
        {"candidate": hers.pk},
        {"projects": [project.pk]},
        {"campaigns": [wave.pk]},
        {"note": {"text": "x", "visibility": "project", "project": project.pk}},
        {"sync": [{"connection": row.pk, "settings": {"add": "replied"}}]},
    ):
        assert save(bob, **body).status_code == 404
    assert everybody(bob.organisation) == 0
    viewer = make_user(bob.organisation, "Vera", Role.VIEWER)
    assert save(viewer).status_code == 403


def test_whoever_was_erased_is_not_stored_again(bob: User, northgate: Organisation) -> None:
    gone = make_candidate(northgate, "Ida", emails=["ida@voltra.example"])
    known_again.leave_blocked(candidate=gone)
    gone.delete()
    answer = save(bob)
    assert (answer.status_code, answer.json()["code"]) == (422, "erased")
    nameless = save(bob, profile={"title": "Welder"})
    assert (nameless.status_code, nameless.json()["code"]) == (422, "nameless")


def test_another_persons_linkedin_profile_is_refused_and_the_rest_of_the_page_taken(
    bob: User, northgate: Organisation
) -> None:
    make_candidate(northgate, "Ada", linkedin_url="https://www.linkedin.com/in/ida")
    known = make_candidate(northgate, "Ida")
    page = IDA | {"profiles": ["https://www.linkedin.com/in/ida", "https://github.com/ida"]}
    answer = saved(bob, candidate=known.pk, profile=page)
    assert refused(answer) == [("profile", "already_there")]
    assert known.social_profiles.get().url == "https://github.com/ida"


def test_sync_choices_are_kept_for_the_person_and_locked_ones_refused(alice: User, bob: User) -> None:
    row = integrations.connection(alice)
    level = FieldRow.objects.create(
        organisation=alice.organisation,
        connection=row,
        key="level",
        label="Level",
        kind="number",
        displayed=True,
    )
    hidden = FieldRow.objects.create(
        organisation=alice.organisation, connection=row, key="secret", label="Hidden", kind="text"
    )
    answer = saved(
        bob,
        sync=[
            {
                "connection": row.pk,
                "settings": {"add": "replied", "nothing": 1, "notes": ["reply_received"]},
                "fields": {str(level.pk): "3", str(hidden.pk): "x"},
            }
        ],
    )
    assert [(each["what"], each["name"]) for each in answer["refused"]] == [
        ("setting", "nothing"),
        ("field", str(hidden.pk)),
    ]
    ida = person_of(answer)
    counting = setting_rows.every(row, "candidate", candidate=ida)
    assert (counting["add"].value, counting["add"].level) == ("replied", "person")
    assert counting["notes"].value == ["reply_received"]
    assert setting_rows.entered(row, "candidate", candidate=ida) == {"level": "3"}
    setting_changes.lock(actor=alice, connection=row, record_type="candidate", name="add", locked=True)
    wrong = {"connection": row.pk, "settings": {"add": "never"}, "fields": {str(level.pk): "many"}}
    second = saved(bob, candidate=ida.pk, sync=[wrong])
    assert refused(second) == [("setting", "setting_locked"), ("field", "invalid")]
    assert second["refused"][0]["detail"].startswith("“When adding to a campaign” was locked by Alice Aubert")
    assert second["refused"][1]["detail"] == "Not a number."
    assert setting_rows.entered(row, "candidate", candidate=ida) == {"level": "3"}
    organisation = alice.organisation
    assert organisation is not None
    organisation.integrations_enabled = False
    organisation.save()
    assert refused(saved(bob, candidate=ida.pk, sync=[wrong])) == [
        ("setting", "not_allowed"),
        ("field", "not_allowed"),
    ]


def test_what_was_filled_in_goes_to_linked_records_where_that_is_switched_on(
    alice: User, toy: ToyServer
) -> None:
    row = syncs.connection(alice)
    known = make_candidate(alice.organisation, "Ida", "Hansen")
    syncs.choose(row, "manual_updates", value=True)
    toy.add("7", first="Ida")
    RemoteLink.objects.create(
        organisation_id=known.organisation_id, connection=row, candidate=known, remote_id="7", state="linked"
    )
    saved(alice, candidate=known.pk)
    syncs.hear()
    assert [task.cause for task in syncs.tasks(row)] == ["edited by hand"]
    assert SyncTask.objects.for_organisation(alice.organisation_id).get().user == alice


def test_get_email_holds_a_credit_and_says_when_there_is_none(alice: User, northgate: Organisation) -> None:
    setup.save(actor=alice, slug="hunter", key="a-key")
    known = make_candidate(northgate, "Ida", "Hansen", company="Voltra")
    offer = panel(alice).get(f"/api/v1/panel/people/{known.pk}/").json()["may"]["get_email"]["email"]
    assert (offer["offered"], offer["price"], offer["had"]) == (True, 1, False)
    left = offer["left"]
    answer = saved(alice, candidate=known.pk, profile={}, get_email=True, get_phone=True)
    assert answer["done"] == ["Looking for an e-mail address."]
    assert refused(answer) == [("get_phone", "no_provider")]
    assert answer["person"]["may"]["get_email"]["email"]["left"] == left - 1
    assert Finding.objects.for_organisation(northgate).get().kind == "email"
    ledger.hold(organisation_id=northgate.pk, kind="email", amount=left - 1, actor=alice, cause="a test")
    other = make_candidate(northgate, "Ada", "Byron", company="Voltra")
    assert refused(saved(alice, candidate=other.pk, profile={}, get_email=True)) == [
        ("get_email", "not_enough_credits")
    ]
