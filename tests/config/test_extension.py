"""The packed extension: the same bytes each time, only what is ours, and no more asked for than is needed."""

from __future__ import annotations

import io
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from config import assets, extension, icons

BUILT = assets.DIST / "extension"
#: Addresses that are names: nothing is fetched from them.
NAMESPACES = {"http://www.w3.org/2000/svg", "https://schema.org"}


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    assets.build()


def packed(browser: str) -> dict[str, bytes]:
    with zipfile.ZipFile(BUILT / f"beckon-{browser}.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(browser: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(packed(browser)["manifest.json"])
    return found


def test_the_same_source_makes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        extension.write(
            tmp_path / folder,
            stylesheet=packed("chromium")["panel/panel.css"],
            fonts=assets.DIST / "files",
            lucide=assets.PACKAGES / "lucide-static" / "icons",
            licences=assets.DIST / "licences",
        )
    for name in ("beckon-chromium.zip", "beckon-firefox.zip"):
        made = (tmp_path / "one" / name).read_bytes()
        assert made == (tmp_path / "two" / name).read_bytes() == (BUILT / name).read_bytes()


def test_the_zips_hold_our_files_and_what_they_are_drawn_with_and_nothing_else() -> None:
    ours = {
        path.relative_to(extension.SOURCE).as_posix()
        for path in extension.SOURCE.rglob("*")
        if path.is_file()
    }
    drawn = {"panel/panel.css", "panel/shapes.js"}
    drawn |= {f"panel/files/{path.name}" for path in (assets.DIST / "files").iterdir()}
    drawn |= {f"marks/{path.name}" for path in extension.MARKS.iterdir()}
    licences = {f"licences/{name}.txt" for name in ("beckon", *extension.DRAWN_WITH)}
    assert packed("chromium").keys() == ours | drawn | licences == packed("firefox").keys()
    unpacked = {
        path.relative_to(BUILT / "chromium").as_posix(): path.read_bytes()
        for path in (BUILT / "chromium").rglob("*")
        if path.is_file()
    }
    assert unpacked == packed("chromium")
    assert all(
        name in ours | drawn | licences for name in re.findall(r'(?:src|href)="([^"]+)"', read("panel.html"))
    )


def read(name: str) -> str:
    return packed("chromium")[name].decode()


def test_no_more_is_asked_for_than_a_click_gives_and_no_host_before_it_is_paired() -> None:
    chromium = manifest("chromium")
    assert chromium["permissions"] == ["activeTab", "scripting", "sidePanel", "storage"]
    assert chromium["optional_host_permissions"] == [
        "https://*/*",
        "http://localhost/*",
        "http://127.0.0.1/*",
    ]
    asks = {
        "host_permissions",
        "content_scripts",
        "web_accessible_resources",
        "externally_connectable",
        "optional_permissions",
    }
    assert not asks & chromium.keys()
    policy = chromium["content_security_policy"]["extension_pages"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy


def test_firefox_gets_the_same_but_for_sidebar_worker_and_its_own_keys() -> None:
    chromium, firefox = manifest("chromium"), manifest("firefox")
    changed = {key for key in chromium.keys() | firefox.keys() if chromium.get(key) != firefox.get(key)}
    assert changed == {
        "minimum_chrome_version", "permissions", "background", "action", "content_security_policy", "sidebar_action",
        "browser_specific_settings",
    }  # fmt: skip
    assert set(firefox["permissions"]) == set(chromium["permissions"]) - {"sidePanel"}
    assert firefox["background"] == {"scripts": ["background.js"], "type": "module"}
    assert firefox["action"] == {**chromium["action"], "default_area": "navbar"}
    policies = [each["content_security_policy"]["extension_pages"] for each in (chromium, firefox)]
    assert policies[1] == f"{policies[0]}; frame-src 'self'"  # the panels in its sidebar
    same = {name: content for name, content in packed("firefox").items() if name != "manifest.json"}
    assert same == {name: content for name, content in packed("chromium").items() if name != "manifest.json"}


def test_the_version_is_beckons_own() -> None:
    project = tomllib.loads((extension.ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert extension.version() == project
    assert manifest("chromium")["version"] == manifest("firefox")["version"] == project
    assert extension.versions("1.2") == {"version": "1.2"}
    assert extension.versions("1.2.0rc1") == {"version": "1.2.0", "version_name": "1.2.0rc1"}
    with pytest.raises(extension.ExtensionError):
        extension.versions("next")


@pytest.mark.parametrize(
    "path",
    sorted(extension.SOURCE.rglob("*.js"), key=str),
    ids=lambda path: path.relative_to(extension.SOURCE).as_posix(),
)
def test_no_script_makes_code_or_markup_of_text_or_fetches_from_elsewhere(path: Path) -> None:
    source = path.read_text()
    forbidden = (
        r"\beval\s*\(", r"\bFunction\s*\(", r"(?:inner|outer)HTML\s*=[^=]", r"insertAdjacentHTML", r"document\.write",
        r"setHTML", r"createContextualFragment", r"\.src\s*=", r"importScripts", r"set(?:Timeout|Interval)\(\s*[\"'`]",
    )  # fmt: skip
    assert [pattern for pattern in forbidden if re.search(pattern, source)] == []
    code = re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", source, flags=re.S)
    imported = re.findall(
        r"""^(?:import|export|\})[^\n]*\bfrom\s+["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']""",
        code,
        re.M,
    )
    assert [name for both in imported for name in both if name and not name.startswith(("./", "../"))] == []
    if "reading" not in path.parts:  # its adapters know sites by their addresses
        assert {url.rstrip("/") for url in re.findall(r"https?://[\w.-]+[\w/.-]*", code)} <= NAMESPACES


def test_every_icon_named_is_drawn_and_an_unknown_one_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shapes = json.loads(read("panel/shapes.js").removeprefix("export const SHAPES = ").rstrip().rstrip(";"))
    assert shapes.keys() == extension.icons_named().keys() >= {"mail", "lock", "x"}
    assert all(shape for shape in shapes.values())
    (tmp_path / "a.js").write_text('icon("carrier-pigeon")')
    monkeypatch.setattr(extension, "SOURCE", tmp_path)
    monkeypatch.setattr(extension, "ROOT", tmp_path)
    with pytest.raises(icons.UnknownIcon):
        icons.collect(extension.icons_named(), assets.PACKAGES / "lucide-static" / "icons")


@pytest.mark.parametrize("name", [".secret.js", "notes.md", "page.html~"])
def test_a_stray_file_is_not_published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    monkeypatch.setattr(extension, "SOURCE", tmp_path)
    monkeypatch.setattr(extension, "ROOT", tmp_path)
    with pytest.raises(extension.ExtensionError, match="no kind of file"):
        extension.write(tmp_path / "out", stylesheet=b"", fonts=tmp_path, lucide=tmp_path, licences=tmp_path)


@pytest.mark.parametrize("size", [16, 32, 48, 128])
def test_the_icons_are_pictures_of_their_size(size: int) -> None:
    png = packed("chromium")[f"icons/{size}.png"]
    head = io.BytesIO(png)
    assert head.read(8) == b"\x89PNG\r\n\x1a\n"
    head.seek(16)
    assert (int.from_bytes(head.read(4)), int.from_bytes(head.read(4))) == (size, size)


def test_the_stylesheet_names_only_what_is_packed() -> None:
    names = packed("chromium").keys()
    for address in re.findall(r"url\(([^)]+)\)", read("panel/panel.css")):
        address = address.strip("\"'")
        here = Path("panel") / address
        assert address.startswith("data:") or str(here).replace("panel/../", "") in names, address
