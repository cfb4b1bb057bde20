"""Judges a page with axe-core (WCAG 2.0–2.2 A and AA, and its best practices)."""

from __future__ import annotations

import functools
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those whose verdict can change with the colour scheme and nothing else.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
_RUN = """([within, only]) => axe.run(within || document, {runOnly: only}).then(r => r.violations.map(v => ({
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


def _nodes(violation: dict[str, object]) -> list[object]:
    nodes = violation["nodes"]
    return nodes if isinstance(nodes, list) else []


@functools.cache
def _script() -> str:
    return SCRIPT.read_text() + ";0"
