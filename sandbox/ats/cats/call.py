"""One request that was let in, and the answers CATS has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.ats.cats import schemas
from sandbox.ats.cats.accounts import Account

_MOST_PER_PAGE = 100
#: Every third total is a text, as the vendor's are now and then.
_TEXT_TOTALS = 3


class Failure(Exception):
    """An answer that is an error: status, the words of ``message``, and those per field."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        fields: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.fields = fields
        self.headers = headers or {}


@dataclass(frozen=True)
class Reply:
    """An answer: ``body`` None is an empty one, ``location`` the path of what was made."""

    status: int = 200
    body: Any = None
    location: str = ""


@dataclass(frozen=True)
class Call:
    """``path`` in parts, ``body`` parsed, ``url`` the API's base as the caller reached it."""

    account: Account
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: Any
    url: str

    def checked(self, schema: str) -> dict[str, Any]:
        """The body; Failure 422 if it does not fit."""
        place, wrong = schemas.problem(schema, self.body)
        if wrong:
            raise Failure(422, f"{place}: {wrong}", fields={place: [wrong]})
        assert isinstance(self.body, dict)
        return self.body

    def number(self, place: int) -> int:
        """The id at a place of the path; Failure 404 if it is none."""
        if not self.path[place].isdigit():
            raise Failure(404, "Resource not found.")
        return int(self.path[place])

    @property
    def page(self) -> tuple[int, int]:
        """Which page is asked for, from 1, and how long it is."""
        number, length = self.query.get("page", "1"), self.query.get("per_page", "25")
        if not (number.isdigit() and length.isdigit() and int(number) and int(length)):
            raise Failure(400, "page and per_page are whole numbers from 1.")
        return int(number), min(int(length), _MOST_PER_PAGE)

    @property
    def span(self) -> slice:
        """Rows of the page that is asked for."""
        number, length = self.page
        return slice((number - 1) * length, number * length)

    def listed(
        self, key: str, rows: Sequence[Any], *, total: int | None = None, false_next: bool = False
    ) -> Reply:
        """A page in its envelope; ``total`` None: ``rows`` are all there is, and cut to the page here."""
        number, length = self.page
        if total is None:
            rows, total = rows[self.span], len(rows)
        links: dict[str, Any] = {"self": {"href": self._href(number, length)}}
        if number * length < total or false_next:
            links["next"] = {"href": self._href(number + 1, length)}
        body = {
            "count": len(rows),
            "total": str(total) if total % _TEXT_TOTALS == 2 else total,
            "_links": links,
            "_embedded": {key: list(rows)},
        }
        return Reply(body=body)

    def _href(self, number: int, length: int) -> str:
        return f"{self.url}/{'/'.join(self.path)}?page={number}&per_page={length}"


DONE = Reply(status=204)
