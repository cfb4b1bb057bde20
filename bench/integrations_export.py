"""How fast people go to another system: one worker, against a bare ``requests.Session`` that makes the same calls.

PEOPLE go to the stand-in SourceWhale, which answers after 30 ms. Then the stand-in forgets them, and the very requests
it booked, with the same bodies, are made once more by a loop around one session: one after the other, as the worker
made them. A few people go before them, so that the worker has loaded what it needs.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import uuid
from typing import Any

import requests

from bench import integrations_world as world
from bench.report import Figure, show
from config.embedded.programs import Worker
from config.embedded.stack import Stack

WORKERS = (Worker("worker-sync", ("sync",), threads=1), Worker("worker-rest", ("default",), threads=1))
SETTINGS = {
    "LOG_LEVEL": "WARNING",
    "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    "SOURCEWHALE_CALLS_PER_SECOND": "100000",
}
#: Seconds until the stand-in answers.
DELAY = 0.03
#: People who go first, unmeasured.
FIRST = 10


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    wanted = parser.parse_args()
    with Stack(workers=WORKERS, web=False, sandbox=True, settings=SETTINGS) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_export(stack, people=wanted.people))


def _export(stack: Stack, *, people: int) -> list[Figure]:
    from integrations import exporting, targets  # noqa: PLC0415 - models are there once Django is loaded
    from integrations.models import ExportMode  # noqa: PLC0415

    key = next(each for each in stack.sandbox["sourcewhale"]["keys"] if each["allowed"])
    alice = world.alice()
    ids = world.people(alice, FIRST + people)
    row = world.connected(
        alice,
        "sourcewhale",
        capabilities=["export", "pools"],
        api_key=key["key"],
        identity=key["campaigns"][0]["owner"],
    )
    target = targets.choices(viewer=alice, connection=row, mode=ExportMode.PROSPECTS)[0]

    def go(some: list[int]) -> None:
        export = exporting.start(
            actor=alice,
            connection=row,
            mode=ExportMode.PROSPECTS,
            target_id=target.external_id,
            request_key=uuid.uuid4(),
            candidate_ids=some,
        )
        assert export.run is not None
        world.until_ended(export.run)

    go(ids[:FIRST])
    world.order(stack, "sourcewhale", "clear")
    world.order(stack, "sourcewhale", "faults", {"kind": "slow", "seconds": DELAY, "times": 0})
    worker = stack.pid("worker-sync")
    began, worked = time.monotonic(), world.processor(worker)
    go(ids[FIRST:])
    ours, worked = time.monotonic() - began, world.processor(worker) - worked
    arrived = len(world.told(stack, "sourcewhale", "people"))
    calls = world.told(stack, "sourcewhale", "requests")[::-1]
    world.order(stack, "sourcewhale", "clear")
    bare = _again(stack.sandbox["sourcewhale"]["base_url"], key["key"], calls)
    assert len(world.told(stack, "sourcewhale", "people")) == arrived
    return [
        Figure("export_against_bare_session", bare / ours, floor=0.8),
        Figure("export_people_per_second", people / ours, unit="people/s"),
        Figure("bare_people_per_second", people / bare, unit="people/s"),
        Figure("export_calls_per_person", len(calls) / people),
        Figure("export_processor_ms_per_person", worked / people * 1000, unit="ms"),
        Figure("export_twice_or_lost_there", abs(arrived - people), floor=0.0, most=True),
    ]


def _again(url: str, api_key: str, calls: list[dict[str, Any]]) -> float:
    """Seconds for the same calls without any of ours."""
    session = requests.Session()
    session.headers["api-key"] = api_key
    began = time.monotonic()
    for call in calls:
        body = json.loads(call["body"]) if call["body"] else None
        session.request(
            call["method"], url + call["path"], params=call["query"], json=body, timeout=30
        ).raise_for_status()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
