"""The UIDs of an open folder, newest first, in answers of bounded size however large the folder is.

imaplib gives up on a line of more than a million bytes, which the answer to one SEARCH is from some 130,000 mails on.
So the question is put to ranges of sequence numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import imap_tools

#: Sequence numbers per question: at most 11 bytes for each UID of the answer.
RANGE = 20_000
Ask = Callable[[Callable[[imap_tools.BaseMailBox], list[str]]], list[str]]


def downwards(ask: Ask, *, total: int, criteria: str, below: int | None = None) -> Iterator[list[int]]:
    """UIDs of mails that fit ``criteria``, in lists, each descending and wholly below the one before.

    ``total`` is the number of mails when the folder was opened. Downwards, because a mail that is deleted
    meanwhile moves the later ones to smaller numbers: into a range still to come, never out of all of them.
    ``below``: only UIDs smaller than this.
    """
    for last in range(total, 0, -RANGE):
        first = max(last - RANGE + 1, 1)
        # ``*``: mails that were deleted since must not make the last number one that does not exist.
        question = f"{first}:{'*' if last == total else last} {criteria}"
        found = ask(lambda box, question=question: box.uids(question))  # type: ignore[misc]  # bound at once
        uids = sorted({int(uid) for uid in found if below is None or int(uid) < below}, reverse=True)
        if uids:
            below = uids[-1]
            yield uids


def since(moment: datetime) -> str:
    """The criterion for mail that came from ``moment`` on; a day more, as servers count days in zones of their own."""
    return f"SINCE {(moment - timedelta(days=1)).strftime('%d-%b-%Y')}"


def as_set(uids: Sequence[int]) -> str:
    """``5:8,11`` for UIDs in any order: neighbours joined, so that a long list stays a short line."""
    parts: list[list[int]] = []
    for uid in sorted(uids):
        if parts and parts[-1][1] == uid - 1:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in parts)
