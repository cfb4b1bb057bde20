"""SASL XOAUTH2 as the servers of Google and Microsoft read it."""

from __future__ import annotations

import base64
import binascii
import re

#: What a refused client is told before the protocol's own error.
REFUSED = '{"status":"401","schemes":"bearer","scope":"https://mail.sandbox.example/"}'
_ANSWER = re.compile(rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", re.IGNORECASE)


def bearer_of(encoded: bytes) -> tuple[str, str]:
    """User name (lower case) and token of an initial response; both empty if it is not one."""
    try:
        found = _ANSWER.fullmatch(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        return "", ""
    return found[1].decode("utf-8", "replace").strip().lower(), found[2].decode("ascii", "replace")
