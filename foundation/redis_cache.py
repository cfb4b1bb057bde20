"""Django's cache in Redis, with one client per connection pool.

Django makes a client for every call, which costs several times what asking Redis does: the client builds its table
of commands anew. A commit that emits an event asks once, so this is on the way of every message that is sent.
"""

from __future__ import annotations

from typing import Any

import redis
from django.core.cache.backends import redis as django_redis


class _KeptClients(django_redis.RedisCacheClient):
    """Clients hold no state between calls; connections are the pool's, which notices a fork."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[redis.ConnectionPool, redis.Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        """The client of the server that this call goes to."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # not in its stubs
        client = self._clients.get(pool)
        if client is None:
            client = self._clients[pool] = super().get_client(key, write=write)
        return client


class RedisCache(django_redis.RedisCache):
    """For ``CACHES``; settings are those of Django's own."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClients
