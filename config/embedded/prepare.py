"""Brings a stack's database and static files up to date: ``python -m config.embedded.prepare --state FILE``.

Loading Django takes seconds and most starts have nothing to do, so what was done is remembered in the state file
under marks of what it was made from (names, sizes and times of the files). When every mark is unchanged, Django
is not loaded at all. The state file lies beside the data: who clears one clears both.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.embedded.programs import ROOT

STATIC_ROOT = ROOT / "staticfiles"
STATIC_STATE = STATIC_ROOT / ".beckon-state.json"


def main(arguments: list[str] | None = None) -> int:
    """0 when everything asked for is up to date afterwards."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded.prepare")
    parser.add_argument("--state", type=Path, required=True, help="remembers what was done to this database")
    parser.add_argument("--static", action="store_true", help="collect static files as well")
    parser.add_argument("--demo", action="store_true", help="load the demo organisation once")
    options = parser.parse_args(arguments)
    state = _read(options.state)
    migrations = migrations_mark()
    if state.get("migrations") != migrations:
        _command("migrate", "--no-input", "--verbosity", "1")
        state["migrations"] = migrations
        _write(options.state, state)
    if options.static:
        collect_static()
    if options.demo and not state.get("demo") and _has_command("load_demo"):
        _command("load_demo")
        state["demo"] = True
        _write(options.state, state)
    return 0


def is_due(state: Path, *, static: bool, demo: bool) -> bool:
    """Whether ``main`` would load Django; asked by the stack, which saves the process when not."""
    known = _read(state)
    return (
        known.get("migrations") != migrations_mark()
        or (static and _read(STATIC_STATE).get("mark") != static_mark())
        or (demo and not known.get("demo"))
    )


def remember_migrated(state: Path) -> None:
    """Note that the database holds every migration, as one that was copied from a migrated one does."""
    _write(state, _read(state) | {"migrations": migrations_mark()})


def collect_static() -> None:
    """``collectstatic``, when a source or an installed package changed. Two processes at once take turns."""
    STATIC_ROOT.mkdir(exist_ok=True)
    with (STATIC_ROOT / ".beckon-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = static_mark()
        if _read(STATIC_STATE).get("mark") == mark:
            return
        _command("collectstatic", "--no-input", "--verbosity", "1")
        _write(STATIC_STATE, {"mark": mark})


def migrations_mark() -> str:
    """Changes with every migration of ours and every installed package (Django's and allauth's migrations)."""
    return _mark((*ROOT.glob("*/migrations/*.py"), *_requirements()))


def static_mark() -> str:
    """Changes with our static files, the settings that decide how they are stored, and the packages."""
    # Hidden files are not collected; the asset build rewrites one of them when it finds nothing to do.
    sources = (path for path in (ROOT / "static").rglob("[!.]*") if path.is_file())
    return _mark((*sources, ROOT / "config" / "settings" / "base.py", *_requirements()))


def _requirements() -> Iterator[Path]:
    yield from (ROOT / "requirements").glob("*.txt")


def _mark(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _has_command(name: str) -> bool:
    _load_django()
    from django.core.management import get_commands  # noqa: PLC0415 - needs loaded settings

    return name in get_commands()


def _command(name: str, *arguments: str) -> None:
    _load_django()
    from django.core.management import call_command  # noqa: PLC0415 - needs loaded settings

    call_command(name, *arguments)


def _load_django() -> None:
    import django  # noqa: PLC0415 - the point of this module is not to load it in vain
    from django.apps import apps  # noqa: PLC0415

    # A migration or a load may run longer than any page.
    os.environ.setdefault("STATEMENT_TIMEOUT_MS", "0")
    if not apps.ready:
        django.setup()


def _read(path: Path) -> dict[str, object]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, state: dict[str, object]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state))
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
