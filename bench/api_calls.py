"""Calls of a program with a token, one after the other on one line, for the benches of the API."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from bench.sourcing_data import Data
from config.embedded.stack import Stack

#: No minute of a bench is held back.
SETTINGS = {"API_CALLS_PER_MINUTE": "1000000"}


class Program:
    """A program with a token of the data's admin; the line stays open, as a browser keeps it."""

    def __init__(self, stack: Stack, secret: str) -> None:
        address = urlsplit(stack.url)
        self._line = http.client.HTTPConnection(str(address.hostname), address.port)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer's body; anything but 2xx ends the bench."""
        sent = None if body is None else json.dumps(body)
        self._line.request(method, path, sent, self._headers | headers)
        answer = self._line.getresponse()
        told = answer.read()
        if not 200 <= answer.status < 300:
            raise SystemExit(f"{method} {path} answered {answer.status}: {told[:500]!r}")
        return json.loads(told)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


@contextlib.contextmanager
def program(stack: Stack, data: Data) -> Iterator[Program]:
    """With a token that goes again."""
    from django.utils import timezone  # noqa: PLC0415 - Django is there once a stack is

    from accounts import tokens  # noqa: PLC0415
    from accounts.models import ApiToken, User  # noqa: PLC0415

    actor = User.objects.get(pk=data.user_id)
    token, secret = tokens.create(actor=actor, name="Bench", days=30, now=timezone.now())
    with contextlib.closing(Program(stack, secret)) as made:
        yield made
    ApiToken.objects.for_organisation(data.organisation_id).filter(pk=token.pk).delete()


def milliseconds(asked: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    asked()
    return (time.perf_counter() - started) * 1000


def p95(values: Sequence[float]) -> float:
    """All but one in twenty are at most this."""
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]
