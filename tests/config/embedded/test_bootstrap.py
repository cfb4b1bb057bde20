"""Making ``.venv`` on machines that lack something. A real process each time, in a copy of the few files it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import bootstrap

SOURCE = Path(bootstrap.__file__)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose requirements are empty: nothing is downloaded."""
    (tmp_path / "config" / "embedded").mkdir(parents=True)
    shutil.copy(SOURCE, tmp_path / "config" / "embedded" / "bootstrap.py")
    (tmp_path / "requirements").mkdir()
    for name in ("production.txt", "development.txt"):
        (tmp_path / "requirements" / name).write_text("")
    return tmp_path


def bootstrapped(
    checkout: Path, *, before: str = "", path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it as make does; ``before`` runs in the same Python first, to take something away from it."""
    script = checkout / "config" / "embedded" / "bootstrap.py"
    code = f"import runpy, sys\n{before}\nrunpy.run_path({str(script)!r}, run_name='__main__')"
    environment = {**os.environ, "PATH": os.environ["PATH"] if path is None else path}
    return subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False, env=environment
    )


def test_a_missing_venv_module_is_one_line_that_says_what_to_install(checkout: Path) -> None:
    done = bootstrapped(checkout, before="sys.modules['ensurepip'] = None", path="/nowhere")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"apt install python{version}-venv" in line
    assert "uv" in line


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_python_that_does_not_fit_is_one_line(checkout: Path, version: tuple[int, int]) -> None:
    done = bootstrapped(
        checkout, before=f"sys.version_info = ({version[0]}, {version[1]}, 1)", path="/nowhere"
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "needs Python 3.11, 3.12 or 3.13" in line
    assert f"is {version[0]}.{version[1]}" in line


def test_without_uv_venv_and_pip_make_it_once_and_again_when_something_is_wrong(checkout: Path) -> None:
    first = bootstrapped(checkout, path="/nowhere")
    assert first.returncode == 0, first.stderr
    assert "Installing what Beckon needs" in first.stdout
    python = checkout / ".venv" / "bin" / "python"
    assert python.exists()

    again = bootstrapped(checkout, path="/nowhere")
    assert (again.returncode, again.stdout) == (0, "")

    # Changed requirements are installed, and a failure is not taken for done. Without a hash pip refuses this
    # one, whatever the network says.
    requirements = checkout / "requirements" / "production.txt"
    requirements.write_text("no-such-package-of-anybody==1.0\n")
    for _ in range(2):
        failed = bootstrapped(checkout, path="/nowhere")
        assert failed.returncode == 1
        assert "--require-hashes" in failed.stderr
        assert "this step failed" in failed.stderr.splitlines()[-1]

    # A moved checkout or a removed Python: the environment no longer runs, and is made anew.
    requirements.write_text("")
    python.unlink()
    python.symlink_to("/nowhere/python")
    mended = bootstrapped(checkout, path="/nowhere")
    assert mended.returncode == 0, mended.stderr
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0
