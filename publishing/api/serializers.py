"""Events, webhooks and deliveries as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from publishing import catalogue, feed
from publishing.models import Endpoint, PublishedEvent, WebhookDelivery
from publishing.states import DeliveryStatus


class EventSerializer(serializers.Serializer[Any]):
    """One event, as webhooks tell it too."""

    id = serializers.CharField(read_only=True)
    type = serializers.CharField(read_only=True)
    timestamp = serializers.DateTimeField(read_only=True)
    subject = serializers.CharField(read_only=True)
    data = serializers.DictField(read_only=True)  # type: ignore[assignment]  # the event's word, not REST framework's

    def to_representation(self, instance: PublishedEvent) -> dict[str, Any]:
        """The same words as in a webhook's body."""
        return feed.payload(instance)


class EventPageSerializer(serializers.Serializer[Any]):
    """A part of the feed; ``last`` goes into ``after`` of the next call, also when there was nothing."""

    results = EventSerializer(many=True, read_only=True)
    last = serializers.CharField(read_only=True, help_text="The id to go on from.")
    next = serializers.URLField(
        read_only=True, allow_null=True, help_text="Where further events are already."
    )


class EventTypeSerializer(serializers.Serializer[Any]):
    """A type that may be asked for."""

    name = serializers.CharField(read_only=True)
    words = serializers.CharField(read_only=True)


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """One webhook; its secret is only in the answers that make one."""

    types = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(catalogue.BY_NAME)), required=False, default=list
    )
    active = serializers.BooleanField(required=False, default=True)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    url = serializers.CharField(max_length=2_000)

    class Meta:
        model = Endpoint
        fields = (
            "id",
            "url",
            "description",
            "types",
            "active",
            "off_reason",
            "failing_since",
            "trouble",
            "delivered_at",
            "created_at",
        )
        read_only_fields = ("off_reason", "failing_since", "trouble", "delivered_at")


class MadeEndpointSerializer(EndpointSerializer):
    """A new webhook with its secret, which is told once."""

    secret = serializers.CharField(read_only=True)

    class Meta(EndpointSerializer.Meta):
        fields: tuple[str, ...] = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]  # longer


class SecretSerializer(serializers.Serializer[Any]):
    """A new secret, told once."""

    secret = serializers.CharField(read_only=True)


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event on its way to one webhook."""

    event = EventSerializer(read_only=True)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices, read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event",
            "status",
            "attempts",
            "not_before",
            "give_up_at",
            "answer_status",
            "answer",
            "took_ms",
            "tried_at",
            "created_at",
        )
        read_only_fields = fields


class DeliveriesQuerySerializer(serializers.Serializer[Any]):
    """Which of them."""

    status = serializers.ChoiceField(choices=DeliveryStatus.choices, required=False)


class ReplaySerializer(serializers.Serializer[Any]):
    """Deliveries to send again; without any, all that were given up."""

    deliveries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=1_000
    )


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField(read_only=True)
