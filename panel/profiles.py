"""What a page states of the person it is about, made fit to compare and to keep.

The extension has cleaned it; here nothing is believed. What is no address, number or link falls away and is named, so
that whoever saves hears of what they typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from foundation.problems import Invalid
from sourcing import editing, history, places, social_profiles
from sourcing.completing import Stated
from sourcing.matching import Person
from sourcing.models import ContactKind
from sourcing.normalising import clean_text, normalise_email, normalise_phone

#: A list of a page holds no more than this of a person; the rest is not read.
MOST_POINTS = 10
MOST_SKILLS = 50
MOST_ROWS = 20
LONGEST_SUMMARY = 5_000


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An address or a number that is none: which, and why."""

    kind: str
    code: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A page and what it states; ``host`` is where it was read."""

    url: str = ""
    host: str = ""
    stated: Stated = field(default_factory=Stated)
    unreadable: Sequence[Unreadable] = ()

    @property
    def source(self) -> str:
        """Where it came from, for people: "Browser: github.com"."""
        return f"Browser: {self.host}" if self.host else "Browser"

    @property
    def person(self) -> Person:
        """As matching compares it. The page's own address counts as a profile where it names one person only."""
        told = self.stated.columns
        here = social_profiles.stated_url(self.url) if not urlsplit(self.url).query else ""
        return Person(
            first_name=told.get("first_name", ""),
            last_name=told.get("last_name", ""),
            emails=self.stated.emails,
            phones=self.stated.phones,
            profiles=[*self.stated.profiles, *([here] if here else [])],
            title=told.get("title", ""),
            company=told.get("company", ""),
            place=told.get("location", ""),
            companies=self.companies,
            schools=[row["school"] for row in self.stated.education if row["school"]],
        )

    @property
    def companies(self) -> list[str]:
        """Where they work or worked by their positions."""
        return [row["company"] for row in self.stated.experience if row["company"]]


def read(told: Mapping[str, Any]) -> Profile:
    """From the members of the API's Profile, each a text, a list of texts or a list of mappings of texts."""
    columns = {name: editing.cleaned(name, told.get(name, "")) for name in editing.EDITABLE}
    columns["summary"] = columns["summary"][:LONGEST_SUMMARY]
    unreadable: list[Unreadable] = []
    region = _region(columns["location"])
    url = _address(told.get("url", ""))
    return Profile(
        url=url,
        host=(urlsplit(url).hostname or "").removeprefix("www.")[:150],
        stated=Stated(
            columns={name: text for name, text in columns.items() if text},
            emails=_points(told.get("emails", ()), ContactKind.EMAIL, normalise_email, unreadable),
            phones=_points(
                told.get("phones", ()),
                ContactKind.PHONE,
                lambda text: normalise_phone(text, region=region),
                unreadable,
            ),
            profiles=_once(social_profiles.stated_url(link) for link in told.get("profiles", ())),
            skills=editing.listed(told.get("skills", ()))[:MOST_SKILLS],
            experience=history.told("experience", told.get("experience", ()))[:MOST_ROWS],
            education=history.told("education", told.get("education", ()))[:MOST_ROWS],
        ),
        unreadable=unreadable,
    )


def _points(
    texts: Iterable[str], kind: str, normalise: Callable[[str], str], unreadable: list[Unreadable]
) -> list[str]:
    found = []
    for text in texts:
        try:
            found.append(normalise(clean_text(text, limit=320)))
        except Invalid as problem:
            if text.strip():
                unreadable.append(Unreadable(kind=kind, code=problem.code, why=problem.text))
    return _once(found)


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))[:MOST_POINTS]


def _region(location: str) -> str | None:
    """The country (ISO 3166) a number without its code is read in."""
    place = places.locate(location)
    return place.country if place else None


def _address(url: str) -> str:
    """The page's address if it is one of the web."""
    text = clean_text(url, limit=2_000)
    try:
        parts = urlsplit(text)
        plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return ""
    return text if plain else ""
