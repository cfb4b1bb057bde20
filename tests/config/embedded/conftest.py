"""Folders that PostgreSQL's own account can reach too: pytest's are closed to everybody else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.folders import remove_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="beckon-test-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    for stack in path.glob("*/postgres"):
        remove_folder(stack.parent)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def run(folder: Path) -> Path:
    path = folder / "run"
    path.mkdir()
    path.chmod(0o711)
    return path


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives PostgreSQL another account")
