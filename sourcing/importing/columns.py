"""What the columns of a people file mean. Pure.

Headers are known from LinkedIn Recruiter, Greenhouse and Lever exports and common CRMs, in English, German, French and
Spanish; a column without a known header is judged by what stands in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sourcing.normalising import linkedin_key
from sourcing.search.tokens import fold

#: Positions and schools beyond these are not read.
POSITIONS = 6
SCHOOLS = 3
POSITION = ("title", "company", "started", "ended")
SCHOOL = ("school", "degree", "field_of_study", "school_started", "school_ended")

_PERSON: Mapping[str, str] = {
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
    "skills": "Skills",
    "tags": "Tags",
    "summary": "Summary",
}
_PARTS: Mapping[str, str] = {
    "title": "title",
    "company": "company",
    "started": "start",
    "ended": "end",
    "school": "school",
    "degree": "degree",
    "field_of_study": "field of study",
    "school_started": "start at school",
    "school_ended": "end at school",
}


def numbered(name: str, number: int) -> str:
    """The field of the ``number``-th position or school: ``company`` is the present one, ``company:2`` the next."""
    return name if number == 1 else f"{name}:{number}"


def _several(names: Sequence[str], most: int, what: str) -> dict[str, str]:
    return {
        numbered(name, number): f"{what} {number}: {_PARTS[name]}"
        for number in range(1, most + 1)
        for name in names
        if numbered(name, number) not in _PERSON
    }


#: What a column may be, in the groups and words of the mapping page. ``email`` and ``phone`` may be chosen for many
#: columns. An organisation's own fields are ``custom:<key>`` besides.
FIELD_GROUPS: Mapping[str, Mapping[str, str]] = {
    "Person": _PERSON,
    "Experience": _several(POSITION, POSITIONS, "Position"),
    "Education": _several(SCHOOL, SCHOOLS, "School"),
}
FIELDS: Mapping[str, str] = {name: label for group in FIELD_GROUPS.values() for name, label in group.items()}
#: Fields that several columns may feed.
REPEATABLE = frozenset(
    name for name in FIELDS if name.partition(":")[0] in {"", "email", "phone", "skills", "tags"}
)

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
    "started": """start, start date, started, from, since, position start date, job start date, company start date,
        employment start date, title start date, role start date, beginn, von""",
    "ended": """end, end date, ended, to, until, position end date, job end date, company end date,
        employment end date, title end date, role end date, ende, bis""",
    "school_started": """school start date, education start date, education start, school start, degree start date,
        university start date, education from, school from""",
    "school_ended": """school end date, education end date, education end, school end, degree end date,
        university end date, graduation date, graduation year, graduated, education to, school to""",
}
#: Before the name of a position's field: the position before the present one ("Previous Company").
_PAST = ("previous", "past", "former", "last job", "prior")
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
_EMAIL_IN_TEXT = re.compile(r"[^\s,;|<>()\[\]\"']+@[^\s,;|<>()\[\]\"']+")
_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,2})(?![0-9])")


def _header_words(header: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header.strip())
    text = re.sub(r"\be[\s_-]?mail", "email", fold(text))
    return re.findall(r"[^\W\d_]+", text)


def field_of_header(header: str, customs: Mapping[str, str] | None = None) -> str:
    """The field a header names, or empty. ``"Email 2"`` → ``email``, ``"Work E-Mail"`` → ``email:work``,
    ``"Company 2"`` and ``"Previous Company"`` → ``company:2``.

    ``customs`` are the organisation's own fields, ``{folded label or key: key}``; they go before ours.
    """
    if customs and (key := customs.get(fold(header.strip()))):
        return f"custom:{key}"
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
    return _numbered_field(header, "".join(words))


def _numbered_field(header: str, words: str) -> str:
    name, number = _HEADERS.get(words, ""), _NUMBER.search(header)
    most = POSITIONS if name in POSITION else SCHOOLS if name in SCHOOL else 0
    if name and number and most:
        return numbered(name, int(number[1])) if 1 <= int(number[1]) <= most else ""
    if not name:
        past = next((word for word in _PAST if words.startswith(word.replace(" ", ""))), "")
        name = _HEADERS.get(words.removeprefix(past.replace(" ", "")), "") if past else ""
        return numbered(name, 2) if name in POSITION else ""
    return name


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


def guess_mapping(
    header: Sequence[str] | None, rows: Sequence[Sequence[str]], customs: Mapping[str, str] | None = None
) -> dict[int, str]:
    """Field of each column, by header first and by content where the header says nothing.

    A field that only one column may feed goes to the first that names it. Columns nobody recognised are absent.
    """
    width = max([len(row) for row in rows] + [len(header or ())], default=0)
    mapping: dict[int, str] = {}
    for index in range(width):
        name = field_of_header(header[index], customs) if header and index < len(header) else ""
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
