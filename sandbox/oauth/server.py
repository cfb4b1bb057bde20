"""Stand-ins for the authorization servers of Google and Microsoft, under ``/oauth/google/`` and ``/oauth/microsoft/``.

====================== ================================================================================
GET  …/authorize       the page on which a person picks an account and agrees, or does not
POST …/authorize       their decision; leads back with ``code`` and ``state``, or with ``error``
POST …/token           ``authorization_code`` (PKCE S256 is asked for) and ``refresh_token``
POST …/revoke          Google only
GET  /oauth/tokeninfo  what a Bearer token opens, for Dovecot; 401 for one that opens nothing
====================== ================================================================================

As at the real ones: Google gives a refresh token only for ``access_type=offline`` and keeps it, Microsoft for the scope
``offline_access`` and hands out a new one with every refresh; errors carry each provider's kind of words.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import html
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox import pages
from sandbox.http_server import Request, Response
from sandbox.oauth.grants import Grant, Grants
from sandbox.switches import Switches

CLIENT_ID = "beckon-sandbox-client"
CLIENT_SECRET = "beckon-sandbox-secret"  # noqa: S105 - printed for everybody, loopback only
_PROVIDERS = {"google": "Google", "microsoft": "Microsoft"}
_EXPIRED = {
    "google": "Token has been expired or revoked.",
    "microsoft": "AADSTS700082: The refresh token has expired due to inactivity.",
}
_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")


class Authorization:
    """Both servers; knows which accounts there are, and what was given out."""

    def __init__(self, switches: Switches, accounts: Mapping[str, str]) -> None:
        self._switches = switches
        self._accounts = accounts
        self.grants = Grants()

    def addresses(self, url: str) -> dict[str, Any]:
        """For ``sandbox.json``: the endpoints of each provider and the one client both know."""
        found: dict[str, Any] = {
            name: {
                "authorize_url": f"{url}/oauth/{name}/authorize",
                "token_url": f"{url}/oauth/{name}/token",
                "revoke_url": f"{url}/oauth/{name}/revoke" if name == "google" else "",
            }
            for name in _PROVIDERS
        }
        return {
            **found,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "tokeninfo_url": f"{url}/oauth/tokeninfo",
        }

    def counts(self) -> dict[str, int]:
        """What was asked for so far, and how many access tokens are alive."""
        grants = self.grants
        return {
            "exchanged": grants.exchanged,
            "refreshed": grants.refreshed,
            "refused": grants.refused,
            "revoked": grants.revoked,
            "alive": sum(access.alive for access in grants.accesses.values()),
        }

    async def handle(self, request: Request) -> Response:
        """Answer one request under ``/oauth/``."""
        _, _, name, *rest = request.path.split("/")
        if request.path == "/oauth/tokeninfo":
            return self._tokeninfo(request)
        place = "/".join(rest)
        if name in _PROVIDERS and place == "authorize":
            return self._authorize(name, request)
        if name in _PROVIDERS and place == "token" and request.method == "POST":
            return await self._token(name, request)
        if name == "google" and place == "revoke" and request.method == "POST":
            self.grants.revoke(_form(request).get("token", ""))
            return Response.json({})
        return Response.json({"error": "not_found"}, 404)

    # ── what a person sees ──────────────────────────────────────────────────

    def _authorize(self, name: str, request: Request) -> Response:
        asked = _form(request) if request.method == "POST" else request.query
        problem = _problem(asked)
        if problem:
            # RFC 6749 §4.1.2.1: a client or an address that is not known is never led back to.
            return Response.html(pages.page("Access blocked", f"<p>{html.escape(problem)}</p>"), 400)
        if request.method != "POST":
            return Response.html(pages.page(f"Sign in with {_PROVIDERS[name]}", self._choice(asked)))
        if asked.get("decision") != "allow" or asked.get("account") not in self._accounts:
            return _back(asked, error="access_denied", error_description="The person did not agree.")
        grant = Grant(
            name, asked["account"], asked["client_id"], asked.get("scope", ""), asked.get("nonce", "")
        )
        lasting = asked.get("access_type") == "offline" or "offline_access" in grant.scope.split()
        code = self.grants.code(
            grant if lasting else Grant(name, grant.account, grant.client_id, "", grant.nonce),
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
        )
        return _back(asked, code=code)

    def _choice(self, asked: Mapping[str, str]) -> str:
        kept = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
            if name not in {"account", "decision"}
        )
        hint = asked.get("login_hint", "")
        accounts = "".join(
            f'<p><label><input type="radio" name="account" value="{html.escape(address)}"'
            f"{' checked' if address == hint or (not hint and not number) else ''}> "
            f"{html.escape(address)}</label></p>"
            for number, address in enumerate(self._accounts)
        )
        return (
            "<p>Beckon wants to read and send e-mail for you. This page stands in for the provider's own; "
            f'nothing leaves this machine.</p><form method="post">{kept}{accounts}'
            '<p><button name="decision" value="allow">Allow</button> '
            '<button name="decision" value="deny">Cancel</button></p></form>'
        )

    # ── what a program asks ─────────────────────────────────────────────────

    async def _token(self, name: str, request: Request) -> Response:
        if self._switches.oauth_delay:
            await asyncio.sleep(self._switches.oauth_delay)
        if self._switches.oauth_unavailable:
            return Response.json({"error": "temporarily_unavailable"}, 503)
        asked = _form(request)
        right = asked.get("client_id") == CLIENT_ID and hmac.compare_digest(
            asked.get("client_secret", ""), CLIENT_SECRET
        )
        if not right:
            return self._no("invalid_client", "The client secret is wrong.", 401)
        if asked.get("grant_type") == "authorization_code":
            return self._exchange(name, asked)
        if asked.get("grant_type") == "refresh_token":
            return self._refresh(name, asked)
        return self._no("unsupported_grant_type", "Only codes and refresh tokens.")

    def _exchange(self, name: str, asked: Mapping[str, str]) -> Response:
        grant = self.grants.take_code(
            asked.get("code", ""),
            redirect_uri=asked.get("redirect_uri", ""),
            verifier=asked.get("code_verifier", ""),
        )
        if grant is None or grant.provider != name:
            return self._no("invalid_grant", "The code is not known, was used, or its verifier is wrong.")
        self.grants.exchanged += 1
        return self._tokens(grant, refresh=self.grants.refresh(grant) if grant.scope else "", identity=True)

    def _refresh(self, name: str, asked: Mapping[str, str]) -> Response:
        grant = self.grants.refreshes.get(asked.get("refresh_token", ""))
        if self._switches.oauth_invalid_grant or grant is None or grant.provider != name:
            return self._no("invalid_grant", _EXPIRED[name])
        self.grants.refreshed += 1
        return self._tokens(grant, refresh=self.grants.refresh(grant) if name == "microsoft" else "")

    def _tokens(self, grant: Grant, *, refresh: str, identity: bool = False) -> Response:
        seconds = self._switches.oauth_token_seconds
        answer: dict[str, Any] = {
            "access_token": self.grants.access(grant, seconds=seconds),
            "expires_in": int(seconds),
            "token_type": "Bearer",
            "scope": grant.scope,
        }
        if refresh:
            answer["refresh_token"] = refresh
        if identity and "openid" in grant.scope.split():
            answer["id_token"] = _id_token(grant)
        return Response.json(answer)

    def _no(self, error: str, words: str, status: int = 400) -> Response:
        self.grants.refused += 1
        return Response.json({"error": error, "error_description": words}, status)

    def _tokeninfo(self, request: Request) -> Response:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        account = self.grants.opens(word.strip()) if scheme.lower() == "bearer" else ""
        if not account:
            return Response.json({"active": False, "error": "invalid_token"}, 401)
        return Response.json({"active": True, "email": account})


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _problem(asked: Mapping[str, str]) -> str:
    missing = [name for name in _ASKED if not asked.get(name)]
    if missing:
        return f"Missing: {', '.join(missing)}"
    if asked["client_id"] != CLIENT_ID:
        return "This client is not known."
    if urlsplit(asked["redirect_uri"]).hostname not in {"127.0.0.1", "localhost", "testserver"}:
        return "redirect_uri_mismatch: only addresses of this machine are registered."
    if asked["response_type"] != "code" or asked.get("code_challenge_method") != "S256":
        return "Only response_type=code with code_challenge_method=S256."
    return ""


def _back(asked: Mapping[str, str], **answer: str) -> Response:
    answer["state"] = asked["state"]
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    where = f"{asked['redirect_uri']}{joint}{urlencode(answer)}"
    return Response(302, b"", headers={"Location": where})


def _id_token(grant: Grant) -> str:
    """An ID token without a signature to check: it comes straight from the token endpoint (OIDC Core §3.1.3.7, 6)."""
    now = int(time.time())
    claims = {
        "iss": f"https://{grant.provider}.sandbox.example",
        "aud": grant.client_id,
        "sub": grant.account,
        "email": grant.account,
        "preferred_username": grant.account,
        "nonce": grant.nonce,
        "iat": now,
        "exp": now + 3600,
    }
    parts = ({"alg": "none"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"{coded[0]}.{coded[1]}."
