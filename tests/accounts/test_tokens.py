"""What a token may do, how often, and what is seen of its use."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
import redis
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Role, User
from accounts.permissions import ROLE_RIGHTS, SCOPES, Right
from foundation.problems import Invalid
from foundation.throttle import shared_redis
from tests.outreach.making import user

pytestmark = pytest.mark.django_db


def made(actor: User, *scopes: str) -> tuple[ApiToken, dict[str, str]]:
    row, secret = tokens.create(actor=actor, name="script", days=30, now=timezone.now(), scopes=scopes)
    return row, {"authorization": f"Bearer {secret}"}


def test_a_token_does_what_its_scopes_say_and_nothing_beyond() -> None:
    alice = user("alice", role=Role.ADMIN)
    _, headers = made(alice, Right.CANDIDATE_VIEW)
    client = Client()
    assert client.get("/api/v1/candidates/", headers=headers).status_code == 200
    assert client.get("/api/v1/me/", headers=headers).json()["rights"] == ["api:use", "candidate:view"]
    refused = client.post("/api/v1/candidates/", {"first_name": "Ida"}, "application/json", headers=headers)
    assert refused.status_code == 403
    assert client.get("/api/v1/projects/", headers=headers).status_code == 403
    # The person behind it may still do everything.
    browser = Client()
    browser.force_login(alice)
    assert browser.get("/api/v1/projects/").status_code == 200


def test_a_scope_gives_nothing_the_role_has_not() -> None:
    alice = user("alice", role=Role.ADMIN)
    row, headers = made(alice, Right.CANDIDATE_EDIT, Right.CANDIDATE_VIEW)
    User.objects.filter(pk=alice.pk).update(role=Role.VIEWER)
    answer = Client().post("/api/v1/candidates/", {"first_name": "Ida"}, "application/json", headers=headers)
    assert answer.status_code == 403
    viewer = user("vera", of=alice.organisation, role=Role.VIEWER)
    for wrong in (Right.CANDIDATE_EDIT, "everything:all", Right.API_USE):
        with pytest.raises(Invalid):
            made(viewer, wrong)
    assert row.scopes == ["candidate:edit", "candidate:view"]


def test_every_right_of_a_role_can_be_a_scope_but_those_every_token_has_or_none() -> None:
    everything = frozenset().union(*ROLE_RIGHTS.values())
    assert everything - SCOPES.keys() == {Right.API_USE, Right.PROFILE_EDIT, Right.TOKEN_CREATE}


def test_the_page_offers_the_persons_own_rights_and_tells_what_a_token_may() -> None:
    vera = user("vera", role=Role.VIEWER)
    browser = Client()
    browser.force_login(vera)
    page = html.unescape(browser.get(reverse("accounts:tokens")).content.decode())
    assert "Read people" in page
    assert "Change people" not in page
    asked = {"name": "n8n", "days": "30", "scopes": ["candidate:view"]}
    assert "may only: candidate:view" in browser.post(reverse("accounts:tokens"), asked).content.decode()
    assert browser.post(reverse("accounts:tokens"), asked | {"scopes": ["candidate:edit"]}).status_code == 422


def test_when_it_was_last_used_is_seen_and_written_at_most_once_a_minute() -> None:
    alice = user("alice")
    row, headers = made(alice)
    Client().get("/api/v1/me/", headers=headers)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    tokens.used(row, now=first + timedelta(seconds=59))
    row.refresh_from_db()
    assert row.last_used_at == first
    tokens.used(row, now=first + timedelta(seconds=61))
    row.refresh_from_db()
    assert row.last_used_at == first + timedelta(seconds=61)


def test_a_token_is_told_where_it_stands_and_stopped_at_its_limit(settings: object) -> None:
    settings.API_CALLS_PER_MINUTE = 2  # type: ignore[attr-defined]
    alice = user("alice")
    row, headers = made(alice)
    _, others = made(alice)
    for key in shared_redis().scan_iter(f"api:calls:{row.pk}:*"):
        shared_redis().delete(key)
    client = Client()
    told = [client.get("/api/v1/me/", headers=headers) for _ in range(3)]
    # A minute may end in between: then nobody is refused, which the next three are.
    if told[-1].status_code == 200:
        told = [client.get("/api/v1/me/", headers=headers) for _ in range(3)]
    last = told[-1]
    assert (last.status_code, last.json()["code"]) == (429, "throttled")
    assert (last["RateLimit-Limit"], last["RateLimit-Remaining"]) == ("2", "0")
    assert 1 <= int(last["Retry-After"]) <= 61
    assert client.get("/api/v1/me/", headers=others).status_code == 200
    client.force_login(alice)
    assert "RateLimit-Limit" not in client.get("/api/v1/me/")


def test_without_redis_nobody_is_refused(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: object, **_kwargs: object) -> object:
        raise redis.ConnectionError

    monkeypatch.setattr(redis.client.Pipeline, "execute", gone)
    settings.API_CALLS_PER_MINUTE = 0  # type: ignore[attr-defined]
    _, headers = made(user("alice"))
    answer = Client().get("/api/v1/me/", headers=headers)
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer
