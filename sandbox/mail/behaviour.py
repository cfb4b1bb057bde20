"""What an address does, read from its local part. Pure."""

from __future__ import annotations

import re
from enum import StrEnum


class Behaviour(StrEnum):
    """How the person behind an address behaves."""

    ACCEPT = "accept"
    REJECT = "reject"
    BOUNCE = "bounce"
    OOO = "ooo"
    REPLY = "reply"
    REPLYOTHER = "replyother"
    GREYLIST = "greylist"
    DROP = "drop"
    SLOW = "slow"
    REWRITE = "rewrite"


# Longest first, so that `replyother.x` is not read as `reply`.
_WORDS = "|".join(sorted(Behaviour, key=len, reverse=True))
_PATTERN = re.compile(rf"(?:{_WORDS})(?=[.+\-@0-9])", re.IGNORECASE)


def of_address(address: str) -> Behaviour:
    """The behaviour a local part begins with, followed by ``.``, ``-``, ``+``, a digit or ``@``.

    The longest word counts; any other local part is accepted in silence.
    """
    found = _PATTERN.match(address)
    return Behaviour(found.group().lower()) if found else Behaviour.ACCEPT


def strongest(addresses: list[str], *wanted: Behaviour) -> bool:
    """Whether any of ``addresses`` behaves as one of ``wanted``: a line is cut for all its recipients at once."""
    return any(of_address(address) in wanted for address in addresses)


def account_name(address: str) -> str:
    """An address in the form accounts are looked up by: lower case, without a plus tag."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
