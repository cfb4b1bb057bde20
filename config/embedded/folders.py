"""A stack's folder: where it lies, who holds it, and how it is removed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from config.embedded.postgres import remove_data
from config.embedded.problems import SetupProblem
from config.embedded.rundir import run_path

TEMPORARY = "beckon-stack-"


class AlreadyRunning(SetupProblem):
    """Another process runs over the same folder; ``url`` is where it answers."""

    def __init__(self, folder: Path, state: Mapping[str, Any]) -> None:
        self.url = str(state.get("url", ""))
        where = f" at {self.url}" if self.url else ""
        super().__init__(
            f"Beckon is already running over {folder} (process {state.get('pid', '?')}){where}. "
            "Stop it with Ctrl-C in its own window first."
        )


def make_folder(wanted: Path | None) -> Path:
    """The folder, made when missing and closed to others; without a wish a private one under the temporary folder."""
    # Under root PostgreSQL's own account passes through, but cannot list.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    if wanted is None:
        _remove_leftovers()
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY))
    else:
        folder = wanted.resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupProblem(f"The folder {folder} cannot be made: {error.strerror}.") from error
    folder.chmod(mode)
    return folder


def take_lock(folder: Path) -> IO[str]:
    """Hold the folder until the answer is closed or the process ends; AlreadyRunning when somebody else does."""
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with lock:
            lock.seek(0)
            written = lock.read()
        raise AlreadyRunning(folder, json.loads(written) if written else {}) from None
    write_holder(lock, {"pid": os.getpid()})
    return lock


def write_holder(lock: IO[str], holder: Mapping[str, Any]) -> None:
    """What a second start says about us."""
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps(holder))
    lock.flush()


def remove_folder(folder: Path) -> None:
    """Delete a stopped stack's folder with everything in it."""
    remove_data(folder / "postgres")
    shutil.rmtree(run_path(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers() -> None:
    """Delete the private folders of runs that were killed: ours, a minute old, and nobody holds the lock."""
    for lock in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*/lock"):
        with contextlib.suppress(OSError):
            status = lock.stat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < 60:
                continue
            with lock.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(lock.parent)
