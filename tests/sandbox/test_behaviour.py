from __future__ import annotations

import pytest

from sandbox.mail.behaviour import Behaviour, account_name, of_address


@pytest.mark.parametrize("word", list(Behaviour))
@pytest.mark.parametrize(
    "after", ["@x.example", ".anna@x.example", "-1@x.example", "+tag@x.example", "7@x.example"]
)
def test_a_word_counts_when_a_separator_follows(word: Behaviour, after: str) -> None:
    assert of_address(f"{word}{after}") is word


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("replyother.x@x.example", Behaviour.REPLYOTHER),
        ("reply.other@x.example", Behaviour.REPLY),
        ("REPLY.X@x.example", Behaviour.REPLY),
        ("replying@x.example", Behaviour.ACCEPT),
        ("bounced@x.example", Behaviour.ACCEPT),
        ("bounce_anna@x.example", Behaviour.ACCEPT),
        ("anna.bounce@x.example", Behaviour.ACCEPT),
        ("anna@bounce.example", Behaviour.ACCEPT),
        ("slow", Behaviour.ACCEPT),
    ],
)
def test_the_longest_word_counts_and_anything_else_is_accepted(address: str, expected: Behaviour) -> None:
    assert of_address(address) is expected


def test_a_plus_tag_is_no_part_of_an_account() -> None:
    assert account_name("Alice+news@Demo.Example") == "alice@demo.example"
