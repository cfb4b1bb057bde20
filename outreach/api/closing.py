"""Outreach Settings → Sending over the API: the grace, the sending hours and the holidays of an organisation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation
from accounts.permissions import Right, viewer_of
from foundation.paging import paged
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import narrowed
from outreach import closing
from outreach.models import Holiday


def _hour(text: str) -> serializers.TimeField:
    return serializers.TimeField(format="%H:%M", required=False, allow_null=True, help_text=text)


class SendingSerializer(serializers.Serializer[Any]):
    """What holds for all campaigns. What is left out of a change stays."""

    start_grace_minutes = serializers.IntegerField(
        min_value=0,
        max_value=120,
        required=False,
        allow_null=True,
        help_text="Between Start and the first message; null: the installation's own.",
    )
    opens = _hour("A full or a half hour, in each campaign's zone; null: at any hour.")
    closes = _hour("Later than it opens; both or neither.")


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    """A day on which campaigns that obey the list send nothing."""

    class Meta:
        model = Holiday
        fields = ("id", "date", "name")
        read_only_fields = fields


class HolidayInSerializer(serializers.Serializer[Any]):
    """A day to put on the list."""

    date = serializers.DateField()
    name = serializers.CharField(max_length=100)


def _organisation(request: Request) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk=viewer_of(request).tenant_id)


class SendingSettings(APIView):
    """``/api/v1/sending-settings/``: the grace after Start, and the hours in which campaigns send."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.ORGANISATION_EDIT}

    @extend_schema(operation_id="sending_settings_read", responses=SendingSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """As they are now."""
        return Response(narrowed(SendingSerializer(closing.sending(viewer_of(request).tenant_id)), request))

    @extend_schema(
        operation_id="sending_settings_change", request=SendingSerializer, responses=SendingSerializer
    )
    @guarded(_organisation)
    def patch(self, request: Request) -> Response:
        """For an administrator; hours hold at once, for campaigns under way too."""
        asked = SendingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        new = closing.change_sending(actor=viewer_of(request), **asked.validated_data)
        return Response(SendingSerializer(new).data)


class HolidayList(APIView):
    """``/api/v1/holidays/``: the organisation's list, by date."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "POST": Right.ORGANISATION_EDIT}
    keyset_order = ("date", "id")

    @extend_schema(operation_id="holidays_list", responses=HolidaySerializer(many=True))
    def get(self, request: Request) -> Response:
        """One page, past days included."""
        rows = closing.holidays(viewer_of(request).tenant_id)
        return paged(rows, HolidaySerializer, request=request, view=self)

    @extend_schema(
        operation_id="holidays_create", request=HolidayInSerializer, responses={201: HolidaySerializer}
    )
    def post(self, request: Request) -> Response:
        """Put a day on it; one that stands there gets the new name."""
        asked = HolidayInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = closing.add_holiday(
            actor=viewer_of(request), day=asked.validated_data["date"], name=asked.validated_data["name"]
        )
        return Response(HolidaySerializer(row).data, status=status.HTTP_201_CREATED)


class HolidayDetail(APIView):
    """``/api/v1/holidays/<id>/``: one day of it."""

    rights = {"DELETE": Right.ORGANISATION_EDIT}

    @extend_schema(operation_id="holidays_remove", responses={204: None})
    def delete(self, request: Request, holiday_id: int) -> Response:
        """Take it off the list."""
        closing.remove_holiday(actor=viewer_of(request), holiday_id=holiday_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
