"""What is asked of the people list: words, filters, order; as an address, as JSON, the same for pages, API and bulk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlencode

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from sourcing.search.syntax import MAX_LENGTH

#: The filters every organisation has, in the order they stand on the page (docs/search.md).
FILTERS = (
    "title", "company", "past_company", "school", "location", "within", "skill", "years", "tag", "has", "contacted",
    "project", "not_in_project", "added_by", "owner", "source",
)  # fmt: skip
#: Facts pushed by upper rooms (``fact.campaigns.status``) and the organisation's own fields (``custom.notice``).
_FURTHER = re.compile(r"(?:fact|custom)\.[\w.:-]{1,120}")
#: Nobody chooses more; a longer address is somebody trying.
MAX_VALUES, MAX_FILTERS, MAX_VALUE = 50, 30, 300


class Order(StrEnum):
    """How the list is sorted."""

    RECENT = "recent"
    RELEVANCE = "relevance"
    NAME = "name"
    YEARS = "years"


@dataclass(frozen=True)
class Question:
    """One question. ``nice`` are words that only rank; each filter is a name with its values, any of which fits."""

    text: str = ""
    nice: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: Order = Order.RECENT

    @classmethod
    def from_query(cls, values: QueryDict) -> Self:
        """From an address or a posted form; what is no part of a question (``after``, ``person``) is left alone."""
        return cls.of(values.get("q", ""), values.get("nice", ""), values.lists(), values.get("order", ""))

    @classmethod
    def posted(cls, values: QueryDict) -> Self:
        """From a form of the people list: its whole question in ``question``, or only words in ``q``."""
        whole = values.get("question")
        return cls.from_string(whole) if whole is not None else cls.from_query(values)

    @classmethod
    def from_string(cls, text: str) -> Self:
        """From the query string of an address; anything broken in it falls away."""
        try:
            return cls.from_query(QueryDict(text[:60_000]))
        except TooManyFieldsSent:
            return cls()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From :meth:`as_json`; anything broken in it falls away."""
        filters = values.get("filters")
        lists = filters.items() if isinstance(filters, dict) else ()
        return cls.of(values.get("text"), values.get("nice"), lists, values.get("order"))

    @classmethod
    def of(cls, text: Any, nice: Any, filters: Iterable[tuple[str, Any]], order: Any) -> Self:
        """From anything; unknown filters, empty values and what is not text fall away."""
        kept = {
            name: _values(values) for name, values in filters if name in FILTERS or _FURTHER.fullmatch(name)
        }
        chosen = Order(order) if order in tuple(Order) else Order.RECENT
        named = {name: values for name, values in list(kept.items())[:MAX_FILTERS] if values}
        return cls(_text(text), _text(nice), named, chosen)

    @property
    def is_everybody(self) -> bool:
        """Nothing is asked: everybody fits."""
        return not self.text.strip() and not any(name != "within" for name in self.filters)

    def without(self, name: str) -> Question:
        """The question with one filter taken away."""
        return replace(self, filters={key: values for key, values in self.filters.items() if key != name})

    def having(self, name: str, values: Iterable[str]) -> Question:
        """The question with one filter set anew."""
        return replace(self, filters={**self.without(name).filters, name: tuple(values)})

    @property
    def without_text(self) -> Question:
        """The question without its words: they became a filter."""
        return replace(self, text="")

    @property
    def filter_pairs(self) -> list[tuple[str, str]]:
        """Names and values of the filters only."""
        return [(name, value) for name, values in self.filters.items() for value in values]

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values as they stand in a form or an address."""
        found = [("q", self.text), ("nice", self.nice)]
        found += self.filter_pairs
        found.append(("order", self.order.value if self.order is not Order.RECENT else ""))
        return [(name, value) for name, value in found if value]

    def as_query(self) -> str:
        """The address' query string; :meth:`from_query` reads it back."""
        return urlencode(self.pairs())

    def as_json(self) -> dict[str, Any]:
        """For storing; :meth:`from_json` reads it back."""
        filters = {name: list(values) for name, values in self.filters.items()}
        return {"text": self.text, "nice": self.nice, "filters": filters, "order": self.order.value}


def _text(value: Any) -> str:
    # One character more than is read, so that the parser can say that the text was cut.
    return value.replace("\x00", "").strip("\r\n\t")[: MAX_LENGTH + 1] if isinstance(value, str) else ""


def _values(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        return ()
    clean = (value.replace("\x00", "").strip()[:MAX_VALUE] for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(value for value in clean if value))[:MAX_VALUES]
