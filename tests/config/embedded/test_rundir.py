from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from config.embedded.problems import SetupProblem
from config.embedded.rundir import LONGEST_NAME, LONGEST_SOCKET_PATH, run_dir


def test_the_folder_is_short_private_and_the_same_each_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BECKON_RUN_DIR", str(folder / "r"))
    deep = folder / ("deep" * 20) / ("deeper" * 20)
    path = run_dir(deep)
    assert path == run_dir(deep) != run_dir(folder / "other")
    assert len(os.fsencode(path / LONGEST_NAME)) <= LONGEST_SOCKET_PATH
    assert stat.S_IMODE(path.stat().st_mode) & 0o066 == 0
    assert path.stat().st_uid == os.geteuid()


def test_a_named_folder_too_long_for_a_socket_is_refused_with_both_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BECKON_RUN_DIR", str(folder / ("x" * 100)))
    with pytest.raises(SetupProblem, match=r"too long for a socket \(\d{3} bytes .* 107 are allowed\)"):
        run_dir(folder)


def test_a_link_somebody_prepared_is_not_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "r").symlink_to(folder / "elsewhere")
    monkeypatch.setenv("BECKON_RUN_DIR", str(folder / "r"))
    with pytest.raises(SetupProblem, match="exists and is not ours"):
        run_dir(folder)


def test_a_folder_open_to_others_is_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "r").mkdir()
    (folder / "r").chmod(0o777)
    monkeypatch.setenv("BECKON_RUN_DIR", str(folder / "r"))
    run_dir(folder)
    assert stat.S_IMODE((folder / "r").stat().st_mode) & 0o066 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_folder_of_another_owner_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "r").mkdir()
    os.chown(folder / "r", 12345, 12345)
    monkeypatch.setenv("BECKON_RUN_DIR", str(folder / "r"))
    with pytest.raises(SetupProblem, match="exists and is not ours"):
        run_dir(folder)
