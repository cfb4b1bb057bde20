"""Everything ``make test`` does after the set-up: ``python -m config.embedded.suite [STEP …] [-- PYTEST ARGUMENTS]``.

Steps: lint, format, types, imports, migrations, tests; all of them without a name. A failing step does not hide
another. The checks run side by side, one per core, each telling what it found when it ends; then the tests, in two
processes more than there are cores (``-- -n0``: in one), while types may still be looked at. The database and Redis are
private embedded servers, unless DATABASE_URL and REDIS_URL are set; into the private one the migrations run once, and
every test process starts from a copy. The next run starts from a copy too, until a migration or a package changes.
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
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from config.embedded.ending import Ended, raise_on_signals
from config.embedded.kept import keep, kept_dump, loaded
from config.embedded.problems import SetupProblem, tell
from config.embedded.programs import ROOT
from config.embedded.stack import DATABASE, MIGRATED, Stack
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
#: Beside the first migrating: else every test process would compile all tests for itself, half a minute in all.
COLLECT = ["--collect-only", "-qq"]
#: What nobody wants to read unless it fails.
SILENT = ("collection",)
#: Fills the private database, which the tests' own are copied from.
MIGRATE = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
HOW_TO_GET = {
    "browser": "Chromium or Firefox (Debian: apt install chromium firefox-esr)",
    "mail": "Dovecot (Debian, Ubuntu: apt install dovecot-imapd dovecot-lmtpd)",
}
#: Processes at once: of the checks, and of the tests, where each has its own database and mail world. Tests wait for
#: servers two fifths of their time, so there are two more of them than there are cores.
AT_ONCE = min(os.cpu_count() or 1, 4)
TESTS_AT_ONCE = AT_ONCE + 2
#: What takes longest is started first.
LONG = ("types", "database")
#: What the tests do not wait for: it asks no server, and alone it would leave the other cores idle.
BESIDE_TESTS = ("types",)
#: Names the database that tests copy, for config.settings.test.
TEMPLATE = "BECKON_TEST_TEMPLATE"
#: The checks that run at this moment; they end with the one who waits for them.
running: set[subprocess.Popen[str]] = set()
TEST_SETTINGS = "config.settings.test"


class Check(NamedTuple):
    """A program that ended: its answer, everything it said, and how long it ran."""

    name: str
    code: int
    said: str
    seconds: float


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
        with _services() as (env, stack):
            steps = [step for step in STEPS if step in (options.steps or STEPS)]
            return run_steps(steps, env, pytest_arguments, stack)
    except SetupProblem as problem:
        return tell(problem)
    except Ended as ended:
        return 128 + ended.number


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--")
    return words[:at], words[at + 1 :]


@contextlib.contextmanager
def _services() -> Iterator[tuple[dict[str, str], Stack | None]]:
    """The environment of the steps, and the stack of our own when it serves their database."""
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    common = {"DJANGO_SETTINGS_MODULE": TEST_SETTINGS}
    if len(given) == 2:
        yield common, None
        return
    with Stack(workers=(), beat=False, web=False, migrate=False, durable=False) as stack:
        own = {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url}
        yield own | given | common, None if "DATABASE_URL" in given else stack


def run_steps(
    steps: list[str], env: Mapping[str, str], pytest_arguments: list[str], stack: Stack | None
) -> int:
    """Run the checks side by side, then the tests; say at the end which failed, and what was skipped.

    A stack is migrated once, unless what migrating made is kept from another run, and every test process and every
    stack of a test begins with a copy of its database.
    """
    child_env = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | dict(env)
    # Images set it; here dozens of processes would compile the same modules, half a second each.
    child_env.pop("PYTHONDONTWRITEBYTECODE", None)
    commands = {step: STEPS[step] for step in steps if step != "tests"}
    kept = None if stack is None else kept_dump(stack.postgres.programs.major)
    if "tests" in steps and stack and kept and not loaded(stack, kept):
        commands |= {"database": MIGRATE, "collection": [*STEPS["tests"], *COLLECT, *pytest_arguments]}
    skipped: dict[str, int] = {}

    def tests(failed: list[str]) -> bool:
        if "database" in failed:
            return True
        started = time.monotonic()
        _headline("tests")
        if stack and kept:
            if not kept.exists():
                keep(stack, kept)
            child_env.update({TEMPLATE: DATABASE, MIGRATED: str(kept)})
        code, counted = run_pytest(child_env, pytest_arguments)
        skipped.update(counted)
        _outcome("tests", code, time.monotonic() - started)
        return code == 0

    failed = run_checks(commands, child_env, tests=tests if "tests" in steps else None)
    return conclude(failed, skipped, strict=os.environ.get("CI", "").lower() in {"1", "true"})


def run_checks(
    commands: Mapping[str, list[str]],
    env: Mapping[str, str],
    *,
    at_once: int = AT_ONCE,
    tests: Callable[[list[str]], bool] | None = None,
) -> list[str]:
    """Run programs side by side, the long ones first; the names of those that failed, in the order given.

    What a program says is printed in one piece when it ends; of ``SILENT`` only when it failed. ``tests`` is called
    with the names that failed once nothing runs but ``BESIDE_TESTS``, and answers whether they passed; what ends
    beside them is told after them.
    """
    failed: list[str] = []
    order = sorted(commands, key=lambda name: name not in LONG)
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        checks = {name: pool.submit(_check, name, commands[name], env) for name in order}
        beside = [checks.pop(name) for name in BESIDE_TESTS if tests and name in checks]
        try:
            failed += _tell(checks.values())
            if tests and not tests(failed):
                failed.append("tests")
            failed += _tell(beside)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(running):
                child.terminate()
            raise
    return [name for name in (*commands, "tests") if name in failed]


def _tell(checks: Iterable[Future[Check]]) -> list[str]:
    """Print each check when it ends; the names of those that failed."""
    failed = []
    for ended in as_completed(checks):
        check = ended.result()
        _headline(check.name)
        if check.code or check.name not in SILENT:
            print(check.said, end="", flush=True)
        _outcome(check.name, check.code, check.seconds)
        failed += [check.name] if check.code else []
    return failed


def _check(name: str, command: list[str], env: Mapping[str, str]) -> Check:
    started = time.monotonic()
    with subprocess.Popen(
        command, env=dict(env), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        running.add(child)
        said, _ = child.communicate()
        running.discard(child)
    return Check(name, child.returncode, said, time.monotonic() - started)


def _headline(step: str) -> None:
    print(f"── {step} ".ljust(72, "─"), flush=True)


def _outcome(step: str, code: int, seconds: float) -> None:
    print(f"   {step}: {'FAILED' if code else 'ok'} in {seconds:.1f} s", flush=True)


def run_pytest(env: Mapping[str, str], arguments: list[str]) -> tuple[int, dict[str, int]]:
    """pytest's exit code, and how many tests were skipped for each missing program."""
    folder = Path(tempfile.mkdtemp(prefix="beckon-suite-"))
    counts = folder / "skips.json"
    try:
        # By file, as modules share servers; in the order of collection, which begins with the slow ones.
        spread = ["-n", str(TESTS_AT_ONCE), "--dist", "loadfile", "--no-loadscope-reorder"]
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
