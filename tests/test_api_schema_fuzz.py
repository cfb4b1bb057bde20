"""What schemathesis makes of the schema: nothing breaks, no answer is untold, nothing is told to strangers.

The short form of ``make bench-api PARTS=schema``: an administrator asks once about what is theirs, a stranger too.
"""

from __future__ import annotations

import pytest

fuzzing = pytest.importorskip(
    "bench.api_schema_fuzz", reason="schemathesis is not installed", exc_type=ImportError
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_nothing_breaks_nothing_is_untold_and_nothing_leaks(settings: object) -> None:
    settings.API_CALLS_PER_MINUTE = 1_000_000
    admin, *_, stranger = fuzzing.callers()
    mine = fuzzing.fuzz([admin], examples=1, seed_=1, kinds={"mine"})
    theirs = fuzzing.fuzz([stranger], examples=1, seed_=1, kinds={"theirs"})
    assert mine.clean, "\n".join(mine.lines())
    assert theirs.clean, "\n".join(theirs.lines())
    assert (mine.calls > 150, mine.own_words > 25, theirs.calls > 200) == (True, True, True)
