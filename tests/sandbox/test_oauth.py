"""The authorization servers: a whole sign-in, refresh, withdrawal; and what their tokens open."""

from __future__ import annotations

import base64
import hashlib
import http.client
import imaplib
import json
import smtplib
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sandbox.client import Sandbox, SandboxFailed
from tests.dovecot import running

ALICE = "alice@demo.example"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-long"
BACK = "http://127.0.0.1:1/back"


def authorize_url(world: Sandbox, provider: str = "google", **other: str) -> str:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    asked = {
        "client_id": world.addresses["oauth"]["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email offline_access mail",
        "state": "s&t=1",
        "access_type": "offline",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **other,
    }
    return f"{world.addresses['oauth'][provider]['authorize_url']}?{urlencode(asked)}"


def answer_of(where: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(where).query))


def post(url: str, **form: str) -> tuple[int, dict]:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    line.request("POST", parts.path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    answer = line.getresponse()
    try:
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def client(world: Sandbox) -> dict[str, str]:
    oauth = world.addresses["oauth"]
    return {"client_id": oauth["client_id"], "client_secret": oauth["client_secret"]}


def exchange(world: Sandbox, code: str, provider: str = "google", **other: str) -> tuple[int, dict]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **client(world),
        **other,
    }
    return post(world.addresses["oauth"][provider]["token_url"], **form)


def refresh(world: Sandbox, token: str, provider: str = "google") -> tuple[int, dict]:
    form = {"grant_type": "refresh_token", "refresh_token": token, **client(world)}
    return post(world.addresses["oauth"][provider]["token_url"], **form)


def tokens(world: Sandbox, provider: str = "google") -> dict:
    code = answer_of(world.agree(authorize_url(world, provider), account=ALICE))["code"]
    status, answer = exchange(world, code, provider)
    assert status == 200, answer
    return answer


def bearer(token: str, user: str = ALICE) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def smtp_login(world: Sandbox, token: str) -> None:
    with smtplib.SMTP(world.host, world.smtp_port, timeout=10) as line:
        line.ehlo()
        line.auth("XOAUTH2", lambda challenge=None: "" if challenge else bearer(token))


def imap_login(host: str, port: int, token: str) -> None:
    line = imaplib.IMAP4(host, port, timeout=10)
    try:
        line.authenticate("XOAUTH2", lambda asked: b"" if asked else bearer(token).encode())
    finally:
        line.shutdown()


def test_agreeing_leads_back_with_a_code_that_buys_tokens_once(world):
    back = world.agree(authorize_url(world), account=ALICE)
    found = answer_of(back)
    assert back.startswith(BACK)
    assert found["state"] == "s&t=1"
    status, answer = exchange(world, found["code"])
    assert (status, answer["token_type"]) == (200, "Bearer")
    claims = answer["id_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["email"] == ALICE
    assert exchange(world, found["code"])[1]["error"] == "invalid_grant"


def test_a_person_who_does_not_agree_is_led_back_with_a_reason(world):
    found = answer_of(world.agree(authorize_url(world), account=ALICE, decision="deny"))
    assert found["error"] == "access_denied"


@pytest.mark.parametrize(
    "other",
    [{"client_id": "x"}, {"redirect_uri": "https://evil.example/"}, {"code_challenge_method": "plain"}],
)
def test_unknown_clients_foreign_addresses_and_plain_challenges_are_never_led_back(world, other):
    with pytest.raises(SandboxFailed, match="400"):
        world.agree(authorize_url(world, **other), account=ALICE)


def test_a_wrong_verifier_and_a_wrong_secret_buy_nothing(world):
    code = answer_of(world.agree(authorize_url(world), account=ALICE))["code"]
    assert exchange(world, code, client_secret="x")[1]["error"] == "invalid_client"
    assert exchange(world, code, code_verifier="y" * 43)[1]["error"] == "invalid_grant"


def test_google_keeps_its_refresh_token_and_microsoft_hands_out_a_new_one(world):
    assert "refresh_token" not in refresh(world, tokens(world)["refresh_token"])[1]
    first = tokens(world, "microsoft")["refresh_token"]
    assert refresh(world, first, "microsoft")[1]["refresh_token"] not in {"", first}


def test_tokens_open_smtp_imap_and_dovecot_until_they_expire_or_are_taken_back(world):
    given = tokens(world)
    smtp_login(world, given["access_token"])
    imap_login(world.host, world.imap_port, given["access_token"])
    url = world.addresses["oauth"]["tokeninfo_url"]
    with running({ALICE: "never used"}, tokeninfo_url=url) as dovecot:
        imap_login("127.0.0.1", dovecot.imap_port, given["access_token"])
        world.expire_tokens()
        for login in (
            lambda: smtp_login(world, given["access_token"]),
            lambda: imap_login(world.host, world.imap_port, given["access_token"]),
            lambda: imap_login("127.0.0.1", dovecot.imap_port, given["access_token"]),
        ):
            with pytest.raises((smtplib.SMTPAuthenticationError, imaplib.IMAP4.error)):
                login()
        fresh = refresh(world, given["refresh_token"])[1]["access_token"]
        imap_login("127.0.0.1", dovecot.imap_port, fresh)
    world.withdraw_consent(ALICE)
    assert refresh(world, given["refresh_token"])[1]["error"] == "invalid_grant"
    with pytest.raises(smtplib.SMTPAuthenticationError):
        smtp_login(world, fresh)


def test_somebody_elses_token_opens_nothing(world):
    given = tokens(world)
    with smtplib.SMTP(world.host, world.smtp_port, timeout=10) as line:
        line.ehlo()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            line.auth(
                "XOAUTH2",
                lambda challenge=None: "" if challenge else bearer(given["access_token"], "bob@demo.example"),
            )
