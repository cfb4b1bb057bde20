"""How every bench here reports: a table for people and, last, one JSON object for machines."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value and the least (or, with ``most``, the highest) it may be; None: for information."""

    name: str
    value: float
    floor: float | None = None
    unit: str = ""
    most: bool = False

    @property
    def ratio(self) -> float | None:
        """How much room there is: 1.0 is exactly at the bound, above is better."""
        if self.floor is None:
            return None
        if self.most:
            return self.floor / self.value if self.value else float("inf")
        return self.value / self.floor if self.floor else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the bound holds; a figure without one always does."""
        if self.floor is None:
            return True
        return self.value <= self.floor if self.most else self.value >= self.floor


def show(figures: list[Figure]) -> int:
    """Print the table and the JSON line; returns the exit code: 0 only when every bound holds."""
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  {'value':>10}  {'bound':>10}  {'ratio':>6}")
    for figure in figures:
        bound = "" if figure.floor is None else f"{'≤' if figure.most else '≥'} {figure.floor:g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        mark = "" if figure.holds else "  ✗"
        print(f"{figure.name:{width}}  {figure.value:>10.3f}  {bound:>10}  {ratio:>6}  {figure.unit}{mark}")
    print(
        json.dumps(
            {
                figure.name: {
                    "value": round(figure.value, 4),
                    "floor": figure.floor,
                    "ratio": None if figure.ratio is None else round(figure.ratio, 3),
                }
                for figure in figures
            }
        )
    )
    return 0 if all(figure.holds for figure in figures) else 1
