from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.client import Sandbox, SandboxFailed
from tests.sandbox.conftest import Mail

ROOT = Path(__file__).resolve().parents[2]


def test_mail_people_and_books_survive_a_restart(tmp_path: Path) -> None:
    accounts = {"carla@demo.example": "c"}
    with Sandbox.start(tmp_path, accounts=accounts, switches={"answer_delay": 60}) as world:
        mail = Mail(world, "carla@demo.example")
        mail.send("reply.anna@x.example")
        before = world.mailboxes()["carla@demo.example"]["INBOX"]
    assert not (tmp_path / "sandbox.json").exists()
    with Sandbox.start(tmp_path, accounts=accounts) as world:
        mail = Mail(world, "carla@demo.example")
        after = world.mailboxes()["carla@demo.example"]["INBOX"]
        assert (before["messages"], after["messages"]) == (0, 1)  # stopping lets pending answers arrive
        assert after["uid_validity"] == before["uid_validity"]
        assert b"Re: " in mail.fetch()[0]
        assert world.ledger()["accepted"] == 1
        assert stat.S_IMODE((tmp_path / "sandbox.json").stat().st_mode) == 0o600
        assert Sandbox.attach(tmp_path).ledger()["accepted"] == 1


def test_sigint_stops_it_cleanly_even_while_everything_hangs(tmp_path: Path) -> None:
    world = Sandbox.start(tmp_path, switches={"smtp_hang": True, "imap_hang": True})
    assert world.process is not None
    with (
        socket.create_connection((world.host, world.smtp_port)),
        socket.create_connection((world.host, world.imap_port)),
        socket.create_connection((world.host, world.http_port)),
    ):
        world.process.send_signal(signal.SIGINT)
        assert world.process.wait(30) == 0
    log = (tmp_path / "sandbox.log").read_text().splitlines()
    assert log == [f"sandbox: {world.addresses['url']}"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is a Linux thing")
def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from sandbox.client import Sandbox;"
        f"world = Sandbox.start(Path({str(tmp_path)!r})); print(world.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and "Z" not in _state(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists() or "Z" in _state(child)


def test_a_taken_port_and_a_wrong_switch_are_said_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxFailed, match=r"cannot start.*in use"):
            Sandbox.start(tmp_path, arguments=["--imap-port", str(port)])
    with pytest.raises(SandboxFailed, match="no switch called 'anser_delay'"):
        Sandbox.start(tmp_path, switches={"anser_delay": 1})


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
