"""A mail server in its own process that takes everything: for benches and the crash test.

``python -m bench.sink --delay 0.15 --log FILE`` prints its port and then appends one JSON line per accepted mail
(time, Message-ID, recipient, X-Beckon-Step). A mail is in the file before it is acknowledged, so what a sender
was told about is always counted. ``--cut 0.02`` drops that share of lines: at MAIL, at DATA, before the answer
to the content, or after the mail was taken but before the sender hears of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_HEADER = re.compile(rb"^(Message-ID|X-Beckon-Step):\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")


class Sink:
    """Just enough of RFC 5321 and RFC 4954 for a submission client."""

    def __init__(self, *, delay: float, cut: float, seed: int, log: TextIO) -> None:
        self.delay, self.cut, self.log = delay, cut, log
        self.random = random.Random(seed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection until it quits, is lost, or is cut on purpose."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = b""
        while line := await reader.readline():
            verb = line[:4].upper()
            fate = self.random.choice(("mail", "data", "content", "answer")) if self._unlucky() else ""
            if verb in {b"EHLO", b"HELO"}:
                writer.write(b"250-sink\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 10000000\r\n")
            elif verb == b"AUTH":
                writer.write(b"235 2.7.0 ok\r\n")
            elif verb == b"MAIL" and fate == "mail":
                return
            elif verb == b"RCPT":
                recipient = (_ADDRESS.search(line) or [b"", b""])[1]
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                if fate == "data":
                    return
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                if fate == "content":
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                self._take(content, recipient)
                if fate == "answer":
                    return
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    def _unlucky(self) -> bool:
        return bool(self.cut) and self.random.random() < self.cut

    def _take(self, content: bytes, recipient: bytes) -> None:
        found = {name.lower(): value.decode() for name, value in _HEADER.findall(content)}
        line = {
            "at": time.time(),
            "id": found.get(b"message-id", ""),
            "to": recipient.decode(),
            "step": found.get(b"x-beckon-step", ""),
        }
        self.log.write(json.dumps(line) + "\n")


class RunningSink:
    """A sink process and what it has taken so far."""

    def __init__(self, process: subprocess.Popen[str], port: int, path: Path) -> None:
        self.process, self.port, self._path = process, port, path

    def taken(self) -> list[dict[str, object]]:
        """Every mail accepted until now, in order."""
        lines = self._path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]


@contextlib.contextmanager
def running_sink(
    folder: Path, *, delay: float = 0.0, cut: float = 0.0, seed: int = 1
) -> Iterator[RunningSink]:
    """Start a sink on a free loopback port; it ends with the block."""
    path = folder / f"sink-{time.time_ns()}.jsonl"
    path.touch()
    command = [sys.executable, "-m", "bench.sink", "--log", str(path)]
    command += ["--delay", str(delay), "--cut", str(cut), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RunningSink(process, int(process.stdout.readline()), path)
        finally:
            process.terminate()


async def _main(arguments: argparse.Namespace) -> None:
    with arguments.log.open("a", buffering=1) as log:
        sink = Sink(delay=arguments.delay, cut=arguments.cut, seed=arguments.seed, log=log)
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=2**22)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A mail server that takes everything.")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--cut", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, required=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))
