"""Lucide icons: which ones the product names, and the built set that ``{% icon %}`` draws from.

An icon is named in a template as ``{% icon "mail" %}`` or as ``icon="mail"`` of another tag or include, and in
a module as the value of a keyword, key, variable or field called ``icon`` (``icon="mail"``, ``{"icon": "mail"}``)
or inside a table called ``…ICONS``. Only those are built; another spelling is not seen.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / "static" / "dist" / "icons.json"
#: Folders whose modules may name an icon.
ROOMS = (
    "config",
    "foundation",
    "accounts",
    "sourcing",
    "outreach",
    "campaigns",
    "integrations",
    "publishing",
)
_IN_TEMPLATE = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']|\b\w*icon=["']([a-z0-9-]+)["']""")
_SHAPE = re.compile(r"<(path|circle|rect|line|polyline|polygon|ellipse)\b([^>]*?)/?>", re.S)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class UnknownIcon(Exception):
    """A name that Lucide does not have, with where it stands."""


def templates(root: Path) -> Iterator[Path]:
    """Every template, in a stable order."""
    yield from sorted((root / "templates").rglob("*.html"))


def modules(root: Path) -> Iterator[Path]:
    """Every module that may name an icon, in a stable order."""
    for room in ROOMS:
        yield from sorted(path for path in (root / room).rglob("*.py") if "migrations" not in path.parts)


def used(root: Path) -> dict[str, str]:
    """Icon name → the first file that names it, relative to ``root``."""
    found: dict[str, str] = {}
    for path in templates(root):
        for match in _IN_TEMPLATE.finditer(path.read_text()):
            found.setdefault(match[1] or match[2], str(path.relative_to(root)))
    for path in modules(root):
        source = path.read_text()
        if "icon" in source.lower():
            for name in _in_module(source, path):
                found.setdefault(name, str(path.relative_to(root)))
    return found


def _in_module(source: str, path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise UnknownIcon(f"{path} cannot be read: {error.msg}, line {error.lineno}") from error
    for node in ast.walk(tree):
        for key, value in _named(node):
            if key == "icon" or (key.isupper() and key.endswith(("ICON", "ICONS"))):
                yield from _texts(value)


def _named(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What has a name in this node: keyword, dictionary key, variable, field, default of a parameter."""
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Assign):
        yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value
    elif isinstance(node, ast.arguments):
        plain = node.posonlyargs + node.args
        yield from zip((a.arg for a in plain[len(plain) - len(node.defaults) :]), node.defaults, strict=True)
        yield from ((a.arg, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=True) if d)


def _texts(node: ast.AST) -> Iterator[str]:
    """The names in a value: itself, the members of a tuple or list, the values (not the keys) of a table."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield node.value
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for value in node.elts:
            yield from _texts(value)


def collect(names: dict[str, str], folder: Path) -> dict[str, str]:
    """Icon name → its shapes as SVG markup without the ``svg`` element. Raises UnknownIcon."""
    result = {}
    for name, place in names.items():
        file = folder / f"{name}.svg"
        if not file.exists():
            raise UnknownIcon(f"there is no Lucide icon {name!r} ({place}); see https://lucide.dev/icons")
        shapes = _SHAPE.findall(file.read_text())
        result[name] = "".join(f"<{tag} {' '.join(attributes.split())}/>" for tag, attributes in shapes)
    return result


def shapes(name: str) -> str:
    """The markup inside the ``svg`` element of a built icon. Raises UnknownIcon."""
    try:
        return _built(BUILT.stat().st_mtime_ns)[name]
    except FileNotFoundError:
        raise UnknownIcon("static/dist is missing; run python -m config.assets") from None
    except KeyError:
        raise UnknownIcon(
            f"icon {name!r} is not built; run python -m config.assets (a module names it as icon=…)"
        ) from None


@functools.lru_cache(maxsize=1)
def _built(changed: int) -> dict[str, str]:  # noqa: ARG001 - the key: a new build is read at once
    icons: dict[str, str] = json.loads(BUILT.read_text())
    return icons
