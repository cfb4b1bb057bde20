"""API tokens and those of paired browsers as DRF authentication: ``Authorization: Bearer <token>``."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import pairing, tokens
from accounts.models import ApiToken, PairedBrowser, User
from foundation.problems import Problem


class Refused(AuthenticationFailed):
    """A problem of ours, with its code, where REST framework wants one of its own."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.default_code = problem.code


class ApiTokenAuthentication(BaseAuthentication):
    """The user of a token that is neither expired nor revoked, or of a paired browser (``accounts.pairing``)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken | PairedBrowser] | None:
        """None when the header is not ours; AuthenticationFailed when the token is not good."""
        known: tuple[User, ApiToken] | None = getattr(request._request, "token_caller", None)  # noqa: SLF001 - set by the middleware of keys
        if known is not None:
            return known
        words = get_authorization_header(request).decode("latin-1").split()
        if len(words) != 2 or words[0].lower() != "bearer":
            return None
        now = timezone.now()
        if words[1].startswith(pairing.ACCESS_PREFIX):
            try:
                browser = pairing.authenticate(token=words[1], now=now)
            except Problem as problem:
                raise Refused(problem) from None
            return browser.user, browser
        # By its hash alone: the conditions of the rest would be compiled anew with every call.
        rows = ApiToken.objects.across_organisations("the token names its organisation")
        rows = rows.select_related("user__organisation").filter(token_hash=tokens.hash_of(words[1]))
        token = next(iter(rows[:1]), None)
        if token is None or not tokens.is_good(token, now=now):
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        tokens.used(token, now=now)
        token.user.narrowed_to = tokens.rights_of(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """Makes a missing token 401 instead of 403."""
        return "Bearer"
