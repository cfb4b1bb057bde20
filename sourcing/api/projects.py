"""The API of projects: the same operations and selectors as the pages."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right
from accounts.selectors import member_for
from foundation.paging import KeysetPagination
from foundation.problems import Invalid, Missing
from sourcing import activity, board, board_selectors, collaborators, projects, selectors, sharing, stages
from sourcing.api.project_serializers import (
    ActivitySerializer,
    AddedSerializer,
    AddPeopleSerializer,
    CollaboratorSerializer,
    CommentSerializer,
    DuplicateSerializer,
    MemberSerializer,
    MovedSerializer,
    MoveSerializer,
    PeopleSerializer,
    ProjectChangeSerializer,
    ProjectSerializer,
    RemovedSerializer,
    ShareSerializer,
    StageOrderSerializer,
    StageRemovalSerializer,
    StageSerializer,
)
from sourcing.models import Collaborator, Project, ProjectRole, Stage, Visibility


def caller(request: Request) -> User:
    """The token's user."""
    return cast("User", request.user)


def checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """The cleaned values; REST framework's error becomes a problem."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _project(request: Request, project_id: int, role: ProjectRole = ProjectRole.COMMENTER) -> Project:
    return selectors.project_for(caller(request), project_id, role=role)


def _shown(request: Request, project: Project) -> Any:
    """The project as lists show it, with its count."""
    viewer = caller(request)
    rows = selectors.visible_projects(viewer, archived=project.archived_at is not None)
    return ProjectSerializer(rows.get(pk=project.pk)).data


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
        paging = KeysetPagination()
        archived = request.query_params.get("archived", "").lower() in {"1", "true"}
        found = selectors.visible_projects(caller(request), archived=archived)
        rows = paging.paginate_queryset(found, request, self)
        return paging.get_paginated_response(ProjectSerializer(rows, many=True).data)

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
    def get(self, request: Request, project_id: int) -> Response:
        """The project with how many people are in it."""
        return Response(_shown(request, _project(request, project_id)))

    @extend_schema(
        operation_id="projects_change", request=ProjectChangeSerializer, responses=ProjectSerializer
    )
    def patch(self, request: Request, project_id: int) -> Response:
        """Name and archive need an editor; visibility and owner the owner or an admin."""
        values = checked(ProjectChangeSerializer(data=request.data))
        owning = {"visibility", "owner_id"} & set(values)
        actor = caller(request)
        project = _project(request, project_id, ProjectRole.OWNER if owning else ProjectRole.EDITOR)
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
        values = checked(DuplicateSerializer(data=request.data))
        made = projects.duplicate(project=_project(request, project_id), actor=caller(request), **values)
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
        responses=MemberSerializer(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        """A page of people, the last added first; of one stage from the top on."""
        viewer = caller(request)
        project = _project(request, project_id)
        rows = selectors.project_members(viewer, project)
        if asked := request.query_params.get("stage"):
            if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
                raise Invalid(fields={"stage": "An id of a stage."})
            stage = board_selectors.stage_for(viewer, project, int(asked))
            rows = board_selectors.column(viewer, project, stage).select_related("stage")
            self.keyset_order = ("position", "id")
        paging = KeysetPagination()
        found = paging.paginate_queryset(rows, request, self)
        return paging.get_paginated_response(MemberSerializer(found, many=True).data)

    @extend_schema(operation_id="projects_add_people", request=AddPeopleSerializer, responses=AddedSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """Add people by id; who is in it stays once, ids of nobody are counted as ``unknown``."""
        project = _project(request, project_id, ProjectRole.EDITOR)
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
        operation_id="projects_remove_people", request=PeopleSerializer, responses=RemovedSerializer
    )
    def delete(self, request: Request, project_id: int) -> Response:
        """Take people out by id; they stay in the CRM."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        ids = checked(PeopleSerializer(data=request.data))["candidate_ids"]
        removed = projects.remove_people(project=project, actor=caller(request), candidate_ids=ids)
        return Response({"removed": removed})


class ProjectMoves(APIView):
    """``/api/v1/projects/<id>/moves/``: put people into a stage."""

    right = Right.PROJECT_EDIT

    @extend_schema(operation_id="projects_move_people", request=MoveSerializer, responses=MovedSerializer)
    def post(self, request: Request, project_id: int) -> Response:
        """Move people in the order given, below ``after`` or on top; ids not in the project are ``unknown``."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        values = checked(MoveSerializer(data=request.data))
        done = board.move_people(
            project=project,
            actor=caller(request),
            candidate_ids=values["candidate_ids"],
            stage=board_selectors.stage_for(caller(request), project, values["stage_id"]),
            after=values["after"],
        )
        return Response(MovedSerializer(done).data)


class ProjectStages(APIView):
    """``/api/v1/projects/<id>/stages/``: the stages from left to right."""

    rights = {
        "GET": Right.PROJECT_VIEW,
        "POST": Right.PROJECT_EDIT,
        "PUT": Right.PROJECT_EDIT,
    }

    @extend_schema(operation_id="projects_stages", responses=StageSerializer(many=True))
    def get(self, request: Request, project_id: int) -> Response:
        """All of them; there are at most 30."""
        project = _project(request, project_id)
        return Response(StageSerializer(board_selectors.stages(caller(request), project), many=True).data)

    @extend_schema(
        operation_id="projects_add_stage", request=StageSerializer, responses={201: StageSerializer}
    )
    def post(self, request: Request, project_id: int) -> Response:
        """A new stage at the right end."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        name = checked(StageSerializer(data=request.data))["name"]
        made = stages.add(project=project, actor=caller(request), name=name)
        return Response(StageSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="projects_order_stages",
        request=StageOrderSerializer,
        responses=StageSerializer(many=True),
    )
    def put(self, request: Request, project_id: int) -> Response:
        """Put them into another order; each is named once."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        ids = checked(StageOrderSerializer(data=request.data))["stage_ids"]
        ordered = stages.reorder(project=project, actor=caller(request), stage_ids=ids)
        return Response(StageSerializer(ordered, many=True).data)


class OneStage(APIView):
    """``/api/v1/projects/<id>/stages/<id>/``: rename or remove a stage."""

    right = Right.PROJECT_EDIT

    def _stage(self, request: Request, project_id: int, stage_id: int) -> Stage:
        project = _project(request, project_id, ProjectRole.EDITOR)
        return board_selectors.stage_for(caller(request), project, stage_id)

    @extend_schema(operation_id="projects_rename_stage", request=StageSerializer, responses=StageSerializer)
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


class ProjectMembers(APIView):
    """``/api/v1/projects/<id>/members/``: colleagues with a role in the project."""

    rights = {"GET": Right.PROJECT_VIEW, "PUT": Right.PROJECT_EDIT}

    @extend_schema(operation_id="projects_members", responses=CollaboratorSerializer(many=True))
    def get(self, request: Request, project_id: int) -> Response:
        """All of them, by name; the owner is a field of the project."""
        project = _project(request, project_id)
        rows = (
            Collaborator.objects.for_organisation(project.organisation_id)
            .filter(project=project)
            .select_related("user")
            .order_by("user__name", "pk")
        )
        return Response(CollaboratorSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="projects_set_member",
        request=CollaboratorSerializer,
        responses=CollaboratorSerializer,
    )
    def put(self, request: Request, project_id: int) -> Response:
        """Give a colleague a role, or another one."""
        project = _project(request, project_id, ProjectRole.OWNER)
        values = checked(CollaboratorSerializer(data=request.data))
        row = collaborators.set_role(
            project=project,
            actor=caller(request),
            user=member_for(caller(request), values["user_id"]),
            role=values["role"],
        )
        return Response(CollaboratorSerializer(row).data)


class OneMember(APIView):
    """``/api/v1/projects/<id>/members/<user id>/``: take a role back."""

    right = Right.PROJECT_EDIT

    @extend_schema(operation_id="projects_remove_member", request=None, responses={204: None})
    def delete(self, request: Request, project_id: int, user_id: int) -> Response:
        """404 when they had none."""
        project = _project(request, project_id, ProjectRole.OWNER)
        user = member_for(caller(request), user_id)
        if not collaborators.remove(project=project, actor=caller(request), user=user):
            raise Missing
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectShares(APIView):
    """``/api/v1/projects/<id>/shares/``: links for hiring managers."""

    right = Right.PROJECT_EDIT

    @extend_schema(operation_id="projects_shares", responses=ShareSerializer(many=True))
    def get(self, request: Request, project_id: int) -> Response:
        """Those that were not taken back, the newest first; a link itself is told once, when it is made."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        paging = KeysetPagination()
        rows = paging.paginate_queryset(sharing.shares(project), request, self)
        return paging.get_paginated_response(ShareSerializer(rows, many=True).data)

    @extend_schema(operation_id="projects_share", request=ShareSerializer, responses={201: ShareSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        """Make a link; ``url`` is in this answer and never again."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        values = checked(ShareSerializer(data=request.data))
        made, secret = sharing.create(
            project=project,
            actor=caller(request),
            label=values["label"],
            mode=values["mode"],
            names_hidden=values.get("names_hidden", False),
            days=values["days"],
            now=timezone.now(),
        )
        url = request.build_absolute_uri(reverse("sourcing:shared", args=[secret]))
        return Response(ShareSerializer(made).data | {"url": url}, status=status.HTTP_201_CREATED)


class OneShare(APIView):
    """``/api/v1/projects/<id>/shares/<id>/``: take a link back."""

    right = Right.PROJECT_EDIT

    @extend_schema(operation_id="projects_unshare", request=None, responses={204: None})
    def delete(self, request: Request, project_id: int, share_id: int) -> Response:
        """It ends at once."""
        project = _project(request, project_id, ProjectRole.EDITOR)
        share = sharing.shares(project).filter(pk=share_id).first()
        if share is None:
            raise Missing("There is no such link.")
        sharing.revoke(share=share, actor=caller(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectActivities(APIView):
    """``/api/v1/projects/<id>/activity/``: what happened, and comments."""

    rights = {"GET": Right.PROJECT_VIEW, "POST": Right.PROJECT_VIEW}

    @extend_schema(
        operation_id="projects_activity",
        parameters=[OpenApiParameter("after", str, description="Cursor of the page before.")],
        responses=ActivitySerializer(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        """A page, the newest first."""
        project = _project(request, project_id)
        after = request.query_params.get("after")
        page = activity.entries(viewer=caller(request), project=project, after=after)
        here = request.build_absolute_uri()
        return Response(
            {
                "results": ActivitySerializer(page.rows, many=True).data,
                "next": replace_query_param(here, "after", page.next) if page.next else None,
                "previous": None,
            }
        )

    @extend_schema(operation_id="projects_comment", request=CommentSerializer, responses={204: None})
    def post(self, request: Request, project_id: int) -> Response:
        """Comment on the project."""
        project = _project(request, project_id)
        body = checked(CommentSerializer(data=request.data))["body"]
        activity.comment(project=project, actor=caller(request), body=body)
        return Response(status=status.HTTP_204_NO_CONTENT)
