"""Reads that pages and API share. Another organisation's endpoint does not exist."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from foundation.problems import Missing
from publishing.models import Endpoint, WebhookDelivery
from publishing.states import DeliveryStatus


class EndpointMissing(Missing):
    """There is no such webhook in the viewer's organisation."""

    code: ClassVar[str] = "webhook_missing"


class DeliveryMissing(Missing):
    """There is no such delivery of this webhook."""

    code: ClassVar[str] = "webhook_delivery_missing"


def endpoints(viewer: User) -> QuerySet[Endpoint]:
    """The organisation's, the oldest first, each with how many deliveries wait and were given up."""
    return (
        Endpoint.objects.for_organisation(viewer.organisation_id)
        .annotate(
            waiting=Count(
                "deliveries",
                filter=Q(deliveries__status__in=[DeliveryStatus.WAITING, DeliveryStatus.SENDING]),
            ),
            dead=Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.DEAD)),
        )
        .order_by("pk")
    )


def endpoint_for(viewer: User, endpoint_id: int) -> Endpoint:
    """One of them; raises :class:`EndpointMissing`."""
    found = Endpoint.objects.for_organisation(viewer.organisation_id).filter(pk=endpoint_id).first()
    if found is None:
        raise EndpointMissing("There is no such webhook.")
    return found


def deliveries(endpoint: Endpoint, *, statuses: tuple[str, ...] = ()) -> QuerySet[WebhookDelivery]:
    """An endpoint's, with their events."""
    rows = WebhookDelivery.objects.for_organisation(endpoint.organisation_id).filter(endpoint=endpoint)
    return (rows.filter(status__in=statuses) if statuses else rows).select_related("event")


def delivery_for(endpoint: Endpoint, delivery_id: int) -> WebhookDelivery:
    """One delivery of it; raises :class:`DeliveryMissing`."""
    found = deliveries(endpoint).filter(pk=delivery_id).first()
    if found is None:
        raise DeliveryMissing("There is no such delivery.")
    return found
