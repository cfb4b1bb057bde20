"""What the extension asks the server: by a code, by a refresh token, and then as its user."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import pairing, tokens
from accounts.api import rate_limit
from accounts.models import AuditEntry, PairedBrowser, Role, User
from foundation.models import IdempotentAnswer
from foundation.problems import PROBLEM_JSON
from foundation.throttle import shared_redis
from sourcing.models import Project
from tests.outreach.making import user

pytestmark = pytest.mark.django_db

URL, REFRESH = "/api/v1/pairing/", "/api/v1/pairing/refresh/"
_addresses = itertools.count(1)


@pytest.fixture
def stranger() -> Client:
    """Nobody, from an address that has made no mistakes."""
    for key in shared_redis().scan_iter("api:mistakes:*"):
        shared_redis().delete(key)
    return Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}")


def post(client: Client, url: str, body: Any, **headers: str) -> HttpResponse:
    return client.post(url, body, "application/json", headers=headers)


def code_of(actor: User) -> str:
    return pairing.start(actor=actor, now=timezone.now())[1]


def pair(client: Client, actor: User) -> dict[str, Any]:
    answer = post(client, URL, {"code": code_of(actor), "name": "Chromium on Linux"})
    assert answer.status_code == 201
    return answer.json()


def bearer(told: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {told['access_token']}"}


def problem(answer: HttpResponse) -> tuple[int, str]:
    assert answer["Content-Type"] == PROBLEM_JSON
    return answer.status_code, answer.json()["code"]


def test_a_paired_browser_acts_as_its_user_with_all_their_rights(stranger: Client) -> None:
    alice = user("alice")
    answer = post(stranger, URL, {"code": code_of(alice), "name": "Chromium on Linux"})
    told = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert told["user"] == {"id": alice.pk, "name": "Alice"}
    assert told["organisation"] == {"id": alice.organisation_id, "name": "Acme"}
    assert told["access_expires_in"] == 3600
    me = stranger.get("/api/v1/me/", headers=bearer(told))
    assert (me.json()["id"], me.json()["rights"]) == (alice.pk, told["rights"])
    assert me["RateLimit-Remaining"] == "599"
    pair(stranger, user("bob", of=alice.organisation))
    made = post(stranger, "/api/v1/projects/", {"name": "Welders"}, **bearer(told))
    assert made.status_code == 201
    renamed = stranger.patch(
        f"/api/v1/projects/{made.json()['id']}/",
        {"name": "Fitters"},
        "application/json",
        headers=bearer(told),
    )
    assert renamed.status_code == 200
    entry = AuditEntry.objects.filter(table="sourcing_project").latest("pk")
    assert (entry.actor_id, entry.changes["name"]) == (alice.pk, ["Welders", "Fitters"])


def test_expired_refreshed_and_ended_tokens_are_told_apart_by_codes(stranger: Client) -> None:
    alice = user("alice")
    told = pair(stranger, alice)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        old = stranger.get("/api/v1/me/", headers=bearer(told))
        assert problem(old) == (401, "token_expired")
        assert old["WWW-Authenticate"] == "Bearer"
        answer = post(stranger, REFRESH, {"refresh_token": told["refresh_token"]})
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        new = answer.json()
        assert set(new) == set(told)
        assert stranger.get("/api/v1/me/", headers=bearer(new)).status_code == 200
        ended = stranger.delete(URL, headers=bearer(new))
        assert (ended.status_code, ended.content) == (204, b"")
        assert problem(stranger.delete(URL, headers=bearer(new))) == (401, "pairing_ended")
        assert problem(stranger.get("/api/v1/me/", headers=bearer(new))) == (401, "pairing_ended")
        over = post(stranger, REFRESH, {"refresh_token": new["refresh_token"]})
    assert problem(over) == (401, "pairing_ended")
    assert over["WWW-Authenticate"] == "Bearer"
    assert "Pair it again" in over.json()["detail"]
    entry = AuditEntry.objects.filter(table="accounts_pairedbrowser").latest("pk")
    assert (entry.actor_id, entry.changes["ending"]) == (alice.pk, ["", "disconnected"])


def test_a_browser_that_is_disconnected_in_the_middle_of_its_use_is_out_with_the_next_call(
    stranger: Client,
) -> None:
    alice = user("alice")
    told = pair(stranger, alice)
    assert post(stranger, "/api/v1/projects/", {"name": "A"}, **bearer(told)).status_code == 201
    browser = PairedBrowser.objects.for_organisation(alice.organisation_id).get(pk=told["browser_id"])
    pairing.disconnect(actor=alice, browser=browser, now=timezone.now())
    refused = post(stranger, "/api/v1/projects/", {"name": "B"}, **bearer(told), **{"idempotency-key": "b"})
    assert problem(refused) == (401, "pairing_ended")
    assert [each.name for each in Project.objects.for_organisation(alice.organisation_id)] == ["A"]


def test_a_replayed_code_is_refused_and_ends_the_browser_also_with_somebodys_login_and_key(
    stranger: Client,
) -> None:
    alice, mallory = user("alice"), user("mallory", role=Role.ADMIN)
    code = code_of(alice)
    told = post(stranger, URL, {"code": code}).json()
    _, secret = tokens.create(actor=mallory, name="script", days=30, now=timezone.now())
    again = post(stranger, URL, {"code": code}, authorization=f"Bearer {secret}", **{"idempotency-key": "k"})
    assert problem(again) == (422, "pairing_code_refused")
    assert problem(stranger.get("/api/v1/me/", headers=bearer(told))) == (401, "pairing_ended")
    trail = AuditEntry.objects.filter(table="accounts_pairedbrowser").latest("pk")
    assert (trail.actor_name, trail.changes["ending"]) == ("Beckon: pairing", ["", "code_again"])


def test_answers_with_tokens_are_kept_nowhere(stranger: Client) -> None:
    alice = user("alice")
    stranger.force_login(alice)
    answer = post(stranger, URL, {"code": code_of(alice)}, **{"idempotency-key": "k"})
    post(stranger, REFRESH, {"refresh_token": answer.json()["refresh_token"]}, **{"idempotency-key": "k"})
    assert not IdempotentAnswer.objects.across_organisations("all of them").exists()


def test_the_keys_of_a_user_hold_in_every_browser_that_is_paired_with_them(stranger: Client) -> None:
    alice, bob = user("alice"), user("bob")
    answers = [
        post(stranger, "/api/v1/projects/", {"name": "A"}, **bearer(told), **{"idempotency-key": "save-1"})
        for told in (pair(stranger, alice), pair(stranger, alice), pair(stranger, bob))
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert ["Idempotency-Replayed" in answer for answer in answers] == [False, True, False]
    assert answers[0].json() == answers[1].json()


def test_a_browser_has_a_pace_of_its_own(stranger: Client, settings: Any) -> None:
    alice = user("alice")
    first, second = pair(stranger, alice), pair(stranger, alice)
    settings.API_CALLS_PER_MINUTE = 0
    assert problem(stranger.get("/api/v1/me/", headers=bearer(first))) == (429, "throttled")
    settings.API_CALLS_PER_MINUTE = 1
    assert stranger.get("/api/v1/me/", headers=bearer(second)).status_code == 200


@pytest.mark.parametrize("url", [URL, REFRESH])
def test_an_address_that_guesses_is_stopped_and_others_are_not(
    stranger: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "MISTAKES", 2)
    wrong = {"code": "00000-00000", "refresh_token": "bkr_guess.guess"}
    with time_machine.travel("2026-11-27T10:00:05Z", tick=False):
        alice = user("alice")
        right = {"code": code_of(alice), "refresh_token": pair(stranger, user("bob"))["refresh_token"]}
        assert [post(stranger, url, wrong).status_code for _ in range(2)] in ([422] * 2, [401] * 2)
        stopped = post(stranger, url, right)
        assert problem(stopped) == (429, "throttled")
        assert stopped["Retry-After"] == "56"
        # The last entry is the proxy's own word, the others are the caller's.
        forged = f"203.0.113.7, {stranger.defaults['REMOTE_ADDR']}"
        assert post(stranger, url, right, **{"x-forwarded-for": forged}).status_code == 429
        # Whoever has one IPv6 address has a network of them.
        for last in ("a", "b", "c"):
            answer = post(stranger, url, wrong, **{"x-forwarded-for": f"2001:db8:1:2::{last}"})
        assert answer.status_code == 429
        assert post(stranger, url, right, **{"x-forwarded-for": "2001:db8:1:3::a"}).status_code < 300
    with time_machine.travel("2026-11-27T10:01:01Z", tick=False):
        assert post(stranger, url, wrong).status_code != 429


def test_whatever_else_is_sent_is_a_problem_and_pairs_nothing(stranger: Client) -> None:
    alice = user("alice")
    code = code_of(alice)
    for url, field in ((URL, "code"), (REFRESH, "refresh_token")):
        for raw, status in (
            (b"", 422),
            (b"{", 400),
            (b"[]", 422),
            (b'"x"', 422),
            (b'{"%s": null}' % field.encode(), 422),
            (b'{"%s": {"a": 1}}' % field.encode(), 422),
            (b'{"%s": "a\\u0000b"}' % field.encode(), 422),
            (b'{"%s": "\\ud83d"}' % field.encode(), 400),
            (json.dumps({field: "0" * 300}).encode(), 422),
            (json.dumps({field: "0" * 5_000}).encode(), 413),
            (b"[" * 3_000, 400),
        ):
            answer = stranger.post(url, raw, "application/json")
            assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM_JSON), raw[:60]
        assert problem(stranger.post(url, {field: code}))[0] == 415
        assert problem(stranger.get(url))[0] == 405
        assert problem(stranger.put(url, {}, "application/json"))[0] == 405
    assert problem(stranger.delete(URL))[0] == 401
    assert problem(stranger.delete(REFRESH))[0] == 405
    long = post(stranger, URL, {"code": code, "name": "x" * 101})
    assert (problem(long), set(long.json()["errors"])) == ((422, "invalid"), {"name"})
    assert not PairedBrowser.objects.for_organisation(alice.organisation_id).exclude(paired_at=None).exists()
    named = post(stranger, URL, {"code": code, "name": "\u202e<b>\u200bx"})
    assert named.status_code == 201


def test_only_a_browser_ends_its_pairing(stranger: Client) -> None:
    alice = user("alice")
    _, secret = tokens.create(actor=alice, name="script", days=30, now=timezone.now())
    headers = {"authorization": f"Bearer {secret}"}
    assert problem(stranger.delete(URL, headers=headers)) == (403, "not_allowed")
    for token in ("bkx_", "bkx_unknown"):
        answer = stranger.delete(URL, headers={"authorization": f"Bearer {token}"})
        assert problem(answer) == (401, "token_expired")
    stranger.force_login(alice)
    assert problem(stranger.delete(URL))[0] == 401
