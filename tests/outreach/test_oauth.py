"""OAuth without a network: the address to sign in at, and whose ID token is believed."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach import providers
from outreach.transports import login, oauth
from tests.outreach.making import NOW

CLAIMS = {
    "aud": "client",
    "nonce": "n",
    "exp": (NOW + timedelta(hours=1)).timestamp(),
    "email": "Alice@Acme.example",
    "preferred_username": "alice@acme.onmicrosoft.example",
    "name": " Alice \n Marsh ",
}


@pytest.fixture
def provider(settings) -> providers.Provider:
    settings.MICROSOFT_CLIENT_ID = "client"
    settings.MICROSOFT_CLIENT_SECRET = "secret"
    return providers.microsoft()


def token(**claims) -> str:
    body = base64.urlsafe_b64encode(json.dumps({**CLAIMS, **claims}).encode()).rstrip(b"=").decode()
    return f"e30.{body}.sig"


def who(provider, **claims) -> oauth.Identity:
    return oauth.identity(provider, id_token=token(**claims), nonce="n", now=NOW)


def test_address_login_name_and_name_come_from_the_id_token(provider):
    assert who(provider) == oauth.Identity(
        "alice@acme.example", "alice@acme.onmicrosoft.example", "Alice Marsh"
    )
    assert who(provider, email="").address == "alice@acme.onmicrosoft.example"
    assert who(provider, preferred_username="").username == "Alice@Acme.example"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody else"},
        {"aud": []},
        {"nonce": "other"},
        {"nonce": None},
        {"exp": NOW.timestamp() - 1},
        {"exp": "soon"},
        {"email": "", "preferred_username": "alice"},
    ],
)
def test_a_token_for_others_of_another_sign_in_too_old_or_without_address_is_refused(provider, claims):
    with pytest.raises(oauth.SignInFailed):
        who(provider, **claims)


@given(st.text(max_size=200))
def test_no_text_is_taken_for_an_id_token(text):
    provider = providers.google()
    with pytest.raises(oauth.SignInFailed):
        oauth.identity(provider, id_token=text, nonce="n", now=NOW)


def test_the_verifier_is_sent_hashed(provider):
    verifier = oauth.new_verifier()
    assert 43 <= len(verifier) <= 128
    url = oauth.sign_in_url(
        provider,
        redirect_uri="https://x.example/back",
        state="s",
        nonce="n",
        verifier=verifier,
        login_hint="a@b.example",
    )
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert query["code_challenge"] == digest
    assert query["redirect_uri"] == "https://x.example/back"
    assert query["login_hint"] == "a@b.example"
    assert "offline_access" in query["scope"].split()


def test_what_is_not_configured_is_named(settings):
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "", ""
    assert providers.google().missing == ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")
    settings.GOOGLE_CLIENT_ID = "x"
    assert providers.google().missing == ("GOOGLE_CLIENT_SECRET",)


def test_secrets_are_in_no_repr(provider):
    tokens = oauth.Tokens("access-token", "refresh-token", NOW, id_token="identity")
    assert "token" not in repr(tokens).replace("id_token", "")
    assert "secret" not in repr(provider).replace("client_secret", "")
    assert "hush" not in repr(login.Login("alice", "hush", bearer=True))


def test_xoauth2_is_user_and_bearer_between_control_characters():
    assert (
        login.Login("a@b.example", "T", bearer=True).xoauth2() == "user=a@b.example\x01auth=Bearer T\x01\x01"
    )


@pytest.mark.parametrize(
    ("challenge", "reason"),
    [
        (b'{"status":"401","schemes":"bearer","scope":"x"}', "401"),
        (base64.b64encode(b'{"status":"400"}'), "400"),
        ('{"error":"invalid_token"}', "invalid_token"),
        (b"\xff\xfe", ""),
        (b"", ""),
        (b"[1]", ""),
    ],
)
def test_the_reason_in_a_challenge_is_read_in_either_form(challenge, reason):
    assert login.reason_of(challenge) == reason


@given(st.binary(max_size=300))
def test_any_challenge_gets_an_answer(challenge):
    assert isinstance(login.reason_of(challenge), str)
