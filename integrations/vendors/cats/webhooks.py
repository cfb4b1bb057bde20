"""Webhooks of CATS: made by us with a secret we choose, signed over the body followed by the request's id."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from integrations.base.errors import NotFound, SignatureRefused
from integrations.base.records import Subscription, WebhookCall
from integrations.base.webhooks import told
from integrations.vendors.cats.client import CatsClient, made_id
from integrations.vendors.cats.lists import walk
from integrations.vendors.cats.pulling import named_by

#: What may change something we keep about a person. Our own notes would come back as ``activity.*``: not asked for.
EVENTS = (
    *(
        f"{subject}.{what}"
        for subject in ("candidate", "contact")
        for what in ("created", "updated", "deleted")
    ),
    "contact.status_changed",
    "pipeline.created",
    "pipeline.deleted",
    "pipeline.status_changed",
)
_SCHEME = "HMAC-SHA256 "


def subscribe(client: CatsClient, *, url: str, secret: str) -> Subscription:
    """Make one webhook. An earlier one to the same place, whose secret may be lost, goes first."""
    for row in list(walk(client, "/webhooks", "webhooks")):
        if row.get("target_url") == url:
            unsubscribe(client, Subscription(external_id=str(row.get("id"))))
    body = {"events": list(EVENTS), "target_url": url, "secret": secret}
    return Subscription(external_id=made_id(client.post("/webhooks", body=body, empty=True)), secret=secret)


def unsubscribe(client: CatsClient, subscription: Subscription) -> None:
    """End it; one that is gone is no error."""
    try:
        client.delete(f"/webhooks/{subscription.external_id}")
    except NotFound:
        return


def receive(*, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
    """See ``Connector.receive``. A delivery is known by its ``X-Request-Id``, which is signed too."""
    request_id = headers.get("x-request-id", "")
    signature = headers.get("x-signature", "")
    if not request_id or not signature.startswith(_SCHEME):
        raise SignatureRefused("The delivery carries no signature of CATS.")
    given = signature.removeprefix(_SCHEME).strip().lower().encode()
    if not any(hmac.compare_digest(signed(body, request_id, secret).encode(), given) for secret in secrets):
        raise SignatureRefused("The delivery is not signed with the secret of this webhook.")
    event = told(body)
    changed, gone = named_by([event])
    return WebhookCall(
        delivery_id=request_id, event=str(event.get("event") or ""), changed=tuple(changed), gone=tuple(gone)
    )


def signed(body: bytes, request_id: str, secret: str) -> str:
    """The hex digest CATS sends: over the raw body and then the id, not over the body alone."""
    text = body + request_id.encode("latin-1", "replace")
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
