"""The API of values that stood back."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.paging import paged
from sourcing import people, selectors
from sourcing.api.requests import caller
from sourcing.api.serializers import CandidateSerializer
from sourcing.models import (
    OtherValue,
)


class OtherValueSerializer(serializers.ModelSerializer[OtherValue]):
    """A value that stood back behind a better one."""

    class Meta:
        model = OtherValue
        fields = ["id", "field", "value", "source", "origin", "seen_at"]
        read_only_fields = fields


class OtherValues(APIView):
    """``/api/v1/candidates/<id>/values/``: what else is said about the person."""

    right = Right.CANDIDATE_VIEW
    keyset_order = ("-id",)

    @extend_schema(operation_id="values_list", responses=OtherValueSerializer(many=True))
    def get(self, request: Request, candidate_id: int) -> Response:
        """A page, the last noted first."""
        found = selectors.candidate_for(caller(request), candidate_id)
        rows = OtherValue.objects.for_organisation(found.organisation_id).filter(candidate=found)
        return paged(rows, OtherValueSerializer, request=request, view=self)


class UseValue(APIView):
    """``/api/v1/values/<id>/use/``: *Use this instead*."""

    right = Right.CANDIDATE_EDIT

    @extend_schema(operation_id="values_use", request=None, responses=CandidateSerializer)
    def post(self, request: Request, value_id: int) -> Response:
        """Show it; what it replaces stands back."""
        other = selectors.other_value_for(caller(request), value_id)
        changed = people.use_value(other=other, actor=caller(request))
        return Response(CandidateSerializer(changed, context={"request": request}).data)
