"""Files on their way in: kept, read, confirmed, downloaded, deleted; by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organisation, User
from foundation import runs
from sourcing import contact_points, files
from sourcing.models import Candidate, ContactPoint, Decision, FileState, PersonFile
from sourcing.resumes import intake
from tests.sourcing.factories import make_candidate
from tests.sourcing.resumes import corpus, making

pytestmark = pytest.mark.django_db
MAYA, JONAS = corpus.PEOPLE[0], corpus.PEOPLE[1]


def given(data: bytes, name: str = "maya.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def pdf_of(person: corpus.Person) -> bytes:
    return making.pdf(corpus.plain(person))


def taken(actor: User, *uploads: SimpleUploadedFile, candidate: Candidate | None = None) -> list[PersonFile]:
    """Uploaded and read."""
    run = intake.upload(actor=actor, uploads=uploads, candidate=candidate)
    while runs.work(run.pk):
        pass
    return list(intake.files_of(run))


def path_of(file: PersonFile) -> Path:
    return Path(file.file.path)


def test_many_files_are_read_and_each_says_what_became_of_it(alice: User) -> None:
    uploads = [
        given(pdf_of(MAYA)),
        given(making.docx_of(corpus.tables(JONAS)), "jonas.docx"),
        given(making.pdf([]), "scan.pdf"),
        given(making.pdf(["x"], encrypted=True), "locked.pdf"),
        given(making.bomb(110), "bomb.docx"),
        given(b"%PDF-1.4 broken", "broken.pdf"),
    ]
    found = taken(alice, *uploads)
    assert [file.state for file in found] == ["read", "read", "scanned", "encrypted", "too_large", "broken"]
    assert all(path_of(file).stat().st_size == file.size for file in found), "nothing is lost"
    found[0].run.refresh_from_db()
    assert found[0].run.result["summary"] == "2 read, 4 kept unread"
    assert all(file.decision == Decision.OPEN for file in found)


def test_the_same_bytes_are_recognised(alice: User, bob: User, mallory: User) -> None:
    (first,) = taken(alice, given(pdf_of(MAYA)))
    run = intake.upload(actor=bob, uploads=[given(pdf_of(MAYA), "again.pdf")])
    assert run.params["repeated"] == [{"name": "again.pdf", "file_id": first.pk}]
    assert len(taken(mallory, given(pdf_of(MAYA)))) == 1, "another organisation's file is not known here"


def test_a_person_is_added_with_what_was_read(alice: User) -> None:
    (file,) = taken(alice, given(pdf_of(MAYA)))
    maya = intake.add_person(file=file, actor=alice, confirmed=intake.proposed(file))
    assert (maya.name, maya.title, maya.company) == ("Maya Patel", "Senior Data Engineer", "Northwind Labs")
    assert [row.title for row in maya.experience.all()] == ["Senior Data Engineer", "Data Analyst"]
    assert maya.education.get().school == "University of Leeds"
    address = maya.contact_points.get(kind="email")
    assert (address.value, address.shared, address.source) == (MAYA.email, True, "Résumé maya.pdf")
    assert maya.linkedin_key == "linkedin.com/in/maya-patel"
    file.refresh_from_db()
    assert (file.candidate, file.decision) == (maya, Decision.ADDED)
    with pytest.raises(intake.Decided):
        intake.add_person(file=file, actor=alice, confirmed=intake.proposed(file))


def test_somebody_known_is_found_and_gets_only_what_they_lack(alice: User) -> None:
    known = make_candidate(
        alice.organisation,
        "Maya",
        "Patel",
        title="CTO",
        emails=[MAYA.email],
        experience=[{"title": "Data Analyst", "company": "Brightwater Ltd"}],
    )
    (file,) = taken(alice, given(pdf_of(MAYA)))
    proposal = intake.from_json(file.proposal)
    (match,) = intake.matches(viewer=alice, proposal=proposal)
    assert (match.candidate, match.reason) == (
        known,
        "Same e-mail address, Same name, A company in common",
    )
    intake.add_to(file=file, actor=alice, candidate=known, confirmed=intake.proposed(file))
    known.refresh_from_db()
    assert known.contact_points.filter(kind="email").count() == 1
    assert known.contact_points.filter(kind="phone").count() == 1
    assert sorted(row.title for row in known.experience.all()) == ["Data Analyst", "Senior Data Engineer"]
    titles = {known.title, *known.other_values.filter(field="title").values_list("value", flat=True)}
    assert titles == {"CTO", "Senior Data Engineer"}


def test_a_private_address_of_somebody_else_gives_no_match(alice: User, bob: User, mallory: User) -> None:
    person = make_candidate(alice.organisation, "M.", "Patel")
    contact_points.add_email(candidate=person, actor=bob, type="personal", value=MAYA.email)
    (file,) = taken(alice, given(pdf_of(MAYA)))
    proposal = intake.from_json(file.proposal)
    assert intake.matches(viewer=alice, proposal=proposal) == []
    assert [match.candidate for match in intake.matches(viewer=bob, proposal=proposal)] == [person]
    assert intake.matches(viewer=mallory, proposal=proposal) == []


def test_many_are_confirmed_at_once_but_nobody_who_is_known_or_unsure(alice: User) -> None:
    make_candidate(alice.organisation, "J.", "Lehner", emails=[JONAS.email])
    uploads = [given(pdf_of(person), f"{at}.pdf") for at, person in enumerate(corpus.PEOPLE[:3])]
    found = taken(alice, *uploads, given(making.pdf(["nothing here"]), "odd.pdf"))
    added, left = intake.confirm_sure(actor=alice, chosen=found)
    assert added == 2
    assert [file.name for file in left] == ["1.pdf", "odd.pdf"]


def test_a_file_that_is_kept_only_waits_for_nobody(alice: User) -> None:
    (file,) = taken(alice, given(making.pdf([]), "scan.pdf"))
    intake.keep_only(file=file, actor=alice)
    assert not intake.waiting_for(alice).exists()
    assert path_of(file).exists()


def test_a_worker_that_died_reads_on_where_it_stood(alice: User) -> None:
    run = intake.upload(actor=alice, uploads=[given(pdf_of(MAYA)), given(pdf_of(JONAS), "j.pdf")])
    intake.read(intake.files_of(run).first())
    while runs.work(run.pk):
        pass
    assert [file.state for file in intake.files_of(run)] == ["read", "read"]


def test_a_file_left_unread_by_a_cancelled_run_is_read_when_it_comes_again(alice: User) -> None:
    run = intake.upload(actor=alice, uploads=[given(pdf_of(MAYA))])
    waiting = intake.files_of(run).get()
    runs.cancel(run_id=run.pk, actor=alice)
    (again,) = taken(alice, given(pdf_of(MAYA)))
    assert (again.pk, again.state) == (waiting.pk, FileState.READ)


def test_a_file_is_sent_as_an_attachment_whatever_it_is(
    as_bob: Client, as_mallory: Client, alice: User
) -> None:
    person = make_candidate(alice.organisation)
    hostile = given(b"<html><script>alert(1)</script>", 'x"\r\nSet-Cookie: a=b.html')
    (file,) = taken(alice, hostile, candidate=person)
    for path in (f"/people/files/{file.pk}/", f"/api/v1/files/{file.pk}/"):
        response = as_bob.get(path)
        assert b"".join(response.streaming_content) == b"<html><script>alert(1)</script>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in response
        assert as_mallory.get(path).status_code == 404
    assert "html" not in str(file.file.name)
    assert len(path_of(file).name) >= 40


def test_deleting_takes_the_bytes_too(
    as_alice: Client, alice: User, django_capture_on_commit_callbacks
) -> None:
    person = make_candidate(alice.organisation)
    one, two = taken(alice, given(pdf_of(MAYA)), given(pdf_of(JONAS), "j.pdf"), candidate=person)
    assert "cannot be undone" in as_alice.get(f"/people/files/{one.pk}/remove/").content.decode()
    assert path_of(one).exists()
    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(f"/people/files/{one.pk}/remove/")
    assert not path_of(one).exists()
    assert path_of(two).exists()
    with django_capture_on_commit_callbacks(execute=True):
        person.delete()
    assert not path_of(two).exists()
    assert not PersonFile.objects.for_organisation(alice.organisation).exists()


def test_a_person_who_is_deleted_leaves_no_bytes(alice: User, django_capture_on_commit_callbacks) -> None:
    person = make_candidate(alice.organisation)
    (file,) = taken(alice, given(pdf_of(MAYA)), candidate=person)
    with django_capture_on_commit_callbacks(execute=True):
        person.delete()
    assert not path_of(file).exists()


def test_the_text_is_given_to_search_in_one_query_and_within_bounds(
    alice: User, django_assert_num_queries, settings
) -> None:
    ada, bob = make_candidate(alice.organisation, "Ada"), make_candidate(alice.organisation, "Bob")
    taken(alice, given(pdf_of(MAYA)), given(b"word " * 60_000, "long.txt"), candidate=ada)
    taken(alice, given(pdf_of(JONAS), "j.pdf"), candidate=bob)
    with django_assert_num_queries(1):
        found = list(files.texts([ada.pk, bob.pk]))
    assert {candidate for candidate, _, _ in found} == {ada.pk, bob.pk}
    assert sum(len(text) for candidate, _, text in found if candidate == ada.pk) <= files.SEARCHED_CHARACTERS
    assert any("Voltra" in text for _, _, text in found)


def test_a_file_too_large_or_empty_is_refused_with_a_sentence(alice: User, settings) -> None:
    settings.FILE_BYTES = 1 << 20
    run = intake.upload(actor=alice, uploads=[given(b"", "no.pdf"), given(b"x" * (2 << 20), "big.pdf")])
    assert run.params["refused"] == ["no.pdf: the file is empty.", "big.pdf: the file is larger than 1 MB."]


def test_the_pages_lead_from_upload_to_person(as_alice: Client, alice: User, northgate: Organisation) -> None:
    answer = as_alice.post(
        "/people/import/resumes/", {"files": [given(pdf_of(MAYA)), given(making.pdf([]), "s.pdf")]}
    )
    run_id = int(answer.url.rstrip("/").rpartition("/")[2])
    while runs.work(run_id):
        pass
    page = as_alice.get(answer.url).content.decode()
    assert "Maya Patel" in page
    assert "unparsed" in page
    assert "needs confirmation" in page
    file = PersonFile.objects.for_organisation(northgate).get(state=FileState.READ)
    review = as_alice.get(f"/people/files/{file.pk}/review/").content.decode()
    assert "Maya Patel</mark>" in review
    assert 'value="Maya"' in review
    said = intake.proposed(file)
    posted = {**said.columns, "last_name": "Patel-Shah", "emails": "\n".join(said.emails), "skills": "SQL"}
    for prefix, rows in (("experience", said.experience), ("education", said.education)):
        posted |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        posted |= {f"{prefix}-{at}-{key}": value for at, row in enumerate(rows) for key, value in row.items()}
    bad = as_alice.post(
        f"/people/files/{file.pk}/review/", posted | {"do": "add", "emails": "not an address"}
    )
    assert bad.status_code == 422
    assert "Not an e-mail address" in bad.content.decode()
    done = as_alice.post(f"/people/files/{file.pk}/review/", posted | {"do": "add"})
    made = Candidate.objects.for_organisation(northgate).get()
    assert (done.url, made.last_name, made.skills) == (made.url, "Patel-Shah", ["SQL"])
    assert ContactPoint.objects.for_organisation(northgate).get().value == MAYA.email
    tab = as_alice.get(f"{made.url}?tab=files").content.decode()
    assert "maya.pdf" in tab
    assert "added the file maya.pdf" in as_alice.get(made.url).content.decode()


def test_the_api_lists_and_takes_files(as_alice: Client, as_mallory: Client, alice: User) -> None:
    person = make_candidate(alice.organisation)
    path = f"/api/v1/candidates/{person.pk}/files/"
    made = as_alice.post(path, {"file": given(pdf_of(MAYA))})
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    assert as_alice.post(path, {"file": given(pdf_of(MAYA))}).status_code == 200
    assert as_alice.post(path, {}).status_code in (400, 422)
    assert [row["name"] for row in as_alice.get(path).json()["results"]] == ["maya.pdf"]
    assert as_mallory.get(path).status_code == 404
    assert as_alice.delete(f"/api/v1/files/{made.json()['id']}/").status_code == 204
