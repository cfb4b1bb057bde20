"""Texts of other tables that are searched with the person: notes, résumés.

Whoever has such a table registers a function. It gets ids of people and yields ``(candidate id, scope, text)`` for all
of them in a fixed number of queries. The scope is empty for what the whole organisation may read, ``@u<user id>`` for
one user's own, ``@p<project id>`` for the members of a project; only viewers with that scope find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from accounts.models import User

Texts = Callable[[Sequence[int]], Iterable[tuple[int, str, str]]]

_providers: list[Texts] = []
_scopes: list[Callable[[User], Iterable[str]]] = []


def register(provider: Texts, *, scopes: Callable[[User], Iterable[str]] | None = None) -> None:
    """Add a source of texts; ``scopes`` names the restricted texts of this source a viewer may find."""
    _providers.append(provider)
    if scopes is not None:
        _scopes.append(scopes)


def of(candidate_ids: Sequence[int]) -> Iterable[tuple[int, str, str]]:
    """Every registered text of these people."""
    for provider in _providers:
        yield from provider(candidate_ids)


def scopes(viewer: User) -> tuple[str, ...]:
    """The scopes whose texts the viewer may find."""
    return tuple(dict.fromkeys(scope for each in _scopes for scope in each(viewer)))
