"""How often a token may call: counted by the minute, told in every answer.

Headers as many APIs have them (draft-ietf-httpapi-ratelimit-headers, version 03): ``RateLimit-Limit``,
``RateLimit-Remaining``, ``RateLimit-Reset`` in seconds; 429 with ``Retry-After`` beyond. People in a browser are not
counted. Redis may forget: then a minute begins anew, and without Redis nobody is refused.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken, PairedBrowser
from foundation.client_address import client_address
from foundation.throttle import shared_redis

if TYPE_CHECKING:
    # rest_framework.views imports this class through its settings.
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)

_WINDOW = 60
#: So often a minute may one address be wrong where nobody has logged in.
MISTAKES = 20
#: By version of the internet protocol.
_COUNTED_BITS = {4: 32, 6: 64}


@dataclass(frozen=True)
class Standing:
    """Where a token or paired browser stands in its minute."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Calls left until ``reset``."""
        return max(self.limit - self.used, 0)


class PerToken(BaseThrottle):
    """REST framework's door to it; DEFAULT_THROTTLE_CLASSES."""

    _standing: Standing | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - REST framework's signature
        """Count the call; False when it is one too many."""
        caller = request.auth
        if not isinstance(caller, ApiToken | PairedBrowser):
            return True
        standing = _stands(caller)
        if standing is None:
            return True
        self._standing = request._request.rate_limit = standing  # type: ignore[attr-defined]  # noqa: SLF001 - read by the middleware below
        return standing.used <= standing.limit

    def wait(self) -> float | None:
        """Seconds until the next minute."""
        return float(self._standing.reset) if self._standing else None


class FewMistakes(BaseThrottle):
    """For views without login: an address that was wrong :data:`MISTAKES` times waits for the next minute.

    Whoever is right is not counted; the view tells of the others by :func:`mistaken`.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """False when the address has been wrong too often."""
        try:
            made = shared_redis().get(_mistakes_of(request, view))
        except redis.RedisError as error:
            log.warning("api.mistakes_not_counted", failure=type(error).__name__)
            return True
        return int(made or 0) < MISTAKES

    def wait(self) -> float | None:
        """Seconds until the next minute."""
        return float(_left_of_minute())


def mistaken(request: Request, view: APIView) -> None:
    """The caller was wrong."""
    try:
        _one_more(_mistakes_of(request, view))
    except redis.RedisError as error:
        log.warning("api.mistakes_not_counted", failure=type(error).__name__)


class RateLimitHeaders:
    """Every answer to a token says where it stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        standing: Standing | None = getattr(request, "rate_limit", None)
        if standing is not None:
            response["RateLimit-Limit"] = str(standing.limit)
            response["RateLimit-Remaining"] = str(standing.remaining)
            response["RateLimit-Reset"] = str(standing.reset)
        return response


def _stands(caller: ApiToken | PairedBrowser) -> Standing | None:
    kind = "browser:" if isinstance(caller, PairedBrowser) else ""
    try:
        used = _one_more(f"api:calls:{kind}{caller.pk}:{_minute()}")
    except redis.RedisError as error:
        log.warning("api.calls_not_counted", failure=type(error).__name__)
        return None
    return Standing(settings.API_CALLS_PER_MINUTE, used, _left_of_minute())


def _mistakes_of(request: Request, view: APIView) -> str:
    """IPv6 is counted by the network of one connection, in which everybody has as many addresses as they like."""
    try:
        address = ipaddress.ip_address(client_address(request))
        length = _COUNTED_BITS[address.version]
        counted = str(ipaddress.ip_network(f"{address}/{length}", strict=False))
    except ValueError:
        counted = "unknown"
    return f"api:mistakes:{type(view).__name__}:{counted}:{_minute()}"


def _one_more(key: str) -> int:
    """Count one more under ``key``; raises RedisError."""
    with shared_redis().pipeline(transaction=False) as both:
        both.incr(key)
        both.expire(key, 2 * _WINDOW)
        used, _ = both.execute()
    return int(used)


def _minute() -> int:
    return int(time.time() // _WINDOW)


def _left_of_minute() -> int:
    return max(int(_WINDOW - time.time() % _WINDOW) + 1, 1)
