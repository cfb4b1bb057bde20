"""Whom to tell: endpoints and their secrets. Administrators' work; each change is in the audit trail."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, require
from foundation import egress, secrets
from foundation.problems import Conflict, Invalid
from publishing import catalogue, signing
from publishing.models import Endpoint, PublishedEvent, WebhookDelivery
from publishing.states import PATIENCE, DeliveryStatus

#: So many endpoints an organisation may have: each event is a row for each.
MOST = 20
#: So long a replaced secret still signs beside the new one.
OVERLAP = datetime.timedelta(hours=24)


@transaction.atomic
def create(*, actor: User, url: str, description: str, types: Collection[str]) -> tuple[Endpoint, str]:
    """An endpoint that is told from now on, and its secret, which is shown once.

    Raises Invalid for an address that cannot be called and for unknown types, Conflict beyond :data:`MOST`.
    """
    require(actor, Right.ORGANISATION_EDIT)
    if Endpoint.objects.for_organisation(actor.tenant_id).count() >= MOST:
        raise Conflict(f"There are {MOST} webhooks already. Remove one that is no longer used.")
    endpoint = Endpoint.objects.create(
        organisation_id=actor.tenant_id,
        url=checked_url(url),
        description=description.strip()[:200],
        types=_checked_types(types),
        created_by=actor,
    )
    secret = signing.new_secret()
    _seal(endpoint, [{"secret": secret, "until": None}])
    return endpoint, secret


def change(
    *, actor: User, endpoint: Endpoint, url: str, description: str, types: Collection[str], active: bool
) -> None:
    """Change what it is told and where. Switched on again it is tried at once; what waited meanwhile goes then."""
    require(actor, Right.ORGANISATION_EDIT)
    moved = checked_url(url) != endpoint.url or (active and not endpoint.active)
    endpoint.url = checked_url(url)
    endpoint.description = description.strip()[:200]
    endpoint.types = _checked_types(types)
    endpoint.active = active
    endpoint.off_reason = ""
    endpoint.save(update_fields=["url", "description", "types", "active", "off_reason"])
    if moved:
        _of(endpoint).update(not_before=Now(), failures=0, failing_since=None, trouble="")


def remove(*, actor: User, endpoint: Endpoint) -> None:
    """Forget it with its deliveries; the events stay in the feed."""
    require(actor, Right.ORGANISATION_EDIT)
    endpoint.delete()


@transaction.atomic
def rotate(*, actor: User, endpoint: Endpoint) -> str:
    """A new secret, shown once. The one before signs beside it for :data:`OVERLAP`, an older one no longer."""
    require(actor, Right.ORGANISATION_EDIT)
    locked = _of(endpoint).select_for_update().get()
    locked.secret_changed_at = timezone.now()
    locked.save(update_fields=["secret_changed_at"])
    secret = signing.new_secret()
    until = timezone.now() + OVERLAP
    _seal(
        locked,
        [
            {"secret": secret, "until": None},
            {"secret": secrets_of(locked)[0], "until": until.isoformat()},
        ],
    )
    return secret


def secrets_of(endpoint: Endpoint) -> list[str]:
    """The secrets that sign now, the newest first. Raises SecretUnreadable."""
    opened = secrets.unseal(
        endpoint.sealed,
        table=Endpoint._meta.db_table,
        row=endpoint.pk,
        organisation=endpoint.organisation_id,
    )
    now = timezone.now()
    return [
        each["secret"]
        for each in opened["secrets"]
        if each["until"] is None or datetime.datetime.fromisoformat(each["until"]) > now
    ]


@transaction.atomic
def send_test(*, actor: User, endpoint: Endpoint) -> WebhookDelivery:
    """An event that says nothing, to this endpoint alone."""
    require(actor, Right.ORGANISATION_EDIT)
    if not endpoint.active:
        raise Conflict("The webhook is switched off. Switch it on first.")
    event = PublishedEvent.objects.create(
        organisation_id=endpoint.organisation_id,
        type=catalogue.TEST,
        subject=f"endpoint:{endpoint.pk}",
        data={"endpoint_id": endpoint.pk},
        happened_at=timezone.now(),
    )
    _of(endpoint).update(not_before=Now())
    return WebhookDelivery.objects.create(
        organisation_id=endpoint.organisation_id,
        endpoint=endpoint,
        event=event,
        subject=event.subject,
        give_up_at=timezone.now() + PATIENCE,
    )


def replay(*, actor: User, endpoint: Endpoint, deliveries: Collection[int] | None = None) -> int:
    """Send again: the ended deliveries named, or all that were given up; each with all its time. Returns how many."""
    require(actor, Right.ORGANISATION_EDIT)
    rows = WebhookDelivery.objects.for_organisation(endpoint.organisation_id).filter(endpoint=endpoint)
    if deliveries is None:
        rows = rows.filter(status=DeliveryStatus.DEAD)
    else:
        rows = rows.filter(
            pk__in=list(deliveries), status__in=[DeliveryStatus.DEAD, DeliveryStatus.DELIVERED]
        )
    count = rows.update(
        status=DeliveryStatus.WAITING,
        attempts=0,
        not_before=Now(),
        give_up_at=timezone.now() + PATIENCE,
    )
    if count:
        _of(endpoint).update(not_before=Now())
    return count


def checked_url(url: str) -> str:
    """The address as it is called; raises Invalid. Where its name leads is checked at every call."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    private = settings.EGRESS_ALLOWED_PRIVATE_NETWORKS
    if parts.scheme not in {"https", "http"} or not host or port == 0 or len(url) > 2_000:
        raise Invalid(fields={"url": "A whole address, as https://hooks.example.com/beckon."})
    if parts.scheme == "http" and not private:
        raise Invalid(
            fields={"url": "The address must begin with https://, so that nobody on the way reads along."}
        )
    if parts.username or parts.password:
        raise Invalid(fields={"url": "Leave name and password out: the signature says who calls."})
    if _is_address(host) and not egress.permitted(host):
        raise Invalid(fields={"url": "This address is inside a private network, which Beckon does not call."})
    return url


def _is_address(host: str) -> bool:
    """An IP address instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _checked_types(types: Collection[str]) -> list[str]:
    unknown = sorted(set(types) - catalogue.BY_NAME.keys())
    if unknown:
        raise Invalid(fields={"types": f"There is no event type {unknown[0]}."})
    return sorted(set(types))


def _seal(endpoint: Endpoint, held: list[dict[str, Any]]) -> None:
    endpoint.sealed = secrets.seal(
        {"secrets": held},
        table=Endpoint._meta.db_table,
        row=endpoint.pk,
        organisation=endpoint.organisation_id,
    )
    endpoint.save(update_fields=["sealed"])


def _of(endpoint: Endpoint) -> Any:
    return Endpoint.objects.for_organisation(endpoint.organisation_id).filter(pk=endpoint.pk)
