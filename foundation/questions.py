"""Questions on their way to another site: kept in the person's own session until they come back with the answer.

A ``state`` that the session does not hold was made for somebody else (RFC 6749 §10.12); each is good once.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponseRedirect

#: Questions remembered at once, for people who start in two tabs.
AT_ONCE = 5


def ask(session: SessionBase, kind: str, question: dict[str, Any], *, url: str) -> HttpResponseRedirect:
    """Remember a question, which holds its ``state``, and lead to where it is asked."""
    pending = session.get(kind, [])[-(AT_ONCE - 1) :]
    session[kind] = [*pending, question]
    answer = HttpResponseRedirect(url)
    # The address carries the state; nothing on the way may keep it.
    answer["Cache-Control"] = "no-store"
    return answer


def take(session: SessionBase, kind: str, state: str) -> dict[str, Any] | None:
    """The question of this state, once."""
    pending = session.get(kind, [])
    found: dict[str, Any] | None = next((each for each in pending if state and each["state"] == state), None)
    if found is not None:
        session[kind] = [each for each in pending if each is not found]
    return found
