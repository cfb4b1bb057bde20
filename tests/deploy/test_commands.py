"""Every command and health check that Dockerfile and compose file name, run over real servers.

Two workers and two beats, as ``--scale worker=2`` and a mistake would start them.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from config.embedded import programs
from config.embedded.ports import free_port
from config.embedded.stack import Stack
from config.embedded.supervisor import Program

from .test_image import COMPOSE, ROOT, stages

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def servers() -> Iterator[Stack]:
    with Stack(workers=(), beat=False, web=False) as stack:
        yield stack


def environment(stack: Stack, **more: str) -> dict[str, str]:
    """As in a container: only what the services name, and the installed programs on PATH."""
    return {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(stack.folder), **stack.env, **more}


def dockerfile(word: str) -> str:
    (rest,) = [rest for name, rest in stages()["runtime"] if name == word]
    return rest


def checked(stack: Stack, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(stack, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_migrate_service_ends_well_and_finds_nothing_to_do_the_second_time(servers: Stack) -> None:
    command = COMPOSE["services"]["migrate"]["command"]
    done = checked(servers, command, STATEMENT_TIMEOUT_MS="0")
    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in done.stdout


def test_the_image_collects_static_files_with_the_settings_it_names(servers: Stack, tmp_path: Path) -> None:
    (run,) = [rest for word, rest in stages()["runtime"] if word == "RUN" and "collectstatic" in rest]
    words = shlex.split(run)
    given = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("--"))
    command = [word for word in words if "=" not in word]
    done = subprocess.run(
        [*command, "--dry-run"],
        cwd=ROOT,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "config.settings.production", **given},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(180)
def test_web_answers_its_health_check_and_the_check_notices_a_dead_redis(servers: Stack) -> None:
    port = free_port(0)
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in json.loads(dockerfile("CMD"))]
    rest = dockerfile("HEALTHCHECK")
    check = [word.replace(":8000", f":{port}") for word in json.loads(rest[rest.index("[") :])]
    servers.supervisor.start(
        Program(
            name="web",
            command=command,
            env=environment(servers),
            cwd=ROOT,
            ready=lambda: checked(servers, check).returncode == 0,
        )
    )
    servers.supervisor.wait_ready("web")
    unwell = checked(servers, [*check[:-1], f"http://127.0.0.1:{port}/nothing-here"])
    assert unwell.returncode == 1
    servers.kill("valkey")
    try:
        sick = checked(servers, check)
        assert sick.returncode == 1
        assert "503" in sick.stderr
        assert "redis" in sick.stderr
    finally:
        servers.supervisor.start(servers.valkey.program())
        servers.supervisor.wait_ready("valkey")
    assert checked(servers, check).returncode == 0
    servers.supervisor.stop("web")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_workers_and_two_beats_answer_their_checks_and_do_each_task_without_harm(servers: Stack) -> None:
    worker, beat = COMPOSE["services"]["worker"], COMPOSE["services"]["beat"]
    started = []
    for number in ("1", "2"):
        command = [word.replace("%h", f"host{number}") for word in worker["command"]]
        started.append(
            _started(servers, f"worker-{number}", command, worker["environment"], node=f"worker@host{number}")
        )
        command = [word.replace("/tmp/", f"{servers.folder}/{number}-") for word in beat["command"]]  # noqa: S108
        started.append(_started(servers, f"beat-{number}", command, {}))
    servers.supervisor.wait_ready(*started)
    for number in ("1", "2"):
        test = worker["healthcheck"]["test"]
        assert test[0] == "CMD-SHELL"
        _until(servers, ["sh", "-c", test[1].replace("$$", "$")], HOSTNAME=f"host{number}")
    test = beat["healthcheck"]["test"]
    assert checked(servers, test[1:]).returncode == 0
    assert checked(servers, test[1:], REDIS_URL="unix:///nowhere").returncode == 1
    _until_both_did_a_task(servers, "worker@host1", "worker@host2")
    servers.check()
    for name in started:
        assert "Traceback" not in (servers.folder / "logs" / f"{name}.log").read_text(), name
        servers.supervisor.stop(name)


def test_the_sandboxs_command_is_one_it_takes() -> None:
    words = {word: json.loads(rest) for word, rest in stages()["sandbox"] if word in {"ENTRYPOINT", "CMD"}}
    command = [*words["ENTRYPOINT"][1:], *words["CMD"], "--help"]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _started(stack: Stack, name: str, command: list[str], given: dict[str, Any], *, node: str = "") -> str:
    """``node``: ready when it answers a ping; the check of the image loads all of Django to ask that."""
    timeout = {"STATEMENT_TIMEOUT_MS": given["STATEMENT_TIMEOUT_MS"]} if given else {}
    stack.supervisor.start(
        Program(
            name=name,
            command=command,
            env=environment(stack, **timeout),
            cwd=ROOT,
            ready=(lambda: programs.pings(stack.broker_url, node)) if node else None,
            stop_wait=30,
        )
    )
    return name


def _until(stack: Stack, command: list[str], **more: str) -> None:
    deadline = time.monotonic() + 90
    while (done := checked(stack, command, **more)).returncode != 0:
        stack.check()
        assert time.monotonic() < deadline, done.stderr + done.stdout
        time.sleep(0.5)


def _until_both_did_a_task(stack: Stack, *nodes: str) -> None:
    """Each worker says that it was given tasks by the clocks; asked over Redis, as `celery inspect stats` does."""
    app = Celery(broker=stack.broker_url, set_as_current=False)
    deadline = time.monotonic() + 60
    try:
        while True:
            stack.check()
            answers: dict[str, Any] = app.control.inspect(destination=list(nodes), timeout=2).stats() or {}
            done = {node: sum(answers.get(node, {}).get("total", {}).values()) for node in nodes}
            if all(done.values()):
                return
            assert time.monotonic() < deadline, done
    finally:
        app.close()
