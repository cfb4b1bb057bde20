"""``make bench-sourcing ROWS=…``: how fast people are found, page and counts, against hand-written SQL and brute force.

Whole HTTP requests to a web process, one after the other. Each recorded question (``sourcing_queries.txt``) is asked
several times; the worst p95 is what counts, beside the best of three hand-written statements for the same rows. On
10,000 people every answer, rank and count is compared with plain Python over the people's records.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.report import Figure, show
from bench.sourcing_data import Data, people, recorded
from config.embedded.stack import Stack

#: What a page may take beside its rows: template, marks, session.
ALLOWANCE = 60.0


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--only", default="", help="questions that contain this, with each statement's time")
    wanted = parser.parse_args()
    queries = [line for line in recorded() if wanted.only in line]
    figures: list[Figure] = []
    if not wanted.only:
        # A process of its own: Django joins one database and no second.
        done = subprocess.run(
            [sys.executable, "-m", "bench.sourcing_truth"], stdout=subprocess.PIPE, check=True
        )
        figures += [Figure(name, value, 1.0) for name, value in json.loads(done.stdout).items()]
    with people(wanted.rows, web=True) as (stack, data):
        figures += _measure(stack, data, queries, wanted.repeat)
    return show(figures)


@dataclass(frozen=True)
class Times:
    """Milliseconds of one address, asked several times."""

    path: str
    values: list[float]

    @property
    def p95(self) -> float:
        """All but one in twenty are at most this."""
        return sorted(self.values)[math.ceil(len(self.values) * 0.95) - 1]


class Browser:
    """Requests to the web process with the session of the data's admin, each on a line of its own."""

    def __init__(self, stack: Stack, data: Data) -> None:
        from django.test import Client  # noqa: PLC0415 - Django is there once a stack is

        from accounts.models import User  # noqa: PLC0415

        client = Client()
        client.force_login(User.objects.get(pk=data.user_id))
        self._cookie = f"sessionid={client.cookies['sessionid'].value}"
        self._address = urlsplit(stack.url)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """The answer's status and body."""
        line = http.client.HTTPConnection(str(self._address.hostname), self._address.port)
        with contextlib.closing(line):
            line.request("GET", path, headers={"Cookie": self._cookie} | headers)
            answer = line.getresponse()
            return answer.status, answer.read()

    def warm_up(self, path: str, **headers: str) -> None:
        """Every thread of the web process connects to the database and has loaded what the page needs."""
        with ThreadPoolExecutor(16) as people:
            list(people.map(lambda _: self.get(path, **headers), range(24)))

    def time(self, path: str, repeat: int, **headers: str) -> Times:
        """Ask by every thread unmeasured, then ``repeat`` times.

        A connection that reads rows for the first time maps the memory they are in, 20 ms for 25,000 of them; the
        hand-written statements are measured on one that has.
        """
        self.warm_up(path, **headers)
        values = []
        for _ in range(repeat):
            started = time.perf_counter()
            status, _ = self.get(path, **headers)
            values.append((time.perf_counter() - started) * 1000)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
        return Times(path, values)


def _measure(stack: Stack, data: Data, queries: list[str], repeat: int) -> list[Figure]:
    browser = Browser(stack, data)
    part = {"HX-Request": "true", "HX-Target": "filters"}
    pages = [browser.time(f"/people/?{query}", repeat) for query in queries]
    counts = [browser.time(f"/people/counts/?{query}", max(3, repeat // 2), **part) for query in queries]
    # Last: the slow ones among them read whole tables, and push out of memory what the pages after them need.
    floors = [min(_timed(statement, repeat) for statement in _by_hand(data, query)) for query in queries]
    over = [page.p95 - floor for page, floor in zip(pages, floors, strict=True)]
    for query, page, count, floor in zip(queries, pages, counts, floors, strict=True):
        print(f"{page.p95:8.1f} {count.p95:8.1f} {floor:8.1f}  {query}", file=sys.stderr)
    typing = [browser.time(f"/people/suggest/?{asked}", repeat) for asked in _TYPED]
    profile = browser.time(f"/people/{data.rows // 2}/", repeat)
    worst = max(pages, key=lambda each: each.p95)
    slow = max(counts, key=lambda each: each.p95)
    print(f"slowest page {worst.path}, slowest counts {slow.path}", file=sys.stderr)
    return [
        Figure("search_p95_worst_of_all_questions", worst.p95, 200, "ms", most=True),
        Figure("search_counts_p95_worst", slow.p95, 200, "ms", most=True),
        Figure("search_p95_over_best_sql_worst", max(over), ALLOWANCE, "ms", most=True),
        Figure("search_median_of_p95", statistics.median(each.p95 for each in pages), unit="ms"),
        Figure("list_p95", pages[0].p95, 150, "ms", most=True),
        Figure("type_ahead_p95_worst", max(each.p95 for each in typing), 60, "ms", most=True),
        Figure("profile_p95", profile.p95, 100, "ms", most=True),
    ]


_TYPED = (
    *(f"q={text}" for text in ("so", "pyth", "senior+eng", "muller", "anna")),
    *(
        "kind=title&title=engineer",
        "kind=company&company=ber",
        "kind=school&school=university",
        "kind=skill&skill=ku",
    ),
)


def _by_hand(data: Data, query: str) -> Iterator[Callable[[], object]]:
    """The same rows in one statement each way: as the planner likes, by the ordered index, by the word index."""
    from django.db import connection, transaction  # noqa: PLC0415 - Django is there once a stack is
    from django.http import QueryDict  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from sourcing.search import query as search  # noqa: PLC0415
    from sourcing.search import sorting  # noqa: PLC0415
    from sourcing.search.question import Question  # noqa: PLC0415

    question = Question.from_query(QueryDict(query))
    asked = search.compiled(question, User.objects.get(pk=data.user_id))
    by = sorting.of(question.order, asked)
    where, values = ("false", []) if asked.nobody else asked.where()
    expression, ranked = by.expression()
    order = f"ORDER BY place {by.direction}, candidate_id {by.direction} LIMIT 50"
    statement = f"SELECT candidate_id, {expression} AS place FROM sourcing_personsearch WHERE {where} {order}"  # noqa: S608 - ours

    def run(off: str) -> Callable[[], object]:
        def once() -> object:
            with transaction.atomic(), connection.cursor() as cursor:
                for method in off.split():
                    cursor.execute(f"SET LOCAL enable_{method} = off")
                cursor.execute(statement, [*ranked, *values])
                return cursor.fetchall()

        return once

    yield run("")
    if by.order.value != "relevance":
        yield run("seqscan bitmapscan sort")
    yield run("seqscan indexscan")


def _timed(statement: Callable[[], object], repeat: int) -> float:
    """Median milliseconds; a way that takes a second is tried once."""
    values: list[float] = []
    while len(values) < max(3, repeat // 4) and sum(values) < 1_000:
        started = time.perf_counter()
        statement()
        values.append((time.perf_counter() - started) * 1000)
    return statistics.median(values)


if __name__ == "__main__":
    sys.exit(main())
