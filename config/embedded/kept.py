"""What migrating made of an empty database, kept for the next private stack: migrating takes most of a minute."""

from __future__ import annotations

import os
from pathlib import Path

from config.embedded.binaries import find_postgres
from config.embedded.prepare import migrations_mark
from config.embedded.problems import SetupProblem
from config.embedded.programs import ROOT
from config.embedded.stack import DATABASE, MIGRATED, Stack

KEPT = ROOT / "var" / "suite"


def begin_with_kept(folder: Path = KEPT) -> None:
    """Private stacks of this process and its children begin with a copy of what is kept; made first if need be."""
    kept = kept_dump(find_postgres().major, folder)
    if not kept.exists():
        with Stack(workers=(), beat=False, web=False, durable=False) as stack:
            keep(stack, kept)
    os.environ[MIGRATED] = str(kept)


def kept_dump(major: int, folder: Path = KEPT) -> Path:
    """Where a migrated database of this PostgreSQL is kept; another file once a migration or a package changed."""
    return folder / f"migrated-{major}-{migrations_mark()[:16]}.sql"


def loaded(stack: Stack, source: Path) -> bool:
    """Fill the stack's empty database from what is kept; False when nothing is, or nothing that can be read."""
    if not source.exists():
        return False
    try:
        stack.postgres.load(DATABASE, source)
    except SetupProblem as problem:
        print(f"The kept database is made anew. {problem}", flush=True)
        source.unlink()
        return False
    return True


def keep(stack: Stack, target: Path) -> None:
    """Write the stack's database there, whole or not at all; what older migrations made of this server's is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}")
    stack.postgres.dump(DATABASE, fresh)
    major = target.name.split("-")[1]
    for old in target.parent.glob(f"migrated-{major}-*.sql"):
        old.unlink(missing_ok=True)
    fresh.replace(target)
