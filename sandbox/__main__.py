"""``python -m sandbox``: start everything in this process and run until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from sandbox import options as command_line
from sandbox.processes import die_with
from sandbox.switches import Switches, UnknownSwitch, from_word
from sandbox.world import World


def main() -> int:
    """Run; the exit status: 0 stopped as told, 1 could not start, 2 wrong options."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    options = command_line.parse()
    switches = Switches()
    try:
        switches.change({name: from_word(name, value) for name, value in options.switches.items()})
    except UnknownSwitch as problem:
        sys.stderr.write(f"sandbox: --set: {problem}\n")
        return 2
    if options.die_with and not die_with(options.die_with):
        return 0
    try:
        asyncio.run(_run(options, switches))
    except OSError as problem:
        sys.stderr.write(f"sandbox: cannot start: {problem}\n")
        return 1
    return 0


async def _run(options: command_line.Options, switches: Switches) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    world = World(options, switches)
    try:
        await world.start()
        sys.stdout.write(f"sandbox: {world.addresses['url']}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await world.stop()


if __name__ == "__main__":
    sys.exit(main())
