"""A second process that reads rows beside the one that imports, so that reading takes two cores.

It holds no state, opens no connection and is handed records over a pipe; it ends when the pipe does, whatever became of
its parent. Where it cannot be had, all is read by the importing process.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import structlog

from sourcing.importing.parsing import Line, lines_of
from sourcing.importing.reading import Record
from sourcing.importing.rows import RowReader
from sourcing.matching import Rule

log = structlog.get_logger(__name__)

#: Batches under way in the other process: one it reads, one it can begin at once.
_AHEAD = 2
#: Batches read and not yet taken; memory is bounded by it.
_WAITING = 4

_Batch = Sequence[Record]
_Read = Callable[[_Batch], list[Line]]


def batches(records: Iterable[_Batch], reader: RowReader, rule: Rule) -> Iterator[list[Line]]:
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
    with subprocess.Popen(
        [sys.executable, "-m", "sourcing.importing.beside"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        to, back = child.stdin, child.stdout

        def read(batch: _Batch) -> list[Line]:
            try:
                pickle.dump([(record.line, record.cells, record.broken) for record in batch], to, _PROTOCOL)
                to.flush()
                found: list[Line] = pickle.load(back)  # noqa: S301 - our own child's
            except (EOFError, OSError, pickle.UnpicklingError):
                log.warning("imports.reader_gone", returncode=child.poll())
                return lines_of(batch, reader, rule)
            return found

        try:
            pickle.dump((reader, rule), to, _PROTOCOL)
            yield read
        finally:
            child.kill()


_PROTOCOL = pickle.HIGHEST_PROTOCOL


def main() -> None:
    """Read batches from the pipe until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given, back = sys.stdin.buffer, sys.stdout.buffer
    try:
        reader, rule = pickle.load(given)  # noqa: S301 - our own parent's
        while True:
            batch = [Record(*record) for record in pickle.load(given)]  # noqa: S301 - our own parent's
            pickle.dump(lines_of(batch, reader, rule), back, _PROTOCOL)
            back.flush()
    except (EOFError, BrokenPipeError):
        # The importing process has what it wanted, or is gone.
        os._exit(0)


if __name__ == "__main__":
    main()
