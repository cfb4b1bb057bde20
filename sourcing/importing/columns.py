"""What the columns of a people file mean, and what one row of it says. Pure: cells in, a person or a reason out.

Headers are known from LinkedIn Recruiter, Greenhouse and Lever exports and common CRMs, in English, German, French and
Spanish; a column without a known header is judged by what stands in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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

#: What a column may be, with the words of the mapping page. ``email`` and ``phone`` may be chosen for many columns.
FIELDS: Mapping[str, str] = {
    "": "Leave out",
    "full_name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    "headline": "Headline",
    "title": "Title",
    "company": "Company",
    "location": "Location",
    "linkedin": "LinkedIn profile",
    "email": "E-mail",
    "email:personal": "E-mail, personal",
    "email:work": "E-mail, business",
    "email:other": "E-mail, other",
    "phone": "Phone",
    "phone:mobile": "Phone, mobile",
    "phone:work": "Phone, work",
    "phone:personal": "Phone, personal",
    "school": "School",
    "degree": "Degree",
    "field_of_study": "Field of study",
    "skills": "Skills",
    "tags": "Tags",
    "summary": "Summary",
}
#: Fields that several columns may feed.
REPEATABLE = frozenset(
    name for name in FIELDS if name.partition(":")[0] in {"", "email", "phone", "skills", "tags"}
)
_TEXTS = {"headline": 500, "title": 300, "company": 300, "location": 300}

#: Words of a header (lower case, no accents or digits) by field.
_NAMES: Mapping[str, str] = {
    "full_name": """name, full name, candidate name, candidate, contact name, person, person name, display name,
        vollstandiger name, nom complet, nombre completo""",
    "first_name": """first name, firstname, given name, forename, first, candidate first name, contact first name,
        preferred first name, vorname, prenom, nombre""",
    "last_name": """last name, lastname, surname, family name, last, candidate last name, contact last name, nachname,
        familienname, nom, nom de famille, apellido, apellidos""",
    "headline": "headline, candidate headline, profile headline, tagline",
    "title": """title, job title, current title, current job title, position, current position, role, job,
        candidate title, recent title, most recent title, occupation, jobtitel, stelle, berufsbezeichnung, poste, titre,
        puesto, cargo""",
    "company": """company, current company, company name, employer, current employer, organization, organisation,
        candidate company, recent company, most recent company, account name, firma, unternehmen, arbeitgeber,
        entreprise, societe, empresa""",
    "location": """location, city, candidate location, current location, address, city state, geography, region, ort,
        stadt, standort, wohnort, ville, lieu, ciudad, ubicacion""",
    "linkedin": """linkedin, linkedin url, linkedin profile, linkedin profile url, profile url, public profile url,
        linkedin public profile, linkedin link, linkedin member url, person linkedin url, url, profile link,
        social media, social media addresses, social media links, links, social links""",
    "school": """school, education, university, college, school name, education school, schulbildung, hochschule,
        universitat, universite, ecole, universidad""",
    "degree": "degree, education degree, qualification, abschluss, diplome, titulo",
    "field_of_study": "field of study, major, discipline, education discipline, studienfach",
    "skills": """skills, skill, candidate skills, key skills, technologies, fahigkeiten, kenntnisse, competences,
        habilidades""",
    "tags": "tags, candidate tags, tag, labels, schlagworte, etiquettes, etiquetas",
    "summary": "summary, about, bio, profile summary, candidate summary, about me",
}
# Without spaces, so that "LinkedInURL", "first_name" and "First Name" are all known.
_HEADERS = {"".join(name.split()): field for field, names in _NAMES.items() for name in names.split(",")}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMAIL_WORDS = _words("email emails mail mails courriel correo")
_PHONE_WORDS = _words(
    "phone phones telephone tel mobile cell telefon handy telefono portable mobil mobiltelefon"
)
_PERSONAL_WORDS = _words("personal private home privat perso personnel")
_WORK_WORDS = _words(
    "work business professional corporate company office geschaftlich beruflich direct trabajo pro"
)
_MOBILE_WORDS = _words("mobile cell handy portable mobil mobiltelefon movil")
#: Words that turn a column about an address or number into something else ("Email Status", "Phone Type").
_ABOUT_WORDS = _words("""
    status type valid verified opt bounced sent opened subject date last template id count owner recruiter
    coordinator sourcer referrer confidence source unsubscribed preference consent
    """)
_FREE_MAIL = _words("""
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de hotmail.com hotmail.co.uk hotmail.fr
    outlook.com live.com msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me gmx.de
    gmx.net gmx.at gmx.ch web.de posteo.de mailbox.org t-online.de freenet.de orange.fr free.fr laposte.net
    wanadoo.fr sfr.fr libero.it mail.ru yandex.ru qq.com 163.com 126.com naver.com hey.com fastmail.com
    zoho.com tutanota.com bluewin.ch wp.pl o2.pl seznam.cz
    """)
_EMAIL_IN_TEXT = re.compile(r"[^\s,;|<>()\[\]\"']+@[^\s,;|<>()\[\]\"']+")
_SPLIT_EMAILS = re.compile(r"[\s,;|]+(?=[^\s,;|]*@)|[;|\n]|,(?=\s)|\s/\s")
_SPLIT_PHONES = re.compile(r"[;|\n]|,\s|\s/\s|\sor\s")
_SPLIT_LIST = re.compile(r"[;|\n]")


def _header_words(header: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header.strip())
    text = re.sub(r"\be[\s_-]?mail", "email", fold(text))
    return re.findall(r"[^\W\d_]+", text)


def field_of_header(header: str) -> str:
    """The field a header names, or empty. ``"Email 2"`` → ``email``, ``"Work E-Mail"`` → ``email:work``."""
    words = _header_words(header)
    if not words:
        return ""
    kinds = set(words)
    if not kinds & _ABOUT_WORDS:
        if kinds & _EMAIL_WORDS or words == ["email", "address"]:
            return "email" + _address_type(kinds)
        if kinds & _PHONE_WORDS:
            mobile = ":mobile" if kinds & _MOBILE_WORDS else ""
            return "phone" + (mobile or _address_type(kinds))
    return _HEADERS.get("".join(words), "")


def _address_type(words: set[str]) -> str:
    return ":personal" if words & _PERSONAL_WORDS else ":work" if words & _WORK_WORDS else ""


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the header among the first rows, or None when the file starts with people at once.

    LinkedIn puts notes above the header of some exports, so the first ten rows are looked at; a header names at least
    two fields we know (one, in a file of one or two columns) and holds no address itself.
    """
    for index, row in enumerate(rows[:10]):
        named = sum(1 for cell in row if len(cell) <= 60 and field_of_header(cell))
        enough = 1 if len(row) <= 2 else 2
        if named >= enough and not any(_EMAIL_IN_TEXT.search(cell) for cell in row):
            return index
    return None


def guess_mapping(header: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Field of each column, by header first and by content where the header says nothing.

    A field that only one column may feed goes to the first that names it. Columns nobody recognised are absent.
    """
    width = max([len(row) for row in rows] + [len(header or ())], default=0)
    mapping: dict[int, str] = {}
    for index in range(width):
        name = field_of_header(header[index]) if header and index < len(header) else ""
        if not name and not (header and index < len(header) and header[index].strip()):
            name = _field_of_content([row[index] for row in rows if index < len(row)])
        if name and (name in REPEATABLE or name not in mapping.values()):
            mapping[index] = name
    if header is None:
        _guess_names(mapping, rows, width)
    return mapping


def _field_of_content(cells: Iterable[str]) -> str:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return ""
    share = Counter(_looks_like(cell) for cell in filled)
    best, count = share.most_common(1)[0]
    return best if count >= 0.6 * len(filled) else ""


def _looks_like(cell: str) -> str:
    if _EMAIL_IN_TEXT.search(cell):
        return "email"
    if linkedin_key(cell):
        return "linkedin"
    digits = sum(character.isdigit() for character in cell)
    if digits >= 7 and re.fullmatch(r"[\d\s()+./x\-]+", cell):
        return "phone"
    return ""


def _guess_names(mapping: dict[int, str], rows: Sequence[Sequence[str]], width: int) -> None:
    """Without a header: the first two neighbours of single words are first and last name, or one column of two
    to four words."""
    lengths: dict[int, float] = {}
    for index in range(width):
        if index in mapping:
            continue
        cells = [row[index].strip() for row in rows if index < len(row) and row[index].strip()]
        if cells and all(not any(character.isdigit() for character in cell) for cell in cells):
            lengths[index] = sum(len(cell.split()) for cell in cells) / len(cells)
    for index, words in lengths.items():
        if words < 1.7 and lengths.get(index + 1, 9) < 1.9:
            mapping[index], mapping[index + 1] = "first_name", "last_name"
            return
        if 1.7 <= words <= 4:
            mapping[index] = "full_name"
            return


@dataclass
class ParsedRow:
    """What one row says. Either ``refused`` is ``(code, reason)`` or ``person`` holds somebody.

    ``person`` is plain JSON: text fields, ``emails`` and ``phones`` as ``[value, normalised, type]`` in order,
    ``skills``, ``tags``, ``linkedin_key``, ``linkedin_url``, and ``education`` as ``[school, degree, field]`` or empty.
    ``notes`` tell what was left out although the row was taken.
    """

    person: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: tuple[str, str] | None = None

    @property
    def keys(self) -> list[str]:
        """What the person is known by: ``l:`` profile first, then ``e:`` addresses in order."""
        profile = self.person.get("linkedin_key")
        return [f"l:{profile}"] * bool(profile) + [f"e:{email[1]}" for email in self.person.get("emails", ())]


def parse_row(cells: Sequence[str], mapping: Mapping[int, str]) -> ParsedRow:
    """Read one row. Refused only when no name, e-mail address or LinkedIn profile is left of it.

    An e-mail or number that is none is left out with a note. Addresses keep the order of their columns; the
    type is that of the column, else guessed from the address (:func:`guess_type`).
    """
    row = ParsedRow()
    person: dict[str, Any] = {
        "emails": [],
        "phones": [],
        "skills": [],
        "tags": [],
        "linkedin_key": "",
        "linkedin_url": "",
    }
    schooling = {"school": "", "degree": "", "field_of_study": ""}
    typed: list[tuple[str, str, str]] = []
    full = ""
    for index in sorted(mapping):
        cell = cells[index] if index < len(cells) else ""
        if not cell or cell.isspace():
            continue
        kind, _, type_ = mapping[index].partition(":")
        if kind == "email":
            typed += _emails(cell, type_, row)
        elif kind == "phone":
            _phones(cell, type_, person, row)
        elif kind == "linkedin":
            _profile(cell, person)
        elif kind in ("skills", "tags"):
            person[kind] = _list(cell, person[kind])
        elif kind in schooling:
            schooling[kind] = clean_text(cell)
        elif kind == "full_name":
            full = cell
        elif kind == "summary":
            person[kind] = clean_block(cell)
        elif kind:
            person[kind] = clean_text(cell, limit=_TEXTS.get(kind, 300))
    if full and not (person.get("first_name") or person.get("last_name")):
        person["first_name"], person["last_name"] = split_name(full)
    last_name = person.get("last_name", "")
    seen: set[str] = set()
    for value, normalised, type_ in typed:
        if normalised not in seen:
            seen.add(normalised)
            person["emails"].append([value, normalised, type_ or guess_type(normalised, last_name)])
    if any(schooling.values()):
        person["education"] = list(schooling.values())
    row.person = person
    _judge(row, cells)
    return row


def _judge(row: ParsedRow, cells: Sequence[str]) -> None:
    person = row.person
    if person.get("first_name") or person.get("last_name") or person["emails"] or person["linkedin_key"]:
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


def _phones(cell: str, type_: str, person: dict[str, Any], row: ParsedRow) -> None:
    for part in _SPLIT_PHONES.split(cell):
        text = clean_text(part, limit=60)
        if not text:
            continue
        try:
            normalised = normalise_phone(text)
        except InvalidPhone:
            row.notes.append(f"“{text}” is not a telephone number.")
            continue
        if normalised not in (known[1] for known in person["phones"]):
            person["phones"].append([text, normalised, type_ or "other"])


def _profile(cell: str, person: dict[str, Any]) -> None:
    for text in re.split(r"[\s,;|]+", cell):
        key = linkedin_key(text)
        if key and not person["linkedin_key"]:
            person["linkedin_key"], person["linkedin_url"] = key, text[:500]


def _list(cell: str, known: list[str]) -> list[str]:
    parts = _SPLIT_LIST.split(cell) if _SPLIT_LIST.search(cell) else cell.split(",")
    values = [*known, *(clean_text(part, limit=100) for part in parts)]
    return list({value.casefold(): value for value in values if value}.values())[:200]


def guess_type(normalised: str, last_name: str = "") -> str:
    """``personal`` for a free-mail domain or one that carries the person's own name, else ``work``."""
    domain = domain_of(normalised)
    name = re.sub(r"[^a-z0-9]", "", fold(last_name))
    if domain in _FREE_MAIL or (len(name) >= 4 and name in domain.replace("-", "")):
        return "personal"
    return "work"


def merge_person(person: dict[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """``person`` with what a later line of the same person adds: blanks filled, addresses and lists appended."""
    merged = {**later, **{name: value for name, value in person.items() if value}}
    for name in ("emails", "phones"):
        known = {entry[1] for entry in person.get(name, ())}
        merged[name] = [
            *person.get(name, ()),
            *(entry for entry in later.get(name, ()) if entry[1] not in known),
        ]
    for name in ("skills", "tags"):
        values = [*person.get(name, ()), *later.get(name, ())]
        merged[name] = list({value.casefold(): value for value in values}.values())[:200]
    return merged


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
