"""What a résumé's text says about its person, for somebody to confirm. Pure; never raises.

Every value stands in the text as it is given (only dates are rewritten, to ``2019-04``), and carries the number of the
line it came from. Figures of how often it is right are in docs/resumes.md, measured by tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sourcing.normalising import InvalidAddress, InvalidPhone, clean_text, normalise_email, normalise_phone
from sourcing.resumes import vocabulary
from sourcing.resumes.dates import Span, span_in

MAX_LINES = 3_000
MAX_ENTRIES = 40
MAX_SKILLS = 60
#: A name, address or place is looked for in this many lines before the first section.
HEAD_LINES = 15

_EMAIL = re.compile(r"[^\s<>(),;:|\"'•·]{1,64}@[^\s<>(),;:|\"'•·@]{3,190}")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>|,;()\"]{3,300}"
    r"|(?:[a-z]{2,3}\.)?(?:linkedin\.com/in|github\.com|gitlab\.com|xing\.com/profile)/[^\s<>|,;()\"]{1,200}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w@./+])(?:\+|00)?\(?\d[\d\s().\-/\u2010-\u2013]{5,24}\d(?![\w@])")
_PHONE_WORD = re.compile(
    r"\b(?:tel|phone|mobile|mobil|handy|cell|telefon|telephone|téléphone|teléfono|móvil|portable|gsm|m|t|p)\b\s*\.?:?",
    re.IGNORECASE,
)
_NAME_LABEL = re.compile(
    r"^(?:name|full name|vor- und nachname|nom|nom et prénom|nombre|nombre completo)\s*[:\t]\s*(.+)$",
    re.IGNORECASE,
)
_PLACE_WORDS = (
    "address|location|adresse|anschrift|wohnort|ort|lieu|dirección|direccion|ubicación|domicilio|ville"
    "|based in|city"
)
_PLACE_LABEL = re.compile(rf"(?:^|[|•·]\s*)(?:{_PLACE_WORDS})\s*[:\t]\s*([^|•·\t]+)", re.IGNORECASE)
_APART = re.compile(r"\s*[|•·\t]\s*|\s+[–—-]\s+|\s{3,}")
_AT = re.compile(r"\s+(?:at|bei|chez|@|beim)\s+")
_COMMA = re.compile(r"\s*,\s+")
_BULLET = re.compile(r"^\s*(?:[-*•·▪●◦‣–—►✓o]|\d{1,2}[.)])\s+")
_EDGES = " \t,;:|()[]–—-•·/"
_PARTICLES = frozenset(
    (
        "al",
        "bin",
        "da",
        "de",
        "del",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "ibn",
        "la",
        "le",
        "ter",
        "van",
        "von",
        "y",
    )
)


@dataclass(frozen=True)
class Found:
    """One value and the line (from 0) it stands in."""

    value: str
    line: int


@dataclass(frozen=True)
class Entry:
    """A position or a school; the keys of ``values`` are the columns of Experience or Education."""

    values: dict[str, str]
    line: int


@dataclass
class Proposal:
    """Everything found."""

    name: Found | None = None
    location: Found | None = None
    emails: list[Found] = field(default_factory=list)
    phones: list[Found] = field(default_factory=list)
    links: list[Found] = field(default_factory=list)
    skills: list[Found] = field(default_factory=list)
    experience: list[Entry] = field(default_factory=list)
    education: list[Entry] = field(default_factory=list)

    @property
    def sure(self) -> bool:
        """A name, an address and a position or school: may be confirmed among many at once."""
        return bool(self.name and self.emails and (self.experience or self.education))

    def as_json(self) -> dict[str, Any]:
        """For the column of PersonFile; :func:`from_json` reads it."""
        return asdict(self)


def from_json(stored: dict[str, Any]) -> Proposal:
    """The proposal that ``as_json`` wrote; an empty one for an empty dict."""

    def one(name: str) -> Found | None:
        return Found(**stored[name]) if stored.get(name) else None

    def found(name: str) -> list[Found]:
        return [Found(**row) for row in stored.get(name, [])]

    def entries(name: str) -> list[Entry]:
        return [Entry(**row) for row in stored.get(name, [])]

    return Proposal(
        name=one("name"),
        location=one("location"),
        emails=found("emails"),
        phones=found("phones"),
        links=found("links"),
        skills=found("skills"),
        experience=entries("experience"),
        education=entries("education"),
    )


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    bullet: bool


def propose(text: str, *, is_place: Callable[[str], bool] = lambda _text: False) -> Proposal:
    """Read a résumé. ``is_place`` says whether a short text names a town or country."""
    lines = list(_lines(text))
    parts = _sections(lines)
    head = parts["head"][:HEAD_LINES]
    found = Proposal()
    found.emails = list(_emails(lines))
    found.links = list(_links(lines))
    found.phones = list(_phones([*parts["head"], *parts["contact"]], lines))
    found.name = _name([*head, *parts["contact"][:HEAD_LINES]], [address.value for address in found.emails])
    named = found.name.value if found.name else ""
    found.location = _location([*parts["contact"], *head], is_place, but_not=named)
    found.experience = _entries(parts["experience"], lambda texts: _position(texts, is_place), single=False)
    found.education = _entries(parts["education"], lambda texts: _school(texts, is_place), single=True)
    found.skills = list(_skills(parts["skills"]))
    return found


def _lines(text: str) -> Iterator[_Line]:
    for number, raw in enumerate(text.split("\n")[:MAX_LINES]):
        raw = raw[:1000]
        bullet = bool(_BULLET.match(raw))
        # A tab keeps the cells of a table apart.
        cells = [clean_text(cell, limit=1000) for cell in _BULLET.sub("", raw).split("\t")]
        line = "\t".join(cell for cell in cells if cell)
        if line:
            yield _Line(number, line, bullet)


def _sections(lines: Sequence[_Line]) -> dict[str, list[_Line]]:
    parts: dict[str, list[_Line]] = {name: [] for name in ("head", *vocabulary.HEADINGS)}
    now = "head"
    for line in lines:
        section = None if line.bullet else vocabulary.section_of(line.text)
        label, colon, rest = line.text.partition(":")
        if section:
            now = section
        elif colon and rest.strip() and now != "skills" and vocabulary.section_of(label) == "skills":
            parts["skills"].append(_Line(line.number, rest.strip(), line.bullet))
        else:
            parts[now].append(line)
    return parts


def _once(found: Iterable[tuple[str, str, int]]) -> Iterator[Found]:
    seen = set()
    for key, value, line in found:
        if key not in seen:
            seen.add(key)
            yield Found(value, line)


def _emails(lines: Sequence[_Line]) -> Iterator[Found]:
    def each() -> Iterator[tuple[str, str, int]]:
        for line in lines:
            for match in _EMAIL.finditer(line.text):
                value = match[0].strip(".-_*[]{}").removeprefix("mailto:")
                try:
                    yield normalise_email(value), value, line.number
                except InvalidAddress:
                    continue

    return _once(each())


def _links(lines: Sequence[_Line]) -> Iterator[Found]:
    def each() -> Iterator[tuple[str, str, int]]:
        for line in lines:
            for match in _LINK.finditer(line.text):
                if match.start() and line.text[match.start() - 1] == "@":
                    continue
                value = match[0].rstrip(".,;:)]'")
                yield value.lower().rstrip("/"), value, line.number

    return _once(each())


def _phones(near: Sequence[_Line], lines: Sequence[_Line]) -> Iterator[Found]:
    close = {line.number for line in near}

    def each() -> Iterator[tuple[str, str, int]]:
        for line in lines:
            for match in _PHONE.finditer(line.text):
                value = match[0].strip()
                digits = sum(character.isdigit() for character in value)
                named = bool(_PHONE_WORD.search(line.text[: match.start()]))
                foreign = value.startswith(("+", "00"))
                if not 7 <= digits <= 15 or not (foreign or named or line.number in close):
                    continue
                if span_in(value, single=True) or (not (foreign or named) and digits < 9):
                    continue
                try:
                    yield normalise_phone(value), value, line.number
                except InvalidPhone:
                    continue

    return _once(each())


def _name(lines: Sequence[_Line], emails: Sequence[str]) -> Found | None:
    for line in lines:
        labelled = _NAME_LABEL.match(line.text)
        if labelled and (value := clean_text(labelled[1])) and _like_name(value):
            return Found(value, line.number)
    local = vocabulary.fold(" ".join(address.split("@")[0] for address in emails))
    best: tuple[float, Found] | None = None
    for place, line in enumerate(lines):
        for part in [line.text, *_APART.split(line.text), line.text.split(",")[0]]:
            value = part.strip(_EDGES)
            if not _like_name(value):
                continue
            names = [word for word in vocabulary.words(value) if len(word) > 2]
            score = 2.0 * any(word in local for word in names) - place * 0.3 - 0.1 * (part != line.text)
            if best is None or score > best[0]:
                best = (score, Found(value, line.number))
    return best[1] if best else None


def _like_name(text: str) -> bool:
    parts = text.split()
    if not 2 <= len(parts) <= 5 or len(text) > 60 or any(c.isdigit() or c in "@/:;|&,!?()" for c in text):
        return False
    folded = vocabulary.words(text)
    if any(word in vocabulary.DOCUMENT_WORDS for word in folded) or vocabulary.section_of(text):
        return False
    if vocabulary.is_title(text) or vocabulary.is_company(text) or vocabulary.is_school(text):
        return False
    return all(
        part[0].isalpha() and (not part[0].islower() or part.casefold() in _PARTICLES) for part in parts
    )


def _location(lines: Sequence[_Line], is_place: Callable[[str], bool], *, but_not: str) -> Found | None:
    """The place after a label, else the first piece that is one; some people are called like towns (``but_not``)."""
    for line in lines:
        labelled = _PLACE_LABEL.search(line.text)
        if labelled and (value := labelled[1].strip(_EDGES)):
            return Found(value[:200], line.number)
    for line in lines:
        for part in _APART.split(line.text):
            value = part.strip(_EDGES)
            if not 2 < len(value) <= 80 or "@" in value or value == but_not or vocabulary.is_title(value):
                continue
            if is_place(value):
                return Found(value, line.number)
    return None


def _entries(
    lines: Sequence[_Line], understood: Callable[[Sequence[str]], dict[str, str]], *, single: bool
) -> list[Entry]:
    """Entries by their dates: what stands in a date's line, and before or after it as the first one shows."""
    spans = {
        at: span
        for at, line in enumerate(lines)
        if not line.bullet and (span := span_in(line.text, single=single))
    }
    if not spans:
        return []
    dated = sorted(spans)
    before = _lines_before(lines, dated)
    found = []
    for order, at in enumerate(dated[:MAX_ENTRIES]):
        begin = max(at - before, dated[order - 1] + 1 if order else 0)
        end = dated[order + 1] - before if order + 1 < len(dated) else len(lines)
        rest = _without(lines[at].text, spans[at])
        texts = [*(line.text for line in lines[begin:at] if not line.bullet), *([rest] if rest else [])]
        body = list(lines[at + 1 : max(end, at + 1)])
        # Head lines after the date: until title and company, degree and school are known.
        while (
            body
            and not body[0].bullet
            and len(body[0].text) <= 90
            and _lacks(understood(texts))
            and len(texts) < 4
        ):
            texts.append(body.pop(0).text)
        values = {key: value[:300] for key, value in understood(texts).items()}
        if not any(values.values()):
            continue
        values |= {"started": spans[at].started, "ended": spans[at].ended}
        if "title" in values:
            values["description"] = "\n".join(line.text for line in body)[:5_000]
        found.append(Entry(values, lines[begin].number))
    return found


def _lines_before(lines: Sequence[_Line], dated: Sequence[int]) -> int:
    """How many lines of an entry stand before its date, judged by the first one."""
    first = dated[0]
    return first if first <= 2 and not any(line.bullet for line in lines[:first]) else 0


def _lacks(values: dict[str, str]) -> bool:
    return not (values.get("title", values.get("school")) and values.get("company", values.get("degree")))


def _without(line: str, span: Span) -> str:
    """The line without its dates; what stood before and after stays apart."""
    parts = (line[: span.begin].strip(_EDGES), line[span.end :].strip(_EDGES))
    return "\t".join(part for part in parts if part)


def _pieces(texts: Sequence[str]) -> list[str]:
    """A head in pieces: lines, columns and dashes set them apart; a comma and "at" too."""
    pieces = []
    for text in texts:
        for part in _APART.split(text):
            for half in _AT.split(part, maxsplit=1):
                pieces += [piece for raw in _COMMA.split(half) if (piece := raw.strip(_EDGES))]
    return [piece for piece in pieces if any(character.isalnum() for character in piece)]


def _position(texts: Sequence[str], is_place: Callable[[str], bool]) -> dict[str, str]:
    values = {"title": "", "company": "", "location": ""}
    rest = []
    for piece in _pieces(texts):
        company = vocabulary.is_company(piece)
        if not values["title"] and vocabulary.is_title(piece) and not company:
            values["title"] = piece
        elif not values["company"] and company:
            values["company"] = piece
        else:
            rest.append(piece)
    for piece in rest:
        if values["company"] and not values["location"] and is_place(piece):
            values["location"] = piece
        elif not values["company"]:
            values["company"] = piece
        elif not values["title"] and not is_place(piece):
            values["title"] = piece
    return values


def _school(texts: Sequence[str], is_place: Callable[[str], bool]) -> dict[str, str]:
    values = {"school": "", "degree": "", "field": ""}
    rest = []
    for piece in _pieces(texts):
        school = vocabulary.is_school(piece)
        if not values["school"] and school and not vocabulary.is_degree(piece.split()[0]):
            values["school"] = piece
        elif not values["degree"] and vocabulary.is_degree(piece):
            values["degree"] = piece
        else:
            rest.append(piece)
    for piece in rest:
        if is_place(piece) and values["school"]:
            continue
        if not values["school"] and not values["degree"]:
            values["degree"] = piece
        elif not values["school"] and (values["field"] or piece == rest[-1]):
            values["school"] = piece
        elif not values["field"]:
            values["field"] = piece
    return values


def _skills(lines: Sequence[_Line]) -> Iterator[Found]:
    def each() -> Iterator[tuple[str, str, int]]:
        for line in lines:
            label, colon, after = line.text.partition(":")
            listed = after if colon and len(label.split()) <= 3 else line.text
            for part in re.split(r"[,;|•·\t]|\s[–—/]\s", listed):
                value = part.strip(" .()[]-–—•·:")
                if 1 <= len(value) <= 50 and len(value.split()) <= 5 and any(c.isalpha() for c in value):
                    yield vocabulary.fold(value), value, line.number

    return (found for found, _ in zip(_once(each()), range(MAX_SKILLS), strict=False))
