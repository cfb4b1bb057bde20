"""A second process that reads rows beside the one that imports, so that reading takes two cores.

It holds no state, opens no connection and is handed records over a socket; it ends when that does, whatever became of
its parent. Where it cannot be had, all is read by the importing process.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from sourcing.importing.parsing import Line, lines_of
from sourcing.importing.reading import Record
from sourcing.importing.rows import RowReader
from sourcing.matching import Rule

log = structlog.get_logger(__name__)

#: Batches under way in the other process: one it reads, one it can begin at once.
_AHEAD = 2
#: Batches read and not yet taken; memory is bounded by it.
_WAITING = 3

_Batch = Sequence[Record]
_Read = Callable[[_Batch], list[Line]]


def batches(records: Iterable[_Batch], reader: RowReader, rule: Rule) -> Generator[list[Line], None, None]:
    """The batches as lines, in order; read by both processes when there are two cores and more than one batch."""
    rest = iter(records)
    first = next(rest, None)
    if first is None:
        return
    yield lines_of(first, reader, rule)
    second = next(rest, None)
    if second is None:
        return
    with _another(reader, rule) as other:
        yield from _by_two(second, rest, lambda batch: lines_of(batch, reader, rule), other)


def _by_two(first: _Batch, rest: Iterator[_Batch], here: _Read, other: _Read | None) -> Iterator[list[Line]]:
    batch: _Batch | None = first
    if other is None:
        while batch is not None:
            yield here(batch)
            batch = next(rest, None)
        return
    waiting: deque[Future[list[Line]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="import-beside") as line:
        while batch is not None:
            if sum(not future.done() for future in waiting) < _AHEAD:
                waiting.append(line.submit(other, batch))
            else:
                read: Future[list[Line]] = Future()
                read.set_result(here(batch))
                waiting.append(read)
            while waiting and (waiting[0].done() or len(waiting) > _WAITING):
                yield waiting.popleft().result()
            batch = next(rest, None)
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _another(reader: RowReader, rule: Rule) -> Iterator[_Read | None]:
    """What reads a batch in the other process; None where there is but one core or the reading hangs on this one."""
    if len(os.sched_getaffinity(0)) < 2 or not reader.portable:
        yield None
        return
    here, there = socket.socketpair()
    with (
        here,
        there,
        subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "sourcing.importing.beside", str(there.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
            cwd=Path(__file__).resolve().parents[2],
        ) as child,
    ):
        there.close()

        def read(batch: _Batch) -> list[Line]:
            try:
                _send(here, [(record.line, record.cells, record.broken) for record in batch])
                found: list[Line] = _receive(here)
            except (EOFError, OSError):
                log.warning("imports.reader_gone", returncode=child.poll())
                return lines_of(batch, reader, rule)
            return found

        try:
            _send(here, (reader, rule))
            yield read
        finally:
            child.kill()


# One system call each way: a thread that comes back from one waits for the interpreter, which the other thread holds
# while it reads rows, so that a message in many pieces would take longer than what it is about.
def _send(line: socket.socket, what: object) -> None:
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    line.sendall(_LENGTH.pack(len(data)) + data)


def _receive(line: socket.socket) -> Any:
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    return pickle.loads(_exactly(line, length))  # noqa: S301 - our own process at the other end


def _exactly(line: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    got = 0
    while got < length:
        more = line.recv_into(memoryview(data)[got:], length - got, socket.MSG_WAITALL)
        if not more:
            raise EOFError
        got += more
    return data


_LENGTH = struct.Struct("!Q")


def main() -> None:
    """Read batches from the line until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as line:
        try:
            reader, rule = _receive(line)
            while True:
                _send(line, lines_of([Record(*record) for record in _receive(line)], reader, rule))
        except (EOFError, OSError):
            # The importing process has what it wanted, or is gone.
            return


if __name__ == "__main__":
    main()
