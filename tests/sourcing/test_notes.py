"""Notes: who reads which, who is told, and what a note may hold."""

from __future__ import annotations

import html
import time

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Role, User
from foundation.problems import Invalid, NotAllowed
from sourcing import mentions, notes, person_data
from sourcing.models import Candidate, NoteMention
from sourcing.notes import Span, spans
from tests.sourcing.factories import make_candidate, make_project, make_user

pytestmark = pytest.mark.django_db
MEMBERS = [(1, "Ann Lee", "ann@x.example"), (2, "Ann", "a@x.example"), (3, "Zoë Çelik", "zoe@x.example")]


@pytest.fixture
def person(alice: User) -> Candidate:
    return make_candidate(alice.organisation)


def write(person: Candidate, actor: User, body: str = "Met at PyCon", **more):
    return notes.write(candidate=person, actor=actor, body=body, **more)


def readers(note, *users: User) -> list[bool]:
    return [notes.visible_notes(user, note.candidate).filter(pk=note.pk).exists() for user in users]


def test_a_note_is_read_by_those_it_is_for(person, alice, bob, mallory) -> None:
    project = make_project(alice, people_in_it=[person])
    assert readers(write(person, bob), alice, bob, mallory) == [True, True, False]
    assert readers(write(person, bob, visibility="me"), alice, bob, mallory) == [False, True, False]
    for_project = write(person, bob, visibility="project", project=project)
    assert readers(for_project, alice, bob, mallory) == [True, True, False]


@pytest.mark.parametrize("page", ["/people/{id}/", "/people/?person={id}", "/api/v1/candidates/{id}/notes/"])
def test_a_private_note_is_on_no_page_of_anybody_else(as_alice, as_bob, bob, person, page) -> None:
    write(person, bob, "quite-secret", visibility="me")
    assert "quite-secret" in as_bob.get(page.format(id=person.pk)).content.decode()
    assert "quite-secret" not in as_alice.get(page.format(id=person.pk)).content.decode()


def test_a_private_note_cannot_be_reached_by_its_number(as_alice, as_mallory, bob, person) -> None:
    note = write(person, bob, visibility="me")
    for client in (as_alice, as_mallory):
        assert client.get(f"/people/notes/{note.pk}/").status_code == 404
        assert client.post(f"/people/notes/{note.pk}/remove/").status_code == 404
        assert client.get(f"/api/v1/notes/{note.pk}/").status_code == 404
        assert client.delete(f"/api/v1/notes/{note.pk}/").status_code == 404


def test_no_word_of_a_note_is_in_the_audit_trail(as_alice, bob, person) -> None:
    note = write(person, bob, "quite-secret", visibility="me")
    notes.change(note=note, actor=bob, body="still-secret", visibility="me")
    notes.remove(note=note, actor=bob)
    page = as_alice.get("/settings/audit/").content.decode()
    assert "secret" not in page


def test_only_the_author_changes_a_note_and_an_admin_may_remove_it(person, alice, bob) -> None:
    note = write(person, bob)
    with pytest.raises(NotAllowed):
        notes.change(note=note, actor=alice, body="x", visibility="organisation")
    carl = make_user(alice.organisation, "Carl")
    with pytest.raises(NotAllowed):
        notes.remove(note=note, actor=carl)
    notes.remove(note=note, actor=alice)
    assert not notes.visible_notes(bob, person).exists()


def test_a_note_of_a_project_needs_a_project_the_author_sees(person, alice, bob, mallory) -> None:
    with pytest.raises(Invalid):
        write(person, bob, visibility="project")
    with pytest.raises(Invalid):
        write(person, bob, visibility="project", project=make_project(mallory))


@pytest.mark.parametrize("body", ["", "   ", "\u200b\u200b", "x" * 20_001])
def test_nothing_and_too_much_are_refused(person, alice, body) -> None:
    with pytest.raises(Invalid):
        write(person, alice, body)


def test_five_megabytes_are_refused_kindly_and_stay_in_the_form(as_alice: Client, person) -> None:
    body = "x" * 5_000_000
    answer = as_alice.post(f"/people/{person.pk}/notes/", {"body": body, "readers": "organisation"})
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "20,000 characters at most" in text
    assert body in text
    api = as_alice.post(f"/api/v1/candidates/{person.pk}/notes/", {"body": body}, "application/json")
    assert (api.status_code, api.json()["code"]) == (422, "note_too_long")


def test_html_in_a_note_is_text(as_alice, alice, person) -> None:
    write(person, alice, "<img src=x onerror=alert(1)> & more")
    page = as_alice.get(f"/people/{person.pk}/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; more" in page


# ── mentions ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@Ann Lee, look", [1]),
        ("look @ann lee", [1]),
        ("@Ann look", [2]),
        ("@ann@x.example look", [1]),
        ("(@Zoe Celik)", [3]),
        ("@Zoë Çelik!", [3]),
        ("write to ann@x.example", []),
        ("@Annabel", []),
        ("@nobody @ @@", []),
        ("@Ann Lee and @Ann", [1, 2]),
    ],
)
def test_a_name_after_an_at_sign_is_a_member(body, expected) -> None:
    found = spans(body, MEMBERS)
    assert [span.user_id for span in found if span.user_id] == expected
    assert "".join(span.text for span in found) == body


def test_a_name_two_members_share_means_nobody() -> None:
    assert spans("@Ann", [(1, "Ann", "a@x"), (2, "Ann", "b@x")]) == [Span("@Ann")]


def test_many_at_signs_are_looked_at_quickly() -> None:
    crowd = [(number, f"Member {number}", f"m{number}@x.example") for number in range(1, 400)]
    started = time.process_time()
    spans("@member " * 2_500, crowd)
    assert time.process_time() - started < 2


def told(user: User) -> list[NoteMention]:
    return list(NoteMention.objects.for_organisation(user.organisation_id).filter(user=user))


def test_somebody_named_gets_one_e_mail_with_a_link_and_a_mark_until_they_look(
    as_bob, person, alice, bob
) -> None:
    note = write(person, alice, f"@{bob.name} please call, salary 90k")
    now = timezone.now()
    with override_settings(EMAIL_HOST="mail.example"):
        assert mentions.tell(now=now) == 1
        assert mentions.tell(now=now) == 0
    (message,) = mail.outbox
    assert message.to == [bob.email]
    assert f"/people/{person.pk}/" in message.body
    assert "salary" not in message.body + message.subject
    assert person.last_name not in message.body + message.subject
    assert any(moment.new for moment in person_data.timeline(candidate=person, viewer=bob))
    assert "New for you" in as_bob.get(f"/people/{person.pk}/").content.decode()
    assert "New for you" not in as_bob.get(f"/people/{person.pk}/").content.decode()
    notes.change(note=note, actor=alice, body=f"@{bob.name} again", visibility="organisation")
    assert len(told(bob)) == 1


def test_nobody_is_told_of_what_they_may_not_read(person, alice, bob, mallory) -> None:
    write(person, alice, f"@{bob.name}", visibility="me")
    write(person, alice, f"@{mallory.name} @{mallory.email} @{alice.name}")
    mailbox_owner = make_user(alice.organisation, "Olga Owner", Role.MAILBOX_OWNER)
    write(person, alice, f"@{mailbox_owner.name}")
    assert told(bob) + told(mallory) + told(alice) + told(mailbox_owner) == []


def test_a_note_made_private_before_the_e_mail_left_tells_nobody(person, alice, bob) -> None:
    note = write(person, alice, f"@{bob.name}")
    notes.change(note=note, actor=alice, body=f"@{bob.name}", visibility="me")
    with override_settings(EMAIL_HOST="mail.example"):
        mentions.tell(now=timezone.now())
    assert mail.outbox == []


def test_without_a_mail_server_the_mark_stays_and_nothing_fails(person, alice, bob) -> None:
    write(person, alice, f"@{bob.name}")
    assert mentions.tell(now=timezone.now()) == 0
    assert told(bob)[0].told_at is None


def test_a_mail_server_that_refuses_is_asked_again(person, alice, bob, monkeypatch) -> None:
    write(person, alice, f"@{bob.name}")

    def refuse(**_message: object) -> int:
        raise OSError("no route")

    with override_settings(EMAIL_HOST="mail.example"):
        with monkeypatch.context() as broken:
            broken.setattr(mentions, "send_mail", refuse)
            assert mentions.tell(now=timezone.now()) == 1
        assert told(bob)[0].told_at is None
        assert mentions.tell(now=timezone.now()) == 1
    assert len(mail.outbox) == 1


def test_looking_at_one_person_does_not_take_the_marks_of_another(as_bob, person, alice, bob) -> None:
    other = make_candidate(alice.organisation, "Ida")
    write(other, alice, f"@{bob.name}")
    as_bob.get(f"/people/{person.pk}/")
    assert told(bob)[0].seen_at is None


def test_colleagues_are_offered_by_the_beginning_of_a_name_and_written_so_that_they_are_meant(
    as_alice, as_mallory, alice, bob
):
    make_user(alice.organisation, "Bob Berger")
    make_user(alice.organisation, "Zoë Öst <b>")
    make_user(alice.organisation, "Mo Berg", Role.MAILBOX_OWNER)
    found = notes.colleagues(alice, "ber")
    assert [one.name for one in found] == ["Bob Berger", "Bob Berger"]
    assert {one.written for one in found} == {one.email for one in found}
    (zoe,) = notes.colleagues(alice, "ost")
    members = notes.members_of(alice.organisation_id)
    for one in (*found, zoe):
        assert one.id in [span.user_id for span in notes.spans(f"Ask @{one.written} now", members)]
    assert notes.colleagues(alice, "") == notes.colleagues(alice, "alice") == []
    page = as_alice.get("/people/mentions/", {"q": "zoe"}).content.decode()
    assert 'data-mention="Zoë Öst &lt;b&gt;"' in page
    assert "Bob" not in as_mallory.get("/people/mentions/", {"q": "bob"}).content.decode()
