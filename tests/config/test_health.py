"""Probes learn what is down and what is only degraded."""

from __future__ import annotations

import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import Organisation
from config import health
from foundation.models import Delivery, Event
from foundation.tasks import HEARTBEAT_KEY, heartbeat


def ready(client) -> tuple[int, dict[str, object]]:
    answer = client.get("/readyz", headers={"host": "not.our.host"})
    return answer.status_code, answer.json()


@pytest.fixture
def beating():
    heartbeat()
    yield
    cache.delete(HEARTBEAT_KEY)


def test_a_process_that_answers_is_healthy_without_a_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_with_everything_there_it_is_ready(client, beating):
    assert ready(client) == (200, {"status": "ok", "down": [], "degraded": []})


@pytest.mark.django_db
@pytest.mark.parametrize("silent_for", [None, 3600])
def test_a_silent_worker_is_named_and_pages_go_on(client, silent_for):
    cache.set(HEARTBEAT_KEY, silent_for and time.time() - silent_for, timeout=60)
    assert ready(client) == (200, {"status": "degraded", "down": [], "degraded": ["worker"]})


@pytest.mark.django_db
def test_news_that_was_given_up_is_named(client, beating):
    ours = Organisation.objects.create(name="Acme")
    event = Event.objects.create(organisation=ours, kind="x", subject="x:1")
    Delivery.objects.create(organisation=ours, event=event, consumer="gone", subject="x:1", dead=True)
    assert ready(client)[1]["degraded"] == ["news"]


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_named(client, beating):
    MigrationRecorder(connection).record_unapplied("foundation", "0001_initial")
    assert health.pending_migrations() == ["foundation.0001_initial"]
    assert ready(client) == (503, {"status": "down", "down": ["migrations"], "degraded": []})


@pytest.mark.django_db
def test_a_redis_that_is_gone_is_named(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "foundation.redis_cache.RedisCache",
            "LOCATION": "unix:///nowhere/redis.sock",
        }
    }
    assert ready(client) == (503, {"status": "down", "down": ["redis"], "degraded": []})


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone_is_named_and_found_again(client, beating):
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        assert ready(client) == (503, {"status": "down", "down": ["database"], "degraded": []})
    finally:
        connection.settings_dict["HOST"] = host
    assert ready(client)[0] == 200
