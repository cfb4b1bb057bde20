"""Many things in parts of a bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """``things`` in their order, ``size`` at a time and the rest; nothing for nothing. They are read as asked for."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some
