"""The project's *Outreach Settings* over the API: which addresses its new campaigns prefer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right, viewer_of
from campaigns import recipient_email
from campaigns.addressing import Prefer
from foundation.preconditions import guarded, row_of, tagged
from foundation.sparse_fields import narrowed
from sourcing import selectors as people
from sourcing.models import Project, ProjectRole


class ProjectOutreachSerializer(serializers.Serializer[Any]):
    """What new campaigns of a project begin with; present ones keep theirs. What is left out stays."""

    prefer = serializers.ChoiceField(choices=Prefer.choices, required=False)
    strict_type = serializers.BooleanField(
        required=False, help_text="Nothing goes to addresses of another type than the preferred one."
    )


class ProjectOutreachSettings(APIView):
    """``/api/v1/projects/<id>/outreach-settings/``."""

    rights = {"GET": Right.CAMPAIGN_VIEW, "PATCH": Right.CAMPAIGN_EDIT}

    @extend_schema(operation_id="projects_outreach_settings", responses=ProjectOutreachSerializer)
    @tagged
    def get(self, request: Request, project_id: int) -> Response:
        """What new campaigns begin with; each campaign tells its own."""
        project = people.project_for(viewer_of(request), project_id)
        shown = ProjectOutreachSerializer(recipient_email.defaults_of(project))
        return Response(narrowed(shown, request))

    @extend_schema(
        operation_id="projects_change_outreach_settings",
        request=ProjectOutreachSerializer,
        responses=ProjectOutreachSerializer,
    )
    @guarded(row_of(Project, "project_id"))
    def patch(self, request: Request, project_id: int) -> Response:
        """For campaigns made from now on; another preference of one campaign is a change of that campaign."""
        caller = viewer_of(request)
        project = people.project_for(caller, project_id, role=ProjectRole.EDITOR)
        asked = ProjectOutreachSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        kept = recipient_email.defaults_of(project)
        values = {"prefer": kept.prefer, "strict_type": kept.strict_type, **asked.validated_data}
        recipient_email.choose_default(project=project, actor=caller, **values)
        return Response(ProjectOutreachSerializer(recipient_email.defaults_of(project)).data)
