"""Files of texts over the API: uploaded, read, attached; templates with them, and copies of those."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEntry, Role, User
from outreach.models import Message
from tests.campaigns.making import person
from tests.campaigns.test_campaigns_api import call
from tests.outreach.making import mailbox, user
from tests.outreach.test_texts_api import kept

pytestmark = pytest.mark.django_db
PICTURE = b"\x89PNG\r\n\x1a\n"


def upload(someone: User, name: str, content: bytes, **further: object):
    client = Client()
    client.force_login(someone)
    return client.post("/api/v1/text-files/", {"file": SimpleUploadedFile(name, content), **further})


def test_a_file_is_uploaded_listed_and_read() -> None:
    alice = user()
    made = upload(alice, "brief.txt", b"About us")
    assert (made.status_code, made.json()["size"], made.json()["src"]) == (201, 8, "")
    picture = upload(alice, "a.png", PICTURE, picture=True).json()
    assert picture["src"] == f"/outreach/files/{picture['id']}/"
    assert upload(alice, "a.png", PICTURE, picture=True).json()["id"] == picture["id"]
    for name, content, further in (
        ("run.exe", b"MZ\x90", {}),
        ("empty.txt", b"", {}),
        ("b.png", b"no picture", {"picture": True}),
    ):
        assert upload(alice, name, content, **further).status_code == 422, name
    rows = call(alice, "GET", "text-files/").json()["results"]
    assert [row["name"] for row in rows] == ["a.png", "brief.txt"]
    one = f"text-files/{made.json()['id']}/"
    assert call(alice, "GET", one).json() == made.json()
    answer = call(alice, "GET", f"{one}content/")
    assert b"".join(answer.streaming_content) == b"About us"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_colleague_reads_it_once_it_stands_in_a_team_template_and_a_stranger_never() -> None:
    alice = user()
    bob, mallory = user("bob", of=alice.organisation), user("mallory", role=Role.ADMIN)
    file = kept(alice, "brief.txt", b"About us")
    for someone in (bob, mallory):
        assert call(someone, "GET", f"text-files/{file}/").status_code == 404
        assert call(someone, "GET", f"text-files/{file}/content/").status_code == 404
        assert call(someone, "GET", "text-files/").json()["results"] == []
    call(alice, "POST", "templates/", {"name": "T", "shared": True, "body": "Hi", "attachments": [file]})
    assert call(bob, "GET", f"text-files/{file}/").json()["name"] == "brief.txt"
    assert call(mallory, "GET", f"text-files/{file}/").status_code == 404
    vera = user("vera", of=alice.organisation, role=Role.VIEWER)
    assert upload(vera, "x.txt", b"x").status_code == 403


def test_attachments_of_a_template_stay_are_exchanged_and_the_trail_says_by_whom() -> None:
    alice = user()
    boss = user("boss", of=alice.organisation, role=Role.ADMIN)
    first, second = kept(alice, "a.txt", b"a"), kept(boss, "b.txt", b"b")
    text = {"name": "T", "shared": True, "body": "Hi"}
    made = call(alice, "POST", "templates/", text | {"attachments": [first]}).json()
    assert made["attachments"] == [first]
    address = f"templates/{made['id']}/"
    assert call(boss, "PUT", address, text).json()["attachments"] == [first]
    assert call(boss, "PUT", address, text | {"attachments": [second]}).json()["attachments"] == [second]
    gone = AuditEntry.objects.get(table="outreach_templatefile")
    assert (gone.actor_id, gone.action, gone.changes["file_id"]) == (boss.pk, "delete", [first, None])


def test_a_template_is_duplicated_with_its_files_for_oneself_or_the_team() -> None:
    alice = user()
    bob = user("bob", of=alice.organisation)
    file = kept(alice, "a.txt", b"a")
    text = {"name": "T", "shared": True, "body": "Hi", "attachments": [file]}
    made = call(alice, "POST", "templates/", text).json()
    copies = f"templates/{made['id']}/copies/"
    mine = call(bob, "POST", copies, {})
    assert (mine.status_code, mine.json()["name"], mine.json()["shared"]) == (201, "T (copy)", False)
    assert (mine.json()["owner"], mine.json()["attachments"]) == (bob.name, [file])
    assert call(bob, "POST", copies, {"shared": True}).json()["shared"] is True
    assert call(alice, "POST", f"templates/{mine.json()['id']}/copies/", {}).status_code == 404
    assert call(user("mallory", role=Role.ADMIN), "POST", copies, {}).status_code == 404
    assert call(user("vera", of=alice.organisation, role=Role.VIEWER), "POST", copies, {}).status_code == 403


def test_a_single_e_mail_carries_what_is_attached() -> None:
    box = mailbox()
    alice, ada = box.owner, person(box.owner, "Ada", "ada@work.example")
    file = kept(alice, "a.txt", b"a")
    said = {
        "candidate": ada.pk,
        "contact_point": ada.contact_points.get().pk,
        "mailbox": box.pk,
        "subject": "Hello",
        "body": "Hi",
    }
    answer = call(alice, "POST", "messages/", said | {"attachments": [file]})
    assert answer.status_code == 201
    message = Message.objects.for_organisation(alice.organisation_id).get(pk=answer.json()["id"])
    assert [row.file_id for row in message.files.all()] == [file]
    refused = call(alice, "POST", "messages/", said | {"attachments": [file + 100]})
    assert (refused.status_code, refused.json()["code"]) == (422, "file_refused")
