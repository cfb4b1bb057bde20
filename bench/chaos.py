"""``make chaos``: nothing is sent twice and nothing is lost, whatever dies.

Real processes, real campaigns. While the messages leave, workers are killed with SIGKILL at random points (so
also between a commit and the delivery of its event), Redis is flushed twice, and the mail server cuts lines: at
MAIL, at DATA, before it takes the content, and after it took it but before it says so. At the end every message
is sent, or queued, or uncertain with its reason; and the receiver, asked alone, got each at most once.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import redis

from bench.sink import RunningSink, running_sink
from config.embedded.programs import Worker
from config.embedded.stack import Stack

#: Two that send and one that carries the news, as in production: each may be the next to die.
WORKERS = (
    Worker("worker-one", ("send",), threads=8),
    Worker("worker-two", ("send",), threads=8),
    Worker("worker-rest", ("default",), threads=4),
)
#: A worker silent for this long loses its mailbox; short, so that a run does not consist of waiting.
LEASE_SECONDS = 3
SETTINGS = {
    "SEND_LEASE_SECONDS": str(LEASE_SECONDS),
    "SEND_RETRY_DELAYS_SECONDS": "1,2,4,8,600",
    "SMTP_TIMEOUT_SECONDS": "1",
    "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    "LOG_LEVEL": "WARNING",
}
BODY = "Hello {{ first_name }},\n\nmay I tell you about a position?\n\nAlice"
#: Nothing moved for so long: what is left is judged as it stands.
_QUIET = 30.0


@dataclass
class Count:
    """What a run found; ``holds`` decides the exit code."""

    messages: int = 0
    sent: int = 0
    queued: int = 0
    uncertain: int = 0
    other: int = 0
    arrived: int = 0
    duplicates: int = 0
    lost: int = 0
    uncertain_without_reason: int = 0
    events_left: int = 0
    kills: int = 0
    flushes: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """No duplicate, none lost, and the chaos really took place."""
        return not (self.duplicates or self.lost or self.uncertain_without_reason or self.events_left)


def run(*, messages: int, kills: int, flushes: int, seed: int, cut: float = 0.01) -> Count:
    """One run on a stack of its own. Must be called in a main thread and before Django is loaded."""
    mailboxes = 10
    with tempfile.TemporaryDirectory() as name, Stack(workers=WORKERS, web=False, settings=SETTINGS) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        from bench import campaign_world as world  # noqa: PLC0415 - models are there once Django is loaded

        # 20 ms per message: long enough that kills land while messages are in every stage.
        with running_sink(Path(name), delay=0.02, cut=cut, seed=seed) as sink:
            made = world.make_world(
                port=sink.port, mailboxes=mailboxes, each=messages // mailboxes, body=BODY
            )
            world.wake(made)
            started = time.monotonic()
            count = Count()
            _make_trouble(stack, sink, count, messages=messages, kills=kills, flushes=flushes, seed=seed)
            world.settle_down(quiet=_QUIET)
            _judge(count, world.verdicts(made), sink)
            count.seconds = round(time.monotonic() - started, 1)
    return count


def _make_trouble(
    stack: Stack, sink: RunningSink, count: Count, *, messages: int, kills: int, flushes: int, seed: int
) -> None:
    """Kill workers and flush Redis, spread over the run: the next blow falls when enough mails have arrived."""
    chance = random.Random(seed)
    blows = sorted(
        [(chance.uniform(0.02, 0.9), "kill") for _ in range(kills)]
        + [((number + 1) / (flushes + 1), "flush") for number in range(flushes)]
    )
    broker = redis.Redis.from_url(stack.redis_url)
    for share, blow in blows:
        _wait_for(sink, int(share * messages))
        if blow == "flush":
            broker.flushall()
            count.flushes += 1
            continue
        victim = chance.choice(stack.worker_names)
        time.sleep(chance.uniform(0, 0.05))
        stack.kill(victim)
        count.kills += 1
        stack.start_worker(victim, wait=False)


def _wait_for(sink: RunningSink, arrived: int) -> None:
    """Until so many mails have arrived, or nothing has for a while: the chaos itself may hold things up."""
    seen, since = -1, time.monotonic()
    while (now_there := len(sink.taken())) < arrived and time.monotonic() - since < 2 * LEASE_SECONDS:
        if now_there != seen:
            seen, since = now_there, time.monotonic()
        time.sleep(0.05)


def _judge(count: Count, verdicts: list[tuple[str, str, str]], sink: RunningSink) -> None:
    """``verdicts``: (Message-ID, status, reason) of every message, from the database; the sink knows what arrived."""
    arrived = Counter(str(each["id"]).strip("<>") for each in sink.taken())
    per_address = Counter((each["to"], each["step"]) for each in sink.taken())
    statuses = Counter(status for _, status, _ in verdicts)
    count.messages = len(verdicts)
    count.sent, count.queued = statuses["sent"], statuses["queued"]
    count.uncertain = statuses["uncertain"]
    count.other = count.messages - count.sent - count.queued - count.uncertain
    count.arrived = len(arrived)
    count.duplicates = sum(times - 1 for times in (arrived | per_address).values())
    count.uncertain_without_reason = sum(
        1 for _, status, reason in verdicts if status == "uncertain" and not reason
    )
    # Lost: said to be sent but never arrived, ended in any other way, or never written at all.
    never_arrived = sum(
        1 for message_id, status, _ in verdicts if status == "sent" and not arrived[message_id]
    )
    from bench import campaign_world as world  # noqa: PLC0415 - see run()

    count.lost = never_arrived + count.other + world.unwritten()
    count.events_left = world.undelivered_events()


def main() -> int:
    """Print the counts; 0 only when nothing was sent twice or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--flushes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    count = run(messages=wanted.messages, kills=wanted.kills, flushes=wanted.flushes, seed=wanted.seed)
    for name, value in asdict(count).items():
        print(f"{name.replace('_', ' '):26} {value}")
    print(json.dumps({**asdict(count), "holds": count.holds}))
    return 0 if count.holds and count.kills == wanted.kills and count.flushes == wanted.flushes else 1


if __name__ == "__main__":
    sys.exit(main())
