"""One rendered message as the bytes that go over the wire. Pure, and the same bytes for the same arguments.

The copy appended to the Sent folder is made again from the stored message, so nothing here may depend on a
clock, a random number or the order of a set: the boundary is derived from the Message-ID.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import ClassVar

from foundation.problems import Invalid

#: Our headers. The token also travels in ``References`` (:func:`reference_id`) and in the unsubscribe link.
REF_HEADER = "X-Beckon-Ref"
STEP_HEADER = "X-Beckon-Step"
_REFERENCE_PREFIX = "beckon.ref."
_REFERENCE = re.compile(r"^<?beckon\.ref\.(?P<token>[^@>\s]+)@[^>\s]*>?$")
_ID = re.compile(r"[^\s<>@]+@[^\s<>@]+")
#: Ids and addresses of machines: folded between words only. The standard folding would turn a long URL into
#: an encoded word, which no receiver decodes there.
_TOKEN_HEADERS = frozenset(
    {"message-id", "in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post"}
    | {REF_HEADER.lower(), STEP_HEADER.lower()}
)
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


class _WirePolicy(EmailPolicy):
    """``email.policy.SMTP`` with 7-bit bodies, and token headers folded between words only."""

    def fold(self, name: str, value: str) -> str:
        """One header as text with CRLF line ends."""
        if name.lower() in _TOKEN_HEADERS:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes; headers are ASCII once folded."""
        if name.lower() in _TOKEN_HEADERS:
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


WIRE = _WirePolicy(linesep="\r\n", cte_type="7bit", raise_on_defect=False)


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
) -> EmailMessage:
    """The message. Ids come with or without angle brackets; ``ref`` is the signed token of this message.

    ``unsubscribe_url`` takes a POST without a login (RFC 8058) and brings both one-click headers;
    ``unsubscribe_mailto`` is a whole ``mailto:`` address. ``date`` is aware. Raises :class:`BadAddress`.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail carries a zone")
    own_id = _angle(message_id)
    mail = EmailMessage(policy=WIRE)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = own_id
    mail["From"] = _address(sender)
    mail["To"] = _address(to)
    if reply_to is not None:
        mail["Reply-To"] = _address(reply_to)
    mail["Subject"] = " ".join(subject.split())
    if in_reply_to:
        mail["In-Reply-To"] = _angle(in_reply_to)
    thread = [_angle(identifier) for identifier in references]
    if len(thread) > _MOST_REFERENCES:
        thread = [*thread[:2], *thread[2 - _MOST_REFERENCES :]]
    mail["References"] = " ".join([reference_id(ref, own_id), *thread])
    targets = [f"<{_word(target)}>" for target in (unsubscribe_url, unsubscribe_mailto) if target]
    if targets:
        mail["List-Unsubscribe"] = ", ".join(targets)
    if unsubscribe_url:
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail[REF_HEADER] = _word(ref)
    if step:
        mail[STEP_HEADER] = _word(step)
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    mail.set_boundary(f"=_{hashlib.sha256(own_id.encode()).hexdigest()[:32]}")
    return mail


def to_wire(mail: EmailMessage) -> bytes:
    """The bytes to hand to the mail server, and to append to Sent: CRLF line ends, ASCII only."""
    return mail.as_bytes(policy=WIRE)


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


def _address(person: Person) -> Address:
    name = " ".join("".join(char if char.isprintable() else " " for char in person.name).split())
    local, at, domain = person.address.strip().rpartition("@")
    try:
        if at and not domain.isascii():
            domain = domain.encode("idna").decode()
        address = Address(display_name=name, addr_spec=f"{local}@{domain}")
        address.addr_spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress("This e-mail address cannot be used.") from error
    if not address.username or not address.domain:
        raise BadAddress("This e-mail address cannot be used.")
    return address


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
