from __future__ import annotations

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from foundation import runs
from sourcing import people
from sourcing.models import Candidate, ContactPoint, ImportRun, Project
from tests.sourcing.factories import csv_bytes, finish, import_csv, make_candidate, make_project, start

pytestmark = pytest.mark.django_db
DRAWER = {"HX-Request": "true", "HX-Target": "drawer"}


def body(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, url
    return html.unescape(answer.content.decode())


def test_the_start_is_the_list_of_people(as_alice: Client) -> None:
    assert as_alice.get("/").headers["Location"] == "/people/"


def test_an_empty_crm_says_what_to_do(as_alice: Client) -> None:
    assert "Import people" in body(as_alice, "/people/")


def test_the_list_shows_who_fits_and_says_how_many(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, "Jonas", "Lehner")
    make_candidate(alice.organisation, "Ida", "Hansen")
    text = body(as_alice, "/people/?q=hansen")
    assert "Ida Hansen" in text
    assert "Jonas Lehner" not in text
    assert "Nobody fits" in body(as_alice, "/people/?q=nobody")


def test_a_person_opens_beside_the_list_under_an_address_of_its_own(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["jonas@voltra.example"])
    part = body(as_alice, f"/people/?person={person.pk}&q=jonas", **DRAWER)
    assert part.lstrip().startswith('<div class="drawer-p"')
    assert 'href="/people/?q=jonas"' in part
    whole = body(as_alice, f"/people/?person={person.pk}")
    assert "jonas@voltra.example" in whole
    assert "<html" in whole
    back = body(as_alice, f"/people/?person={person.pk}", **{**DRAWER, "HX-History-Restore-Request": "true"})
    assert "<html" in back


def test_html_in_a_name_is_shown_as_text(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation, "<script>alert(1)</script>", "&amp;")
    for url in ("/people/", f"/people/{person.pk}/", f"/people/?person={person.pk}"):
        answer = as_alice.get(url).content.decode()
        assert "<script>alert(1)" not in answer
        assert "&lt;script&gt;alert(1)" in answer


def test_a_stranger_finds_nobody_and_nothing(as_mallory: Client, alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"])
    project = make_project(alice)
    done = import_csv(alice, csv_bytes(["Name", "Email"], ["Jo L", "jo@x.example"]))
    for url in (
        f"/people/{person.pk}/",
        f"/people/?person={person.pk}",
        f"/projects/{project.pk}/",
        f"/people/import/{done.pk}/",
        f"/people/import/{done.pk}/refused.csv",
        f"/api/v1/candidates/{person.pk}/",
    ):
        assert as_mallory.get(url).status_code == 404, url
    assert as_mallory.post(f"/runs/{done.run_id}/cancel/").status_code == 404


def test_adding_an_address_by_hand_asks_for_type_and_text_and_marks_it(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation)
    form = body(as_alice, f"/people/{person.pk}/contacts/new/")
    for word in ("Personal", "Business", "Other", "Save"):
        assert word in form
    answer = as_alice.post(
        f"/people/{person.pk}/contacts/new/",
        {"type": "work", "value": "jo@gmail.com"},
        headers={"HX-Request": "true", "HX-Target": "contacts"},
    )
    assert answer.status_code == 200
    assert "Added by you" in answer.content.decode()
    assert ContactPoint.objects.for_organisation(alice.organisation_id).get().type == "work"


def test_a_bad_address_is_told_beside_its_field(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation)
    answer = as_alice.post(f"/people/{person.pk}/contacts/new/", {"type": "work", "value": "nobody"})
    assert answer.status_code == 422
    assert "Not an e-mail address" in answer.content.decode()


def test_the_pin_is_named_as_recruiters_know_it(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"])
    assert "Use this address first in messaging campaign" in body(as_alice, f"/people/{person.pk}/")
    point = person.contact_points.get()
    as_alice.post(f"/people/contacts/{point.pk}/pin/")
    assert "Used first" in body(as_alice, f"/people/{person.pk}/")
    as_alice.post(f"/people/contacts/{point.pk}/unpin/")
    assert "Used first" not in body(as_alice, f"/people/{person.pk}/")


def test_an_edit_of_an_old_version_is_refused_and_keeps_what_was_typed(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation)
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CTO"})
    answer = as_alice.post(f"/people/{person.pk}/edit/", {"first_name": "Jo", "title": "CEO", "version": 1})
    assert answer.status_code == 422
    assert "Somebody changed this person" in answer.content.decode()
    assert 'value="CEO"' in answer.content.decode()


def test_a_new_person_typed_in_keeps_their_address_private(as_alice: Client, alice: User) -> None:
    as_alice.post("/people/new/", {"first_name": "Jo", "email": "jo@gmail.com", "email_type": "personal"})
    point = ContactPoint.objects.for_organisation(alice.organisation_id).get()
    assert (point.shared, point.added_by) == (False, alice)


def test_ticked_people_go_into_a_new_project(as_alice: Client, alice: User) -> None:
    ids = [make_candidate(alice.organisation, name).pk for name in ("Ana", "Bo")]
    ask = as_alice.post("/people/to-project/", {"candidate": ids})
    assert "Add to project" in ask.content.decode()
    done = as_alice.post("/people/to-project/", {"candidate": ids, "choose": "1", "name": "Munich"})
    project = Project.objects.for_organisation(alice.organisation_id).get(name="Munich")
    assert done.headers["Location"] == f"/projects/{project.pk}/"
    assert project.members.count() == 2


def test_select_all_means_everybody_the_list_found(as_alice: Client, alice: User) -> None:
    for number in range(60):
        make_candidate(alice.organisation, f"P{number}", title="Nurse" if number % 2 else "Cook")
    as_alice.post("/people/to-project/", {"everything": "1", "q": "nurse", "choose": "1", "name": "Nurses"})
    assert Project.objects.for_organisation(alice.organisation_id).get(name="Nurses").members.count() == 30


def test_a_project_shows_its_people_and_the_tabs_of_the_rooms_above(as_alice: Client, alice: User) -> None:
    project = make_project(alice, people_in_it=[make_candidate(alice.organisation)])
    text = body(as_alice, f"/projects/{project.pk}/")
    for word in (
        "Candidates",
        "Outreach",
        "Exports",
        "Jonas Lehner",
        "Remove from project",
        "Add to campaign",
    ):
        assert word in text


def test_a_file_goes_from_upload_to_people(as_alice: Client, alice: User) -> None:
    file = SimpleUploadedFile(
        "people.csv", csv_bytes(["Name", "Email"], ["Jonas Lehner", "jo@x.example"], ["", ""])
    )
    sent = as_alice.post("/people/import/", {"file": file})
    import_run = ImportRun.objects.for_organisation(alice.organisation_id).get()
    page = sent.headers["Location"]
    assert page == f"/people/import/{import_run.pk}/"
    assert "New person" in body(as_alice, page)
    choices = {"column-0": "full_name", "column-1": "email:personal", "source": "LinkedIn"}
    for _ in range(2):
        assert as_alice.post(f"{page}start/", choices).headers["Location"] == page
    import_run.refresh_from_db()
    finish(import_run)
    assert "Import complete" in body(as_alice, page)
    person = Candidate.objects.for_organisation(alice.organisation_id).get()
    assert (person.name, person.source) == ("Jonas Lehner", "LinkedIn")
    assert person.contact_points.get().type == "personal"


def test_a_mapping_that_names_nobody_is_refused_on_the_preview(as_alice: Client, alice: User) -> None:
    file = SimpleUploadedFile("people.csv", csv_bytes(["Name", "Email"], ["Jonas Lehner", "jo@x.example"]))
    page = as_alice.post("/people/import/", {"file": file}).headers["Location"]
    for choices in (
        {"column-0": "title"},
        {"column-0": "full_name", "column-1": "full_name"},
        {"column-0": "evil"},
    ):
        answer = as_alice.post(f"{page}start/", choices)
        assert answer.status_code == 422
    assert not Candidate.objects.for_organisation(alice.organisation_id).exists()


def test_the_rejected_rows_are_downloaded_as_a_file(as_alice: Client, alice: User) -> None:
    done = import_csv(
        alice, csv_bytes(["Name", "Email", "Title"], ["Jo", "jo@x.example", ""], ["", "", "=1+1"])
    )
    answer = as_alice.get(f"/people/import/{done.pk}/refused.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streaming response
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert '3,"No name, e-mail address or LinkedIn profile.",,,\'=1+1' in text


def test_the_tray_shows_the_viewers_live_runs_and_stops_asking_when_there_are_none(
    as_alice: Client, as_bob: Client, alice: User
) -> None:
    assert as_alice.get("/runs/tray/").status_code == 286
    import_run = start(alice, csv_bytes(["Name"], ["Jonas Lehner"], ["Ida Hansen"]))
    live = as_alice.get("/runs/tray/")
    assert live.status_code == 200
    assert "Import people.csv" in live.content.decode()
    assert ">Import running</h2>" in live.content.decode()
    assert as_bob.get("/runs/tray/").status_code == 286
    finish(import_run)
    ended = as_alice.get("/runs/tray/")
    assert ended.status_code == 286
    assert f"/people/import/{import_run.pk}/" in ended.content.decode()
    assert ">Import finished</h2>" in ended.content.decode()
    other = start(alice, csv_bytes(["Name"], ["Ada Lovelace"]))
    as_alice.post(f"/runs/{other.run_id}/cancel/")
    assert ">1 cancelled, 1 finished</h2>" in as_alice.get("/runs/tray/").content.decode()


def test_only_the_one_who_started_a_run_cancels_it(as_alice: Client, as_bob: Client, alice: User) -> None:
    import_run = start(alice, csv_bytes(["Name"], ["Jonas Lehner"]))
    assert as_bob.post(f"/runs/{import_run.run_id}/cancel/").status_code == 404
    assert as_alice.post(f"/runs/{import_run.run_id}/cancel/").status_code == 302
    assert as_alice.post(f"/runs/{import_run.run_id}/cancel/").status_code == 302
    assert import_run.run_id is not None
    assert runs.work(import_run.run_id) is False
    assert not Candidate.objects.for_organisation(alice.organisation_id).exists()


def test_a_page_of_people_costs_the_same_queries_for_two_as_for_twenty(
    as_alice: Client, alice: User, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        make_candidate(alice.organisation, f"P{number}", emails=[f"p{number}@x.example"])
    as_alice.get("/people/")
    with django_assert_max_num_queries(25):  # type: ignore[operator]  # pytest-django's fixture
        as_alice.get("/people/")
