"""The vendor's sign-in: a page on which a person allows access, and the token endpoint (RFC 6749).

``redirect_uri`` has to be of this machine, and the same at the exchange; an empty ``scope`` is refused.
"""

from __future__ import annotations

import hmac
import html
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox import pages
from sandbox.ats.smartrecruiters.accounts import (
    CLIENT_ID,
    CLIENT_SECRET,
    CUSTOMER_CLIENT_ID,
    CUSTOMER_CLIENT_SECRET,
    USERS,
    Caller,
)
from sandbox.ats.smartrecruiters.records import Records
from sandbox.ats.smartrecruiters.rules import Rules
from sandbox.http_server import Request, Response

_CODE_SECONDS = 60.0
_CUSTOMERS = {CUSTOMER_CLIENT_ID: CUSTOMER_CLIENT_SECRET}


@dataclass
class Grants:
    """What was given out; the counts are for tests. Refresh tokens are among the records: they survive a restart."""

    codes: dict[str, tuple[Caller, str, float]] = field(default_factory=dict)
    accesses: dict[str, tuple[Caller, float]] = field(default_factory=dict)
    #: Clients of customers that may have tokens by ``client_credentials``.
    customers: dict[str, str] = field(default_factory=_CUSTOMERS.copy)
    exchanged: int = 0
    refreshed: int = 0
    #: Tokens given to a client of its own.
    granted: int = 0
    refused: int = 0


class SigningIn:
    """Both ends of it."""

    def __init__(self, rules: Rules, records: Records) -> None:
        self._rules, self._records = rules, records
        self.grants = Grants()

    def caller(self, token: str) -> Caller | None:
        """Whom an access token stands for now."""
        caller, until = self.grants.accesses.get(token, (None, 0.0))
        return caller if time.time() < until else None

    def expire(self) -> None:
        """Every access token is over now."""
        self.grants.accesses.clear()

    def withdraw(self) -> None:
        """The customer takes everything back."""
        self.grants.accesses.clear()
        self._records.disallow()
        self.grants.customers.clear()

    def restore(self) -> None:
        """The customers' clients are as in the beginning."""
        self.grants.customers = _CUSTOMERS.copy()

    def allow(self, request: Request) -> Response:
        """The page, and the decision made on it."""
        asked = _form(request) if request.method == "POST" else request.query
        problem = _problem(asked)
        if problem:
            body = f"<p>{html.escape(problem)}</p>"
            return Response.html(pages.page("Access blocked", body), 400)
        if request.method != "POST":
            return Response.html(pages.page("SmartRecruiters: allow access", _choice(asked)))
        if asked.get("decision") != "allow" or asked.get("user") not in USERS:
            return _back(asked, error="access_denied", error_description="Access was not allowed.")
        caller = _signed_in(asked["user"], frozenset(asked["scope"].split()))
        code = secrets.token_urlsafe(24)
        self.grants.codes[code] = (caller, asked["redirect_uri"], time.time() + _CODE_SECONDS)
        return _back(asked, code=code)

    def token(self, request: Request) -> Response:
        """``authorization_code``, ``refresh_token`` and ``client_credentials``."""
        asked = _form(request)
        kind = asked.get("grant_type")
        known = {CLIENT_ID: CLIENT_SECRET} | (self.grants.customers if kind == "client_credentials" else {})
        secret = known.get(asked.get("client_id", ""), "")
        if not secret or not hmac.compare_digest(asked.get("client_secret", ""), secret):
            return self._no("invalid_client", 401)
        if kind == "authorization_code":
            caller, uri, until = self.grants.codes.pop(asked.get("code", ""), (None, "", 0.0))
            if caller is None or time.time() > until or asked.get("redirect_uri", uri) != uri:
                return self._no("invalid_grant")
            self.grants.exchanged += 1
            return self._tokens(caller, refresh=self._refresh(caller))
        if kind == "refresh_token":
            word = asked.get("refresh_token", "")
            allowed = self._records.allowed(word)
            if allowed is None:
                return self._no("invalid_grant")
            holder = _signed_in(*allowed)
            self.grants.refreshed += 1
            if not self._rules.rotate_refresh:
                return self._tokens(holder, refresh="")
            self._records.disallow(word)
            return self._tokens(holder, refresh=self._refresh(holder))
        if kind == "client_credentials":
            # The partner's own client sets up customers and reads none of their people.
            partner = frozenset({"partner_configuration_manage"}) if secret == CLIENT_SECRET else None
            self.grants.granted += 1
            return self._tokens(Caller("user-admin", scopes=partner), refresh="")
        return self._no("unsupported_grant_type")

    def _refresh(self, caller: Caller) -> str:
        word = f"refresh-{secrets.token_urlsafe(24)}"
        self._records.allow(word, caller.user, caller.scopes or frozenset())
        return word

    def _tokens(self, caller: Caller, *, refresh: str) -> Response:
        word = secrets.token_urlsafe(32)
        seconds = self._rules.token_seconds
        self.grants.accesses[word] = (caller, time.time() + seconds)
        answer = {"access_token": word, "token_type": "Bearer", "expires_in": int(seconds)}
        return Response.json({**answer, **({"refresh_token": refresh} if refresh else {})})

    def _no(self, error: str, status: int = 400) -> Response:
        self.grants.refused += 1
        return Response.json({"error": error}, status)


def _signed_in(user: str, scopes: frozenset[str]) -> Caller:
    return Caller(user, administrator=USERS[user]["role"] == "ADMINISTRATOR", scopes=scopes)


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _problem(asked: Mapping[str, str]) -> str:
    missing = [name for name in ("client_id", "redirect_uri", "scope") if not asked.get(name)]
    if missing:
        return f"Missing: {', '.join(missing)}"
    if asked["client_id"] != CLIENT_ID:
        return "This client is not known."
    if urlsplit(asked["redirect_uri"]).hostname not in {"127.0.0.1", "localhost", "testserver"}:
        return "redirect_uri is not the registered one."
    return ""


def _choice(asked: Mapping[str, str]) -> str:
    kept = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
        if name not in {"user", "decision"}
    )
    users = "".join(
        f'<p><label><input type="radio" name="user" value="{number}"{" checked" if not place else ""}> '
        f"{html.escape(each['email'])} ({html.escape(each['role'])})</label></p>"
        for place, (number, each) in enumerate(USERS.items())
    )
    scopes = ", ".join(html.escape(each) for each in asked["scope"].split())
    return (
        f"<p>Beckon asks for: {scopes}. This page stands in for the vendor's own; nothing leaves this machine.</p>"
        f'<form method="post">{kept}{users}<p><button name="decision" value="allow">Allow access</button> '
        '<button name="decision" value="deny">Deny</button></p></form>'
    )


def _back(asked: Mapping[str, str], **answer: str) -> Response:
    if "state" in asked:
        answer["state"] = asked["state"]
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return Response(302, b"", headers={"Location": f"{asked['redirect_uri']}{joint}{urlencode(answer)}"})
