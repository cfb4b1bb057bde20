"""ETags are of what is shown, and If-Match is read as RFC 9110 writes it."""

from __future__ import annotations

import datetime

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from foundation.preconditions import Outdated, etag_of, require, tags
from foundation.problems import Invalid


def asked(value: str | None) -> Request:
    headers = {} if value is None else {"If-Match": value}
    return Request(APIRequestFactory().put("/api/v1/x/", headers=headers))


def test_the_same_is_the_same_and_anything_else_is_not() -> None:
    shown = {"id": 1, "name": "Zoë", "at": datetime.datetime(2026, 5, 12, tzinfo=datetime.UTC)}
    assert etag_of(shown) == etag_of(dict(reversed(shown.items())))
    assert len({etag_of(each) for each in (shown, {**shown, "name": "Zoe"}, [shown], [], {}, None)}) == 6


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, None),
        ("*", {"*"}),
        ('"5"', {"5"}),
        ('W/"5"', {"5"}),
        ("5", {"5"}),
        (' "a" , W/"b,c" ,"" ', {"a", "b,c", ""}),
    ],
)
def test_what_the_header_names(given: str | None, found: set[str] | None) -> None:
    assert tags(asked(given)) == found


@pytest.mark.parametrize("given", ["", '"5', "*, *", '"a" "b"', "w/5", '"é"', "é", '"a", x', "x" * 65])
def test_what_is_no_list_of_etags_is_refused(given: str) -> None:
    with pytest.raises(Invalid, match="ETag"):
        tags(asked(given))


def test_what_is_no_longer_so_is_told() -> None:
    for given in (None, "*", '"5"', '"4", "5"'):
        require(asked(given), '"5"', lambda: pytest.fail("nobody asked"))
    with pytest.raises(Outdated) as refused:
        require(asked('"4"'), '"5"', lambda: {"name": "Now"})
    assert (refused.value.status, refused.value.extra) == (412, {"current": {"name": "Now"}, "etag": '"5"'})
