"""/api/v1/exports/ beyond starting and reading, and what a connection offers to an export: as the dialogue has it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Right, can, viewer_of
from foundation.sparse_fields import narrowed
from integrations import company_choice, exporting, field_table, mapping, opening, selectors, targets
from integrations.api.export_serializers import (
    ExportOptionsSerializer,
    ExportPreviewRequestSerializer,
    ExportPreviewSerializer,
    ExportTargetScopeSerializer,
    ExportTargetSerializer,
)
from integrations.api.of_connection import OfConnection
from integrations.api.serializers import ExportSerializer
from integrations.api.views import WithFeature, whom
from integrations.models import Connection, Export, ExportMode
from sourcing.models import RecordType
from sourcing.selectors import project_candidate_ids


class ConnectionExportOptions(OfConnection):
    """What an export may be: as what people go, and what would be lost."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = ExportOptionsSerializer

    @extend_schema(operation_id="connections_export_options", responses=ExportOptionsSerializer)
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """As what people may go and what would be lost, in the vendor's words; the vendor is not asked."""
        connection = self.connection()
        system = opening.vendor_of(connection)
        kinds = [(mode, targets.KINDS[mode]) for mode in targets.modes(connection)]
        told = {
            "modes": [
                {
                    "mode": mode,
                    "target": system.target_words[kind],
                    "note": system.target_notes.get(kind, ""),
                }
                for mode, kind in kinds
            ],
            "not_offered": list(system.not_offered.values()),
            "not_held": mapping.not_held(field_table.rules(connection, RecordType.CANDIDATE)),
            "needs_email": system.needs_email,
            "acting_as": opening.acting_as(connection, self.viewer),
        }
        return Response(narrowed(ExportOptionsSerializer(told), request))


class ConnectionTargets(OfConnection):
    """Where people may be sent: the vendor's jobs, campaigns or pools."""

    right = Right.CANDIDATE_EXPORT
    serializer_class = ExportTargetSerializer
    pagination_class = None

    @extend_schema(
        operation_id="connections_targets",
        parameters=[ExportTargetScopeSerializer],
        responses=ExportTargetSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the address
        """By name, those the caller sees there; jobs only in the chosen job statuses."""
        connection = self.connection()
        asked = self.asked(ExportTargetScopeSerializer, request.query_params)
        found = targets.choices(
            viewer=self.viewer,
            connection=connection,
            mode=ExportMode(asked["mode"]),
            search=asked["search"],
            fresh=asked["refresh"],
        )
        return Response(narrowed(ExportTargetSerializer(found, many=True), request))


class ExportPreview(WithFeature, generics.GenericAPIView):
    """What an export would come to, before it is started."""

    right = Right.CANDIDATE_EXPORT
    queryset = Export.unguarded.none()

    @extend_schema(
        operation_id="exports_preview",
        request=ExportPreviewRequestSerializer,
        responses=ExportPreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        """Who would go and who not, and why; nothing is written, and the vendor is not asked."""
        viewer = viewer_of(request)
        form = ExportPreviewRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        connection = selectors.connection_for(viewer, asked["connection"])
        project, ids = whom(viewer, asked)
        if ids is None and project is not None:
            ids = project_candidate_ids(viewer, project)
        plan = exporting.preview(
            viewer=viewer,
            connection=connection,
            candidate_ids=set(ids or ()),
            include_exported=asked["include_exported"],
        )
        told = {
            "people": plan.people,
            "going": len(plan.going),
            "skipped": [
                {"reason_code": reason.value, "reason": reason.label, "people": len(people)}
                for reason, people in plan.skipped.items()
            ],
            "without_email": plan.without_email,
            "private_addresses": plan.private_addresses,
            "companies": _companies(viewer, connection, plan),
        }
        return Response(ExportPreviewSerializer(told).data)


def _companies(viewer: User, connection: Connection, plan: exporting.Preview) -> list[dict[str, Any]]:
    if not can(viewer, Right.CANDIDATE_EDIT):
        return []
    return [
        {
            "candidate": row.candidate.pk,
            "name": row.name,
            "people": row.people,
            "company": row.match.remote_id if row.match is not None else None,
        }
        for row in company_choice.waiting(connection, plan.going)
    ]


class ExportCancel(WithFeature, generics.GenericAPIView):
    """An export under way, to be stopped."""

    right = Right.CANDIDATE_EXPORT
    queryset = Export.unguarded.none()

    @extend_schema(operation_id="exports_cancel", request=None, responses=ExportSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Stop after the person under way; who still waits is skipped. 409 when it has ended."""
        viewer = viewer_of(request)
        exporting.cancel(actor=viewer, export=selectors.export_for(viewer, pk))
        return Response(ExportSerializer(selectors.export_for(viewer, pk)).data)


class ExportRetry(WithFeature, generics.GenericAPIView):
    """All who failed, to be sent again."""

    right = Right.CANDIDATE_EXPORT
    queryset = Export.unguarded.none()

    @extend_schema(operation_id="exports_retry", request=None, responses={202: ExportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Send everybody who failed once more; 409 when there is nobody. Who may have arrived is left to a look there:
        retry them alone."""
        viewer = viewer_of(request)
        export = exporting.retry_failed(actor=viewer, export=selectors.export_for(viewer, pk))
        return Response(ExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)


class ExportItemRetry(WithFeature, generics.GenericAPIView):
    """One person of an export, to be sent again."""

    right = Right.CANDIDATE_EXPORT
    queryset = Export.unguarded.none()

    @extend_schema(operation_id="exports_items_retry", request=None, responses={202: ExportSerializer})
    def post(self, request: Request, pk: int, item_id: int) -> Response:
        """Send this skipped or failed person once more, alone; 409 for anybody else."""
        viewer = viewer_of(request)
        item = selectors.item_for(viewer, item_id)
        if item.export_id != pk:
            raise selectors.ItemMissing("There is no such person in this export.")
        export = exporting.retry(actor=viewer, item=item)
        return Response(ExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)
