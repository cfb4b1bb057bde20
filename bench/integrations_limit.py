"""How near a published limit we stay: four processes call one account as often as the pace keeper lets them.

At most 20 calls in any second. How many get through against what the limit allows, and the most in any one second.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import os
import sys
import time
import uuid

from bench.report import Figure, show
from config.embedded.stack import Stack

#: The limit: calls in any second; how many processes make them; seconds until the vendor answers.
CALLS, PROCESSES, DELAY = 20, 4, 0.03


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    wanted = parser.parse_args()
    with Stack(workers=(), beat=False, web=False, migrate=False) as stack:
        stack.use_django()
        return show(_limit(wanted.seconds))


def _limit(seconds: float) -> list[Figure]:
    account = uuid.uuid4().hex
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        lists = pool.starmap(_call_as_allowed, [(account, seconds)] * PROCESSES)
    calls = sorted(moment for each in lists for moment in each)
    within = [moment for moment in calls if moment - calls[0] < seconds]
    most = max(sum(1 for other in calls if 0 <= other - moment < 1.0) for moment in calls)
    return [
        Figure("limit_share_used", len(within) / (CALLS * seconds), floor=0.95),
        Figure("limit_most_in_a_second", float(most), floor=float(CALLS), most=True),
    ]


def _call_as_allowed(account: str, seconds: float) -> list[float]:
    """Take turns for the whole time; the moments at which a call would have left."""
    import redis  # noqa: PLC0415 - a process of its own

    from integrations.base.errors import RateLimited  # noqa: PLC0415
    from integrations.base.throttle import Budget, Pace, RedisThrottle  # noqa: PLC0415

    throttle = RedisThrottle(redis.Redis.from_url(os.environ["REDIS_URL"]), account=account)
    budget = Budget(name="", pace=Pace(calls=CALLS, seconds=1.0, window=True))
    longest = datetime.timedelta(seconds=2)
    made: list[float] = []
    ends = time.time() + seconds + 1
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
