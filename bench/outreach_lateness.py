"""``make bench-outreach PARTS=lateness``: how long after the moment a message was allowed it reaches its server.

500 mailboxes that keep a gap of 60 s, each with people whose minute has come; beat and workers as in production. One
server in twenty mailboxes' way accepts connections and never says a word: it may not delay anybody else. A message is
allowed when its mailbox's gap has ended; it is late until the mail server has it.
"""

from __future__ import annotations

import argparse
import logging
import math
import socket
import statistics
import sys
import tempfile
from pathlib import Path

from bench.report import Figure, show
from bench.sink import running_sink
from config.embedded.programs import Worker
from config.embedded.stack import Stack

WORKERS = (Worker("worker-send", ("send",), threads=32), Worker("worker-rest", ("default",), threads=4))
BODY = "Hello {{ first_name }},\n\nmay I tell you about a position?\n\nAlice"
#: Of the mailboxes, how many hang on the server that never answers.
HANGING = 0.05


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=500)
    parser.add_argument("--gap", type=int, default=60, help="seconds between two messages of a mailbox")
    parser.add_argument("--each", type=int, default=3, help="messages of each mailbox")
    wanted = parser.parse_args()
    settings = {"LOG_LEVEL": "WARNING", "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(workers=WORKERS, web=False, settings=settings) as stack,
    ):
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(Path(folder), mailboxes=wanted.mailboxes, gap=wanted.gap, each=wanted.each))


def _measure(folder: Path, *, mailboxes: int, gap: int, each: int) -> list[Figure]:
    from bench import campaign_world as world  # noqa: PLC0415 - models are there once Django is loaded

    hanging = math.ceil(mailboxes * HANGING)
    # Nobody accepts: the kernel answers the connection, and then there is silence.
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as silent, running_sink(folder) as sink:
        made = world.make_world(port=sink.port, mailboxes=mailboxes, each=each, body=BODY)
        for mailbox in made[:hanging]:
            world.move_to(mailbox, port=silent.getsockname()[1])
        allowed = world.wake_with_gap(made, gap=gap)
        world.wait_for(sink, (mailboxes - hanging) * each, patience=3 * gap + 60)
        late = world.lateness(sink, {box.pk: allowed[box.pk] for box in made[hanging:]}, gap=gap)
    late.sort()
    print(f"{len(late)} messages of {mailboxes - hanging} mailboxes, {hanging} hang", file=sys.stderr)
    return [
        Figure("lateness_p95_s", late[math.ceil(len(late) * 0.95) - 1], floor=5.0, unit="s", most=True),
        Figure("lateness_max_s", late[-1], floor=30.0, unit="s", most=True),
        Figure("lateness_median_s", statistics.median(late), unit="s"),
        Figure("lateness_least_s", late[0], floor=0.0, unit="s"),
        Figure("lateness_messages", len(late)),
    ]


if __name__ == "__main__":
    sys.exit(main())
