"""Python's garbage collector as a process that answers pages wants it."""

from __future__ import annotations

import gc


def leave_what_is_loaded() -> None:
    """From now on collections pass over all there is and come less often. Called once everything is loaded.

    Walking through all of Django again and again takes a tenth of a second of somebody's request. And a page makes and
    drops tens of thousands of objects, hardly any of them in cycles: looked for less often, they cost a search page
    three milliseconds less, and no request meets two collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
