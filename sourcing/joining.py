"""What a source tells of a person's positions or schools, joined to those that are known. Pure.

Nothing that is known is taken away or written over: blanks are filled, what is new is added, and an entry that
contradicts the known one stands beside it, so that both are seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Columns that hold dates as exact as their source: "2019" and "2019-04" do not contradict each other.
_DATES = frozenset({"started", "ended"})


@dataclass(slots=True)
class Line:
    """One entry as it stands afterwards. ``known`` is its place among those known before, None for a new one."""

    says: dict[str, str]
    known: int | None


def join(
    known: Sequence[Mapping[str, str]],
    told: Iterable[Mapping[str, str]],
    *,
    names: tuple[str, str],
    vouched: bool,
    most: int,
) -> list[Line]:
    """The entries afterwards, in order. ``names`` are the two columns that say what it is (title and company).

    ``vouched``: the source owns what it tells, so its word goes above one it contradicts, else below. A new entry goes
    before the first that began earlier. No entry is added beyond ``most``.
    """
    lines = [Line(dict(entry), place) for place, entry in enumerate(known)]
    for entry in told:
        alike = [line for line in lines if _is_same(line.says, entry, names)]
        if any(_says_all(line.says, entry) for line in alike):
            continue
        fits = max(
            (line for line in alike if _agree(line.says, entry)),
            key=lambda line: _said_by_both(line.says, entry),
            default=None,
        )
        if fits is not None:
            fits.says |= {name: value for name, value in entry.items() if value and not fits.says.get(name)}
        elif len(lines) < most:
            place = (
                lines.index(alike[0]) + (not vouched) if alike else _place(lines, entry, ordered=bool(known))
            )
            lines.insert(place, Line(dict(entry), None))
    return lines


def _is_same(ours: Mapping[str, str], theirs: Mapping[str, str], names: tuple[str, str]) -> bool:
    """The same stint: neither its two names nor its beginning say otherwise, and at least one name says so."""
    pairs = [(_plain(ours, name), _plain(theirs, name)) for name in names]
    if any(one and other and one != other for one, other in pairs):
        return False
    return any(one and one == other for one, other in pairs) and _meets("started", ours, theirs)


def _says_all(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Whether theirs tells nothing that ours does not say, as exactly."""
    return all(
        not value
        or (
            _plain(ours, name).startswith(value)
            if name in _DATES
            else _plain(ours, name) == _plain(theirs, name)
        )
        for name, value in theirs.items()
    )


def _said_by_both(ours: Mapping[str, str], theirs: Mapping[str, str]) -> int:
    """In how many columns both say something: of two that agree the one it agrees with in more is meant."""
    return sum(bool(_plain(ours, name) and value) for name, value in theirs.items())


def _agree(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    return all(_meets(name, ours, theirs) for name in theirs)


def _meets(name: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    one, other = _plain(ours, name), _plain(theirs, name)
    if not one or not other or one == other:
        return True
    return name in _DATES and (one.startswith(other) or other.startswith(one))


def _place(lines: Sequence[Line], entry: Mapping[str, str], *, ordered: bool) -> int:
    """``ordered``: people have put them into an order; otherwise the source's own order stays."""
    began = entry.get("started", "")
    if ordered and began:
        for place, line in enumerate(lines):
            if line.says.get("started") and line.says["started"] < began:
                return place
    return len(lines)


def _plain(entry: Mapping[str, str], name: str) -> str:
    return entry.get(name, "").casefold()
