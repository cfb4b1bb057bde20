"""The first pull of a large account: memory flat, on again after SIGKILL, nobody twice.

The stand-in SmartRecruiters holds PEOPLE and keeps to its published limits (10 calls a second, one list at a time, 100
people a page). While the first hundredths come in, the worker is killed three times; the one after that does the rest,
and its memory on the way is compared: within the first quarter comes what a worker loads at its first use; from half of
the way to the end it must not grow. What nobody can wait for is cut short: the dead worker's lease.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from bench import integrations_world as world
from bench.report import Figure, show
from config.embedded.programs import Worker
from config.embedded.stack import Stack

WORKER = "worker-sync"
WORKERS = (Worker(WORKER, ("sync",), threads=1), Worker("worker-rest", ("default",), threads=1))
SETTINGS = {"LOG_LEVEL": "WARNING", "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
KILLS = 3
#: Shares of the way at which the memory is read.
MARKS = (0.1, 0.25, 0.5, 0.75, 1.0)


@dataclass
class _Seen:
    """What was read on the way: MB by share, seconds and the processor's from the first mark to the end."""

    memory: dict[float, float] = field(default_factory=dict)
    at: dict[float, float] = field(default_factory=dict)
    processor: dict[float, float] = field(default_factory=dict)


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with Stack(workers=WORKERS, web=False, sandbox=True, settings=SETTINGS) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_pull(stack, people=wanted.people, chance=random.Random(wanted.seed)))


def _pull(stack: Stack, *, people: int, chance: random.Random) -> list[Figure]:
    from integrations import pulling  # noqa: PLC0415 - models are there once Django is loaded
    from integrations.models import RemoteLink  # noqa: PLC0415
    from sourcing.models import Candidate, ContactPoint  # noqa: PLC0415

    alice = world.alice()
    row = world.connected(
        alice,
        "smartrecruiters",
        capabilities=["export", "pull"],
        api_key=stack.sandbox["smartrecruiters"]["keys"][0]["key"],
        identity="admin@demo.example",
    )
    world.order(stack, "smartrecruiters", "clear")
    world.order(stack, "smartrecruiters", "fill", {"count": people})
    began = time.monotonic()
    run = pulling.start(actor=alice, connection=row)
    for share in sorted(chance.uniform(0.005, 0.07) for _ in range(KILLS)):
        _kill_at(stack, run, int(people * share))
    seen = _watch(stack, run, people)
    seconds = time.monotonic() - began
    organisation = alice.organisation_id
    made = Candidate.objects.for_organisation(organisation)
    addresses = ContactPoint.objects.for_organisation(organisation).filter(kind="email")
    links = RemoteLink.objects.for_organisation(organisation)
    passed = seen.at[1.0] - seen.at[0.1]
    return [
        Figure(
            "pull_twice", made.count() - links.values("remote_id").distinct().count(), floor=0.0, most=True
        ),
        Figure("pull_addresses_twice", addresses.count() - people, floor=0.0, most=True),
        Figure("pull_lost", people - made.count(), floor=0.0, most=True),
        Figure("pull_kills", float(KILLS)),
        Figure(
            "pull_memory_at_end_against_tenth", seen.memory[1.0] / seen.memory[0.1], floor=1.25, most=True
        ),
        Figure("pull_memory_at_end_against_half", seen.memory[1.0] / seen.memory[0.5], floor=1.03, most=True),
        *(
            Figure(f"pull_memory_at_{share:.0%}".rstrip("%"), mb, unit="MB")
            for share, mb in seen.memory.items()
        ),
        Figure("pull_people_per_second", people * 0.9 / passed, unit="people/s"),
        Figure("pull_worker_busy", (seen.processor[1.0] - seen.processor[0.1]) / passed),
        Figure(
            "pull_calls_over_the_limit", world.told(stack, "smartrecruiters")["over"], floor=0.0, most=True
        ),
        Figure("pull_minutes", seconds / 60, unit="min"),
    ]


def _kill_at(stack: Stack, run: Any, done: int) -> None:
    """SIGKILL once so many came in, at some moment of the next page."""
    from foundation import runs  # noqa: PLC0415

    while run.done < done and not run.ended:
        time.sleep(0.02)
        run.refresh_from_db()
    stack.kill(WORKER)
    run.__class__.objects.for_organisation(run.organisation_id).filter(pk=run.pk).update(lease_until=None)
    stack.start_worker(WORKER)
    runs.wake(run.pk, run.kind)


def _watch(stack: Stack, run: Any, people: int) -> _Seen:
    seen = _Seen()
    for share in MARKS:
        while run.done < people * share and not run.ended:
            time.sleep(0.1)
            run.refresh_from_db()
        seen.memory[share] = world.memory(stack.pid(WORKER))
        seen.at[share], seen.processor[share] = time.monotonic(), world.processor(stack.pid(WORKER))
        print(f"{share:4.0%}  {seen.memory[share]:6.1f} MB", flush=True)
    world.until_ended(run)
    if run.status != "done":
        raise SystemExit(f"The pull ended {run.status}: {run.problem_text}")
    return seen


if __name__ == "__main__":
    sys.exit(main())
