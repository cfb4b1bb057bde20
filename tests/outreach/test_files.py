"""Pictures and attachments: what is kept, what is refused with its limit, and who may read it."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from campaigns import editing
from outreach import files, templates
from outreach.contents import Content, written
from outreach.files import FileMissing, FileRefused
from outreach.models import ContentFile, Message
from outreach.outbox import wire
from sourcing.models import Visibility
from tests.campaigns import making as campaigns
from tests.outreach.making import NOW, mailbox, person, real_now, user, write

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50


def upload(name: str = "office.png", content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def zipped(part: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(part, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0xx", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPxx", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"plain words", "text/plain"),
        (b"<svg onload=alert(1)>", "text/plain"),
        (b"<html><script>", "text/plain"),
        (b"\x00\x01\x02\xff", "application/octet-stream"),
        (zipped("x.txt"), "application/zip"),
        (
            zipped("word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
def test_what_a_file_is_is_told_by_its_bytes(content: bytes, kind: str) -> None:
    assert files.keep(actor=user(), upload=upload("said-to-be.png", content)).content_type == kind


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.png", b"", "empty"),
        ("a.pdf", b"MZ\x90\x00", "program"),
        ("a.txt", b"\x7fELF\x02", "program"),
        ("run", b"#!/bin/sh\n", "program"),
        ("big.pdf", b"%PDF-" + b"x" * (10 << 20), "larger than 10 MB"),
    ],
)
def test_a_file_that_cannot_go_with_a_mail_is_refused_with_the_reason(
    name: str, content: bytes, says: str
) -> None:
    with pytest.raises(FileRefused, match=says):
        files.keep(actor=user(), upload=upload(name, content))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"<svg>", b"BM bitmap"])
def test_a_picture_must_be_one(content: bytes) -> None:
    with pytest.raises(FileRefused, match="not a picture"):
        files.keep(actor=user(), upload=upload("office.png", content), picture=True)


def test_a_picture_has_a_limit_of_its_own() -> None:
    with pytest.raises(FileRefused, match="larger than 2 MB"):
        files.keep(actor=user(), upload=upload(content=PNG + b"x" * (2 << 20)), picture=True)


def test_the_same_bytes_are_kept_once_for_the_same_person() -> None:
    alice = user()
    first = files.keep(actor=alice, upload=upload())
    assert files.keep(actor=alice, upload=upload()).pk == first.pk
    bob = user("bob", of=alice.organisation)
    assert files.keep(actor=bob, upload=upload()).pk != first.pk


def test_a_message_carries_only_so_much() -> None:
    alice = user()
    held = [
        files.keep(actor=alice, upload=upload(f"{number}.pdf", b"%PDF-" + bytes([number]) * (6 << 20)))
        for number in range(3)
    ]
    with pytest.raises(FileRefused, match=r"18.0 MB; a message may carry 15 MB"):
        written(actor=alice, subject="s", body="b", attachments=[file.pk for file in held])
    assert written(actor=alice, subject="s", body="b", attachments=[held[0].pk, held[1].pk]).files


def test_nobody_can_use_a_file_they_may_not_read() -> None:
    secret = files.keep(actor=user("mallory"), upload=upload())
    with pytest.raises(FileRefused, match="not there any more"):
        written(actor=user(), subject="s", body="b", attachments=[secret.pk])
    with pytest.raises(FileRefused):
        written(actor=user(), subject="s", body="", body_html=f'<img src="/outreach/files/{secret.pk}/">')


def test_a_file_is_read_by_who_may_read_what_it_stands_in() -> None:
    made = campaigns.campaign("Ada")
    alice, bob = made.owner, user("bob", of=made.organisation)
    mallory = user("mallory", role=Role.ADMIN)
    picture = files.keep(actor=alice, upload=upload())

    assert files.file_for(alice, picture.pk) == picture
    for other in (bob, mallory):
        with pytest.raises(FileMissing):
            files.file_for(other, picture.pk)
    own = templates.save(
        actor=alice, name="Own", shared=False, content=Content("s", "b", files=(picture.pk,))
    )
    with pytest.raises(FileMissing):
        files.file_for(bob, picture.pk)
    templates.save(
        actor=alice, name="Own", shared=True, content=Content("s", "b", files=(picture.pk,)), template=own
    )
    assert files.file_for(bob, picture.pk) == picture
    templates.remove(template=own, actor=alice)
    step = made.steps.get(position=1)
    editing.edit_step(
        step=step, subject="s", body="b", days=0, new_thread=False, actor=alice, files=[picture.pk]
    )
    assert files.file_for(bob, picture.pk) == picture
    made.project.visibility = Visibility.MEMBERS
    made.project.save()
    with pytest.raises(FileMissing):
        files.file_for(bob, picture.pk)
    with pytest.raises(FileMissing):
        files.file_for(mallory, picture.pk)


def test_a_browser_never_takes_a_file_for_a_page() -> None:
    alice = user()
    page = files.keep(actor=alice, upload=upload("page.html", b"<script>alert(1)</script>"))
    picture = files.keep(actor=alice, upload=upload('off"ice\r\n.png'))
    client = Client()
    client.force_login(alice)

    answer = client.get(f"/outreach/files/{page.pk}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.getvalue() == b"<script>alert(1)</script>"
    assert "sandbox" in answer["Content-Security-Policy"]
    answer = client.get(f"/outreach/files/{picture.pk}/")
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.getvalue() == PNG


def test_an_upload_is_answered_with_the_markup_that_shows_it() -> None:
    alice = user()
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    answer = client.post("/outreach/files/", {"picture": upload('"><script>.png')})
    kept = ContentFile.objects.for_organisation(alice.organisation).get()
    assert answer.content.decode() == f'<img src="/outreach/files/{kept.pk}/" alt="&quot;&gt;&lt;script&gt;">'
    refused = client.post("/outreach/files/", {"picture": upload("a.png", b"MZ")}, HTTP_HX_REQUEST="true")
    assert refused.status_code == 422
    assert "not a picture" in refused.content.decode()


def test_a_sent_message_shows_its_picture_and_carries_its_attachment_with_the_same_bytes_each_time() -> None:
    alice = user()
    box = mailbox(alice)
    picture = files.keep(actor=alice, upload=upload())
    paper = files.keep(actor=alice, upload=upload("ad.pdf", b"%PDF-1.7"))
    markup = f'<p>Look: <img src="/outreach/files/{picture.pk}/"></p>'
    (message,) = write(box, body_html=markup, files=(picture.pk, paper.pk))
    Message.objects.for_organisation(box.organisation_id).update(claimed_at=real_now())
    message.refresh_from_db()

    content = wire.content(message, box)

    assert content == wire.content(message, box)
    assert b"/outreach/files/" not in content
    assert f"cid:file{picture.pk}.{message.token}@acme.example".encode() in content.replace(b"=\r\n", b"")
    assert b'filename="ad.pdf"' in content
    assert message.has_files


def test_erasing_a_message_takes_its_files_unless_something_else_has_them() -> None:
    alice = user()
    box = mailbox(alice)
    offer = files.keep(actor=alice, upload=upload("offer.pdf", b"%PDF-offer"))
    logo = files.keep(actor=alice, upload=upload())
    templates.save(actor=alice, name="Logo", shared=False, content=Content("s", "b", files=(logo.pk,)))
    peter = person(box)
    (message,) = write(box, candidate_id=peter.pk, files=(offer.pk, logo.pk), planned_at=NOW)

    gone = files.forget_of_messages([message.pk], organisation_id=box.organisation_id)

    assert gone == {"outreach.MessageFile": 2, "outreach.ContentFile": 1}
    assert list(ContentFile.objects.for_organisation(box.organisation_id)) == [logo]


def test_an_upload_that_no_text_holds_goes_after_a_week() -> None:
    made = campaigns.campaign("Ada")
    alice = made.owner
    names = ("never saved", "in a step", "in a template", "fresh")
    held = {name: files.keep(actor=alice, upload=upload(name, name.encode())) for name in names}
    editing.edit_step(
        step=made.steps.get(position=1),
        subject="s",
        body="b",
        days=0,
        new_thread=False,
        actor=alice,
        files=[held["in a step"].pk],
    )
    content = Content("s", "b", files=(held["in a template"].pk,))
    templates.save(actor=alice, name="T", shared=False, content=content)
    now = real_now()
    rows = ContentFile.objects.for_organisation(alice.organisation)
    rows.exclude(pk=held["fresh"].pk).update(created_at=now - timedelta(days=8))

    assert files.remove_unused(now=now) == 1

    assert {row.name for row in rows} == set(names) - {"never saved"}
