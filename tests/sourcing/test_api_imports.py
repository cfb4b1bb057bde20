"""Imports through the API: upload, settle, count, start, undo."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from foundation import runs
from sourcing.models import Candidate, ImportRun
from tests.sourcing.factories import csv_bytes, make_project

pytestmark = pytest.mark.django_db

FILE = csv_bytes(["Name", "Email", "Role"], ["Ida Hansen", "ida@x.example", "CEO"])


def uploaded(client: Client, **values: object) -> dict[str, object]:
    answer = client.post("/api/v1/imports/", {"file": SimpleUploadedFile("people.csv", FILE), **values})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def work(viewer: User) -> None:
    for found in ImportRun.objects.for_organisation(viewer.organisation_id):
        for run_id in (found.check_run_id, found.run_id, found.undo_run_id):
            while run_id and runs.work(run_id):
                pass


def test_a_file_goes_from_upload_to_people_and_back(as_alice: Client, alice: User) -> None:
    project = make_project(alice)
    found = uploaded(as_alice, project=project.pk)
    path = f"/api/v1/imports/{found['id']}/"
    assert (found["state"], found["mapping"]) == ("waiting", {"0": "full_name", "1": "email", "2": "title"})
    changed = as_alice.patch(
        path,
        {"policies": {"title": "overwrite"}, "tags": ["May"], "source": "Fair"},
        content_type="application/json",
    )
    assert changed.status_code == 200, changed.content
    assert changed.json()["policies"] == {"title": "overwrite"}
    assert as_alice.post(f"{path}check/").status_code == 202
    work(alice)
    assert as_alice.get(path).json()["checked"] == {"fresh": 1, "updated": 0, "conflict": 0}
    assert as_alice.post(f"{path}start/").status_code == 202
    work(alice)
    done = as_alice.get(path).json()
    assert (done["state"], done["imported"]) == ("done", 1)
    ida = Candidate.objects.for_organisation(alice.organisation_id).get()
    assert (ida.tags, ida.source, ida.memberships.count()) == (["May"], "Fair", 1)
    assert as_alice.post(f"{path}undo/").status_code == 202
    work(alice)
    assert as_alice.get(path).json()["undo_state"] == "done"
    assert not Candidate.objects.for_organisation(alice.organisation_id).exists()
    assert as_alice.post(f"{path}undo/").status_code == 409


def test_a_bad_file_and_a_bad_column_are_told(as_alice: Client) -> None:
    answer = as_alice.post("/api/v1/imports/", {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04nothing")})
    assert answer.status_code == 422
    assert "damaged" in answer.json()["detail"]
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"
    for mapping in ({"0": "nonsense"}, {"x": "email"}, {"0": "title"}):
        answer = as_alice.patch(path, {"mapping": mapping}, content_type="application/json")
        assert answer.status_code in {400, 422}, mapping


def test_another_organisations_import_and_project_are_not_there(
    as_alice: Client, as_mallory: Client, mallory: User
) -> None:
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"
    for answer in (as_mallory.get(path), as_mallory.post(f"{path}start/"), as_mallory.post(f"{path}undo/")):
        assert answer.status_code == 404
    theirs = make_project(mallory)
    answer = as_alice.post(
        "/api/v1/imports/", {"file": SimpleUploadedFile("p.csv", FILE), "project": theirs.pk}
    )
    assert answer.status_code == 404
