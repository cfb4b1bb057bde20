"""What the strict policy rests on: no template carries script, style or handlers inline, or fetches from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import assets, icons

FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline handler": re.compile(r"""<[^>]*\son[a-z]+\s*=\s*["']""", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.I),
    "hx-on": re.compile(r"\bhx-on[:\s-]", re.I),
    "an evaluated htmx value": re.compile(r"""hx-(vals|headers)\s*=\s*["']js:""", re.I),
    "an htmx trigger filter": re.compile(r"""hx-trigger\s*=\s*["'][^"']*\[""", re.I),
    "something fetched from elsewhere": re.compile(r"<(link|script|img|iframe)\b[^>]*(https?:)?//", re.I),
}
COMMENTS = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.S)
FOLDER = assets.ROOT / "templates"
#: Mails are read elsewhere, under other rules.
PAGES = [path for path in icons.templates(assets.ROOT) if "email" not in path.parts]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_carries_nothing_inline_and_nothing_foreign(path: Path) -> None:
    text = COMMENTS.sub("", path.read_text())
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []
