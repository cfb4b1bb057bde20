"""Walking lists and reading rows, whoever the vendor is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, distinct, read, text, texts, unix_seconds
from integrations.base.http import Reply
from integrations.base.paging import OnePage, pages


class ByNumber:
    """A vendor that names the next page in the body."""

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        following = reply.data["next"]
        return {**params, "page": following} if following else None


def walk(answers: dict[str, str]) -> list[Any]:
    def fetch(params: Mapping[str, str]) -> Reply:
        page = params["page"]
        return Reply({"page": page, "next": answers[page]}, {})

    return [data["page"] for data in pages(fetch, params={"page": "1"}, paginator=ByNumber())]


def test_pages_come_in_order_until_there_is_no_next() -> None:
    assert walk({"1": "2", "2": "3", "3": ""}) == ["1", "2", "3"]
    one = pages(lambda _params: Reply("all", {}), params={}, paginator=OnePage())
    assert list(one) == ["all"]


@pytest.mark.parametrize("answers", [{"1": "1"}, {"1": "2", "2": "1"}])
def test_a_page_named_twice_ends_the_walk(answers: dict[str, str]) -> None:
    with pytest.raises(MalformedResponse):
        walk(answers)


def test_a_row_is_read_by_table() -> None:
    table = (
        Field("external_id", "id", required=True),
        Field("emails", "emails", texts),
        Field("seen", "seen", unix_seconds),
    )
    row = {"id": 7, "emails": ["a@b.example", "A@b.example", "", None], "seen": 0, "more": "ignored"}
    assert read(table, row) == {"external_id": "7", "emails": ("a@b.example",), "seen": None}
    for wrong in (None, {}, {"id": True}, {"id": " "}, {"id": "1", "emails": {}}, {"id": "1", "seen": "now"}):
        with pytest.raises(MalformedResponse):
            read(table, wrong)


def test_converters() -> None:
    assert text("  x ") == "x"
    assert unix_seconds(1_600_000_000) == datetime.datetime(2020, 9, 13, 12, 26, 40, tzinfo=datetime.UTC)
    assert distinct(["a", "A", "", "b"]) == ("a", "b")
