"""Starts programs one after another, sees that they live, and stops them in reverse order.

Every program leads a session of its own: the terminal's Ctrl-C reaches only us, and we decide who goes first.
On Linux the kernel ends a program when we die, even by SIGKILL. Its signal fires when the *thread* that started
the program ends, so programs are started from the main thread only.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from config.embedded.problems import SetupProblem
from config.embedded.unprivileged import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildDied(SetupProblem):
    """A program ended although nobody asked it to; the text carries the end of its log."""


@dataclasses.dataclass(frozen=True)
class Program:
    """What to start and how it is stopped.

    ``ready`` is asked until it answers True; without it the program counts as ready at once. ``stop_signal`` asks
    it to finish; after ``stop_wait`` seconds it is killed. ``death_signal`` is what it gets when we die.
    """

    name: str
    command: Sequence[str | os.PathLike[str]]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    ready_wait: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    stop_wait: float = 15
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    cwd: Path | None = None


class Child:
    """One started program."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [os.fspath(part) for part in program.command],
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid(), program.death_signal),
                **(program.account.popen() if program.account else {}),
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """End the program and everything in its session now, and wait until it is gone."""
        # The leader may be reaped already. Its number cannot be given away while a member of its session lives;
        # that it was given to a new group leader in the microseconds since is accepted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, for a person."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8000))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])


class Supervisor:
    """The programs of one stack, in the order they were started."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: dict[str, Child] = {}
        self._hurry = False

    def start(self, program: Program) -> Child:
        """Start without waiting. A log of an earlier run is kept as ``.1``."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Programs are started from the main thread: they die with the thread.")
        if program.name in self.children:
            raise RuntimeError(f"{program.name} runs already")
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{program.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        child = self.children[program.name] = Child(program, log)
        return child

    def wait_ready(self, *names: str) -> None:
        """Wait until these programs (all without names) answer; raises ChildDied or SetupProblem."""
        for name in names or tuple(self.children):
            child = self.children[name]
            ready = child.program.ready
            deadline = time.monotonic() + child.program.ready_wait
            while ready is not None and not ready():
                self.check()
                if time.monotonic() > deadline:
                    raise SetupProblem(
                        f"{name} does not answer after {child.program.ready_wait:.0f} s. "
                        f"Last lines of {child.log}:\n{child.last_lines()}"
                    )
                time.sleep(0.05)
        self.check()

    def check(self) -> None:
        """Raises ChildDied when a program ended by itself."""
        for name, child in self.children.items():
            code = child.process.poll()
            if code is not None:
                raise ChildDied(_obituary(name, code, child))

    def kill(self, name: str) -> None:
        """SIGKILL one program on purpose (crash tests); it may be started again."""
        self.children.pop(name).kill()

    def stop(self, name: str) -> None:
        """Ask one program to finish, wait as long as it may take, then kill what is left of its session."""
        child = self.children.pop(name)
        process = child.process
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(child.program.stop_signal)
            deadline = time.monotonic() + child.program.stop_wait
            while process.poll() is None and time.monotonic() < deadline and not self._hurry:
                time.sleep(0.02)
        child.kill()

    def stop_all(self, told: Callable[[str], object] = str) -> None:
        """Stop everything, last started first. A second Ctrl-C shortens the wait, it never leaves a program."""
        with self._second_interrupt_hurries():
            for name in reversed(tuple(self.children)):
                told(name)
                self.stop(name)

    @contextlib.contextmanager
    def _second_interrupt_hurries(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def hurry(*_: object) -> None:
            self._hurry = True

        before = {number: signal.signal(number, hurry) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _obituary(name: str, code: int, child: Child) -> str:
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    text = f"{name} {how}. Last lines of {child.log}:\n{child.last_lines()}"
    if "No space left on device" in child.last_lines(60):
        text += f"\n  The disk under {child.log.parent.parent} is full: free some space and start again."
    return text


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    """What the new process runs before the program: be told when the parent dies (Linux only)."""
    if _libc is None:
        return None
    prctl = _libc.prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)  # the parent died in between

    return before_exec


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> None:
    """Have ourselves told when whoever started us dies; used under make, which may be killed (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
