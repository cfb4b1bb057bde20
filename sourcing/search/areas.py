"""Where places come from: the gazetteer, told once at start."""

from __future__ import annotations

from collections.abc import Callable, Collection

#: Radii offered, in kilometres.
RADII = (10, 25, 50, 100, 200)

_within: list[Callable[[int, int], Collection[int]]] = []
_locate: list[Callable[[str], int | None]] = []


def use(*, within: Callable[[int, int], Collection[int]], locate: Callable[[str], int | None]) -> None:
    """Answer radii with ``within(place id, km)`` and names with ``locate(text)``; without it neither is offered."""
    _within[:], _locate[:] = [within], [locate]


def known() -> bool:
    """Whether there is a gazetteer."""
    return bool(_within)


def around(place_id: int, km: int) -> Collection[int]:
    """The places at most ``km`` away, the place itself among them."""
    return {place_id, *(_within[0](place_id, km) if _within else ())}


def place_of(text: str) -> int | None:
    """The gazetteer's place a text means, if it is sure of one."""
    return _locate[0](text) if _locate else None
