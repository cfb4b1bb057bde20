"""The stack's folder, lock, port and keys; and that killing its owner leaves nothing behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from config.embedded import folders, setting_values
from config.embedded.folders import AlreadyRunning
from config.embedded.ports import free_port
from config.embedded.problems import SetupProblem
from config.embedded.programs import HOST
from config.embedded.stack import Stack

from .test_supervisor import alive, gone, linux


def servers_only(folder: Path | None, **options: object) -> Stack:
    return Stack(folder, workers=(), beat=False, web=False, migrate=False, durable=False, **options)  # type: ignore[arg-type]


def test_a_private_stack_is_gone_without_a_trace_afterwards() -> None:
    with servers_only(None) as stack:
        kept = (stack.folder, stack.run)
        client = stack.valkey.client()
        assert client.ping()
        client.close()
        assert stack.postgres.answers()
        assert stat.S_IMODE((stack.folder / "env").stat().st_mode) == 0o600
    for path in kept:
        assert path is not None
        assert not path.exists()


def test_two_stacks_side_by_side_do_not_meet() -> None:
    with servers_only(None) as one, servers_only(None) as other:
        assert one.database_url != other.database_url
        assert one.redis_url != other.redis_url
        one.valkey.client().set("word", "mine")
        assert other.valkey.client().get("word") is None


def test_a_second_start_over_the_same_data_says_where_the_first_one_answers(folder: Path) -> None:
    lock = folders.take_lock(folder)
    folders.write_holder(lock, {"pid": 4711, "url": "http://127.0.0.1:8000"})
    with lock, pytest.raises(AlreadyRunning) as caught, servers_only(folder):
        pass
    assert "already running" in str(caught.value)
    assert "process 4711" in str(caught.value)
    assert caught.value.url == "http://127.0.0.1:8000"


def test_a_taken_port_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupProblem, match=rf"Port {port} is taken.*PORT={port + 1} make demo"):
            Stack(folder, port=port).__enter__()
    assert not (folder / "postgres").exists()


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(SetupProblem, match="70000 is not a port number"):
        free_port(70_000)


def test_keys_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = setting_values.secrets_of(tmp_path / "env")
    assert setting_values.secrets_of(tmp_path / "env") == first
    assert set(first) == {"SECRET_KEY", "PEPPER", "SECRET_BOX_KEYS"}
    assert setting_values.secrets_of(tmp_path / "other")["SECRET_KEY"] != first["SECRET_KEY"]
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600


def test_a_folder_left_by_a_killed_run_is_removed_by_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    old, used, young = (folder / f"{folders.TEMPORARY}{name}" for name in ("old", "used", "young"))
    for path in (old, used, young):
        path.mkdir()
        (path / "lock").write_text("{}")
    for path in (old, used):
        os.utime(path / "lock", (time.time() - 3600,) * 2)
    with (used / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        made = folders.make_folder(None)
    assert not old.exists()
    assert used.exists()
    assert young.exists()
    assert made.exists()


FULL = """
import os, sys, time
from pathlib import Path
from config.embedded.stack import Stack
with Stack(Path(sys.argv[1]), migrate=False, sandbox=True, durable=False) as stack:
    pids = {name: stack.pid(name) for name in stack.supervisor.children}
    print(__import__("json").dumps(pids), flush=True)
    time.sleep(120)
"""


def descendants(pids: list[int]) -> list[int]:
    """The processes started by these, and theirs."""
    found: list[int] = []
    for pid in pids:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
        )
        mine = [int(word) for word in listed.stdout.split()]
        found += mine + descendants(mine)
    return found


@pytest.mark.slow
@linux
@pytest.mark.timeout(240)
def test_killing_the_owner_of_a_whole_stack_leaves_no_process_behind(folder: Path) -> None:
    """gunicorn's worker and PostgreSQL's backends too; and the data are whole afterwards."""
    data = folder / "stack"
    owner = subprocess.Popen([sys.executable, "-c", FULL, str(data)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner, owner.stdout:
        pids = list(json.loads(owner.stdout.readline()).values())
        everything = pids + descendants(pids)
        assert len(pids) == 7
        assert len(everything) > len(pids) + 1
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    left = [pid for pid in everything if not gone(pid, within=30)]
    assert left == []
    with servers_only(data) as again:
        assert not again.postgres.create_database("beckon")
    assert not any(alive(pid) for pid in everything)
