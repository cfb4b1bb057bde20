"""What a request takes from its user: who acts, for the audit trail, and in which zone times are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from foundation import transactions

log = structlog.get_logger(__name__)


class ActorMiddleware:
    """Every change of a request is its user's, whom the API knows only when the view has looked at the token.

    So the request is asked when something is written; reading costs nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return self.get_response(request)
        known = structlog.contextvars.get_contextvars()
        request_id = str(known.get("request_id", ""))
        with transactions.settings_for_each_transaction(lambda: transactions.who(request.user, request_id)):
            return self.get_response(request)


class TimeZoneMiddleware:
    """Pages show and read times in the zone of the user's profile; the API answers in UTC to everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(_zone_of(request)):
            return self.get_response(request)


def _zone_of(request: HttpRequest) -> tzinfo:
    user = request.user
    if not isinstance(user, User):
        return timezone.get_default_timezone()
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        # Staff can type anything, and a newer machine may not know an old name: no reason to lose every page.
        log.warning("accounts.unknown_zone", user_id=user.pk)
        return timezone.get_default_timezone()
