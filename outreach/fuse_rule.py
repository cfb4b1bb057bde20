"""When too much of a mailbox's mail comes back or is called spam. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FuseRule:
    """Blows at ``per_mille`` of what was sent, and never below ``at_least`` cases: one of three is no rate.

    ``per_mille`` 0 switches it off.
    """

    per_mille: int
    at_least: int

    def blows(self, *, sent: int, cases: int) -> bool:
        """Whether ``cases`` among ``sent`` messages are too many."""
        return (
            bool(self.per_mille) and cases >= max(self.at_least, 1) and 1000 * cases >= self.per_mille * sent
        )

    @property
    def percent(self) -> str:
        """For people: ``5 %`` or ``0.3 %``."""
        return f"{self.per_mille / 10:g} %"
