"""Years of experience, from positions whose dates are as exact as their source (``2019``, ``2019-04-30``). Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

#: Nobody has more; a date of birth taken for a start is not an experience.
MOST = 60
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-\d{1,2})?")


def of(positions: Iterable[tuple[str, str]], today: datetime.date) -> int | None:
    """Whole years somebody worked; ``positions`` are ``(started, ended)``, the newest first. None without a date.

    Times at once count once. The newest position without an end lasts until ``today``; an older one without an end
    until the one after it began. A bare year starts in January and ends in December.
    """
    months: list[tuple[int, int]] = []
    now = today.year * 12 + today.month
    newer = now
    for started, ended in positions:
        start, end = _month(started, last=False), _month(ended, last=True)
        if start is None or start > now:
            continue
        end = min(end if end is not None else newer, now)
        if end > start:
            months.append((start, end))
        newer = min(newer, start)
    if not months:
        return None
    worked, reached = 0, 0
    for start, end in sorted(months):
        worked += max(0, end - max(start, reached))
        reached = max(reached, end)
    return min(worked // 12, MOST)


def _month(text: str, *, last: bool) -> int | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    month = int(match[2]) if match[2] else (13 if last else 1)
    return int(match[1]) * 12 + min(month, 13)
