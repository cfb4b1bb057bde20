"""What one row of a people file says. Pure: cells in, a person or a reason out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from foundation.problems import Invalid
from sourcing.importing.columns import POSITION, SCHOOL
from sourcing.importing.history_dates import history_date
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    clean_block,
    clean_text,
    domain_of,
    linkedin_key,
    normalise_email,
    normalise_phone,
    split_name,
)
from sourcing.search.tokens import fold

#: Makes the stored form of a custom field's value; raises Invalid.
Clean = Callable[[str], Any]

_LIMITS = {"headline": 500, "title": 300, "company": 300, "location": 300}
_LIST_LIMIT = 200


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FREE_MAIL = _words("""
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de hotmail.com hotmail.co.uk hotmail.fr
    outlook.com live.com msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me gmx.de
    gmx.net gmx.at gmx.ch web.de posteo.de mailbox.org t-online.de freenet.de orange.fr free.fr laposte.net
    wanadoo.fr sfr.fr libero.it mail.ru yandex.ru qq.com 163.com 126.com naver.com hey.com fastmail.com
    zoho.com tutanota.com bluewin.ch wp.pl o2.pl seznam.cz
    """)
_SPLIT_EMAILS = re.compile(r"[\s,;|]+(?=[^\s,;|]*@)|[;|\n]|,(?=\s)|\s/\s")
_SPLIT_PHONES = re.compile(r"[;|\n]|,\s|\s/\s|\sor\s")
_SPLIT_LIST = re.compile(r"[;|\n]")


@dataclass
class ParsedRow:
    """What one row says. Either ``refused`` is ``(code, reason)`` or ``person`` holds somebody.

    ``person`` is plain JSON and leaves out what is empty: text fields, ``emails`` and ``phones`` as ``[value,
    normalised, type]`` in order, ``skills``, ``tags``, ``linkedin_key``, ``linkedin_url``, ``positions`` as ``[title,
    company, started, ended]`` and ``schools`` as ``[school, degree, field, started, ended]``, the newest first, and
    ``custom`` by key. ``notes`` tell what was left out although the row was taken.
    """

    person: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: tuple[str, str] | None = None

    @property
    def keys(self) -> list[str]:
        """What an erased person would be known by: ``l:`` profile, ``e:`` addresses in order."""
        profile = self.person.get("linkedin_key")
        found = [f"l:{profile}"] if profile else []
        return found + [f"e:{email[1]}" for email in self.person.get("emails", ())]


class RowReader:
    """Reads rows of one file; what the mapping says is worked out once.

    ``customs`` are the cleaning functions of the organisation's own fields by key; a mapped field without one was
    archived meanwhile and its column is passed over.
    """

    def __init__(
        self, mapping: Mapping[int, str], customs: Mapping[str, Clean] | None = None, tags: Sequence[str] = ()
    ) -> None:
        self._columns = [
            (index, *mapping[index].partition(":")[::2]) for index in sorted(mapping) if mapping[index]
        ]
        self._customs = customs or {}
        self._tags = list(tags)
        self._positions = self._groups(POSITION)
        self._schools = self._groups(SCHOOL)

    def _groups(self, names: Sequence[str]) -> list[list[tuple[str, int]]]:
        """The fields of each position or school of which a column says something, in order."""
        numbers = {int(detail or 1) for _, kind, detail in self._columns if kind in names}
        return [[(name, number) for name in names] for number in sorted(numbers)]

    @property
    def portable(self) -> bool:
        """Whether it can be handed to another process: no field of the organisation's own is among the columns."""
        return not any(kind == "custom" for _, kind, _ in self._columns)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_customs": {}}

    def read(self, cells: Sequence[str]) -> ParsedRow:
        """One row. Refused only when no name, e-mail address or LinkedIn profile is left of it.

        An e-mail, number, date or custom value that is none is left out with a note. Addresses keep the order of their
        columns; the type is that of the column, else guessed from the address (:func:`guess_type`).
        """
        row = ParsedRow()
        person = row.person
        emails: list[tuple[str, str, str]] = []
        phones: list[list[str]] = []
        history: dict[tuple[str, int], str] = {}
        count = len(cells)
        for index, kind, detail in self._columns:
            cell = cells[index] if index < count else ""
            if not cell or cell.isspace():
                continue
            if kind in _LINES:
                value = clean_text(cell, limit=_LIMITS.get(kind, 300))
                if kind in _OF_HISTORY:
                    history[kind, int(detail or 1)] = value
                    if detail:
                        continue
                person[kind] = value
            elif kind == "email":
                emails += _emails(cell, detail, row)
            elif kind == "phone":
                _phones(cell, detail, phones, row)
            elif kind == "linkedin":
                _profile(cell, person)
            elif kind in ("skills", "tags"):
                person[kind] = _list(cell, person.get(kind, ()))
            elif kind == "summary":
                person[kind] = clean_block(cell)
            elif kind == "full_name":
                person[kind] = cell
            elif kind == "custom":
                self._custom(detail, cell, person, row)
            else:
                history[kind, int(detail or 1)] = _history(kind, cell, row)
        self._put_together(person, emails, phones, history)
        _judge(row, cells)
        return row

    def _custom(self, key: str, cell: str, person: dict[str, Any], row: ParsedRow) -> None:
        clean = self._customs.get(key)
        if clean is None:
            return
        try:
            person.setdefault("custom", {})[key] = clean(cell)
        except Invalid as problem:
            row.notes.append(f"“{clean_text(cell, limit=80)}” left out: {problem}")

    def _put_together(
        self,
        person: dict[str, Any],
        emails: list[tuple[str, str, str]],
        phones: list[list[str]],
        history: dict[tuple[str, int], str],
    ) -> None:
        full = person.pop("full_name", "")
        if full and not (person.get("first_name") or person.get("last_name")):
            person["first_name"], person["last_name"] = split_name(full)
        if emails:
            last_name, seen = person.get("last_name", ""), set()
            person["emails"] = kept = []
            for value, normalised, type_ in emails:
                if normalised not in seen:
                    seen.add(normalised)
                    kept.append([value, normalised, type_ or guess_type(normalised, last_name)])
        if phones:
            person["phones"] = phones
        if history:
            self._add_history(person, history)
        if self._tags:
            person["tags"] = unite(person.get("tags", ()), self._tags)

    def _add_history(self, person: dict[str, Any], history: Mapping[tuple[str, int], str]) -> None:
        """Positions and schools, by their number. The present title and company alone make no position: they stand on
        the person."""
        said = history.get
        positions = [[said(key, "") for key in group] for group in self._positions]
        positions = [position for position in positions if position[0] or position[1]]
        if len(positions) > 1 or any(position[2] or position[3] for position in positions):
            person["positions"] = positions
        schools = [[said(key, "") for key in group] for group in self._schools]
        if schools := [school for school in schools if school[0] or school[1] or school[2]]:
            person["schools"] = schools


_LINES = frozenset(["first_name", "last_name", "headline", "title", "company", "location"])
_OF_HISTORY = frozenset(["title", "company"])


def parse_row(cells: Sequence[str], mapping: Mapping[int, str]) -> ParsedRow:
    """One row of a file without custom fields; see :meth:`RowReader.read`."""
    return RowReader(mapping).read(cells)


def _history(kind: str, cell: str, row: ParsedRow) -> str:
    if not kind.endswith(("started", "ended")):
        return clean_text(cell)
    date = history_date(cell)
    if date is None:
        row.notes.append(f"“{clean_text(cell, limit=80)}” is not a date.")
    return date or ""


def _judge(row: ParsedRow, cells: Sequence[str]) -> None:
    person = row.person
    if (
        person.get("first_name")
        or person.get("last_name")
        or person.get("emails")
        or person.get("linkedin_key")
    ):
        return
    if row.notes:
        row.refused = (
            "nothing_valid",
            clean_text("No name or LinkedIn profile. " + " ".join(row.notes), limit=400),
        )
    elif any(cell.strip() for cell in cells):
        row.refused = ("no_identity", "No name, e-mail address or LinkedIn profile.")
    else:
        row.refused = ("empty", "The row is empty.")


def _emails(cell: str, type_: str, row: ParsedRow) -> list[tuple[str, str, str]]:
    found = []
    for part in _SPLIT_EMAILS.split(cell.replace("mailto:", " ")):
        text = part.strip().strip("<>\"'()[],;")
        if "<" in text:
            # "Jonas Lehner <jonas@example.org>"
            text = text.rpartition("<")[2].strip()
        if not text or ("@" not in text and "@" in cell):
            # A display name before an address; alone in a cell it would be a wrong address and is told below.
            continue
        try:
            found.append((text[:320], normalise_email(text), type_))
        except InvalidAddress:
            row.notes.append(f"“{clean_text(text, limit=80)}” is not an e-mail address.")
    return found


def _phones(cell: str, type_: str, phones: list[list[str]], row: ParsedRow) -> None:
    for part in _SPLIT_PHONES.split(cell):
        text = clean_text(part, limit=60)
        if not text:
            continue
        try:
            normalised = normalise_phone(text)
        except InvalidPhone:
            row.notes.append(f"“{text}” is not a telephone number.")
            continue
        if normalised not in (known[1] for known in phones):
            phones.append([text, normalised, type_ or "other"])


def _profile(cell: str, person: dict[str, Any]) -> None:
    for text in re.split(r"[\s,;|]+", cell):
        key = linkedin_key(text)
        if key and "linkedin_key" not in person:
            person["linkedin_key"], person["linkedin_url"] = key, text[:500]


@lru_cache(maxsize=16_384)
def _listed(cell: str) -> tuple[str, ...]:
    parts = _SPLIT_LIST.split(cell) if _SPLIT_LIST.search(cell) else cell.split(",")
    return tuple(value for value in (clean_text(part, limit=100) for part in parts) if value)


def _list(cell: str, known: Sequence[str]) -> list[str]:
    return unite(known, _listed(cell))


def unite(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """Both lists without repetition (case apart), the first spelling kept, at most 200."""
    values: dict[str, str] = {}
    for value in (*one, *other):
        values.setdefault(value.casefold(), value)
    return list(values.values())[:_LIST_LIMIT]


def guess_type(normalised: str, last_name: str = "") -> str:
    """``personal`` for a free-mail domain or one that carries the person's own name, else ``work``."""
    domain = domain_of(normalised)
    if domain in _FREE_MAIL:
        return "personal"
    name = re.sub(r"[^a-z0-9]", "", fold(last_name))
    return "personal" if len(name) >= 4 and name in domain.replace("-", "") else "work"
