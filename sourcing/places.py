"""Where in the world a text such as "Greater Boston Area" is. Pure: an offline file, no clock, no network.

The file is built at set-up by ``python -m config.gazetteer`` from GeoNames (towns of 5,000 people and more, states of a
few countries, all countries; CC BY 4.0). It is SQLite, read only, opened at the first question; what is asked is
read from disk, so that a process holds a few megabytes of it at most. Where the file is missing nothing is located.
Only the standard library is used: the build runs where nothing else is installed.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "places.sqlite3"
#: Raised when the tables change: an older file is built anew.
FORMAT = 1
MAX_PARTS = 8
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Place:
    """One place. ``id`` is GeoNames', ``country`` ISO 3166 in two letters, ``zone`` an IANA name or empty.

    A country or state has no ``latitude`` and ``longitude``: nobody "in Germany" is near Berlin.
    ``confidence`` says how sure :func:`locate` is, 0–100; for :func:`suggest` it is 100.
    """

    id: int
    name: str
    country: str
    latitude: float | None
    longitude: float | None
    zone: str
    confidence: int


#: What a location says besides where it is.
_NOISE = re.compile(
    r"\b(?:fully|100%|remote(?:ly)?|hybrid|on-?site|home ?office|work from home|wfh|based|only|or|from|in the|"
    r"relocat\w+)\b"
)
#: Around a town, not in it.
_AREA = re.compile(
    r"\b(?:greater|metropolitan|metro|metroplex|area|region|bay area|agglomeration|und umgebung|"
    r"et periphérie|et peripherie|y alrededores|e dintorni|umgebung|grossraum|raum|city of|county|district)\b"
)
_BETWEEN = re.compile(r"\s*[,;/|·•()\[\]]\s*|\s+[-–—]\s+|\s*[–—]\s*")
#: "D.C." and "U.S.A." are words, "St. Louis" is two.
_ABBREVIATION = re.compile(r"\b(\w)\.")
_JUNK = re.compile(r"[^\w&' -]+")
# What NFKD leaves whole although it is a letter with a mark to everybody who types.
_FOLDS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
#: How people shorten the names of towns and areas, each as its folded full name and country.
NICKNAMES: dict[str, tuple[str, str]] = {
    "nyc": ("new york city", "US"),
    "manhattan": ("new york city", "US"),
    "sf": ("san francisco", "US"),
    "bay area": ("san francisco", "US"),
    "sf bay area": ("san francisco", "US"),
    "san francisco bay": ("san francisco", "US"),
    "silicon valley": ("san jose", "US"),
    "la": ("los angeles", "US"),
    "dc": ("washington", "US"),
    "washington dc": ("washington", "US"),
    "washington dc-baltimore": ("washington", "US"),
    "dallas-fort worth": ("dallas", "US"),
    "dfw": ("dallas", "US"),
    "twin cities": ("minneapolis", "US"),
    "philly": ("philadelphia", "US"),
    "vegas": ("las vegas", "US"),
    "ile-de-france": ("paris", "FR"),
    "rhein-main": ("frankfurt am main", "DE"),
    "frankfurt rhine-main": ("frankfurt am main", "DE"),
    "randstad": ("amsterdam", "NL"),
    "bangalore": ("bengaluru", "IN"),
    "bombay": ("mumbai", "IN"),
    "cdmx": ("mexico city", "MX"),
    "bsas": ("buenos aires", "AR"),
    "st petersburg": ("saint petersburg", "RU"),
}


def fold(text: str) -> str:
    """``text`` as places are compared: case folded, without accents and dots, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDS)
    text = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )
    text = _ABBREVIATION.sub(r"\1", unicodedata.normalize("NFC", text)).replace(".", " ")
    text = text.replace("’", "'").replace("`", "'")
    return " ".join(_JUNK.sub(" ", text).split())


def parts(text: str) -> tuple[list[str], bool]:
    """The folded parts of a location, and whether it speaks of an area around a town rather than the town.

    ``"Greater Boston Area"`` → ``(["boston"], True)``, ``"Remote – UK"`` → ``(["uk"], False)``.
    """
    found: list[str] = []
    area = False
    spoken = unicodedata.normalize("NFKC", text[:300])
    for raw in _BETWEEN.split(spoken):
        part = fold(_NOISE.sub(" ", raw.casefold()))
        if part in NICKNAMES:
            found.append(part)
            area = area or "area" in part
            continue
        bare = fold(_AREA.sub(" ", part))
        area = area or bare != part
        # "Berlin Area" loses the word; "Bay Area" alone is a nickname, "Area" alone says nothing.
        if bare:
            found.append(bare)
    return found[:MAX_PARTS], area


def locate(text: str) -> Place | None:
    """The place a person's location names, or None. Understands a town with or without state and country in any
    order, areas, nicknames, a state or country alone, and names in other languages.

    ``confidence``: 95 when town and what stands beside it agree; 60–90 for a town alone, by its share of all people
    living in towns of that name; 50 for a state, 40 for a country. An area, an unknown part and a name that is not the
    usual one take some off.
    """
    text = text.strip()
    return _locate(text[:300]) if text else None


def columns_for(location: str) -> dict[str, Any]:
    """The five columns of Candidate that hang on ``location``: id, coordinates, zone, confidence."""
    place = locate(location)
    return {
        "place_id": place.id if place else None,
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "time_zone": place.zone if place else "",
        "place_confidence": place.confidence if place else 0,
    }


def by_id(place_id: int) -> Place | None:
    """The place of an id, confidence 100; None for an unknown one."""
    rows = _ask("SELECT id, name, country, latitude, longitude, zone FROM place WHERE id = ?", [place_id])
    return _known(rows[0]) if rows else None


@dataclass(frozen=True)
class Address:
    """The parts other systems ask for, each empty when the place does not say it; ``country_code`` has two letters."""

    city: str = ""
    region: str = ""
    country: str = ""
    country_code: str = ""


def address(place_id: int | None) -> Address:
    """City, state, and country a place lies in; all empty for an unknown one."""
    rows = _ask("SELECT kind, name, country, state FROM place WHERE id = ?", [place_id or 0])
    if not rows:
        return Address()
    kind, name, country, state = rows[0]
    around = dict(
        _ask(
            "SELECT kind, name FROM place WHERE country = ? "
            "AND (kind = 'country' OR (kind = 'state' AND state = ?))",
            [country, state],
        )
    )
    return Address(
        city=name if kind == "town" else "",
        region=around.get("state", "") if kind != "country" else "",
        country=around.get("country", ""),
        country_code=country,
    )


def id_of(text: str) -> int | None:
    """The id of the place a text means, or None."""
    found = locate(text)
    return found.id if found else None


def within(place_id: int, km: float) -> list[int]:
    """Ids of the towns at most ``km`` from a town, the town itself first, nearest first.

    Of a state or country: itself and every town and state in it, whatever ``km`` says. Unknown: an empty list.
    """
    rows = _ask("SELECT kind, country, state, latitude, longitude FROM place WHERE id = ?", [place_id])
    if not rows:
        return []
    kind, country, state, latitude, longitude = rows[0]
    if kind == "country":
        inside = _ask("SELECT id FROM place WHERE country = ? AND id <> ? ORDER BY id", [country, place_id])
        return [place_id, *(row[0] for row in inside)]
    if kind == "state":
        question = "SELECT id FROM place WHERE country = ? AND state = ? AND id <> ? ORDER BY id"
        return [place_id, *(row[0] for row in _ask(question, [country, state, place_id]))]
    return _around(place_id, latitude, longitude, max(0.0, km))


def suggest(prefix: str, limit: int = 10) -> list[Place]:
    """Places whose name, in any language known, begins with ``prefix``: the largest first, none for less than two
    letters."""
    begun = fold(prefix)
    if len(begun) < 2:
        return []
    rows = _ask(
        # A usual name counts ten times: "San F…" is San Francisco before Quito, San Francisco de.
        "SELECT id, place.name, country, latitude, longitude, zone FROM name JOIN place ON place.id = name.place"
        " WHERE key >= ? AND key < ? GROUP BY place.id ORDER BY max(1 + 9 * usual) * people DESC LIMIT ?",
        [begun, begun + "\U0010ffff", max(0, limit)],
    )
    return [_known(row) for row in rows]


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two ``(latitude, longitude)`` in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    arc = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, arc)))


# ── how a text is understood ─────────────────────────────────────────────────


@dataclass(frozen=True)
class _Named:
    """One meaning of one name."""

    id: int
    name: str
    country: str
    state: str
    latitude: float | None
    longitude: float | None
    zone: str
    people: int
    kind: str
    usual: bool


@lru_cache(maxsize=8_192)
def _locate(text: str) -> Place | None:
    names, area = parts(text)
    meanings = [_meanings(name) for name in names]
    towns = [
        (sum(_lies_in(town, other) for at, other in enumerate(meanings) if at != position), -position, town)
        for position, named in enumerate(meanings)
        for town in named
        if town.kind == "town" and not _rather_a_region(town, named, alone=len(names) == 1)
    ]
    regions = [place for named in meanings for place in named if place.kind != "town"]
    best = max(towns, key=lambda found: (found[0], _weight(found[2]), found[1]), default=None)
    if best is not None and (best[0] or not _contradicted(best[2], meanings)):
        return _placed(best[2], _sureness(best[2], best[0], meanings) - 10 * area)
    if not regions:
        return None
    # "Georgia, USA" is the state because its country stands there too; "Georgia" alone is where more people live.
    region = max(regions, key=lambda place: (_supported(place, meanings), place.people))
    unclear = not _supported(region, meanings) and len(regions) > 1
    return _placed(region, (50 if region.kind == "state" else 40) - 10 * area - 10 * unclear)


def _known(row: tuple[Any, ...]) -> Place:
    """A row of the file that nobody had to guess."""
    place_id, name, country, latitude, longitude, zone = row
    return Place(place_id, name, country, latitude, longitude, zone, 100)


def _placed(place: _Named, confidence: int) -> Place:
    return Place(
        place.id,
        place.name,
        place.country,
        place.latitude,
        place.longitude,
        place.zone,
        max(5, min(99, confidence)),
    )


def _weight(town: _Named) -> float:
    """How likely a bare name means this town: people count by order of magnitude, a usual name by five times."""
    return math.log10(max(town.people, 1)) + 0.7 * town.usual


def _lies_in(town: _Named, others: Sequence[_Named]) -> int:
    """2 when another part is the town's state, 1 when it is its country."""
    return max(
        (
            2 if other.kind == "state" and other.state == town.state else 1
            for other in others
            if other.country == town.country
            and (other.kind == "country" or (other.kind == "state" and other.state == town.state))
        ),
        default=0,
    )


def _contradicted(town: _Named, meanings: Sequence[Sequence[_Named]]) -> bool:
    """Whether a part names regions only and none of them holds the town: "Berlin, France"."""
    for named in meanings:
        if any(place.id == town.id for place in named):
            continue
        regions = [place for place in named if place.kind != "town"]
        if regions and len(regions) == len(named) and not _lies_in(town, regions):
            return True
    return False


def _supported(place: _Named, meanings: Sequence[Sequence[_Named]]) -> bool:
    """Whether a state's own country is named beside it."""
    return place.kind == "state" and any(
        other.kind == "country" and other.country == place.country for named in meanings for other in named
    )


def _rather_a_region(town: _Named, named: Sequence[_Named], *, alone: bool) -> bool:
    """ "Mexico" and "California" mean the country and the state; "New York" and "Washington" alone mean the town."""
    if any(place.kind == "country" for place in named):
        return alone or not town.usual
    return alone and any(place.kind == "state" for place in named) and town.people < 500_000


def _sureness(town: _Named, agreeing: int, meanings: Sequence[Sequence[_Named]]) -> int:
    namesakes = next((named for named in meanings if any(place.id == town.id for place in named)), [town])
    all_people = sum(max(place.people, 1) for place in namesakes if place.kind == "town")
    unknown = sum(not named for named in meanings)
    sure = 95 if agreeing else 60 + round(30 * max(town.people, 1) / max(all_people, 1))
    return sure - 5 * (not town.usual) - 10 * min(unknown, 3)


def _meanings(name: str) -> list[_Named]:
    key, country = NICKNAMES.get(name, (name, ""))
    rows = _ask(
        "SELECT id, place.name, country, state, latitude, longitude, zone, people, kind, usual"
        " FROM name JOIN place ON place.id = name.place WHERE key = ? ORDER BY people DESC",
        [key],
    )
    if not rows and " " in key:
        rows = _without_first_words(key)
    found = [_Named(*row) for row in rows]
    if country:
        found = [place for place in found if place.country == country and place.kind == "town"][:1]
    return found


def _without_first_words(key: str) -> list[tuple[Any, ...]]:
    """ "10115 berlin" and "berlin mitte": the name of a town among other words, the last word first."""
    words = key.split()
    for candidate in (" ".join(words[1:]), " ".join(words[:-1]), words[-1], words[0]):
        if len(candidate) > 3 and not candidate.isdigit():
            rows = _ask(
                "SELECT id, place.name, country, state, latitude, longitude, zone, people, kind, 0"
                " FROM name JOIN place ON place.id = name.place WHERE key = ? AND people > 50000"
                " ORDER BY people DESC",
                [candidate],
            )
            if rows:
                return rows
    return []


def _around(place_id: int, latitude: float, longitude: float, km: float) -> list[int]:
    degrees = math.degrees(km / EARTH_KM)
    rows = _ask(
        "SELECT id, latitude, longitude FROM place WHERE latitude BETWEEN ? AND ?",
        [latitude - degrees - 0.01, latitude + degrees + 0.01],
    )
    here = (latitude, longitude)
    near = sorted((kilometres(here, (row[1], row[2])), row[0]) for row in rows)
    return [place_id, *(found for distance, found in near if distance <= km and found != place_id)]


# ── the file ─────────────────────────────────────────────────────────────────


@dataclass
class _Opened:
    """This process's connection. One for all threads: SQLite takes turns by itself, and reads are short."""

    line: sqlite3.Connection | None = None
    process: int = 0


_opened = _Opened()
_opening = threading.Lock()


def _ask(question: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    line = _line()
    return line.execute(question, tuple(values)).fetchall() if line else []


def _line() -> sqlite3.Connection | None:
    """The connection, or None where the file was not built (a system check says so). Opened anew after a fork."""
    if _opened.process == os.getpid():
        return _opened.line
    with _opening:
        if _opened.process != os.getpid():
            if FILE.exists():
                # Immutable: no lock, no journal; several processes share the file's pages.
                _opened.line = sqlite3.connect(
                    f"file:{FILE}?mode=ro&immutable=1", uri=True, check_same_thread=False
                )
            _opened.process = os.getpid()
    return _opened.line
