"""The same request again is answered again and done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from unittest.mock import Mock

import pytest
import time_machine
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import Role, User
from foundation import idempotency
from foundation.models import IdempotentAnswer
from sourcing.models import Candidate, Project

pytestmark = pytest.mark.django_db

URL = "/api/v1/projects/"


def token_of(user: User) -> str:
    return tokens.create(actor=user, name="script", days=30, now=timezone.now())[1]


def post(secret: str, key: str, body: dict | None = None, url: str = URL):
    return Client().post(
        url,
        {"name": "Backend"} if body is None else body,
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}", "idempotency-key": key},
    )


def projects(user: User) -> int:
    return Project.objects.for_organisation(user.organisation_id).count()


def test_the_same_answer_comes_again_and_nothing_is_made_twice(alice):
    secret = token_of(alice)
    first, again = post(secret, "k"), post(secret, "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Content-Type"] == first["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert projects(alice) == 1


def test_an_answer_that_tells_a_secret_comes_again_and_is_stored_sealed(alice):
    alice.role = Role.ADMIN
    alice.save()
    body, url = {"url": "https://hooks.example.com/in"}, "/api/v1/webhooks/"
    token = token_of(alice)
    first, again = post(token, "k", body, url), post(token, "k", body, url)
    assert first.status_code == 201
    assert again.json() == first.json()
    assert (first["Cache-Control"], again["Cache-Control"]) == ("no-store", "no-store")
    stored = IdempotentAnswer.objects.for_organisation(alice.organisation_id).get()
    assert first.json()["secret"] not in stored.body + stored.sealed
    assert idempotency.forget(IdempotentAnswer.objects.for_organisation(alice.organisation_id)) == 1
    assert post(token, "k", body, url).status_code == 410


def test_without_a_key_each_request_is_done(alice):
    secret = token_of(alice)
    for _ in range(2):
        Client().post(
            URL, {"name": "B"}, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
        )
    assert projects(alice) == 2


def test_a_key_used_for_another_body_or_address_is_refused(alice):
    secret = token_of(alice)
    post(secret, "k")
    for response in (
        post(secret, "k", {"name": "Other"}),
        post(secret, "k", url="/api/v1/candidates/"),
    ):
        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
        assert response["Content-Type"] == "application/problem+json"
    assert projects(alice) == 1


def test_a_refused_request_may_be_corrected_under_its_key(alice):
    secret = token_of(alice)
    assert post(secret, "k", {"name": ""}).status_code == 422
    assert post(secret, "k", {"name": "Backend"}).status_code == 201
    assert projects(alice) == 1


def test_keys_are_each_tokens_and_each_users_own(alice, bob, mallory):
    first, second = token_of(alice), token_of(alice)
    for secret in (first, second, token_of(bob), token_of(mallory)):
        assert "Idempotency-Replayed" not in post(secret, "k")
    page = Client()
    page.force_login(alice)
    for replayed in (False, True):
        response = page.post(
            URL, {"name": "Backend"}, content_type="application/json", headers={"idempotency-key": "k"}
        )
        assert ("Idempotency-Replayed" in response) is replayed


def test_after_a_day_the_key_is_free(alice):
    secret = token_of(alice)
    post(secret, "k")
    now = timezone.now()
    assert idempotency.prune(now=now + idempotency.RETENTION / 2) == 0
    with time_machine.travel(now):
        assert idempotency.prune(now=now + idempotency.RETENTION * 2) == 1
    assert "Idempotency-Replayed" not in post(secret, "k")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_what_is_no_key_is_told(alice, key):
    response = post(token_of(alice), key)
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")


def test_a_stranger_with_a_key_gets_the_login_and_leaves_nothing(db):
    response = post("bkn_wrong", "k")
    assert response.status_code == 401
    assert IdempotentAnswer.objects.across_organisations("test").count() == 0


def test_work_that_breaks_leaves_neither_its_rows_nor_its_key(alice):
    def work():
        Project.objects.create(organisation=alice.organisation, name="Half", owner=alice)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        idempotency.once(
            organisation_id=alice.organisation_id,
            scope="user:1",
            key="k",
            path="/",
            request_hash="h",
            work=work,
        )
    assert projects(alice) == 0
    assert IdempotentAnswer.objects.for_organisation(alice.organisation_id).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_comes_meanwhile_waits_for_the_first_answer(alice):
    secret = token_of(alice)
    answers = []
    together = threading.Barrier(2)

    def ask() -> None:
        together.wait()
        try:
            answers.append(post(secret, "k", {"first_name": "Ada"}, "/api/v1/candidates/"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Candidate.objects.for_organisation(alice.organisation_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_of_work_that_takes_long_is_asked_to_come_again(alice):
    secret = token_of(alice)
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        def work() -> HttpResponse:
            begun.set()
            go_on.wait(60)
            return HttpResponse("{}", status=201)

        try:
            idempotency.once(
                organisation_id=alice.organisation_id,
                scope=scope,
                key="k",
                path=URL,
                request_hash="h",
                work=work,
            )
        finally:
            connection.close()

    scope = f"token:{alice_token(alice)}"
    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(60)
    response = post(secret, "k")
    go_on.set()
    thread.join()
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_in_use")


def alice_token(alice: User) -> int:
    return tokens.ApiToken.objects.for_organisation(alice.organisation_id).get().pk


def outside(alice: User, work: Callable[[], HttpResponse], *, request_hash: str = "h") -> HttpResponse:
    return idempotency.once(
        organisation_id=alice.organisation_id,
        scope="user:1",
        key="k",
        path="/",
        request_hash=request_hash,
        work=work,
        calls_others=True,
    )


def test_a_twin_of_work_that_calls_others_is_asked_to_come_again_and_then_gets_the_answer(alice):
    asked = []

    def work() -> HttpResponse:
        for request_hash, refusal in (("h", idempotency.StillWorking), ("x", idempotency.KeyReused)):
            with pytest.raises(refusal):
                outside(alice, twin, request_hash=request_hash)
        return HttpResponse("first", status=201)

    def twin() -> HttpResponse:
        asked.append("twin")
        return HttpResponse("twin", status=201)

    assert outside(alice, work).content == b"first"
    assert (outside(alice, twin).content, asked) == (b"first", [])


def test_work_that_calls_others_and_is_refused_or_breaks_gives_its_key_back(alice):
    assert outside(alice, lambda: HttpResponse(status=422)).status_code == 422
    with pytest.raises(ZeroDivisionError):
        outside(alice, Mock(side_effect=ZeroDivisionError))
    assert outside(alice, lambda: HttpResponse("done", status=201)).content == b"done"


def test_work_that_calls_others_and_died_is_done_again_after_a_while(alice):
    died = IdempotentAnswer.objects.create(
        organisation=alice.organisation, scope="user:1", key="k", path="/", request_hash="h"
    )
    with pytest.raises(idempotency.StillWorking):
        outside(alice, Mock())
    IdempotentAnswer.objects.for_organisation(alice.organisation_id).filter(pk=died.pk).update(
        created_at=timezone.now() - idempotency.LEASE
    )
    assert outside(alice, lambda: HttpResponse("done", status=201)).content == b"done"
    assert outside(alice, Mock()).content == b"done"
