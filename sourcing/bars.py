"""Where a bar of a chart stands, in the units of its drawing. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Placed:
    """A bar from its left edge ``x``, ``width`` wide."""

    x: float
    width: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.x + self.width / 2
