"""Whether two records are one person: a score with its reasons, and the keys by which the two can meet. Pure.

Import, API, sync, browser and the duplicate scan ask this module and no other (docs/duplicates.md). Evidence adds up
as independent chances do (two weak hints are more than one); what speaks against it (different names, different
LinkedIn profiles) is a ceiling, so that no number of shared addresses makes a couple one person.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from urllib.parse import unquote

from rapidfuzz import fuzz

from sourcing import names
from sourcing.names import Likeness
from sourcing.normalising import is_dummy_address, linkedin_key

#: From this score on two records are one person, or may be.
SAME = 90
LIKELY = 60


class Verdict(StrEnum):
    """What a score comes to."""

    SAME = "same"
    LIKELY = "likely"
    DIFFERENT = "different"


class Key(StrEnum):
    """What an organisation may let decide (:class:`Rule`)."""

    EMAIL = "email"
    PROFILE = "profile"
    PHONE = "phone"
    NAME_COMPANY = "name_company"


#: Reason code → what people read. Codes are stored; none holds a value of a person.
REASONS: Mapping[str, str] = {
    "profile": "Same social profile",
    "email": "Same e-mail address",
    "shared_email": "Same address of a team or family",
    "phone": "Same phone number",
    "name_same": "Same name",
    "name_nickname": "Same name, one is a short form",
    "name_near": "Similar name",
    "name_initial": "Same last name and initial",
    "name_part": "Part of the name is the same",
    "name_first_only": "Same first name, another last name",
    "company": "Same company",
    "past_company": "A company in common",
    "title": "Same title",
    "place": "Same place",
    "school": "Same school",
    "but_name": "Different names",
    "but_profile": "Different LinkedIn profiles",
}
#: How sure each piece of evidence makes, as a chance.
_WEIGHT: Mapping[str, float] = {
    "profile": 0.97,
    "email": 0.90,
    "shared_email": 0.15,
    "phone": 0.85,
    "name_same": 0.45,
    "name_nickname": 0.40,
    "name_near": 0.30,
    "name_initial": 0.25,
    "name_part": 0.10,
    "name_first_only": 0.10,
    "company": 0.40,
    "past_company": 0.30,
    "title": 0.10,
    "place": 0.15,
    "school": 0.25,
}
#: The most that can be reached against this contradiction.
_CEILING: Mapping[Likeness, int] = {
    Likeness.DIFFERENT: 45,
    Likeness.FAMILY: 45,
    Likeness.FIRST_ONLY: 85,
    # Mario and Maria may share an address: a person has to look.
    Likeness.NEAR: SAME - 1,
}
#: The same when a profile agrees, which is one person's: the name may have been typed wrong.
_CEILING_WITH_PROFILE: Mapping[Likeness, int] = {
    Likeness.DIFFERENT: 75,
    Likeness.FAMILY: 75,
    Likeness.FIRST_ONLY: 85,
    Likeness.NEAR: 100,
}
_CEILING_OTHER_PROFILE = 70
#: Without an address, number or profile in common two records are never taken for one, only shown.
_CEILING_CONTEXT = SAME - 1
#: Names so alike that company, title, place and school say something.
_ALIKE = frozenset({Likeness.SAME, Likeness.NICKNAME, Likeness.NEAR, Likeness.INITIAL})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Local parts that several people read.
_ROLES = _words(
    """
    admin anfrage application applications billing bewerbung bewerbungen bureau business career careers contact
    contacto empfang enquiries family familie famille hello help hi hola hr info inquiries it job jobs karriere kontakt
    mail marketing media office people personal post postmaster praxis press presse recruiting recruitment reception
    rrhh sales service sekretariat stellen support talent team webmaster welcome
    """
)
_DOTLESS = frozenset(["gmail.com", "googlemail.com"])
_LEGAL = _words(
    """
    ab ag aps as bv co company corp corporation gbr gmbh group holding inc incorporated kg kgaa limited llc llp ltd mbh
    nv oy plc pte pty sa sarl sas se spa srl the ug
    """
)
_SCHOOL_FILLER = _words(
    "a an and at college de der des di for fur la of school the und universitat university"
)
_WEB = re.compile(r"^(?:https?://)?(?:www\.|m\.|mobile\.|[a-z]{2}\.(?=linkedin\.))?", re.IGNORECASE)
#: Pages of these that name nobody, or only in the query, which is left out.
_NOBODY = re.compile(
    r"^(?:linkedin\.com/(?:company|school|jobs|feed|search|talent|sales)\b"
    r"|scholar\.google\.[a-z.]+/citations$|facebook\.com/profile\.php$)"
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is known about one person, as far as matching reads it.

    ``emails`` and ``phones`` are normalised values that everybody of the organisation may see, or the asker's own;
    ``profiles`` are links in any form; ``companies`` and ``schools`` hold past ones too.
    """

    first_name: str = ""
    last_name: str = ""
    emails: Collection[str] = ()
    phones: Collection[str] = ()
    profiles: Collection[str] = ()
    title: str = ""
    company: str = ""
    place: str = ""
    companies: Collection[str] = ()
    schools: Collection[str] = ()

    @cached_property
    def mail_keys(self) -> frozenset[str]:
        """Addresses as they are compared, those of a team included."""
        return frozenset(mail_key(email) for email in self.emails if not is_dummy_address(email))

    @cached_property
    def profile_keys(self) -> frozenset[str]:
        """Profiles as they are compared."""
        return frozenset(key for link in self.profiles if (key := profile_key(link)))

    @cached_property
    def linkedin_keys(self) -> frozenset[str]:
        """The LinkedIn ones: two different ones are two people unless much speaks for one."""
        return frozenset(key for key in self.profile_keys if key.startswith("linkedin.com/"))

    @cached_property
    def company_core(self) -> str:
        """The current company as it is compared."""
        return company_core(self.company)

    @cached_property
    def company_cores(self) -> frozenset[str]:
        """All companies."""
        found = {company_core(company) for company in self.companies} | {self.company_core}
        return frozenset(found - {""})

    @cached_property
    def school_cores(self) -> frozenset[str]:
        """All schools."""
        return frozenset({school_core(school) for school in self.schools} - {""})

    @cached_property
    def place_core(self) -> str:
        """The town."""
        return names.spelled(self.place.split(",", maxsplit=1)[0])


@dataclass(frozen=True)
class Rule:
    """What an organisation lets decide: one record is certainly another when any (``every``: each) of ``keys`` agrees.

    ``refuse``: whoever makes a person who is certainly there is stopped, not only warned.
    """

    keys: frozenset[Key] = frozenset({Key.EMAIL, Key.PROFILE})
    every: bool = False
    refuse: bool = False

    def holds(self, agreed: Collection[Key]) -> bool:
        """Whether what agrees is enough to decide."""
        if not self.keys:
            return False
        return self.keys <= set(agreed) if self.every else not self.keys.isdisjoint(agreed)


DEFAULT = Rule()


@dataclass(frozen=True)
class Match:
    """How much speaks for one person: 0–100, the codes of :data:`REASONS`, and what it comes to."""

    score: int
    reasons: tuple[str, ...]
    verdict: Verdict

    @property
    def words(self) -> list[str]:
        """The reasons for people."""
        return [REASONS[code] for code in self.reasons]


def judge(a: Person, b: Person, rule: Rule = DEFAULT) -> Match:
    """Compare two records. ``judge(a, b) == judge(b, a)``; what both gain in common never lowers the score."""
    likeness = names.compare((a.first_name, a.last_name), (b.first_name, b.last_name))
    reasons, agreed = _evidence(a, b, likeness)
    ceiling, against = _against(a, b, likeness, agreed)
    chance = 1 - math.prod(1 - _WEIGHT[code] for code in reasons)
    score = min(round(100 * chance), 100)
    decided = rule.holds(agreed)
    if not decided and not agreed & {Key.EMAIL, Key.PROFILE, Key.PHONE}:
        score = min(score, _CEILING_CONTEXT)
    if decided:
        score = max(score, SAME)
    score = min(score, ceiling)
    if score >= SAME:
        verdict = Verdict.SAME if decided else Verdict.LIKELY
    else:
        verdict = Verdict.LIKELY if score >= LIKELY else Verdict.DIFFERENT
    return Match(score, (*reasons, *against), verdict)


def names_leave_it_open(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two people who share neither address, number nor profile can still be one: of ``(first, last)`` names
    that are not alike no company, title, place or school makes a pair. What :func:`judge` would say, without reading
    more than names."""
    return names.compare(a, b) in _ALIKE


def keys(person: Person) -> list[str]:
    """Under which two records that may be one person meet; sorted, without repetition.

    ``e:`` address, ``p:`` number, ``l:`` profile are exact; ``c:``, ``s:``, ``w:`` join a name's skeleton with a
    company or a school, ``w:`` whichever way round the name was written. A name and a place alone never make a pair.
    Addresses of teams give no key: they would gather a whole office.
    """
    return deciding_keys(person, frozenset(Key))


def deciding_keys(person: Person, by: Collection[Key]) -> list[str]:
    """Those of :func:`keys` under which people meet who agree in one of ``by``."""
    found: set[str] = set()
    if Key.EMAIL in by:
        found |= {f"e:{key}" for key in person.mail_keys if not is_shared_address(key)}
    if Key.PHONE in by:
        found |= {f"p:{phone}" for phone in person.phones}
    if Key.PROFILE in by:
        found |= {f"l:{key}" for key in person.profile_keys}
    if Key.NAME_COMPANY in by:
        found |= _name_keys(person)
    return sorted(found)


def _name_keys(person: Person) -> set[str]:
    found: set[str] = set()
    last = names.skeleton(person.last_name)
    if person.first_name and last:
        short = [f"{letter}|{last}" for letter in names.initials(person.first_name)]
        found |= {f"c:{name}|{company}" for company in sorted(person.company_cores)[:8] for name in short}
        whole = "|".join(sorted([names.skeleton(person.first_name), last]))
        found |= {f"s:{whole}|{school}" for school in sorted(person.school_cores)[:8]}
        if person.company_core:
            found.add(f"w:{whole}|{person.company_core}")
    return found


def hashed(key: str) -> int:
    """A key as ``MatchKey`` and staged rows store it: 64 bits, signed."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def mail_key(normalised: str) -> str:
    """An address as it is compared: without a tag after "+", for Gmail without dots."""
    local, _, domain = normalised.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def is_shared_address(key: str) -> bool:
    """Whether several people usually read it: ``info@``, ``jobs@``, ``family@``."""
    return key.partition("@")[0].strip("0123456789.-_") in _ROLES


@lru_cache(maxsize=1_024)
def profile_key(link: str) -> str:
    """A profile link as it is compared: host and path in lower case. Empty for one that names nobody."""
    known = linkedin_key(link)
    if known:
        return known
    bare = _WEB.sub("", unquote(link.strip())).partition("?")[0].partition("#")[0].rstrip("/").lower()
    host, _, path = bare.partition("/")
    if not path or "." not in host or _NOBODY.match(bare):
        return ""
    return f"{'twitter.com' if host == 'x.com' else host}/{path}"[:300]


@lru_cache(maxsize=65_536)
def company_core(company: str) -> str:
    """A company without its legal form: ``Voltra GmbH & Co. KG`` → ``voltra``."""
    words = names.spelled(company).split()
    return " ".join([word for word in words if word not in _LEGAL] or words)


@lru_cache(maxsize=65_536)
def school_core(school: str) -> str:
    """A school by its telling words, in any order: ``University of Munich`` and ``Munich University`` are equal."""
    words = names.spelled(school).split()
    return " ".join(sorted({word for word in words if word not in _SCHOOL_FILLER} or set(words)))


def _evidence(a: Person, b: Person, likeness: Likeness) -> tuple[list[str], set[Key]]:
    """Reason codes in the order people read them, and what agrees of an organisation's keys."""
    reasons: list[str] = []
    agreed: set[Key] = set()
    if a.profile_keys & b.profile_keys:
        reasons.append("profile")
        agreed.add(Key.PROFILE)
    mail = a.mail_keys & b.mail_keys
    if any(not is_shared_address(key) for key in mail):
        reasons.append("email")
        agreed.add(Key.EMAIL)
    elif mail:
        reasons.append("shared_email")
    if set(a.phones) & set(b.phones):
        reasons.append("phone")
        agreed.add(Key.PHONE)
    if f"name_{likeness}" in REASONS:
        reasons.append(f"name_{likeness}")
    if likeness in _ALIKE:
        context = _context(a, b)
        reasons += context
        if "company" in context and likeness is not Likeness.INITIAL:
            agreed.add(Key.NAME_COMPANY)
    return reasons, agreed


def _context(a: Person, b: Person) -> list[str]:
    found = []
    if _alike(a.company_core, b.company_core):
        found.append("company")
    elif a.company_cores & b.company_cores:
        found.append("past_company")
    if names.spelled(a.title) and names.spelled(a.title) == names.spelled(b.title):
        found.append("title")
    if a.place_core and a.place_core == b.place_core:
        found.append("place")
    if a.school_cores & b.school_cores:
        found.append("school")
    return found


def _alike(a: str, b: str) -> bool:
    return bool(a and b) and (a == b or (min(len(a), len(b)) > 4 and fuzz.ratio(a, b) >= 92))


def _against(a: Person, b: Person, likeness: Likeness, agreed: Iterable[Key]) -> tuple[int, list[str]]:
    """The ceiling, and the codes of what speaks against one person."""
    ceiling, codes = 100, []
    if likeness in _CEILING:
        ceiling = (_CEILING_WITH_PROFILE if Key.PROFILE in agreed else _CEILING)[likeness]
        if likeness in {Likeness.DIFFERENT, Likeness.FAMILY}:
            codes.append("but_name")
    if a.linkedin_keys and b.linkedin_keys and not a.linkedin_keys & b.linkedin_keys:
        ceiling = min(ceiling, _CEILING_OTHER_PROFILE)
        codes.append("but_profile")
    return ceiling, codes
