"""The API of projects: the same operations and selectors as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from accounts.selectors import member_for
from foundation.paging import paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Invalid
from foundation.sparse_fields import narrowed
from sourcing import board, board_selectors, collaborators, projects, selectors
from sourcing.api.project_serializers import (
    AddedSerializer,
    AddPeopleSerializer,
    DuplicateSerializer,
    MovedSerializer,
    MoveSerializer,
    PeopleSerializer,
    ProjectChangeSerializer,
    ProjectMemberSerializer,
    ProjectSerializer,
    RemovedSerializer,
)
from sourcing.api.requests import caller, checked
from sourcing.models import Project, ProjectRole, Visibility


def project_of(request: Request, project_id: int, role: ProjectRole = ProjectRole.COMMENTER) -> Project:
    """The project the address names, for a caller with at least ``role`` in it."""
    return selectors.project_for(caller(request), project_id, role=role)


def _shown(request: Request, project: Project) -> Any:
    """The project as lists show it, with its count."""
    viewer = caller(request)
    rows = selectors.visible_projects(viewer, archived=project.archived_at is not None)
    return narrowed(ProjectSerializer(rows.get(pk=project.pk)), request)


class Projects(APIView):
    """``/api/v1/projects/``: the projects the caller may open, and new ones."""

    rights = {"GET": Right.PROJECT_VIEW, "POST": Right.PROJECT_EDIT}
    keyset_order = ("-created_at", "-id")

    @extend_schema(
        operation_id="projects_list",
        parameters=[OpenApiParameter("archived", bool)],
        responses=ProjectSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """A page of projects, the newest first; ``archived=true`` those put away."""
        archived = request.query_params.get("archived", "").lower() in {"1", "true"}
        found = selectors.visible_projects(caller(request), archived=archived)
        return paged(found, ProjectSerializer, request=request, view=self)

    @extend_schema(
        operation_id="projects_create", request=ProjectSerializer, responses={201: ProjectSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make an empty project owned by the caller."""
        actor = caller(request)
        values = checked(ProjectSerializer(data=request.data))
        assert actor.organisation is not None
        made = projects.create(
            organisation=actor.organisation,
            actor=actor,
            name=values["name"],
            visibility=values.get("visibility", Visibility.ORGANISATION),
        )
        return Response(ProjectSerializer(made).data, status=status.HTTP_201_CREATED)


class OneProject(APIView):
    """``/api/v1/projects/<id>/``: one project, to read and to change."""

    rights = {"GET": Right.PROJECT_VIEW, "PATCH": Right.PROJECT_EDIT}

    @extend_schema(operation_id="projects_read", responses=ProjectSerializer)
    @tagged
    def get(self, request: Request, project_id: int) -> Response:
        """The project with how many people are in it."""
        return Response(_shown(request, project_of(request, project_id)))

    @extend_schema(
        operation_id="projects_change", request=ProjectChangeSerializer, responses=ProjectSerializer
    )
    @guarded(row_of(Project, "project_id"))
    def patch(self, request: Request, project_id: int) -> Response:
        """Name and archive need an editor; visibility and owner the owner or an admin."""
        values = checked(ProjectChangeSerializer(data=request.data))
        owning = {"visibility", "owner_id"} & set(values)
        actor = caller(request)
        project = project_of(request, project_id, ProjectRole.OWNER if owning else ProjectRole.EDITOR)
        if "name" in values:
            projects.rename(project=project, actor=actor, name=values["name"])
        if "archived" in values:
            change = projects.archive if values["archived"] else projects.bring_back
            change(project=project, actor=actor)
        if "visibility" in values:
            collaborators.set_visibility(project=project, actor=actor, visibility=values["visibility"])
        if "owner_id" in values:
            heir = member_for(actor, values["owner_id"])
            project = collaborators.change_owner(project=project, actor=actor, user=heir)
        return Response(_shown(request, project))


class ProjectCopies(APIView):
    """``/api/v1/projects/<id>/copies/``: duplicate a project."""

    right = Right.PROJECT_EDIT

    @extend_schema(
        operation_id="projects_duplicate", request=DuplicateSerializer, responses={201: ProjectSerializer}
    )
    def post(self, request: Request, project_id: int) -> Response:
        """A copy with the same stages and members, owned by the caller; with its people if wanted."""
        project = project_of(request, project_id)
        values = checked(DuplicateSerializer(data=request.data))
        made = projects.duplicate(project=project, actor=caller(request), **values)
        return Response(_shown(request, made), status=status.HTTP_201_CREATED)


class ProjectPeople(APIView):
    """``/api/v1/projects/<id>/people/``: who is in a project; adding and removing."""

    rights = {
        "GET": Right.PROJECT_VIEW,
        "POST": Right.PROJECT_EDIT,
        "DELETE": Right.PROJECT_EDIT,
    }
    keyset_order: tuple[str, ...] = ("-id",)

    @extend_schema(
        operation_id="projects_people",
        parameters=[OpenApiParameter("stage", int, description="Only this stage, in the board's order.")],
        responses=ProjectMemberSerializer(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        """A page of people, the last added first; of one stage from the top on."""
        viewer = caller(request)
        project = project_of(request, project_id)
        rows = selectors.project_members(viewer, project)
        if asked := request.query_params.get("stage"):
            if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
                raise Invalid(fields={"stage": "An id of a stage."})
            stage = board_selectors.stage_for(viewer, project, int(asked))
            rows = board_selectors.column(viewer, project, stage).select_related("stage")
            self.keyset_order = ("position", "id")
        return paged(rows, ProjectMemberSerializer, request=request, view=self)

    @extend_schema(operation_id="projects_add_people", request=AddPeopleSerializer, responses=AddedSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """Add people by id; who is in it stays once, ids of nobody are counted as ``unknown``."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        values = checked(AddPeopleSerializer(data=request.data))
        stage = (
            board_selectors.stage_for(caller(request), project, values["stage_id"])
            if "stage_id" in values
            else None
        )
        done = projects.add_people(
            project=project, actor=caller(request), candidate_ids=values["candidate_ids"], stage=stage
        )
        return Response(AddedSerializer(done).data)

    @extend_schema(
        operation_id="projects_remove_people", request=PeopleSerializer, responses={200: RemovedSerializer}
    )
    def delete(self, request: Request, project_id: int) -> Response:
        """Take people out by id; they stay in the CRM."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        ids = checked(PeopleSerializer(data=request.data))["candidate_ids"]
        removed = projects.remove_people(project=project, actor=caller(request), candidate_ids=ids)
        return Response({"removed": removed})


class ProjectMoves(APIView):
    """``/api/v1/projects/<id>/moves/``: put people into a stage."""

    right = Right.PROJECT_EDIT

    @extend_schema(operation_id="projects_move_people", request=MoveSerializer, responses=MovedSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """Move people in the order given, below ``after`` or on top; ids not in the project are ``unknown``."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        values = checked(MoveSerializer(data=request.data))
        done = board.move_people(
            project=project,
            actor=caller(request),
            candidate_ids=values["candidate_ids"],
            stage=board_selectors.stage_for(caller(request), project, values["stage_id"]),
            after=values["after"],
        )
        return Response(MovedSerializer(done).data)
