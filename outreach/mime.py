"""One rendered message as the bytes that go over the wire. Pure, and the same bytes for the same arguments.

The copy appended to the Sent folder is made again from the stored message, so nothing here may depend on a
clock, a random number or the order of a set: the boundary is derived from the Message-ID.

Headers are written out here instead of by ``email.message``, which takes several milliseconds for a message; a
header with anything but plain ASCII words still goes through the standard library's folding.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import ClassVar
from urllib.parse import quote

from foundation.problems import Invalid

#: Our headers. The token also travels in ``References`` (:func:`reference_id`) and in the unsubscribe link.
REF_HEADER = "X-Beckon-Ref"
STEP_HEADER = "X-Beckon-Step"
_REFERENCE_PREFIX = "beckon.ref."
_REFERENCE = re.compile(r"^<?beckon\.ref\.(?P<token>[^@>\s]+)@[^>\s]*>?$")
_ID = re.compile(r"[^\s<>@]+@[^\s<>@]+")
#: Addresses and names that need no second look: dot-atoms (RFC 5322 §3.2.3), words and hyphens.
_PLAIN_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9-]+(?: [A-Za-z0-9-]+)*")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,80}")
#: Of a file's name; in RFC 2231 each character may take twelve.
_LONGEST_NAME = 80
#: RFC 5322 §2.1.1 allows lines of 998; long threads keep the first ids and the last ones.
_MOST_REFERENCES = 20


class BadAddress(Invalid):
    """An address or an id that cannot stand in a mail header."""

    code: ClassVar[str] = "bad_address"


@dataclass(frozen=True)
class Person:
    """Somebody in a header: an address and perhaps a name."""

    address: str
    name: str = ""


@dataclass(frozen=True)
class File:
    """One file of a mail. ``content_type`` is told by its bytes; ``cid`` is set for a picture that the HTML shows."""

    name: str
    content_type: str
    content: bytes
    cid: str = ""


#: ``email.policy.SMTP`` for the headers that need encoded words.
_WIRE = SMTP.clone(cte_type="7bit", raise_on_defect=False)
#: Longest line of a header that is left as it is (RFC 5322 §2.1.1).
_LINE = 78


@dataclass(frozen=True)
class Mail:
    """A mail that is ready for :func:`to_wire`. ``headers`` are folded with CRLF, without the last one."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    boundary: str
    files: tuple[File, ...] = ()

    def __getitem__(self, name: str) -> str | None:
        """The folded value of a header; None if it has none."""
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)


def build_mime(
    *,
    message_id: str,
    sender: Person,
    to: Person,
    subject: str,
    text: str,
    html: str,
    date: datetime,
    ref: str,
    step: str = "",
    reply_to: Person | None = None,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    unsubscribe_url: str = "",
    unsubscribe_mailto: str = "",
    files: Sequence[File] = (),
) -> Mail:
    """The message. Ids come with or without angle brackets; ``ref`` is the signed token of this message.

    ``unsubscribe_url`` takes a POST without a login (RFC 8058) and brings both one-click headers;
    ``unsubscribe_mailto`` is a whole ``mailto:`` address. ``date`` is aware. Raises :class:`BadAddress`.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail carries a zone")
    own_id = _angle(message_id)
    thread = [_angle(identifier) for identifier in references]
    if len(thread) > _MOST_REFERENCES:
        thread = [*thread[:2], *thread[2 - _MOST_REFERENCES :]]
    targets = [f"<{_word(target)}>" for target in (unsubscribe_url, unsubscribe_mailto) if target]
    headers = [
        ("Date", format_datetime(date)),
        ("Message-ID", own_id),
        ("From", _person("From", sender)),
        ("To", _person("To", to)),
        ("Reply-To", _person("Reply-To", reply_to) if reply_to else ""),
        ("Subject", _text("Subject", " ".join(subject.split()))),
        ("In-Reply-To", _angle(in_reply_to) if in_reply_to else ""),
        # Ids and addresses of machines are folded between words only: the standard folding would turn a long
        # one into an encoded word, which no receiver decodes there.
        ("References", "\r\n ".join([reference_id(ref, own_id), *thread])),
        ("List-Unsubscribe", ",\r\n ".join(targets)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if unsubscribe_url else ""),
        (REF_HEADER, _word(ref)),
        (STEP_HEADER, _word(step)),
    ]
    return Mail(
        headers=tuple((name, value) for name, value in headers if value or name == "Subject"),
        text=text,
        html=html,
        boundary=f"=_{hashlib.sha256(own_id.encode()).hexdigest()[:32]}",
        files=tuple(files),
    )


def to_wire(mail: Mail) -> bytes:
    """The bytes to hand to the mail server, and to append to Sent: CRLF line ends, ASCII only."""
    head = "".join(f"{name}: {value}\r\n" for name, value in mail.headers)
    kind, boundary, parts = "alternative", mail.boundary, [_text_part("plain", mail.text)]
    inline = [file for file in mail.files if file.cid]
    if inline:
        # No boundary may begin with another one: readers compare beginnings of lines (RFC 2046 §5.1.1).
        related = boundary.replace("=_", "=_r", 1)
        whole = _joined(related, [_text_part("html", mail.html), *map(_file_part, inline)])
        # The type parameter is required (RFC 2387 §3.1).
        parts.append(
            f'Content-Type: multipart/related; type="text/html"; boundary="{related}"\r\n\r\n{whole}'
        )
    else:
        parts.append(_text_part("html", mail.html))
    attached = [file for file in mail.files if not file.cid]
    if attached:
        kind, boundary = "mixed", mail.boundary.replace("=_", "=_m", 1)
        body = f'Content-Type: multipart/alternative; boundary="{mail.boundary}"\r\n\r\n'
        parts = [f"{body}{_joined(mail.boundary, parts)}", *map(_file_part, attached)]
    return (
        f"{head}MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
        f"{_joined(boundary, parts)}"
    ).encode("ascii")


def _joined(boundary: str, parts: Sequence[str]) -> str:
    return "".join(f"--{boundary}\r\n{part}" for part in parts) + f"--{boundary}--\r\n"


def _text_part(kind: str, content: str) -> str:
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{_quoted_printable(content)}"
    )


def _file_part(file: File) -> str:
    """A file in base64 under its name."""
    name, extended = _file_name(file.name)
    disposition = "inline" if file.cid else "attachment"
    identity = f"Content-ID: {_angle(file.cid)}\r\n" if file.cid else ""
    content = base64.encodebytes(file.content).decode("ascii").replace("\n", "\r\n")
    return (
        f'Content-Type: {_content_type(file.content_type)};\r\n name="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n{identity}"
        f"Content-Disposition: {disposition};\r\n filename{extended}\r\n\r\n{content}"
    )


def _file_name(written: str) -> tuple[str, str]:
    """For ``name="…"`` of old programs, and for ``filename…`` (RFC 2231 beyond ASCII); neither can end early."""
    seen = "".join(char for char in written if char.isprintable() and char not in '"\\/').strip()
    name = seen[:_LONGEST_NAME] or "file"
    if name.isascii():
        return name, f'="{name}"'
    encoded = base64.b64encode(name.encode()).decode("ascii")
    return f"=?utf-8?B?{encoded}?=", f"*=utf-8''{quote(name, safe='')}"


def _content_type(written: str) -> str:
    return written if _CONTENT_TYPE.fullmatch(written) else "application/octet-stream"


def reference_id(ref: str, message_id: str) -> str:
    """The synthetic id that carries a token through ``References``, at the domain of ``message_id``.

    It goes first: clients that shorten the list keep its ends.
    """
    domain = _angle(message_id).strip("<>").rpartition("@")[2]
    return f"<{_REFERENCE_PREFIX}{_word(ref)}@{domain}>"


def token_of_reference(identifier: str) -> str:
    """The token of a :func:`reference_id`; empty for any other id."""
    match = _REFERENCE.match(identifier.strip())
    return match["token"] if match else ""


def _quoted_printable(text: str) -> str:
    """RFC 2045 §6.7 with CRLF line ends and one at the end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    return binascii.b2a_qp(lines.replace("\n", "\r\n").encode(), istext=True).decode("ascii")


def _person(header: str, person: Person) -> str:
    """``Eva Example <eva@example.org>`` as it stands in a header."""
    name = " ".join("".join(char if char.isprintable() else " " for char in person.name).split())
    address = person.address.strip()
    if not _PLAIN_ADDRESS.fullmatch(address):
        address = _checked_address(address)
    if not name:
        return address
    if _PLAIN_NAME.fullmatch(name) and len(name) < _LINE - len(header) - 3:
        blank = " " if len(header) + len(name) + len(address) + 5 <= _LINE else "\r\n "
        return f"{name}{blank}<{address}>"
    if name.isascii():
        return _folded(header, str(Address(display_name=name, addr_spec=address)))
    return f"{_encoded(header, name)}\r\n <{address}>"


def _checked_address(written: str) -> str:
    """An unusual address in the form that may stand in a header; a domain beyond ASCII in its IDNA form."""
    local, at, domain = written.rpartition("@")
    try:
        if at and not domain.isascii():
            domain = domain.encode("idna").decode()
        address = Address(addr_spec=f"{local}@{domain}")
        address.addr_spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress("This e-mail address cannot be used.") from error
    if not address.username or not address.domain:
        raise BadAddress("This e-mail address cannot be used.")
    return address.addr_spec


def _text(header: str, value: str) -> str:
    if (
        value.isascii()
        and value.isprintable()
        and "=?" not in value
        and len(header) + len(value) + 2 <= _LINE
    ):
        return value
    return _encoded(header, value)


@lru_cache(maxsize=512)
def _encoded(header: str, value: str) -> str:
    """Encoded words (RFC 2047). ``email.policy`` loses a blank between two of them when it folds a long value."""
    charset = "us-ascii" if value.isascii() and value.isprintable() and "=?" not in value else "utf-8"
    return Header(value, charset, header_name=header, maxlinelen=_LINE).encode(linesep="\r\n")


@lru_cache(maxsize=512)
def _folded(header: str, value: str) -> str:
    """The standard library's folding and encoded words; cached, for senders and subjects come again."""
    folded = str(_WIRE.header_factory(header, value).fold(policy=_WIRE))
    return folded.removeprefix(f"{header}:").strip(" ").removesuffix("\r\n")


def _angle(identifier: str) -> str:
    bare = identifier.strip().removeprefix("<").removesuffix(">")
    if not _ID.fullmatch(bare) or not bare.isascii():
        raise BadAddress("A message id has the form left@right.")
    return f"<{bare}>"


def _word(text: str) -> str:
    """A machine's word: printable ASCII without a blank; anything else could start a header of its own."""
    if not text.isascii() or not text.isprintable() or " " in text or "<" in text or ">" in text:
        raise BadAddress("This cannot stand in a mail header.")
    return text
