"""The browser extension, packed: ``python -m config.extension`` (``make extension``).

The source in ``extension/`` is sent as it is written; nothing is bundled. Added are the version, the stylesheet and
fonts of the design system, and the icons the panel names. ``static/dist/extension/`` gets

========================  ==================================================================
``chromium/``             unpacked, for *Load unpacked*
``beckon-chromium.zip``   the same files
``beckon-firefox.zip``    the same files with Firefox's manifest
========================  ==================================================================

The same source makes the same bytes: names are sorted, times fixed. Built as part of :mod:`config.assets`.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config import icons

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
MARKS = ROOT / "static" / "marks"
#: Where the stylesheet goes, so that what it names lies where app.css has it: ``files/`` beside, ``../marks/``.
STYLESHEET = "panel/panel.css"
MANIFEST = "manifest.json"
SHAPES = "panel/shapes.js"
#: What may be packed; anything else in the folder stops the build instead of being published.
KINDS = frozenset({".js", ".html", ".json", ".png"})
#: What others made and the panel is drawn with; each one's licence is packed.
DRAWN_WITH = ("daisyui", "inter", "lucide", "tailwindcss")
_ICON = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']""")
_SHAPE = re.compile(r"<(\w+) ([^>]*?)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ExtensionError(Exception):
    """The extension cannot be packed; the text says why."""


def main() -> int:
    """Build what is due; 0 when ``static/dist/extension`` is fresh afterwards."""
    from config import assets  # noqa: PLC0415 - it builds this too

    code = assets.main([])
    if code == 0:
        for path in sorted((assets.DIST / "extension").glob("*.zip")):
            sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB\n")
    return code


def inputs() -> Iterator[Path]:
    """What the extension is made from, beside packages and the design system."""
    yield from sorted(path for path in SOURCE.rglob("*") if path.is_file())
    yield from sorted(MARKS.iterdir())
    yield ROOT / "LICENSE"
    yield Path(__file__)


def write(folder: Path, *, stylesheet: bytes, fonts: Path, lucide: Path, licences: Path) -> None:
    """Both zips and the unpacked copy into ``folder``. Raises ExtensionError and UnknownIcon.

    ``fonts`` is a folder whose files are packed, ``licences`` one of texts by name, ``lucide`` one of SVG files.
    """
    own = _own()
    added = {
        STYLESHEET: stylesheet,
        SHAPES: _shapes(lucide),
        "licences/beckon.txt": (ROOT / "LICENSE").read_bytes(),
    }
    added |= {f"licences/{name}.txt": (licences / f"{name}.txt").read_bytes() for name in DRAWN_WITH}
    for under, source in (("panel/files", fonts), ("marks", MARKS)):
        added |= {f"{under}/{path.name}": path.read_bytes() for path in source.iterdir()}
    packed = own | added
    chromium = json.loads(packed[MANIFEST]) | versions(version())
    for name, content in {**packed, MANIFEST: _as_json(chromium)}.items():
        target = folder / "chromium" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / "beckon-chromium.zip").write_bytes(_zip({**packed, MANIFEST: _as_json(chromium)}))
    (folder / "beckon-firefox.zip").write_bytes(_zip({**packed, MANIFEST: _as_json(for_firefox(chromium))}))


def version() -> str:
    """Beckon's own, from the settings' text: where assets are built no settings can be loaded."""
    found = re.search(r'^VERSION = "([^"]+)"', _settings().read_text(), re.M)
    if not found:
        raise ExtensionError(f"there is no VERSION in {_settings().relative_to(ROOT)}")
    return found[1]


def versions(of: str) -> dict[str, str]:
    """What a manifest says of a version: browsers compare one to four numbers, people read all of it."""
    numbers = re.match(r"\d+(\.\d+){0,3}", of)
    if not numbers:
        raise ExtensionError(f"version {of!r} does not begin with a number")
    return {"version": numbers[0]} | ({"version_name": of} if numbers[0] != of else {})


def for_firefox(chromium: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of the same extension where panels are sidebars and workers are event pages."""
    left_out = {"minimum_chrome_version", "version_name"}
    policy = chromium["content_security_policy"]["extension_pages"]
    return {key: value for key, value in chromium.items() if key not in left_out} | {
        "permissions": [each for each in chromium["permissions"] if each != "sidePanel"],
        "background": {"scripts": [chromium["background"]["service_worker"]], "type": "module"},
        # Beside the address, where Chromium's instructions have it pinned; else behind the puzzle piece.
        "action": {**chromium["action"], "default_area": "navbar"},
        "content_security_policy": {"extension_pages": f"{policy}; frame-src 'self'"},
        "sidebar_action": {
            "default_title": chromium["name"],
            "default_icon": chromium["action"]["default_icon"],
            "default_panel": "sidebar.html",
            "open_at_install": False,
        },
        "browser_specific_settings": {
            "gecko": {
                "id": "panel@beckon",
                "strict_min_version": "128.0",
                "data_collection_permissions": {"required": ["personallyIdentifyingInfo", "websiteContent"]},
            }
        },
    }


def icons_named() -> dict[str, str]:
    """Icon name → the first script that names it, as ``icon("mail")``."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.js")):
        for name in _ICON.findall(path.read_text()):
            found.setdefault(name, str(path.relative_to(ROOT)))
    return found


def _own() -> dict[str, bytes]:
    """Name → content of each file of the source."""
    found = {}
    for path in sorted(SOURCE.rglob("*")):
        if path.is_dir():
            continue
        if path.suffix not in KINDS or path.name.startswith("."):
            raise ExtensionError(f"{path.relative_to(ROOT)} is no kind of file that is packed")
        found[path.relative_to(SOURCE).as_posix()] = path.read_bytes()
    return found


def _shapes(lucide: Path) -> bytes:
    """Lucide's shapes as data: the panel makes elements of them, never markup."""
    drawn = {
        name: [[tag, dict(_ATTRIBUTE.findall(attributes))] for tag, attributes in _SHAPE.findall(markup)]
        for name, markup in sorted(icons.collect(icons_named(), lucide).items())
    }
    return f"export const SHAPES = {json.dumps(drawn, separators=(',', ':'))};\n".encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _as_json(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def _settings() -> Path:
    return ROOT / "config" / "settings" / "base.py"


if __name__ == "__main__":
    raise SystemExit(main())
