"""Everything ``make test`` does after the set-up: ``python -m config.embedded.suite [STEP …] [-- PYTEST ARGUMENTS]``.

Steps: lint, format, types, imports, migrations, tests; all of them without a name. A failing step does not hide
the next one. Tests run in a process per core (``-- -n0``: in one). The database and Redis are private embedded
servers, unless DATABASE_URL and REDIS_URL are set.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.embedded.ending import Ended, raise_on_signals
from config.embedded.problems import SetupProblem, tell
from config.embedded.programs import ROOT
from config.embedded.stack import Stack
from config.embedded.supervisor import die_with_parent

BIN = Path(sys.executable).parent
STEPS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "types": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports"), "--no-cache"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "tests": [sys.executable, "-m", "pytest"],
}
HOW_TO_GET = {
    "browser": "Chromium (Debian, Ubuntu: apt install chromium)",
    "mail": "Dovecot (Debian, Ubuntu: apt install dovecot-imapd dovecot-lmtpd)",
}
#: Processes that run tests at once; each has its own database and mail world.
MOST_WORKERS = 4
TEST_SETTINGS = "config.settings.test"


def main(arguments: list[str] | None = None) -> int:
    """0 when every step passed; in CI (``CI=true``) a test skipped for a missing program fails too."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded.suite", description=__doc__)
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the starting process does (Linux)"
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, pytest_arguments = (words, []) if "--" not in words else _split(words)
    options = parser.parse_args(own)
    unknown = set(options.steps) - set(STEPS)
    if unknown:
        parser.error(f"there is no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    if options.with_parent:
        die_with_parent()
    raise_on_signals()
    try:
        with _services() as env:
            return run_steps(options.steps or list(STEPS), env, pytest_arguments)
    except SetupProblem as problem:
        return tell(problem)
    except Ended as ended:
        return 128 + ended.number


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--")
    return words[:at], words[at + 1 :]


@contextlib.contextmanager
def _services() -> Iterator[dict[str, str]]:
    """The environment of the steps; servers of our own for what the caller's environment does not name."""
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    common = {"DJANGO_SETTINGS_MODULE": TEST_SETTINGS}
    if len(given) == 2:
        yield common
        return
    with Stack(workers=(), beat=False, web=False, migrate=False, durable=False) as stack:
        yield {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url} | given | common


def run_steps(steps: list[str], env: Mapping[str, str], pytest_arguments: list[str]) -> int:
    """Run the steps one after another and say at the end which failed, and what was skipped."""
    child_env = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | dict(env)
    failed = []
    skipped: dict[str, int] = {}
    for step in steps:
        started = time.monotonic()
        print(f"── {step} ".ljust(72, "─"), flush=True)
        if step == "tests":
            code, skipped = run_pytest(child_env, pytest_arguments)
        else:
            code = _run(STEPS[step], child_env)
        if code:
            failed.append(step)
        print(f"   {step}: {'FAILED' if code else 'ok'} in {time.monotonic() - started:.1f} s", flush=True)
    return conclude(failed, skipped, strict=os.environ.get("CI", "").lower() in {"1", "true"})


def run_pytest(env: Mapping[str, str], arguments: list[str]) -> tuple[int, dict[str, int]]:
    """pytest's exit code, and how many tests were skipped for each missing program."""
    folder = Path(tempfile.mkdtemp(prefix="beckon-suite-"))
    counts = folder / "skips.json"
    try:
        workers = str(min(os.cpu_count() or 1, MOST_WORKERS))
        # By file, as modules share servers; in the order of collection, which begins with the slow ones.
        spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
        code = _run(
            [*STEPS["tests"], "-p", "config.embedded.skips", *spread, *arguments],
            {**env, "BECKON_SKIPS": str(counts)},
        )
        return code, json.loads(counts.read_text()) if counts.exists() else {}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def conclude(failed: list[str], skipped: Mapping[str, int], *, strict: bool) -> int:
    """Print the outcome; the last line is about skipped tests when there are any."""
    print("─" * 72)
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    missing = [f"{count} without {HOW_TO_GET[name]}" for name, count in sorted(skipped.items()) if count]
    if missing:
        consequence = "; in CI this is a failure" if strict else ""
        print(f"{sum(skipped.values())} tests were skipped: {', '.join(missing)}{consequence}.", flush=True)
    elif not failed:
        print("Everything passed.", flush=True)
    return 1 if failed or (missing and strict) else 0


def _run(command: list[str], env: Mapping[str, str]) -> int:
    child = subprocess.Popen(command, env=dict(env), cwd=ROOT)
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


if __name__ == "__main__":
    sys.exit(main())
