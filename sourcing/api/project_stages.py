"""The API of a project's stages."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing import board_selectors, stages
from sourcing.api.project_serializers import (
    DefaultStagesSerializer,
    StageOrderSerializer,
    StageRemovalSerializer,
    StageSerializer,
)
from sourcing.api.projects import project_of
from sourcing.api.requests import caller, checked, organisation_of, settings_in_turn
from sourcing.models import Project, ProjectRole, Stage


class ProjectStages(APIView):
    """``/api/v1/projects/<id>/stages/``: the stages from left to right."""

    rights = {
        "GET": Right.PROJECT_VIEW,
        "POST": Right.PROJECT_EDIT,
        "PUT": Right.PROJECT_EDIT,
    }

    @extend_schema(operation_id="projects_stages", responses=StageSerializer(many=True))
    @tagged
    def get(self, request: Request, project_id: int) -> Response:
        """All of them; there are at most 30."""
        project = project_of(request, project_id)
        rows = board_selectors.stages(caller(request), project)
        return Response(narrowed(StageSerializer(rows, many=True), request))

    @extend_schema(
        operation_id="projects_add_stage", request=StageSerializer, responses={201: StageSerializer}
    )
    def post(self, request: Request, project_id: int) -> Response:
        """A new stage at the right end."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        name = checked(StageSerializer(data=request.data))["name"]
        made = stages.add(project=project, actor=caller(request), name=name)
        return Response(StageSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="projects_order_stages",
        request=StageOrderSerializer,
        responses=StageSerializer(many=True),
    )
    @guarded(row_of(Project, "project_id"))
    def put(self, request: Request, project_id: int) -> Response:
        """Put them into another order; each is named once."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        ids = checked(StageOrderSerializer(data=request.data))["stage_ids"]
        ordered = stages.reorder(project=project, actor=caller(request), stage_ids=ids)
        return Response(StageSerializer(ordered, many=True).data)


class DefaultStages(APIView):
    """``/api/v1/projects/default-stages/``: the stages that new projects of the organisation begin with."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="projects_default_stages", responses=DefaultStagesSerializer)
    @tagged
    def get(self, request: Request) -> Response:
        """The organisation's own, else those Beckon comes with."""
        names = stages.defaults(organisation_of(request))
        return Response(narrowed(DefaultStagesSerializer({"names": names}), request))

    @extend_schema(
        operation_id="projects_set_default_stages",
        request=DefaultStagesSerializer,
        responses=DefaultStagesSerializer,
    )
    @guarded(settings_in_turn)
    def put(self, request: Request) -> Response:
        """Replace them; projects that exist keep theirs. No names: those Beckon comes with again."""
        names = checked(DefaultStagesSerializer(data=request.data))["names"]
        now = stages.set_defaults(actor=caller(request), names=names)
        return Response(DefaultStagesSerializer({"names": now}).data)


class OneStage(APIView):
    """``/api/v1/projects/<id>/stages/<id>/``: one stage, to read, rename and remove."""

    rights = {"GET": Right.PROJECT_VIEW, "PATCH": Right.PROJECT_EDIT, "DELETE": Right.PROJECT_EDIT}

    def _stage(self, request: Request, project_id: int, stage_id: int) -> Stage:
        project = project_of(request, project_id, ProjectRole.EDITOR)
        return board_selectors.stage_for(caller(request), project, stage_id)

    @extend_schema(operation_id="projects_stage", responses=StageSerializer)
    @tagged
    def get(self, request: Request, project_id: int, stage_id: int) -> Response:
        """As in the list."""
        project = project_of(request, project_id)
        stage = board_selectors.stage_for(caller(request), project, stage_id)
        return Response(narrowed(StageSerializer(stage), request))

    @extend_schema(operation_id="projects_rename_stage", request=StageSerializer, responses=StageSerializer)
    @guarded(row_of(Project, "project_id"))
    def patch(self, request: Request, project_id: int, stage_id: int) -> Response:
        """Give it another name."""
        stage = self._stage(request, project_id, stage_id)
        name = checked(StageSerializer(data=request.data))["name"]
        return Response(StageSerializer(stages.rename(stage=stage, actor=caller(request), name=name)).data)

    @extend_schema(
        operation_id="projects_remove_stage", request=StageRemovalSerializer, responses={204: None}
    )
    def delete(self, request: Request, project_id: int, stage_id: int) -> Response:
        """Remove it; ``move_to`` says where its people go."""
        stage = self._stage(request, project_id, stage_id)
        values = checked(StageRemovalSerializer(data=request.data))
        move_to = (
            board_selectors.stage_for(caller(request), stage.project, values["move_to"])
            if "move_to" in values
            else None
        )
        stages.remove(stage=stage, actor=caller(request), move_to=move_to)
        return Response(status=status.HTTP_204_NO_CONTENT)
