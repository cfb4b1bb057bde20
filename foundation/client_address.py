"""Who asks: the network address of the caller, as the nearest proxy saw it."""

from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The last entry of ``X-Forwarded-For``, which the nearest proxy wrote; without a proxy the other end of the line.

    What stands before the last entry is the caller's own word. Without a proxy all of it is (docs/deploy.md), so it
    must never be all that protects something.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded or str(request.META.get("REMOTE_ADDR", ""))
