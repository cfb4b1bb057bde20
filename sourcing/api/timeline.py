"""The API of what happened to one person, whatever room tells it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import MAX_SIZE, page_size
from foundation.sparse_fields import narrowed
from sourcing import person_data, selectors
from sourcing.api.requests import caller


class MomentSerializer(serializers.Serializer[Any]):
    """One thing that happened, in words; ``tone`` is empty, green, amber or red."""

    at = serializers.DateTimeField(read_only=True)
    text = serializers.CharField(read_only=True)
    note = serializers.CharField(read_only=True, help_text="A quiet second line.")
    quote = serializers.CharField(read_only=True, help_text="Words of the person, or of a note.")
    tone = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True, help_text="The page about it, where there is one.")
    new = serializers.BooleanField(
        read_only=True, help_text="Meant for the caller, who has not looked at it."
    )


class Timeline(APIView):
    """``/api/v1/candidates/<id>/timeline/``: what happened."""

    rights = {"GET": Right.CANDIDATE_VIEW}
    answers_whole = True

    @extend_schema(
        operation_id="candidates_timeline",
        parameters=[OpenApiParameter("size", int, description=f"1 to {MAX_SIZE}, 50 by default.")],
        responses=MomentSerializer(many=True),
    )
    def get(self, request: Request, candidate_id: int) -> Response:
        """The newest moments, the last first. Sentences are for people and may be worded otherwise one day: programs
        follow ``events/``. Reading it here leaves marks of mentions as they are."""
        viewer = caller(request)
        found = selectors.candidate_for(viewer, candidate_id)
        moments = person_data.timeline(candidate=found, viewer=viewer, limit=page_size(request))
        return Response({"results": narrowed(MomentSerializer(moments, many=True), request)})
