"""What an authorization server remembers: codes, refresh tokens, access tokens. In memory: a restart forgets all."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace

#: How long a code may be exchanged (RFC 6749 §4.1.2: at most ten minutes).
CODE_SECONDS = 60.0


@dataclass(frozen=True)
class Grant:
    """What somebody agreed to: this client may act for ``account`` within ``scope``."""

    provider: str
    account: str
    client_id: str
    scope: str
    nonce: str = ""


@dataclass(frozen=True)
class Code:
    """One authorization code, good for one exchange from the address it was sent to."""

    grant: Grant
    redirect_uri: str
    challenge: str
    until: float


@dataclass(frozen=True)
class Access:
    """One access token."""

    grant: Grant
    until: float

    @property
    def alive(self) -> bool:
        """Whether it opens a mailbox now."""
        return time.time() < self.until


@dataclass
class Grants:
    """Everything that was given out; the counts are for tests."""

    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)
    exchanged: int = 0
    refreshed: int = 0
    refused: int = 0
    revoked: int = 0

    def code(self, grant: Grant, *, redirect_uri: str, challenge: str) -> str:
        """A new code."""
        word = secrets.token_urlsafe(24)
        self.codes[word] = Code(grant, redirect_uri, challenge, time.time() + CODE_SECONDS)
        return word

    def take_code(self, word: str, *, redirect_uri: str, verifier: str) -> Grant | None:
        """The grant behind a code, once; None for a used, old or foreign one, or a wrong PKCE verifier."""
        code = self.codes.pop(word, None)
        if code is None or time.time() > code.until or code.redirect_uri != redirect_uri:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            return None
        return code.grant

    def access(self, grant: Grant, *, seconds: float) -> str:
        """A new access token."""
        word = secrets.token_urlsafe(32)
        self.accesses[word] = Access(grant, time.time() + seconds)
        return word

    def refresh(self, grant: Grant) -> str:
        """A new refresh token; older ones stay good, as at both providers."""
        word = f"{grant.provider}-refresh-{secrets.token_urlsafe(24)}"
        self.refreshes[word] = grant
        return word

    def opens(self, word: str) -> str:
        """The account an access token opens now; empty if it opens nothing."""
        access = self.accesses.get(word)
        return access.grant.account if access is not None and access.alive else ""

    def expire(self) -> int:
        """Every access token is over now, as after an hour; how many were alive."""
        alive = [word for word, access in self.accesses.items() if access.alive]
        for word in alive:
            self.accesses[word] = replace(self.accesses[word], until=0.0)
        return len(alive)

    def withdraw(self, account: str, provider: str = "") -> int:
        """The owner takes everything back ("Remove access"); how many refresh tokens that ends."""

        def theirs(grant: Grant) -> bool:
            return grant.account == account and provider in {"", grant.provider}

        gone = [word for word, grant in self.refreshes.items() if theirs(grant)]
        for word in gone:
            del self.refreshes[word]
        self.accesses = {w: each for w, each in self.accesses.items() if not theirs(each.grant)}
        self.revoked += len(gone)
        return len(gone)

    def revoke(self, word: str) -> None:
        """RFC 7009: of either kind of token; at Google the whole consent goes with it."""
        grant = self.refreshes.get(word) or (self.accesses[word].grant if word in self.accesses else None)
        if grant is not None:
            self.withdraw(grant.account, grant.provider)
