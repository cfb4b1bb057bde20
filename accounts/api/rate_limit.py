"""How often a token may call: counted by the minute, told in every answer.

Headers as many APIs have them (draft-ietf-httpapi-ratelimit-headers, version 03): ``RateLimit-Limit``,
``RateLimit-Remaining``, ``RateLimit-Reset`` in seconds; 429 with ``Retry-After`` beyond. People in a browser are not
counted. Redis may forget: then a minute begins anew, and without Redis nobody is refused.
"""

from __future__ import annotations

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

from accounts.models import ApiToken
from foundation.throttle import shared_redis

if TYPE_CHECKING:
    # rest_framework.views imports this class through its settings.
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)

_WINDOW = 60


@dataclass(frozen=True)
class Standing:
    """Where a token stands in its minute."""

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
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        standing = _count(token)
        if standing is None:
            return True
        self._standing = request._request.rate_limit = standing  # type: ignore[attr-defined]  # noqa: SLF001 - read by the middleware below
        return standing.used <= standing.limit

    def wait(self) -> float | None:
        """Seconds until the next minute."""
        return float(self._standing.reset) if self._standing else None


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


def _count(token: ApiToken) -> Standing | None:
    now = time.time()
    minute = int(now // _WINDOW)
    key = f"api:calls:{token.pk}:{minute}"
    try:
        with shared_redis().pipeline(transaction=False) as both:
            both.incr(key)
            both.expire(key, 2 * _WINDOW)
            used, _ = both.execute()
    except redis.RedisError as error:
        log.warning("api.calls_not_counted", failure=type(error).__name__)
        return None
    reset = max(int((minute + 1) * _WINDOW - now) + 1, 1)
    return Standing(settings.API_CALLS_PER_MINUTE, int(used), reset)
