"""The suppression list over the API, as a file: loaded, and read whole."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role, User
from sourcing import suppression_list
from tests.outreach.making import user

pytestmark = pytest.mark.django_db
LIST = "kind,value\ndomain,client.example\naddress,ada@work.example\n,nothing at all@\n"


def api(someone: User) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def load(someone: User, content: bytes):
    return api(someone).post("/api/v1/suppressions/file/", {"file": SimpleUploadedFile("list.csv", content)})


def test_a_file_is_loaded_and_says_what_was_refused() -> None:
    alice = user()
    told = load(alice, LIST.encode())
    assert told.status_code == 200
    assert (told.json()["added"], told.json()["already"], told.json()["refused_count"]) == (2, 0, 1)
    assert told.json()["refused"][0]["line"] == 4
    assert load(alice, LIST.encode()).json()["already"] == 2
    assert {entry.created_by for entry in suppression_list.entries(alice)} == {alice}
    for wrong in (b"\xff\xfe\x00", b"a\x00b"):
        assert load(alice, wrong).status_code == 422
    assert api(alice).post("/api/v1/suppressions/file/", {}).status_code == 422


def test_an_administrator_takes_all_of_it_along() -> None:
    boss = user("boss", role=Role.ADMIN)
    load(boss, LIST.encode())
    answer = api(boss).get("/api/v1/suppressions/file/")
    text = b"".join(answer.streaming_content).decode()
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/csv", "no-store")
    assert "client.example" in text
    assert "ada@work.example" not in text
    stranger = api(user("mallory", role=Role.ADMIN)).get("/api/v1/suppressions/file/")
    assert b"client.example" not in b"".join(stranger.streaming_content)


def test_a_viewer_loads_nothing_and_only_administrators_take_it_along() -> None:
    alice = user()
    vera = user("vera", of=alice.organisation, role=Role.VIEWER)
    assert load(vera, LIST.encode()).status_code == 403
    assert api(alice).get("/api/v1/suppressions/file/").status_code == 403
