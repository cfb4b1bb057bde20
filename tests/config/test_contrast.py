"""WCAG contrast of every colour token on every surface, read from the stylesheet's source.

axe measures text only; borders of controls, dots and placeholders are measured here (WCAG 1.4.3: 4.5, 1.4.11: 3).
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "assets" / "design.css"
_THEME = re.compile(r'@plugin "daisyui/theme" \{(.*?)\n\}', re.S)
_COLOUR = re.compile(r"--([\w-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)(?: / ([\d.]+)%)?\)")
_SHARE = re.compile(r"--(av-t?[lc]): ([\d.]+)")

STATES = ("color-primary", "color-success", "color-warning", "color-error", "color-info")
TEXT = ("color-base-content", "muted", "subtle", *STATES)
SURFACES = ("color-base-100", "color-base-200", "raised", "selected", "press")
DOTS = ("dot-grey", "dot-teal", "dot-green", "dot-amber", "dot-red", "dot-blue")
LABELS = ("color-neutral", "color-secondary", *STATES)

Rgb = tuple[float, float, float]


class Token(NamedTuple):
    """An oklch colour: lightness 0–1, chroma, hue in degrees, opacity 0–1."""

    lightness: float
    chroma: float
    hue: float
    alpha: float = 1.0


def themes() -> dict[str, dict[str, Token]]:
    """Theme name → token name → colour, as written in the source."""
    found = {}
    for block in _THEME.findall(SOURCE.read_text()):
        name = re.search(r'name: "([^"]+)"', block)
        assert name
        found[name[1]] = {
            key: Token(float(light) / 100, float(chroma), float(hue), float(alpha or 100) / 100)
            for key, light, chroma, hue, alpha in _COLOUR.findall(block)
        }
    return found


def linear(token: Token) -> Rgb:
    """Oklch → linear sRGB, cut to the gamut (Ottosson's matrices)."""
    hue = math.radians(token.hue)
    a, b = token.chroma * math.cos(hue), token.chroma * math.sin(hue)
    long = (token.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (token.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (token.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    raw = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, value)) for value in raw)
    return red, green, blue


def _encode(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def over(token: Token, ground: Rgb) -> Rgb:
    """A colour that may be translucent, as it looks on ``ground``: browsers blend encoded values."""
    top = linear(token)
    red, green, blue = (
        _decode(_encode(t) * token.alpha + _encode(g) * (1 - token.alpha))
        for t, g in zip(top, ground, strict=True)
    )
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG 2.2 contrast ratio, 1–21."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=["beckon", "beckon-dark"])
def theme(request: pytest.FixtureRequest) -> dict[str, Token]:
    """Light, then dark."""
    return themes()[request.param]


def surfaces(theme: dict[str, Token]) -> dict[str, Rgb]:
    """What text stands on; translucent ones lie on the page."""
    page = linear(theme["color-base-100"])
    return {name: over(theme[name], page) for name in SURFACES}


def test_the_arithmetic_agrees_with_the_standard() -> None:
    white, black = linear(Token(1, 0, 0)), linear(Token(0, 0, 0))
    assert contrast(white, black) == pytest.approx(21, abs=0.01)
    # #777777 on white is the textbook 4.48.
    grey = (_decode(0x77 / 255),) * 3
    assert contrast(white, grey) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", TEXT)
def test_text_is_readable_on_every_surface(theme: dict[str, Token], name: str) -> None:
    for surface, ground in surfaces(theme).items():
        assert contrast(linear(theme[name]), ground) >= 4.5, f"{name} on {surface}"


@pytest.mark.parametrize("name", LABELS)
def test_text_on_a_filled_button_is_readable(theme: dict[str, Token], name: str) -> None:
    assert contrast(linear(theme[f"{name}-content"]), linear(theme[name])) >= 4.5


def test_borders_of_controls_are_visible_where_controls_stand(theme: dict[str, Token]) -> None:
    grounds = surfaces(theme)
    for surface in ("color-base-100", "color-base-200", "raised", "selected"):
        assert contrast(linear(theme["field"]), grounds[surface]) >= 3, surface


@pytest.mark.parametrize("name", DOTS)
def test_dots_are_visible_on_every_surface(theme: dict[str, Token], name: str) -> None:
    for surface, ground in surfaces(theme).items():
        assert contrast(linear(theme[name]), ground) >= 3, f"{name} on {surface}"


def test_the_focus_ring_is_visible_on_every_surface(theme: dict[str, Token]) -> None:
    for surface, ground in surfaces(theme).items():
        assert contrast(linear(theme["color-primary"]), ground) >= 3, surface


@pytest.mark.parametrize("hue", range(0, 360, 30))
@pytest.mark.parametrize("number", [0, 1], ids=["light", "dark"])
def test_initials_are_readable_on_every_avatar(number: int, hue: int) -> None:
    shares = {key: float(value) for key, value in _SHARE.findall(_THEME.findall(SOURCE.read_text())[number])}
    ground = linear(Token(shares["av-l"] / 100, shares["av-c"], hue))
    text = linear(Token(shares["av-tl"] / 100, shares["av-tc"], hue))
    assert contrast(text, ground) >= 4.5
