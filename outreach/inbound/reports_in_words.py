"""Reports of mail systems in free text: where they end, and whom they are about. Pure."""

from __future__ import annotations

import re

from outreach.inbound.headers import addresses_in
from outreach.inbound.parse import ParsedMail
from outreach.inbound.reports import RecipientReport, recipients_of

_ADDRESS = re.compile(r"(?<![\w.+=/-])[\w.+=*!#$%&'/?^{|}~-]{1,64}@[A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])")
_COPY = re.compile(
    r"\n\W{0,80}(?:this is a copy of|below this line is a copy|below is (?:a copy of|the original)"
    r"|message headers? follow|the (?:text of the )?original message|original message|original mail|unsent message"
    r"|message (?:text|header)s? follows|-+ ?the header|received: (?:from|by)|return-path:)",
    re.IGNORECASE,
)
_TO_LINE = re.compile(
    r"^[> \t]*(?:to|x-original-to|envelope-to):[ \t]*(\S.{0,998})$", re.IGNORECASE | re.MULTILINE
)
_FIELD = re.compile(r"^(?:final|original)-recipient:", re.IGNORECASE | re.MULTILINE)
_LONGEST, _MOST = 20_000, 20


def before_copy(text: str) -> str:
    """The report without the copy of our mail below it, whose words are ours."""
    return _COPY.split(text, maxsplit=1)[0]


def fields_in_words(told: str) -> tuple[RecipientReport, ...]:
    """The blocks of RFC 3464 that stand in the text itself, because the mail's structure is broken or was never one."""
    text = told[:_LONGEST]
    return recipients_of(text) if _FIELD.search(text) else ()


def failed_in_words(mail: ParsedMail, told: str) -> tuple[str, ...]:
    """The addresses that a report without fields is about; ``told`` is its text before the copy.

    Whom our mail was to, as it came back, is certain; of those the report names, if it names any. Without our mail
    they are the addresses of its text that are neither the reader's nor a mail system's.
    """
    sent_to = _unique([*mail.returned.to, *_copied_to(mail.text[len(told) :])])
    ours = {one.address.lower() for one in (*mail.to, *mail.cc, mail.sender)}
    named = [one for one in _unique(_ADDRESS.findall(told[:_LONGEST])) if one.lower() not in ours]
    lower = {one.lower() for one in named}
    if both := [one for one in sent_to if one.lower() in lower]:
        return tuple(both)
    return tuple(sent_to or named[:1])


def _copied_to(copy: str) -> list[str]:
    lines = [match[1] for match in _TO_LINE.finditer(copy[:_LONGEST])]
    return [address for _, address in addresses_in(lines[:_MOST])]


def _unique(found: list[str]) -> list[str]:
    return list({one.lower(): one for one in reversed(found)}.values())[::-1][:_MOST]
