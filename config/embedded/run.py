"""Runs one command inside a private stack: ``python -m config.embedded.run --sandbox -- manage.py walkthrough``.

The command starts when everything answers; it finds ``DATABASE_URL``, ``REDIS_URL``, ``PUBLIC_URL`` and the rest
in its environment, and in ``BECKON_STACK`` the folder with ``sandbox/sandbox.json`` and ``logs/``. Its exit code
is ours. A word that ends in ``.py`` and ``-m`` are given to this Python.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from config.embedded.ending import Ended, raise_on_signals
from config.embedded.kept import begin_with_kept
from config.embedded.problems import SetupProblem, tell
from config.embedded.programs import ROOT, WORKERS
from config.embedded.stack import MIGRATED, Stack
from config.embedded.supervisor import die_with_parent


def main(arguments: list[str] | None = None) -> int:
    """The command's exit code; 1 for a stack that could not start or lost a process meanwhile."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded.run", description=__doc__)
    parser.add_argument(
        "--dir", type=Path, help="keep the data there (default: a private folder, removed after)"
    )
    parser.add_argument("--sandbox", action="store_true", help="start the sandbox")
    parser.add_argument("--no-processes", action="store_true", help="only PostgreSQL, Valkey and migrations")
    parser.add_argument("--no-migrate", action="store_true", help="leave the database empty")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the starting process does (Linux)"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("say what to run after --")
    if options.with_parent:
        die_with_parent()
    raise_on_signals()
    lively = not options.no_processes
    try:
        if options.dir is None and not options.no_migrate and not os.environ.get(MIGRATED):
            begin_with_kept()
        with Stack(
            options.dir,
            sandbox=options.sandbox,
            workers=WORKERS if lively else (),
            beat=lively,
            web=lively,
            migrate=not options.no_migrate,
            durable=False if options.dir is None else None,
        ) as stack:
            return run_in(stack, command)
    except SetupProblem as problem:
        return tell(problem)
    except Ended as ended:
        return 128 + ended.number


def run_in(stack: Stack, command: list[str]) -> int:
    """Run one command to its end; a process of the stack that dies meanwhile ends it."""
    if command[0] == "-m" or command[0].endswith(".py"):
        command = [sys.executable, *command]
    child = subprocess.Popen(command, env={**os.environ, **stack.env}, cwd=ROOT)
    try:
        while child.poll() is None:
            stack.check()
            time.sleep(0.1)
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
