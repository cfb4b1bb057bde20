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
        """What the person is known by: ``l:`` profile first, then ``e:`` addresses in order, then ``p:`` numbers,
        each with the name that must go with it."""
        person = self.person
        profile = person.get("linkedin_key")
        keys = [f"l:{profile}"] if profile else []
        keys += [f"e:{email[1]}" for email in person.get("emails", ())]
        name = phone_name(person)
        if name:
            keys += [f"p:{phone[1]}:{name}" for phone in person.get("phones", ()) if phone[1][0] == "+"]
        return keys


def phone_name(person: Mapping[str, Any]) -> str:
    """Which name a telephone number counts together with, or empty: a number alone may be a whole office's."""
    first, last = person.get("first_name", ""), person.get("last_name", "")
    return f"{first[0]} {last}".lower() if first and last else ""


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
            _add_history(person, history)
        if self._tags:
            person["tags"] = unite(person.get("tags", ()), self._tags)


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


def _add_history(person: dict[str, Any], history: Mapping[tuple[str, int], str]) -> None:
    """Positions and schools, by their number. The present title and company alone make no position: they stand on the
    person."""
    numbers = sorted({number for _, number in history})
    positions = [[history.get((name, number), "") for name in POSITION] for number in numbers]
    positions = [position for position in positions if position[0] or position[1]]
    if len(positions) > 1 or any(position[2] or position[3] for position in positions):
        person["positions"] = positions
    schools = [[history.get((name, number), "") for name in SCHOOL] for number in numbers]
    if schools := [school for school in schools if any(school[:3])]:
        person["schools"] = schools


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


def merge_person(person: dict[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """``person`` with what a later line of the same person adds: blanks filled, addresses and lists appended."""
    merged = {**later, **{name: value for name, value in person.items() if value}}
    for name in ("emails", "phones"):
        known = {entry[1] for entry in person.get(name, ())}
        further = [entry for entry in later.get(name, ()) if entry[1] not in known]
        merged[name] = [*person.get(name, ()), *further]
    for name in ("positions", "schools"):
        known = {_same_entry(entry) for entry in person.get(name, ())}
        further = [entry for entry in later.get(name, ()) if _same_entry(entry) not in known]
        merged[name] = [*person.get(name, ()), *further]
    for name in ("skills", "tags"):
        merged[name] = unite(person.get(name, ()), later.get(name, ()))
    merged["custom"] = {**later.get("custom", {}), **person.get("custom", {})}
    return {name: value for name, value in merged.items() if value}


def _same_entry(entry: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in entry[:2])


def same_people(rows: Iterable[tuple[int, Sequence[str]]]) -> dict[int, int]:
    """``{line: earliest line of the same person}`` for ``(line, keys)`` in line order; only lines that have an
    earlier one.

    Lines are one person when they share a profile or an address, over any number of steps. Two different LinkedIn
    profiles are two people whatever address they share, so an address never joins two groups that have one each.
    """
    leader: dict[int, int] = {}
    profile: dict[int, str] = {}
    holder: dict[str, int] = {}

    def root(line: int) -> int:
        while leader[line] != line:
            leader[line] = leader[leader[line]]
            line = leader[line]
        return line

    for line, keys in rows:
        leader[line] = line
        own = next((key for key in keys if key.startswith("l:")), "")
        if own:
            profile[line] = own
        for key in keys:
            mine, other = root(line), root(holder.setdefault(key, line))
            if mine == other:
                continue
            one, two = profile.get(mine, ""), profile.get(other, "")
            if one and two and one != two:
                continue
            first, second = min(mine, other), max(mine, other)
            leader[second] = first
            if one or two:
                profile[first] = one or two
    return {line: root(line) for line in leader if root(line) != line}
