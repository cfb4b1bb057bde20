"""``make bench-outreach PARTS=pages``: what people look at when there are 5,000,000 messages.

The Outbox (waiting and recent, first pages and pages far behind), people's timelines, the Overview of the largest
campaign and the organisation's report, asked for in this process as a logged-in member. Beside it the sweeps, which
may not read what is settled.
"""

from __future__ import annotations

import argparse
import logging
import sys

from bench.report import Figure, show
from config.embedded.stack import Stack


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=40, help="how many pages of a kind are asked for")
    wanted = parser.parse_args()
    with Stack(workers=(), beat=False, web=False, durable=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(messages=wanted.messages, repeat=wanted.repeat))


def _measure(*, messages: int, repeat: int) -> list[Figure]:
    from bench import outreach_past as past  # noqa: PLC0415 - models are there once Django is loaded
    from bench.pages import Visitor  # noqa: PLC0415

    world = past.make(messages=messages)
    visitor = Visitor(world.owner)
    figures = []
    for name, most, paths in (
        ("outbox_waiting", 200.0, past.outbox_pages(world, waiting=True, count=repeat)),
        ("outbox_recent", 200.0, past.outbox_pages(world, waiting=False, count=repeat)),
        ("person_timeline", 100.0, past.person_pages(world, count=repeat)),
        ("person_messages", 100.0, past.message_pages(world, count=repeat)),
        ("inbox", 200.0, ["/inbox/"] * repeat),
        ("campaign_overview", 300.0, [f"/campaigns/{world.largest}/"] * repeat),
        ("campaign_numbers", 1_500.0, [f"/campaigns/{world.largest}/?numbers"] * max(3, repeat // 10)),
        ("report_30_days", 500.0, ["/reports/outreach/"] * repeat),
        ("report_12_months", None, ["/reports/outreach/?days=365"] * max(3, repeat // 10)),
    ):
        times = visitor.time(paths)
        figures.append(Figure(f"{name}_p95_ms", times.p95, floor=most, unit="ms", most=True))
        print(f"{name:20} median {times.median:7.1f}  p95 {times.p95:7.1f} ms", file=sys.stderr)
    figures += [
        Figure(f"{name.replace(' ', '_')}_ms", past.timed(act), floor=500.0, unit="ms", most=True)
        for name, act in past.SWEEPS.items()
    ]
    return figures


if __name__ == "__main__":
    sys.exit(main())
