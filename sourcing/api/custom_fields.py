"""The API of the organisation's own fields."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import narrowed
from sourcing import defining_fields
from sourcing.api.requests import caller, checked
from sourcing.models import (
    CustomField,
    FieldKind,
)


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    """A field of the organisation."""

    class Meta:
        model = CustomField
        fields = ["id", "key", "label", "kind", "choices", "position", "archived_at"]
        read_only_fields = fields


class CustomFieldInSerializer(serializers.Serializer[Any]):
    """A field to define."""

    label = serializers.CharField(max_length=80)  # type: ignore[assignment]  # a field of that name, not DRF's own attribute
    kind = serializers.ChoiceField(choices=FieldKind.choices)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, default=list, max_length=200
    )


class CustomFieldChangeSerializer(serializers.Serializer[Any]):
    """What may change of a field."""

    label = serializers.CharField(max_length=80, required=False)  # type: ignore[assignment]  # as above
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    archived = serializers.BooleanField(required=False)
    move = serializers.IntegerField(required=False, min_value=-100, max_value=100)


class CustomFields(APIView):
    """``/api/v1/custom-fields/``: the organisation's fields, archived ones included, and new ones."""

    rights = {"GET": Right.CANDIDATE_VIEW, "POST": Right.ORGANISATION_EDIT}
    answers_whole = True

    @extend_schema(operation_id="custom_fields_list", responses=CustomFieldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them in order; there are 100 at most."""
        viewer = caller(request)
        rows = [*defining_fields.fields_of(viewer), *defining_fields.fields_of(viewer, archived=True)]
        return Response({"results": narrowed(CustomFieldSerializer(rows, many=True), request)})

    @extend_schema(
        operation_id="custom_fields_create",
        request=CustomFieldInSerializer,
        responses={201: CustomFieldSerializer},
    )
    def post(self, request: Request) -> Response:
        """Define one; its key is made from the label."""
        viewer = caller(request)
        assert viewer.organisation is not None
        asked = checked(CustomFieldInSerializer(data=request.data))
        field = defining_fields.add(organisation=viewer.organisation, actor=viewer, **asked)
        return Response(CustomFieldSerializer(field).data, status=status.HTTP_201_CREATED)


def _all(request: Request, **_named: int) -> QuerySet[CustomField]:
    """Every field of the organisation, in order: moving one renumbers others."""
    return CustomField.objects.for_organisation(caller(request).tenant_id).order_by("position", "pk")


class OneCustomField(APIView):
    """``/api/v1/custom-fields/<id>/``: read, rename, change choices, archive, bring back, move."""

    rights = {"GET": Right.CANDIDATE_VIEW, "PATCH": Right.ORGANISATION_EDIT}

    @extend_schema(operation_id="custom_fields_read", responses=CustomFieldSerializer)
    @tagged
    def get(self, request: Request, field_id: int) -> Response:
        """One field, archived or not."""
        return Response(
            narrowed(CustomFieldSerializer(defining_fields.field_for(caller(request), field_id)), request)
        )

    @extend_schema(
        operation_id="custom_fields_change",
        request=CustomFieldChangeSerializer,
        responses=CustomFieldSerializer,
    )
    @guarded(_all)
    def patch(self, request: Request, field_id: int) -> Response:
        """Each key that is sent is done."""
        viewer = caller(request)
        field = defining_fields.field_for(viewer, field_id)
        asked = checked(CustomFieldChangeSerializer(data=request.data))
        if "label" in asked or "choices" in asked:
            label = asked.get("label", field.label)
            defining_fields.change(field=field, actor=viewer, label=label, choices=asked.get("choices"))
        if "archived" in asked:
            act = defining_fields.archive if asked["archived"] else defining_fields.bring_back
            act(field=field, actor=viewer)
        if "move" in asked:
            defining_fields.move(field=field, actor=viewer, by=asked["move"])
        return Response(CustomFieldSerializer(defining_fields.field_for(viewer, field_id)).data)
