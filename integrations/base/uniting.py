"""When two spellings are one value, and lists that are added to without taking anything away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from integrations.base.records import FieldKind


def link_key(link: str) -> str:
    """How two spellings of one profile address compare: no scheme, ``www.``, query, end slash or case."""
    bare = link.strip().casefold().split("://")[-1]
    return bare.removeprefix("www.").split("?")[0].rstrip("/")


def phone_key(phone: str) -> str:
    """Digits decide whether two phones are one."""
    return "".join(sign for sign in phone if sign.isdigit()) or phone


#: How the items of a united kind compare.
SAME: Mapping[FieldKind, Callable[[str], str]] = {
    FieldKind.EMAILS: str.casefold,
    FieldKind.PHONES: phone_key,
    FieldKind.LINKS: link_key,
    FieldKind.TEXTS: str.casefold,
}


def united(held: Iterable[str], ours: Iterable[str], *, same: Callable[[str], str]) -> tuple[str, ...]:
    """What is there, then what is new; ``same`` says which spellings are one value."""
    seen: dict[str, str] = {}
    for value in (*held, *ours):
        seen.setdefault(same(value), value)
    return tuple(seen.values())
