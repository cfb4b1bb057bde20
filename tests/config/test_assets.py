"""The build: only when due, complete, and loud about an icon that does not exist."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from config import assets, extension, icons


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """``static/dist`` is fresh."""
    assets.build()


def test_a_warm_run_takes_a_blink() -> None:
    assets.build()
    # The processor's time, not the clock's: the machine may be busy with something else.
    started = time.process_time()
    assert assets.build() is False
    assert time.process_time() - started < 0.3


def test_every_icon_the_templates_and_modules_name_is_built() -> None:
    used = icons.used(assets.ROOT)
    assert {"mail", "plug", "search", "ellipsis"} <= used.keys()
    assert used.keys() == json.loads(icons.BUILT.read_text()).keys()


def test_an_icon_lucide_does_not_have_stops_the_build_and_names_the_place() -> None:
    with pytest.raises(icons.UnknownIcon, match=r"no Lucide icon 'carrier-pigeon' \(templates/inbox.html\)"):
        icons.collect({"carrier-pigeon": "templates/inbox.html"}, assets.PACKAGES / "lucide-static" / "icons")


def test_icons_are_found_in_tags_keywords_keys_tables_and_defaults(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(
        """{% icon "mail" %}{% icon 'phone' 3.5 %}{% empty "x" icon="inbox" %}{% include "b" with icon="send" %}"""
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "a.py").write_text(
        'tab(icon="clock")\nrow = {"icon": "history", "label": "not-this"}\n'
        'BANNER_ICONS = {"red": ("", "circle-x")}\ndef f(a, icon="x", *, label="nor-this"): ...\n'
        'class C:\n    icon: str = "user"\n'
    )
    assert set(icons.used(tmp_path)) == {
        "mail", "phone", "inbox", "send", "clock", "history", "circle-x", "x", "user",
    }  # fmt: skip


def test_an_interrupted_build_is_due_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "STAMP", tmp_path / "stamp.json")
    assert assets.main(["--check"]) == 1


def test_a_touched_but_equal_file_builds_nothing() -> None:
    css = assets.ROOT / "assets" / "app.css"
    css.touch()
    assert assets.build() is False


def test_another_way_to_pack_the_extension_packs_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before, read, packer = assets._content(), Path.read_bytes, Path(extension.__file__)
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"" if path == packer else read(path))
    assert assets._content() != before


def test_the_stylesheet_brings_nothing_a_strict_policy_refuses() -> None:
    css = (assets.DIST / "app.css").read_text()
    for address in re.findall(r"url\(([^)]+)\)", css):
        address = address.strip("\"'")
        assert address.startswith("data:") or (assets.DIST / address).resolve().exists(), address
    # daisyUI's own data: texture and mask are declared but never reach an element (checked in the browser too).
    assert "--fx-noise:none" in css


def test_the_manifest_storage_finds_everything_the_stylesheet_names(tmp_path: Path) -> None:
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    paths = {
        str(path.relative_to(assets.ROOT / "static")): (
            _source(),
            str(path.relative_to(assets.ROOT / "static")),
        )
        for path in (assets.ROOT / "static").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    for name in paths:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((assets.ROOT / "static" / name).read_bytes())
    failed = [name for name, _, done in storage.post_process(paths) if isinstance(done, Exception)]
    assert failed == []
    css = (tmp_path / storage.stored_name("dist/app.css")).read_text()
    assert re.search(r"inter-latin-wght-normal\.[0-9a-f]{12}\.woff2", css)
    assert re.search(r"chevron\.[0-9a-f]{12}\.svg", css)


def _source() -> ManifestStaticFilesStorage:
    return ManifestStaticFilesStorage(location=assets.ROOT / "static", base_url="/static/")


def test_the_lock_file_names_no_host_and_covers_other_machines() -> None:
    lock = (assets.ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    for machine in ("darwin-arm64", "darwin-x64", "linux-x64-gnu", "linux-arm64-gnu", "win32-x64-msvc"):
        assert f"node_modules/@tailwindcss/oxide-{machine}" in lock
