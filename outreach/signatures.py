"""The signature of a mailbox under each of its messages. Pure.

It stands where a person would put it: below what was written, above the offer to unsubscribe and above a quoted mail.
"""

from __future__ import annotations

import re

from outreach.rendering import FOOTER, to_html

LONGEST = 2_000
#: RFC 3676 §4.3: mail programs fold away what follows such a line.
_DASHES = "-- "
_QUOTE = re.compile(r"\n\n[^\n]+:\n(?:>[^\n]*(?:\n|$))+\Z")
_TEXT_FOOTER = f"\n\n{FOOTER}"
_HTML_FOOTER = f"\n<p><small>{FOOTER}"


def as_sent(text: str, html: str, signature: str) -> tuple[str, str]:
    """Both parts of a mail as they leave: for the bytes, for every preview and for the Outbox. Without ``html`` it is
    made from the words."""
    return signed(text, html or to_html(text), signature)


def signed(text: str, html: str, signature: str) -> tuple[str, str]:
    """Both parts of a message with ``signature``, which is plain text; an empty one changes nothing."""
    signature = signature.strip()
    if not signature:
        return text, html
    words, rest = _apart(text)
    above, mark, below = html.rpartition(_HTML_FOOTER)
    if not mark:
        above, below = html, ""
    block = f'<div class="signature">{to_html(signature)}</div>'
    return f"{words.rstrip()}\n\n{_DASHES}\n{signature}{rest}", f"{above}\n{block}{mark}{below}"


def _apart(text: str) -> tuple[str, str]:
    """What was written, and what follows it: the footer, or a quoted mail."""
    above, mark, below = text.rpartition(_TEXT_FOOTER)
    if mark:
        return above, f"{mark}{below}"
    quote = _QUOTE.search(text)
    return (text[: quote.start()], text[quote.start() :]) if quote else (text, "")
