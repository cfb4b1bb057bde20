"""A short, private folder for sockets.

A Unix socket's path has at most 107 bytes (``sun_path`` in unix(7)), which a checkout deep in somebody's home
exceeds. So sockets live in ``/tmp`` or ``XDG_RUNTIME_DIR``, in a folder that belongs to us alone and whose name
follows from the data folder: two checkouts never meet, and a restart finds what a killed run left.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from config.embedded.problems import SetupProblem

LONGEST_SOCKET_PATH = 107
#: The longest socket name that is put into a run folder.
LONGEST_NAME = "pg/.s.PGSQL.5432"


def run_dir(data: Path) -> Path:
    """The socket folder that belongs to this data folder, made when missing.

    ``BECKON_RUN_DIR`` chooses where it lies. Raises SetupProblem when the path is too long for a socket or the
    folder belongs to somebody else.
    """
    path = run_path(data)
    longest = len(os.fsencode(path / LONGEST_NAME))
    if longest > LONGEST_SOCKET_PATH:
        raise SetupProblem(
            f"{path} is too long for a socket ({longest} bytes with its name, {LONGEST_SOCKET_PATH} are allowed): "
            "name a shorter folder in BECKON_RUN_DIR."
        )
    _own(path.parent)
    _own(path)
    return path


def run_path(data: Path) -> Path:
    """Where the socket folder of this data folder lies, whether it exists or not."""
    return _parent() / hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:10]


def _parent() -> Path:
    named = os.environ.get("BECKON_RUN_DIR")
    if named:
        return Path(named).absolute()
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    # Root's runtime folder is closed to the account PostgreSQL runs under, so root uses /tmp.
    if runtime and os.geteuid() != 0 and len(runtime) < 40 and _is_ours(Path(runtime)):
        return Path(runtime) / "beckon"
    return Path("/tmp") / f"beckon-{os.geteuid()}"  # noqa: S108 - owner and mode are checked below


def _is_ours(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and os.access(path, os.W_OK)


def _own(path: Path) -> None:
    """Make the folder, or check that nobody prepared it for us: it must be ours, no link, no one else's to write."""
    # Root's folders may be entered, not listed: PostgreSQL's own account has to pass.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        path.mkdir(mode=mode, parents=True)
    except FileExistsError:
        if not _is_ours(path):
            raise SetupProblem(
                f"{path} exists and is not ours (another owner, or not a folder). "
                "Remove it, or name another folder in BECKON_RUN_DIR."
            ) from None
    except OSError as error:
        raise SetupProblem(f"The folder {path} for sockets cannot be made: {error.strerror}.") from error
    path.chmod(mode)
