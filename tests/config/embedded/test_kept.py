"""What one run keeps for the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.embedded.binaries import find_postgres
from config.embedded.kept import begin_with_kept, keep, kept_dump, loaded
from config.embedded.stack import MIGRATED, Stack


@pytest.fixture
def stack() -> Stack:
    return Stack(workers=(), beat=False, web=False, migrate=False, durable=False)


def asked(stack: Stack, sql: str) -> str:
    """What the stack's database answers."""
    target = stack.folder / "answer.txt"
    question = stack.folder / "question.sql"
    question.write_text(f"\\o {target}\n\\t on\n{sql};\n")
    stack.postgres._client("psql", "--no-psqlrc", "--file", question, "--dbname", stack.database_url)
    return target.read_text().strip()


def test_a_migrated_database_is_kept_and_loaded_by_the_next_run(folder: Path, stack: Stack) -> None:
    kept, older = kept_dump(18, folder), folder / "migrated-18-0123456789abcdef.sql"
    other_server = folder / "migrated-15-0123456789abcdef.sql"
    for path in (older, other_server):
        path.write_text("")
    with stack:
        assert not loaded(stack, kept)
        asked(stack, "CREATE TABLE welders AS SELECT 3 AS number")
        keep(stack, kept)
    assert set(folder.iterdir()) == {other_server, kept}
    with stack:
        assert loaded(stack, kept)
        assert asked(stack, "SELECT number FROM welders") == "3"


def test_what_cannot_be_read_is_thrown_away_and_leaves_the_database_empty(
    folder: Path, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = kept_dump(18, folder)
    kept.write_text("CREATE TABLE welders (number int);\nCREATE TABL")
    with stack:
        assert not loaded(stack, kept)
        assert asked(stack, "SELECT to_regclass('welders') IS NULL") == "t"
    assert not kept.exists()
    assert "made anew" in capsys.readouterr().out


def test_another_server_has_another_file(folder: Path) -> None:
    assert kept_dump(15, folder) != kept_dump(18, folder)


def test_a_private_stack_begins_with_what_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_dump(find_postgres().major, folder)
    kept.write_text("")
    monkeypatch.setenv(MIGRATED, "")
    begin_with_kept(folder)
    assert os.environ[MIGRATED] == str(kept)
