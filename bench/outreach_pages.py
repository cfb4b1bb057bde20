"""``make bench-outreach PARTS=pages``: what people look at when there are 5,000,000 messages and 1,000,000 plans.

The Outbox and the Inbox with each of their lists, first pages and pages far behind, people's timelines, the Overview
of the largest campaign and the organisation's report, asked for in this process as a recruiter to whom one project is
hidden. Beside it the sweeps, which may not read what is settled.
"""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from bench.report import Figure, show
from config.embedded.stack import Stack

if TYPE_CHECKING:
    from bench.outreach_past import World


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument(
        "--planned", type=int, default=1_000_000, help="steps that are planned and not written"
    )
    parser.add_argument("--repeat", type=int, default=40, help="how many pages of a kind are asked for")
    wanted = parser.parse_args()
    with Stack(workers=(), beat=False, web=False, durable=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(messages=wanted.messages, planned=wanted.planned, repeat=wanted.repeat))


def _measure(*, messages: int, planned: int, repeat: int) -> list[Figure]:
    from bench import outreach_past as past  # noqa: PLC0415 - models are there once Django is loaded

    return _figures(past.make(messages=messages, planned=planned), repeat=repeat)


def _figures(world: World, *, repeat: int) -> list[Figure]:
    from bench import outreach_past as past  # noqa: PLC0415 - see _measure
    from bench.pages import Times, Visitor, timed  # noqa: PLC0415

    visitor = Visitor(world.viewer)
    few = max(3, repeat // 10)
    outbox, inbox, overview = "/outreach/outbox/", "/inbox/", f"/campaigns/{world.largest}/"
    found: list[tuple[str, float | None, Times]] = [
        ("outbox_scheduled", 200.0, visitor.time([outbox] * repeat)),
        ("outbox_scheduled_deep", 200.0, visitor.walk(outbox, count=repeat)),
        ("outbox_uncertain", 200.0, visitor.time([f"{outbox}?show=uncertain"] * repeat)),
        ("outbox_recent", 200.0, visitor.time([f"{outbox}?show=sent"] * repeat)),
        ("inbox", 200.0, visitor.time([inbox] * repeat)),
        ("inbox_deep", 200.0, visitor.walk(inbox, count=repeat)),
        *(
            (f"inbox_{only}", 200.0, visitor.time([f"{inbox}?show={only}"] * repeat))
            for only in ("answer", "interested", "bounced", "away")
        ),
        ("person_mail", 100.0, timed(past.timelines(world, count=repeat))),
        ("person_timeline", 100.0, visitor.time(past.person_pages(world, count=repeat))),
        ("person_messages", 100.0, visitor.time(past.message_pages(world, count=repeat))),
        ("campaign_overview", 300.0, visitor.time([overview] * repeat)),
        ("campaign_numbers", 1_500.0, visitor.time([f"{overview}?numbers"] * few)),
        ("report_30_days", 500.0, visitor.time(["/reports/outreach/"] * repeat)),
        ("report_12_months", None, visitor.time(["/reports/outreach/?days=365"] * few)),
    ]
    for name, _, times in found:
        print(f"{name:22} median {times.median:7.1f}  p95 {times.p95:7.1f} ms", file=sys.stderr)
    figures = [
        Figure(f"{name}_p95_ms", times.p95, floor=most, unit="ms", most=True) for name, most, times in found
    ]
    return figures + [
        Figure(f"{name.replace(' ', '_')}_ms", past.timed(act), floor=500.0, unit="ms", most=True)
        for name, act in past.SWEEPS.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
