"""``make bench-outreach PARTS=start``: Start with 100,000 recipients.

The page that says what will happen and the press, then the planning run as a worker does it. The floor is one
INSERT … SELECT of the same planned recipients into another campaign, in the same run. A second campaign
is paused in the middle of its planning. The campaign's Overview is asked for before, and with everybody written to.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time

from bench.report import Figure, show
from config.embedded.stack import Stack


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=20, help="how often a page is asked for")
    wanted = parser.parse_args()
    # A worker's settings: what plans is no web process.
    settings = {"STATEMENT_TIMEOUT_MS": "60000"}
    with Stack(workers=(), beat=False, web=False, durable=False, settings=settings) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(recipients=wanted.recipients, repeat=wanted.repeat))


def _measure(*, recipients: int, repeat: int) -> list[Figure]:
    from bench import outreach_started as started  # noqa: PLC0415 - models are there once Django is loaded
    from bench.pages import Visitor  # noqa: PLC0415

    owner, first, second = started.drafts(recipients=recipients)
    visitor = Visitor(owner)
    overview = f"/campaigns/{first}/"
    page = visitor.time([f"{overview}start/"] * repeat)
    press = visitor.press(f"{overview}start/")
    begun = time.perf_counter()
    started.plan(first)
    planning = time.perf_counter() - begun
    planned = started.planned(first)
    assert planned == recipients, f"{planned} of {recipients} planned"
    floor = started.insert_select_floor(first)
    visitor.press(f"/campaigns/{second}/start/")
    pause = started.pause_while_planning(second, lambda: visitor.press(f"/campaigns/{second}/pause/"))
    assert started.may_leave(second) == 0, (
        "nothing of a campaign that was paused while it is planned may leave"
    )
    started.write_everybody(first)
    numbers = visitor.time([overview] * repeat)
    return [
        Figure("start_page_p95_ms", page.p95, floor=300.0, unit="ms", most=True),
        Figure("start_press_ms", press, floor=300.0, unit="ms", most=True),
        Figure("start_planned_within_s", planning, floor=30.0, unit="s", most=True),
        Figure("start_planning_against_insert_select", planning / floor, floor=5.0, most=True),
        Figure("start_insert_select_s", floor, unit="s"),
        Figure("start_pause_while_planning_ms", pause, floor=2_000.0, unit="ms", most=True),
        Figure("start_overview_p95_ms", numbers.p95, floor=300.0, unit="ms", most=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
