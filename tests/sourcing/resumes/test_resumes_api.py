"""Résumés through the API: uploaded together, read, and confirmed one by one or all that are sure."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from foundation import runs
from sourcing.models import Candidate
from tests.sourcing.factories import make_candidate
from tests.sourcing.resumes import making
from tests.sourcing.resumes.test_intake import MAYA, given, pdf_of

pytestmark = pytest.mark.django_db
JSON = "application/json"
PATH = "/api/v1/resumes/"


@pytest.fixture
def upload(as_alice: Client) -> dict[str, Any]:
    """Maya's résumé, which is read, and a scan."""
    answer = as_alice.post(PATH, {"files": [given(pdf_of(MAYA)), given(making.pdf([]), "scan.pdf")]})
    assert answer.status_code == 202, answer.content
    while runs.work(answer.json()["id"]):
        pass
    return dict(answer.json())


def resume_of_maya(client: Client) -> dict[str, Any]:
    found = client.get(f"{PATH}?fields=id,name,sure,proposal").json()["results"]
    return next(file for file in found if file["name"] == "maya.pdf")


def test_many_are_uploaded_read_and_listed(
    as_alice: Client, as_bob: Client, as_mallory: Client, upload: dict[str, Any]
) -> None:
    assert (upload["total"], upload["repeated"], upload["refused"]) == (2, [], [])
    here = f"{PATH}uploads/{upload['id']}/"
    assert as_bob.get(here).json()["result"]["summary"] == "1 read, 1 kept unread"
    listed = as_bob.get(f"{PATH}?upload={upload['id']}").json()["results"]
    assert [(file["name"], file["state"], file["sure"]) for file in listed] == [
        ("scan.pdf", "scanned", False),
        ("maya.pdf", "read", True),
    ]
    again = as_alice.post(PATH, {"files": [given(pdf_of(MAYA), "again.pdf"), given(b"", "no.pdf")]}).json()
    assert again["repeated"] == [{"name": "again.pdf", "file_id": listed[1]["id"]}]
    assert again["refused"] == ["no.pdf: the file is empty."]
    assert as_alice.post(PATH, {}).status_code == 422
    assert as_mallory.get(PATH).json()["results"] == []
    assert as_mallory.get(here).status_code == 404
    assert as_mallory.get(f"{PATH}?upload={upload['id']}").status_code == 404
    assert as_mallory.get(f"{PATH}{listed[1]['id']}/").status_code == 404


@pytest.mark.usefixtures("upload")
def test_a_person_is_made_of_what_was_read_and_corrected(as_alice: Client, as_mallory: Client) -> None:
    file = resume_of_maya(as_alice)
    assert (file["proposal"]["first_name"], file["proposal"]["emails"]) == ("Maya", [MAYA.email])
    one = f"{PATH}{file['id']}/"
    told = as_alice.get(one).json()
    assert "Maya Patel" in told["text"]
    assert told["matches"] == []
    wrong = as_alice.post(f"{one}add/", {"emails": ["nonsense"]}, JSON)
    assert wrong.status_code == 422
    assert as_mallory.post(f"{one}add/", {}, JSON).status_code == 404
    made = as_alice.post(f"{one}add/", {"last_name": "Patel-Shah", "skills": ["SQL"]}, JSON)
    assert made.status_code == 201, made.content
    person = made.json()
    assert (person["first_name"], person["last_name"], person["skills"]) == ("Maya", "Patel-Shah", ["SQL"])
    assert person["title"] == "Senior Data Engineer"
    assert as_alice.get(one).json()["candidate"] == person["id"]
    again = as_alice.post(f"{one}add/", {}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "resume_decided")


@pytest.mark.usefixtures("upload")
def test_it_is_added_to_somebody_who_is_known(as_alice: Client, alice: User, mallory: User) -> None:
    known = make_candidate(alice.organisation, "Maya", "Patel", emails=[MAYA.email])
    one = f"{PATH}{resume_of_maya(as_alice)['id']}/"
    (match,) = as_alice.get(one).json()["matches"]
    assert (match["candidate_id"], match["reason"]) == (known.pk, "Same e-mail address, Same name")
    theirs = make_candidate(mallory.organisation)
    assert as_alice.post(f"{one}add/", {"candidate_id": theirs.pk}, JSON).status_code == 404
    added = as_alice.post(f"{one}add/", {"candidate_id": known.pk, "experience": [{}]}, JSON)
    assert (added.status_code, added.json()["id"]) == (200, known.pk)
    assert not known.experience.exists(), "none, as was sent"
    assert known.education.exists(), "as it was read"


@pytest.mark.usefixtures("upload")
def test_those_that_are_sure_are_confirmed_together_and_a_file_is_kept_alone(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    ids = [file["id"] for file in as_alice.get(PATH).json()["results"]]
    nobody = as_mallory.post(f"{PATH}confirm/", {"file_ids": ids}, JSON).json()
    assert nobody == {"added": 0, "left": []}
    done = as_alice.post(f"{PATH}confirm/", {"file_ids": ids}, JSON).json()
    assert done["added"] == 1
    (scan,) = done["left"]
    assert Candidate.objects.for_organisation(alice.organisation_id).get().first_name == "Maya"
    assert as_mallory.post(f"{PATH}{scan}/keep/").status_code == 404
    assert as_alice.post(f"{PATH}{scan}/keep/").json()["decision"] == "kept"
    assert as_alice.get(PATH).json()["results"] == []
