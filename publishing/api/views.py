"""/api/v1/events/ and /api/v1/webhooks/: the feed, and the same functions as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import page_size, paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from publishing import catalogue, endpoints, feed, selectors
from publishing.api.serializers import (
    DeliveriesQuerySerializer,
    DeliverySerializer,
    EndpointSerializer,
    EventPageSerializer,
    EventSerializer,
    EventTypeSerializer,
    MadeEndpointSerializer,
    ReplayedSerializer,
    ReplaySerializer,
    SecretSerializer,
)
from publishing.models import Endpoint
from sourcing.api.requests import caller, checked

#: An answer that tells a secret is kept nowhere in the clear (``foundation.idempotency``).
_TOLD_ONCE = {"Cache-Control": "no-store"}
_SIZE = OpenApiParameter("size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50})


class Events(APIView):
    """``/api/v1/events/``: what happened, the oldest first, for 30 days; nothing is missing between two calls."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter(
                "after", str, description="The ``last`` of the call before; empty for the oldest."
            ),
            OpenApiParameter("types", str, many=True, enum=sorted(catalogue.BY_NAME)),
            _SIZE,
        ],
        responses=EventPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """The next events."""
        after = request.query_params.get("after", "")
        rows, more = feed.events_after(
            viewer=caller(request),
            after=after,
            types=request.query_params.getlist("types"),
            size=page_size(request),
        )
        last = rows[-1].public_id if rows else after
        return Response(
            {
                "results": narrowed(EventSerializer(rows, many=True), request),
                "last": last,
                "next": replace_query_param(request.build_absolute_uri(), "after", last) if more else None,
            }
        )


class EventTypes(APIView):
    """``/api/v1/events/types/``: what can be asked for."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="event_types", responses=EventTypeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All types with what they say."""
        return Response(narrowed(EventTypeSerializer(catalogue.TYPES, many=True), request))


class Endpoints(APIView):
    """``/api/v1/webhooks/``: the organisation's webhooks."""

    right = Right.ORGANISATION_EDIT
    keyset_order = ("id",)

    @extend_schema(operation_id="webhooks_list", responses=EndpointSerializer(many=True))
    def get(self, request: Request) -> Response:
        """A page of them, the oldest first."""
        rows = Endpoint.objects.for_organisation(caller(request).organisation_id)
        return paged(rows, EndpointSerializer, request=request, view=self)

    @extend_schema(
        operation_id="webhooks_create", request=EndpointSerializer, responses={201: MadeEndpointSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make one; its secret is in this answer and nowhere else."""
        values = checked(EndpointSerializer(data=request.data))
        values.pop("active", None)
        made, secret = endpoints.create(actor=caller(request), **values)
        answer = EndpointSerializer(made).data | {"secret": secret}
        return Response(answer, status=status.HTTP_201_CREATED, headers=_TOLD_ONCE)


class _OfEndpoint(APIView):
    """Something of one webhook; 404 for another organisation's."""

    right = Right.ORGANISATION_EDIT

    def endpoint(self) -> Endpoint:
        """The one named."""
        return selectors.endpoint_for(caller(self.request), self.kwargs["endpoint_id"])


class OneEndpoint(_OfEndpoint):
    """``/api/v1/webhooks/<id>/``."""

    @extend_schema(operation_id="webhooks_read", responses=EndpointSerializer)
    @tagged
    def get(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """As it is."""
        return Response(narrowed(EndpointSerializer(self.endpoint()), request))

    @extend_schema(operation_id="webhooks_change", request=EndpointSerializer, responses=EndpointSerializer)
    @guarded(row_of(Endpoint, "endpoint_id"))
    def patch(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """Change what is given."""
        found = self.endpoint()
        serializer = EndpointSerializer(data=request.data, partial=True)
        given = {
            name: value for name, value in checked(serializer).items() if name in serializer.initial_data
        }
        as_it_is: dict[str, Any] = {
            "url": found.url,
            "description": found.description,
            "types": found.types,
            "active": found.active,
        }
        endpoints.change(actor=caller(request), endpoint=found, **as_it_is | given)
        return Response(EndpointSerializer(self.endpoint()).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """Forget it with its deliveries."""
        endpoints.remove(actor=caller(request), endpoint=self.endpoint())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Rotation(_OfEndpoint):
    """``/api/v1/webhooks/<id>/secret/``."""

    @extend_schema(operation_id="webhooks_rotate", request=None, responses=SecretSerializer)
    def post(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """A new secret; the one before signs beside it for 24 hours."""
        secret = endpoints.rotate(actor=caller(request), endpoint=self.endpoint())
        return Response({"secret": secret}, headers=_TOLD_ONCE)


class Test(_OfEndpoint):
    """``/api/v1/webhooks/<id>/test/``."""

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """Send an event that says nothing."""
        row = endpoints.send_test(actor=caller(request), endpoint=self.endpoint())
        return Response(
            DeliverySerializer(selectors.delivery_for(row.endpoint, row.pk)).data,
            status=status.HTTP_202_ACCEPTED,
        )


class Deliveries(_OfEndpoint):
    """``/api/v1/webhooks/<id>/deliveries/``."""

    keyset_order = ("-id",)

    @extend_schema(
        operation_id="webhook_deliveries_list",
        parameters=[DeliveriesQuerySerializer],
        responses=DeliverySerializer(many=True),
    )
    def get(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """A page of them, the newest first."""
        asked = checked(DeliveriesQuerySerializer(data=request.query_params))
        statuses = (asked["status"],) if "status" in asked else ()
        rows = selectors.deliveries(self.endpoint(), statuses=statuses)
        return paged(rows, DeliverySerializer, request=request, view=self)


class Replay(_OfEndpoint):
    """``/api/v1/webhooks/<id>/replay/``."""

    @extend_schema(operation_id="webhooks_replay", request=ReplaySerializer, responses=ReplayedSerializer)
    def post(self, request: Request, endpoint_id: int) -> Response:  # noqa: ARG002 - the address
        """Send ended deliveries again; how many."""
        named = checked(ReplaySerializer(data=request.data)).get("deliveries")
        count = endpoints.replay(actor=caller(request), endpoint=self.endpoint(), deliveries=named)
        return Response({"count": count})
