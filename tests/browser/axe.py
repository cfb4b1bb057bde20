"""Judges a page with axe-core (WCAG 2.0–2.2 A and AA, and its best practices)."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.browser.chromium import DESK, PHONE

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those whose verdict can change with the colour scheme and nothing else.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
#: Size and colour scheme.
Window = tuple[tuple[int, int], Literal["light", "dark"]]
#: Both sizes in both schemes; and as many as show every size and every scheme once.
EVERY: tuple[Window, ...] = ((DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark"))
LIGHT_DESK_DARK_PHONE: tuple[Window, ...] = ((DESK, "light"), (PHONE, "dark"))
#: No preload: it fetches style sheets and media anew for an experimental rule and for sounds that start by themselves.
_RUN = """([within, only]) => axe.run(
  within || document, {runOnly: only, resultTypes: ['violations'], preload: false}
).then(r => r.violations.map(v => ({
  id: v.id, impact: v.impact, help: v.help,
  nodes: v.nodes.slice(0, 5).map(n =>
    n.target.join(' ') + ' | ' + ((n.any[0] || n.all[0] || n.none[0] || {}).message || ''))
})))"""


def violations(page: Page, within: str = "", *, colours_only: bool = False) -> list[dict[str, object]]:
    """What axe finds on the page as it stands, or in one part of it (a CSS selector).

    The script comes through the debugger, so the CSP stays on.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    only = {"type": "rule", "values": COLOUR_RULES} if colours_only else {"type": "tag", "values": RULES}
    found: list[dict[str, object]] = page.evaluate(_RUN, [within, only])
    return found


def serious(page: Page, within: str = "", *, colours_only: bool = False) -> list[str]:
    """Rule, elements and reason of each serious or critical finding."""
    return [
        f"{v['impact']} {v['id']}: {v['help']}\n    " + "\n    ".join(map(str, _nodes(v)))
        for v in violations(page, within, colours_only=colours_only)
        if v["impact"] in {"serious", "critical"}
    ]


def assert_no_serious_axe_violations(page: Page, within: str = "") -> None:
    """Fail with what :func:`serious` finds."""
    found = serious(page, within)
    assert not found, f"{page.url}\n" + "\n".join(found)


def wrong_in_windows(
    page: Page, within: str = "", *, windows: Sequence[Window] = EVERY, picture: str = ""
) -> list[str]:
    """What is wrong with the page as it stands, or with one part of it, in each of these windows.

    That is what :func:`serious` finds, and anything wider than the window. Size and scheme are the style sheet's
    alone, so the page is not loaded again; the second scheme of a size is the same page in other colours, and is
    asked for those. With ``SHOTS=/folder`` in the environment there is a picture of each page that is named.
    """
    wrong, known = [], set()
    for size, scheme in windows:
        width, height = size
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        if picture and (folder := os.environ.get("SHOTS")):
            page.screenshot(path=Path(folder) / f"{picture}-{width}-{scheme}.png", full_page=True)
        found = serious(page, within, colours_only=size in known)
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append(f"{over} px too wide")
        wrong += [f"{page.url} at {width} px, {scheme}: {each}" for each in found]
        known.add(size)
    return wrong


def _nodes(violation: dict[str, object]) -> list[object]:
    nodes = violation["nodes"]
    return nodes if isinstance(nodes, list) else []


@functools.cache
def _script() -> str:
    return SCRIPT.read_text() + ";0"
