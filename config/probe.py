"""Health checks for containers, without curl: ``python -m config.probe http://127.0.0.1:8000/readyz`` or ``redis``.

Loads no Django. Exit code 0 when the address answers 200 or Redis answers PING.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.parse

import redis


def main(arguments: list[str]) -> int:
    """0 healthy, 1 not, with the reason on standard error."""
    problem = _redis() if arguments == ["redis"] else _page(arguments[0])
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


def _redis() -> str:
    try:
        with redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=4) as client:
            client.ping()
    except redis.RedisError as error:
        return f"redis: {error}"
    return ""


def _page(url: str) -> str:
    """The probe talks to its own container only, so this is not a call to the outside."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=4)
    try:
        connection.request("GET", parts.path or "/")
        answer = connection.getresponse()
        text = answer.read(500).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url}: {error}"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"{url}: {answer.status} {text}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
