"""Beckon's own processes as the stack starts them: the same commands as in docker-compose.yml.

Workers use thread pools, so a worker is one process; gunicorn's master takes its workers with it.
"""

from __future__ import annotations

import dataclasses
import http.client
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from celery import Celery

from config.embedded.supervisor import Program

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Worker:
    """A Celery worker: its name, the queues it takes from, its threads."""

    name: str
    queues: Sequence[str]
    threads: int = 8


#: What the demo runs; sending never waits behind an import.
WORKERS = (Worker("worker-mail", ("send", "inbound")), Worker("worker-rest", ("default", "sync"), threads=4))


def web(env: Mapping[str, str], *, port: int) -> Program:
    """gunicorn on loopback; ready when ``/healthz`` answers."""
    # fmt: off
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "8", "--graceful-timeout", "5", "--no-control-socket",
        "--access-logfile", "-",
    ]
    # fmt: on
    return Program(
        name="web",
        command=command,
        env=env,
        cwd=ROOT,
        ready=lambda: _answers(port, "/healthz"),
        # SIGTERM lets running requests finish; SIGQUIT makes the master end its workers at once when we die.
        death_signal=signal.SIGQUIT,
    )


def worker(env: Mapping[str, str], spec: Worker, *, broker: str, node: str) -> Program:
    """One Celery worker; ready when it answers a ping under ``node``."""
    # fmt: off
    command = [
        sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads",
        "--queues", ",".join(spec.queues), "--concurrency", str(spec.threads), "--hostname", node,
        "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]
    # fmt: on
    return Program(
        name=spec.name,
        command=command,
        # docs/architecture.md, "Ground rules": workers give a statement up after 60 s.
        env={"STATEMENT_TIMEOUT_MS": "60000", **env},
        cwd=ROOT,
        ready=lambda: pings(broker, node),
        stop_wait=30,
    )


def beat(env: Mapping[str, str], *, schedule: Path, name: str = "beat") -> Program:
    """The clock. Its file only remembers when an entry ran last."""
    return Program(
        name=name,
        command=[
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "beat",
            "-s",
            schedule,
            "--loglevel",
            "INFO",
        ],
        env=env,
        cwd=ROOT,
    )


def sandbox(env: Mapping[str, str], *, folder: Path, arguments: Sequence[str] = ()) -> Program:
    """The outside world on this machine; ready when it has written its addresses to ``sandbox.json``."""
    written = folder / "sandbox.json"
    written.unlink(missing_ok=True)  # a killed run leaves its own
    return Program(
        name="sandbox",
        command=[sys.executable, "-m", "sandbox", "--dir", folder, *arguments],
        env=env,
        cwd=ROOT,
        ready=written.exists,
        ready_wait=30,
    )


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def pings(broker: str, node: str) -> bool:
    """Whether a Celery worker answers over this broker within half a second."""
    app = Celery(broker=broker, set_as_current=False)
    try:
        return bool(app.control.ping(destination=[node], timeout=0.5))
    finally:
        app.close()
