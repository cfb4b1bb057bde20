"""Deliveries of SmartRecruiters: the handshake that activates a subscription, the v1 signature, whom it is about.

Facts: POST /subscriptions/{id}/secret-key of the vendor's file, its page "Webhooks", and its own demo client. Bodies
hold ids only. No replay window is stated and retries run for a day, so age is no reason to refuse: the event id is.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Mapping

from integrations.base.errors import (
    ConnectorError,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    SignatureRefused,
)
from integrations.base.records import RemoteRef, Subscription, WebhookCall
from integrations.base.webhooks import told
from integrations.vendors.smartrecruiters import mapping
from integrations.vendors.smartrecruiters.client import SmartRecruitersClient

#: What we ask to hear of.
EVENTS = (
    "candidate.created",
    "candidate.updated",
    "candidate.deleted",
    "application.created",
    "application.status.updated",
    "application.fields.updated",
)
HANDSHAKE = "x-hook-secret"
_SIGNED_BY = ("event-id", "event-name", "event-version", "link")
_LONGEST_SECRET = 500


def receive(*, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
    """What one delivery says. Raises SignatureRefused, MalformedResponse.

    The handshake is not signed: it is answered with its own word, and says nothing else.
    """
    word = headers.get(HANDSHAKE, "")
    if word and "smartrecruiters-signature" not in headers:
        if len(word) > _LONGEST_SECRET or not word.isascii() or not word.isprintable():
            raise MalformedResponse("The handshake holds no word.")
        return WebhookCall(delivery_id="", event="handshake", echo={"X-Hook-Secret": word}, status=200)
    if not signed(headers=headers, body=body, secrets=secrets):
        raise SignatureRefused("This delivery is not signed with the key of this subscription.")
    event = headers.get("event-name", "")
    number = _whom(event, body)
    delivery = headers.get("event-id") or hashlib.sha256(body + _signed_text(headers, b"")).hexdigest()
    refs = (RemoteRef(external_id=number),) if number else ()
    gone = event == "candidate.deleted"
    return WebhookCall(
        delivery_id=delivery,
        event=event,
        changed=() if gone else refs,
        gone=refs if gone else (),
        status=202,
    )


def signed(*, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> bool:
    """Whether any segment of the signature fits any of the keys: while keys roll there are several of both."""
    segments = headers.get("smartrecruiters-signature", "").split(";")
    given = [segment.strip().removeprefix("v1=") for segment in segments if segment.strip().startswith("v1=")]
    text = _signed_text(headers, body)
    wanted = [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest() for secret in secrets if secret]
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted]
    return any(fits)


def _signed_text(headers: Mapping[str, str], body: bytes) -> bytes:
    """Timestamp, raw body and four headers with full stops between; a missing header is an empty text."""
    rest = [headers.get(name, "").encode() for name in _SIGNED_BY]
    return b".".join([headers.get("smartrecruiters-timestamp", "").encode(), body, *rest])


def _whom(event: str, body: bytes) -> str:
    """The id of the person; empty for events about something else."""
    data = told(body)
    found = data.get("id") if event.startswith("candidate.") else data.get("candidate_id")
    if found is None and event.startswith(("candidate.", "application.")):
        raise MalformedResponse("The delivery names no candidate.")
    return str(found or "")


def subscribe(client: SmartRecruitersClient, url: str) -> Subscription:
    """A subscription that is active, with its key. Raises the connector's errors; nothing inactive is left behind.

    Twenty fit to a user: one of ours with the same address, left by an answer that was lost, is removed first.
    """
    for row in mapping.content(client.get("/subscriptions").data):
        if isinstance(row, Mapping) and row.get("callbackUrl") == url and row.get("id"):
            unsubscribe(client, str(row["id"]))
    made = client.post("/subscriptions", body={"callbackUrl": url, "events": list(EVENTS)}).data
    number = str(made.get("id") or "") if isinstance(made, Mapping) else ""
    if not number:
        raise OutcomeUnknown("The answer names no subscription.")
    try:
        key = client.post(f"/subscriptions/{number}/secret-key", body={}).data
        client.put(f"/subscriptions/{number}/activation", body=None, empty=True)
    except ConnectorError:
        with contextlib.suppress(ConnectorError):
            unsubscribe(client, number)
        raise
    return Subscription(external_id=number, secret=str(key.get("secretKey") or ""))


def unsubscribe(client: SmartRecruitersClient, number: str) -> None:
    """End it; one that is not there any more is no error."""
    with contextlib.suppress(NotFound):
        client.delete(f"/subscriptions/{number}")
