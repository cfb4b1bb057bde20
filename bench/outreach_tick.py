"""``make bench-outreach PARTS=tick``: does a tick cost what is due, or what is there?

The clock's work of one second (which mailboxes may send now, whose grace and absence ends) with 1,000 people due and
100,000 due but held back, half by their campaign's day and half by their mailbox's limit: first among 50,000 people
whose minute is still to come, then among millions. The sweeps that repair are measured beside it.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable

from bench.report import Figure, show
from config.embedded.stack import Stack

DUE, HELD, FEW = 1_000, 100_000, 50_000
MAILBOXES = 200


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--future", type=int, default=5_000_000, help="people whose minute is still to come")
    parser.add_argument("--repeat", type=int, default=15)
    wanted = parser.parse_args()
    with Stack(workers=(), beat=False, web=False, durable=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(future=wanted.future, repeat=wanted.repeat))


def _measure(*, future: int, repeat: int) -> list[Figure]:
    from bench import outreach_people as people  # noqa: PLC0415 - models are there once Django is loaded

    world = people.make(mailboxes=MAILBOXES)
    people.add_due(world, DUE)
    people.add_held(world, HELD)
    people.add_future(world, FEW)
    ready = people.tick()
    assert ready == len(world.open), "every mailbox that may send is woken, and no other"
    before = {name: _median(act, repeat) for name, act in people.CLOCK.items()}
    people.add_future(world, future - FEW)
    people.add_past(world, future // 2)
    assert people.tick() == ready, "the same mailboxes are ready, however many people wait"
    after = {name: _median(act, repeat) for name, act in people.CLOCK.items()}
    for name, value in after.items():
        print(f"{name:24} {before[name]:8.2f} → {value:8.2f} ms", file=sys.stderr)
    ticks = ("outreach tick", "campaigns tick")
    ours, few = (sum(found[name] for name in ticks) for found in (after, before))
    sweeps = [name for name in people.CLOCK if name not in ticks]
    return [
        Figure("tick_many_against_few", ours / few, floor=2.0, most=True),
        Figure("tick_ms", ours, unit="ms"),
        Figure("tick_ms_few", few, unit="ms"),
        # A sweep comes every 15 or 30 s; it may not cost what is there either.
        *(
            Figure(f"{name.replace(' ', '_')}_ms", after[name], floor=500.0, unit="ms", most=True)
            for name in sweeps
        ),
        Figure("mailboxes_ready", ready),
    ]


def _median(act: Callable[[], object], repeat: int) -> float:
    """Milliseconds; twice unmeasured first."""
    values = []
    for turn in range(repeat + 2):
        started = time.perf_counter()
        act()
        if turn > 1:
            values.append((time.perf_counter() - started) * 1_000)
        if sum(values) > 20_000:
            break
    return statistics.median(values)


if __name__ == "__main__":
    sys.exit(main())
