"""Makes ``.venv`` from the hashed requirements: ``python3 -I config/embedded/bootstrap.py``.

Runs before anything is installed, so it needs only the standard library and must be readable by an old Python
(no newer syntax than 3.6; no ``from __future__ import annotations``), which it then refuses in one line. Uses uv
when there is one, else venv and pip.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = (ROOT / "requirements" / "production.txt", ROOT / "requirements" / "development.txt")
OLDEST = (3, 11)
NEWEST = (3, 13)


def main():
    """0 when ``.venv`` holds what the requirement files say; two runs in one checkout take turns."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make()


def make():
    """Make or renew ``.venv``; quick when nothing changed, started over when it was interrupted."""
    stamp = VENV / "beckon-requirements"
    if stamp.exists() and stamp.read_text() == mark() and works():
        return 0
    uv = shutil.which("uv")
    problem = None if uv else python_problem()
    if problem:
        return tell(problem)
    sys.stdout.write("Installing what Beckon needs into .venv (once) ...\n")
    sys.stdout.flush()
    if stamp.exists():
        stamp.unlink()
    for command in with_uv(uv) if uv else with_pip():
        words = [str(word) for word in command]
        if subprocess.call(words, cwd=str(ROOT)) != 0:
            return tell(f"this step failed: {' '.join(words)}")
    stamp.write_text(mark())
    return 0


def tell(problem):
    """One line for the person; answers the exit code."""
    sys.stderr.write(f"beckon: {problem}\n")
    return 1


def python_problem():
    """Why this Python cannot make the environment, in one line; None when it can."""
    major, minor = sys.version_info[:2]
    if not OLDEST <= (major, minor) <= NEWEST:
        return (
            f"Beckon needs Python 3.11, 3.12 or 3.13, and {sys.executable} is {major}.{minor}: "
            "install one and name it (make PYTHON=python3.11 ...), or install uv."
        )
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships it, and only it, in a package of its own
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return (
            "Python's venv module is missing: install it "
            f"(Debian, Ubuntu: apt install python{major}.{minor}-venv) or uv, then run this again."
        )
    return None


def with_uv(uv):
    """Commands with uv, which looks for a fitting Python itself when ours does not fit."""
    if not works():
        fits = OLDEST <= sys.version_info[:2] <= NEWEST
        yield [uv, "venv", "--quiet", "--clear", "--python", sys.executable if fits else ">=3.11,<3.14", VENV]
    yield [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, *REQUIREMENTS]


def with_pip():
    """Commands with the standard library's venv and its pip."""
    if not works():
        yield [sys.executable, "-m", "venv", "--clear", VENV]
    files = [word for path in REQUIREMENTS for word in ("-r", path)]
    yield [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        *files,
    ]


def works():
    """Whether ``.venv`` runs (a moved checkout or a removed Python breaks it), with a Python that fits."""
    check = f"import sys; sys.exit(not ({OLDEST} <= sys.version_info[:2] <= {NEWEST}))"
    try:
        return subprocess.call([str(PYTHON), "-I", "-c", check]) == 0
    except OSError:
        return False


def mark():
    """Changes with the requirement files and with the place of the checkout (scripts in .venv carry it)."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in REQUIREMENTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
