"""``/healthz``: this process answers. ``/readyz``: and everything it needs does, or which does not."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError


class HealthMiddleware:
    """Answers the two addresses before hosts, sessions and redirects are looked at: probes send none of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            down = what_is_down()
            return JsonResponse(
                {"status": "down" if down else "ok", "down": down}, status=503 if down else 200
            )
        return self.get_response(request)


def what_is_down() -> list[str]:
    """Names of the services that do not answer."""
    down = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        down.append("database")
    try:
        cache.get("readyz")
    except (RedisError, OSError):
        down.append("redis")
    return down
