"""What makes two addresses, numbers, profiles or names the same: one form per value, without clock, database
or network.

Every door that takes a value from outside (pages, API, imports, pulls) passes it through here first, so that the
look-up keys in the database are equal exactly when the values mean the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from foundation.problems import Invalid


class InvalidAddress(Invalid):
    """The text is not an e-mail address that mail can be sent to."""

    code: ClassVar[str] = "invalid_address"


class InvalidPhone(Invalid):
    """The text holds no telephone number."""

    code: ClassVar[str] = "invalid_phone"


# A subset of what email-validator accepts, for which it changes nothing but case. Nine of ten addresses of an
# import are like this, and the full check costs 60 µs each.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII
)
_REFUSED_ENDINGS = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")
_DUMMY = re.compile(r"no-email-(-?[0-9]+)@(?:[a-z0-9-]+\.)*example\.com", re.ASCII)
# Control characters, invisible spaces and the marks that turn the direction of a whole line; the joiners that
# Persian and Hindi names need stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff]")
_SPACE = re.compile(r"\s+")
#: From its first character: what another host's path holds is that host's.
_LINKEDIN = re.compile(
    r"(?:https?:)?/{0,2}(?:[a-z0-9-]+\.){0,3}linkedin\.com/(in|pub)/([^/?#\s]+)", re.IGNORECASE
)
#: A scheme, not a host with a port.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_PHONE_FILLER = re.compile(r"[\s()./\-\u2010-\u2015\u00a0]")
_INTERNATIONAL = re.compile(r"\+([1-9][0-9]{7,14})", re.ASCII)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that belong to the family name when they stand before its last word.
_PARTICLES = _words("""
    af al bin bint da dal das de dei del della den der des di do dos du el ibn la le ten ter van vom von zu zum zur
    """)
_TITLES = _words("dr prof mr mrs ms dipl ing dr-ing dipl-ing")
_AFTER_NAMES = _words("jr sr ii iii iv")
_DEGREES = _words("phd mba msc bsc ma ba md")


def clean_text(value: str, *, limit: int = 300) -> str:
    """One line of text fit to store: NFC, no NUL or other control character, single spaces, at most ``limit`` long."""
    if not value:
        return ""
    if value.isascii() and value.isprintable():
        value = value.strip()
        return (_SPACE.sub(" ", value) if "  " in value else value)[:limit].rstrip()
    value = unicodedata.normalize("NFC", value)
    return _SPACE.sub(" ", _CONTROL.sub("", value)).strip()[:limit].rstrip()


def clean_block(value: str, *, limit: int = 20_000) -> str:
    """Text of several lines fit to store: as :func:`clean_text`, but line breaks stay."""
    value = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", value).strip()[:limit].rstrip()


def is_dummy_address(normalised: str) -> bool:
    """Whether it is one of the generated addresses of an export, ``no-email-<signed integer>@….example.com``.

    They stand for "no address" at other systems (seed 000, "What do dummy emails look like?") and are never mailed,
    matched or stored as a person's address.
    """
    return _DUMMY.fullmatch(normalised) is not None


def normalise_email(text: str) -> str:
    """The lower-case form with an ASCII (IDNA) domain under which an address is stored and compared.

    No DNS is asked. Raises :class:`InvalidAddress` for anything mail cannot be sent to: bad syntax, reserved names
    such as ``.local``, longer than 254 characters, and generated addresses (:func:`is_dummy_address`).
    """
    text = text.strip()
    plain = text.lower()
    local, _, _domain = plain.partition("@")
    if (
        _PLAIN_ADDRESS.fullmatch(plain)
        and len(plain) <= 254
        and len(local) <= 64
        and not plain.endswith(_REFUSED_ENDINGS)
        and "--" not in plain
    ):
        normalised = plain
    else:
        try:
            checked = validate_email(text, check_deliverability=False, strict=True)
        except EmailNotValidError as error:
            raise InvalidAddress(f"Not an e-mail address: {error}") from error
        normalised = f"{checked.local_part}@{checked.ascii_domain}".lower()
    if is_dummy_address(normalised):
        raise InvalidAddress("This is a generated address that reaches nobody.")
    return normalised


def compared_email(text: str) -> str:
    """The form a foreign mail's address is compared under: normalised, or lower case where mail could not be sent
    to it. Raises nothing: what strangers write in a header need not be an address."""
    try:
        return normalise_email(text)
    except InvalidAddress:
        return text.strip().lower()


def domain_of(normalised: str) -> str:
    """The domain of a normalised address."""
    return normalised.rpartition("@")[2]


def normalise_phone(text: str, *, region: str | None = None) -> str:
    """E.164 (``+4915155501420``) where the number parses, else its digits; ``region`` is an ISO country for
    national ones.

    Raises :class:`InvalidPhone` when fewer than five or more than twenty digits remain.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    international = _INTERNATIONAL.fullmatch(_PHONE_FILLER.sub("", text))
    if international and "(0)" not in text and (plain := _plain_international(international[1])):
        return plain
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if not 5 <= len(digits) <= 20:
        raise InvalidPhone("Not a telephone number.")
    return digits


def web_link(text: str, *, limit: int = 500) -> str:
    """An http(s) link, its scheme added where it is missing; empty for anything else or anything longer.

    ``example.org/cv`` → ``https://example.org/cv``; ``javascript:…`` and ``file:…`` are no links.
    """
    url = clean_text(text, limit=limit + 1)
    if not re.match(r"https?://", url, re.IGNORECASE):
        if _SCHEME.match(url):
            return ""
        url = f"https://{url}"
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # brackets that hold no address
        return ""
    return url if "." in host.strip(".") and " " not in url and len(url) <= limit else ""


def shown_phone(normalised: str, *, region: str | None = None) -> str:
    """An E.164 number as people write it: the national way to somebody of that ``region``, else with country code.

    ``+4915155501420`` → ``01515 5501420`` in DE and ``+49 1515 5501420`` elsewhere. Digits that are no number stay.
    """
    if not normalised.startswith("+"):
        return normalised
    try:
        number = phonenumbers.parse(normalised, None)
    except phonenumbers.NumberParseException:
        return normalised
    form = phonenumbers.PhoneNumberFormat
    at_home = region is not None and phonenumbers.region_code_for_number(number) == region
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)


def _plain_international(digits: str) -> str:
    """The number as it stands when nothing in it can need rewriting: known country code, no national zero after it."""
    for length in (1, 2, 3):
        if int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return "" if digits[length] == "0" else f"+{digits}"
    return ""


def linkedin_key(text: str) -> str:
    """``linkedin.com/in/<name>`` in lower case for any form of a public profile link, else empty.

    Country hosts, query strings, trailing slashes and percent-encoding fall away. Recruiter and Sales Navigator links
    name nobody outside one seat and give no key.
    """
    found = _LINKEDIN.match(text.strip())
    if not found:
        return ""
    name = unicodedata.normalize("NFC", unquote(found[2])).lower().strip()
    return f"linkedin.com/{found[1].lower()}/{name}"[:300] if name else ""


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a full one: ``Lehner, Jonas`` and ``Jonas van den Berg`` both ways round, titles and
    degrees dropped.

    One word alone is a first name; a name written without spaces (Chinese, Japanese) stays whole as the last name.
    """
    before, *more = (part.strip() for part in clean_text(full, limit=600).split(","))
    after = [part for part in more if part and not _is_degree(part, before)]
    if before and len(after) == 1:
        return after[0][:300], before[:300]
    words = " ".join([before, *after]).split()
    while len(words) > 1 and _bare(words[0]) in _TITLES:
        words.pop(0)
    if not words:
        return "", ""
    if len(words) == 1:
        return ("", words[0][:300]) if _is_ideographic(words[0]) else (words[0][:300], "")
    cut = len(words) - 1
    if cut > 1 and _bare(words[cut]) in _AFTER_NAMES:
        cut -= 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return " ".join(words[:cut])[:300], " ".join(words[cut:])[:300]


def _bare(word: str) -> str:
    return word.replace(".", "").lower()


def _is_degree(text: str, name: str) -> bool:
    """``PhD``, ``M.Sc.``, ``CSWIP`` behind the comma and no first name: one in capitals beside a name that is not."""
    return (text.isupper() and not name.isupper()) or "." in text or _bare(text) in _DEGREES


def _is_ideographic(word: str) -> bool:
    return any("\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" for character in word)


#: What says only how a company is registered, as its last words.
_LEGAL_FORMS = _words("""
    ab ag as asa bv co company corp corporation gmbh group holding inc incorporated kg kgaa limited llc llp ltd mbh nv
    oy oyj plc pte pty sa sarl sas se spa srl
    """)
_NOT_WORD = re.compile(r"[\W_]+")


def company_key(name: str) -> str:
    """What makes two company names the same: letters and digits without case, accents, marks and legal form.

    ``Voltra Énergie S.A.`` and ``voltra energie`` are one; a name that is nothing but a legal form stays as it is.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).replace(".", "")
    words = _NOT_WORD.sub(" ", text.replace("&", " and ")).split()
    bare = list(words)
    while len(bare) > 1 and (bare[-1] in _LEGAL_FORMS or bare[-1] == "and"):
        bare.pop()
    return " ".join(bare)[:300]
