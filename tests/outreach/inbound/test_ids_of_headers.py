"""A Message-ID asked for alone is the one that is read with the whole mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.headers import hash_of_id, message_id_of
from outreach.inbound.parse import parse


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"Message-ID: <a.b+c@acme.example>\r\n\r\n", "a.b+c@acme.example"),
        (b"MESSAGE-ID:<a@b>\r\n\r\n", "a@b"),
        (b"Message-Id:\r\n <folded@acme.example>\r\n\r\n", "folded@acme.example"),
        (b"Message-ID: <bro\r\n ken@acme.example>\r\n\r\n", "broken@acme.example"),
        (b"Message-ID: bare@acme.example\r\n\r\n", "bare@acme.example"),
        (b"Message-ID: <one@a.example> <two@a.example>\r\n\r\n", "one@a.example"),
        (b"Message-ID: =?utf-8?q?=3Ca=40b=3E?=\r\n\r\n", ""),
        (b"Message-ID: <\xc3\xa9@acme.example>\r\n\r\n", "é@acme.example"),
        (b"Message-ID: <>\r\n\r\n", ""),
        (b"\r\n", ""),
        (b"", ""),
    ],
)
def test_ids_as_they_are_written(head, found) -> None:
    assert message_id_of(head) == found
    assert parse(head + b"text").message_id == found


@given(st.binary(max_size=120))
def test_whatever_stands_there_both_ways_of_reading_agree(value: bytes) -> None:
    head = b"Message-ID: " + value.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n\r\n"
    assert message_id_of(head) == parse(head + b"text").message_id


@given(st.from_regex(r"<[ -~]{0,60}>[ \t]{0,2}", fullmatch=True))
def test_plain_ones_are_read_the_same_without_the_parser(value: str) -> None:
    head = b"Message-ID: " + value.encode() + b"\r\n\r\n"
    assert message_id_of(head) == parse(head + b"text").message_id


def test_no_id_has_no_hash() -> None:
    assert hash_of_id("") == ""
    assert len(hash_of_id("a@b")) == 64
