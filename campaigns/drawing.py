"""Which variant of a step's text a person gets: drawn by share, and the same whenever it is asked. Pure.

Weighted rendezvous hashing: every variant gets an exponential number from a hash of (recipient, step, seed, variant),
divided by its share, and the least one wins. So a variant wins as often as its share says, a person's variant never
depends on who else is in the campaign or in which order they came, and another share moves people only into or out of
the variant whose share was changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import blake2b

_SPAN = 2.0**64


def draw(shares: Mapping[str, int], *, recipient_id: int, step_id: int, seed: str) -> str:
    """The key of the variant drawn. ``shares``: key → weight of at least 0, one of them above; only ratios matter."""
    running = {key: share for key, share in shares.items() if share > 0}
    if not running:
        raise ValueError("no variant has a share")
    if len(running) == 1:
        return next(iter(running))
    who = f"{recipient_id}:{step_id}:{seed}"
    return min(running, key=lambda key: (_exponential(who, key) / running[key], key))


def _exponential(who: str, key: str) -> float:
    """An exponentially distributed number of mean 1; its hash is never 0, so it is finite."""
    digest = blake2b(f"{who}:{key}".encode(), digest_size=8).digest()
    return -math.log((int.from_bytes(digest) + 0.5) / _SPAN)
