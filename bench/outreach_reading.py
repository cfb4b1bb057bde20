"""``make bench-outreach PARTS=reading``: mails a second, against a million messages sent.

What comes into a mailbox in a day, ten times over: newsletters and private mail that concern nobody, answers that name
our message, answers from a known address alone, delivery reports, absences. Each is parsed, classified, matched and
stored as the reader does, one after the other in one process; the IMAP line is left out. The parts are printed.
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
    parser.add_argument("--messages", type=int, default=1_000_000, help="sent messages that may be answered")
    parser.add_argument("--mails", type=int, default=4_000)
    wanted = parser.parse_args()
    with Stack(workers=(), beat=False, web=False, durable=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(messages=wanted.messages, mails=wanted.mails))


def _measure(*, messages: int, mails: int) -> list[Figure]:
    from bench import outreach_mails as incoming  # noqa: PLC0415 - models are there once Django is loaded
    from bench import outreach_past as past  # noqa: PLC0415

    world = past.make(messages=messages)
    found = incoming.mails(world, count=mails + 200)
    incoming.read(found[:200])
    begun, cpu = time.perf_counter(), time.process_time()
    verdicts = incoming.read(found[200:])
    took, spent = time.perf_counter() - begun, time.process_time() - cpu
    wrong = incoming.wrong(found[200:], verdicts)
    print(
        f"{mails} mails in {took:.1f} s, {dict(sorted(incoming.counted(verdicts).items()))}", file=sys.stderr
    )
    return [
        Figure("reading_mails_per_second", mails / took, floor=200.0, unit="mails/s"),
        Figure("reading_wrong_verdicts", wrong, floor=0.0, most=True),
        Figure("reading_cpu_ms_per_mail", 1_000 * spent / mails, unit="ms"),
        *(
            Figure(f"reading_ms_{name}", value, unit="ms")
            for name, value in incoming.parts(found[200:700]).items()
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
