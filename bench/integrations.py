"""``make bench-integrations``: how fast people go to another system, and how near its published limit we stay.

Export: PEOPLE to the stand-in SourceWhale that answers after 30 ms, one worker, against a bare ``requests.Session``
that makes the very calls the export made, one after the other, with the same bodies. Limit: four processes call one
account as often as the pace keeper lets them, against what the limit allows.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import time
import uuid
from typing import Any

import requests

from bench.report import Figure, show
from config.embedded.programs import Worker
from config.embedded.stack import Stack

WORKERS = (Worker("worker-sync", ("sync",), threads=1), Worker("worker-rest", ("default",), threads=1))
#: Seconds until the stand-in answers.
DELAY = 0.03
#: The limit of the second part: calls in any second, kept for so many seconds by so many processes.
CALLS, SECONDS, PROCESSES = 20, 15.0, 4


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    wanted = parser.parse_args()
    settings = {
        "LOG_LEVEL": "WARNING",
        "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "SOURCEWHALE_CALLS_PER_SECOND": "100000",
    }
    with Stack(workers=WORKERS, web=False, sandbox=True, settings=settings) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show([*_export(stack, people=wanted.people), *_limit()])


def _export(stack: Stack, *, people: int) -> list[Figure]:
    from config import main_job  # noqa: PLC0415 - models are there once Django is loaded
    from integrations import connections, exporting, targets  # noqa: PLC0415
    from integrations.models import ExportMode  # noqa: PLC0415
    from sourcing.people import create_candidate  # noqa: PLC0415

    told = stack.sandbox["sourcewhale"]
    key = next(each for each in told["keys"] if each["allowed"])
    [alice] = main_job.organisation_with("Bench", ("alice@example.com", "Alice", "admin", uuid.uuid4().hex))
    assert alice.organisation is not None
    ids = [
        create_candidate(
            organisation=alice.organisation,
            actor=alice,
            first_name=f"Ada{number}",
            last_name="Byron",
            emails=[(f"ada{number}@people.example", "work")],
        ).pk
        for number in range(people)
    ]
    row = connections.begin(actor=alice, vendor="sourcewhale", capabilities=["export", "pools"])
    connections.set_identity(actor=alice, connection=row, email=key["campaigns"][0]["owner"])
    run = connections.submit(actor=alice, connection=row, values={"api_key": key["key"]})
    _until_ended(run)
    row.refresh_from_db()
    target = targets.choices(viewer=alice, connection=row, mode=ExportMode.PROSPECTS)[0]
    control = stack.sandbox["control_url"]
    requests.post(
        f"{control}/sourcewhale/faults", json={"kind": "slow", "seconds": DELAY, "times": 0}, timeout=10
    ).raise_for_status()
    began = time.monotonic()
    export = exporting.start(
        actor=alice,
        connection=row,
        mode=ExportMode.PROSPECTS,
        target_id=target.external_id,
        request_key=uuid.uuid4(),
        candidate_ids=ids,
    )
    assert export.run is not None
    _until_ended(export.run)
    ours = people / (time.monotonic() - began)
    arrived = len(requests.get(f"{control}/sourcewhale/people", timeout=30).json())
    bare = people / _bare(told["base_url"], key["key"], people=people, campaign=target.external_id)
    return [
        Figure("export_against_bare_session", ours / bare, floor=0.8),
        Figure("export_people_per_second", ours, unit="people/s"),
        Figure("bare_people_per_second", bare, unit="people/s"),
        Figure("export_twice_there", arrived - people - 1, floor=0.0, most=True),
    ]


def _until_ended(run: Any) -> None:
    while not run.ended:
        time.sleep(0.05)
        run.refresh_from_db()


def _bare(url: str, api_key: str, *, people: int, campaign: str) -> float:
    """Seconds for the same calls without any of ours: a search that finds nobody, then the add."""
    session = requests.Session()
    session.headers["api-key"] = api_key
    began = time.monotonic()
    for number in range(people):
        address = f"bare{number}@people.example"
        session.get(
            f"{url}/v1/candidates/search", params={"key": "email", "value": address}, timeout=30
        ).raise_for_status()
        body = {
            "name": f"Bare{number} Byron",
            "firstName": f"Bare{number}",
            "lastName": "Byron",
            "emails": [address],
            "source": "Beckon",
        }
        session.post(
            f"{url}/v1/candidates/add",
            json={"candidates": [body], "campaignId": campaign, "sendImmediately": False},
            timeout=30,
        ).raise_for_status()
    return time.monotonic() - began


def _limit() -> list[Figure]:
    """How many calls four processes get through, and the most in any one second."""
    account = uuid.uuid4().hex
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        lists = pool.map(_call_as_allowed, [account] * PROCESSES)
    calls = sorted(moment for each in lists for moment in each)
    within = [moment for moment in calls if moment - calls[0] < SECONDS]
    most = max(sum(1 for other in calls if 0 <= other - moment < 1.0) for moment in calls)
    return [
        Figure("limit_share_used", len(within) / (CALLS * SECONDS), floor=0.95),
        Figure("limit_most_in_a_second", float(most), floor=float(CALLS), most=True),
    ]


def _call_as_allowed(account: str) -> list[float]:
    """Take turns for the whole time; the moments at which a call would have left."""
    import datetime  # noqa: PLC0415 - a process of its own
    import os  # noqa: PLC0415

    import redis  # noqa: PLC0415

    from integrations.base.errors import RateLimited  # noqa: PLC0415
    from integrations.base.throttle import Budget, Pace, RedisThrottle  # noqa: PLC0415

    throttle = RedisThrottle(redis.Redis.from_url(os.environ["REDIS_URL"]), account=account)
    budget = Budget(name="", pace=Pace(calls=CALLS, seconds=1.0, window=True))
    longest = datetime.timedelta(seconds=2)
    made: list[float] = []
    ends = time.time() + SECONDS + 1
    while time.time() < ends:
        try:
            with throttle.hold(budget, longest=longest):
                made.append(time.time())
                time.sleep(DELAY)
        except RateLimited as error:
            time.sleep(error.retry_after.total_seconds())
    return made


if __name__ == "__main__":
    sys.exit(main())
