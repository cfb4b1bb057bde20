"""``/healthz``: this process answers. ``/readyz``: and everything it needs does, or which does not.

Down (503) is what a page needs: the database, its migrations, Redis. Degraded (still 200, pages work) is what
work in the background needs: a worker that answers beat, and news that arrives.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import structlog
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import module_has_submodule
from redis.exceptions import RedisError

from foundation import events
from foundation.tasks import HEARTBEAT_KEY

log = structlog.get_logger(__name__)

#: Beat ticks every 10 s; a worker that was busy for this long is not working.
HEARTBEAT_SECONDS = 60


class HealthMiddleware:
    """Answers the two addresses before hosts, sessions and redirects are looked at: probes send none of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return _readiness()
        return self.get_response(request)


def _readiness() -> JsonResponse:
    down, degraded = what_is_down(), []
    if not down:
        degraded = what_is_degraded()
    status = "down" if down else "degraded" if degraded else "ok"
    body = {"status": status, "down": down, "degraded": degraded}
    return JsonResponse(body, status=503 if down else 200)


def what_is_down() -> list[str]:
    """Names of what a page needs and does not get: ``database``, ``migrations``, ``redis``."""
    down = []
    try:
        if pending_migrations():
            down.append("migrations")
    except DatabaseError as error:
        log.warning("health.database_down", failure=type(error).__name__)
        connection.close()  # the next question begins with a new connection
        down.append("database")
    try:
        cache.get(HEARTBEAT_KEY)
    except (RedisError, OSError) as error:
        log.warning("health.redis_down", failure=type(error).__name__)
        down.append("redis")
    return down


def what_is_degraded() -> list[str]:
    """Names of what background work needs: ``worker`` (or beat) is silent, ``news`` waits or was given up."""
    degraded = []
    beaten_at = cache.get(HEARTBEAT_KEY)
    if not isinstance(beaten_at, float) or time.time() - beaten_at > HEARTBEAT_SECONDS:
        degraded.append("worker")
    if any(events.waiting().values()):
        degraded.append("news")
    return degraded


def pending_migrations() -> list[str]:
    """Our migrations on disk that the database has not seen; asks the database each time, imports none of them."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{room}.{name}" for room, name in _on_disk() if (room, name) not in applied]


def _on_disk() -> Iterator[tuple[str, str]]:
    for config in apps.get_app_configs():
        ours = Path(config.path).parent == settings.BASE_DIR
        if ours and config.module is not None and module_has_submodule(config.module, "migrations"):
            package = import_module(f"{config.name}.migrations")
            for module in pkgutil.iter_modules(package.__path__):
                yield config.label, module.name
