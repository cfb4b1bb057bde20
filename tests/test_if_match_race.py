"""Two updates with the same ETag at once: one is made, the other is told what it is now."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import Role, User
from sourcing import notes
from sourcing.models import Note
from tests.sourcing.factories import make_candidate, make_organisation, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def headers(alice: User) -> dict[str, str]:
    _, secret = tokens.create(actor=alice, name="script", days=30, now=timezone.now())
    return {"Authorization": f"Bearer {secret}"}


def at_once(path: str, method: str, bodies: list[Any], headers: dict[str, str]) -> list[Any]:
    """What each of them was answered; they begin together."""
    together, answers = threading.Barrier(len(bodies)), []

    def ask(body: Any) -> None:
        together.wait()
        try:
            answers.append(getattr(Client(), method)(path, body, "application/json", headers=headers))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_of_two_is_made_and_the_other_is_told_what_it_is_now(
    alice: User, headers: dict[str, str]
) -> None:
    person = make_candidate(alice.organisation, actor=alice)
    note = notes.write(candidate=person, actor=alice, body="Met at PyCon")
    project = make_project(alice, "Munich")
    for path, method, name in (
        (f"/api/v1/notes/{note.pk}/", "put", "body"),
        (f"/api/v1/projects/{project.pk}/", "patch", "name"),
        (f"/api/v1/candidates/{person.pk}/", "patch", "title"),
    ):
        tag = Client().get(path, headers=headers)["ETag"]
        bodies = [{name: "First"}, {name: "Second"}]
        answers = at_once(path, method, bodies, {**headers, "If-Match": tag})
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, lost.status_code) == (200, 412), path
        now = Client().get(path, headers=headers)
        assert (now.json(), now["ETag"]) == (won.json(), won["ETag"])
        if name != "title":
            assert (lost.json()["current"], lost.json()["etag"]) == (won.json(), won["ETag"])


def test_of_two_first_changes_of_a_setting_one_is_made(headers: dict[str, str]) -> None:
    for path, method, name in (
        ("/api/v1/duplicates/rule/", "patch", "keys"),
        ("/api/v1/projects/default-stages/", "put", "names"),
    ):
        tag = Client().get(path, headers=headers)["ETag"]
        bodies = [{name: ["email"]}, {name: ["phone"]}]
        answers = at_once(path, method, bodies, {**headers, "If-Match": tag})
        assert sorted(answer.status_code for answer in answers) == [200, 412], path


def test_a_provider_that_two_set_up_at_once_is_there_once(headers: dict[str, str]) -> None:
    path = "/api/v1/credits/providers/hunter/"
    answers = at_once(path, "patch", [{"key": f"key-{number}"} for number in range(4)], headers)
    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_row_that_somebody_holds_for_too_long_is_a_409(alice: User, headers: dict[str, str]) -> None:
    note = notes.write(candidate=make_candidate(alice.organisation, actor=alice), actor=alice, body="Met")
    path = f"/api/v1/notes/{note.pk}/"
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Note.objects.for_organisation(alice.organisation_id).select_for_update())
            held.set()
            done.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
        answer = Client().put(path, {"body": "x"}, "application/json", headers={**headers, "If-Match": "*"})
        cursor.execute("RESET lock_timeout")
    done.set()
    holder.join()
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")
