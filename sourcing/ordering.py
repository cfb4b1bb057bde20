"""Places in a list that people order by hand. Pure: a place is a float, ascending from the top."""

from __future__ import annotations

from itertools import pairwise

#: The step between neighbours where nothing else decides.
STEP = 1.0


def places(above: float | None, below: float | None, count: int) -> list[float] | None:
    """``count`` ascending places strictly between two neighbours (None: the end of the list).

    None when there is no room left between them; then the list is numbered anew and asked again.
    """
    if above is None and below is None:
        return [STEP * number for number in range(count)]
    if below is None:
        assert above is not None
        return _distinct(above, [above + STEP * number for number in range(1, count + 1)], None)
    if above is None:
        return _distinct(None, [below - STEP * number for number in range(count, 0, -1)], below)
    gap = (below - above) / (count + 1)
    return _distinct(above, [above + gap * number for number in range(1, count + 1)], below)


def _distinct(above: float | None, found: list[float], below: float | None) -> list[float] | None:
    line = [*([above] if above is not None else []), *found, *([below] if below is not None else [])]
    ascending = all(first < second for first, second in pairwise(line))
    return found if ascending else None
