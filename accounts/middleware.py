"""Tells the audit trail who acts in this request."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from accounts.audit import acting_as


class ActorMiddleware:
    """Every change of a request is its user's; reading costs nothing, because the user is asked at the first write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return self.get_response(request)
        known = structlog.contextvars.get_contextvars()
        with acting_as(request.user, request_id=str(known.get("request_id", ""))):
            return self.get_response(request)
