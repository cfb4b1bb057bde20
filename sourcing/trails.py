"""What one person can be recognised by in copies that no foreign key leads to: raw cells, answers, file lines.

Pure. A copy is a by-product (a refused row, a stored answer), so a namesake's copy is rather blanked too than the
person's kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_UNSURE = re.compile(r"""[^\x20-\x7e]+|[sS]{2}|["\\%]""")
_NOT_DIGIT = re.compile(r"[^0-9]")
#: Shorter keys and names say nothing ("Li", "a@b").
_LEAST = 5
#: So many last digits make a telephone number, however it is written.
_PHONE_DIGITS = 8


@dataclass(frozen=True)
class Trail:
    """One person's addresses, numbers, profiles and names, today's and earlier ones; all in lower case.

    ``keys`` are found anywhere in a text; a name of ``names`` (first, last) counts when both parts stand in one record.
    ``phones`` are last digits.
    """

    organisation_id: int
    candidate_id: int
    keys: frozenset[str] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()
    phones: frozenset[str] = frozenset()
    #: LIKE patterns of the keys and of each name's longer part, made from their own letters (``ſ`` folds to ``s``).
    loose: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        *,
        organisation_id: int,
        candidate_id: int,
        keys: Iterable[str] = (),
        names: Iterable[tuple[str, str]] = (),
        phones: Iterable[str] = (),
    ) -> Trail:
        """From values as they are stored; what is too short to recognise anybody falls away."""
        keys = [key for key in keys if len(key) >= _LEAST]
        names = [name for name in names if all(name) and sum(map(len, name)) >= _LEAST]
        digits = (_NOT_DIGIT.sub("", phone) for phone in phones)
        return cls(
            organisation_id=organisation_id,
            candidate_id=candidate_id,
            keys=frozenset(key.casefold() for key in keys),
            names=frozenset((first.casefold(), last.casefold()) for first, last in names),
            phones=frozenset(each[-_PHONE_DIGITS:] for each in digits if len(each) >= _PHONE_DIGITS),
            loose=frozenset(_loose(word) for word in (*keys, *(max(name, key=len) for name in names))),
        )

    def is_in(self, record: Any) -> bool:
        """Whether a text, or any texts inside lists and dicts together as one record, name the person."""
        texts = [text.casefold() for text in _texts(record)]
        whole = "\n".join(texts)
        if any(key in whole for key in self.keys):
            return True
        # Names of files join words by an underscore.
        words = whole.replace("_", " ")
        if any(_has_word(words, first) and _has_word(words, last) for first, last in self.names):
            return True
        return bool(self.phones) and any(
            phone in digits for digits in map(_only_digits, texts) for phone in self.phones
        )

    def without(self, record: Any) -> Any:
        """The record with every text and number in it blanked: its shape stays, its content does not."""
        if isinstance(record, dict):
            return {key: self.without(value) for key, value in record.items()}
        if isinstance(record, list):
            return [self.without(value) for value in record]
        return "" if isinstance(record, str) else record

    def patterns(self) -> list[str]:
        """LIKE patterns that find, without case, everything :meth:`is_in` may say yes to, in text or JSON."""
        # Digits may be grouped in any way.
        return sorted(self.loose | {f"%{'%'.join(phone)}%" for phone in self.phones})


def _texts(record: Any) -> Iterable[str]:
    if isinstance(record, str):
        yield record
    elif isinstance(record, dict):
        for value in record.values():
            yield from _texts(value)
    elif isinstance(record, Sequence):
        for value in record:
            yield from _texts(value)


def _has_word(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _only_digits(text: str) -> str:
    return _NOT_DIGIT.sub("", text)


def _loose(text: str) -> str:
    """As a LIKE pattern for lower-cased text or JSON; letters whose case databases and Python change differently, and
    what JSON escapes, stand for anything."""
    escaped = _UNSURE.sub("%", text).replace("_", "\\_").lower()
    return f"%{escaped}%"
