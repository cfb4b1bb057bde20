"""What a vendor was asked for a page, kept for a moment: whoever leafs through a list does not ask again each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache import cache


def rows(key: str, ask: Callable[[], list[Any]], *, seconds: int, fresh: bool) -> list[Any]:
    """What ``ask`` answers, as plain rows; the answer kept under ``key`` unless it must be ``fresh``.

    The key names all that the answer depends on: connection, credential, what was asked. Raises what ``ask`` raises.
    """
    kept: list[Any] | None = None if fresh else cache.get(key)
    if kept is None:
        kept = ask()
        cache.set(key, kept, timeout=seconds)
    return kept
