"""Webhooks of Pinpoint: made by the customer in its settings, signed over the raw body in base64.

The signature holds neither a moment nor an id, so a delivery is known by the hash of its body. Names of events are
mostly unpublished: whatever an event is called, the application it names is read again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from integrations.base.errors import SignatureRefused
from integrations.base.records import RemoteRef, WebhookCall
from integrations.base.webhooks import told
from integrations.vendors.pinpoint import assumed

_HEADER = "pinpoint-hmac-sha256"


def receive(*, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
    """See ``Connector.receive``."""
    given = headers.get(_HEADER, "").strip().encode("latin-1", "replace")
    if not given:
        raise SignatureRefused("The delivery carries no signature of Pinpoint.")
    if not any(hmac.compare_digest(signed(body, secret), given) for secret in secrets if secret):
        raise SignatureRefused("The delivery is not signed with the secret of this connection.")
    event = told(body)
    number = _application(event)
    return WebhookCall(
        delivery_id=hashlib.sha256(body).hexdigest(),
        event=str(event.get("event") or "")[:100],
        changed=(RemoteRef(external_id=number),) if number else (),
    )


def signed(body: bytes, secret: str) -> bytes:
    """The base64 of the HMAC-SHA256 of the raw body, as Pinpoint sends it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _application(event: Mapping[str, Any]) -> str:
    found: Any = event
    for name in assumed.HOOK_PATH:
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
