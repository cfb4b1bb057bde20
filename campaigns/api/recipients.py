"""One recipient over the API, and how they answered: Interested, Meeting, Not interested … with a reason."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import marking, selectors
from campaigns.api.people import RecipientSerializer
from campaigns.models import Recipient
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from outreach.states import Interest
from sourcing.models import ProjectRole


class MarkSerializer(serializers.Serializer[Any]):
    """How the person answered. ``reason`` may be any text; the page offers some."""

    interest = serializers.ChoiceField(choices=Interest.choices)
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=marking.LONGEST_REASON
    )


class MarkedSerializer(serializers.ModelSerializer[Recipient]):
    """The mark of one recipient."""

    interest = serializers.ChoiceField(choices=[("", "Not marked"), *Interest.choices], read_only=True)

    class Meta:
        model = Recipient
        fields = ("interest", "interest_reason", "interest_at")
        read_only_fields = fields


class RecipientDetail(APIView):
    """``/api/v1/recipients/<id>/``: one person in one campaign."""

    right = Right.CAMPAIGN_VIEW

    @extend_schema(operation_id="recipients_read", responses=RecipientSerializer)
    def get(self, request: Request, recipient_id: int) -> Response:
        """Where they stand, what comes next, why not yet, and how they answered."""
        return told(request, recipient_id)


class RecipientMark(APIView):
    """``/api/v1/recipients/<id>/mark/``: how they answered."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PUT": Right.CAMPAIGN_EDIT, "DELETE": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="recipients_read_mark", responses=MarkedSerializer)
    @tagged
    def get(self, request: Request, recipient_id: int) -> Response:
        """The mark alone; an empty ``interest`` means none."""
        found = selectors.recipient_for(viewer_of(request), recipient_id)
        return Response(narrowed(MarkedSerializer(found), request))

    @extend_schema(operation_id="recipients_mark", request=MarkSerializer, responses=RecipientSerializer)
    @guarded(row_of(Recipient, "recipient_id"), answers_itself=False)
    def put(self, request: Request, recipient_id: int) -> Response:
        """It implies an answer: the campaign ends for them as *Replied*. Nobody is suppressed by it."""
        found = editable(request, recipient_id)
        asked = MarkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _mark(request, found, **asked.validated_data)

    @extend_schema(operation_id="recipients_unmark", responses={200: RecipientSerializer})
    def delete(self, request: Request, recipient_id: int) -> Response:
        """Take the mark back; nothing starts again."""
        return _mark(request, editable(request, recipient_id), interest="", reason="")


def editable(request: Request, recipient_id: int) -> Recipient:
    """One recipient whose project the caller may change; raises Missing, NotAllowed."""
    return selectors.recipient_for(viewer_of(request), recipient_id, role=ProjectRole.EDITOR)


def _mark(request: Request, found: Recipient, **said: str) -> Response:
    marking.mark(recipient=found, actor=viewer_of(request), now=timezone.now(), **said)
    return told(request, found.pk)


def told(request: Request, recipient_id: int) -> Response:
    """The recipient as it stands now."""
    found = selectors.recipient_for(viewer_of(request), recipient_id)
    return Response(narrowed(RecipientSerializer(found, context={"now": timezone.now()}), request))
