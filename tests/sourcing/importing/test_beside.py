from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sourcing.importing import beside
from sourcing.importing.parsing import lines_of
from sourcing.importing.reading import Record
from sourcing.importing.rows import RowReader
from sourcing.matching import DEFAULT

MAPPING = {0: "full_name", 1: "email", 2: "skills"}


def batches(count: int, size: int = 20) -> list[list[Record]]:
    return [
        [
            Record(
                batch * size + row + 2,
                [f"Ida Häns\ten{row}", f"{batch}.{row}@x.example", "C\\C++;\U0001f600"],
            )
            for row in range(size)
        ]
        for batch in range(count)
    ]


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were started, on a machine of two cores."""
    started: list[subprocess.Popen[bytes]] = []

    class Remembered(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Remembered)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    yield started
    assert all(child.poll() is not None for child in started)


@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_two_processes_read_what_one_reads_in_the_same_order(
    count: int, children: list[subprocess.Popen[bytes]]
) -> None:
    reader, given = RowReader(MAPPING, tags=["May"]), batches(count)
    found = list(beside.batches(iter(given), reader, DEFAULT))
    assert found == [lines_of(batch, reader, DEFAULT) for batch in given]
    assert len(children) == (count > 1)


def test_a_reader_that_is_killed_costs_time_and_nothing_else(children: list[subprocess.Popen[bytes]]) -> None:
    reader, given = RowReader(MAPPING), batches(10)
    reading = beside.batches(iter(given), reader, DEFAULT)
    found = [next(reading), next(reading)]
    children[0].send_signal(signal.SIGKILL)
    found += reading
    assert found == [lines_of(batch, reader, DEFAULT) for batch in given]


def test_reading_may_stop_at_any_batch(children: list[subprocess.Popen[bytes]]) -> None:
    reading = beside.batches(iter(batches(10)), RowReader(MAPPING), DEFAULT)
    next(reading), next(reading), next(reading)
    reading.close()
    assert len(children) == 1


def test_the_other_process_ends_with_the_one_that_started_it() -> None:
    here, there = socket.socketpair()
    command = [sys.executable, "-m", "sourcing.importing.beside", str(there.fileno())]
    with here, there, subprocess.Popen(command, pass_fds=[there.fileno()]) as child:
        there.close()
        here.close()
        assert child.wait(timeout=60) == 0


def test_a_field_of_the_organisations_own_is_read_here(children: list[subprocess.Popen[bytes]]) -> None:
    reader = RowReader({0: "full_name", 1: "custom:notice"}, {"notice": str.upper})
    given = batches(3)
    assert list(beside.batches(iter(given), reader, DEFAULT))
    assert not children
