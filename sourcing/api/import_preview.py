"""The API of an import before it is started: the columns, what they may be, and what the first rows would come to."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.sparse_fields import narrowed
from sourcing import selectors
from sourcing.api.requests import caller
from sourcing.importing import policies, previewing, uploading
from sourcing.importing.columns import FIELDS

#: What the preview counts under the names we tell.
_COUNTED = (
    "columns", "looked_at", "complete", "fresh", "updated", "conflict", "repeated", "noted", "unreadable",
)  # fmt: skip


class ImportColumnSerializer(serializers.Serializer[Any]):
    """One column of the file."""

    index = serializers.IntegerField(help_text="Its key in ``mapping``.")
    header = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True, help_text="What it is taken for; empty: it is left out.")
    examples = serializers.ListField(child=serializers.CharField())


class ImportFieldSerializer(serializers.Serializer[Any]):
    """What a column may be."""

    field = serializers.CharField(help_text="For ``mapping``.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not DRF's own attribute


class ImportRefusalSerializer(serializers.Serializer[Any]):
    """Why rows make no person, and how many."""

    reason = serializers.CharField()
    rows = serializers.IntegerField()


class ImportPolicySerializer(serializers.Serializer[Any]):
    """What happens to values that are there."""

    field = serializers.CharField()
    policy = serializers.CharField(help_text="The one that counts now.")
    choices = serializers.ListField(child=serializers.CharField())


class ImportPreviewSerializer(serializers.Serializer[Any]):
    """What Import would do, judged by the first ``looked_at`` rows; ``complete``: those are all. ``check/`` counts the
    whole file."""

    columns = ImportColumnSerializer(many=True)
    possible_fields = ImportFieldSerializer(many=True, help_text="What a column may be.")
    policies = ImportPolicySerializer(many=True)
    looked_at = serializers.IntegerField()
    complete = serializers.BooleanField()
    fresh = serializers.IntegerField(help_text="New people.")
    updated = serializers.IntegerField(help_text="People we have, without a differing value.")
    conflict = serializers.IntegerField(help_text="People we have, with one.")
    repeated = serializers.IntegerField(help_text="Rows of somebody on an earlier line.")
    refused = ImportRefusalSerializer(many=True)
    noted = serializers.IntegerField(help_text="Rows taken with something left out.")
    unreadable = serializers.IntegerField(help_text="Cells with characters the encoding could not read.")
    imported_before = serializers.IntegerField(
        allow_null=True, help_text="An earlier import of the very same file."
    )


class ImportPreview(APIView):
    """``/api/v1/imports/<id>/preview/``: an import before it is started."""

    rights = {"GET": Right.CANDIDATE_IMPORT}

    @extend_schema(operation_id="imports_preview", responses=ImportPreviewSerializer)
    def get(self, request: Request, import_id: int) -> Response:
        """The columns with examples, what they may be, and what the first rows would come to. 409 ``import_begun``
        once it is started."""
        found = selectors.import_for(caller(request), import_id)
        if found.run_id is not None:
            raise uploading.Begun("The import has begun already.")
        customs = uploading.custom_labels(found.organisation_id)
        names = {**FIELDS, **{f"custom:{key}": label for key, label in customs.items()}}
        preview = previewing.preview(found)
        before = uploading.imported_before(found)
        told = {
            **{name: getattr(preview, name) for name in _COUNTED},
            "possible_fields": [{"field": name, "label": label} for name, label in names.items()],
            "policies": [
                {
                    "field": field,
                    "policy": policies.policy_of(found.policies, field).value,
                    "choices": [policy.value for policy in policies.choices(field)],
                }
                for field in policies.governed(found.mapping.values())
            ],
            "refused": [{"reason": text, "rows": rows} for text, rows in preview.refused_reasons],
            "imported_before": before.pk if before is not None else None,
        }
        return Response(narrowed(ImportPreviewSerializer(told), request))
