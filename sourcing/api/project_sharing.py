"""The API of who may open a project, and of what happened in it."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.permissions import Right
from accounts.selectors import member_for
from foundation.paging import page_size, paged
from foundation.preconditions import guarded, row_of, tagged
from foundation.problems import Missing
from foundation.sparse_fields import narrowed
from sourcing import activity, collaborators, sharing
from sourcing.api.project_serializers import (
    ActivitySerializer,
    CollaboratorSerializer,
    CommentSerializer,
    MadeShareSerializer,
    ShareSerializer,
)
from sourcing.api.projects import project_of
from sourcing.api.requests import caller, checked
from sourcing.models import Collaborator, Project, ProjectRole


class ProjectMembers(APIView):
    """``/api/v1/projects/<id>/members/``: colleagues with a role in the project."""

    rights = {"GET": Right.PROJECT_VIEW, "PUT": Right.PROJECT_EDIT}

    @extend_schema(operation_id="projects_members", responses=CollaboratorSerializer(many=True))
    @tagged
    def get(self, request: Request, project_id: int) -> Response:
        """All of them, by name; the owner is a field of the project."""
        project = project_of(request, project_id)
        rows = (
            Collaborator.objects.for_organisation(project.organisation_id)
            .filter(project=project)
            .select_related("user")
            .order_by("user__name", "pk")
        )
        return Response(narrowed(CollaboratorSerializer(rows, many=True), request))

    @extend_schema(
        operation_id="projects_set_member",
        request=CollaboratorSerializer,
        responses=CollaboratorSerializer,
    )
    @guarded(row_of(Project, "project_id"), answers_itself=False)
    def put(self, request: Request, project_id: int) -> Response:
        """Give a colleague a role, or another one."""
        project = project_of(request, project_id, ProjectRole.OWNER)
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
        project = project_of(request, project_id, ProjectRole.OWNER)
        user = member_for(caller(request), user_id)
        if not collaborators.remove(project=project, actor=caller(request), user=user):
            raise Missing
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectShares(APIView):
    """``/api/v1/projects/<id>/shares/``: links for hiring managers."""

    right = Right.PROJECT_EDIT
    keyset_order = ("-id",)

    @extend_schema(operation_id="projects_shares", responses=ShareSerializer(many=True))
    def get(self, request: Request, project_id: int) -> Response:
        """Those that were not taken back, the newest first; a link itself is told once, when it is made."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
        return paged(sharing.shares(project), ShareSerializer, request=request, view=self)

    @extend_schema(
        operation_id="projects_share", request=ShareSerializer, responses={201: MadeShareSerializer}
    )
    def post(self, request: Request, project_id: int) -> Response:
        """Make a link; ``url`` is in this answer and never again."""
        project = project_of(request, project_id, ProjectRole.EDITOR)
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
        project = project_of(request, project_id, ProjectRole.EDITOR)
        share = sharing.shares(project).filter(pk=share_id).first()
        if share is None:
            raise Missing("There is no such link.")
        sharing.revoke(share=share, actor=caller(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProjectActivities(APIView):
    """``/api/v1/projects/<id>/activity/``: what happened, and comments."""

    rights = {"GET": Right.PROJECT_VIEW, "POST": Right.PROJECT_VIEW}
    answers_pages = True

    @extend_schema(
        operation_id="projects_activity",
        parameters=[
            OpenApiParameter("after", str, description="Cursor of the page before."),
            OpenApiParameter("size", int, description="1 to 200, 50 by default."),
        ],
        responses=ActivitySerializer(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        """A page, the newest first."""
        project = project_of(request, project_id)
        after = request.query_params.get("after")
        page = activity.entries(viewer=caller(request), project=project, after=after, size=page_size(request))
        here = request.build_absolute_uri()
        return Response(
            {
                "results": narrowed(ActivitySerializer(page.rows, many=True), request),
                "next": replace_query_param(here, "after", page.next) if page.next else None,
                "previous": None,
            }
        )

    @extend_schema(operation_id="projects_comment", request=CommentSerializer, responses={204: None})
    def post(self, request: Request, project_id: int) -> Response:
        """Comment on the project."""
        project = project_of(request, project_id)
        body = checked(CommentSerializer(data=request.data))["body"]
        activity.comment(project=project, actor=caller(request), body=body)
        return Response(status=status.HTTP_204_NO_CONTENT)
