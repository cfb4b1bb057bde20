"""Which lines of a file are one person, and what they say together. Pure.

The rules are those of every other door (``matching``, docs/duplicates.md): lines meet under the keys that may decide,
and are one person when the organisation's rule calls them certain.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sourcing import matching
from sourcing.importing.rows import unite
from sourcing.matching import Key, Person, Rule, Verdict

#: A line is compared with at most so many others under one key.
_MOST = 50


def person_of(person: Mapping[str, Any]) -> Person:
    """What a row says (``rows.ParsedRow.person``) as matching reads it."""
    link = person.get("linkedin_key", "")
    return Person(
        first_name=person.get("first_name", ""),
        last_name=person.get("last_name", ""),
        emails=[email[1] for email in person.get("emails", ())],
        phones=[phone[1] for phone in person.get("phones", ())],
        profiles=[link] if link else (),
        title=person.get("title", ""),
        company=person.get("company", ""),
        place=person.get("location", ""),
        companies=[position[1] for position in person.get("positions", ())],
        schools=[school[0] for school in person.get("schools", ())],
    )


def meeting_keys(person: Person, rule: Rule) -> list[str]:
    """Under which keys lines and people meet: those that may decide, and a LinkedIn profile in any case."""
    found = matching.deciding_keys(person, rule.keys)
    if Key.PROFILE in rule.keys:
        return found
    return [*found, *(f"l:{key}" for key in sorted(person.linkedin_keys))]


def same_people(rows: Iterable[tuple[int, Person]], rule: Rule) -> dict[int, int]:
    """``{line: earliest line of the same person}``; only lines that have an earlier one. ``rows`` are in line order.

    Two lines are one person when they hold one LinkedIn profile or are certainly the same by ``rule``, over any number
    of steps; but two different LinkedIn profiles never come together by that.
    """
    leader: dict[int, int] = {}
    profiles: dict[int, frozenset[str]] = {}
    holders: defaultdict[str, list[tuple[int, Person]]] = defaultdict(list)

    def root(line: int) -> int:
        while leader[line] != line:
            leader[line] = leader[leader[line]]
            line = leader[line]
        return line

    def join(line: int, person: Person, key: str) -> bool:
        """Whether the line belongs to one of those who hold the key; it is joined to every one of them."""
        belongs = False
        for other, theirs in holders[key]:
            mine, first = root(line), root(other)
            if mine != first:
                one, two = profiles.get(mine), profiles.get(first)
                if one and two and one.isdisjoint(two):
                    continue
                if key[2:] not in person.linkedin_keys and not _certain(person, theirs, rule):
                    continue
                leader[max(mine, first)] = min(mine, first)
                if one or two:
                    profiles[min(mine, first)] = (one or frozenset()) | (two or frozenset())
            belongs = True
        return belongs

    for line, person in rows:
        leader[line] = line
        if person.linkedin_keys:
            profiles[line] = person.linkedin_keys
        for key in meeting_keys(person, rule):
            if not join(line, person, key) and len(holders[key]) < _MOST:
                holders[key].append((line, person))
    return {line: root(line) for line in leader if root(line) != line}


def components(edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Groups of lines that hang together by ``(line, other line)``, each in order; lines are numbers from 1.

    A million lines take eight megabytes and what is returned.
    """
    parent = array("q")

    def root(line: int) -> int:
        while parent[line] != line:
            parent[line] = parent[parent[line]]
            line = parent[line]
        return line

    for one, two in edges:
        if max(one, two) >= len(parent):
            parent.extend(range(len(parent), max(one, two) + 1))
        first, second = sorted((root(one), root(two)))
        parent[second] = first
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for line in range(len(parent)):
        if (first := root(line)) != line:
            groups[first].append(line)
    return [[first, *lines] for first, lines in groups.items()]


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


def _certain(one: Person, other: Person, rule: Rule) -> bool:
    return matching.judge(one, other, rule).verdict is Verdict.SAME


def _same_entry(entry: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in entry[:2])
