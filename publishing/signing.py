"""Signatures of webhooks as Standard Webhooks asks for them (standardwebhooks.com, specification 1.0.0). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"


def new_secret() -> str:
    """A secret of 32 random bytes, as every Standard Webhooks library takes it."""
    return PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64>``: HMAC-SHA256 over ``id.timestamp.body``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """What goes along with ``body``; while a secret is being changed there is a signature for each."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(secret, message_id=message_id, timestamp=timestamp, body=body) for secret in secrets
        ),
    }
