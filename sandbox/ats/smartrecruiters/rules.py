"""How the stand-in behaves where the vendor's documents are silent, and how hurried it is; changed while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

DUPLICATES = ("attach", "create", "conflict")


class BadRule(Exception):
    """A change that cannot be made; the text says why."""


@dataclass
class Rules:
    """``duplicates``: what a create for a known address does: put the person on the job, make a second one, or 409."""

    duplicates: str = "attach"
    #: The published limits: calls per second and endpoint, calls under way, and of ``GET /candidates``; 0: none.
    per_second: int = 10
    at_once: int = 8
    searches_at_once: int = 1
    #: Seconds before an answer.
    delay: float = 0.0
    #: Seconds until a search finds a new person.
    index_delay: float = 0.0
    talent_pool_searchable: bool = False
    #: Life of an access token in seconds, and whether a refresh brings a new refresh token that ends the old one.
    token_seconds: float = 3600.0
    rotate_refresh: bool = True

    def change(self, given: dict[str, Any]) -> dict[str, Any]:
        """Change some, all of them or none; BadRule for an unknown name or a value of another kind."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in given.items():
            if name not in known:
                raise BadRule(f"there is no rule called {name!r}")
            fits = type(value) is known[name] or (known[name] is float and type(value) is int)
            if not fits or (name == "duplicates" and value not in DUPLICATES):
                raise BadRule(f"{name} cannot be {value!r}")
        for name, value in given.items():
            setattr(self, name, value)
        return asdict(self)
