"""Pages asked for in this process: all that a request passes but the socket. Imported under Django."""

from __future__ import annotations

import html
import math
import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.test import Client

from accounts.models import User
from config.embedded import prepare
from config.garbage import leave_what_is_loaded

_NEXT = re.compile(r'href="([^"]*)"[^>]*rel="next"')


@dataclass(frozen=True)
class Times:
    """Milliseconds of the same kind of request, unmeasured ones left out."""

    values: list[float]

    @property
    def p95(self) -> float:
        """All but one in twenty are at most this."""
        return sorted(self.values)[math.ceil(len(self.values) * 0.95) - 1]

    @property
    def median(self) -> float:
        """Half are at most this."""
        return statistics.median(self.values)


class Visitor:
    """A logged-in user who asks for pages and presses buttons."""

    def __init__(self, user: User) -> None:
        prepare.collect_static()
        self._client = Client(SERVER_NAME="localhost")
        self._client.force_login(user)
        self._client.get("/people/")  # loads every module of the site, as a web process has before it answers
        leave_what_is_loaded()

    def time(self, paths: Iterable[str]) -> Times:
        """Ask for each, the first one twice before; every answer has to be a page."""
        paths = list(paths)
        values = [self._get(path)[0] for path in [paths[0], paths[0], *paths]]
        return Times(values[2:])

    def walk(self, path: str, *, count: int) -> Times:
        """Follow a list's own *Next* from its first page on, and begin again at its end."""
        values, query = [], ""
        for _ in range(count):
            took, page = self._get(f"{path}{query}")
            values.append(took)
            found = _NEXT.search(page)
            query = html.unescape(found[1]) if found else ""
        return Times(values)

    def press(self, path: str) -> float:
        """POST, which has to lead on; milliseconds."""
        begun = time.perf_counter()
        answer = self._client.post(path)
        took = (time.perf_counter() - begun) * 1_000
        if answer.status_code != 302:
            raise SystemExit(f"{path} answered {answer.status_code}")
        return took

    def _get(self, path: str) -> tuple[float, str]:
        begun = time.perf_counter()
        answer = self._client.get(path)
        took = (time.perf_counter() - begun) * 1_000
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        return took, answer.content.decode()


def timed(acts: Iterable[Callable[[], object]]) -> Times:
    """The same for what is no page."""
    values = []
    for act in acts:
        begun = time.perf_counter()
        act()
        values.append((time.perf_counter() - begun) * 1_000)
    return Times(values)
