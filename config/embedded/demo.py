"""``make demo``: everything on this machine, until Ctrl-C. ``--reset`` deletes its data.

Data live under ``var/demo`` (``BECKON_DEMO_DIR`` names another folder) and survive; the port is 8000 (``PORT``).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from config.demo import LOGINS
from config.embedded.ending import Ended, raise_on_signals
from config.embedded.folders import remove_folder, take_lock
from config.embedded.problems import SetupProblem, tell
from config.embedded.programs import ROOT
from config.embedded.stack import Stack
from config.embedded.supervisor import die_with_parent

DEFAULT_PORT = 8000


def main(arguments: list[str] | None = None) -> int:
    """0 after Ctrl-C; 1 when something stood in the way or a process died."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded.demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="delete the demo's data")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the starting process does (Linux)"
    )
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("BECKON_DEMO_DIR") or ROOT / "var" / "demo")
    if options.with_parent:
        die_with_parent()
    raise_on_signals()
    try:
        if options.reset:
            reset(folder)
        else:
            serve(folder, port=wanted_port())
    except SetupProblem as problem:
        return tell(problem)
    except Ended as ended:
        print("Stopped. The data are kept; start again with: make demo", flush=True)
        return ended.exit_code
    return 0


def wanted_port() -> int:
    """``PORT`` from the environment; SetupProblem when it is no port number."""
    raw = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise SetupProblem(f"PORT={raw} is not a port number: choose one from 1024 to 65535.")
    return int(raw)


def serve(folder: Path, *, port: int) -> None:
    """Start everything and watch it until a signal (Ended) or a death (ChildDied)."""
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"  {time.monotonic() - started:5.1f} s  {line}", flush=True)

    with Stack(folder, port=port, sandbox=True, demo=True, notice=say) as stack:
        print(welcome(stack, time.monotonic() - started), flush=True)
        while True:
            stack.check()
            time.sleep(0.5)


def welcome(stack: Stack, seconds: float) -> str:
    """What the person needs now: the address and who can log in."""
    width = max(len(login.email) for login in LOGINS)
    people = "\n".join(
        f"    {login.email:<{width}}  {login.password}  {login.role}: {login.can}" for login in LOGINS
    )
    return "\n".join(
        [
            "",
            f"  Beckon is ready after {seconds:.1f} s: {stack.url}",
            "",
            "  Log in as",
            people,
            "",
            f"  What the outside world received: {stack.sandbox['url']}",
            f"  Logs: {stack.folder / 'logs'}",
            "  Ctrl-C stops everything; the data stay.",
            "",
        ]
    )


def reset(folder: Path) -> None:
    """Delete the demo's folder unless it is in use."""
    if not folder.exists():
        print("There are no demo data.")
        return
    with take_lock(folder):
        remove_folder(folder)
    print(f"Deleted {folder}.")


if __name__ == "__main__":
    sys.exit(main())
