"""``.env.example`` names every variable the settings read, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"env\.(?:text|boolean|integer|seconds|durations|listing|mail_server)\(\s*\"([A-Z_]+)\"")
NAMED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def test_the_example_names_exactly_what_is_read():
    read = {"DATABASE_URL"}
    for path in (ROOT / "config").rglob("*.py"):
        read |= set(READ.findall(path.read_text()))
    assert set(NAMED.findall((ROOT / ".env.example").read_text())) == read
