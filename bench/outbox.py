"""``make bench-outbox``: how fast one worker sends, and where the time goes.

20 mailboxes without a gap or limit, a sink in its own process, one Celery worker process with threads. With a
sink that answers each DATA after 150 ms it is compared with a bare smtplib loop over the same number of lines
and the same bytes, measured in the same run; with an instant sink it is counted in messages a second. With
``--workers 2`` a second worker joins, and both with 40 mailboxes are compared with the first one's 20.
"""

from __future__ import annotations

import argparse
import logging
import os
import smtplib
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from bench.report import Figure, show
from bench.sink import RunningSink, running_sink
from config.embedded.programs import Worker
from config.embedded.stack import Stack

MAILBOXES = 20
#: The same worker sends for every mailbox; one server may hold three quarters of its threads.
WORKER = Worker("worker-send", ("send",), threads=32)
SECOND = Worker("worker-send-too", ("send",), threads=32)
DELAY = 0.15
#: A mail of usual length, so that neither side is measured on empty ones.
BODY = "\n\n".join(
    ["A few friendly sentences that a recruiter would write to somebody, one after the other."] * 12
)


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=int, default=60, help="messages per mailbox with the slow sink")
    parser.add_argument("--fast", type=int, default=150, help="messages per mailbox with the instant sink")
    parser.add_argument("--workers", type=int, choices=[1, 2], default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return show(_measure(Path(name), slow=wanted.slow, fast=wanted.fast, workers=wanted.workers))


def _measure(folder: Path, *, slow: int, fast: int, workers: int) -> list[Figure]:
    settings = {"LOG_LEVEL": "INFO", "LOG_JSON": "true", "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
    with Stack(workers=(WORKER, SECOND), web=False, settings=settings) as stack:
        # Only a run with two asks for it.
        stack.kill(SECOND.name)
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        from bench import campaign_world as world  # noqa: PLC0415 - models are there once Django is loaded

        log = stack.folder / "logs" / f"{WORKER.name}.log"
        with running_sink(folder, delay=DELAY) as sink:
            ours = _rate(world.send_all(sink, mailboxes=MAILBOXES, each=slow, body=BODY))
            contents = world.contents_as_sent(MAILBOXES)
            bare = _bare_rate(sink, contents, per_line=slow)
        slow_log_ends = log.stat().st_size
        with running_sink(folder) as sink:
            cpu = _cpu_seconds(stack.pid(WORKER.name))
            taken = world.send_all(sink, mailboxes=MAILBOXES, each=fast, body=BODY)
            cpu = _cpu_seconds(stack.pid(WORKER.name)) - cpu
            instant = _rate(taken)
            bare_fast = _bare_rate(sink, contents, per_line=fast)
        parts = world.breakdown(log, after=slow_log_ends)
        two = []
        if workers == 2:
            stack.start_worker(SECOND.name)
            with running_sink(folder, delay=DELAY) as sink:
                both = _rate(world.send_all(sink, mailboxes=2 * MAILBOXES, each=slow, body=BODY))
            two = [
                Figure("slow_sink_two_workers_against_one", both / ours, floor=1.6),
                Figure("slow_sink_two_workers", both, unit="messages/s"),
            ]
    return [
        Figure("slow_sink_against_bare_smtplib", ours / bare, floor=0.8),
        Figure("instant_sink_messages_per_second", instant, floor=200.0, unit="messages/s"),
        *two,
        Figure("slow_sink_messages_per_second", ours, unit="messages/s"),
        Figure("bare_smtplib_slow_sink", bare, unit="messages/s"),
        Figure("bare_smtplib_instant_sink", bare_fast, unit="messages/s"),
        Figure("instant_sink_worker_cpu_per_message", 1000 * cpu / len(taken), unit="ms"),
        *(Figure(f"ms_per_message_{part}", value, unit="ms") for part, value in parts.items()),
    ]


def _bare_rate(sink: RunningSink, contents: Iterable[bytes], *, per_line: int) -> float:
    """Messages per second of the simplest sender there is, over the same number of lines."""
    before = len(sink.taken())
    pool = list(contents)

    def work(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", sink.port) as line:
            line.login("bench", "bench")
            for each in range(per_line):
                line.sendmail(
                    f"sender{number}@bench.example", ["person@example.org"], pool[(number + each) % len(pool)]
                )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(MAILBOXES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _rate(sink.taken()[before:])


def _cpu_seconds(pid: int) -> float:
    """What the process has used of the machine so far: unlike a rate, hardly changed by what else runs there."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def _rate(taken: list[dict[str, object]]) -> float:
    """Messages per second between the first and the last tenth: starting up and running dry are left out."""
    moments = sorted(float(str(each["at"])) for each in taken)
    edge = len(moments) // 10
    inner = moments[edge : len(moments) - edge]
    return (len(inner) - 1) / (inner[-1] - inner[0])


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    sys.exit(code)
