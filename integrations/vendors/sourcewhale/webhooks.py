"""SourceWhale's REST hooks (``zapier/subscribe``): unsigned, their payload undocumented.

Nothing of a delivery is believed but the id it names: the person is read again by a search before anything is done.
The address it comes to is unguessable, which is all the proof there is.
"""

from __future__ import annotations

import hashlib

from integrations.base.errors import NotFound, OutcomeUnknown, Rejected
from integrations.base.records import RemoteRef, WebhookCall
from integrations.base.webhooks import decoded
from integrations.vendors.sourcewhale import assumed
from integrations.vendors.sourcewhale.client import SourceWhaleClient

KINDS = ("candidateCreated", "candidateUpdated")


def subscribe(client: SourceWhaleClient, url: str) -> str:
    """Both kinds of hook; their ids, joined by a comma."""
    made: list[str] = []
    for kind in KINDS:
        reply = client.post("/v1/zapier/subscribe", body={"url": url, "subscriptionType": kind})
        found = reply.data.get("id") if isinstance(reply.data, dict) else None
        if not isinstance(found, str) or not found:
            raise OutcomeUnknown("The answer to a subscription has no id.")
        made.append(found)
    return ",".join(made)


def unsubscribe(client: SourceWhaleClient, ids: str) -> None:
    """End the hooks; one the vendor no longer knows is ended already."""
    for known in filter(None, ids.split(",")):
        try:
            client.post("/v1/zapier/unsubscribe", body={"subscriptionId": known})
        except (NotFound, Rejected):
            continue


def read(body: bytes) -> WebhookCall:
    """Whom a delivery is about. A repeat has the same bytes, so their hash is its id."""
    data = decoded(body)
    rows = data if isinstance(data, list) else [data]
    ids = [str(row.get(assumed.HOOK_ID_KEY) or "") for row in rows if isinstance(row, dict)]
    return WebhookCall(
        delivery_id=hashlib.sha256(body).hexdigest(),
        event="candidate",
        changed=tuple(RemoteRef(external_id=found) for found in dict.fromkeys(ids) if found),
    )
