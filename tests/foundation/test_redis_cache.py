"""The cache in Redis: one client per pool, whatever is asked."""

from __future__ import annotations

import threading

from django.core.cache import cache, caches

from foundation.redis_cache import RedisCache


def test_a_call_makes_no_client_of_its_own_and_threads_have_their_own():
    assert isinstance(caches["default"], RedisCache)
    asked = cache._cache  # type: ignore[attr-defined]
    client = asked.get_client("kept", write=True)
    assert cache.add("kept", "value", timeout=5)
    assert not cache.add("kept", "another", timeout=5)
    assert (cache.get("kept"), cache.delete("kept"), cache.get("kept")) == ("value", True, None)
    assert asked.get_client("kept") is client
    others = []
    thread = threading.Thread(target=lambda: others.append(cache._cache.get_client("kept")))  # type: ignore[attr-defined]
    thread.start()
    thread.join()
    assert others[0] is not client
