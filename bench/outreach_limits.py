"""``make bench-outreach PARTS=limits``: eight workers at once, never one message too many and never one too early.

Mailboxes with a daily limit, mailboxes with a gap, and campaigns with a daily limit, all with more people than may be
written to. The workers are woken again and again for the same mailboxes while they send.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import Figure, show
from bench.sink import RunningSink, running_sink
from config.embedded.programs import Worker
from config.embedded.stack import Stack

WORKERS = (
    *(Worker(f"worker-{n}", ("send",), threads=4) for n in range(8)),
    Worker("worker-rest", ("default",), threads=2),
)
BODY = "Hello {{ first_name }},\n\nmay I tell you about a position?\n\nAlice"
#: Nothing has arrived for so long: whatever may leave has left.
_QUIET = 12.0


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=8, help="of each of the three kinds")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--gap", type=int, default=2, help="seconds")
    wanted = parser.parse_args()
    settings = {"LOG_LEVEL": "WARNING", "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(workers=WORKERS, web=False, settings=settings) as stack,
    ):
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(Path(folder), count=wanted.mailboxes, limit=wanted.limit, gap=wanted.gap))


def _measure(folder: Path, *, count: int, limit: int, gap: int) -> list[Figure]:
    from bench import campaign_world as world  # noqa: PLC0415 - models are there once Django is loaded

    with running_sink(folder) as sink:
        made = world.make_world(port=sink.port, mailboxes=3 * count, each=limit + limit // 2, body=BODY)
        by_day, with_gap, by_campaign = made[:count], made[count : 2 * count], made[2 * count :]
        world.limit_mailboxes(by_day, daily=limit)
        world.limit_campaigns(by_campaign, daily=limit)
        allowed = world.wake_with_gap(with_gap, gap=gap)
        world.wake([*by_day, *by_campaign])
        _wake_until_quiet(sink, made)
        began = world.begun(made)
        arrived = Counter(str(each["to"]) for each in sink.taken())
    sent = {mailbox.pk: len(began[mailbox.pk]) for mailbox in made}
    capped = [sent[mailbox.pk] for mailbox in (*by_day, *by_campaign)]
    shortest = min(
        (later - earlier).total_seconds()
        for mailbox in with_gap
        for earlier, later in zip(began[mailbox.pk], began[mailbox.pk][1:], strict=False)
    )
    first = min((began[mailbox.pk][0] - allowed[mailbox.pk]).total_seconds() for mailbox in with_gap)
    return [
        Figure("limits_most_of_limit", max(capped), floor=float(limit), most=True),
        Figure("limits_least_of_limit", min(capped), floor=float(limit)),
        Figure("limits_shortest_gap_s", shortest, floor=float(gap), unit="s"),
        Figure("limits_first_too_early_s", first, floor=0.0, unit="s"),
        Figure(
            "limits_twice_to_one_person", sum(times - 1 for times in arrived.values()), floor=0.0, most=True
        ),
        Figure("limits_messages", sum(sent.values())),
    ]


def _wake_until_quiet(sink: RunningSink, mailboxes: Sequence[Any]) -> None:
    """Wake every mailbox several times a second, as if ticks overlapped, until nothing arrives any more."""
    from outreach.tasks import deliver_mailbox  # noqa: PLC0415 - see _measure

    seen, moved = -1, time.monotonic()
    while time.monotonic() - moved < _QUIET:
        for mailbox in mailboxes:
            deliver_mailbox.delay(mailbox.pk)
        time.sleep(0.5)
        now_there = len(sink.taken())
        if now_there != seen:
            seen, moved = now_there, time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
