"""Imports through the API: upload, settle, count, start, undo."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts.models import AuditEntry, User
from foundation import runs
from sourcing import people
from sourcing.models import Candidate, ImportRun
from tests.sourcing.factories import csv_bytes, make_candidate, make_project

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


def test_imports_are_listed_and_an_upload_is_forgotten(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    found = uploaded(as_alice)
    (listed,) = as_alice.get("/api/v1/imports/").json()["results"]
    assert listed == {name: value for name, value in found.items() if name != "header"}
    assert as_mallory.get("/api/v1/imports/").json()["results"] == []
    path = f"/api/v1/imports/{found['id']}/"
    assert as_mallory.delete(path).status_code == 404
    assert as_alice.delete(path).status_code == 204
    assert as_alice.get(path).status_code == 404
    entry = AuditEntry.objects.get(table="sourcing_importrun", action="delete")
    assert (entry.row, entry.actor_id) == (found["id"], alice.pk)


def test_an_import_that_has_begun_is_not_forgotten(as_alice: Client, alice: User) -> None:
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"
    as_alice.post(f"{path}start/")
    answer = as_alice.delete(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_begun")
    assert as_alice.get(path).status_code == 200


def test_a_file_is_read_another_way_with_other_columns_in_one_change(as_alice: Client) -> None:
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"

    def change(**values: object) -> HttpResponse:
        return as_alice.patch(path, values, content_type="application/json")

    changed = change(has_header=False, mapping={"1": "email"}).json()
    assert (changed["has_header"], changed["mapping"]) == (False, {"1": "email"})
    assert change(has_header=True).json()["mapping"] == {"0": "full_name", "1": "email", "2": "title"}
    assert change(encoding="klingon").status_code == 422
    refused = change(delimiter=";", mapping={"0": "title"})
    assert refused.status_code == 422
    assert as_alice.get(path).json()["delimiter"] == ",", "a refused change does nothing"


def test_what_became_of_single_rows_is_read_and_downloaded(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    rows = csv_bytes(["Name", "Email"], ["Ida Hansen", "ida@x.example"], ["", "nonsense"])
    file = SimpleUploadedFile("people.csv", rows)
    path = f"/api/v1/imports/{as_alice.post('/api/v1/imports/', {'file': file}).json()['id']}/"
    as_alice.post(f"{path}start/")
    work(alice)
    (note,) = as_alice.get(f"{path}notes/?kind=refused").json()["results"]
    assert (note["line"], note["kind"], note["raw"]) == (3, "refused", ["", "nonsense"])
    assert as_alice.get(f"{path}notes/?kind=joined").json()["results"] == []
    assert as_alice.get(f"{path}notes/?kind=other").status_code == 422
    csv = as_alice.get(f"{path}refused/")
    assert csv["Content-Type"].startswith("text/csv")
    assert "nonsense" in b"".join(csv.streaming_content).decode()
    assert as_mallory.get(f"{path}refused/").status_code == 404
    assert as_mallory.get(f"{path}notes/").status_code == 404


def test_whom_an_undoing_left_is_read(as_alice: Client, as_mallory: Client, alice: User) -> None:
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"
    as_alice.post(f"{path}start/")
    work(alice)
    ida = Candidate.objects.for_organisation(alice.organisation_id).get()
    people.edit_candidate(candidate=ida, actor=alice, version=ida.version, changes={"title": "CTO"})
    assert as_alice.get(f"{path}kept/").json()["results"] == []
    as_alice.post(f"{path}undo/")
    work(alice)
    (kept,) = as_alice.get(f"{path}kept/").json()["results"]
    assert (kept["candidate"], kept["kept"]) == (ida.pk, ["used"])
    assert as_mallory.get(f"{path}kept/").status_code == 404


def test_refused_rows_of_a_file_that_is_gone_are_refused_before_anything_is_sent(
    as_alice: Client, alice: User
) -> None:
    found = uploaded(as_alice)
    stored = ImportRun.objects.for_organisation(alice.organisation_id).get().file
    stored.storage.delete(stored.name)
    for path in (f"/api/v1/imports/{found['id']}/refused/", f"/people/import/{found['id']}/refused.csv"):
        assert as_alice.get(path).status_code == 410


def test_an_import_is_looked_at_before_it_is_started(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    make_candidate(alice.organisation, "Ida", "Hansen", emails=["ida@x.example"], title="CTO")
    path = f"/api/v1/imports/{uploaded(as_alice)['id']}/"
    told = as_alice.get(f"{path}preview/").json()
    assert told["columns"][2] == {"index": 2, "header": "Role", "field": "title", "examples": ["CEO"]}
    assert {"field": "email", "label": "E-mail"} in told["possible_fields"]
    assert (told["looked_at"], told["complete"], told["fresh"], told["conflict"]) == (1, True, 0, 1)
    title = next(one for one in told["policies"] if one["field"] == "title")
    assert title["policy"] in title["choices"]
    assert (told["refused"], told["imported_before"]) == ([], None)
    assert as_mallory.get(f"{path}preview/").status_code == 404
    as_alice.post(f"{path}start/")
    assert as_alice.get(f"{path}preview/").json()["code"] == "import_begun"
