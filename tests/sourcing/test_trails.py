"""What a person is recognised by in copies: whole names and keys, not parts of them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.trails import Trail

ADA = Trail.of(
    organisation_id=1,
    candidate_id=2,
    keys=["Ada@Byron.example", "linkedin.com/in/ada"],
    names=[("Ada", "Byron"), ("Ada", "Lovelace")],
    phones=["+441632960123"],
)


@pytest.mark.parametrize(
    "record",
    [
        "mail to ADA@byron.example bounced",
        ["x", "https://www.linkedin.com/in/ada/"],
        {"name": "Byron, Ada"},
        [["Ada", "King"], {"last": "LOVELACE"}],
        "Ada_Lovelace_cv.pdf",
        "01632 960 123",
        "(0044) 1632-960123",
    ],
)
def test_a_record_that_names_her_is_recognised(record: object) -> None:
    assert ADA.is_in(record)


@pytest.mark.parametrize(
    "record",
    ["Ada", "Byron", "Adam Byronic", "Lovelace Canada", "other@byron.example", "960123", None, 5, [], {}],
)
def test_a_part_of_her_is_not_her(record: object) -> None:
    assert not ADA.is_in(record)


def test_what_is_too_short_recognises_nobody() -> None:
    trail = Trail.of(
        organisation_id=1, candidate_id=2, keys=["a@b", ""], names=[("Li", "Wu"), ("Ada", "")], phones=["12"]
    )
    assert not trail.is_in("Li Wu, a@b, Ada, 12")
    assert trail.patterns() == []


def test_a_blanked_record_keeps_its_shape() -> None:
    assert ADA.without({"a": ["Ada", 1, None], "b": {"c": "Byron"}}) == {"a": ["", 1, None], "b": {"c": ""}}


names = (
    st.text(st.characters(categories=["L", "M"]), min_size=3, max_size=12).map(str.strip).filter(str.isalpha)
)


def like(pattern: str, text: str) -> bool:
    """PostgreSQL's LIKE."""
    parts = re.split(r"(\\.|%|_)", pattern)
    wild = {"%": ".*", "_": "."}
    whole = "".join(
        wild.get(part) or re.escape(part[1:] if part.startswith("\\") else part) for part in parts
    )
    return re.fullmatch(whole, text, re.S) is not None


@given(first=names, last=names, mail=st.from_regex(r"[a-z_%]{3,9}@[a-z]{3,9}\.example", fullmatch=True))
def test_the_database_finds_at_least_what_is_recognised(first: str, last: str, mail: str) -> None:
    trail = Trail.of(
        organisation_id=1, candidate_id=2, keys=[mail], names=[(first, last)], phones=["+49171 1234567"]
    )
    for record in ([f"{first} {last}"], [last, first], [mail.upper()], ["0171/12 34 567"]):
        if trail.is_in(record):
            for stored in (json.dumps(record, ensure_ascii=False), str(record[0])):
                if trail.is_in(stored):
                    assert any(like(pattern, stored.lower()) for pattern in trail.patterns())
