"""The API of one person's addresses and numbers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing import contact_points, selectors
from sourcing.api.requests import caller, checked
from sourcing.api.serializers import ContactPointSerializer
from sourcing.models import (
    ContactKind,
    ContactPoint,
    ContactType,
)


class ContactPointInSerializer(serializers.Serializer[Any]):
    """An address or number to add by hand: it belongs to the caller alone."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    type = serializers.ChoiceField(choices=ContactType.choices, default=ContactType.OTHER)
    value = serializers.CharField(max_length=320)


class ContactPointChangeSerializer(serializers.Serializer[Any]):
    """What may be said about an address or number."""

    status = serializers.ChoiceField(
        choices=[choice.value for choice in contact_points.BY_HAND], required=False
    )
    pinned = serializers.BooleanField(required=False)


class ContactPoints(APIView):
    """``/api/v1/candidates/<id>/contact-points/``: what the caller may see, and new ones of their own."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.CANDIDATE_EDIT}
    keyset_order = ("position", "id")

    @extend_schema(operation_id="contact_points_list", responses=ContactPointSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page in order of relevance."""
        found = selectors.candidate_for(caller(request), candidate_id)
        rows = selectors.contact_points(viewer=caller(request), candidate=found)
        return paged(rows, ContactPointSerializer, request=request, view=self)

    @extend_schema(
        operation_id="contact_points_create",
        request=ContactPointInSerializer,
        responses={201: ContactPointSerializer},
    )
    def post(self, request: Request, candidate_id: int) -> Response:
        """Add one by hand, private to the caller (seed 002)."""
        found = selectors.candidate_for(caller(request), candidate_id)
        asked = checked(ContactPointInSerializer(data=request.data))
        add = contact_points.add_email if asked.pop("kind") == ContactKind.EMAIL else contact_points.add_phone
        point = add(candidate=found, actor=caller(request), **asked)
        return Response(ContactPointSerializer(point).data, status=status.HTTP_201_CREATED)


class OneContactPoint(APIView):
    """``/api/v1/contact-points/<id>/``: one of them, its state and pin, and removing one's own."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PATCH": Right.CANDIDATE_EDIT, "DELETE": Right.CANDIDATE_EDIT}

    @extend_schema(operation_id="contact_points_read", responses=ContactPointSerializer)
    @tagged
    def get(self, request: Request, contact_point_id: int) -> Response:
        """As in the list; 404 for a colleague's private one."""
        point = selectors.contact_point_for(caller(request), contact_point_id)
        return Response(narrowed(ContactPointSerializer(point), request))

    @extend_schema(
        operation_id="contact_points_change",
        request=ContactPointChangeSerializer,
        responses=ContactPointSerializer,
    )
    @guarded(row_of(ContactPoint, "contact_point_id"))
    def patch(self, request: Request, contact_point_id: int) -> Response:
        """Verified, invalid or unknown; *Use this address first in messaging campaign*."""
        viewer = caller(request)
        point = selectors.contact_point_for(viewer, contact_point_id)
        asked = checked(ContactPointChangeSerializer(data=request.data))
        if "status" in asked:
            contact_points.set_status(contact_point=point, actor=viewer, status=asked["status"])
        if "pinned" in asked:
            (contact_points.pin if asked["pinned"] else contact_points.unpin)(
                contact_point=point, actor=viewer
            )
        return Response(ContactPointSerializer(point).data)

    @extend_schema(operation_id="contact_points_remove", responses={204: OpenApiResponse()})
    def delete(self, request: Request, contact_point_id: int) -> Response:
        """Take away what the caller added by hand."""
        point = selectors.contact_point_for(caller(request), contact_point_id)
        contact_points.remove(contact_point=point, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
