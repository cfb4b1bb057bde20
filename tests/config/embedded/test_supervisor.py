from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from config.embedded.problems import SetupProblem
from config.embedded.supervisor import ChildDied, Program, Supervisor

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")


def python(name: str, code: str, **options: object) -> Program:
    return Program(name=name, command=[sys.executable, "-c", code], env=dict(os.environ), **options)  # type: ignore[arg-type]


SLEEP = "import time; time.sleep(60)"


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_programs_stop_in_reverse_order_each_in_a_session_of_its_own(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    first, second = supervisor.start(python("first", SLEEP)), supervisor.start(python("second", SLEEP))
    assert os.getsid(first.pid) == first.pid != os.getsid(second.pid)
    order: list[str] = []
    supervisor.stop_all(order.append)
    assert order == ["second", "first"]
    assert gone(first.pid) and gone(second.pid)  # noqa: PT018


def test_a_program_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    child = supervisor.start(python("web", "print('no port for me'); raise SystemExit(3)"))
    child.process.wait()
    with pytest.raises(ChildDied, match=r"web ended with exit code 3.*\n.*no port for me"):
        supervisor.check()


def test_a_program_that_dies_while_we_wait_for_it_ends_the_wait(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(python("web", "raise SystemExit(1)", ready=lambda: False))
    with pytest.raises(ChildDied):
        supervisor.wait_ready()


def test_a_program_that_never_answers_is_given_up_after_its_time(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(python("web", SLEEP, ready=lambda: False, ready_wait=0.2))
    with pytest.raises(SetupProblem, match="web does not answer"):
        supervisor.wait_ready()
    supervisor.stop_all()


def test_a_full_disk_is_named_when_the_last_words_speak_of_it(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs")
    code = "print('PANIC: could not write: No space left on device'); raise SystemExit(1)"
    supervisor.start(python("postgres", code)).process.wait()
    with pytest.raises(ChildDied, match=r"The disk under .* is full"):
        supervisor.check()


def test_a_program_that_ignores_the_request_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    code = (
        "import signal, subprocess, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    supervisor = Supervisor(tmp_path / "logs")
    ready = lambda: note.exists() and bool(note.read_text())  # noqa: E731
    child = supervisor.start(python("stubborn", code, ready=ready, stop_wait=0.3))
    supervisor.wait_ready()
    supervisor.stop_all()
    assert gone(child.pid)
    assert gone(int(note.read_text()))


def test_programs_start_from_the_main_thread_only(tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            Supervisor(tmp_path).start(python("late", SLEEP))
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("one", "two"):
        supervisor = Supervisor(tmp_path)
        supervisor.start(python("web", f"print({word!r})")).process.wait()
    assert (tmp_path / "web.log").read_text() == "two\n"
    assert (tmp_path / "web.log.1").read_text() == "one\n"


@linux
def test_killing_us_ends_our_programs(tmp_path: Path) -> None:
    code = (
        "import os, sys, time, pathlib\n"
        "from config.embedded.supervisor import Program, Supervisor\n"
        f"supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}))\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "program = Program(name='a', command=command, env=dict(os.environ))\n"
        "print(supervisor.start(program).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert gone(pid)
